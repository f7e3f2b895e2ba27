"""What is in an archive or a mail, and how it gets out: every format read back to the same bytes, names and times."""

from __future__ import annotations

import bz2
import datetime as dt
import gzip
import io
import lzma
import os
import shutil
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from base64 import b64encode
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import archives as made
from command_line import unmeasured
from smebatch import intake
from smebatch.intake.sources.archives import (
    ArchiveMember,
    ContainerError,
    archive_kind,
    container,
    extract_members,
    list_members,
    programs,
    sevens,
    zips,
)
from smebatch.intake.workbook.formats import unsupported_reason
from smebatch.issues.catalogue import REASONS

SHEET = b"PK\x03\x04" + bytes(26) + b"xl/workbook.xml" + bytes(range(256)) * 20  # it looks like a workbook
FILES = {"东镇/企业甲.xlsx": SHEET, "东镇/企业乙镕喆.xlsx": b"b" * 5000, "空.xlsx": b""}
WALL = int(dt.datetime(2026, 9, 21, 22, 13, 20).timestamp()) * 10**9  # noqa: DTZ001  (as the clock on the wall said)
TIME = made.TIME * 10**9


def kind(path: Path, name: str = "") -> str:
    return archive_kind(name or path.name, path.read_bytes()[:4096])


def got(data: bytes | str) -> bytes:
    """What was taken out, which is no reason why it could not be."""
    assert isinstance(data, bytes)
    return data


def taken(path: Path, *, most: int = 10**9) -> dict[str, bytes | str]:
    """All that an archive holds by name: its bytes, or the reason why they cannot be had."""
    members = list_members(path, kind(path))
    places = {number: path.with_name(f"{path.name}.{number}") for number in range(len(members))}
    reasons = extract_members(path, kind(path), places, most)
    assert all(places[number].exists() == (number not in reasons) for number in places)
    assert reasons.keys() >= {number for number, member in enumerate(members) if member.reason}
    assert set(reasons.values()) <= REASONS.keys()
    return {m.name: reasons.get(number) or places[number].read_bytes() for number, m in enumerate(members)}


def refusal(path: Path, name: str = "") -> str:
    """Why the archive cannot be read, by its listing or, where that went well, by what taking it out says."""
    try:
        members = list_members(path, kind(path, name))
        extract_members(path, kind(path, name), {n: path.with_name(f"{n}") for n in range(len(members))}, 10**9)
    except ContainerError as error:
        assert str(error) in REASONS  # noqa: PT017  # each of many may raise or not  (which of the two says so is all the same)
        return str(error)
    pytest.fail("it was read")


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 9, 21, 22, 13, 20)), data, method)
    return stream.getvalue()


# --- kinds ------------------------------------------------------------------------------------------------------------

ARCHIVES = {
    "zip": zipped(FILES),
    "rar": made.rar5(FILES),
    "7z": made.seven(FILES),
    "tar": made.tar(FILES),
    "gz": gzip.compress(SHEET),
    "eml": made.mail(made.part(SHEET, b'Content-Disposition: attachment; filename="a.xlsx"')),
    "msg": made.ole(made.message(made.attached("a.xlsx", SHEET))),
    "tnef": made.tnef([(b"a.xlsx", SHEET, {})]),
}


def named(value: str | bytes) -> str:
    """What a case is called: bytes are not the same in every run."""
    return value if isinstance(value, str) else ""


# An OLE file whose directory stands beyond what is looked at.
OLE_FAR = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09" + bytes(17) + b"\xff" * 2 + bytes(9)
GNUMERIC = b'<?xml version="1.0" encoding="UTF-8"?>\n<gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd">'


@pytest.mark.parametrize("said", ARCHIVES)
def test_bytes_tell_which_kind_it_is(said: str) -> None:
    assert archive_kind("a.xlsx", ARCHIVES[said][:4096]) == ("" if said == "eml" else said)
    assert archive_kind(f"a.{said}", ARCHIVES[said][:4096]) == said


@pytest.mark.parametrize(
    ("name", "head", "said"),
    [
        ("a.zip", SHEET, ""),  # a workbook is a zip as well
        ("a.zip", zipped({"[Content_Types].xml": b""}), ""),
        ("a.zip", zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), ""),
        ("a.zip", b"PK\x05\x06" + bytes(18), "zip"),
        ("a.zip", b"the last part of several", "zip"),
        ("a.rar", made.rar4({b"a": b""}), "rar"),
        ("a.tgz", bz2.compress(os.urandom(9000)), "tar"),  # whose beginning does not unpack by itself
        ("a.bz2", bz2.compress(os.urandom(9000)), "gz"),
        ("a.xz", lzma.compress(b"x"), "gz"),
        ("a.msg", made.ole({"Workbook": bytes(9)}), ""),
        (
            "a.msg",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(22) + b"\x09" + bytes(17) + b"\xff" * 2 + bytes(9),
            "msg",
        ),
        ("a.eml", b"Received: from a", "eml"),
        ("a.eml", b"\xef\xbb\xbfFrom: a", "eml"),
        ("a.eml", b"From a@b Mon\r\nX-Mailer: b", "eml"),
        ("a.eml", b"just a text", ""),
        ("a.txt", b"Received: from a", ""),
        (
            "a.gnumeric",
            gzip.compress(b'<?xml version="1.0"?><gnm:Workbook xmlns:gnm="http://www.gnumeric.org/v10.dtd">'),
            "",
        ),
        ("a.7z.002", b"anything", "part"),
        ("a.z01", b"PK\x07\x08PK\x03\x04", "part"),
        ("a.xlsx", b"", ""),
        ("a.tar", bytes(4096), ""),
    ],
    ids=named,
)
def test_kinds_that_are_told_by_more(name: str, head: bytes, said: str) -> None:
    assert archive_kind(name, head[:4096]) == said


