"""The correction loop, round after round, against an oracle written from the words of its contract."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

import oracle
from cases import EDITION, NO_BASE, Return, assessment_of, choose, form_anew, good_answers, reach
from loop_oracle import WAIVABLE, Decision, Issue, Loop, State
from loop_oracle import Return as Form
from smebatch.batch.database import BatchDatabase
from smebatch.batch.export import export
from smebatch.batch.folders import AllowedChanges
from smebatch.batch.ingest import ingest
from smebatch.batch.load import open_batch
from smebatch.batch.returned import Sender, returned_forms, roster_deadlines
from smebatch.form.correction import Correction
from smebatch.form.prefill import Splicer
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.workflow import JobError, decide_issue

KEYS = keys_of(EDITION)
SPLICER = Splicer(EDITION)
START = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
SECOND = 1_000_000_000
UNREADABLE = ("部分", "约300")  # as a tick, as a figure
DAYS = [dt.date(2026, 10, 31), dt.date(2026, 11, 1), dt.date(2026, 11, 2)]


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reader processes have tests of their own."""
    monkeypatch.setattr(WorkerPool, "read", lambda self, entries: [read_entry(e, self.edition) for e in entries])


def code_of(number: int) -> str:
    first17 = f"91990001{number:07d}AB"
    return first17 + oracle.uscc_check_character(first17)


def enterprise(number: int, **changes: object) -> Return:
    """The good return of an enterprise of its own name and code."""
    return good_answers() | {"uscc": code_of(number), "name": f"示例企业{number}"} | changes


