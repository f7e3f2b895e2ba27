"""Which returns each figure of the report rests on: rules by the ids of tables and the keys of their columns.

A count of returns rests on those that it counts; a share, a mean, a rate or a quartile on all that it was worked out
from, its denominator. A count of issues, of scenes or of answers rests on the returns that have any; a count of
enterprises on the returns of theirs that it was told by. What has none rests on nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from smebatch.assess.ways.upgrades import NEAR
from smebatch.report.basis.algebra import (
    Basis,
    BasisCondition,
    FactValue,
    among,
    below,
    crossed,
    equal,
    reached,
)
from smebatch.report.basis.facts import (
    FILES,
    INSIDE,
    ISSUE_FILES,
    NOT_SAID,
    POSSIBLE,
    REPLIES,
    RETURNS,
    SURE,
    UNCLEAR,
    ReportFacts,
)
from smebatch.report.basis.progress_facts import ANY_CODE, RESENT, THREADS, VERSIONS
from smebatch.report.basis.round_facts import AFTER, BEFORE, universe_name
from smebatch.report.document import Format, Table
from smebatch.report.progress_figures import ENDS, ROUND_ENDS
from smebatch.report.section_groups import full_mark_units
from smebatch.report.section_overview import QUARTILES
from smebatch.report.section_rounds import RoundComparison
from smebatch.report.section_scenes import scene_parts
from smebatch.report.section_upgrade import FEW, blocked_keys
from smebatch.report.tiers import tier_keys
from smebatch.report.words import STATUS_NAMES, TOTAL, level_numbers, milestones
from smebatch.standard.model import Edition

FIGURES = frozenset({Format.COUNT, Format.POINTS, Format.PERCENT})
"""The formats of columns that hold figures; an ordinal only states an order."""

Bases = Mapping[str, Sequence[Basis | None]]
"""The bases of a table by the keys of its columns, one for each row."""

_Row = Sequence[BasisCondition] | None
_Rule = Callable[[ReportFacts, Table, re.Match[str]], Bases]


class Exemption(NamedTuple):
    """Figures that rest on no returns, and why: columns of tables, both as patterns."""

    tables: str
    columns: str
    why: str


EXEMPT = (
    Exemption("enterprises|near|issues|waivers|file_list|progress_unasked", ".*", "a row is one return, or entry"),
    Exemption(r"(phases|claims_.+)_list", ".*", "a row is one enterprise, with its return"),
    Exemption(r"(dimension|indicator|item)_rates", "full", "full marks are the standard's"),
    Exemption(r"targets(_\d+)?", "needed|needed_at_most|missing", "what is asked for, not what was found"),
    Exemption("silent", ".*", "nobody of these has sent a return"),
)


def bases_of(facts: ReportFacts, table: Table) -> Bases:
    """The bases of the figures of a table of the report; of a table that no rule knows there are none."""
    for pattern, rule in _RULES.items():
        if match := re.fullmatch(pattern, table.id):
            bases = rule(facts, table, match)
            shown = {column.key for column in table.columns}
            return {key: _filled(table, key, cells) for key, cells in bases.items() if key in shown}
    return {}


def _filled(table: Table, key: str, cells: Sequence[Basis | None]) -> list[Basis | None]:
    """The bases of a column; a blank cell has none."""
    there = table.frame[key].notna()
    return [cell if filled else None for cell, filled in zip(cells, there, strict=True)]


def _names(table: Table, key: str = "group") -> list[str]:
    return [str(name) for name in table.frame[key]]


def _all_but_total(table: Table, column: str, names: Iterable[FactValue]) -> list[_Row]:
    """A condition on a fact for each row of the body, and none for the total."""
    rows: list[_Row] = [[equal(column, name)] for name in list(names)[: table.body]]
    return [*rows, *([()] if table.total else [])]


def _score(*shows: str) -> Basis:
    """All of a row, with the facts that the figure is worked out from."""
    return Basis("", (), shows)


# --- 总览 -------------------------------------------------------------------------------------------------------------


def _levels(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    levels = list(level_numbers(facts.batch.edition))
    exact = crossed(facts.covered, _all_but_total(table, "level", levels), {"n": ()})
    rows: list[_Row] = [[reached("level", g)] for g in levels]
    at_least = crossed(facts.covered, [*rows, ()], {"reach": ()})
    whole = crossed(facts.covered, [()] * len(table.frame), {"share": _score("level"), "reach_share": _score("level")})
    return exact | at_least | whole


def _scores(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    columns = dict.fromkeys(("mean", *QUARTILES), _score("score_units"))
    return crossed(facts.covered, [()] * len(table.frame), {"n": (), "enterprises": (), **columns})


def _phases(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    rows: list[_Row] = [
        [equal("phase", phase), equal("kind", kind)]
        for phase, kind in zip(_names(table, "phase"), _names(table, "kind"), strict=True)
    ]
    return crossed(Basis(RETURNS), rows, _group_columns(facts))


def _response(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    if REPLIES not in facts.universes:
        return {}
    rows = _all_but_total(table, "group:district", _names(table))
    bases = crossed(
        Basis(REPLIES, (equal("asked", 1),)),
        rows,
        {
            **dict.fromkeys(("asked", "answered", "share"), ()),
            "counted": (equal("counted", 1), equal("status", "counted")),
            "pending": (equal("counted", 0),),
        },
    )
    return bases | {"silent": [None] * len(table.frame)}


def _files(_facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    columns: dict[str, Basis | Sequence[BasisCondition]] = {name: (equal("status", name),) for name in STATUS_NAMES}
    return crossed(Basis(FILES), [()] * len(table.frame), columns | {TOTAL: ()})


def _outsiders(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    if REPLIES not in facts.universes:
        return {}
    rows: list[_Row] = [[equal("outsider", file)] for file in _names(table, "file")]
    return crossed(Basis(REPLIES), rows, {"n": ()})


def _issue_groups(_facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    kinds = zip(_names(table, "severity"), _names(table, "code"), strict=True)
    rows: list[_Row] = [[equal("severity", severity), equal("code", code)] for severity, code in kinds]
    return crossed(Basis(ISSUE_FILES), rows, {"n": _score("n"), "files": ()})


# --- groups, the histogram, tiers -------------------------------------------------------------------------------------


def _group_columns(facts: ReportFacts) -> dict[str, Basis | Sequence[BasisCondition]]:
    edition, levels = facts.batch.edition, level_numbers(facts.batch.edition)
    return {
        "n": (),
        **{f"level_{g}": (equal("level", g),) for g in levels},
        **{f"share_{g}": _score("level") for g in levels},
        **{f"reach_share_{g}": _score("level") for g in levels},
        **{f"rate_{d.id}": _score(f"part:{d.id}") for d in edition.dimensions},
        **dict.fromkeys(("mean", *QUARTILES), _score("score_units")),
        **{key: (equal("tier", i),) for i, key in enumerate(tier_keys(facts.batch))},
        **{f"share_{key}": _score("tier") for key in tier_keys(facts.batch)},
    }


def _groups(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    rows = _all_but_total(table, f"group:{match['by']}", _names(table))
    matched = equal("since:matched", 1)
    columns = _group_columns(facts)
    columns |= {"matched": (matched,), "change": Basis("", (matched,), ("since:change",))}
    return crossed(facts.covered, rows, columns)


def _district_shares(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    rows = _all_but_total(table, "group:district", _names(table))
    goal = milestones(facts.batch.edition)[0]
    return crossed(facts.covered, rows, {"n": (), "reach": (reached("level", goal),), "share": _score("level")})


def _district_tiers(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    return crossed(facts.covered, _all_but_total(table, "group:district", _names(table)), _group_columns(facts))


def _tiers(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    exact = crossed(facts.covered, _all_but_total(table, "tier", range(table.body)), {"n": ()})
    return exact | crossed(facts.covered, [()] * len(table.frame), {"share": _score("tier")})


def _histogram(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    number, rows = 0, list[_Row]()
    for n in table.frame["n"].notna().tolist()[: table.body]:
        rows.append([equal("bin", number)] if n else None)  # a row without a count is a threshold
        number += n
    exact = crossed(facts.covered, [*rows, ()], {"n": ()})
    return exact | crossed(facts.covered, [()] * len(table.frame), {"share": _score("score_units")})


# --- items, scenes, what keeps from the next level --------------------------------------------------------------------


def _rates(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    edition, full = facts.batch.edition, full_mark_units(facts.batch.edition)
    members: Mapping[str, Sequence[str]] = {
        "dimension": {d.id: [d.id] for d in edition.dimensions},
        "indicator": {i.id: _questions_of(edition, i.id) for i in edition.indicators},
        "item": {q.id: [q.id] for q in edition.questions},
    }[match["what"]]
    names = _names(table, "id")
    bases: dict[str, list[Basis | None]] = {}
    for key in ("mean", "rate", "zero_share", "top_share"):
        bases[key] = [facts.covered.showing(f"part:{name}") for name in names]
    bases["zero"] = [facts.covered.having(equal(f"part:{name}", 0)) for name in names]
    most = {name: sum(full[part] for part in members[name]) for name in names}
    bases["top"] = [facts.covered.having(equal(f"part:{name}", most[name])) for name in names]
    return bases


def _questions_of(edition: Edition, indicator: str) -> list[str]:
    return [q.id for q in edition.questions if edition.question_path(q)[1].id == indicator]


def _scenes(facts: ReportFacts, _table: Table, _: re.Match[str]) -> Bases:
    edition, levels = facts.batch.edition, level_numbers(facts.batch.edition)
    names = [f"scene:{scene.id}" for scene in edition.scenes]
    columns = {"not_applicable": NOT_SAID} | {f"level_{g}": g for g in levels}
    exact = {key: [facts.covered.having(equal(name, g)) for name in names] for key, g in columns.items()}
    shown = [facts.covered.showing(name) for name in names]
    return exact | dict.fromkeys(("mean", *(f"cover_{g}" for g in levels)), shown)


def _scene_groups(facts: ReportFacts, _table: Table, _: re.Match[str]) -> Bases:
    """A cell counts scenes of returns; behind it are the returns that have any such scene."""
    levels = level_numbers(facts.batch.edition)
    columns = {"not_applicable": NOT_SAID} | {f"level_{g}": g for g in levels}
    parts = range(len(scene_parts(facts.batch.edition)))
    counts = {
        key: [facts.covered.having(reached(f"scenes:{i}:{g}", 1)).showing(f"scenes:{i}:{g}") for i in parts]
        for key, g in columns.items()
    }
    shown = [facts.covered.showing(*(f"scenes:{i}:{g}" for g in columns.values())) for i in parts]
    return counts | dict.fromkeys(("mean", *(f"cover_{g}" for g in levels)), shown)


def _coverage(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    rows = _all_but_total(table, f"group:{match['by'] or 'district'}", _names(table))
    scenes = {scene.id: _score(f"scene:{scene.id}") for scene in facts.batch.edition.scenes}
    return crossed(facts.covered, rows, {"n": (), **scenes})


def _blocked(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    return _of_next_levels(facts, table, {key: (equal("blocked", key),) for key in blocked_keys(facts.batch.edition)})


def _limits(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    levels = level_numbers(facts.batch.edition)
    columns = {f"scenes_{g}": (equal("scene_level", g),) for g in levels}
    return crossed(facts.covered, _all_but_total(table, "score_level", levels), {"n": (), **columns})


def _steps(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    steps = "upgrade:steps"
    columns: dict[str, Sequence[BasisCondition]] = {f"step_{k}": (equal(steps, k),) for k in range(1, NEAR + 1)}
    columns |= {"few": (among(steps, *FEW),), "many": (reached(steps, FEW[-1] + 1),), "none": (equal(steps, 0),)}
    return _of_next_levels(facts, table, columns | {"locked": (reached("upgrade:locked_steps", 1),)})


def _warning_costs(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    longer = (reached("upgrade:detour", 1),)
    ends = {key: (equal(f"upgrade:{key}", 1),) for key in ("forced", "barred")}
    return _of_next_levels(facts, table, {"longer": longer, "more": Basis("", longer, ("upgrade:detour",)), **ends})


def _of_next_levels(facts: ReportFacts, table: Table, columns: Mapping[str, Basis | Sequence[BasisCondition]]) -> Bases:
    """Rows of the returns one level below each level, and of all below the highest."""
    levels = facts.batch.edition.levels
    rows: list[_Row] = [[equal("level", level.level - 1)] for level in levels]
    whole: list[_Row] = [[below("level", len(levels))]] if table.total else []
    return crossed(facts.covered, [*rows, *whole], {"n": (), **columns})


def _levers(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    """What several lift is counted once for any; by one step, where one of them does by one."""
    keys, levels = _names(table, "key")[: table.body], facts.batch.edition.levels
    whole = facts.covered.having(below("level", len(levels)))
    some: list[_Row] = [*([reached(f"alone:{key}", 1)] for key in keys), [reached("alone:any", 1)]]
    to = {f"to_{each.level}": (equal("level", each.level - 1),) for each in levels}
    bases: dict[str, list[Basis | None]] = crossed(whole, some, {"n": (), **to})
    by_one = [*(equal(f"alone:{key}", 1) for key in keys), reached("alone:one", 1)]
    by_more = [*([reached(f"alone:{key}", 2)] for key in keys), [reached("alone:any", 1), equal("alone:one", 0)]]
    bases["one"] = [whole.having(condition) for condition in by_one]
    bases["more"] = [whole.having(*conditions) for conditions in by_more]
    shows = [*(f"alone:{key}" for key in keys), "alone:any"]
    bases["share"] = [whole.showing(fact) for fact in shows]
    return bases


def _district_levers(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    whole = facts.covered.having(below("level", len(facts.batch.edition.levels)))
    rows = _all_but_total(table, "group:district", _names(table))
    keys = [column.key for column in table.columns if f"alone:{column.key}" in facts.universes[RETURNS].facts]
    columns = {key: (reached(f"alone:{key}", 1),) for key in keys}
    bases: dict[str, list[Basis | None]] = crossed(whole, rows, {"n": (), "any": (reached("alone:any", 1),), **columns})
    best = zip(rows, _names(table, "best_key"), strict=True)
    bases["best_n"] = [whole.having(*(row or ()), reached(f"alone:{key}", 1)) if key else None for row, key in best]
    return bases


# --- targets ----------------------------------------------------------------------------------------------------------


def _target_columns(i: int, member: str) -> dict[str, Basis | Sequence[BasisCondition]]:
    inside, reach = equal(f"target:{i}:{member}", INSIDE), f"target:{i}:reach"
    possible = (among(f"target:{i}:{member}", INSIDE, UNCLEAR), among(reach, SURE, POSSIBLE))
    return {
        "asked": (inside,),
        "counted": (inside,),
        "unclear": (equal(f"target:{i}:{member}", UNCLEAR),),
        "confirmed": (inside, equal(reach, SURE)),
        "at_most": possible,
    }


def _targets(facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    if facts.batch.roster is None:
        return {}
    bases: dict[str, list[Basis | None]] = {}
    for i in range(1, len(table.frame) + 1):
        for key, cells in crossed(facts.covered, [()], _target_columns(i, "in")).items():
            bases.setdefault(key, []).extend(cells)
    return bases


def _district_targets(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    i = int(match["number"])
    names = _names(table, "name")[: table.body]
    rows: list[_Row] = [[among(f"target:{i}:district", name, "")] for name in names]
    there = crossed(facts.covered, rows, _target_columns(i, "there"))
    whole = crossed(facts.covered, [()], _target_columns(i, "in"))
    return {key: [*cells, *whole[key]] for key, cells in there.items()}


# --- corrections ------------------------------------------------------------------------------------------------------


def _progress_columns() -> tuple[dict[str, Basis | Sequence[BasisCondition]], tuple[str, ...]]:
    through, corrections = equal("through", 1), Basis("", (equal("through", 1),), ("corrections",))
    ends = {end: Basis("", (reached(f"end:{end}", 1),), (f"end:{end}",)) for end in ENDS}
    columns: dict[str, Basis | Sequence[BasisCondition]] = {"threads": (), "found": _score("found"), **ends}
    columns |= {"through": (through,), "open": (equal("through", 0),), "mean": corrections, "most": corrections}
    return columns, ("versions",)


def _progress(severity: str, rows: Sequence[_Row]) -> Bases:
    columns, of_versions = _progress_columns()
    threads = crossed(Basis(THREADS, (equal("severity", severity),)), rows, columns)
    versions = crossed(Basis(VERSIONS, (equal("severity", severity),)), rows, dict.fromkeys(of_versions, ()))
    return threads | versions


def _progress_districts(_facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    any_code = equal("code", ANY_CODE)
    rows = [(any_code, *(row or ())) for row in _all_but_total(table, "group:district", _names(table))]
    return _progress("error", rows)


def _progress_codes(_facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    codes = [ANY_CODE if name == TOTAL else name for name in _names(table)]
    return _progress(match["severity"], [[equal("code", code)] for code in codes])


def _progress_rounds(_facts: ReportFacts, table: Table, _: re.Match[str]) -> Bases:
    rows: list[_Row] = [[equal("version", number)] for number in range(2, table.body + 2)]
    counts = {key: Basis("", (reached(key, 1),), (key,)) for key in ("before", *ROUND_ENDS, "after")}
    return crossed(Basis(RESENT), [*rows, ()], {"n": (), **counts})


# --- two rounds -------------------------------------------------------------------------------------------------------

_SIDES = {BEFORE: equal("side", BEFORE), AFTER: equal("side", AFTER)}
_MATCHED, _ALONE = equal("matched", 1), equal("matched", 0)


def _round(facts: ReportFacts, match: re.Match[str]) -> tuple[RoundComparison, Basis]:
    pair = facts.rounds[match["id"]]
    return pair, Basis(universe_name(pair))


def _round_coverage(facts: ReportFacts, _table: Table, match: re.Match[str]) -> Bases:
    pair, every = _round(facts, match)
    ways = {f"by_{way}": (_MATCHED, equal("by", way)) for way in pair.comparison.ways}
    columns = {"n": (), **ways, "matched": (_MATCHED,), "only": (_ALONE,)}
    return crossed(every, [[_SIDES[BEFORE]], [_SIDES[AFTER]]], columns)


def _round_levels(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    _, every = _round(facts, match)
    levels = _all_but_total(table, "level", level_numbers(facts.batch.edition))
    every = every.having(_MATCHED)
    counts = crossed(every, levels, {side: (condition,) for side, condition in _SIDES.items()})
    shares = {f"{side}_share": Basis("", (condition,), ("level",)) for side, condition in _SIDES.items()}
    return counts | crossed(every, [()] * len(table.frame), shares)


def _round_transition(facts: ReportFacts, _table: Table, match: re.Match[str]) -> Bases:
    """The margins are the returns of one round; within, an enterprise is two returns."""
    _, every = _round(facts, match)
    levels = level_numbers(facts.batch.edition)
    before, after = every.having(_SIDES[BEFORE]), every.having(_SIDES[AFTER])
    bases: dict[str, list[Basis | None]] = {
        f"level_{h}": [
            *(every.having(_MATCHED, equal("from", g), equal("to", h)) for g in levels),
            after.having(_ALONE, equal("level", h)),
            after.having(equal("level", h)),
        ]
        for h in levels
    }
    gone = before.having(_ALONE)
    bases["only_before"] = [*(gone.having(equal("level", g)) for g in levels), None, gone]
    bases["n"] = [*(before.having(equal("level", g)) for g in levels), after.having(_ALONE), every]
    return bases


def _round_changes(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    _, every = _round(facts, match)
    edition = facts.batch.edition
    parts = {
        "score": ["score", *(d.id for d in edition.dimensions)],
        "items": [q.id for q in edition.questions],
        "scenes": [s.id for s in edition.scenes],
    }[match["what"]]
    every = every.having(_MATCHED)
    bases: dict[str, list[Basis | None]] = {}
    for part in parts:
        change, own = f"change:{part}", "score_units" if part == "score" else f"part:{part}"
        moves = {"rose": 1, "same": 0, "fell": -1}
        columns: dict[str, Basis | Sequence[BasisCondition]] = {
            "n": (),
            **{side: Basis("", (condition,), (own,)) for side, condition in _SIDES.items()},
            "change": _score("side", own),
            **{key: Basis("", (equal(change, move),), ("side", own)) for key, move in moves.items()},
            "risers": Basis("", (equal("move", 1), equal(change, 1)), ("side", own)),
            "fallers": Basis("", (equal("move", -1), equal(change, -1)), ("side", own)),
        }
        for key, cells in crossed(every, [()], columns).items():
            bases.setdefault(key, []).extend(cells)
    return {key: cells[: len(table.frame)] for key, cells in bases.items()}


def _round_groups(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    _, every = _round(facts, match)
    rows = _all_but_total(table, f"group:{match['number']}", _names(table))
    edition = facts.batch.edition
    own = {side: Basis("", (condition,), ("score_units",)) for side, condition in _SIDES.items()}
    goals = {f"goal_{side}": Basis("", (condition,), ("level",)) for side, condition in _SIDES.items()}
    changes = {f"change_{d.id}": _score("side", f"part:{d.id}") for d in edition.dimensions}
    columns: dict[str, Basis | Sequence[BasisCondition]] = {
        "n": (),
        "rose": (equal("move", 1),),
        "fell": (equal("move", -1),),
        **goals,
        **own,
        "change": _score("side", "score_units"),
        **changes,
    }
    return crossed(every.having(_MATCHED), rows, columns)


def _round_parts(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    pair, every = _round(facts, match)
    rows = _all_but_total(table, f"group:{match['number']}", _names(table))
    parts = {str(part): _score("side", f"part:{part}") for part in pair.comparison.steps}
    return crossed(every.having(_MATCHED), rows, {"n": (), **parts})


def _claims(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    """Items or scenes against what was found: a row each, and answers of all together in the total."""
    _, every = _round(facts, match)
    edition, what = facts.batch.edition, match["what"]
    parts = [q.id for q in edition.questions] if what == "items" else [s.id for s in edition.scenes]
    every = every.having(_MATCHED)
    bases: dict[str, list[Basis | None]] = {"n": [every] * len(table.frame), "agree_share": [every] * len(table.frame)}
    signs = {"over": -1, "under": 1, "agree": 0}
    for key, sign in signs.items():
        cells: list[Basis | None] = [
            every.having(equal(f"change:{part}", sign)).showing("side", f"part:{part}") for part in parts
        ]
        tally = f"{key}:{what}"
        bases[key] = [*cells, every.having(reached(tally, 1)).showing(tally)]
        if key != "agree":
            bases[f"{key}_steps"] = bases[key]
    return bases


def _claim_groups(facts: ReportFacts, table: Table, match: re.Match[str]) -> Bases:
    _, every = _round(facts, match)
    rows = _all_but_total(table, f"group:{match['number']}", _names(table))
    tallies = {key: Basis("", (reached(f"{key}:all", 1),), (f"{key}:all",)) for key in ("over", "under", "agree")}
    columns: dict[str, Basis | Sequence[BasisCondition]] = {
        "n": (),
        "compared": (),
        "level_over": (equal("move", -1),),
        "level_under": (equal("move", 1),),
        **tallies,
        "over_steps": tallies["over"],
        "under_steps": tallies["under"],
        "over_share": _score("over:all"),
        "agree_share": _score("agree:all"),
    }
    return crossed(every.having(_MATCHED), rows, columns)


_CLAIMS = r"(?P<id>claims_.+)"
_ROUNDS = r"(?P<id>phases|claims_.+)"
_RULES: Mapping[str, _Rule] = {
    "levels": _levels,
    "scores": _scores,
    "phases": _phases,
    "response": _response,
    "files": _files,
    "unasked": _outsiders,
    "issue_groups": _issue_groups,
    r"(?P<by>district|industry|size|above_scale|specialised|group_\d+)(_spread|_levels)?": _groups,
    "district_shares": _district_shares,
    "district_tiers": _district_tiers,
    "tiers": _tiers,
    "histogram": _histogram,
    "(?P<what>dimension|indicator|item)_rates": _rates,
    "scenes": _scenes,
    "scene_groups": _scene_groups,
    "((?P<by>industry)_)?coverage": _coverage,
    "blocked": _blocked,
    "limits": _limits,
    "steps": _steps,
    "warning_costs": _warning_costs,
    "levers": _levers,
    "district_levers": _district_levers,
    "targets": _targets,
    r"targets_(?P<number>\d+)": _district_targets,
    "progress_districts": _progress_districts,
    "progress_(?P<severity>error|warning)_codes": _progress_codes,
    "progress_rounds": _progress_rounds,
    rf"{_ROUNDS}_coverage": _round_coverage,
    rf"{_ROUNDS}_levels": _round_levels,
    rf"{_ROUNDS}_transition": _round_transition,
    r"(?P<id>phases)_(?P<what>score|items|scenes)": _round_changes,
    r"(?P<id>phases)_group(?P<number>\d+)": _round_groups,
    rf"{_ROUNDS}_parts(?P<number>\d+)": _round_parts,
    rf"{_CLAIMS}_(?P<what>items|scenes)": _claims,
    rf"{_CLAIMS}_group(?P<number>\d+)": _claim_groups,
}
"""The rule of each table, by a pattern that its whole id matches."""


def is_exempt(table: Table, key: str) -> bool:
    """Whether a column of figures rests on no returns."""
    return any(re.fullmatch(e.tables, table.id) and re.fullmatch(e.columns, key) for e in EXEMPT)
