"""The correction loop a second time, from the words of its contract: in plain Python, one return at a time, no SQL.

It knows no rule of the standard: what is wrong with a version by itself is given. It knows which returns are versions
of one another, which counts, what has become of each issue, which decision holds, and which changes nobody asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

WAIVABLE = {"interval.contradiction", "trend.contradiction", "part.exceeds_whole"}
IssueId = tuple[str, str]  # code and key
SCENES = [f"s{i:02d}" for i in range(1, 17)]
_OPTIONS = dict(zip([f"q{i:02d}" for i in range(1, 16)], (5, 5, 5, 15, 5, 5, 5, 6, 5, 6, 5, 3, 3, 3, 3), strict=True))
_FIGURES = {
    "q02": ("equipment_total", "equipment_digital"),
    "q03": ("equipment_networked",),
    "q11": ("digital_investment",),
    "q12": ("energy_last", "energy_prior"),
    "q13": ("pass_rate_after", "pass_rate_before"),
    "q14": ("staff_last", "revenue_last", "staff_prior", "revenue_prior"),
    "q15": ("cost_last", "cost_prior"),
}


def _ticks(*questions: str) -> tuple[str, ...]:
    return tuple(f"{q}_o{i:02d}" for q in questions for i in range(1, _OPTIONS[q] + 1))


def _scene(*scenes: str) -> tuple[str, ...]:
    return tuple(f"{s}_{part}" for s in scenes for part in ("l1", "l2", "l3", "l4", "state"))


# Of an issue that compares answers, all that its check reads.
_BASE = "no_base_year"
_COMPARED: dict[IssueId, tuple[str, ...]] = {
    ("interval.contradiction", "q02"): (*_ticks("q02"), "equipment_digital", "equipment_total"),
    ("interval.contradiction", "q03"): (*_ticks("q03"), "equipment_networked", "equipment_total"),
    ("interval.unlikely", "q11"): (*_ticks("q11"), "digital_investment", "revenue_last"),
    ("trend.unlikely", "q12"): (*_ticks("q12"), "energy_last", "revenue_last", "energy_prior", "revenue_prior"),
    ("trend.unlikely", "q13"): (*_ticks("q13"), "pass_rate_after", "pass_rate_before"),
    ("trend.contradiction", "q14"): (*_ticks("q14"), "revenue_last", "staff_last", "revenue_prior", "staff_prior"),
    ("trend.contradiction", "q15"): (*_ticks("q15"), "cost_last", "revenue_last", "cost_prior", "revenue_prior"),
    ("part.exceeds_whole", "equipment_digital"): ("equipment_digital", "equipment_total"),
    ("part.exceeds_whole", "equipment_networked"): ("equipment_networked", "equipment_total"),
    ("size.unlikely", "size"): ("size", "staff_last", "revenue_last", "industry_code"),
    ("links.count", "q05"): (*_ticks("q05"), *_ticks("q04"), *_scene(*SCENES[:14])),
    ("base.denied", _BASE): (_BASE, *_ticks("q12", "q13", "q14", "q15")),
    ("base.missing", "pass_rate_before"): ("pass_rate_before", *_ticks("q13"), _BASE),
    ("uscc.two_names", "uscc"): ("uscc", "name"),
    **{("links.scene", f"q04_o{i:02d}"): (f"q04_o{i:02d}", *_scene(SCENES[i - 2])) for i in range(2, 16)},
    # Whether these may stay blank hangs on no_base_year.
    **{("question.unanswered", q): (*_ticks(q), _BASE) for q in ("q12", "q13", "q14", "q15")},
    **{("required.missing", f): (f, _BASE) for q in ("q12", "q13", "q14", "q15") for f in _FIGURES[q]},
}
_COMPARING = {code for code, _ in _COMPARED} - {"question.unanswered", "required.missing"}


def reads(code: str, key: str) -> tuple[str, ...]:
    """The keys of the answers that an issue is about."""
    if code in _COMPARING or (code, key) in _COMPARED:
        return _COMPARED[code, key]
    return _ticks(key) if key in _OPTIONS else _scene(key) if key in SCENES else (key,)


def part_of(key: str) -> str:
    """The question or scene of a key; else the key."""
    of_figure = {figure: q for q, figures in _FIGURES.items() for figure in figures}
    return (
        key.split("_", maxsplit=1)[0]
        if key.split("_", maxsplit=1)[0] in (*_OPTIONS, *SCENES)
        else of_figure.get(key, key)
    )


class Issue(NamedTuple):
    """What is wrong with a version by itself."""

    code: str
    key: str
    severity: str
    found: str

    @property
    def id(self) -> IssueId:
        return self.code, self.key


class Decision(NamedTuple):
    """A decision as it was given; ``on`` in ISO 8601."""

    form_id: str
    code: str
    key: str
    accepted: bool
    reason: str
    by: str
    on: str

    @property
    def id(self) -> IssueId:
        return self.code, self.key


@dataclass
class Return:
    """What one form says, and where it was seen last.

    ``answers``: key → text as the exports have it, a tick "1"; what cannot be read as it was typed, and its key is in
    ``unread``. Blank answers and blank ticks are left out.
    """

    form_id: str
    answers: dict[str, str]
    unread: frozenset[str]
    issues: list[Issue]
    explanations: dict[IssueId, str]
    corrects: str
    file: str
    mtime: int
    read_at: str

    def says(self, key: str) -> tuple[str, bool]:
        return self.answers.get(key, ""), key in self.unread

    def answer(self, key: str) -> str:
        return "" if key in self.unread else self.answers.get(key, "")


class State(NamedTuple):
    """The state of an issue under a version."""

    form_id: str
    code: str
    key: str
    severity: str
    state: str
    found_before: str
    found: str
    explanation: str
    decision: str
    reason: str
    decided_by: str
    decided_on: str


@dataclass
class Loop:
    """All that holds of some returns. ``present``: the files that are there, by name: form_id and time of change."""

    returns: Mapping[str, Return]
    present: Mapping[str, tuple[str, int]]
    decisions: Sequence[Decision] = ()
    roster: Mapping[str, str] = field(default_factory=dict)  # code → name

    # --- threads

    @cached_property
    def kept(self) -> dict[str, tuple[int, str]]:
        """The time and the name of the file that stands for each form: the last that holds it, or that did."""
        kept = {f.form_id: (f.mtime, f.file) for f in self.returns.values() if f.form_id not in self.living}
        for file, (form_id, mtime) in self.present.items():
            kept[form_id] = max(kept.get(form_id, (0, "")), (mtime, file))
        return kept

    @cached_property
    def living(self) -> set[str]:
        return {form_id for form_id, _ in self.present.values()}

    def original(self, form: Return) -> Return | None:
        """The form that a copy corrects, where it is known and the copy has not been passed on."""
        original = self.returns.get(form.corrects)
        return None if original is None or original is form or self.passed_on(form) else original

    def passed_on(self, form: Return) -> bool:
        original = self.returns.get(form.corrects)
        return original is not None and all(
            form.answer(key) and original.answer(key) and form.answer(key) != original.answer(key)
            for key in ("uscc", "name")
        )

    @cached_property
    def order(self) -> list[str]:
        """All forms, the latest last."""
        dated = sorted(
            self.returns, key=lambda form_id: (self.returns[form_id].answer("filled_on"), *self.kept[form_id])
        )

        def place(form: Return) -> tuple[int, int]:
            own, original = (dated.index(form.form_id), 0), self.original(form)
            if original is None:
                return own
            rank, behind = place(original)
            return max(own, (rank, behind + 1))

        return sorted(dated, key=lambda form_id: (place(self.returns[form_id]), dated.index(form_id)))

    def identity(self, form: Return) -> tuple[str, ...]:
        """Code, phase and kind; blank where one is missing."""
        identity = tuple(form.answer(key) for key in ("uscc", "phase", "assessment_kind"))
        return identity if all(identity) else ()

    @cached_property
    def parties(self) -> dict[tuple[str, str], frozenset[str]]:
        """Code and name → the names under that code which copies, or the roster, join."""
        parties: dict[tuple[str, str], frozenset[str]] = {}
        for form in self.returns.values():
            parties[form.answer("uscc"), form.answer("name")] = frozenset([form.answer("name")])

        def join(code: str, names: Iterable[str]) -> None:
            joined = frozenset(one for name in names if name for one in parties[code, name])
            parties.update({(code, name): joined for name in joined})

        for form in self.returns.values():
            original = self.original(form)
            if original and form.answer("uscc") == original.answer("uscc"):
                join(form.answer("uscc"), (form.answer("name"), original.answer("name")))
        for code, name in self.roster.items():
            names = [r.answer("name") for r in map(self.returns.__getitem__, self.order) if r.answer("uscc") == code]
            if names and names[-1] == name:
                join(code, names)
        return parties

    def party(self, form: Return) -> frozenset[str]:
        return self.parties[form.answer("uscc"), form.answer("name")]

    @cached_property
    def threads(self) -> list[list[Return]]:
        """The versions of each thread in order."""
        groups = {form_id: {form_id} for form_id in self.returns}

        def join(one: str, other: str) -> None:
            joined = groups[one] | groups[other]
            groups.update(dict.fromkeys(joined, joined))

        for form in self.returns.values():
            if original := self.original(form):
                join(form.form_id, original.form_id)
            for other in self.returns.values():
                same = self.identity(form) and self.identity(form) == self.identity(other)
                if same and self.party(form) == self.party(other):
                    join(form.form_id, other.form_id)
        distinct = {frozenset(group) for group in groups.values()}
        return [[self.returns[form_id] for form_id in self.order if form_id in group] for group in distinct]

    @cached_property
    def thread_of(self) -> dict[str, list[Return]]:
        return {form.form_id: thread for thread in self.threads for form in thread}

    def previous(self, form: Return) -> Return | None:
        thread = self.thread_of[form.form_id]
        at = thread.index(form)
        return thread[at - 1] if at else None

    # --- issues and decisions

    def same(self, one: Return, other: Return, issue: IssueId) -> bool:
        """Whether nothing that an issue is about differs."""
        return all(one.says(key) == other.says(key) for key in reads(*issue))

    def has(self, form: Return, issue: IssueId) -> bool:
        return any(own.id == issue for own in self.issues(form))

    def decision(self, form: Return, issue: IssueId) -> Decision | None:
        """The decision that holds: on this version, or on one before since which nothing has changed."""
        about = {form.form_id}
        version = form
        while (before := self.previous(version)) and self.has(before, issue) and self.same(before, version, issue):
            about.add(before.form_id)
            version = before
        return self.last_decision(about, issue)

    def last_decision(self, form_ids: Collection[str], issue: IssueId) -> Decision | None:
        """Of the decisions on an issue of some versions that of the latest day; of one day the one given last."""
        given = [d for d in self.decisions if d.id == issue and d.form_id in form_ids]
        return max(reversed(given), key=lambda d: d.on, default=None)

    def is_waived(self, form: Return, issue: IssueId) -> bool:
        decision = self.decision(form, issue)
        return decision is not None and decision.accepted

    def dead_decision(self, form: Return, issue: IssueId) -> Decision | None:
        """The last decision on the issue in versions before, where none holds any more."""
        thread = self.thread_of[form.form_id]
        if self.decision(form, issue) or not self.has(form, issue):
            return None
        return self.last_decision({f.form_id for f in thread[: thread.index(form)]}, issue)

    def own_errors(self, form: Return) -> int:
        """How many errors are left of those that the version has by itself."""
        return sum(i.severity == "error" and not self.is_waived(form, i.id) for i in form.issues)

    @cached_property
    def speakers(self) -> list[Return]:
        """Of each thread, of the versions that are there: the last, and the last without errors of its own."""
        speakers = []
        for thread in self.threads:
            living = [form for form in thread if form.form_id in self.living]
            speakers += living[-1:] + [form for form in living if not self.own_errors(form)][-1:]
        return speakers

    def two_names(self, form: Return) -> bool:
        """Whether another name stands under the code of a version."""
        return bool(self.identity(form) and form.answer("name")) and any(
            other.answer("uscc") == form.answer("uscc")
            and other.answer("name")
            and self.identity(other)
            and self.party(other) != self.party(form)
            and other not in self.thread_of[form.form_id]
            for other in self.speakers
        )

    def issues(self, form: Return) -> list[Issue]:
        """The issues of a version that have a state: each code and key once."""
        by_id: dict[IssueId, Issue] = {}
        for issue in form.issues:
            by_id.setdefault(issue.id, issue)
        return list(by_id.values())

    def stated(self, form: Return) -> list[Issue]:
        """The same, and that another name stands under the code."""
        return [*self.issues(form), *([Issue("uscc.two_names", "uscc", "error", "")] if self.two_names(form) else [])]

    def errors(self, form: Return) -> int:
        return self.own_errors(form) + self.two_names(form)

    def states(self, form: Return) -> list[State]:
        """The states of the issues of a version, and of those of the version before that it has closed."""
        before, states = self.previous(form), []
        standing = {issue.id: issue for issue in self.stated(before)} if before else {}
        for issue in self.stated(form):
            decision = self.decision(form, issue.id)
            if decision and decision.accepted:
                state = "waived"
            elif before is None or issue.id not in standing:
                state = "new"
            else:
                state = "unchanged" if self.same(before, form, issue.id) else "miscorrected"
            found_before = standing[issue.id].found if issue.id in standing else ""
            given = (
                ("accepted" if decision.accepted else "refused", decision.reason, decision.by, decision.on)
                if decision
                else ("", "", "", "")
            )
            explanation = form.explanations.get(issue.id, "")
            states.append(State(form.form_id, *issue[:3], state, found_before, issue.found, explanation, *given))
        gone = standing.keys() - {issue.id for issue in self.stated(form)}
        return states + [
            State(form.form_id, *standing[issue][:3], "closed", standing[issue].found, "", "", "", "", "", "")
            for issue in gone
        ]

    # --- changes

    def changes(self, form: Return) -> dict[str, tuple[str, str, str]]:
        """Key → the answer before, the answer, and whether an issue of the version before asked for the change."""
        before = self.previous(form)
        if before is None:
            return {}
        differing = {
            key: (shown(before, key), shown(form, key))
            for key in (*before.answers, *form.answers)
            if shown(before, key) != shown(form, key)
        }
        return {key: (*values, "yes" if self.asked(form, key) else "no") for key, values in differing.items()}

    def asked(self, form: Return, key: str) -> bool:
        """Whether an error before names the key, its question or scene or reads it, or a warning names one of them."""
        return any(
            issue.key in (key, part_of(key)) or (issue.severity == "error" and key in reads(*issue.id))
            for issue in self.asking(form)
        )

    def taken_back(self, form: Return) -> dict[str, str]:
        """Key → the answer to set where the changes that nobody asked for are taken back from a version with a score.

        They are its own and those of the versions before it that had no score. One that was asked for later stands, and
        with it all of its question or scene where that was named.
        """
        thread = self.thread_of[form.form_id]
        versions = thread[: thread.index(form) + 1]
        since = [v for i, v in enumerate(versions) if i and all(self.errors(later) for later in versions[i:-1])]
        back: dict[str, tuple[str, str]] = {}
        for version in since:
            named = {issue.key for issue in self.asking(version)}
            for key, (before, after, asked) in self.changes(version).items():
                if asked == "no":
                    back[key] = (back[key][0] if key in back else before), after
                    continue
                back.pop(key, None)
                if part_of(key) in named:
                    back = {other: answers for other, answers in back.items() if part_of(other) != part_of(key)}
        return {key: before for key, (before, after) in back.items() if before != after}

    def asking(self, form: Return) -> list[Issue]:
        """The issues of the version before, which may have asked for changes."""
        before = self.previous(form)
        return [*self.stated(before), *self.between(before)] if before else []

    def between(self, form: Return) -> list[Issue]:
        """Warnings that come of comparing versions, without those that a later version brings about."""
        between = [
            Issue("decision.dead", issue.key, "warning", "")
            for issue in self.issues(form)
            if self.dead_decision(form, issue.id)
        ]
        if self.passed_on(form):
            between.append(Issue("return.passed_on", "uscc", "warning", ""))
        return between

    def says_nothing_new(self, form: Return) -> bool:
        """Whether a version has the answers of the one before, and the explanations that its copy listed."""
        before = self.previous(form)
        if before is None or self.changes(form):
            return False
        listed = {issue.id for issue in self.issues(before) if not self.is_waived(before, issue.id)}
        now, then = set(form.explanations.items()), set(before.explanations.items())
        return now <= then and {item for item in then if item[0] in listed} <= now

    # --- statuses

    def winner(self, thread: Sequence[Return]) -> Return | None:
        """The version that counts: the last one without errors that is there."""
        return next((f for f in reversed(thread) if f.form_id in self.living and not self.errors(f)), None)

    def status(self, form: Return) -> tuple[str, str]:
        """Status and reason of a version."""
        if form.form_id not in self.living:
            return "gone", ""
        thread = self.thread_of[form.form_id]
        winner, last = self.winner(thread), [f for f in thread if f.form_id in self.living][-1]
        if form is winner:
            return "counted", "complete"
        if winner and thread.index(form) < thread.index(winner):
            return "superseded", "superseded.later"
        if form is not last:
            return "superseded", "superseded.awaited"
        return "returned", "returned.unchanged" if self.says_nothing_new(form) else "errors"

    def file_status(self, file: str) -> tuple[str, str]:
        """Status and reason of a file."""
        form_id, mtime = self.present[file]
        if (mtime, file) != self.kept[form_id]:
            return "superseded", "superseded.copy"
        return self.status(self.returns[form_id])


def shown(form: Return, key: str) -> str:
    """An answer as the exports have it: a blank tick is 0, one that cannot be read what was typed."""
    blank_tick = key in _TICKS and key not in form.unread
    return form.answers.get(key, "0" if blank_tick else "")


_TICKS = {*_ticks(*_OPTIONS), *(key for key in _scene(*SCENES) if not key.endswith("state"))}