def as_text(value: object) -> str:
    """An answer as the exports have it."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | Decimal):
        text = f"{Decimal(value):f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def own_issues(*files: bytes) -> list[list[Issue]]:
    """What a check of each file alone finds; in one run for all, because a run is slow."""
    frame = assessment_of(*files).findings
    rows = list(zip(frame["form_id"], frame["code"], frame["key"], frame["severity"], frame["found"], strict=True))
    return [[Issue(*row) for form, *row in rows if form == f"form{i}"] for i in range(len(files))]


@dataclass
class Exports:
    """The exports of a batch as rows, texts without the apostrophes that guard them."""

    tables: dict[str, list[dict[str, str]]]

    @classmethod
    def of(cls, batch: Path, folder: Path) -> Exports:
        database, edition = open_batch(batch)
        with database:
            paths = export(database, edition, folder)
        tables = {}
        for path in paths:
            with path.open(encoding="utf-8-sig", newline="") as file:
                tables[path.stem] = [
                    {name: text.removeprefix("'") for name, text in row.items()} for row in csv.DictReader(file)
                ]
        return cls(tables)

    def __getitem__(self, name: str) -> list[dict[str, str]]:
        return self.tables[name]


class World:
    """A folder of returns, its batch, and what the oracle knows of both."""

    def __init__(self, base: Path) -> None:
        self.folder, self.batch, self.out = base / "returns", base / "batch.duckdb", base / "out"
        self.folder.mkdir(parents=True)
        self.forms: dict[str, Form] = {}
        self.present: dict[str, tuple[str, int]] = {}
        self.unchecked: dict[str, bytes] = {}  # forms of which the own issues are not known yet
        self.decisions: list[Decision] = []
        self.lines: list[Decision] = []  # of decisions files
        self.roster: dict[str, str] = {}
        self.now = START
        self.clock = 0
        self.sent: dict[str, Return] = {}  # the answers of each form, as a form is written
        self.returned: dict[str, tuple[Return, Correction]] = {}  # what a copy holds of each form that was returned
        self.due: set[str] = set()  # those that are returned now

    # --- what enterprises do

    def put(
        self,
        file: str,
        data: bytes,
        answers: Mapping[str, object],
        *,
        corrects: str = "",
        explained: Mapping[tuple[str, str], str] | None = None,
        mtime: int = 0,
    ) -> str:
        """Put a form into the folder under a name; returns its form_id. ``mtime``: seconds, the next where 0."""
        path = self.folder / file
        path.write_bytes(data)
        form_id = hashlib.sha256(data).hexdigest()[:16]
        self.touch(file, form_id, mtime)
        filled = {key: value for key, value in answers.items() if value not in (None, False)}
        self.sent[form_id] = filled
        if form_id not in self.forms:
            self.unchecked[form_id] = data
        self.forms.setdefault(
            form_id,
            Form(
                form_id,
                {key: as_text(value) for key, value in filled.items()},
                frozenset(
                    key for key, value in filled.items() if value in UNREADABLE and KEYS[key].kind is not Kind.TEXT
                ),
                [],
                dict(explained or {}),
                corrects,
                file,
                0,
                "",
            ),
        )
        return form_id

    def touch(self, file: str, form_id: str, mtime: int = 0) -> None:
        self.clock += 1
        mtime = mtime or 1_790_000_000 + self.clock
        if file in self.present and self.present[file][1] == mtime:
            mtime += 1  # a file of the same name, size and time is not read again
        os.utime(self.folder / file, ns=(mtime * SECOND, mtime * SECOND))
        self.present[file] = form_id, mtime

    def send(self, file: str, answers: Mapping[str, object], *, mtime: int = 0) -> str:
        """Send a form that was filled in anew."""
        return self.put(file, SPLICER.form(dict(answers)), answers, mtime=mtime)

    def send_copy(
        self,
        file: str,
        of: str,
        changes: Mapping[str, object] | None = None,
        explained: Mapping[tuple[str, str], str] | None = None,
        *,
        mtime: int = 0,
    ) -> str:
        """Send the correction copy of a returned form with other answers and explanations."""
        answers, correction = self.returned[of]
        issues = [
            issue._replace(explanation=(explained or {}).get((issue.code, issue.key), issue.explanation))
            for issue in correction.issues
        ]
        filled = {**answers, **(changes or {})}
        data = SPLICER.correction(
            {key: value for key, value in filled.items() if value not in (None, False)},
            correction._replace(issues=tuple(issues)),
        )
        texts = {(issue.code, issue.key): issue.explanation for issue in issues if issue.explanation}
        return self.put(file, data, filled, corrects=of, explained=texts, mtime=mtime)

    def remove(self, file: str) -> None:
        (self.folder / file).unlink()
        del self.present[file]

    def move(self, file: str, to: str) -> None:
        (self.folder / file).rename(self.folder / to)
        self.present[to] = self.present.pop(file)

    def ingest(
        self, *decisions: Decision, roster: Path | None = None, edition: Edition = EDITION, kept: bool = True
    ) -> Exports:
        """Read the folder a day later, with a decisions file where decisions are given, and export the batch.

        ``kept``: whether the decisions are such as are taken.
        """
        self.now += dt.timedelta(days=1)
        file = self.out.parent / "待审定.csv"
        with file.open("w", encoding="utf-8-sig", newline="") as lines:
            writer = csv.writer(lines)
            writer.writerow(("form_id", "code", "key", "审定", "理由", "审定人", "审定日期"))
            for d in decisions:
                writer.writerow((*d[:3], "准予" if d.accepted else "不准", *d[4:]))
        self.result = ingest(
            self.folder,
            self.batch,
            edition,
            now=self.now,
            decisions=file if decisions else None,
            roster=roster,
            allowed=AllowedChanges(gone=True),
        )
        if kept:
            new = [d for d in dict.fromkeys(decisions) if d not in self.lines]  # the same line again changes nothing
            self.lines += new
            self.decisions += [d._replace(on=d.on or self.now.date().isoformat()) for d in new]
        for form_id, issues in zip(self.unchecked, own_issues(*self.unchecked.values()), strict=True):
            self.forms[form_id].issues += issues
        self.unchecked.clear()
        for form_id, form in self.forms.items():
            held = [(mtime, name) for name, (there, mtime) in self.present.items() if there == form_id]
            if held:
                form.mtime, form.file = max(held)
                form.read_at = form.read_at or self.now.isoformat(timespec="seconds")
        return self.exports()

    def decide(self, given: Decision) -> str:
        """Decide by hand, on the day of the last ingest; returns the status of the version."""
        self.decisions.append(given._replace(on=self.now.date().isoformat()))
        return decide_issue(
            self.batch, *given[:3], accepted=given.accepted, reason=given.reason, decided_by=given.by, now=self.now
        )

    def exports(self) -> Exports:
        exports = Exports.of(self.batch, self.out)
        database, edition = open_batch(self.batch)
        self.due = set()
        with database:
            for line, answers, correction in returned_forms(database, edition, Sender(), roster_deadlines(database)):
                self.due.add(line.form_id)
                self.returned[line.form_id] = answers, correction
        return exports

    # --- what must hold

    def loop(self) -> Loop:
        """The oracle on what has been read; a form that came and went between two ingests was never seen."""
        seen = {form_id: form for form_id, form in self.forms.items() if form.read_at}
        return Loop(seen, dict(self.present), self.decisions, self.roster)

    def check(self, exports: Exports) -> None:
        """Compare the exports with the oracle."""
        loop = self.loop()
        assert {r["file"]: (r["status"], r["reason"]) for r in exports["files"]} == {
            file: loop.file_status(file) for file in self.present
        }
        check_versions(loop, exports)
        check_states(loop, exports)
        check_changes(loop, exports)
        check_issues(loop, exports)
        check_sums(exports)
        assert self.due == {form_id for form_id, form in loop.returns.items() if loop.status(form)[0] == "returned"}
        self.check_scores(loop, exports)

    def check_scores(self, loop: Loop, exports: Exports) -> None:
        counted = {r["form_id"] for r in exports["versions"] if r["status"] == "counted"}
        assert {row["form_id"] for row in exports["scores"]} == counted
        for row in exports["versions"]:
            if row["errors"] == "0":
                assert (row["score_units"], row["level"]) == scored(self.sent[row["form_id"]])
            else:
                assert (row["score_units"], row["level"]) == ("", "")
        with BatchDatabase(self.batch, read_only=True) as database:
            found = {row[0]: tuple(map(str, row[1:])) for row in database.fetch_rows("FROM taken_back")}
        expected = {}
        for form in loop.returns.values():
            if not loop.errors(form) and (back := loop.taken_back(form)):
                ticks = {key: before == "1" for key, before in back.items() if KEYS[key].kind is Kind.TICK}
                expected[form.form_id] = scored(self.sent[form.form_id] | ticks)
        assert found == expected


def scored(answers: Mapping[str, object]) -> tuple[str, str]:
    """Score in units, of which the standard's text has 56 a point, and level."""
    verdict = oracle.score({key: value is True for key, value in answers.items()})
    assert verdict.score == Fraction(int(verdict.score * 56), 56)
    return str(int(verdict.score * 56)), str(verdict.level)


