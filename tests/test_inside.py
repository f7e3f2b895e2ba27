"""Archives and mails are folders: what lies in them, at any depth, is an entry, and reads as the file itself."""

from __future__ import annotations

import datetime as dt
import io
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

import archives as made
from cases import EDITION, all_inside, form_bytes, good_answers, listed, zip_of
from smebatch.batch.ingest import IngestResult, ingest
from smebatch.batch.reading import write_blank_form
from smebatch.intake.read_entry import fetch_contents, read_entry
from smebatch.intake.read_result import ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import Limits
from smebatch.intake.workers import opening, unpacking, worker_process
from smebatch.intake.workers.opening import open_container
from smebatch.intake.workers.unpacking import read_entries, split_by_size, unpacked_files
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.sample import write_sample
from test_archives import smaller
from test_pipeline import content, enterprise, fates, in_process, put, query

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
GOOD = form_bytes(good_answers())
SECOND = 1_000_000_000


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where all is unpacked."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a few files."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    monkeypatch.setattr(WorkerPool, "open_container", lambda _self, opening: open_container(opening))


def found(folder: Path) -> dict[str, str]:
    return {entry.file: entry.reason for entry in all_inside(folder)}


def read(entries: list[Entry]) -> list[ReadResult]:
    with WorkerPool(EDITION, write_blank_form) as these:
        return list(read_entries(entries, these, 1))


def read_folder(folder: Path) -> list[ReadResult]:
    return read(all_inside(folder / "in"))


# --- listing --------------------------------------------------------------------------------------------------------


def test_what_lies_in_containers_is_named_by_the_way_to_it(tmp_path: Path) -> None:
    inner = zip_of({"甲.xlsx": GOOD, "深/丁.ZIP": zip_of({"戊.xlsx": GOOD})})
    put(tmp_path, "乡镇/outer.zip", zip_of({"inner.zip": inner, "乙.xlsx": GOOD, "说明.txt": b"x", "~$a.zip": b"x"}))
    put(tmp_path, "丙.xlsx", zip_of({"甲.xlsx": GOOD}))  # opened by nobody: its name is a workbook's
    assert found(tmp_path) == {
        "丙.xlsx": "",
        "乡镇/outer.zip/inner.zip/甲.xlsx": "",
        "乡镇/outer.zip/inner.zip/深/丁.ZIP/戊.xlsx": "",
        "乡镇/outer.zip/乙.xlsx": "",
        "乡镇/outer.zip/说明.txt": "",
        "乡镇/outer.zip/~$a.zip": "file.lock",
    }


