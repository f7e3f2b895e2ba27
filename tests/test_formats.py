"""A further format of workbooks, and a further kind of archive, needs a module of its own and one row of a table."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from smebatch.intake.sources.archives import archive_kind, extract_members, kinds, list_members
from smebatch.intake.sources.archives.container import ArchiveMember, Extraction
from smebatch.intake.sources.archives.endings import guess_ending
from smebatch.intake.sources.archives.kinds import ArchiveKind
from smebatch.intake.workbook import formats
from smebatch.intake.workbook.formats import WorkbookFormat, open_workbook, unsupported_reason, workbook_ending
from smebatch.intake.workbook.workbook import WorkbookSheet

LINES = b"LINES 1\nx"


class Lines(ModuleType):
    """A reader of a format in which each line is a cell of column A."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__("lines")
        self._data = data

    def open_workbook(self, data: bytes) -> Lines:
        return Lines(data)

    def sheets(self, containing: str, and_sheet: str = "") -> list[WorkbookSheet]:
        raise NotImplementedError(containing + and_sheet)

    def tables(self) -> list[WorkbookSheet]:
        return [WorkbookSheet("lines", dict(enumerate(self._data.decode().split("\n"))), {})]

    def properties(self) -> dict[str, str]:
        return {}


def test_a_row_of_the_table_adds_a_format(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unsupported_reason(LINES) == "file.text"
    row = WorkbookFormat(re.compile(b"LINES 1"), lambda _: "", (".lines",), lambda _: ".lines", "lines")
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, row))
    monkeypatch.setitem(sys.modules, "smebatch.intake.workbook.lines", Lines())
    assert unsupported_reason(LINES) == ""
    assert workbook_ending(LINES) == guess_ending(LINES) == ".lines"
    (sheet,) = open_workbook(LINES).tables()
    assert sheet.cells == {0: "LINES 1", 1: "x"}


class Single(ModuleType):
    """A kind of archive that holds one file behind its signature."""

    def list_members(self, path: Path) -> list[ArchiveMember]:
        return [ArchiveMember("1.xlsx", path.stat().st_size - 4, None)]

    def extract_members(self, path: Path, wanted: Extraction) -> None:
        wanted.write_member(0, [path.read_bytes()[4:]])


def test_a_row_of_the_table_adds_a_kind_of_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive, target = tmp_path / "a.one", tmp_path / "0"
    archive.write_bytes(b"ONE!content")
    monkeypatch.setitem(kinds.KINDS, "one", ArchiveKind("one", "ones", ("one",), (b"ONE!",), ".one"))
    monkeypatch.setitem(sys.modules, "smebatch.intake.sources.archives.ones", Single("ones"))
    kind = archive_kind("a.one", archive.read_bytes())
    assert kind == "one"
    assert [member.name for member in list_members(archive, kind)] == ["1.xlsx"]
    assert extract_members(archive, kind, {0: target}, 100) == {}
    assert target.read_bytes() == b"content"