def check_versions(loop: Loop, exports: Exports) -> None:
    rows = {row["form_id"]: row for row in exports["versions"]}
    assert len(rows) == len(exports["versions"])
    assert rows.keys() == loop.returns.keys()
    for thread in loop.threads:
        for number, form in enumerate(thread, 1):
            row, before = rows[form.form_id], loop.previous(form)
            assert (row["thread"], row["version"]) == (thread[0].form_id, str(number))
            assert row["previous_form_id"] == (before.form_id if before else "")
            assert (row["file"], row["read_at"]) == (loop.kept[form.form_id][1], form.read_at)
            waived = sum(i.severity == "error" and loop.is_waived(form, i.id) for i in form.issues)
            assert (row["errors"], row["waived"]) == (str(loop.errors(form)), str(waived))
            assert row["status"] == loop.status(form)[0], row


def check_states(loop: Loop, exports: Exports) -> None:
    found = Counter(State(*(row[name] for name in State._fields)) for row in exports["issue_states"])
    expected = Counter(state for form in loop.returns.values() for state in loop.states(form))
    assert without_names(found) == without_names(expected)


def without_names(states: Counter[State]) -> Counter[State]:
    """The wording of which names stand under one code is tested elsewhere."""
    plain: Counter[State] = Counter()
    for state, count in states.items():
        plain[state._replace(found="", found_before="") if state.code == "uscc.two_names" else state] += count
    return plain


def check_changes(loop: Loop, exports: Exports) -> None:
    found = [
        (r["thread"], r["form_id"], r["previous_form_id"], r["key"], r["before"], r["after"], r["asked"])
        for r in exports["changes"]
    ]
    expected = [
        (thread[0].form_id, form.form_id, before.form_id, key, *change)
        for thread in loop.threads
        for before, form in pairwise(thread)
        for key, change in loop.changes(form).items()
    ]
    assert sorted(found) == sorted(expected)


def check_issues(loop: Loop, exports: Exports) -> None:
    """Own issues and two names have a state; nothing else has."""
    states = {
        (s.form_id, s.code, s.key): s for f in loop.returns.values() for s in loop.states(f) if s.state != "closed"
    }
    listed: Counter[tuple[str, str, str]] = Counter()
    for row in exports["issues"]:
        state = states.get((row["form_id"], row["code"], row["key"]))
        stated = (state.state, state.explanation, state.decision) if state else ("", "", "")
        assert (row["state"], row["explanation"], row["decision"]) == stated
        listed[row["form_id"], row["code"], row["key"]] += 1
    expected = Counter(
        (form.form_id, *issue.id)
        for form in loop.returns.values()
        if form.form_id in loop.living
        for issue in [*form.issues, *loop.stated(form)[len(loop.issues(form)) :]]
    )
    between = {"return.later_awaits", "return.dates_disagree", "return.passed_on", "name.two_codes", "name.changed"}
    own = {issue: n for issue, n in listed.items() if issue[1] not in between | {"decision.dead"}}
    assert own == expected
    dead = {(form_id, key) for form_id, code, key in listed if code == "decision.dead"}
    assert dead == {
        (f.form_id, i.key)
        for f in loop.returns.values()
        for i in loop.issues(f)
        if f.form_id in loop.living and loop.dead_decision(f, i.id)
    }