@pytest.mark.filterwarnings("ignore:Duplicate name")  # zipfile's, when it writes one
def test_no_name_hides_another(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        for name in ("a.zip", "a.zip", "../a.zip", "a.zip/x.xlsx", "/abs\u202e.xlsx"):
            book.writestr(name, zip_of({"x.xlsx": GOOD}) if name.endswith(".zip") else GOOD)
    put(tmp_path, "o.zip", stream.getvalue())
    assert [entry.file for entry in all_inside(tmp_path)] == [
        "o.zip/a.zip/x.xlsx#2",
        "o.zip/a.zip#2/x.xlsx",
        "o.zip/../a.zip/x.xlsx",
        "o.zip/a.zip/x.xlsx",
        "o.zip//abs\\u202e.xlsx",
    ]


def test_each_has_its_time_or_that_of_what_holds_it(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as book:
        book.writestr(zipfile.ZipInfo("a.xlsx", (2026, 9, 21, 22, 13, 20)), GOOD)
        none = zip_of({})  # of no time: what a zip's clock begins with
        with zipfile.ZipFile(inner := io.BytesIO(none), "w") as within:
            within.writestr(zipfile.ZipInfo("b.xlsx"), GOOD)
        book.writestr(zipfile.ZipInfo("i.zip", (2026, 9, 22, 22, 13, 20)), inner.getvalue())
        book.writestr(zipfile.ZipInfo("c.xlsx"), GOOD)
    path = put(tmp_path, "o.zip", stream.getvalue(), 1_800_000_000)
    times = {entry.file: entry.mtime_ns for entry in all_inside(tmp_path)}
    wall = int(dt.datetime(2026, 9, 21, 22, 13, 20).timestamp()) * SECOND  # noqa: DTZ001  (the clock on the wall)
    assert times == {
        "o.zip/a.xlsx": wall,
        "o.zip/i.zip/b.xlsx": wall + 86_400 * SECOND,
        "o.zip/c.xlsx": 1_800_000_000 * SECOND,
    }
    assert {entry.stamp for entry in all_inside(tmp_path)} == {path.stat().st_mtime_ns}  # when to look again


def locked(data: bytes) -> bytes:
    """A zip whose first member says that it has a password."""
    changed = bytearray(data)
    for header, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        changed[data.index(header) + at] |= 1
    return bytes(changed)


def nested(depth: int) -> bytes:
    data = GOOD
    for level in range(depth, 0, -1):
        data = zip_of({f"{level}.xlsx" if level == depth else f"{level}.zip": data})
    return data


CUT = zip_of({"a.xlsx": GOOD})[:3000]
BROKEN = zip_of({"a.xlsx": GOOD}).replace(b"PK\1\2", b"PK\7\7")


def test_what_cannot_be_opened_costs_itself_alone(tmp_path: Path) -> None:
    inside = {
        "broken.zip": BROKEN,
        "cut.zip": CUT,
        "empty.zip": zip_of({}),
        "workbook.zip": GOOD,
        "text.zip": b"text",
        "nothing.rar": b"",
        "locked.zip": locked(zip_of({"a.xlsx": GOOD, "b.xlsx": GOOD})),
        "locked_inner.zip": locked(zip_of({"a.zip": CUT, "b.xlsx": GOOD})),
        "good.zip": zip_of({"a.xlsx": GOOD}),
    }
    put(tmp_path, "o.zip", zip_of(inside, zipfile.ZIP_STORED))
    assert found(tmp_path) == {
        "o.zip/broken.zip": "archive.broken",
        "o.zip/cut.zip": "file.truncated",
        "o.zip/empty.zip": "",  # what these are, their reading says
        "o.zip/workbook.zip": "",
        "o.zip/text.zip": "",
        "o.zip/nothing.rar": "file.empty",
        "o.zip/locked.zip/a.xlsx": "archive.password",
        "o.zip/locked.zip/b.xlsx": "",
        "o.zip/locked_inner.zip/a.zip": "archive.password",
        "o.zip/locked_inner.zip/b.xlsx": "",
        "o.zip/good.zip/a.xlsx": "",
    }


def test_so_deep_and_no_deeper(tmp_path: Path) -> None:
    put(tmp_path, "0.zip", nested(5))
    put(tmp_path, "6.zip", nested(6))
    assert found(tmp_path) == {
        "0.zip/1.zip/2.zip/3.zip/4.zip/5.xlsx": "",
        "6.zip/1.zip/2.zip/3.zip/4.zip/5.zip": "archive.deep",
    }


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "good.zip", zip_of({"i.zip": zip_of({"a.xlsx": GOOD})}))
    put(tmp_path, "many.zip", zip_of({f"{n}.zip": zip_of({f"{m}.txt": b"x" for m in range(6)}) for n in range(4)}))
    put(tmp_path, "large.zip", zip_of({"i.zip": zip_of({"a.txt": bytes(600_000)}, zipfile.ZIP_STORED)}))
    monkeypatch.setattr(opening, "MAX_MEMBERS", 20)
    monkeypatch.setattr(opening, "MAX_UNPACKED", 500_000)
    assert found(tmp_path) == {
        "good.zip/i.zip/a.xlsx": "",
        "many.zip": "file.archive_large",
        "large.zip": "file.expands",
    }


def large(data: bytes, photographs: int) -> bytes:
    """A zip that is larger than a return may be."""
    return zip_of({"a.xlsx": data, "照片.bin": os.urandom(photographs), "b.xlsx": data}, zipfile.ZIP_STORED)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["zip", "7z", "rar"])
