"""A folder is listed whole, and every entry ends with an outcome."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cases import changed, form_bytes, good_answers, listed
from smebatch.batch.reading import write_blank_form
from smebatch.intake.read_entry import read_entry
from smebatch.intake.sources.folder import list_entries
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.catalogue import REASONS
from smebatch.standard.loader import load_edition

EDITION = load_edition("2024")
GOOD = form_bytes(good_answers())
posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names, links or pipes")


def put(folder: Path, *names: str, data: bytes = b"x") -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def reasons(folder: Path) -> dict[str, str]:
    return {entry.file: read_entry(entry, EDITION).reason for entry in listed(folder)}


def test_nested_folders_are_listed_in_the_order_of_their_paths(tmp_path: Path) -> None:
    put(tmp_path, "b.xlsx", "a/2.xlsx", "a/10.xlsx", "a/x/y/z.xlsx", "甲区/乙.xlsx", "A.xlsx", ".hidden/.x")
    (tmp_path / "empty folder").mkdir()
    found = [entry.file for entry in listed(tmp_path)]
    assert found == [".hidden/.x", "A.xlsx", "a/10.xlsx", "a/2.xlsx", "a/x/y/z.xlsx", "b.xlsx", "甲区/乙.xlsx"]


def test_an_entry_says_its_size_and_time(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx", data=b"12345")
    os.utime(tmp_path / "a.xlsx", ns=(0, 1_700_000_000_123_456_700))
    (entry,) = listed(tmp_path)
    assert (entry.bytes, entry.mtime_ns, entry.reason) == (5, 1_700_000_000_123_456_700, "")
    assert Path(entry.location).read_bytes() == b"12345"


def test_an_empty_folder_and_one_that_is_none(tmp_path: Path) -> None:
    assert listed(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        listed(tmp_path / "none")
    put(tmp_path, "file")
    with pytest.raises(NotADirectoryError):
        listed(tmp_path / "file")


def test_our_own_files_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "batch.duckdb", "batch.duckdb.tmp/1", "sub/batch.duckdb", "a.xlsx")
    ours = ("batch.duckdb", "batch.duckdb.tmp", "not there")
    found = listed(tmp_path, ignore=[tmp_path / name for name in ours])
    assert [entry.file for entry in found] == ["a.xlsx", "sub/batch.duckdb"]


def test_every_kind_of_file_has_its_reason(tmp_path: Path) -> None:
    put(tmp_path, "good.xlsx", "no extension", data=GOOD)
    put(tmp_path, "~$good.xlsx", ".~lock.good.xlsx#", data=b"somebody")
    put(tmp_path, "empty.xlsx", data=b"")
    put(tmp_path, "text.xlsx", ".DS_Store", "Thumbs.db", data=b"some bytes")
    put(tmp_path, "cut.xlsx", data=GOOD[:5000])
    assert reasons(tmp_path) == {
        "good.xlsx": "",
        "no extension": "",  # what a file is, its bytes say
        "~$good.xlsx": "file.lock",
        ".~lock.good.xlsx#": "file.lock",
        "empty.xlsx": "file.empty",
        "text.xlsx": "file.text",
        ".DS_Store": "file.system",
        "Thumbs.db": "file.system",
        "cut.xlsx": "file.truncated",
    }
    assert set(reasons(tmp_path).values()) - {""} <= set(REASONS)


def test_a_folder_named_like_a_workbook_is_a_line_beside_what_lies_in_it(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx/b.txt", "plain/c.txt")
    (tmp_path / "空.XLS").mkdir()
    assert reasons(tmp_path) == {
        "a.xlsx/": "file.folder",
        "a.xlsx/b.txt": "file.text",
        "plain/c.txt": "file.text",
        "空.XLS/": "file.folder",
    }


def test_a_folder_that_cannot_be_opened_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "a/1.txt", "b.xlsx/2.txt")
    scandir = os.scandir

    def refuse(path: str) -> object:  # as root, no permission can be taken away
        if str(path).endswith("b.xlsx"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert reasons(tmp_path) == {"a/1.txt": "file.text", "b.xlsx/": "file.unlistable"}


def test_a_folder_that_goes_while_it_is_listed_is_no_empty_one(tmp_path: Path) -> None:
    put(tmp_path / "share", "a.xlsx")
    entries = list_entries(tmp_path / "share")
    shutil.rmtree(tmp_path / "share")
    with pytest.raises(FileNotFoundError):
        next(entries)


@posix  # the system has read the names of both, and asks for the size of one after the other
def test_a_file_that_goes_while_its_folder_is_listed_is_a_line(tmp_path: Path) -> None:
    put(tmp_path, "1.xlsx", "2.xlsx")
    entries = list_entries(tmp_path)
    first = next(entries)
    (other,) = {"1.xlsx", "2.xlsx"} - {first.file}
    (tmp_path / other).unlink()
    assert [(entry.file, entry.reason) for entry in entries] == [(other, "file.vanished")]


@posix
def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    put(tmp_path, "in/a.xlsx", "out/b.xlsx")
    (tmp_path / "in/file").symlink_to(tmp_path / "out/b.xlsx")
    (tmp_path / "in/folder").symlink_to(tmp_path / "out", target_is_directory=True)
    (tmp_path / "in/loop").symlink_to(tmp_path / "in", target_is_directory=True)
    (tmp_path / "in/broken").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "in/pipe.xlsx")  # opening it would wait for ever
    assert reasons(tmp_path / "in") == {
        "a.xlsx": "file.text",
        "broken": "file.link",
        "file": "file.link",
        "folder": "file.link",
        "loop": "file.link",
        "pipe.xlsx": "file.special",
    }


@posix
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("两\n行.xlsx".encode(), r"两\n行.xlsx"),
        ("报表".encode("gbk") + b".xlsx", r"\xb1\xa8\xb1\xed.xlsx"),
        ("表\u202excod.xlsx".encode(), r"表\u202excod.xlsx"),
        (b"tab\tesc\x1b.xlsx", r"tab\tesc\x1b.xlsx"),
        ("全角\u3000空格 nbsp.xlsx".encode(), "全角\u3000空格 nbsp.xlsx"),
        (b"a" * 250 + b".xlsx", "a" * 250 + ".xlsx"),
        (("表" * 83 + "x.xlsx").encode(), "表" * 83 + "x.xlsx"),  # 255 bytes
        (b"=1+1.xlsx", "=1+1.xlsx"),
    ],
)
def test_an_odd_name_can_be_shown_and_read(name: bytes, shown: str, tmp_path: Path) -> None:
    try:
        Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(GOOD)  # noqa: PTH118  # bytes
    except OSError:
        pytest.skip("this file system refuses the name")
    (entry,) = listed(tmp_path)
    assert entry.file == shown
    entry.file.encode("utf-8")
    assert read_entry(entry, EDITION).answers is not None


@posix
def test_no_two_files_are_shown_by_one_name(tmp_path: Path) -> None:
    # a line break, and a backslash with an n: two files, and not one file twice
    put(tmp_path, "a\n.xlsx", "a\\n.xlsx", "a\\x5cn.xlsx")
    assert len({entry.file for entry in listed(tmp_path)}) == 3


def test_a_file_that_is_gone_when_it_is_read(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx", data=GOOD)
    (entry,) = listed(tmp_path)
    Path(entry.location).unlink()
    outcome = read_entry(entry, EDITION)
    assert (outcome.reason, outcome.sha256, outcome.form_id) == ("file.vanished", "", "")


def a_link(path: Path) -> None:
    path.symlink_to(path.with_name("b.xlsx"))


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(path.name)  # a name may have some hundred characters


def no_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("away"))
    path.parent.write_bytes(b"")


@posix
@pytest.mark.parametrize("become", [a_link, a_pipe, a_socket, Path.mkdir, no_folder])
def test_a_file_that_has_become_something_else_is_gone(
    become: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "in/a.xlsx", data=GOOD)
    (entry,) = listed(tmp_path / "in")
    monkeypatch.chdir(tmp_path / "in")
    Path(entry.location).unlink()
    become(Path(entry.location))
    assert read_entry(entry, EDITION).reason == "file.vanished"


def test_a_file_that_has_grown_since_it_was_listed_is_read_whole(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx", data=b"x")
    (entry,) = listed(tmp_path)
    put(tmp_path, "a.xlsx", data=GOOD)
    assert read_entry(entry, EDITION).sha256 == hashlib.sha256(GOOD).hexdigest()


def test_equal_bytes_have_one_id(tmp_path: Path) -> None:
    put(tmp_path, "a.xlsx", "b/copy.xlsx", data=GOOD)
    put(tmp_path, "c.xlsx", data=form_bytes(changed(name="另一家")))
    first, second, third = (read_entry(entry, EDITION) for entry in listed(tmp_path))
    assert first.form_id == second.form_id == first.sha256[:16]
    assert third.form_id not in ("", first.form_id)


def test_another_process_reads_what_this_one_reads(tmp_path: Path) -> None:
    for i in range(5):
        put(
            tmp_path,
            f"{i}.xlsx",
            data=form_bytes(changed(name=f"企业{i}", revenue_last="约500" if i == 2 else 1000 + i)),
        )
    put(tmp_path, "2b.xlsx", data=GOOD[:5000])
    put(tmp_path, "3b.xlsx", data=b"text")
    put(tmp_path, "~$4.xlsx", data=b"lock")
    entries = listed(tmp_path)
    alone = [read_entry(entry, EDITION) for entry in entries]
    with WorkerPool(EDITION, write_blank_form) as readers:
        assert readers.read(entries) == alone
        assert readers.read([]) == []