def check_sums(exports: Exports) -> None:
    """Every issue of the version before, and every issue of this one, ends in exactly one state."""
    issues: dict[str, set[tuple[str, str]]] = {}
    states: dict[str, list[dict[str, str]]] = {}
    for row in exports["issue_states"]:
        states.setdefault(row["form_id"], []).append(row)
        if row["state"] != "closed":
            issues.setdefault(row["form_id"], set()).add((row["code"], row["key"]))
    for version in exports["versions"]:
        of_version = Counter(row["state"] for row in states.get(version["form_id"], []))
        before = issues.get(version["previous_form_id"], set())
        stood = [r for r in states.get(version["form_id"], []) if (r["code"], r["key"]) in before]
        assert len(before) == len(stood)
        assert {row["state"] for row in stood} <= {"closed", "miscorrected", "unchanged", "waived"}
        here = issues.get(version["form_id"], set())
        assert len(here) == sum(of_version[s] for s in ("miscorrected", "unchanged", "new", "waived"))
        if not version["previous_form_id"]:
            assert of_version.keys() <= {"new", "waived"}


# --- decisions --------------------------------------------------------------------------------------------------------

WRONG: Return = {"equipment_digital": 41}  # of 100; ticked is (20%,40%]
Q02 = ("interval.contradiction", "q02")


def said(
    form_id: str, accepted: bool = True, on: str = "2026-11-20", reason: str = "属实", issue: tuple[str, str] = Q02
) -> Decision:
    return Decision(form_id, *issue, accepted, reason, "王五", on)


def row_of(exports: Exports, table: str, form_id: str, *issue: str) -> dict[str, str]:
    """The only row of a form, or of an issue of it."""
    (row,) = [
        row for row in exports[table] if row["form_id"] == form_id and issue in ((), (row.get("code"), row.get("key")))
    ]
    return row


def statuses(exports: Exports) -> dict[str, str]:
    return {row["file"]: row["status"] for row in exports["files"]}


def dead(exports: Exports) -> dict[str, str]:
    """File → the dead decision that is quoted, and what was found then."""
    return {
        row["file"]: f"{row['found']}（{row['expected']}）"
        for row in exports["issues"]
        if row["code"] == "decision.dead"
    }


def test_decisions(tmp_path: Path) -> None:
    world = World(tmp_path)
    names = ("accepted", "refused", "later_day", "earlier_day", "same_day", "undated", "two_errors", "many")
    changes: dict[str, Return] = {"two_errors": {"pledge": None}, "many": {"q02_o04": True}}
    forms = {
        name: world.send(f"{name}.xlsx", enterprise(i) | WRONG | changes.get(name, {})) for i, name in enumerate(names)
    }
    good = world.send("good.xlsx", enterprise(9))
    world.check(world.ingest())
    valid = [
        said(forms["accepted"]),
        said(forms["refused"], False),
        said(forms["later_day"], True, "2026-11-20"),
        said(forms["later_day"], False, "2026-11-21"),
        said(forms["earlier_day"], True, "2026-11-20"),
        said(forms["earlier_day"], False, "2026-11-19"),
        said(forms["same_day"], False),
        said(forms["same_day"], True),
        said(forms["two_errors"]),
        said(forms["undated"], False, "2026-11-20"),
        said(forms["undated"], True, ""),
        said(forms["undated"], False, "2026-11-21"),
    ]
    exports = world.ingest(*valid)
    world.check(exports)
    assert statuses(exports) == {
        "accepted.xlsx": "counted",
        "refused.xlsx": "returned",
        "later_day.xlsx": "returned",
        "earlier_day.xlsx": "counted",
        "same_day.xlsx": "counted",
        "undated.xlsx": "counted",  # by the line without a date, which is of the day of reading
        "two_errors.xlsx": "returned",
        "many.xlsx": "returned",
        "good.xlsx": "counted",
    }
    version = row_of(exports, "versions", forms["two_errors"])
    assert (version["errors"], version["waived"], version["score_units"]) == ("1", "1", "")
    # the same lines again change nothing
    again = world.ingest(*valid)
    world.check(again)
    assert [n.values["known"] for n in world.result.notices if n.code == "decisions.read"] == [len(valid)]
    # what cannot be decided is an issue of the line, and blocks nothing
    exports = world.ingest(
        said(forms["many"], issue=("single.many", "q02")),
        said(good),
        said("0000000000000000"),
        said(forms["refused"], on="2026-12-31"),
        kept=False,
    )
    assert [(row["code"], row["file"], row["cell"]) for row in exports["issues"] if not row["form_id"]] == [
        ("decision.not_waivable", "待审定.csv", "D2"),
        *(("decision.unknown", "待审定.csv", f"D{line}") for line in (3, 4)),
        ("decision.date", "待审定.csv", "D5"),
    ]
    assert statuses(exports) == statuses(again)