def test_a_township_within_a_county_may_be_larger_than_a_return(kind: str, tmp_path: Path, temporary: Path) -> None:
    township = large(GOOD, 30_000_000)
    packers: dict[str, Callable[[dict[str, bytes]], bytes]] = {
        "zip": zip_of,
        "7z": lambda files: made.seven(files, filters=[{"id": made.COPY}]),
        "rar": made.rar5,
    }
    pack = packers[kind]
    put(tmp_path, f"in/县.{kind}", pack({"镇.zip": township, "c.xlsx": GOOD, "d.xlsx": township}))
    with WorkerPool(EDITION, write_blank_form) as these:
        (closed,) = listed(tmp_path / "in")
        (opened,) = these.open_containers([ContainerTask(closed, these.new_unpack_folder())], 1)
        outcomes = list(read_entries(opened.members, these, 1))
    assert {outcome.entry.file: (outcome.reason, outcome.answers is not None) for outcome in outcomes} == {
        f"县.{kind}/镇.zip/a.xlsx": ("", True),
        f"县.{kind}/镇.zip/照片.bin": ("file.large", False),
        f"县.{kind}/镇.zip/b.xlsx": ("", True),
        f"县.{kind}/c.xlsx": ("", True),
        f"县.{kind}/d.xlsx": ("file.large", False),  # whatever it is, it is called a workbook
    }
    assert list(temporary.iterdir()) == []


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch, _here: None) -> None:
    """A return may be as large as ours, and eight times that may be unpacked: what is large is cheap."""
    smaller(monkeypatch, len(GOOD))
    monkeypatch.setattr(opening, "MAX_UNPACKED", 8 * len(GOOD))


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("kind", ["zip", "rar", "RAR", "7z", "eml", "msg", "tar", "tar.gz"])
def test_what_is_large_within_any_container_is_read(kind: str, tmp_path: Path, temporary: Path) -> None:
    township = large(GOOD, len(GOOD) + 1)
    put(tmp_path, f"in/o.{kind}", PACKED[kind]({"i.zip": township, "c.xlsx": GOOD, "d.xlsx": township}))
    assert {outcome.entry.file: (outcome.reason, outcome.answers is not None) for outcome in read_folder(tmp_path)} == {
        f"o.{kind}/i.zip/a.xlsx": ("", True),
        f"o.{kind}/i.zip/照片.bin": ("file.large", False),
        f"o.{kind}/i.zip/b.xlsx": ("", True),
        f"o.{kind}/c.xlsx": ("", True),
        f"o.{kind}/d.xlsx": ("file.large", False),
    }
    assert list(temporary.iterdir()) == []


@pytest.mark.usefixtures("_small")
def test_what_is_large_is_read_at_any_depth(tmp_path: Path) -> None:
    packed = tar_of({"i.zip": large(GOOD, len(GOOD) + 1)}, "w:gz")
    put(tmp_path, "in/o.zip", zip_of({"i.tgz": packed}))
    assert [outcome.reason for outcome in read_folder(tmp_path)] == ["", "file.large", ""]