def test_a_workbook_of_gnumeric_is_named() -> None:
    assert [unsupported_reason(data) for data in (gzip.compress(GNUMERIC), GNUMERIC)] == ["file.gnumeric"] * 2
    assert unsupported_reason(gzip.compress(b"<svg>")) == "file.archive"


def test_nothing_is_imported_that_is_not_used() -> None:
    script = """if True:
        import sys
        before = set(sys.modules)  # what measures the tests may have imported
        import smebatch.intake.read_entry, smebatch.intake.workbook.formats as formats
        formats.import_readers()
        print(*set(sys.modules) - before)"""
    command, own = [sys.executable, "-c", script], unmeasured(os.environ)
    loaded = subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout.split()
    assert "smebatch.intake.read_entry" in loaded
    assert not {"py7zr", "rarfile", "olefile", "email", "tarfile", "backports.zstd", "tomllib"} & set(loaded)


# --- every format, there and back -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        *(pytest.param(zipped(FILES, method), id=f"zip {method}") for method in (0, 8, 12, 14)),
        pytest.param(made.rar5(FILES), id="rar 5"),
        pytest.param(made.rar4({name.encode("gbk"): data for name, data in FILES.items()}), id="rar 4"),
        pytest.param(made.seven(FILES), id="7z"),
        *(pytest.param(made.tar(FILES, mode), id=mode) for mode in ("w:", "w:gz", "w:bz2", "w:xz")),
        pytest.param(made.tar(FILES, "w:gz", "gb18030"), id="tar in GBK"),
        pytest.param(made.zstd(made.tar(FILES, "w:")), id="tar.zst"),
    ],
)
def test_members_come_out_as_they_went_in(data: bytes, tmp_path: Path) -> None:
    path = made.write(tmp_path, "a.bin", data)
    assert taken(path) == FILES
    members = list_members(path, kind(path))
    assert [member.bytes for member in members] == [len(each) for each in FILES.values()]
    if kind(path) != "7z":  # py7zr writes the time of now
        assert {member.mtime_ns for member in members} <= {TIME, WALL, WALL - 10 * 10**9}