@pytest.mark.slow
def test_a_decision_holds_while_what_its_check_reads_is_unchanged(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.send("1.xlsx", enterprise(1) | WRONG)
    other = world.send("other_1.xlsx", enterprise(2) | WRONG)
    world.check(world.ingest(said(first), said(other, False)))
    # other answers change: it holds
    second = world.send("2.xlsx", enterprise(1) | WRONG | {"phone": "13900000002"})
    exports = world.ingest()
    world.check(exports)
    assert row_of(exports, "issue_states", second, *Q02)["state"] == "waived"
    # the answer changes: it is dead, and quoted
    third = world.send("3.xlsx", enterprise(1) | {"equipment_digital": 42})
    world.send("other_2.xlsx", enterprise(2) | {"equipment_digital": 43})
    exports = world.ingest()
    world.check(exports)
    state = row_of(exports, "issue_states", third, *Q02)
    assert (state["state"], state["decision"]) == ("miscorrected", "")
    found = row_of(exports, "issues", first, *Q02)["found"]
    assert dead(exports) == {
        "3.xlsx": f"准予，属实，王五，2026-11-20（{found}）",
        "other_2.xlsx": f"不准，属实，王五，2026-11-20（{found}）",
    }
    # it stays dead where the answer is as it was, or the issue comes again
    fourth = world.send("4.xlsx", enterprise(1) | WRONG | {"phone": "13900000004"})
    world.send("other_2.xlsx", enterprise(2))
    exports = world.ingest()
    world.check(exports)
    assert dead(exports).keys() == {"3.xlsx", "4.xlsx"}
    world.send("other_3.xlsx", enterprise(2) | WRONG | {"phone": "13900000003"})
    exports = world.ingest(said(fourth, reason="仍属实"))
    world.check(exports)
    assert dead(exports).keys() == {"3.xlsx", "other_3.xlsx"}
    assert row_of(exports, "versions", fourth)["status"] == "counted"


@pytest.mark.slow
def test_what_is_decided_by_hand_takes_effect_at_once(tmp_path: Path) -> None:
    world = World(tmp_path)
    form = world.send("a.xlsx", enterprise(1) | WRONG)
    many = world.send("b.xlsx", enterprise(2) | {"q02_o04": True})
    named = world.send("c.xlsx", enterprise(3))
    world.send("d.xlsx", enterprise(3, name="又一企业"))
    world.ingest()

    # of one day the one given later holds, also where it repeats an earlier one
    assert [world.decide(said(form, accepted)) for accepted in (True, False, True)] == [
        "counted",
        "returned",
        "counted",
    ]
    world.check(world.exports())
    exports = world.exports()
    assert row_of(exports, "scores", form)["file"] == "a.xlsx"
    assert row_of(exports, "issue_states", form, *Q02)["state"] == "waived"
    for form_id, issue in ((many, ("single.many", "q02")), (named, ("uscc.two_names", "uscc"))):
        with pytest.raises(JobError) as error:
            world.decide(said(form_id, issue=issue))
        assert error.value.code == "decide.not_waivable"
    with pytest.raises(JobError) as error:
        world.decide(said(many))
    assert error.value.code == "decide.unknown"


# --- versions outlive their files -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_versions_outlive_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tmp_path)
    first = world.send("replaced.xlsx", enterprise(1) | WRONG)
    removed = world.send("removed.xlsx", enterprise(2) | WRONG | {"q04_o07": "部分"})
    moved = world.send("moved.xlsx", enterprise(3) | WRONG)
    world.check(world.ingest(said(first, False), said(removed)))
    second = world.send("replaced.xlsx", enterprise(1) | {"equipment_digital": 42})
    world.remove("removed.xlsx")
    world.move("moved.xlsx", "又.xlsx")
    before = world.ingest()
    world.check(before)
    gone = {form_id: row_of(before, "versions", form_id)["status"] for form_id in (first, removed, moved)}
    assert gone == {first: "gone", removed: "gone", moved: "returned"}
    assert statuses(before) == {"replaced.xlsx": "returned", "又.xlsx": "returned"}
    assert world.due == {second, moved}
    # a newer program, and an edition of the same id with another text, read anew and keep them as they were judged
    monkeypatch.setattr("smebatch.batch.ingest.__version__", "99")
    after = world.ingest()
    world.check(after)
    monkeypatch.setattr("smebatch.batch.ingest.__version__", "100")
    another = parse_edition(EDITION.text.replace("[edition]", "# 另一文本\n[edition]", 1).encode())
    assert another.text_sha256 != EDITION.text_sha256
    last = world.ingest(edition=another)
    for name in ("versions", "issue_states", "changes"):
        assert before[name] == after[name] == last[name]
    assert "decisions.dropped" not in [notice.code for notice in world.result.notices]
    # a file that comes back is the version that it was
    world.send("removed.xlsx", enterprise(2) | WRONG | {"q04_o07": "部分"})
    exports = world.ingest(edition=another)
    assert row_of(exports, "versions", removed)["status"] == "returned"
    assert row_of(exports, "issue_states", removed, *Q02)["state"] == "waived"
    # decisions do not pass into another edition, and the user is told how many there were
    renamed = parse_edition(EDITION.text.replace('id = "2024"', 'id = "2025"', 1).encode())
    exports = world.ingest(edition=renamed)
    assert [n.values for n in world.result.notices if n.code == "decisions.dropped"] == [{"n": 2}]
    assert (exports["versions"], exports["issue_states"]) == ([], [])


@pytest.mark.slow
def test_a_decision_dies_where_a_newer_program_reads_more_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path)
    form = world.send("a.xlsx", enterprise(1) | WRONG)
    assert statuses(world.ingest(said(form))) == {"a.xlsx": "counted"}
    monkeypatch.setattr("smebatch.batch.ingest.__version__", "99")
    monkeypatch.setattr("smebatch.batch.assessment.keys_read", lambda *_: ("equipment_digital",))
    exports = world.ingest()
    assert statuses(exports) == {"a.xlsx": "returned"}
    assert dead(exports).keys() == {"a.xlsx"}


