"""What enterprises write is text, and nothing else, in the summary, the exports and on the console."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from cases import changed, form_bytes
from smebatch.cli.program import main
from smebatch.common.text import clean_text
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from test_pipeline import in_process

EVIL = '=HYPERLINK("http://x","y")&甲\x1b[31m\x07\u202e\u2066<r><t>&</t></r>_x0007_'
TEXTS = ("name", "district", "park", "main_product", "contact", "q01_note", "s01_note")
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
FORMULA = tuple("=+-@\t\r＝＋－＠")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A return that counts, and one with an error in a cell of such text; their names are no better."""
    folder = tmp_path_factory.mktemp("evil") / "in"
    folder.mkdir()
    evil = dict.fromkeys(TEXTS, EVIL)
    (folder / "=1+1.xlsx").write_bytes(form_bytes(changed(**evil)))
    (folder / "@x[31m.xlsx").write_bytes(form_bytes(changed(**evil, size=EVIL, phone=EVIL, revenue_last=EVIL)))
    (folder / "+x.xlsx").write_bytes(EVIL.encode())
    return folder


def said(*arguments: str | Path) -> str:
    """What a command writes on both its streams."""
    written = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(written), redirect_stderr(written):
        patch.setenv("SMEBATCH_LANG", "zh")
        patch.setattr(WorkerPool, "read", in_process(read_entry))
        patch.setattr(sys, "argv", ["smebatch", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
    assert ended.value.code in (0, 1)
    return written.getvalue()


@pytest.fixture(scope="module")
def out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("evil") / "out"
    assert not UNSEEN.search(said("run", folder, "-o", out))
    for kind in ("csv", "json"):
        said("export", "-b", out / "batch.duckdb", "-o", out, "--format", kind)
    return out


def test_the_summary_holds_no_formula_of_theirs_and_no_link(out: Path) -> None:
    with zipfile.ZipFile(out / "summary.xlsx") as book:
        parts = {name: book.read(name).decode() for name in book.namelist() if name.endswith((".xml", ".rels"))}
    assert "HYPERLINK" in parts["xl/sharedStrings.xml"]
    for name, xml in parts.items():
        assert not UNSEEN.search(xml), name
        assert "<hyperlink" not in xml
        assert not any("HYPERLINK" in formula for formula in re.findall("<(?:c:)?f>(.*?)</", xml))  # those of charts
        assert not (name.startswith("xl/worksheets/") and "<f>" in xml)


@pytest.mark.parametrize("name", ["files.csv", "answers.csv", "scores.csv", "issues.csv", "returned/issues.csv"])
def test_no_field_of_a_csv_begins_as_a_formula(name: str, out: Path) -> None:
    text = (out / name).read_text("utf-8-sig")
    assert not UNSEEN.search(text)
    numbers = re.compile(r"-?[0-9.]+")
    fields = [field for row in csv.reader(io.StringIO(text)) for field in row]
    assert [field for field in fields if field.startswith(FORMULA) and not numbers.fullmatch(field)] == []


@pytest.mark.parametrize("name", ["files", "answers", "scores", "issues"])
def test_json_keeps_the_text_without_what_cannot_be_seen(name: str, out: Path) -> None:
    text = (out / f"{name}.json").read_text("utf-8")
    assert not UNSEEN.search(text)
    assert isinstance(json.loads(text), list)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_console_shows_what_a_check_finds(options: list[str], folder: Path) -> None:
    shown = said("check", *folder.iterdir(), *options)
    assert "HYPERLINK" in shown
    assert not UNSEEN.search(shown)


def test_nothing_that_can_be_printed_is_cleaned_away() -> None:
    printable = "".join(filter(str.isprintable, map(chr, range(sys.maxunicode + 1))))
    assert clean_text(printable) == printable
    assert clean_text(printable + "\0") == printable