def test_a_packed_file_has_its_name_or_one_by_what_it_holds(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with gzip.GzipFile("/home/a/old.xlsx", "wb", fileobj=stream, mtime=made.TIME) as packed:
        packed.write(SHEET)
    path = made.write(tmp_path, "a", stream.getvalue())
    assert list_members(path, "gz") == [ArchiveMember("old.xlsx", len(SHEET), TIME)]
    assert taken(path) == {"old.xlsx": SHEET}
    for packed_bytes in (bz2.compress(SHEET), lzma.compress(SHEET), gzip.compress(SHEET, mtime=0), made.zstd(SHEET)):
        path = made.write(tmp_path, "b", packed_bytes)
        assert list_members(path, kind(path)) == [ArchiveMember("内容.xlsx", len(SHEET), None)]
        assert taken(path) == {"内容.xlsx": SHEET}


def test_only_what_is_asked_for_is_written(tmp_path: Path) -> None:
    for said, data in ARCHIVES.items():
        path = made.write(tmp_path, f"a.{said}", data)
        before = set(tmp_path.iterdir())
        assert extract_members(path, said, {}, 0) == {}
        assert extract_members(path, said, {0: tmp_path / f"{said}.0", 77: tmp_path / "none"}, 10**6) == {
            77: "archive.broken"
        }
        assert set(tmp_path.iterdir()) - before == {tmp_path / f"{said}.0"}
        assert (tmp_path / f"{said}.0").read_bytes() == SHEET


@pytest.mark.parametrize("said", ARCHIVES)
def test_no_more_is_written_than_allowed(said: str, tmp_path: Path) -> None:
    path = made.write(tmp_path, f"a.{said}", ARCHIVES[said])
    with pytest.raises(ContainerError, match=r"file\.expands"):
        extract_members(path, said, {0: tmp_path / "0"}, len(SHEET) - 1)
    assert extract_members(path, said, {0: tmp_path / "0"}, len(SHEET)) == {}


def smaller(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """Let a file have no more bytes than this. What is only imported later would keep that for good."""
    for found in walk_packages(intake.__path__, "smebatch.intake."):
        module = import_module(found.name)
        if hasattr(module, "MAX_BYTES"):
            monkeypatch.setattr(module, "MAX_BYTES", most)


@pytest.mark.parametrize("said", ARCHIVES)
def test_a_member_that_is_too_large_is_not_written(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    smaller(monkeypatch, len(SHEET) - 1)
    path = made.write(tmp_path, f"a.{said}", ARCHIVES[said])
    assert extract_members(path, said, {0: tmp_path / "0"}, 10**6) == {0: "file.large"}
    assert not (tmp_path / "0").exists()


LARGE = b"PK\5\6" + bytes(range(256)) * 200 + bytes(50_000)


@pytest.mark.parametrize(
    "data",
    [
        *(pytest.param(zipped({"a.zip": LARGE}, method), id=f"zip {method}") for method in (0, 8, 12, 14)),
        pytest.param(made.rar5({"a.zip": LARGE}), id="rar"),
        pytest.param(made.seven({"a.zip": LARGE}), id="7z"),
        pytest.param(made.tar({"a.zip": LARGE}), id="tar.gz"),
        pytest.param(gzip.compress(LARGE), id="gz"),
        pytest.param(made.mail(made.part(LARGE, b'Content-Disposition: attachment; filename="a.zip"')), id="eml"),
        pytest.param(made.ole(made.message(made.attached("a.zip", LARGE))), id="msg"),
        pytest.param(made.tnef([(b"a.zip", LARGE, {})]), id="tnef"),
    ],
)
def test_a_member_is_as_large_as_it_may_be(data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a file may have where whoever asks says so, and never more than may be written in all."""
    smaller(monkeypatch, 5000)
    path, out = made.write(tmp_path, "a.eml", data), {0: tmp_path / "0"}
    (member,) = list_members(path, kind(path))
    assert (member.bytes, member.reason) == (len(LARGE), "")
    assert extract_members(path, kind(path), out, 10**6) == {0: "file.large"}
    assert extract_members(path, kind(path), out, 10**6, {0: len(LARGE) - 1}) == {0: "file.large"}
    with pytest.raises(ContainerError, match=r"file\.expands"):
        extract_members(path, kind(path), out, len(LARGE) - 1, {0: 10**6})
    assert not out[0].exists()
    assert extract_members(path, kind(path), out, len(LARGE), {0: len(LARGE)}) == {}
    assert out[0].read_bytes() == LARGE


@pytest.mark.parametrize("method", [0, 8, 12])  # LZMA holds as much as it looks back
def test_a_member_of_a_zip_is_never_held_whole(method: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "_MAX_DIRECTORY", 10**5)  # which is allotted before it is read
    path = made.write(tmp_path, "a.zip", zipped({"a.zip": bytes(5_000_000)}, method))
    tracemalloc.start()
    try:
        assert extract_members(path, "zip", {0: tmp_path / "0"}, 10**8) == {}
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("said", ["zip", "rar", "7z", "tar", "eml", "msg", "tnef"])
def test_more_members_than_may_be(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "MAX_MEMBERS", 0)
    assert refusal(made.write(tmp_path, f"a.{said}", ARCHIVES[said])) == "file.archive_large"


def test_names_are_only_names(tmp_path: Path) -> None:
    """Names that lead elsewhere, or are one another's, are neither followed nor in each other's way."""
    names = ["../../etc/passwd", "/abs.xlsx", "C:/a.xlsx", "a\\b.xlsx", "x/../y.xlsx", ".."]
    files = {name: name.encode() for name in names}
    expected = {name.replace("\\", "/"): data for name, data in files.items()}
    folder = tmp_path / "in"
    folder.mkdir()
    for said, data in {
        "rar": made.rar5(files),
        "tar": made.tar(files, "w:"),
        "7z": made.seven_named(files),
        "zip": zipped(files),
    }.items():
        shown = files if said == "tar" else expected
        assert taken(made.write(folder, f"a.{said}", data)) == shown
    assert {path.name for path in tmp_path.iterdir()} == {"in"}


def test_two_members_of_one_name_both_come_out(tmp_path: Path) -> None:
    path = made.write(tmp_path, "a.7z", made.seven_named({"a.xlsx": b"1", "b.xlsx": b"2"}, {"b.xlsx": "a.xlsx"}))
    assert extract_members(path, "7z", {0: tmp_path / "0", 1: tmp_path / "1"}, 9) == {}
    assert [(tmp_path / name).read_bytes() for name in "01"] == [b"1", b"2"]


def test_links_and_devices_are_not_followed(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for number, sort in enumerate((tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(str(number))
            info.type, info.linkname = sort, "/etc/passwd"
            archive.addfile(info)
    assert list(taken(made.write(tmp_path, "a.tar", stream.getvalue())).values()) == [
        *("file.link", "file.link", "file.special", "file.special")
    ]
    assert taken(made.write(tmp_path, "a.rar", made.rar5({"a": b""}, extra=made.LINK_5))) == {"a": "file.link"}
    link = zipfile.ZipInfo("a")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
        book.writestr(link, "/etc/passwd")
    assert taken(tmp_path / "a.zip") == {"a": "file.link"}
    sevens = made.seven_of_modes({"link": 0o120777, "socket": 0o140777, "file": 0o100644})
    assert taken(made.write(tmp_path, "a.7z", sevens)) == {
        "link": "file.link",
        "socket": "file.special",
        "file": b"/etc/passwd",
    }


# --- zip --------------------------------------------------------------------------------------------------------------


def test_names_of_a_zip(tmp_path: Path) -> None:
    """The second byte of 乗 in GBK is a backslash, which zipfile may take for one between folders."""
    assert "乗".encode("gbk")[1:] == b"\\"
    raw, better = "乗.xlsx".encode("gbk"), "真名.xlsx".encode()
    path_field = struct.pack("<HHBI", 0x7075, 5 + len(better), 1, zlib.crc32(raw)) + better
    wrong_field = struct.pack("<HHBI", 0x7075, 5 + len(better), 1, 0) + better  # of a name that was changed since
    for extra, name in ((b"", "乗.xlsx"), (path_field, "真名.xlsx"), (wrong_field, "乗.xlsx")):
        info = zipfile.ZipInfo("x" * len(raw))
        info.extra = extra
        with zipfile.ZipFile(tmp_path / "a.zip", "w") as book:
            book.writestr(info, b"1")
        (tmp_path / "a.zip").write_bytes((tmp_path / "a.zip").read_bytes().replace(b"x" * len(raw), raw))
        assert taken(tmp_path / "a.zip") == {name: b"1"}


def test_a_document_holds_no_members(tmp_path: Path) -> None:
    """Some programs put a workbook's parts in an order in which the first does not tell."""
    path = made.write(tmp_path, "a.zip", zipped({"a.xml": b"1", "[Content_Types].xml": b"2"}))
    assert (kind(path), list_members(path, "zip")) == ("zip", [])
    assert list_members(made.write(tmp_path, "b.zip", b"no zip at all"), "zip") == []
    assert list_members(made.write(tmp_path, "c.zip", zipped({})), "zip") == []


def test_a_zip_that_lies(tmp_path: Path) -> None:
    data = zipped({"a.xlsx": bytes(21_000_000), "b.xlsx": SHEET}, zipfile.ZIP_DEFLATED)
    small = data.replace((21_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    assert taken(made.write(tmp_path, "a.zip", small)) == {"a.xlsx": "file.large", "b.xlsx": SHEET}
    for method in (0, 8, 12, 14):
        torn = bytearray(zipped({"a.xlsx": SHEET, "b.xlsx": SHEET[::-1]}, method))
        torn[150] ^= 1
        assert taken(made.write(tmp_path, "b.zip", bytes(torn))) == {"a.xlsx": "file.checksum", "b.xlsx": SHEET[::-1]}


@pytest.mark.parametrize("method", [12, 14])
def test_a_bomb_of_bzip2_or_lzma(method: int, tmp_path: Path) -> None:
    data = zipped({"a.xlsx": bytes(21_000_000)}, method)
    small = data.replace((21_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    assert taken(made.write(tmp_path, "a.zip", small)) == {"a.xlsx": "file.large"}


def test_a_window_of_lzma_is_no_larger_than_what_may_be_unpacked(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.xlsx": SHEET}, 14))
    place = data.index(b"a.xlsx") + 6 + 5  # behind version, size and the first of the properties
    data[place : place + 4] = b"\xff" * 4  # 4 GB
    assert taken(made.write(tmp_path, "a.zip", bytes(data))) == {"a.xlsx": SHEET}


def test_a_method_nobody_knows_is_named(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.xlsx": SHEET}))
    for header, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.rindex(header) + at] = 98
    assert taken(made.write(tmp_path, "a.zip", bytes(data))) == {"a.xlsx": "archive.method"}


# --- passwords, parts, damage -----------------------------------------------------------------------------------------


SECRET = "评测"  # noqa: S105  (nobody's)


def locked_zip() -> bytes:
    data = bytearray(zipped({"a.xlsx": SHEET}))
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(header) + at] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(locked_zip(), id="zip"),
        pytest.param(made.rar4({b"a.xlsx": SHEET}, locked=True), id="rar 4"),
        pytest.param(made.rar5({"a.xlsx": SHEET}, extra=made.LOCKED_5), id="rar 5"),
        pytest.param(made.seven({"a.xlsx": SHEET}, password=SECRET), id="7z"),
    ],
)
def test_a_password_on_members(data: bytes, tmp_path: Path) -> None:
    assert taken(made.write(tmp_path, "a", data)) == {"a.xlsx": "archive.password"}


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(made.rar4({b"a.xlsx": SHEET}, flags=made.LOCKED), id="rar 4"),
        pytest.param(made.rar5_locked(), id="rar 5"),
        pytest.param(made.seven({"a.xlsx": SHEET}, password=SECRET, header_encryption=True), id="7z"),
    ],
)
def test_a_password_on_the_list_of_members(data: bytes, tmp_path: Path) -> None:
    assert refusal(made.write(tmp_path, "a", data)) == "archive.password"


def last_of_several() -> bytes:
    data = bytearray(zipped({"a.xlsx": SHEET}))
    end = data.rindex(b"PK\x05\x06")
    data[end + 4 : end + 8] = b"\1\0\1\0"
    return bytes(data[50:])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.part2.rar", made.rar5({"a.xlsx": SHEET}, flags=1)),
        ("a.r00", made.rar4({b"a.xlsx": SHEET}, flags=made.VOLUME)),
        ("a.7z.001", made.seven(FILES)[:-40]),
        ("a.7z.002", b"anything"),
        ("a.z01", b"PK\x07\x08" + zipped(FILES)[:300]),
        ("a", b"PK\x07\x08" + zipped(FILES)[:300]),
        ("a.zip", last_of_several()),
        ("a.zip.001", zipped(FILES)[:300]),
        ("a.tar.001", made.tar(FILES, "w:")[:6000]),
    ],
    ids=named,
)
def test_a_part_of_several(name: str, data: bytes, tmp_path: Path) -> None:
    assert refusal(made.write(tmp_path, "a", data), name) == "archive.part"


def test_the_only_one_of_several_is_whole(tmp_path: Path) -> None:
    for name, data in {"a.7z.001": made.seven(FILES), "a.zip.001": zipped(FILES)}.items():
        assert taken(made.write(tmp_path, name, data)) == FILES


WHOLE = {
    "zip": zipped(FILES),
    "rar 4": made.rar4({b"a.xlsx": SHEET, b"b.xlsx": SHEET}),
    "rar 5": made.rar5(FILES),
    "7z": made.seven(FILES),
    "tar": made.tar(FILES, "w:"),
    "tar.gz": made.tar(FILES),
    "tar.bz2": made.tar(FILES, "w:bz2"),
    "tar.xz": made.tar(FILES, "w:xz"),
    "tar.zst": made.zstd(made.tar(FILES, "w:")),
    "gz": gzip.compress(SHEET),
    "eml": ARCHIVES["eml"],
    "tnef": ARCHIVES["tnef"],
}


@pytest.mark.parametrize("said", WHOLE)
def test_what_is_cut_short_is_refused_as_a_whole(said: str, tmp_path: Path) -> None:
    """Nobody can say what is missing; it is never taken for the whole."""
    data = WHOLE[said]
    kept = 1500 if said == "tar" else len(data) * 2 // 3
    path = made.write(tmp_path, f"a.{said}", data[:kept])
    assert refusal(path) in ("file.truncated", "archive.broken")


BROKEN_AT = {
    "rar 4": 30,
    "rar 5": 20,
    "7z": -10,
    "tar": 6144 + 20,
    "tar.gz": 40,
    "tar.bz2": 40,
    "tar.xz": 100,
    "gz": 60,
}


@pytest.mark.parametrize("said", BROKEN_AT)
def test_what_is_broken_is_refused(said: str, tmp_path: Path) -> None:
    data = bytearray(WHOLE[said])
    data[BROKEN_AT[said]] ^= 0xFF
    assert refusal(made.write(tmp_path, "a", bytes(data)), "a") == "archive.broken"


def test_damage_costs_one_member(tmp_path: Path) -> None:
    files = {"a.xlsx": SHEET, "b.xlsx": SHEET[::-1]}
    for name, data in {
        "a.rar": made.rar5(files),
        "b.rar": made.rar4({name.encode(): data for name, data in files.items()}),
        "c.zip": zipped(files, 0),
        "d.7z": made.seven(files, filters=[{"id": made.COPY}]),
    }.items():
        broken = bytearray(data)
        broken[broken.index(SHEET) + 500] ^= 1
        assert taken(made.write(tmp_path, name, bytes(broken))) == {**files, "a.xlsx": "file.checksum"}, name


@pytest.mark.parametrize("said", ARCHIVES)
def test_any_byte_may_be_wrong(said: str, tmp_path: Path) -> None:
    """Whatever is broken, it is read, or there is a reason; nothing else comes of it."""
    data = ARCHIVES[said]
    for place in range(0, len(data), len(data) // 60 + 1):
        broken = bytearray(data)
        broken[place] ^= 0xFF
        path = made.write(tmp_path, f"a.{said}", bytes(broken))
        try:
            members = list_members(path, said)
            reasons = extract_members(path, said, {n: tmp_path / f"{n}" for n in range(len(members))}, 10**6)
        except ContainerError as error:
            assert str(error) in REASONS  # noqa: PT017  # each of many may raise or not
        else:
            assert set(reasons.values()) <= REASONS.keys()


def test_an_empty_archive_holds_nothing(tmp_path: Path) -> None:
    for said, data in {"zip": zipped({}), "rar": made.rar5({}), "7z": made.seven({})}.items():
        assert list_members(made.write(tmp_path, f"a.{said}", data), said) == []


def test_the_disk_is_no_fault_of_the_archive(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list_members(tmp_path / "a.7z", "7z")
    path = made.write(tmp_path, "a.7z", ARCHIVES["7z"])
    with pytest.raises(OSError, match="nowhere"):
        extract_members(path, "7z", {0: tmp_path / "nowhere" / "a"}, 10**6)


@pytest.mark.slow
def test_bombs_cost_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """10 GB in a few MB: refused before they are unpacked, or as soon as that is too much."""
    path = made.write(tmp_path, "a.tar.gz", made.bomb(10**10, "bomb.bin"))
    assert refusal(path) == "file.expands"
    single = made.write(tmp_path, "a.gz", made.bomb(10**10))
    assert taken(single) == {"内容.bin": "file.large"}
    behind = made.write(tmp_path, "a.7z", made.seven({"a.iso": bytes(60_000_000), "b.xlsx": SHEET}))
    assert taken(behind) == {"a.iso": "file.large", "b.xlsx": SHEET}
    monkeypatch.setattr(sevens, "MAX_UNPACKED", 50_000_000)
    assert refusal(behind) == "file.expands"
    many = made.write(tmp_path, "b.7z", made.seven({f"{n}.xlsx": bytes(19_000_000) for n in range(12)}))
    with pytest.raises(ContainerError, match=r"file\.expands"):
        extract_members(many, "7z", {n: tmp_path / f"{n}" for n in range(12)}, 10**8)


@pytest.mark.slow
def test_thousands_of_members(tmp_path: Path) -> None:
    files = {f"镇{n % 40}/企业{n}.xlsx": f"{n}".encode() * 100 for n in range(3000)}
    for name, data in {
        "a.zip": zipped(files),
        "a.rar": made.rar5(files),
        "a.tar.gz": made.tar(files),
        "a.7z": made.seven(files),
    }.items():
        assert taken(made.write(tmp_path, name, data)) == files


# --- rar --------------------------------------------------------------------------------------------------------------


def test_names_of_a_rar_in_gbk_and_utf_8(tmp_path: Path) -> None:
    names = ["企业甲.xlsx".encode("gbk"), "企业乙.xlsx".encode(), "乗\\镕.xlsx".encode("gb18030")]
    path = made.write(tmp_path, "a.rar", made.rar4(dict.fromkeys(names, b"1")))
    assert list(taken(path)) == ["企业甲.xlsx", "企业乙.xlsx", "乗/镕.xlsx"]


@pytest.fixture
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine where no program unpacks anything; programs may be put in this folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}")
    programs.unpack_command.cache_clear()
    monkeypatch.setattr(programs, "unpack_command", programs.unpack_command.__wrapped__)
    return folder


PACKED = {"a.xlsx": SHEET, "b.xlsx": SHEET[::-1]}


@pytest.mark.usefixtures("no_programs")
def test_without_a_program_what_is_stored_is_read(tmp_path: Path) -> None:
    assert taken(made.write(tmp_path, "a.rar", made.rar5(PACKED))) == PACKED
    packed = made.write(tmp_path, "b.rar", made.rar5(PACKED, method=3))
    assert taken(packed) == dict.fromkeys(PACKED, "archive.no_program")


def program(folder: Path, name: str, script: str, answer: str) -> None:
    """A program of this name that answers what it is, and unpacks by a script of Python (``path`` is the archive)."""
    path = folder / name
    path.write_text(
        f"#!{sys.executable} -S\n"  # no site, so no coverage: some have little time
        "import sys\n"
        f"if len(sys.argv) < 3: print({answer!r}); sys.exit()\n"
        "path = sys.argv[-1]\n"
        f"out, data = sys.stdout.buffer, open(path, 'rb').read()\n"
        f"{script}\n"
    )
    path.chmod(0o755)


UNRAR = "UNRAR 6.21 freeware      Copyright (c) 1993-2023 Alexander Roshal"
FOUND = f"import re\nfound = [data[m.end():][:{len(SHEET)}] for m in re.finditer(rb'[ab]\\.xlsx', data)]\n"
# Here members are packed in name only: what stands behind their names is what they hold.
HONEST = FOUND + "for each in found: out.write(each)"
# The first comes out too short.
SHORT = FOUND + "for each in found: out.write(each[:100] if each[:2] == b'PK' else each)"


@pytest.mark.skipif(os.name == "nt", reason="the programs of this test are scripts")
@pytest.mark.parametrize(
    ("name", "answer", "script", "reason"),
    [
        pytest.param("unrar", UNRAR, HONEST, "", id="honest"),
        pytest.param("unrar", "unrar-free 0.1.3", HONEST, "archive.no_program", id="another unrar"),
        pytest.param("7z", "0 ED 40305 Rar5", HONEST, "", id="7z"),
        pytest.param("7z", "Rar5 rar r00", HONEST, "archive.no_program", id="7z without a codec"),
        pytest.param("bsdtar", "bsdtar 3.6", HONEST, "", id="bsdtar"),
        pytest.param("bsdtar", "bsdtar 3.6", "out.write(bytes(len(data)))", "archive.no_program", id="zeros"),
        pytest.param("unrar", UNRAR, "out.write(bytes(len(data)))", "file.checksum", id="damage"),
        pytest.param("unrar", UNRAR, "sys.exit(1)", "file.checksum", id="nothing"),
        pytest.param("unrar", UNRAR, "import os; os.kill(os.getpid(), 9)", "file.checksum", id="death"),
        pytest.param("unrar", UNRAR, "while True: out.write(bytes(10**6))", "file.checksum", id="no end"),
        pytest.param("unrar", UNRAR, "import time; time.sleep(99)", "file.checksum", id="for ever"),
    ],
)
def test_programs_are_trusted_no_further_than_checksums(
    name: str,
    answer: str,
    script: str,
    reason: str,
    no_programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(programs, "SECONDS", 0.3)
    program(no_programs, name, script, answer)
    path = made.write(tmp_path, "a.rar", made.rar5(PACKED, method=3))
    assert taken(path) == (dict.fromkeys(PACKED, reason) if reason else PACKED)
    assert {each.name for each in tmp_path.iterdir()} <= {"bin", "a.rar", "a.rar.0", "a.rar.1"}


@pytest.mark.skipif(os.name == "nt", reason="the programs of this test are scripts")
def test_behind_what_is_damaged_a_program_goes_on(no_programs: Path, tmp_path: Path) -> None:
    """The first is broken, and comes out too short: what follows is unpacked by itself."""
    program(no_programs, "unrar", SHORT, UNRAR)
    path = made.write(tmp_path, "a.rar", made.rar5(PACKED, method=3))
    assert taken(path) == {"a.xlsx": "file.checksum", "b.xlsx": PACKED["b.xlsx"]}


@pytest.mark.skipif(os.name == "nt", reason="the programs of this test are scripts")
def test_a_solid_rar_is_unpacked_once(no_programs: Path, tmp_path: Path) -> None:
    count = tmp_path / "count"
    program(no_programs, "unrar", f"open({str(count)!r}, 'a').write('.')\n{HONEST}", UNRAR)
    path = made.write(tmp_path, "a.rar", made.rar5(PACKED, method=3, flags=4))
    assert extract_members(path, "rar", {1: tmp_path / "1"}, 10**6) == {}
    assert (tmp_path / "1").read_bytes() == PACKED["b.xlsx"]
    assert count.read_text() == "."


# --- mails ------------------------------------------------------------------------------------------------------------

NAME = "企业镕喆.xlsx"  # of which GB 2312 lacks two characters
GBK = NAME.encode("gb18030")


def word(data: bytes, charset: bytes = b"gb18030") -> bytes:
    return b"=?" + charset + b"?B?" + b64encode(data) + b"?="


def percent(data: bytes) -> bytes:
    return b"".join(b"%%%02X" % byte for byte in data)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b'Content-Disposition: attachment; filename="' + NAME.encode() + b'"', id="raw UTF-8"),
        pytest.param(b'Content-Disposition: attachment; filename="' + GBK + b'"', id="raw GBK"),
        pytest.param(b'Content-Disposition: attachment; filename="' + word(GBK) + b'"', id="encoded words"),
        pytest.param(b"Content-Disposition: attachment; filename=" + word(GBK), id="encoded words, bare"),
        pytest.param(b'Content-Disposition: attachment; filename="' + word(GBK, b"gb2312") + b'"', id="stated gb2312"),
        pytest.param(b'Content-Disposition: attachment; filename="' + word(GBK, b"utf-8") + b'"', id="stated utf-8"),
        pytest.param(b'Content-Disposition: attachment; filename="' + word(GBK, b"x-own") + b'"', id="stated oddly"),
        pytest.param(
            b'Content-Disposition: attachment;\r\n filename="' + word(GBK[:3]) + b"\r\n " + word(GBK[3:]) + b'"',
            id="cut within a character",
        ),
        pytest.param(b'Content-Type: application/octet-stream; name="' + word(GBK) + b'"', id="in name="),
        pytest.param(b"Content-Disposition: attachment; filename*=gb2312''" + percent(GBK), id="RFC 2231"),
        pytest.param(
            b"Content-Disposition: attachment; filename*0*=gb2312''"
            + percent(GBK[:3])
            + b";\r\n filename*1*="
            + percent(GBK[3:6])
            + b";\r\n filename*2*="
            + percent(GBK[6:]),
            id="RFC 2231 in pieces",
        ),
    ],
)
def test_every_manner_of_naming_an_attachment(header: bytes, tmp_path: Path) -> None:
    path = made.write(tmp_path, "a.eml", made.mail(made.part(SHEET, header)))
    assert list_members(path, "eml") == [ArchiveMember(NAME, len(SHEET), TIME)]
    assert taken(path) == {NAME: SHEET}


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: application/octet-stream",
        b"Content-Disposition: attachment; filename=tcmime.1771.bin",
        b"Content-Disposition: attachment; filename=ATT00001.bin",
    ],
)
def test_where_a_name_is_lost_the_bytes_decide(header: bytes, tmp_path: Path) -> None:
    workbook = made.ole({"Workbook": b"\x09\x08\x10\0\0\x06" + bytes(5000)})
    parts = (SHEET, made.rar5(FILES), workbook, b"\x89PNG", b"anything \0\1", ARCHIVES["msg"], ARCHIVES["tnef"])
    path = made.write(tmp_path, "a.eml", made.mail(*(made.part(each, header) for each in parts)))
    names = ["附件1.xlsx", "附件2.rar", "附件3.xls", "附件4.jpg", "附件5.bin", "附件6.msg", "附件7.dat"]
    assert [member.name for member in list_members(path, "eml")] == names