# --- saved again ------------------------------------------------------------------------------------------------------


def reasons(exports: Exports) -> dict[str, str]:
    return {row["file"]: row["reason"] for row in exports["files"]}


@pytest.mark.slow
def test_what_is_merely_saved_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    forms = {name: world.send(f"{name}.xlsx", enterprise(i) | WRONG) for i, name in enumerate(("same", "explained"))}
    world.send("counted.xlsx", enterprise(5))
    world.check(world.ingest())
    world.send_copy("same_2.xlsx", forms["same"])
    explained = world.send_copy("explained_2.xlsx", forms["explained"], {"q04_o07": "部分"}, {Q02: "确实如此"})
    world.put("counted_2.xlsx", form_anew(enterprise(5)), enterprise(5))
    exports = world.ingest()
    world.check(exports)
    assert reasons(exports) == {
        "same.xlsx": "superseded.awaited",
        "same_2.xlsx": "returned.unchanged",
        "explained.xlsx": "superseded.awaited",
        "explained_2.xlsx": "errors",
        "counted.xlsx": "superseded.later",
        "counted_2.xlsx": "complete",
    }
    state = row_of(exports, "issue_states", explained, *Q02)
    assert (state["state"], state["explanation"], state["decision"]) == ("unchanged", "确实如此", "")
    # an explanation alone is something said; one that the copy no longer lists, for it is waived, is not taken back
    world.send_copy(
        "same_3.xlsx", next(f for f, form in world.forms.items() if form.file == "same_2.xlsx"), {}, {Q02: "见附件"}
    )
    exports = world.ingest(said(explained))
    world.check(exports)
    assert (reasons(exports)["same_3.xlsx"], reasons(exports)["explained_2.xlsx"]) == ("errors", "errors")
    world.send_copy("explained_3.xlsx", explained)
    exports = world.ingest()
    world.check(exports)
    assert reasons(exports)["explained_3.xlsx"] == "returned.unchanged"