@pytest.mark.usefixtures("_small")
def test_a_bomb_within_a_container_costs_itself_alone(tmp_path: Path) -> None:
    """It may say what it holds, or something less: no more is written than there is room for."""
    honest, bomb = zip_of({"a.txt": b"a"}), bytes(1_000_000)
    lying = zip_of({"0.zip": bomb, "i.zip": honest}).replace((10**6).to_bytes(4, "little"), (9).to_bytes(4, "little"))
    put(tmp_path, "in/lying.zip", lying)
    put(tmp_path, "in/nearly.zip", zip_of({"0.zip": bytes(8 * len(GOOD) - 1), "i.zip": honest, "j.zip": honest}))
    put(tmp_path, "in/nested.zip", zip_of({"i.zip": zip_of({"0.zip": bomb, "i.zip": honest}), "j.zip": honest}))
    put(tmp_path, "in/none.zip", zip_of({"0.zip": bytes(2 * len(GOOD)), "i.zip": honest}))  # it holds nothing
    put(tmp_path, "in/truth.7z", made.seven({"0.zip": bomb, "i.zip": honest}))
    put(tmp_path, "in/truth.zip", zip_of({"0.zip": bomb, "i.zip": honest}))
    assert found(tmp_path / "in") == {
        "lying.zip/0.zip": "archive.unread",
        "lying.zip/i.zip/a.txt": "",
        "nearly.zip/0.zip": "archive.unread",
        "nearly.zip/i.zip/a.txt": "",
        "nearly.zip/j.zip/a.txt": "",
        "nested.zip/i.zip/0.zip": "archive.unread",
        "nested.zip/i.zip/i.zip/a.txt": "",
        "nested.zip/j.zip/a.txt": "",
        "none.zip/0.zip": "file.large",
        "none.zip/i.zip/a.txt": "",
        "truth.7z/0.zip": "archive.unread",
        "truth.7z/i.zip/a.txt": "",
        "truth.zip/0.zip": "archive.unread",
        "truth.zip/i.zip/a.txt": "",
    }


def test_what_a_parser_makes_of_a_container_costs_that_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, "a.rar", b"Rar!")
    for error, reason in (
        (KeyError("x"), "archive.unread"),
        (MemoryError(), "archive.unread"),
        (OSError(27, "File too large"), "file.expands"),
        (OSError(28, "No space left on device"), "file.unreachable"),
    ):

        def broken(*_: object, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(opening, "archive_kind", broken)
        assert found(tmp_path) == {"a.rar": reason}


# --- reading --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("_here")
def test_it_reads_as_the_file_itself_and_leaves_nothing(tmp_path: Path, temporary: Path) -> None:
    folder = tmp_path / "in"
    other = form_bytes(enterprise(2))
    put(folder, "o.zip", zip_of({"i.zip": zip_of({"a.xlsx": GOOD, "t.txt": b"text"}), "b.xlsx": other}))
    put(folder, "p.zip", zip_of({"i.zip": zip_of({"a.xlsx": other})}))
    put(folder, "loose.xlsx", GOOD)
    entries = all_inside(folder)
    outcomes = read(entries)
    assert [outcome.entry for outcome in outcomes] == entries
    values = {outcome.entry.file: outcome.answers and outcome.answers.values["name"] for outcome in outcomes}
    assert values == {
        "loose.xlsx": "示例精密制造有限公司",
        "o.zip/b.xlsx": "示例企业2",
        "o.zip/i.zip/a.xlsx": "示例精密制造有限公司",
        "o.zip/i.zip/t.txt": None,
        "p.zip/i.zip/a.xlsx": "示例企业2",
    }
    by_file = {outcome.entry.file: outcome for outcome in outcomes}
    assert by_file["o.zip/i.zip/a.xlsx"].sha256 == by_file["loose.xlsx"].sha256
    assert list(temporary.iterdir()) == []
    assert sorted(path.name for path in folder.iterdir()) == ["loose.xlsx", "o.zip", "p.zip"]


@pytest.mark.usefixtures("_here")
def test_a_container_that_has_changed_since_is_looked_at_again(tmp_path: Path) -> None:
    path = put(tmp_path, "o.zip", zip_of({"i.zip": zip_of({"a.xlsx": GOOD})}))
    entries = all_inside(tmp_path)
    os.utime(path, (0, 0))
    assert [outcome.reason for outcome in read(entries)] == ["file.vanished"]
    path.unlink()
    assert [outcome.reason for outcome in read(entries)] == ["file.vanished"]


@pytest.mark.usefixtures("_here")
def test_what_is_unpacked_is_bounded_whatever_is_said_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "o.zip", zip_of({"i.zip": zip_of({"a.xlsx": GOOD}), "b.xlsx": GOOD}))
    entries = all_inside(tmp_path)
    monkeypatch.setattr(opening, "MAX_UNPACKED", 3 * len(GOOD))
    assert {outcome.reason for outcome in read(entries)} == {""}
    monkeypatch.setattr(opening, "MAX_UNPACKED", 2 * len(GOOD))
    assert [outcome.reason for outcome in read(entries)] == ["file.expands", ""]  # the inner one costs itself alone
    monkeypatch.setattr(opening, "MAX_UNPACKED", len(GOOD))
    assert [outcome.reason for outcome in read(entries)] == ["file.expands", "file.expands"]