def test_a_name_in_broken_words_stays_as_it_is_written(tmp_path: Path) -> None:
    name = "=?utf-8?B?YWJjZ?=.xlsx"  # five digits of base64
    header = f'Content-Disposition: attachment; filename="{name}"'.encode()
    assert taken(made.write(tmp_path, "a.eml", made.mail(made.part(SHEET, header)))) == {name: SHEET}


def test_what_is_an_attachment(tmp_path: Path) -> None:
    """Not pictures of the text or the signature, the text itself, fillers and seals; a workbook shown inline is."""
    mail = EmailMessage()
    mail["Date"] = "Mon, 21 Sep 2026 22:13:22 +0800"
    mail.set_content("见附件")
    mail.add_alternative('<img src="cid:logo@a"><p>见附件', subtype="html")
    html = mail.get_payload(1)
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG", "image", "png", cid="<logo@a>", filename="logo.png")
    mail.add_attachment(SHEET, "application", "octet-stream", filename="a.xlsx", disposition="inline")
    mail.add_attachment(b"\x89PNG", "image", "png", filename="截图.png", cid="<other@a>")
    mail.add_attachment("filler", filename="ATT00001.txt")
    mail.add_attachment(b"seal", "application", "pkcs7-signature", filename="smime.p7s")
    mail.add_attachment(made.tnef([(b"b.xlsx", SHEET, {})]), "application", "ms-tnef", filename="winmail.dat")
    inner = EmailMessage()
    inner["Subject"] = "转发：评测表"
    inner.set_content("text")
    inner.add_attachment(SHEET, "application", "octet-stream", filename="c.xlsx")
    mail.add_attachment(inner)
    path = made.write(tmp_path, "a.eml", mail.as_bytes())
    found = taken(path)
    assert list(found) == ["a.xlsx", "截图.png", "winmail.dat", "转发：评测表.eml"]
    again = {name: made.write(tmp_path, name, got(found[name])) for name in ("winmail.dat", "转发：评测表.eml")}
    assert [kind(path) for path in again.values()] == ["tnef", "eml"]
    assert [taken(path) for path in again.values()] == [{"b.xlsx": SHEET}, {"c.xlsx": SHEET}]


