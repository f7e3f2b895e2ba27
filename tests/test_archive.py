"""An archive of returns is a folder: a line of the ledger for every member, and none for the archive itself."""

from __future__ import annotations

import datetime as dt
import os
import struct
import zipfile
from pathlib import Path

import pytest

from cases import form_bytes, listed
from smebatch.batch.ingest import ingest
from smebatch.intake.read_entry import read_entry
from smebatch.intake.sources import archive
from smebatch.intake.sources.archives import zips
from smebatch.standard.loader import load_edition

EDITION = load_edition("2024")
GOOD = form_bytes({"name": "甲"})
NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as book:
        for name, data in members.items():
            book.writestr(name, data)
    return path


def reasons(folder: Path) -> dict[str, str]:
    """What is found, and why it is no return."""
    return {entry.file: read_entry(entry, EDITION).reason for entry in listed(folder)}


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_read_as_files(method: int, tmp_path: Path) -> None:
    zipped(
        tmp_path / "乡镇.ZIP", {"东镇/甲.xlsx": GOOD, "东镇/": b"", "西镇/说明.txt": b"text", "空.xlsx": b""}, method
    )
    (tmp_path / "乙.xlsx").write_bytes(GOOD)
    assert reasons(tmp_path) == {
        "乙.xlsx": "",
        "乡镇.ZIP/东镇/甲.xlsx": "",
        "乡镇.ZIP/空.xlsx": "file.empty",
        "乡镇.ZIP/西镇/说明.txt": "file.text",
    }


def test_a_member_reads_as_the_file_itself(tmp_path: Path) -> None:
    (tmp_path / "甲.xlsx").write_bytes(GOOD)
    zipped(tmp_path / "a.zip", {"甲.xlsx": GOOD})
    packed, loose = (read_entry(entry, EDITION) for entry in listed(tmp_path))
    assert (packed.answers, packed.sha256, packed.entry.bytes) == (loose.answers, loose.sha256, len(GOOD))