def test_no_more_is_unpacked_at_a_time_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "BYTES_PER_ROUND", 10)
    sizes = [4, 4, 4, 99, 1, 1, 9]
    inside = [Entry(str(n), "o.zip", size, 0, steps=(n,)) for n, size in enumerate(sizes)]
    assert [[entry.bytes for entry in some] for some in split_by_size(inside)] == [[4, 4], [4], [99], [1, 1], [9]]
    files = [replace(entry, steps=()) for entry in inside]
    assert list(split_by_size(files)) == [files]  # what need not be unpacked takes none


@pytest.mark.usefixtures("_here")
def test_far_away(temporary: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/far/o.zip", zip_of({"i.zip": zip_of({"a.xlsx": GOOD})}))
    memory.pipe("/far/b.xlsx", GOOD)
    memory.pipe("/far/p.zip", zip_of({"c.xlsx": GOOD}))
    try:
        entries = all_inside("memory://far")
        with WorkerPool(EDITION, write_blank_form) as these, unpacked_files(entries, these, 1) as files:
            assert list(fetch_contents(files)) == [GOOD] * 3  # some far away, some here
        assert {outcome.entry.file: outcome.answers is not None for outcome in read(entries)} == {
            "b.xlsx": True,
            "o.zip/i.zip/a.xlsx": True,
            "p.zip/c.xlsx": True,
        }
        assert list(temporary.iterdir()) == []
    finally:
        memory.rm("/far", recursive=True)


# --- readers that die -----------------------------------------------------------------------------------------------


def deaths(folder: Path, limits: Limits | None = None) -> dict[str, str]:
    """What comes of every container and what lies in it, opened by readers that die of some names."""
    with WorkerPool(EDITION, write_blank_form, limits) as these:
        closed = [entry for entry in listed(folder) if entry.unopened]
        opened = list(these.open_containers([ContainerTask(entry, these.new_unpack_folder()) for entry in closed], 2))
        inside = [entry for outcome in opened for entry in outcome.members]
        outcomes = [*(outcome for outcome in opened if outcome.reason), *read_entries(inside, these, 1)]
    return {outcome.entry.file: outcome.reason for outcome in outcomes}


def test_a_container_that_kills_its_reader_costs_itself_alone(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    for name in ("a", "abort", "b", "torn"):
        put(tmp_path, f"in/{name}.zip", zip_of({"i.zip": zip_of({"1.xlsx": GOOD})}))
    assert deaths(tmp_path / "in") == {
        "a.zip/i.zip/1.xlsx": "",
        "abort.zip": "archive.unread",
        "b.zip/i.zip/1.xlsx": "",
        "torn.zip/i.zip/1.xlsx": "archive.unread",  # it dies when it is unpacked
    }
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("what", ["spin", "sleep"])
def test_a_container_that_never_ends_costs_itself_alone(
    what: str, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process, "WORKER_MODULE", "deadly_reader")
    for name in ("a", what):
        put(tmp_path, f"in/{name}.zip", zip_of({"i.zip": zip_of({"1.xlsx": GOOD})}))
    assert deaths(tmp_path / "in", Limits(cpu_seconds=1, wall_seconds=4)) == {
        "a.zip/i.zip/1.xlsx": "",
        f"{what}.zip": "archive.unread",
    }
    assert list(temporary.iterdir()) == []


def test_a_large_container_may_take_longer() -> None:
    assert [ContainerTask(Entry("a.rar", "", size, 0), "").time_factor for size in (0, 19_999_999, 400_000_000)] == [
        1,
        1,
        21,
    ]


# --- a batch --------------------------------------------------------------------------------------------------------


def run(folder: Path, batch: Path, **options: Any) -> IngestResult:
    return ingest(folder, batch, EDITION, now=NOW, **options)


Files = Mapping[str, bytes]


def mail_of(files: Files) -> bytes:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = "回表", "a@example.com", "b@example.com"
    mail.set_content("见附件")
    for name, data in files.items():
        mail.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


def tar_of(files: Files, mode: str = "w") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode=mode) as tar:  # type: ignore[call-overload]  # a mode by its name
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), 1_790_000_000
            tar.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def msg_of(files: Files) -> bytes:
    return made.ole(made.message(*(made.attached(name, data) for name, data in files.items())))


