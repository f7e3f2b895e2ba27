"""Which returns are versions of one another, which of them counts, and what copies do to credit codes and names."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from test_settle import DATABASE, File, settle

Place = tuple[str, int, str | None]
"""Thread, version and the version before, by files."""


def threads(*files: File, roster: Sequence[tuple[str, str]] = ()) -> dict[str, Place]:
    """File → its thread (by the file of its first version), the number of the version, and the file before."""
    settle(files, roster)
    rows = DATABASE.sql("SELECT form_id, thread, version, previous_form_id FROM thread_versions").fetchall()
    names = {file.form_id or f"id of {file.file}": file.file for file in files}
    return {names[form_id]: (names[thread], n, names.get(before)) for form_id, thread, n, before in rows}


def statuses(*files: File, roster: Sequence[tuple[str, str]] = ()) -> dict[str, str]:
    """File → status; files that are gone have none."""
    return {file: found.status for file, found in settle(files, roster).items()}


def copy(file: str, of: str, filled_on: str = "2026-11-01", uscc: str = "甲", name: str = "甲公司") -> File:
    """A correction copy of another file."""
    return File(file, filled_on, uscc=uscc, name=name, corrects=f"id of {of}")


def test_returns_of_one_code_phase_and_kind_are_versions_by_date() -> None:
    assert threads(File("b", "2026-11-02"), File("a", "2026-11-01"), File("c", phase="改造前")) == {
        "a": ("a", 1, None),
        "b": ("a", 2, "a"),
        "c": ("c", 1, None),
    }


def test_a_copy_follows_what_it_corrects_whatever_its_date() -> None:
    # b corrects a, is dated before it, and has no errors left
    files = [File("a", "2026-11-05", errors=1), copy("b", "a", filled_on="2026-11-01")]
    assert threads(*files) == {"a": ("a", 1, None), "b": ("a", 2, "a")}
    assert statuses(*files) == {"a": "superseded", "b": "counted"}


def test_a_copy_of_a_copy_follows_the_copy() -> None:
    files = [File("a", "2026-11-05"), copy("c", "b", filled_on="2026-11-01"), copy("b", "a", filled_on="2026-11-02")]
    assert threads(*files) == {"a": ("a", 1, None), "b": ("a", 2, "a"), "c": ("a", 3, "b")}


def test_a_later_return_follows_a_copy_that_was_moved_behind_an_earlier_one() -> None:
    # by date: b, a, c; b corrects a, so a, b, c
    files = [File("a", "2026-11-02"), copy("b", "a", filled_on="2026-11-01"), File("c", "2026-11-03")]
    assert threads(*files) == {"a": ("a", 1, None), "b": ("a", 2, "a"), "c": ("a", 3, "b")}


def test_the_thread_holds_where_the_code_was_the_error() -> None:
    wrong = File("a", uscc="乙", errors=1)
    assert threads(wrong, copy("b", "a", uscc="甲")) == {"a": ("a", 1, None), "b": ("a", 2, "a")}
    # and whoever bears the right code afterwards is of the thread, for an enterprise may not count twice
    files = [wrong, copy("b", "a", uscc="甲"), File("c", "2026-11-09", uscc="甲")]
    assert threads(*files)["c"] == ("a", 3, "b")
    assert statuses(*files) == {"a": "superseded", "b": "superseded", "c": "counted"}


def test_a_code_that_nobody_bears_any_more_is_no_error() -> None:
    # a, under the code of b, was mended by c; b has gone
    files = [File("a"), File("b", name="乙公司", gone=True), copy("c", "a", uscc="丙")]
    assert statuses(*files) == {"a": "superseded", "c": "counted"}
    assert DATABASE.sql("SELECT form_id, wrong FROM judged ORDER BY form_id").fetchall() == [
        ("id of a", 0),
        ("id of b", 0),
        ("id of c", 0),
    ]


@pytest.mark.parametrize("lost", [{"uscc": None}, {"phase": None}, {"assessment_kind": None}])
def test_the_thread_holds_where_the_code_was_missing(lost: dict[str, None]) -> None:
    files = [File("a", errors=1, **lost), copy("b", "a")]  # type: ignore[arg-type]  # a field of any name
    assert threads(*files) == {"a": ("a", 1, None), "b": ("a", 2, "a")}


def test_a_copy_that_another_enterprise_fills_in_is_its_own() -> None:
    files = [
        File("a", errors=1),
        copy("b", "a", uscc="乙", name="乙公司"),
        File("c", "2026-10-01", uscc="乙", name="乙公司"),
    ]
    assert threads(*files) == {"a": ("a", 1, None), "c": ("c", 1, None), "b": ("c", 2, "c")}
    assert statuses(*files) == {"a": "returned", "b": "counted", "c": "superseded"}


@pytest.mark.parametrize("changes", [{"uscc": "乙"}, {"name": "乙公司"}])
def test_a_copy_with_the_name_or_the_code_of_before_is_not_passed_on(changes: dict[str, str]) -> None:
    assert threads(File("a"), copy("b", "a", **changes))["b"] == ("a", 2, "a")


def test_a_copy_of_a_return_that_nobody_knows_goes_by_its_code() -> None:
    assert threads(File("a"), copy("b", "x", filled_on="2026-11-02"))["b"] == ("a", 2, "a")


def test_a_copy_that_says_it_corrects_itself_goes_by_its_code() -> None:
    assert threads(copy("a", "a")) == {"a": ("a", 1, None)}


def test_two_names_under_one_code_are_two_threads() -> None:
    files = [File("a"), File("b", "2026-11-02", name="乙公司")]
    assert threads(*files) == {"a": ("a", 1, None), "b": ("b", 1, None)}
    assert statuses(*files) == {"a": "returned", "b": "returned"}


def test_a_copy_joins_two_names_of_one_code() -> None:
    files = [File("a"), copy("b", "a", name="乙公司")]
    assert threads(*files) == {"a": ("a", 1, None), "b": ("a", 2, "a")}
    assert statuses(*files) == {"a": "superseded", "b": "counted"}
    # and in the other phase as well: the enterprise has said that it is called so now
    assert statuses(*files, File("c", phase="改造前")) == {"a": "superseded", "b": "counted", "c": "counted"}


def test_a_code_mended_by_a_copy_frees_its_owner() -> None:
    # a stands under the code of b's enterprise by mistake; c, a copy of a, has the right one
    owner, mistaken = File("b", name="乙公司"), File("a")
    assert statuses(owner, mistaken) == {"a": "returned", "b": "returned"}
    assert statuses(owner, mistaken, copy("c", "a", uscc="丙")) == {"a": "superseded", "b": "counted", "c": "counted"}


def test_the_roster_joins_two_names() -> None:
    files = [File("a"), File("b", "2026-11-02", name="乙公司")]
    assert threads(*files, roster=[("甲", "乙公司")])["b"] == ("a", 2, "a")


def test_a_version_whose_file_is_gone_neither_counts_nor_is_returned() -> None:
    files = [File("a", "2026-11-01"), File("b", "2026-11-02", gone=True)]
    assert threads(*files) == {"a": ("a", 1, None), "b": ("a", 2, "a")}
    assert statuses(*files) == {"a": "counted"}
    assert statuses(File("a", gone=True), File("b", errors=1)) == {"b": "returned"}


def test_equal_bytes_are_one_version() -> None:
    files = [File("a", form_id="x"), File("b", mtime_ns=5, form_id="x")]
    assert statuses(*files) == {"a": "superseded", "b": "counted"}
    assert DATABASE.sql("SELECT thread, version FROM thread_versions").fetchall() == [("x", 1)]


# --- whatever the folder: against rules written out one return at a time ----------------------------------------------


def rank_of(files: Sequence[File]) -> dict[str, int]:
    """The order of the returns, by file: by date, time and name; a copy right behind what it corrects at the least."""
    dates = sorted(files, key=lambda f: (f.filled_on or "", f.mtime_ns, f.file))
    order = {f.file: (i, 0) for i, f in enumerate(dates)}
    by_id = {f"id of {f.file}": f for f in files}
    for _ in files:  # as often as copies may follow copies
        for file in files:
            original = by_id.get(file.corrects)
            if original and original != file and not passed_on(file, original):
                rank, step = order[original.file]
                order[file.file] = max(order[file.file], (rank, step + 1))
    own = {f.file: i for i, f in enumerate(dates)}
    return {file: i for i, file in enumerate(sorted(order, key=lambda file: (*order[file], own[file])))}


def passed_on(file: File, original: File) -> bool:
    return None not in (file.uscc, original.uscc) and file.uscc != original.uscc and file.name != original.name


def expected_threads(files: Sequence[File]) -> list[list[str]]:
    """The files of each thread in order; every name has a code of its own here."""
    rank, by_id = rank_of(files), {f"id of {f.file}": f for f in files}
    group = {f.file: {f.file} for f in files}

    def join(one: File, other: File) -> None:
        joined = group[one.file] | group[other.file]
        for name in joined:
            group[name] = joined

    for file in files:
        for other in files:
            same = (file.uscc, file.phase, file.assessment_kind) == (other.uscc, other.phase, other.assessment_kind)
            if same and None not in (file.uscc, file.phase, file.assessment_kind):
                join(file, other)
        original = by_id.get(file.corrects)
        if original and original != file and not passed_on(file, original):
            join(file, original)
    return sorted(sorted(names, key=rank.__getitem__) for names in {frozenset(names) for names in group.values()})


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(n, marks=pytest.mark.slow) for n in range(10, 60))])
def test_threads_are_as_written_out(seed: int) -> None:
    rng = Random(seed)
    names = [chr(ord("a") + i) for i in range(rng.randint(1, 7))]
    files = [
        File(
            name,
            rng.choice(["2026-11-01", "2026-11-02", "2026-11-03"]),
            rng.randint(1, 3),
            uscc=(code := rng.choice(["甲", "乙", "丙", None])),
            name=f"{code or rng.choice('甲乙')}公司",
            phase=rng.choice(["改造前", "改造后"]),
            corrects=f"id of {rng.choice(names[:i])}" if i and rng.random() < 0.5 else "",
        )
        for i, name in enumerate(names)
    ]
    found: dict[str, list[tuple[int, str]]] = {}
    for file, (thread, version, _) in threads(*files).items():
        found.setdefault(thread, []).append((version, file))
    assert sorted([file for _, file in sorted(versions)] for versions in found.values()) == expected_threads(files)
    # of every thread at most one counts, and no code counts twice in a phase
    status = statuses(*files)
    counted = [file for file in files if status[file.file] == "counted"]
    assert len({(f.uscc, f.phase) for f in counted if f.uscc}) == len([f for f in counted if f.uscc])
