"""Which return of an enterprise counts: the rules one by one, then what must hold of any folder."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import EDITION
from smebatch.assess.latest_return import (
    COUNT_TWO_CODES,
    ISSUES_BETWEEN_RETURNS,
    finding_between_returns,
    settle_returns,
)
from smebatch.assess.threads import make_threads
from smebatch.issues.catalogue import REASONS


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
    name: str | None = "甲公司"
    future: bool = False  # dated after the day of reading
    corrects: str = ""
    gone: bool = False


class Settled(NamedTuple):
    """What has become of a file."""

    status: str
    reason: str
    superseded_by: str
    awaited: str


DATABASE = duckdb.connect(config={"threads": 1})
DATABASE.execute(
    """CREATE TABLE returns (file VARCHAR, filled_on DATE, mtime_ns BIGINT, errors INTEGER, uscc VARCHAR, phase VARCHAR,
    assessment_kind VARCHAR, form_id VARCHAR, name VARCHAR, future BOOLEAN, corrects VARCHAR, gone BOOLEAN,
    line INTEGER)"""
)
DATABASE.execute("CREATE TABLE roster (uscc VARCHAR, name VARCHAR)")


class Tables:
    """The database as settling uses it."""

    execute = DATABASE.execute

    def fetch_rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        return DATABASE.execute(query, parameters).fetchall()


Roster = Sequence[tuple[str | None, str | None]]
"""Code and name of each enterprise."""


def settle(files: Sequence[File], roster: Roster = ()) -> dict[str, Settled]:
    """What becomes of each file."""
    for table, rows in (
        ("returns", [(*f._replace(form_id=f.form_id or f"id of {f.file}"), line) for line, f in enumerate(files)]),
        ("roster", roster),
    ):
        DATABASE.execute(f"DELETE FROM {table}")
        if rows:
            places = ", ".join(f"({', '.join('?' * len(row))})" for row in rows)
            DATABASE.execute(f"INSERT INTO {table} VALUES {places}", [value for row in rows for value in row])
    make_threads(Tables())
    DATABASE.execute("CREATE OR REPLACE TEMP TABLE left_errors AS SELECT DISTINCT form_id, errors FROM returns")
    DATABASE.execute("CREATE OR REPLACE TEMP TABLE saved_again (form_id VARCHAR)")
    settle_returns(Tables())
    rows = DATABASE.sql("SELECT file, status, reason, superseded_by, awaited FROM settled").fetchall()
    result = {file: Settled(*row) for file, *row in rows}
    assert len(result) == len(rows) == len([file for file in files if not file.gone])
    return result


def said(*files: File, roster: Roster = ()) -> dict[tuple[str, str], str]:
    """File and code → what a comparison with others says of it."""
    settle(files, roster)
    kept = "(SELECT form_id, file FROM settled WHERE reason <> 'superseded.copy')"
    rows = DATABASE.sql(
        f"SELECT file, code, found FROM ({ISSUES_BETWEEN_RETURNS}) JOIN {kept} USING (form_id)"
    ).fetchall()
    assert len({(file, code) for file, code, _ in rows}) == len(rows)
    return {(file, code): found for file, code, found in rows}


def settled(*files: File, roster: Roster = ()) -> dict[str, tuple[str, str]]:
    """File → status and what supersedes it."""
    return {file: (found.status, found.superseded_by) for file, found in settle(files, roster).items()}


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


def test_of_several_later_ones_with_errors_the_last_is_returned_and_awaited() -> None:
    files = File("a"), File("c", "2026-11-02", errors=1), File("b", "2026-11-03", errors=1)
    assert settled(*files) == {"a": COUNTED, "c": by("b"), "b": RETURNED}
    assert awaited(*files) == {"a": "b"}
    assert reasons(*files)["c"] == "superseded.awaited"


def test_without_a_good_one_the_last_is_returned_and_nothing_is_awaited() -> None:
    files = File("b", "2026-11-01", errors=1), File("a", "2026-11-02", errors=1)
    assert settled(*files) == {"b": by("a"), "a": RETURNED}
    assert awaited(*files) == {}


@pytest.mark.parametrize("other", [{"phase": "改造前"}, {"assessment_kind": "现场评定"}, {"uscc": "乙"}])
def test_another_phase_kind_or_enterprise_stands_apart(other: dict[str, Any]) -> None:
    files = File("a", "2026-11-01"), File("b", "2026-11-02")._replace(**other)
    assert settled(*files) == {"a": COUNTED, "b": COUNTED}
    broken = File("c", "2026-11-03", errors=1)._replace(**other)
    assert awaited(files[0], broken) == {}


@pytest.mark.parametrize("missing", ["uscc", "phase", "assessment_kind"])
def test_a_return_that_does_not_say_whose_it_is_stands_alone(missing: str) -> None:
    # each of these is required, so there is an error; nothing is guessed about the others
    unknown = File("b", "2026-11-02", errors=1)._replace(**dict[str, Any]({missing: None}))
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


# --- dates that do not decide ---------------------------------------------------------------------------------------

FUTURE: dict[str, Any] = {"filled_on": "2027-11-01", "future": True}


@pytest.mark.parametrize("mtime_ns", [1, 5, 9])
def test_a_date_in_the_future_does_not_outrank(mtime_ns: int) -> None:
    files = File("b", mtime_ns=mtime_ns)._replace(**FUTURE), File("a", mtime_ns=5)
    assert settled(*files) == {"b": by("a"), "a": COUNTED}
    assert said(*files) == {("b", "return.dates_disagree"): "a"}


def test_among_dates_in_the_future_the_latest_file_time_counts() -> None:
    files = File("b", "2028-11-01", mtime_ns=1, future=True), File("a", mtime_ns=2)._replace(**FUTURE)
    assert settled(*files) == {"b": by("a"), "a": COUNTED}
    assert said(*files) == {("b", "return.dates_disagree"): "a"}


def test_a_date_in_the_future_counts_where_there_is_no_other() -> None:
    assert settled(File("a")._replace(**FUTURE), File("b", uscc="乙")) == {"a": COUNTED, "b": COUNTED}


def test_the_one_that_loses_is_told_where_the_file_times_say_otherwise() -> None:
    late, early = File("a", "2026-11-01", mtime_ns=9), File("b", "2026-11-02", mtime_ns=1)
    assert said(late, early) == {("a", "return.dates_disagree"): "b"}
    assert said(late, early._replace(errors=1)) == {("a", "return.later_awaits"): "b"}
    assert said(late._replace(errors=1), early) == {("a", "return.dates_disagree"): "b"}
    both = late._replace(errors=1), early._replace(errors=1)
    assert said(*both) == {("a", "return.dates_disagree"): "b"}


def test_dates_and_file_times_that_agree_say_nothing() -> None:
    assert said(File("a", "2026-11-01", mtime_ns=1), File("b", "2026-11-02", mtime_ns=1)) == {}
    assert said(File("a", mtime_ns=1), File("b", mtime_ns=2), File("c", mtime_ns=3, form_id="id of b")) == {}


@pytest.mark.parametrize(("mtime_ns", "fate"), [(9, RETURNED), (1, ("superseded", "a"))])
def test_one_without_a_date_is_ranked_by_its_file_time(mtime_ns: int, fate: tuple[str, str]) -> None:
    undated = File("b", None, mtime_ns=mtime_ns, errors=1)
    assert settled(File("a", mtime_ns=5), undated) == {"a": COUNTED, "b": fate}
    assert awaited(File("a", mtime_ns=5), undated) == ({"a": "b"} if fate == RETURNED else {})


def test_of_two_with_errors_one_may_have_no_date() -> None:
    dated, undated = File("a", mtime_ns=5, errors=1), File("b", None, mtime_ns=4, errors=1)
    assert settled(dated, undated) == {"a": RETURNED, "b": by("a")}
    assert settled(dated, undated._replace(mtime_ns=6)) == {"a": by("b"), "b": RETURNED}
    assert settled(undated._replace(file="c", mtime_ns=3), undated) == {"c": by("b"), "b": RETURNED}


def test_one_without_a_date_stands_behind_all_that_was_saved_before() -> None:
    # b is the later by its date, though saved first; the undated was saved after it, so it is later than both
    files = File("a", "2026-11-01", mtime_ns=9), File("b", "2026-11-05", mtime_ns=1), File("c", None, 5, errors=1)
    assert settled(*files) == {"a": by("b"), "b": COUNTED, "c": RETURNED}


def test_one_without_a_date_takes_the_latest_date_of_several_saved_before() -> None:
    # taking the 1st, c would be before b, and superseded by it; it takes the 5th, and is later by its file time
    files = File("a", "2026-11-01", mtime_ns=1), File("b", "2026-11-05", mtime_ns=2), File("c", None, 5, errors=1)
    assert settled(*files) == {"a": by("b"), "b": COUNTED, "c": RETURNED}


# --- names and codes ------------------------------------------------------------------------------------------------

OLD, NEW = File("a", "2026-11-01", name="甲公司"), File("b", "2026-11-02", name="乙公司")


@pytest.mark.parametrize("roster", [[], [("甲", "甲公司")], [("乙", "乙公司")], [("甲", None)], [(None, "乙公司")]])
def test_two_names_under_one_code_are_an_error_on_both(roster: Roster) -> None:
    assert settled(OLD, NEW, roster=roster) == {"a": RETURNED, "b": RETURNED}
    assert said(OLD, NEW, roster=roster) == {
        ("a", "uscc.two_names"): "“乙公司”（b）",
        ("b", "uscc.two_names"): "“甲公司”（a）",
    }


def test_of_several_returns_with_the_other_name_the_last_is_named() -> None:
    files = OLD._replace(file="c", filled_on="2026-10-01"), OLD, OLD._replace(file="d", filled_on="2026-10-02"), NEW
    assert said(*files)["b", "uscc.two_names"] == "“甲公司”（a）"


def test_the_error_is_counted() -> None:
    settle([OLD, NEW._replace(errors=2), File("c", uscc="乙", errors=2)])
    assert DATABASE.sql("SELECT file, errors FROM settled ORDER BY file").fetchall() == [("a", 1), ("b", 3), ("c", 2)]


def test_where_the_roster_gives_the_later_name_it_is_a_change_of_name() -> None:
    roster = [("甲", "乙 公司"), ("乙", "甲公司")]
    assert settled(OLD, NEW, roster=roster) == {"a": by("b"), "b": COUNTED}
    assert said(OLD, NEW, roster=roster) == {("b", "name.changed"): "“甲公司”（a）"}


def test_the_rosters_name_has_to_be_the_last_of_all() -> None:
    roster = [("甲", "乙公司")]
    assert set(settled(OLD, NEW, File("c", "2026-11-03", name="丙公司"), roster=roster).values()) == {RETURNED}
    assert settled(OLD, NEW, File("c", "2026-10-03", name="丙公司"), roster=roster)["b"] == COUNTED


def test_a_changed_name_is_said_once_of_what_still_stands() -> None:
    later = NEW._replace(file="c", filled_on="2026-11-03")
    assert list(said(OLD, NEW, later, roster=[("甲", "乙公司")])) == [("c", "name.changed")]


def test_each_of_two_names_has_threads_of_its_own() -> None:
    older = OLD._replace(file="c", filled_on="2026-10-01", errors=1)
    assert settled(older, OLD, NEW) == {"c": by("a"), "a": RETURNED, "b": RETURNED}


@pytest.mark.parametrize("changes", [{"phase": "改造前"}, {"assessment_kind": "现场评定"}])
def test_two_names_under_one_code_are_wrong_whatever_phase_and_kind(changes: dict[str, Any]) -> None:
    files = OLD, NEW._replace(**changes)
    assert settled(*files) == {"a": RETURNED, "b": RETURNED}
    assert settled(*files, roster=[("甲", "乙公司")]) == {"a": COUNTED, "b": COUNTED}


@pytest.mark.parametrize(
    ("name", "other", "alike"),
    [
        ("甲（福建）公司", "甲(福建)公司", True),
        ("甲（福建）公司", "甲 福建　公司", True),  # under one code, beyond brackets and blanks
        ("ABC公司", "ａｂｃ公司", True),
        ("甲\u200b公司", "甲公司", True),
        ("甲有限公司", "甲有限责任公司", False),
        ("甲公司", "甲公司1", False),
    ],
)
def test_names_are_compared_as_an_office_would(name: str, other: str, alike: bool) -> None:
    files = OLD._replace(name=name), NEW._replace(name=other)
    assert settled(*files) == ({"a": by("b"), "b": COUNTED} if alike else {"a": RETURNED, "b": RETURNED})


def test_a_return_without_a_name_is_no_second_name() -> None:
    files = OLD, NEW._replace(name=None, errors=1)
    assert settled(*files) == {"a": COUNTED, "b": RETURNED}
    assert said(*files) == {("a", "return.later_awaits"): "b"}


def test_returns_without_a_name_have_a_thread_of_their_own_beside_two_names() -> None:
    nameless = [File(file, f"2026-11-0{day}", name=None, errors=1) for file, day in (("c", 1), ("d", 2))]
    assert settled(OLD, NEW, *nameless) == {"a": RETURNED, "b": RETURNED, "c": by("d"), "d": RETURNED}


@pytest.mark.parametrize("missing", ["phase", "assessment_kind"])
def test_a_return_without_phase_or_kind_is_no_second_name(missing: str) -> None:
    files = OLD, NEW._replace(errors=1)._replace(**dict[str, Any]({missing: None}))
    assert settled(*files) == {"a": COUNTED, "b": RETURNED}
    assert said(*files) == {}


def test_the_same_bytes_twice_are_no_second_name() -> None:
    assert said(OLD, OLD._replace(file="c", mtime_ns=9, form_id="id of a")) == {}


def test_a_name_under_two_codes_is_a_warning_on_both_and_both_count() -> None:
    files = (
        File("a", name="甲（福建）公司"),
        File("b", uscc="乙", name="甲(福建) 公司"),
        File("c", uscc="丙", name="丙公司"),
    )
    assert settled(*files) == dict.fromkeys("abc", COUNTED)
    assert said(*files) == {("a", "name.two_codes"): "乙（b）", ("b", "name.two_codes"): "甲（a）"}


def test_a_name_under_two_codes_is_said_of_what_still_stands() -> None:
    files = File("a"), File("b", uscc="乙", errors=1), File("c", "2026-12-01", uscc="乙", name="丙公司")
    assert said(*files, roster=[("乙", "丙公司")]) == {("c", "name.changed"): "“甲公司”（b）"}
    assert set(said(*files[:2])) == {("a", "name.two_codes"), ("b", "name.two_codes")}


def test_without_a_name_or_a_code_nothing_is_the_same() -> None:
    assert said(File("a", name=None), File("b", name=None, uscc="乙"), File("c", uscc=None, errors=1)) == {}


def test_no_more_than_three_others_are_named_and_all_are_counted() -> None:
    files = [File(f"{n}", f"2026-11-0{n}", name=f"第{n}公司") for n in range(1, 6)]
    found = said(*files)
    assert found["5", "uscc.two_names"] == "“第4公司”（4）、“第3公司”（3）、“第2公司”（2） 等 4 个"
    assert found["2", "uscc.two_names"] == "“第5公司”（5）、“第4公司”（4）、“第3公司”（3） 等 4 个"
    assert said(*files[:4])["4", "uscc.two_names"] == "“第3公司”（3）、“第2公司”（2）、“第1公司”（1）"


def test_issues_stand_in_the_order_of_return_and_code() -> None:
    # a awaits the correction of c, and its name stands under another code; union after union would say the first first
    settle([File("a"), File("c", "2026-11-02", errors=1), File("b", uscc="乙")])
    rows = DATABASE.sql(f"SELECT form_id, code FROM ({ISSUES_BETWEEN_RETURNS})").fetchall()
    assert rows == sorted(rows)
    assert [code for form_id, code in rows if form_id == "id of a"] == ["name.two_codes", "return.later_awaits"]


@pytest.mark.parametrize(
    ("code", "key"),
    [
        ("return.later_awaits", "uscc"),
        ("return.dates_disagree", "filled_on"),
        ("uscc.two_names", "uscc"),
        ("name.changed", "name"),
        ("name.two_codes", "uscc"),
    ],
)
def test_an_issue_between_returns_is_about_an_answer(code: str, key: str) -> None:
    finding = finding_between_returns(EDITION, code, "b")
    labels = [field.label for field in EDITION.fields if field.key == key]
    assert (finding.code, finding.key, [finding.label], finding.found) == (code, key, labels, "b")


@pytest.mark.parametrize(
    ("phase", "kind", "names"),
    [
        ("", "", 2),  # 甲公司, written in two ways, and 乙公司; 丙公司 has another issue
        ("改造前", "", 1),
        ("改造后", "", 2),
        ("", "现场评定", 1),
        ("改造前", "现场评定", 0),
        ("改造后", "现场评定", 1),
    ],
)
def test_names_under_two_codes_are_counted_of_a_phase_and_a_kind(phase: str, kind: str, names: int) -> None:
    rows = [
        ("1", "name.two_codes", "甲公司", "改造前", "自评"),
        ("2", "name.two_codes", "甲 公司", "改造后", "自评"),
        ("3", "name.two_codes", "乙公司", "改造后", "现场评定"),
        ("4", "return.later_awaits", "丙公司", "改造前", "现场评定"),
    ]
    columns = "(form_id, code, name, phase, assessment_kind)"
    values = ", ".join(str(row) for row in rows)
    DATABASE.execute(f"CREATE OR REPLACE TABLE awaiting AS SELECT form_id, code FROM (VALUES {values}) t{columns}")
    DATABASE.execute(f"CREATE OR REPLACE TABLE answers AS SELECT * EXCLUDE (code) FROM (VALUES {values}) t{columns}")
    assert DATABASE.execute(COUNT_TWO_CODES, [phase, kind]).fetchall() == [(names,)]


# --- whatever the folder --------------------------------------------------------------------------------------------

FILES = st.lists(
    st.builds(
        File,
        file=st.text("abcde", min_size=1, max_size=3),
        filled_on=st.sampled_from(["2026-11-01", "2026-11-02", "2026-11-03", "2027-11-01", None]),
        mtime_ns=st.integers(1, 3),
        errors=st.integers(0, 1),
        uscc=st.sampled_from(["甲", "乙", None]),
        phase=st.sampled_from(["改造前", "改造后"]),
        assessment_kind=st.just("自评"),
        form_id=st.just(""),
        corrects=st.just(""),
        gone=st.just(False),
        name=st.sampled_from(["甲公司", "甲 公司", "甲公司", "乙公司"]),
        future=st.just(False),
    ),
    max_size=12,
    unique_by=lambda file: file.file,
)


def sound(files: Sequence[File]) -> list[File]:
    """What is required is there where there are no errors, and a date after 2026 lies in the future."""
    files = [f if f.uscc and f.filled_on else f._replace(errors=1) for f in files]
    return [f._replace(future=(f.filled_on or "") > "2027") for f in files]


def in_order(thread: Sequence[File], files: Sequence[File]) -> list[File]:
    """The returns of a thread, the last at the end."""
    saved = [f for f in files if (f.uscc, f.phase) == (thread[0].uscc, thread[0].phase)]

    def place(file: File) -> tuple[str, int, str]:
        before = [file] if file.filled_on else [f for f in saved if (f.mtime_ns, f.file) < (file.mtime_ns, file.file)]
        return max(("" if f.future else f.filled_on or "" for f in before), default=""), file.mtime_ns, file.file

    return sorted(thread, key=place)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(FILES)
def test_of_every_thread_the_last_good_one_counts_and_the_last_is_returned(files: list[File]) -> None:
    files = sound(files)
    result = settle(files)
    names = {code: {(f.name or "").replace(" ", "") for f in files if f.uscc == code} for code in ("甲", "乙")}
    threads: dict[tuple[str, ...], list[File]] = {}
    for file in files:
        if not file.uscc:
            assert result[file.file] == ("returned", "errors", "", "")
            continue
        two = len(names[file.uscc]) > 1
        whose = (file.uscc, file.phase or "", (file.name or "").replace(" ", "") if two else "")
        threads.setdefault(whose, []).append(file._replace(errors=1) if two else file)
    for together in threads.values():
        ordered = in_order(together, files)
        good = [i for i, f in enumerate(ordered) if not f.errors]
        winner, last = good[-1] if good else -1, len(ordered) - 1
        for i, file in enumerate(ordered):
            if i == winner:
                awaited = ordered[last].file if last > winner else ""
                assert result[file.file] == ("counted", "complete", "", awaited)
            elif i == last:
                assert result[file.file] == ("returned", "errors", "", "")
            else:
                reason, other = ("later", winner) if i < winner else ("awaited", last)
                assert result[file.file] == ("superseded", f"superseded.{reason}", ordered[other].file, "")
    assert {found.reason for found in result.values()} <= set(REASONS)


@pytest.mark.slow
@settings(max_examples=15, deadline=None)
@given(FILES, st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(files: list[File], random: Random) -> None:
    files = sound(files)
    shuffled = list(files)
    random.shuffle(shuffled)
    assert settle(files) == settle(shuffled)
    assert said(*files) == said(*shuffled)