# By the endings of their names.
PACKED: dict[str, Callable[[Files], bytes]] = {
    "zip": zip_of,
    "rar": made.rar5,
    "RAR": lambda files: made.rar4({name.encode("gbk"): data for name, data in files.items()}),
    "7z": made.seven,
    "eml": mail_of,
    "msg": msg_of,
    "tar": tar_of,
    "tar.gz": lambda files: tar_of(files, "w:gz"),
    "tar.xz": lambda files: tar_of(files, "w:xz"),
}
KINDS = ["zip", *(pytest.param(kind, marks=pytest.mark.slow) for kind in PACKED if kind != "zip")]


@pytest.fixture(scope="module")
def forty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty returns, as they lie in a folder, and the exports of them."""
    base = tmp_path_factory.mktemp("forty")
    for path in write_sample(base / "in", EDITION, 40, seed=13):
        os.utime(path, (1_790_000_000, 1_790_000_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(read_entry))
        run(base / "in", base / "b.duckdb")
    return base


def told(batch: Path) -> list[tuple[Any, ...]]:
    """What the ledger says of each return, whatever it is called."""
    return sorted(query(batch, "SELECT sha256, status, reason, form_id, warnings FROM files"))


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize("kind", KINDS)
def test_forty_returns_count_the_same_however_they_come(
    kind: str, forty: Path, tmp_path: Path, temporary: Path
) -> None:
    files = {path.name: path.read_bytes() for path in sorted((forty / "in").rglob("*.xlsx"))}
    names, pack = list(files), PACKED[kind]
    inner = {f"inner.{kind}": pack({name: files[name] for name in names[10:20]})}
    within_zip = zip_of(inner | {name: files[name] for name in names[20:25]})
    put(tmp_path, f"in/outer.{kind}", pack(inner_files := {name: files[name] for name in names[:10]}))
    put(tmp_path, "in/东镇/mixed.zip", within_zip)
    put(tmp_path, f"in/东镇/zip_in.{kind}", pack({"z.zip": zip_of({name: files[name] for name in names[25:30]})}))
    for name in names[30:]:
        put(tmp_path, f"in/{name}", files[name])
    done = run(tmp_path / "in", tmp_path / "b.duckdb")
    assert done.entries == 40
    assert told(tmp_path / "b.duckdb") == told(forty / "b.duckdb")
    assert {f"outer.{kind}/{name}" for name in inner_files} < set(fates(tmp_path / "b.duckdb"))
    assert f"东镇/mixed.zip/inner.{kind}/{names[10]}" in fates(tmp_path / "b.duckdb")
    assert list(temporary.iterdir()) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "open_container", nobody)
        patch.setattr(WorkerPool, "read", nobody)
        assert run(tmp_path / "in", tmp_path / "b.duckdb").read == 0


def nobody(*_: object) -> Any:
    raise AssertionError("something was opened")


@pytest.fixture
def small(tmp_path: Path, _here: None) -> tuple[Path, Path]:
    """A folder with a container that holds others, one that is none, and a loose return; and its batch."""
    folder, batch = tmp_path / "in", tmp_path / "b.duckdb"
    put(folder, "o.zip", zip_of({"i.zip": zip_of({"1.xlsx": form_bytes(enterprise(1))}), "cut.zip": CUT}))
    put(folder, "2.xlsx", form_bytes(enterprise(2)))
    put(folder, "none.rar", b"text")
    run(folder, batch)
    return folder, batch


FATES = {
    "2.xlsx": "counted: complete",
    "none.rar": "rejected: file.text",
    "o.zip/cut.zip": "rejected: file.truncated",
    "o.zip/i.zip/1.xlsx": "counted: complete",
}


def test_an_unchanged_folder_opens_nothing(
    small: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fates(small[1]) == FATES
    before = content(small[1], tmp_path / "before")
    monkeypatch.setattr(WorkerPool, "open_container", nobody)
    monkeypatch.setattr(WorkerPool, "read", nobody)
    assert run(*small).read == 0
    (small[0] / "2.xlsx").unlink()
    assert run(*small).read == 0
    put(small[0], "2.xlsx", form_bytes(enterprise(2)))
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    assert run(*small).read == 1
    assert content(small[1], tmp_path / "after") == before


def test_only_a_container_that_has_changed_is_opened(small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def watched(_self: WorkerPool, opening: ContainerTask) -> ReadResult:
        seen.append(f"{Path(opening.entry.location).name} {len(opening.wanted)}")
        return open_container(opening)

    monkeypatch.setattr(WorkerPool, "open_container", watched)
    os.utime(small[0] / "o.zip", (0, 1_790_000_099))
    assert run(*small).read == 1  # what it holds is as it was, by its bytes; of what is broken there are none
    assert seen == ["o.zip 0", "o.zip 1"]
    assert fates(small[1]) == FATES
    put(small[0], "p.zip", zip_of({"i.zip": zip_of({"3.xlsx": form_bytes(enterprise(3))})}))
    (small[0] / "o.zip").unlink()
    seen.clear()
    done = run(*small)
    assert (done.read, sorted(done.removed_files)) == (1, ["o.zip/cut.zip", "o.zip/i.zip/1.xlsx"])
    assert seen == ["p.zip 0", "p.zip 1"]
    assert query(small[1], "SELECT DISTINCT decode(location) FROM inside ORDER BY 1") == [
        (str(small[0] / name),) for name in ("none.rar", "p.zip")
    ]


def test_what_may_be_gone_is_tried_again(small: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    put(small[0], "p.zip", zip_of({"i.zip": zip_of({"3.xlsx": form_bytes(enterprise(3))})}))
    for reason in ("file.unreachable", "archive.unread"):
        with monkeypatch.context() as patch:
            patch.setattr(
                WorkerPool,
                "open_container",
                lambda _self, opening, reason=reason: ReadResult(opening.entry, reason=reason),
            )
            run(*small)
        assert fates(small[1])["p.zip"] == f"rejected: {reason}"
    with monkeypatch.context() as patch:
        patch.setattr(WorkerPool, "open_container", nobody)
        run(*small)  # under the same limits
    run(*small, limits=Limits(cpu_seconds=99))
    assert fates(small[1])["p.zip/i.zip/3.xlsx"] == "counted: complete"


def test_a_folder_that_has_moved_is_known_by_what_lies_in_containers(small: tuple[Path, Path], tmp_path: Path) -> None:
    (small[0] / "2.xlsx").unlink()
    run(*small)
    small[0].rename(tmp_path / "moved")
    done = run(tmp_path / "moved", small[1])
    assert [notice.code for notice in done.notices] == ["folder.moved"]
    assert fates(small[1]) == {file: fate for file, fate in FATES.items() if file != "2.xlsx"}


def test_a_batch_of_an_older_layout_lists_anew(small: tuple[Path, Path]) -> None:
    import duckdb

    with duckdb.connect(str(small[1])) as db:
        db.execute("DROP TABLE inside; UPDATE meta SET value = replace(value, '5 ', '3 ') WHERE name = 'made_with'")
    before = fates(small[1])
    run(*small)
    assert fates(small[1]) == before
    assert query(small[1], "SELECT count(*) FROM inside") == [(3,)]


def test_progress_tells_of_containers(small: tuple[Path, Path], tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    run(small[0], tmp_path / "new.duckdb", progress=lambda *how_far: told.append(how_far))
    assert told == [(1, 2), (2, 2), (0, 4), (4, 4)]
