"""docs/reference.md is what the commands and the schema give, and a real batch and its exports have what it names."""

from __future__ import annotations

import csv
import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from cases import EDITION, TINY, form_bytes
from smebatch.assess.answers_frame import make_answers
from smebatch.assess.score import score
from smebatch.assess.score_columns import score_columns
from smebatch.batch.export import export
from smebatch.batch.load import open_batch
from smebatch.batch.schema import RESERVED
from smebatch.cli.reference_page import reference_page
from smebatch.cli.show_check import check_document
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from smebatch.workflow import check_files
from test_pipeline import NOW, enterprise, put, run

PAGE = Path(__file__).parent.parent / "docs" / "reference.md"


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("reference")
    put(base / "returns", "a.xlsx", form_bytes(enterprise(1)))
    run(base / "returns", base / "batch.duckdb")
    return base / "batch.duckdb"


def documented(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without the marks of code."""
    (section,) = re.findall(
        rf"^### {re.escape(heading)}\n(.*?)(?=^##|\Z)", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in line.split(" | ")] for line in (line[2:-2] for line in lines)]


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == reference_page(), "run: python -m smebatch.cli.reference_page > docs/reference.md"


def test_every_table_of_a_batch_is_documented_with_its_columns_and_types(batch: Path) -> None:
    with duckdb.connect(str(batch), read_only=True) as db:
        tables = [name for (name,) in db.execute("SHOW TABLES").fetchall()]
        columns = {name: [row[:2] for row in db.execute(f"DESCRIBE {name}").fetchall()] for name in tables}
    headings = re.findall(r"^### Table `(\w+)`$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(headings) == sorted(tables)
    for name in tables:
        rows = [(row[0], row[1].removesuffix(" PRIMARY KEY")) for row in documented(f"Table `{name}`")]
        assert rows == columns[name], name


def test_every_export_is_documented_with_its_columns(batch: Path, tmp_path: Path) -> None:
    store, edition = open_batch(batch)
    with store:
        paths = export(store, edition, tmp_path)
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file))
        heading = "Table `answers`" if path.stem == "answers" else f"`{path.stem}`"
        assert [row[0] for row in documented(heading)] == header, path.name


def test_every_column_says_what_it_is() -> None:
    rows = [line.split(" | ") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")]
    assert all(row[-1].removesuffix("|").strip() for row in rows)


@pytest.mark.parametrize("edition", [EDITION, load_edition(TINY)], ids=["2024", "tiny"])
def test_scoring_computes_the_columns_that_are_declared(edition: Edition) -> None:
    frame = score(make_answers(edition, ["a"], [{}]))
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        c.name: c.dtype for c in score_columns(edition)
    }


def test_no_name_of_a_document_may_be_an_id_of_an_edition(tmp_path: Path) -> None:
    """``check --json`` gives dimensions beside names of its own; those of energies begin as no reserved name does."""
    (result,) = check_files([put(tmp_path, "a.xlsx", form_bytes(enterprise(1)))], EDITION, NOW.date())
    own = check_document(result, EDITION)["score"].keys() - EDITION.dimension.keys()
    assert {name for name in own if re.fullmatch("[a-z_]+", name)} <= RESERVED
    assert not [name for name in RESERVED if re.match(r"en_|[qs]\d", name)]


def test_naming_the_columns_loads_nothing_heavy() -> None:
    """A command that checks an edition asks for the reserved names, and need not wait for pandas."""
    heavy = ["duckdb", "numpy", "pandas", "pandera", "xlsxwriter"]
    code = f"import sys, smebatch.batch.schema; print(sorted(sys.modules.keys() & {heavy}))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"
