"""What an enterprise writes into a return and into the explanations of its copy stays text, round after round."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

import pytest

from cases import EDITION, changed, form_bytes, zip_of
from saved_by.package import unpacked
from smebatch.common.text import CELL_LIMIT, clean_text
from smebatch.intake.read_entry import read_bytes
from test_correction_loop import own
from test_text_stays_text import EVIL, FORMULA, TEXTS, UNSEEN, said

pytestmark = pytest.mark.slow

HOSTILE = [
    *(
        EVIL,
        "=1+1",
        "@SUM(A1)",
        "+1",
        "-1",
        "\t=1",
        "\r\n=1",
        "＝1+1",
        "<r><t>x</t></r>",
        "_x0041_",
        "a\x00b",
        "]]>&amp;",
    ),
    *("]]>&amp;", "\u202e倒\u202c", "'=1", '"', "长" * 40_000, "=" * 40_000, "#smebatch", "e001", "【待确认】"),
]
ROUNDS = 3


def written(text: str) -> str:
    """A text in XML as Excel writes it."""
    plain = text.replace("_x", "_x005F_x")
    return escape(re.sub("[\x00-\x08\x0b-\x1f\ud800-\udfff]", lambda c: f"_x{ord(c[0]):04X}_", plain))


def explained(copy: bytes, text: str) -> bytes:
    """The copy with an explanation of the first issue in its list."""
    parts = unpacked(copy)
    first = "xl/worksheets/sheet1.xml"
    xml = f' t="inlineStr"><is><t xml:space="preserve">{written(text)}</t></is></c>'
    made, count = re.subn(r'(<c r="I9" s="\d+")(?:/>|[^/]*?>.*?</c>)', lambda c: c[1] + xml, parts[first].decode())
    assert count == 1
    return zip_of(parts | {first: made.encode()})


@pytest.fixture(scope="module")
def rounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns with hostile texts that come again and again, explained with such a text each time."""
    place = tmp_path_factory.mktemp("injection")
    (place / "in").mkdir()
    for number, text in enumerate(HOSTILE):
        evil = dict.fromkeys(TEXTS, text)
        answers = changed(**evil, q08_o05=True, revenue_last=text, size=text, uscc=own(number)["uscc"])
        (place / "in" / f"={number}.xlsx").write_bytes(form_bytes(answers))
    for number in range(1, ROUNDS + 1):
        said("ingest", place / "in", "-b", place / "b.duckdb")
        said("return", "-b", place / "b.duckdb", "-o", place / f"out{number}")
        with (place / f"out{number}" / "index.csv").open(encoding="utf-8-sig", newline="") as stream:
            for row in csv.DictReader(stream):
                copy = (place / f"out{number}" / row["copy"]).read_bytes()
                of = int(re.findall("[0-9]+", row["file"])[0])
                (place / "in" / f"={of}_{number}.xlsx").write_bytes(explained(copy, HOSTILE[of][:CELL_LIMIT]))
    said("export", "-b", place / "b.duckdb", "-o", place / "exports")
    return place


def csv_cells(place: Path) -> Iterator[str]:
    for path in sorted(place.rglob("*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as stream:
            yield from (cell for row in csv.reader(stream) for cell in row)


@pytest.fixture
def long_fields() -> Iterator[None]:
    """The csv module takes fields as long as those of hostile returns."""
    usual = csv.field_size_limit(10**6)
    yield
    csv.field_size_limit(usual)


@pytest.mark.usefixtures("long_fields")
def test_no_csv_holds_a_formula(rounds: Path) -> None:
    cells = list(csv_cells(rounds))
    assert len(cells) > 1_000
    texts = (cell for cell in cells if not re.fullmatch(r"-?[0-9.]+", cell))
    assert [text[:50] for text in texts if text.startswith(FORMULA)] == []
    assert [cell[:50] for cell in cells if UNSEEN.search(cell)] == []


def test_explanations_are_kept_as_text_within_the_limit_of_a_cell(rounds: Path) -> None:
    with (rounds / "exports" / "issue_states.csv").open(encoding="utf-8-sig", newline="") as stream:
        found = {row["explanation"].removeprefix("'") for row in csv.DictReader(stream) if row["explanation"]}
    expected = {clean_text(text).strip()[:CELL_LIMIT] for text in HOSTILE}
    assert {text[:1000] for text in found} == {text[:1000].removeprefix("'") for text in expected if text}


def test_no_workbook_has_more_formulas_than_a_blank_form(rounds: Path) -> None:
    blank = formulas(form_bytes())
    copies = list(rounds.glob("out*/*/*.xlsx"))
    assert len(copies) == ROUNDS * len(HOSTILE)
    for path in copies:
        assert formulas(path.read_bytes()) == blank, path
    for path in rounds.glob("out*/*.xlsx"):
        assert formulas(path.read_bytes()) == [], path


def formulas(workbook: bytes) -> list[bytes]:
    """The formulas of a workbook, in order."""
    return [text for part in unpacked(workbook).values() for text in re.findall(rb"<f[ >].*?</f>", part)]


def test_no_copy_takes_a_text_for_markup(rounds: Path) -> None:
    for path in rounds.glob("out*/*/*.xlsx"):
        parts = unpacked(path.read_bytes())
        assert b"<r><t>x</t></r>" not in b"".join(part for name, part in parts.items() if "comments" not in name), path
        assert read_bytes(path.read_bytes(), EDITION).corrects


def test_history_shows_no_control_characters(rounds: Path) -> None:
    document = json.loads(said("history", str(own(0)["uscc"]), "-b", rounds / "b.duckdb", "--json"))
    assert len(document) == ROUNDS
    for number in range(len(HOSTILE)):
        assert not UNSEEN.search(said("history", str(own(number)["uscc"]), "-b", rounds / "b.duckdb"))