def test_an_attached_mail_may_be_in_base64(tmp_path: Path) -> None:
    inner = made.mail(made.part(SHEET, b'Content-Disposition: attachment; filename="c.xlsx"'))
    path = made.write(tmp_path, "a.eml", made.mail(made.part(inner, b"Content-Type: message/rfc822; name=x")))
    assert taken(made.write(tmp_path, "x.eml", got(taken(path)["x.eml"]))) == {"c.xlsx": SHEET}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("请查收", "mail.empty"),
        ("从QQ邮箱发来的超大附件<br>评测表.rar (1.2G, 2026年10月1日 到期)", "mail.link"),
        ('<a href="https://mail.qq.com/cgi-bin/ftnExs_download?k=1">评测表.xlsx</a>', "mail.link"),
        ('<a href="https://dashi.163.com/html/cloud-attachment-download/?key=1">下载</a>', "mail.link"),
        ("链接: https://pan.baidu.com/s/1abc 提取码: 1234", "mail.link"),
    ],
)
def test_a_mail_without_attachments(text: str, reason: str, tmp_path: Path) -> None:
    assert refusal(made.write(tmp_path, "a.eml", made.mail(text=text))) == reason
    picture = made.part(b"\x89PNG", b"Content-Type: image/png", b"Content-ID: <x>")
    assert refusal(made.write(tmp_path, "b.eml", made.mail(picture, text=f'{text}<img src="cid:x">'))) == reason
    message = made.message(made.attached("image001.png", b"\x89PNG", hidden=1), body=text)
    assert refusal(made.write(tmp_path, "a.msg", made.ole(message))) == reason


