"""A folder far away is listed and read as one here."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from cases import form_bytes, listed
from far_away import BUCKET, s3_server
from smebatch.batch.reading import write_blank_form
from smebatch.intake.read_entry import fetch_contents, read_entry
from smebatch.intake.sources import remote
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.remote import RemoteError
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.loader import load_edition

EDITION = load_edition("2024")
GOOD = form_bytes({"name": "甲"})

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # the S3 client's own sockets


def zipped(members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(stream := BytesIO(), "w") as book:
        for name, data in members.items():
            book.writestr(name, data)
    return stream.getvalue()


FILES = {
    "东镇/甲.xlsx": GOOD,
    "西镇.zip": zipped({"乙.xlsx": GOOD, "丙.txt": b"text"}),
    "~$甲.xlsx": b"lock",
    "空.xlsx": b"",
    "表.csv": b"a,b",
}
REASONS = {
    "东镇/甲.xlsx": "",
    "空.xlsx": "file.empty",
    "表.csv": "file.text",
    "西镇.zip/丙.txt": "file.text",
    "西镇.zip/乙.xlsx": "",
    "~$甲.xlsx": "file.lock",
}


@pytest.fixture(params=["memory", "s3"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A place far away with these files."""
    if request.param == "s3":
        with s3_server() as client:
            for name, data in FILES.items():
                client.put_object(Bucket=BUCKET, Key=f"2026/{name}", Body=data)
            yield f"s3://{BUCKET}/2026"
        return
    import fsspec

    memory = fsspec.filesystem("memory")
    for name, data in FILES.items():
        memory.pipe(f"/returns/{name}", data)
    yield "memory://returns"
    memory.rm("/returns", recursive=True)


def test_it_is_listed_and_read_as_a_folder_is(url: str, tmp_path: Path) -> None:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    far, near = listed(url), listed(tmp_path)
    assert [(e.file, e.bytes, e.reason, e.member) for e in far] == [(e.file, e.bytes, e.reason, e.member) for e in near]
    assert {entry.file: read_entry(entry, EDITION).reason for entry in far} == REASONS
    assert [entry.mtime_ns for entry in listed(url)] == [entry.mtime_ns for entry in far]


def test_another_process_reads_it() -> None:
    with s3_server() as client, WorkerPool(EDITION, write_blank_form) as readers:
        for name, data in FILES.items():
            client.put_object(Bucket=BUCKET, Key=name, Body=data)
        outcomes = readers.read(listed(f"s3://{BUCKET}"))
    assert {outcome.entry.file: outcome.reason for outcome in outcomes} == REASONS


def test_what_cannot_be_fetched_is_tried_again_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as client:
        for name in ("1.xlsx", "2.xlsx"):
            client.put_object(Bucket=BUCKET, Key=name, Body=GOOD)
        entries = listed(f"s3://{BUCKET}")
        client.delete_object(Bucket=BUCKET, Key="1.xlsx")
        assert list(fetch_contents(entries)) == ["file.vanished", GOOD]

    def broken(_url: str) -> Any:
        raise ConnectionError

    monkeypatch.setattr(remote, "_open_filesystem", broken)
    assert list(fetch_contents(entries)) == ["file.unreachable", "file.unreachable"]


def test_a_place_that_cannot_be_listed_is_named() -> None:
    with s3_server(), pytest.raises(RemoteError) as error:
        listed("s3://no-such-bucket/x")
    assert error.value.code == "folder.unreachable"
    with pytest.raises(RemoteError) as error:
        listed("nonsense://x")
    assert error.value.code == "folder.unreachable"


def test_where_a_store_tells_no_time_its_tag_tells_of_a_change() -> None:
    filesystem, root = remote._open_filesystem("memory://2026")

    def entry(**details: object) -> Entry:
        return remote._entry_of(filesystem, root, f"{root}/甲.xlsx", {"size": 1, **details})

    first, same, changed = (entry(ETag=tag) for tag in ("a", "a", "b"))
    assert (first.file, first.mtime_ns) == ("甲.xlsx", 0)
    assert first.stamp == same.stamp != changed.stamp
    timed = entry(ETag="a", mtime=1.5)
    assert (timed.mtime_ns, timed.stamp) == (1_500_000_000, 1_500_000_000)


def test_an_archive_that_cannot_be_opened_far_away_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="none"):
        remote.open_remote("memory://2026/none.zip")