@pytest.mark.parametrize(("encoding", "flag"), [("gbk", 0), ("utf-8", 0), ("utf-8", 0x800)])
def test_chinese_names_in_gbk_and_utf_8(encoding: str, flag: int, tmp_path: Path) -> None:
    data = zipped(tmp_path / "a.zip", {"ABCDEF.xlsx": GOOD}).read_bytes()
    name = "企业甲".encode(encoding)
    name = (name + b"ABCDEF")[:6] if encoding == "gbk" else "企业".encode(encoding)  # six bytes either way
    data = data.replace(b"ABCDEF", name)
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.index(header) + at
        data = data[:place] + flag.to_bytes(2, "little") + data[place + 2 :]
    (tmp_path / "a.zip").write_bytes(data)
    assert list(reasons(tmp_path)) == [f"a.zip/{'企业甲' if encoding == 'gbk' else '企业'}.xlsx"]


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's, when it writes one
def test_names_are_only_names(tmp_path: Path) -> None:
    """Nothing is unpacked anywhere, and no name hides another."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        for name in ("../../etc/passwd", "/abs.xlsx", "a.xlsx", "a.xlsx", "b\u202excod.xlsx", "~$a.xlsx"):
            book.writestr(name, GOOD)
    assert reasons(tmp_path) == {
        "a.zip/../../etc/passwd": "",
        "a.zip//abs.xlsx": "",
        "a.zip/a.xlsx": "",
        "a.zip/a.xlsx#2": "",
        "a.zip/b\\u202excod.xlsx": "",
        "a.zip/~$a.xlsx": "file.lock",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("names", [["a", "a", "a#2"], ["a#2", "a", "a"], ["a#2", "a#3", "a", "a", "a", "a#2"]])
def test_names_that_are_made_up_for_second_ones_are_nobodys(names: list[str], tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        for name in names:
            book.writestr(name, GOOD)
    assert len(reasons(tmp_path)) == len(names)


UNIX_TIME = struct.pack("<HHBI", 0x5455, 5, 1, 1_790_000_001)
WINDOWS_TIME = struct.pack("<HHIHHQQQ", 0x000A, 32, 0, 1, 24, 116_444_736_000_000_000 + 17_900_000_015_000_000, 0, 0)
WALL = int(dt.datetime(2026, 9, 21, 22, 13, 20).timestamp())  # noqa: DTZ001  (as the clock on the wall said)


@pytest.mark.parametrize(
    ("extra", "date", "seconds"),
    [
        (b"", (2026, 9, 21, 22, 13, 20), WALL),
        (UNIX_TIME, (2026, 9, 21, 22, 13, 20), 1_790_000_001),
        (WINDOWS_TIME, (2026, 9, 21, 22, 13, 20), 1_790_000_001.5),
        (b"\x99\x99\0\0" + UNIX_TIME, (2026, 9, 21, 22, 13, 20), 1_790_000_001),
        (b"UT\5", (2026, 9, 21, 22, 13, 20), WALL),  # torn
        (b"", (1980, 1, 1, 0, 0, 0), None),  # what a program writes that says no time
    ],
)
def test_a_member_has_a_time_of_its_own(
    extra: bytes, date: tuple[int, ...], seconds: float | None, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    info = zipfile.ZipInfo("a.xlsx", date)  # type: ignore[arg-type]  # six numbers
    info.extra = extra
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(info, GOOD)
    os.utime(path, (1_800_000_000, 1_800_000_000))
    (entry,) = listed(tmp_path)
    assert entry.mtime_ns == (1_800_000_000 if seconds is None else seconds) * 10**9
    assert entry.stamp == 1_800_000_000 * 10**9  # when to look again


def test_what_is_no_archive_of_returns_is_one_line(tmp_path: Path) -> None:
    whole = zipped(tmp_path / "cut.zip", {"a.xlsx": GOOD}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:3000])
    (tmp_path / "form.zip").write_bytes(GOOD)  # a workbook whose name says otherwise
    (tmp_path / "none.zip").write_bytes(b"not a zip")
    zipped(tmp_path / "empty.zip", {})
    zipped(tmp_path / "folders.zip", {"a/": b""})
    assert reasons(tmp_path) == {
        "cut.zip": "file.truncated",
        "empty.zip": "file.archive",
        "folders.zip": "file.archive",
        "form.zip": "",
        "none.zip": "file.text",
    }


def test_sizes_and_places_that_no_file_has_are_refused(tmp_path: Path) -> None:
    """A zip of 64 bits may declare what no table can hold, and goes through the batch all the same."""
    path = zipped(tmp_path / "a.zip", {"1.xlsx": GOOD, "2.xlsx": GOOD, "3.xlsx": GOOD}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    directory = int.from_bytes(data[-6:-2], "little")
    entries = [b"PK\x01\x02" + entry for entry in data[directory:-22].split(b"PK\x01\x02")[1:]]
    for number, field in ((0, 24), (1, 42)):  # its size, and where it begins
        wide = struct.pack("<HHQ", 1, 8, 2**64 - 1)
        entry = bytearray(entries[number])
        entry[field : field + 4] = b"\xff" * 4
        entry[30:32] = len(wide).to_bytes(2, "little")
        entries[number] = bytes(entry) + wide
    end = struct.pack("<4s4xHHIIH", b"PK\x05\x06", 3, 3, sum(map(len, entries)), directory, 0)
    path.write_bytes(data[:directory] + b"".join(entries) + end)
    found = {"a.zip/1.xlsx": "file.large", "a.zip/2.xlsx": "file.unreadable", "a.zip/3.xlsx": ""}
    assert reasons(tmp_path) == found
    done = ingest(tmp_path, tmp_path / "batch.duckdb", EDITION, now=NOW)
    assert done.statuses == {"counted": 0, "returned": 1, "superseded": 0, "rejected": 2}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_an_empty_member_is_empty_however_it_is_packed(method: int, tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", {"1.xlsx": b"", "2.xlsx": GOOD}, method)
    assert {entry.file: (entry.bytes, entry.reason) for entry in listed(tmp_path)} == {
        "a.zip/1.xlsx": (0, "file.empty"),
        "a.zip/2.xlsx": (len(GOOD), ""),
    }


def test_damage_costs_one_member(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"1.xlsx": GOOD, "2.xlsx": GOOD, "3.xlsx": GOOD}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[len(GOOD) + 2000] ^= 1  # within the second
    path.write_bytes(data)
    assert reasons(tmp_path) == {"a.zip/1.xlsx": "", "a.zip/2.xlsx": "file.checksum", "a.zip/3.xlsx": ""}


def test_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zipped(tmp_path / "bomb.zip", {"a.xlsx": bytes(30_000_000), "b.xlsx": GOOD})
    assert reasons(tmp_path) == {"bomb.zip/a.xlsx": "file.large", "bomb.zip/b.xlsx": ""}
    data = (tmp_path / "bomb.zip").read_bytes()
    (tmp_path / "bomb.zip").write_bytes(data.replace((30_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    assert reasons(tmp_path) == {"bomb.zip/a.xlsx": "file.expands", "bomb.zip/b.xlsx": ""}
    monkeypatch.setattr(archive, "MAX_MEMBERS", 1)
    assert reasons(tmp_path) == {"bomb.zip": "file.archive_large"}
    monkeypatch.setattr(zips, "_MAX_DIRECTORY", 10)
    assert [entry.file for entry in listed(tmp_path)] == ["bomb.zip"]


def test_a_password_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"1.xlsx": GOOD})
    data = bytearray(path.read_bytes())
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(header) + at] |= 1
    path.write_bytes(data)
    assert reasons(tmp_path) == {"a.zip/1.xlsx": "archive.password"}


def test_an_unchanged_archive_is_not_read_again_and_a_changed_one_is(tmp_path: Path) -> None:
    folder, batch = tmp_path / "in", tmp_path / "b.duckdb"
    folder.mkdir()
    path = zipped(folder / "a.zip", {f"{n}.xlsx": form_bytes({"name": f"企业{n}"}) for n in range(3)})
    assert ingest(folder, batch, EDITION, now=NOW).read == 3
    assert ingest(folder, batch, EDITION, now=NOW).read == 0
    os.utime(path, (1_790_000_000, 1_790_000_000))  # its members are opened, and are what they were
    assert ingest(folder, batch, EDITION, now=NOW).read == 0
    zipped(path, {f"{n}.xlsx": form_bytes({"name": f"企业{n + 1}"}) for n in range(3)})
    assert ingest(folder, batch, EDITION, now=NOW).read == 3