def test_a_message_of_outlook(tmp_path: Path) -> None:
    inner = made.message(made.attached("乙.xlsx", b"1" * 5000), before=24, subject="转发：请/查收")
    deep = made.message(made.inner(inner), before=24, subject="再转")
    message = made.message(
        made.attached("甲.xlsx", SHEET),
        made.attached("", SHEET),
        made.inner(inner),
        made.inner(deep),
        made.inner(made.message(before=24, subject="空")),
        made.attached("logo.png", b"\x89PNG", hidden=1),
    )
    path = made.write(tmp_path, "a.msg", made.ole(message))
    assert kind(path) == "msg"
    assert taken(path) == {
        "甲.xlsx": SHEET,
        "附件2.xlsx": SHEET,
        "转发：请 查收.msg/乙.xlsx": b"1" * 5000,
        "再转.msg/转发：请 查收.msg/乙.xlsx": b"1" * 5000,
        "空.msg": "mail.empty",
    }
    assert {member.mtime_ns for member in list_members(path, "msg")} == {TIME}
    assert list_members(made.write(tmp_path, "b.msg", made.ole({"Workbook": bytes(9)})), "msg") == []


@pytest.mark.parametrize("code_page", [0, 936, 20936, 1252, 65001])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_whatever_code_page_is_stated(code_page: int, encoding: str, tmp_path: Path) -> None:
    name = NAME.encode(encoding)
    message = made.message(made.attached(name, SHEET), code_page=code_page)
    assert taken(made.write(tmp_path, "a.msg", made.ole(message))) == {NAME: SHEET}
    assert taken(made.write(tmp_path, "a.dat", made.tnef([(name, SHEET, {})], code_page))) == {NAME: SHEET}


