"""How far a bureau is from its targets while not everybody has answered: bounds that hold however the rest turns out.

Everything is counted in enterprises of the roster. Who is on it is known; two things may not be: whether an enterprise
belongs to the selection of a target (no value of a column is known), and whether it reaches the level (nothing of it
counts yet, or its counted returns disagree). A completion settles both for each enterprise that lacks them, in any way.
Between the lowest and the highest figure of all completions lies what the bureau will find in the end; no share of
those who answered is carried over to those who did not, for who answers is no sample. docs/report.md says the same.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.batch.targets import DISTRICT, ReportTarget, TargetCondition
from smebatch.common.text import clean_text
from smebatch.intake.workbook.cell_values import normalize_text
from smebatch.standard.backends import Bools

_Integers = npt.NDArray[np.int64]


class Outlook(Enum):
    """What all completions say of a target; the value is what is printed."""

    REACHED = "已达成"  # every completion reaches it
    OPEN = "可达成"  # some do
    OUT_OF_REACH = "已无法达成"  # none does


class Asked(NamedTuple):
    """The enterprises of the roster and what is known of them.

    ``n``: how many. ``lines``: the row of the roster of each counted return that the report covers, of those that are
    on it, by form_id. ``listed``, ``returned``: the columns that targets need, of the roster and of returns (see
    ReportData.roster_columns and columns). ``levels``: of returns, by form_id.
    """

    n: int
    lines: pd.Series[int]
    listed: pd.DataFrame
    returned: pd.DataFrame
    levels: pd.Series[int]


class Standing(NamedTuple):
    """How enterprises stand to a level: a value for each enterprise of the roster, in its order.

    ``counted``: a return of the phase and kind that the report covers counts. ``sure``: all such returns reach the
    level. ``possible``: some completion reaches it: nothing counts yet, or one of several counted returns does.
    """

    counted: Bools
    sure: Bools
    possible: Bools


class Membership(NamedTuple):
    """Who of the roster is in the selection of a target for certain, and who may be; nobody is both."""

    inside: Bools
    unclear: Bools


class TargetCounts(NamedTuple):
    """Enterprises of a selection.

    ``asked`` (应报): in it for certain. ``unclear`` (未明): they may be in it.
    ``counted`` (有效): those of ``asked`` of whom a return counts.
    ``confirmed`` (已确认): those of ``asked`` who reach the level for certain, the lowest number of all completions.
    ``at_most`` (至多): those of ``asked`` and ``unclear`` who may reach it, the highest.
    ``unclear_confirmed``, ``unclear_possible``: those of ``unclear`` who reach it for certain, and who may.
    """

    asked: int
    unclear: int
    counted: int
    confirmed: int
    at_most: int
    unclear_confirmed: int
    unclear_possible: int


class TargetFigures(NamedTuple):
    """The figures of a target and a selection, in enterprises.

    ``needed`` (目标数): the number stated, or the share of those asked, rounded up.
    ``needed_at_most`` (目标数（含未明）): the same of those asked and those who are unclear, but for the ones who reach
    the level for certain; so many confirmed reach the target in every completion.
    ``missing`` (还差): how many more must be confirmed for that.
    These and ``outlook`` are None where the target asks nothing of the selection.
    """

    counts: TargetCounts
    needed: int | None = None
    needed_at_most: int | None = None
    missing: int | None = None
    outlook: Outlook | None = None


class Unmatched(NamedTuple):
    """A condition whose value no enterprise has; ``there_are``: the values that there are, the most frequent first."""

    condition: TargetCondition
    there_are: tuple[str, ...]


class TargetResult(NamedTuple):
    """A target and its figures, of all whom it selects and by district.

    ``overall``: None where there is no roster. ``districts``: in alphabetical order, none where the target selects by
    district itself. ``district_unknown``: those of whom no district is known and who are or may be in the selection;
    they may be in each district's. Of a target that is a number of enterprises no district is asked for any.
    """

    target: ReportTarget
    overall: TargetFigures | None = None
    districts: tuple[tuple[str, TargetFigures], ...] = ()
    district_unknown: int = 0
    unmatched: tuple[Unmatched, ...] = ()


def target_results(batch: ReportData) -> tuple[TargetResult, ...]:
    """The results of all targets of a report, in their order."""
    asked = asked_of(batch)
    return tuple(_result(asked, target) if asked else TargetResult(target) for target in batch.targets.targets)


def asked_of(batch: ReportData) -> Asked | None:
    """What is known of the enterprises of the roster; None where there is none."""
    if batch.roster is None or batch.asked is None or batch.roster_columns is None or batch.columns is None:
        return None
    lines = batch.asked.loc[batch.asked.index.isin(batch.scores.index), "line"].astype("int64")
    return Asked(len(batch.roster), lines, batch.roster_columns, batch.columns, batch.scores["level"])


def places_of(asked: Asked, target: ReportTarget) -> tuple[Membership, Standing]:
    """Where each enterprise of the roster stands to a target: in its selection, and to its level."""
    values = [known_values(asked, condition) for condition in target.conditions]
    return membership(asked.n, target.conditions, values), standing(asked, target.level)


def _result(asked: Asked, target: ReportTarget) -> TargetResult:
    stated, level = target.target, standing(asked, target.level)
    values = [known_values(asked, condition) for condition in target.conditions]
    members = membership(asked.n, target.conditions, values)
    (overall,) = count(members, level, np.zeros(asked.n, dtype="int64"), 1)
    districts: dict[str, TargetFigures] = {}
    district_unknown = 0
    if DISTRICT not in (condition.column for condition in target.conditions):
        groups, names = pd.factorize(known_values(asked, _ANY_DISTRICT), sort=True)
        counts = count(members, level, groups.astype("int64"), len(names))
        possible = members.inside | members.unclear
        present = np.bincount(groups[possible & (groups >= 0)], minlength=len(names))
        districts = {
            str(name): judge(each, share=stated.share)
            for name, each, n in zip(names, counts, present, strict=True)
            if n
        }
        district_unknown = int((possible & (groups < 0)).sum())
    unmatched = (
        Unmatched(condition, tuple(map(str, texts.value_counts().index)))
        for condition, texts in zip(target.conditions, values, strict=True)
        if not _meeting(condition, texts)
    )
    figures = judge(overall, share=stated.share, enterprises=stated.enterprises)
    return TargetResult(target, figures, tuple(districts.items()), district_unknown, tuple(unmatched))


_ANY_DISTRICT = TargetCondition(DISTRICT, "", DISTRICT, "")


def judge(counts: TargetCounts, *, share: Fraction | None = None, enterprises: int | None = None) -> TargetFigures:
    """Compare a selection with what a target asks of it: a share of those in it, a number, or nothing.

    A completion with A enterprises in the selection, R of whom reach the level, reaches a share p where R ≥ p·A. Each
    enterprise adds to R − p·A for itself: 1 − p if it is in and reaches the level, −p if it is in and does not, 0 if it
    is out. So the worst completion takes in all who are unclear but those who reach the level for certain, none of whom
    reaches it; the best takes in all who may reach it, and they do.
    """
    asked, unclear, _, confirmed, at_most, unclear_confirmed, unclear_possible = counts
    if enterprises is not None:
        needed = worst = best = enterprises
    elif share is not None and asked + unclear:
        needed = math.ceil(share * asked)
        worst = math.ceil(share * (asked + unclear - unclear_confirmed))
        best = math.ceil(share * (asked + unclear_possible))
    else:
        return TargetFigures(counts)
    outlook = Outlook.REACHED if confirmed >= worst else Outlook.OUT_OF_REACH if at_most < best else Outlook.OPEN
    return TargetFigures(counts, needed, worst, max(0, worst - confirmed), outlook)


def count(members: Membership, level: Standing, groups: npt.NDArray[np.int64], n: int) -> list[TargetCounts]:
    """Count the members of a selection in each of ``n`` groups.

    ``groups``: int64, the number of each enterprise's group, −1 where it is not known: then whoever is or may be in the
    selection may be in that of each group.
    """
    possible, placed = members.inside | members.unclear, groups >= 0

    def of(chosen: Bools) -> _Integers:
        return np.bincount(groups[chosen & placed], minlength=n).astype("int64")

    def may_be(chosen: Bools) -> _Integers:
        """The unclear members of each group who are among those chosen."""
        return of(members.unclear & chosen) + int((possible & chosen & ~placed).sum())

    confirmed = of(members.inside & level.sure)
    everybody = np.ones_like(possible)
    unclear_possible = may_be(level.possible)
    columns = (
        of(members.inside),
        may_be(everybody),
        of(members.inside & level.counted),
        confirmed,
        of(members.inside & level.possible) + unclear_possible,
        may_be(level.sure),
        unclear_possible,
    )
    return [TargetCounts(*map(int, row)) for row in zip(*columns, strict=True)]


def standing(asked: Asked, level: int) -> Standing:
    """How the enterprises of the roster stand to a level, by the counted returns that the report covers."""
    lines = asked.lines.to_numpy()
    reached = (asked.levels.reindex(asked.lines.index) >= level).to_numpy()
    returns, reaching = (np.bincount(rows, minlength=asked.n) for rows in (lines, lines[reached]))
    counted = returns > 0
    return Standing(counted, counted & (reaching == returns), ~counted | (reaching > 0))


def membership(n: int, conditions: Sequence[TargetCondition], values: Sequence[pd.Series[str]]) -> Membership:
    """Who of ``n`` enterprises meets all conditions; ``values``: what is known of each column, see known_values."""
    inside, outside = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    for condition, texts in zip(conditions, values, strict=True):
        meets = texts.isin(_meeting(condition, texts)).to_numpy()
        inside &= meets
        outside |= texts.notna().to_numpy() & ~meets
    return Membership(inside, ~inside & ~outside)


def _meeting(condition: TargetCondition, texts: pd.Series[str]) -> list[str]:
    """The different texts that meet a condition."""
    return [text for text in texts.dropna().unique() if normalize_text(text) == condition.wanted]


def known_values(asked: Asked, condition: TargetCondition) -> pd.Series[str]:
    """What is known of a column, for each enterprise of the roster; NA where nothing is. RangeIndex.

    The roster's value where it has one; else what the enterprise's own counted returns that the report covers say, if
    those that say anything agree. Of a column with choices, any other text says nothing, unless the condition asks for
    just that. Texts that differ in width or blanks alone are written as the first of them.
    """
    listed, returned = asked.listed[condition.name], asked.returned[condition.name].reindex(asked.lines.index)
    spellings = _spellings([*listed.dropna().unique(), *returned.dropna().unique()], condition)
    own = pd.DataFrame({"line": asked.lines, "text": returned.map(spellings)}).dropna().drop_duplicates()
    agreed = own[~own["line"].duplicated(keep=False)].set_index("line")["text"]
    return listed.map(spellings).astype("str").fillna(agreed.reindex(listed.index).astype("str"))


def _spellings(texts: Sequence[str], condition: TargetCondition) -> dict[str, str]:
    """How each text is written that says something."""
    allowed = {*map(normalize_text, condition.choices), condition.wanted} if condition.choices else None
    compared = {text: normalize_text(text) for text in texts}
    kept = {text: plain for text, plain in compared.items() if plain and (allowed is None or plain in allowed)}
    first: dict[str, str] = {}
    return {text: first.setdefault(plain, clean_text(text).strip()) for text, plain in kept.items()}