@pytest.mark.slow
def test_versions_that_change_places_are_compared_again(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.send("a.xlsx", enterprise(1) | WRONG, mtime=1_790_000_001)
    world.send("c.xlsx", enterprise(1) | WRONG | {"q01_note": "丙"}, mtime=1_790_000_003)
    world.check(world.ingest())
    between = world.send("b.xlsx", enterprise(1) | WRONG | {"q01_note": "乙"}, mtime=1_790_000_002)
    world.check(world.ingest())
    world.touch("b.xlsx", between, 1_790_000_004)
    world.check(world.ingest())


# --- changes that nobody asked for ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_was_asked(tmp_path: Path) -> None:
    """q02 contradicts the figures, q04_o07 cannot be read, phone is odd (a warning), pledge is missing."""
    world = World(tmp_path)
    wrong = WRONG | {"q04_o07": "部分", "phone": "12", "pledge": None}
    first = world.send("a.xlsx", enterprise(1) | wrong)
    world.check(world.ingest())
    asked = {
        "equipment_digital": 60,
        "equipment_total": 200,
        "q02_note": "台账",
        "q04_o07": True,
        "phone": "13900000001",
        "pledge": "是",
    }
    unasked = {
        "equipment_networked": 40,  # still 20 %
        "q04_o08": True,
        "q04_note": "系统",
        "q06_o04": True,
        "district": "城西区",
        **reach("s01", 3),
    }
    copy = world.send_copy("b.xlsx", first, asked | unasked)
    exports = world.ingest()
    world.check(exports)
    rows = {row["key"]: row["asked"] for row in exports["changes"]}
    changed = {key for key in unasked if not (key.startswith("s01") and key == "s01_l4")}
    assert rows == dict.fromkeys(asked, "yes") | dict.fromkeys(changed, "no")
    assert row_of(exports, "versions", copy)["status"] == "counted"


# --- what is said between files ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_what_is_said_between_files_has_no_state(tmp_path: Path) -> None:
    world = World(tmp_path)
    kept = world.send("kept.xlsx", enterprise(1, filled_on=DAYS[0]))
    later = world.send("later.xlsx", enterprise(1) | WRONG)
    passed = world.send("to_pass.xlsx", enterprise(2) | WRONG)
    first = world.send("one_name.xlsx", enterprise(4))
    second = world.send("other_name.xlsx", enterprise(4, name="又一企业"))
    exports = world.ingest()
    world.check(exports)
    stated = {(row["form_id"], row["code"]) for row in exports["issue_states"]}
    assert {code for _, code in stated} == {"interval.contradiction", "uscc.two_names"}
    listed = {(row["form_id"], row["code"], row["state"]) for row in exports["issues"]}
    assert (kept, "return.later_awaits", "") in listed
    assert {(form_id, "uscc.two_names", "new") for form_id in (first, second)} <= listed
    # a copy that another enterprise fills in is its own; a copy that joins both names ends that error
    by_other = world.send_copy("passed.xlsx", passed, {"uscc": code_of(3), "name": "示例企业3"})
    joined = world.send_copy("joined.xlsx", first, {"name": "又一企业"})
    exports = world.ingest()
    world.check(exports)
    assert row_of(exports, "versions", by_other)["version"] == "1"
    assert row_of(exports, "issues", by_other, "return.passed_on", "uscc")["state"] == ""
    assert {row["thread"] for row in exports["versions"] if row["form_id"] in (first, second, joined)} == {first}
    assert "uscc.two_names" not in {row["code"] for row in exports["issues"]}
    assert later in {row["form_id"] for row in exports["versions"]}


@pytest.mark.slow
def test_the_roster_joins_names_and_has_deadlines(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.send("old.xlsx", enterprise(1) | WRONG)
    second = world.send("new.xlsx", enterprise(1, name="更名后") | WRONG)
    world.check(world.ingest())
    world.roster = {code_of(1): "更名后"}
    roster = tmp_path / "roster.csv"
    roster.write_text(f"企业名称,统一社会信用代码,截止日期\n更名后,{code_of(1)},2026-12-20\n", "utf-8-sig")
    exports = world.ingest(roster=roster)
    world.check(exports)
    assert {row["thread"] for row in exports["versions"]} == {first}
    assert [row["code"] for row in exports["issues"] if row["form_id"] == second] == [Q02[0], "name.changed"]
    assert world.returned[second][1].deadline == "2026-12-20"


# --- rounds at random -------------------------------------------------------------------------------------------------

NUMBERS = (1, 2, 3, 4)


def each(key: str, *answers: object) -> list[Return]:
    """One answer at a time."""
    return [{key: answer} for answer in answers]


REPLIES: list[Return] = [
    *each("equipment_digital", 30, 41, 130, "约300"),
    *each("equipment_total", 100, 200),
    choose("q02", 3),
    choose("q02", 2),
    {"q02_o03": True, "q02_o04": True},
    *each("cost_prior", None, 640, 700),
    choose("q15", 1),
    choose("q15", 3),
    *each("contact", None, "李四"),
    *each("phone", "12", "13900000001"),
    *each("q04_o07", "部分", True, None),
    reach("s01", 0),
    reach("s01", 2),
    *each("s01_l3", True),
    *each("s03_state", "不适用"),
    *each("q01_note", "备注", None),
    *each("q06_o04", True, None),
    *each("q06_o01", True, None),
    *each("filled_on", *DAYS),
    NO_BASE,
    *each("no_base_year", None),
    *each("pledge", None, "是"),
]
ERRORS: list[Return] = [
    *each("equipment_digital", 41, 130, "约300"),
    *each("cost_prior", 700),
    *each("q04_o07", "部分"),
    *each("q06_o01", True),
    *each("pledge", None),
]


class Rounds:
    """Enterprises that send, mend, pass on, remove and explain at random, and a bureau that decides."""

    def __init__(self, base: Path, random: Random) -> None:
        self.random, self.world, self.version = random, World(base), 1

    def play(self, rounds: int) -> None:
        self.send_at_first()
        self.ingest()
        for _ in range(rounds):
            for number in NUMBERS:
                for _ in range(self.random.choice((0, 1, 1, 2))):
                    self.act(number)
            self.ingest()

    def send_at_first(self) -> None:
        for number in NUMBERS:
            self.world.send(f"{number}.xlsx", enterprise(number) | self.reply(1, ERRORS) | self.reply(1))

    def reply(self, most: int = 3, replies: Sequence[Return] = REPLIES) -> Return:
        chosen: Return = {}
        for _ in range(self.random.randint(0, most)):
            chosen |= self.random.choice(replies)
        return chosen

    def file(self) -> str:
        """A new name, or that of a file which is replaced."""
        if self.world.present and self.random.random() < 0.3:
            return self.random.choice(sorted(self.world.present))
        return f"{self.random.randint(1, 999):03}.xlsx"

    def mtime(self) -> int:
        return self.random.choice((0, 0, 1_790_000_000 + self.random.randint(1, 20)))

    def of(self, number: int) -> list[str]:
        return [
            form_id for form_id in self.world.returned if self.world.sent[form_id].get("name") == f"示例企业{number}"
        ]

    def act(self, number: int) -> None:
        acts: list[Callable[[int], None]] = [self.answer_anew, *[self.send_copy] * 5, self.save_again, self.lose]
        self.random.choice(acts)(number)

    def answer_anew(self, number: int) -> None:
        self.world.send(self.file(), enterprise(number) | self.reply(4), mtime=self.mtime())

    def send_copy(self, number: int) -> None:
        world, random = self.world, self.random
        own = self.of(number)
        if not own:
            self.answer_anew(number)
            return
        of = random.choice(own[-3:])
        good = enterprise(number)
        faulty = [issue.key for issue in world.returned[of][1].issues if issue.is_error]
        mended = {key: good.get(key) for name in faulty for key in KEYS if key.startswith(name)}
        other = random.choice([n for n in NUMBERS if n != number])
        changes: Return = random.choice(
            [
                {},
                {},
                mended,
                mended | self.reply(2),
                self.reply(2),
                self.reply(2, ERRORS),
                {"uscc": code_of(other)},
                {"name": f"示例企业{number}号"},
                {"uscc": code_of(number + 10)},
                {"uscc": code_of(other), "name": f"示例企业{other}"},
                {"uscc": None},
                {"phase": "改造前"},
            ]
        )
        explained = {
            (issue.code, issue.key): random.choice(("确实如此", "见附件", ""))
            for issue in world.returned[of][1].issues
            if random.random() < 0.3
        }
        world.send_copy(self.file(), of, changes, explained, mtime=self.mtime())

    def save_again(self, _: int) -> None:
        """Equal bytes under another name, or a new time."""
        file = self.random.choice(sorted(self.world.present))
        form_id, _ = self.world.present[file]
        name = self.random.choice((file, self.file()))
        data = (self.world.folder / file).read_bytes()
        (self.world.folder / name).write_bytes(data)
        self.world.touch(name, form_id, self.mtime())

    def lose(self, _: int) -> None:
        if len(self.world.present) > 3:
            file = self.random.choice(sorted(self.world.present))
            if self.random.random() < 0.5:
                self.world.remove(file)
            else:
                self.world.move(file, f"又_{self.random.randint(1, 999)}_{file[-8:]}")

    def decide(self) -> list[Decision]:
        random, given = self.random, list[Decision]()
        for form_id, form in self.world.loop().returns.items():
            for issue in form.issues:
                if issue.code in WAIVABLE and random.random() < 0.25:
                    accepted, day = random.random() < 0.7, random.choice(("", *(day.isoformat() for day in DAYS)))
                    given.append(Decision(form_id, *issue.id, accepted, random.choice("甲乙"), "王五", day))
        if self.world.lines and random.random() < 0.3:
            given.append(random.choice(self.world.lines))
        return given

    def ingest(self) -> None:
        """Read the folder, sometimes with a newer program, and sometimes decide by hand afterwards."""
        self.version += self.random.random() < 0.2
        with patch("smebatch.batch.ingest.__version__", str(self.version)):
            exports = self.world.ingest(*self.decide())
        self.world.check(exports)
        if self.random.random() < 0.3 and (by_hand := self.decide()):
            for decision in by_hand[:2]:
                self.world.decide(decision)
            self.world.check(self.world.exports())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_many_rounds_at_random(seed: int, tmp_path: Path) -> None:
    Rounds(tmp_path, Random(seed)).play(3)


class RoundsFoundByHypothesis(RuleBasedStateMachine):
    """The same acts in any order, and a reading after any of them; a failure is told by the fewest acts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()

    @initialize(random=st.randoms())
    def begin(self, random: Random) -> None:
        self.rounds = Rounds(Path(self.folder.name), random)
        self.rounds.send_at_first()
        self.rounds.ingest()

    @rule(number=st.sampled_from(NUMBERS))
    def act(self, number: int) -> None:
        self.rounds.act(number)

    @rule()
    def ingest(self) -> None:
        self.rounds.ingest()

    def teardown(self) -> None:
        self.folder.cleanup()


TestRoundsFoundByHypothesis = pytest.mark.slow(RoundsFoundByHypothesis.TestCase)
RoundsFoundByHypothesis.TestCase.settings = settings(
    max_examples=12, stateful_step_count=12, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