def test_winmail_dat(tmp_path: Path) -> None:
    long_name: made.Properties = {0x3707: (0x1F, NAME.encode("utf-16-le"))}
    nested = made.tnef([(b"d.xlsx", SHEET, {})])
    mail: made.Properties = {
        0x3701: (0xD, bytes.fromhex("0703020000000000c000000000000046") + nested),
        0x3001: (0x1E, b"fwd"),
    }
    attached: list[tuple[bytes, bytes, made.Properties]] = [
        (b"QIYE~1.XLS", SHEET, long_name),
        (b"b.xlsx", b"", {0x3701: (0x102, b"2")}),
        (b"x", b"", mail),
        (b"", SHEET, {}),
        (b"logo.png", b"\x89PNG", {0x7FFE: (0xB, None)}),
    ]
    path = made.write(tmp_path, "winmail.dat", made.tnef(attached))
    assert taken(path) == {NAME: SHEET, "b.xlsx": b"2", "fwd.dat": nested, "附件4.xlsx": SHEET}
    assert list_members(path, "tnef")[0].mtime_ns == WALL + 2 * 10**9
    assert refusal(made.write(tmp_path, "a.dat", made.tnef([]))) == "mail.empty"


def test_properties_that_programs_have_made_stand_in_no_ones_way(tmp_path: Path) -> None:
    properties: made.Properties = {
        0x8000: (0x1F, "别的名字.xlsx".encode("utf-16-le")),
        0x8001: (0xB, None),
        0x3707: (0x1F, NAME.encode("utf-16-le")),
    }
    path = made.write(tmp_path, "winmail.dat", made.tnef([(b"QIYE~1.XLS", SHEET, properties)]))
    assert taken(path) == {NAME: SHEET}


