"""Which return of an enterprise counts: the rules one by one, then what must hold of any folder."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smebatch.assess.settle import SETTLED
from smebatch.issues import REASONS


class File(NamedTuple):
    """A file that holds a return."""

    file: str
    filled_on: str | None = "2026-11-01"
    mtime_ns: int = 1
    errors: int = 0
    uscc: str | None = "甲"
    phase: str | None = "改造后"
    assessment_kind: str | None = "自评"
    form_id: str = ""  # of its own where not given


class Settled(NamedTuple):
    """What has become of a file."""

    status: str
    reason: str
    superseded_by: str
    awaited: str


DATABASE = duckdb.connect()
DATABASE.execute(
    """CREATE TABLE returns (file VARCHAR, filled_on DATE, mtime_ns BIGINT, errors INTEGER, uscc VARCHAR, phase VARCHAR,
    assessment_kind VARCHAR, form_id VARCHAR)"""
)


def settle(files: Sequence[File]) -> dict[str, Settled]:
    """What becomes of each file."""
    DATABASE.execute("DELETE FROM returns")
    for file in files:
        row = file._replace(form_id=file.form_id or f"id of {file.file}")
        DATABASE.execute("INSERT INTO returns VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    rows = DATABASE.sql(SETTLED).project("file, status, reason, superseded_by, awaited").fetchall()
    result = {file: Settled(*row) for file, *row in rows}
    assert len(result) == len(rows) == len(files)
    return result


def settled(*files: File) -> dict[str, tuple[str, str]]:
    """File → status and what supersedes it."""
    return {file: (found.status, found.superseded_by) for file, found in settle(files).items()}


def awaited(*files: File) -> dict[str, str]:
    """File → later returns that await correction, where there are any."""
    return {file: found.awaited for file, found in settle(files).items() if found.awaited}


def reasons(*files: File) -> dict[str, str]:
    """File → reason."""
    return {file: found.reason for file, found in settle(files).items()}


COUNTED, RETURNED = ("counted", ""), ("returned", "")


def by(file: str) -> tuple[str, str]:
    return ("superseded", file)


# --- the rules ------------------------------------------------------------------------------------------------------


def test_a_good_return_counts_and_one_with_errors_is_returned() -> None:
    assert settled(File("a"), File("b", uscc="乙", errors=2)) == {"a": COUNTED, "b": RETURNED}


def test_the_latest_date_counts_whatever_the_file_time() -> None:
    assert settled(File("a", "2026-11-02", mtime_ns=1), File("b", "2026-11-01", mtime_ns=9)) == {
        "a": COUNTED,
        "b": by("a"),
    }


def test_of_one_date_the_latest_file_time_counts() -> None:
    assert settled(File("b", mtime_ns=1), File("a", mtime_ns=2)) == {"b": by("a"), "a": COUNTED}


def test_file_times_are_told_apart_to_the_nanosecond() -> None:
    late = 1_795_000_000_000_000_001  # as a float it is …000 and equal to the other
    assert settled(File("b", mtime_ns=late - 1), File("a", mtime_ns=late)) == {"b": by("a"), "a": COUNTED}


def test_of_one_date_and_time_the_last_name_counts() -> None:
    assert settled(File("b"), File("c"), File("a")) == {"b": by("c"), "c": COUNTED, "a": by("c")}


def test_all_older_ones_name_the_one_that_counts() -> None:
    found = settled(File("a", "2026-11-01"), File("b", "2026-11-02"), File("c", "2026-11-03"))
    assert found == {"a": by("c"), "b": by("c"), "c": COUNTED}


def test_an_older_one_with_errors_is_superseded_too() -> None:
    assert settled(File("a", "2026-11-01", errors=1), File("b", "2026-11-02")) == {"a": by("b"), "b": COUNTED}


def test_a_later_one_with_errors_is_returned_and_awaited() -> None:
    files = File("a", "2026-11-01"), File("b", "2026-11-02", errors=1)
    assert settled(*files) == {"a": COUNTED, "b": RETURNED}
    assert awaited(*files) == {"a": "b"}


def test_every_later_one_with_errors_is_named() -> None:
    files = File("a"), File("b", "2026-11-02", errors=1), File("c", "2026-11-03", errors=1)
    assert awaited(*files) == {"a": "b、c"}


def test_without_a_good_one_all_are_returned_and_nothing_is_awaited() -> None:
    files = File("a", "2026-11-01", errors=1), File("b", "2026-11-02", errors=1)
    assert settled(*files) == {"a": RETURNED, "b": RETURNED}
    assert awaited(*files) == {}


@pytest.mark.parametrize("other", [{"phase": "改造前"}, {"assessment_kind": "现场评定"}, {"uscc": "乙"}])
def test_another_phase_kind_or_enterprise_stands_apart(other: dict[str, str]) -> None:
    files = File("a", "2026-11-01"), File("b", "2026-11-02")._replace(**other)
    assert settled(*files) == {"a": COUNTED, "b": COUNTED}
    broken = File("c", "2026-11-03", errors=1)._replace(**other)
    assert awaited(files[0], broken) == {}


@pytest.mark.parametrize("missing", ["uscc", "phase", "assessment_kind", "filled_on"])
def test_a_return_that_does_not_say_whose_or_when_it_is_stands_alone(missing: str) -> None:
    # each of these is required, so there is an error; nothing is guessed about the others
    unknown = File("b", "2026-11-02", errors=1)._replace(**{missing: None})
    assert settled(File("a"), unknown, unknown._replace(file="c")) == {"a": COUNTED, "b": RETURNED, "c": RETURNED}
    assert awaited(File("a"), unknown) == {}


def test_the_same_bytes_twice_are_one_return_and_a_copy() -> None:
    files = File("a", mtime_ns=1, form_id="x"), File("b", mtime_ns=2, form_id="x")
    assert settled(*files) == {"a": by("b"), "b": COUNTED}
    assert reasons(*files) == {"a": "superseded.copy", "b": "complete"}


def test_the_same_bytes_with_errors_are_one_return_and_a_copy() -> None:
    files = File("a", errors=1, form_id="x"), File("b", errors=1, form_id="x")
    assert settled(*files) == {"a": by("b"), "b": RETURNED}


def test_copies_of_an_older_return_are_copies_and_the_older_one_is_superseded() -> None:
    old = [File(name, "2026-11-01", form_id="x") for name in "ab"]
    assert settled(*old, File("c", "2026-11-02")) == {"a": by("b"), "b": by("c"), "c": COUNTED}


def test_copies_with_errors_are_awaited_once() -> None:
    later = [File(name, "2026-11-02", errors=1, form_id="x") for name in "bc"]
    assert awaited(File("a"), *later) == {"a": "c"}


def test_reasons() -> None:
    found = reasons(File("a", "2026-11-01"), File("b", "2026-11-02"), File("c", "2026-11-03", errors=1))
    assert found == {"a": "superseded.later", "b": "complete", "c": "errors"}


def test_no_returns() -> None:
    assert settled() == {}


# --- whatever the folder --------------------------------------------------------------------------------------------

FILES = st.lists(
    st.builds(
        File,
        file=st.text("abcde", min_size=1, max_size=3),
        filled_on=st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03", None]),
        mtime_ns=st.integers(1, 3),
        errors=st.integers(0, 1),
        uscc=st.sampled_from(["甲", "乙", None]),
        phase=st.sampled_from(["改造前", "改造后"]),
        assessment_kind=st.just("自评"),
    ),
    max_size=12,
    unique_by=lambda file: file.file,
)


def order(file: File) -> tuple[str, int, str]:
    return (file.filled_on or "", file.mtime_ns, file.file)


@settings(max_examples=100, deadline=None)
@given(FILES)
def test_every_group_with_a_good_return_has_one_that_counts(files: list[File]) -> None:
    # what is required is there where there are no errors
    files = [f if f.uscc and f.filled_on else f._replace(errors=1) for f in files]
    result = settle(files)
    assert {found.status for found in result.values()} <= {"counted", "returned", "superseded"}
    assert {found.reason for found in result.values()} <= set(REASONS)
    for file in files:
        status, _, older_than, _ = result[file.file]
        assert (status == "superseded") == bool(older_than)
        assert not older_than or (older_than in result and older_than != file.file)
        assert status != "counted" or not file.errors
    for identity in {(f.uscc, f.phase) for f in files if f.uscc}:
        group = [f for f in files if (f.uscc, f.phase) == identity]
        good = [f for f in group if not f.errors]
        counted = [f for f in group if result[f.file].status == "counted"]
        assert counted == ([max(good, key=order)] if good else [])
        if good:
            later = sorted((f for f in group if f.filled_on and order(f) > order(counted[0])), key=order)
            assert result[counted[0].file].awaited == "、".join(f.file for f in later)


@settings(max_examples=50, deadline=None)
@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(files: list[File], random: Random) -> None:
    shuffled = list(files)
    random.shuffle(shuffled)
    assert settle(files) == settle(shuffled)
