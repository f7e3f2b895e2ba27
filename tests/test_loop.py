"""The correction loop, round after round, against an oracle written from the words of its contract."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest

import oracle
from cases import EDITION, NO_BASE, TODAY, Return, assessment_of, choose, good_answers, reach
from loop_oracle import WAIVABLE, Decision, Issue, Loop, State
from loop_oracle import Return as Form
from smebatch.batch.database import BatchDatabase
from smebatch.batch.export import export
from smebatch.batch.folders import AllowedChanges
from smebatch.batch.ingest import ingest
from smebatch.batch.load import open_batch
from smebatch.batch.returned import returned_forms
from smebatch.form.correction import Correction, CorrectionIssue
from smebatch.form.prefill import Splicer
from smebatch.intake import decisions as reading_decisions
from smebatch.intake.decisions import Decision as DecisionLine
from smebatch.intake.decisions import DecisionsFile
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.standard.keys import Kind, keys_of

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
        self.roster: dict[str, str] = {}
        self.now = START
        self.clock = 0
        self.sent: dict[str, Return] = {}  # the answers of each form, as a form is written
        self.returned: dict[str, tuple[Return, Correction]] = {}  # what a copy of each returned form holds

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
                frozenset(key for key, value in filled.items() if value in UNREADABLE and KEYS[key].kind is not Kind.TEXT),
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
        filled = answers | (changes or {})
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

    def ingest(self, *decisions: Decision, roster: Path | None = None, days: int = 1) -> Exports:
        """Read the folder, with a decisions file where decisions are given, and export the batch."""
        self.now += dt.timedelta(days=days)
        lines = [
            DecisionLine(d.form_id, d.code, d.key, d.accepted, d.reason, d.by, dt.date.fromisoformat(d.on), "审定", "I2")
            for d in decisions
        ]
        file = self.out.parent / "待审定.xlsx"
        reading_decisions.read_decisions = lambda *_: DecisionsFile(file.name, lines, [])  # type: ignore[attr-defined]
        self.result = ingest(
            self.folder,
            self.batch,
            EDITION,
            now=self.now,
            decisions=file if decisions else None,
            roster=roster,
            allowed=AllowedChanges(gone=True),
        )
        self.note_decisions(*decisions)
        for form_id, issues in zip(self.unchecked, own_issues(*self.unchecked.values()), strict=True):
            self.forms[form_id].issues += issues
        self.unchecked.clear()
        for form_id, form in self.forms.items():
            held = [(mtime, name) for name, (there, mtime) in self.present.items() if there == form_id]
            if held:
                form.mtime, form.file = max(held)
                form.read_at = form.read_at or self.now.isoformat(timespec="seconds")
        return self.exports()

    def note_decisions(self, *decisions: Decision) -> None:
        """The same line given again changes nothing."""
        self.decisions += [d for d in dict.fromkeys(decisions) if d not in self.decisions]

    def exports(self) -> Exports:
        exports = Exports.of(self.batch, self.out)
        database, edition = open_batch(self.batch)
        with database:
            for form in returned_forms(database, edition):
                issues = tuple(CorrectionIssue(*issue) for issue in form.issues)
                self.returned[form.form_id] = (
                    form.answers,
                    Correction(form.form_id, form.name, form.file, form.deadline, "", "", "", issues),
                )
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
            back = [key for key, (_, _, asked) in loop.changes(form).items() if asked == "no"]
            before = loop.previous(form)
            if before and back and not loop.errors(form):
                taken = {key: before.answer(key) == "1" for key in back if KEYS[key].kind is Kind.TICK}
                expected[form.form_id] = scored(self.sent[form.form_id] | taken)
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
        for before, form in zip(thread, thread[1:], strict=False)
        for key, change in loop.changes(form).items()
    ]
    assert sorted(found) == sorted(expected)


def check_issues(loop: Loop, exports: Exports) -> None:
    """Own issues and two names have a state; nothing else has."""
    states = {(s.form_id, s.code, s.key): s for f in loop.returns.values() for s in loop.states(f) if s.state != "closed"}
    listed = Counter()
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
        (f.form_id, i.key) for f in loop.returns.values() for i in loop.issues(f)
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


# --- rounds at random -------------------------------------------------------------------------------------------------

NUMBERS = (1, 2, 3, 4)
REPLIES: list[Return] = [
    *({"equipment_digital": n} for n in (30, 41, 130, "约300")),
    *({"equipment_total": n} for n in (100, 200)),
    choose("q02", 3),
    choose("q02", 2),
    {"q02_o03": True, "q02_o04": True},
    *({"cost_prior": n} for n in (None, 640, 700)),
    choose("q15", 1),
    choose("q15", 3),
    *({"contact": name} for name in (None, "李四")),
    *({"phone": number} for number in ("12", "13900000001")),
    *({"q04_o07": tick} for tick in ("部分", True, None)),
    *(reach("s01", level) for level in (0, 2)),
    {"s01_l3": True},
    {"s03_state": "不适用"},
    *({"q01_note": note} for note in ("备注", None)),
    *({"q06_o04": tick} for tick in (True, None)),
    *({"q06_o01": tick} for tick in (True, None)),
    *({"filled_on": day} for day in DAYS),
    NO_BASE,
    {"no_base_year": None},
    *({"pledge": pledge} for pledge in (None, "是")),
]
ERRORS: list[Return] = [
    *({"equipment_digital": n} for n in (41, 130, "约300")),
    {"cost_prior": 700},
    {"q04_o07": "部分"},
    {"q06_o01": True},
    {"pledge": None},
]


class Rounds:
    """Enterprises that send, mend, pass on, remove and explain at random, and a bureau that decides."""

    def __init__(self, base: Path, seed: int) -> None:
        self.random, self.world = Random(seed), World(base)

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
        return [form_id for form_id in self.world.returned if self.world.sent[form_id].get("name") == f"示例企业{number}"]

    def act(self, number: int) -> None:
        self.random.choice([self.answer_anew, *[self.send_copy] * 5, self.save_again, self.lose])(number)

    def answer_anew(self, number: int) -> None:
        self.world.send(self.file(), enterprise(number) | self.reply(4), mtime=self.mtime())

    def send_copy(self, number: int) -> None:
        world, random = self.world, self.random
        if not (own := self.of(number)):
            return self.answer_anew(number)
        of = random.choice(own[-3:])
        good = enterprise(number)
        faulty = [issue.key for issue in world.returned[of][1].issues if issue.is_error]
        mended = {key: good.get(key) for name in faulty for key in KEYS if key.startswith(name)}
        other = random.choice([n for n in NUMBERS if n != number])
        changes = random.choice(
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

    def save_again(self, number: int) -> None:
        """Equal bytes under another name, or a new time."""
        file = self.random.choice(sorted(self.world.present))
        form_id, _ = self.world.present[file]
        name = self.random.choice((file, self.file()))
        data = (self.world.folder / file).read_bytes()
        (self.world.folder / name).write_bytes(data)
        self.world.touch(name, form_id, self.mtime())

    def lose(self, number: int) -> None:
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
                    accepted, day = random.random() < 0.7, random.choice(DAYS).isoformat()
                    given.append(Decision(form_id, *issue.id, accepted, random.choice("甲乙"), "王五", day))
        if self.world.decisions and random.random() < 0.3:
            given.append(random.choice(self.world.decisions))
        return given

    def ingest(self) -> None:
        self.world.check(self.world.ingest(*self.decide()))


@pytest.mark.parametrize("seed", range(3))
def test_rounds_at_random(seed: int, tmp_path: Path) -> None:
    Rounds(tmp_path, seed).play(2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3, 200))
def test_many_rounds_at_random(seed: int, tmp_path: Path) -> None:
    Rounds(tmp_path, seed).play(3)