def test_a_mail_of_no_day_has_no_time(tmp_path: Path) -> None:
    data = made.tnef([(b"a.xlsx", SHEET, {})], sent=(2026, 13, 21, 22, 13, 22, 1))
    assert [member.mtime_ns for member in list_members(made.write(tmp_path, "winmail.dat", data), "tnef")] == [None]


# --- by real programs -------------------------------------------------------------------------------------------------

REAL = Path(__file__).parent.parent / "build" / "clients" / "rar" / "test" / "files"
IN_PARTS = {"rar3-old.rar", *(f"rar{version}-vols.part{part}.rar" for version in (3, 5) for part in (1, 2, 3))}
LOCKED_LISTS = {"rar3-comment-hpsw.rar", "rar5-hpsw.rar"}
OLD = {"rar15-comment.rar", "rar15-comment-lock.rar"}  # which only unrar and 7-Zip of their makers know


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="make clients")
def test_rars_that_winrar_packed(tmp_path: Path) -> None:
    """Those that rarfile is tested with: every version, solid, locked, in parts, with links, in Unicode."""
    for path in sorted(REAL.glob("*.rar")):
        copy = made.write(tmp_path, path.name, path.read_bytes())
        if path.name in IN_PARTS | LOCKED_LISTS:
            assert refusal(copy) == ("archive.part" if path.name in IN_PARTS else "archive.password"), path.name
        else:
            reasons = {value for value in taken(copy).values() if isinstance(value, str)}
            allowed = {"file.link", "archive.password"} | ({"archive.no_program"} if path.name in OLD else set())
            assert reasons <= allowed, path.name


BCJ2 = ["-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("7z"), reason="7z is not installed")
@pytest.mark.parametrize("options", [[], ["-ms=off"], ["-m0=PPMd"], ["-m0=Deflate64"], ["-m0=BZip2"], BCJ2])
def test_sevens_that_7_zip_packed(options: list[str], tmp_path: Path) -> None:
    """Each way of packing, in blocks and not; BCJ2, which py7zr does not know, by 7-Zip itself."""
    folder = tmp_path / "in"
    folder.mkdir()
    files = {f"企业{n}.xlsx": SHEET + bytes([n]) * 3000 for n in range(20)}
    files |= {"a.exe": Path(sys.executable).read_bytes()[:200_000], "空": b""}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    path = tmp_path / "a.7z"
    command = ["7z", "a", "-bd", *options, str(path), *sorted(files)]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    assert taken(path) == files
