"""A roster or a decisions file is read by a process that may die of it: that costs a sentence, and nothing else."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from page_client import CSRF, page_client
from smebatch.batch.reading import reader_pool
from smebatch.intake.list_file import CostlyListError, read_list
from smebatch.intake.roster import RosterError, read_roster
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workbook.workbook import UnreadableError
from smebatch.intake.workers import worker_process
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.page.kept import Kept
from smebatch.sample import write_sample
from smebatch.standard.loader import load_edition

pytestmark = pytest.mark.reader_processes
EDITION = load_edition()


@pytest.fixture(scope="module")
def readers() -> Iterator[WorkerPool]:
    with reader_pool(EDITION) as pool:
        yield pool


def roster_bytes() -> bytes:
    workbook, stream = openpyxl.Workbook(), io.BytesIO()
    for row in (["企业名称", "区县"], ["甲公司", "东区"], ["乙公司", None]):
        workbook.active.append(row)
    workbook.save(stream)
    return stream.getvalue()


def bomb(member: bytes) -> bytes:
    """A roster whose sheet begins as it ought to and goes on for a gigabyte, in a megabyte of zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(roster_bytes())) as good, zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bad:
        for name in good.namelist():
            data = good.read(name)
            if name == "xl/worksheets/sheet1.xml":
                head, end = data.split(b"</sheetData>")
                with bad.open(name, "w", force_zip64=True) as sheet:
                    sheet.write(head)
                    for _ in range(1_000):
                        sheet.write(member * (1_000_000 // len(member)))
                    sheet.write(b"</sheetData>" + end)
            else:
                bad.writestr(name, data)
    return stream.getvalue()


def test_a_process_reads_what_is_read_here(readers: WorkerPool, tmp_path: Path) -> None:
    for name, data in (("a.xlsx", roster_bytes()), ("b.csv", "企业名称\n甲公司\n".encode("gb18030"))):
        (tmp_path / name).write_bytes(data)
        assert read_roster(tmp_path / name, EDITION, readers.read_list) == read_roster(tmp_path / name, EDITION)
        assert readers.read_list(tmp_path / name) == read_list(tmp_path / name)


def test_what_is_no_list_is_refused_as_here(readers: WorkerPool, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(b"no workbook")
    for read in (readers.read_list, read_list):
        with pytest.raises(UnreadableError):
            read(tmp_path / "a.xlsx")
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "none.xlsx")


@pytest.mark.slow
def test_a_bomb_is_one_sentence(readers: WorkerPool, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(bomb(b"<row><c><v>1</v></c></row>"))
    with pytest.raises(RosterError) as refused:
        read_roster(tmp_path / "a.xlsx", EDITION, readers.read_list)
    assert refused.value.code == "roster.costly"


@pytest.mark.slow
@pytest.mark.parametrize("what", ["abort", "sleep"])
def test_a_list_that_kills_its_reader(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    for name in (f"{what}.xlsx", "good.xlsx"):
        (tmp_path / name).write_bytes(roster_bytes())
    with reader_pool(EDITION, Limits(cpu_seconds=5, wall_seconds=4)) as readers:
        with pytest.raises(CostlyListError):
            readers.read_list(tmp_path / f"{what}.xlsx")
        assert readers.read_list(tmp_path / "good.xlsx") == read_list(tmp_path / "good.xlsx")


@pytest.mark.slow
def test_the_page_lives_with_a_roster_that_kills_its_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    write_sample(tmp_path / "returns", EDITION, 2, 1)
    (tmp_path / "abort.xlsx").write_bytes(roster_bytes())
    (tmp_path / "smebatch.toml").write_text('[round]\nroster = "abort.xlsx"\n', "utf-8")
    client = page_client(tmp_path)
    client.get("/forms/")
    kept: Kept[object] = client.application.extensions["roster_summary"]
    kept.wait(60)
    said = [re.findall('role="alert">([^<]+)<', client.get("/forms/").text)]
    job = client.application.extensions["place"].job
    for address, data in (
        ("/forms/prefilled", {"roster": "abort.xlsx"}),  # as a folder
        ("/collect/start", {"folder": "returns"}),  # with the roster of the settings
    ):
        assert client.post(address, data={**CSRF, **data}).status_code == 303
        job.wait(60)
        said.append(json.loads(client.get("/collect/state").data)["said"])
    answer = client.get("/forms/prefilled.zip?roster=abort.xlsx")
    assert answer.status_code == 409
    said.append(re.findall('role="alert">([^<]+)<', answer.text))
    assert {tuple(sentences) for sentences in said} == {tuple(said[0])}
    assert str(tmp_path / "abort.xlsx") in said[0][0]
    assert not (tmp_path / "batch.duckdb").exists()
