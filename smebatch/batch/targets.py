"""The targets of a report: those of the settings, or else those that came with the roster, fitted to the edition."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from smebatch.batch.batch_file import BatchError
from smebatch.common.target import Target
from smebatch.common.text import as_json
from smebatch.intake.workbook.cell_values import normalize_text, read_value
from smebatch.standard.keys import keys_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.batch.columns import WantedColumn
    from smebatch.intake.target_sheet import TargetSheet

DISTRICT = "district"
"""The key of the column by which targets are broken down."""


class TargetCondition(NamedTuple):
    """What an enterprise of a selection has in a column.

    ``name``, ``value``: as they are stated. ``column``: the key of the form or the heading of the roster; ``wanted``:
    the value as the form's reader types it. ``choices``: all values of the column, where the form lists them.
    """

    name: str
    value: str
    column: str
    wanted: str
    choices: tuple[str, ...] = ()


class ReportTarget(NamedTuple):
    """A target with the number of its level in the edition and its conditions, of which an enterprise meets all."""

    target: Target
    level: int
    conditions: tuple[TargetCondition, ...] = ()


class ReportTargets(NamedTuple):
    """The targets of a report.

    ``overruled``: how many that came with the roster give way to those of the settings. ``left_out``: where the
    settings have none, the rows of the sheet 目标, from 1, that could not be read.
    """

    targets: tuple[ReportTarget, ...] = ()
    overruled: int = 0
    left_out: tuple[int, ...] = ()


class StatedTargets(NamedTuple):
    """Targets as they are stated; the fields of ReportTargets, before columns and levels have been found."""

    targets: tuple[Target, ...]
    overruled: int
    left_out: tuple[int, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that they need, each once, with the district; none without targets."""
        named = [column for target in self.targets for column, _ in target.where]
        return tuple(dict.fromkeys([*named, DISTRICT])) if self.targets else ()


def targets_as_meta(sheet: TargetSheet) -> str:
    """What a batch keeps of the sheet 目标 with the roster, as JSON."""
    targets = [
        target._asdict()
        | {"share": str(target.share) if target.share else None, "by": target.by.isoformat() if target.by else None}
        for target in sheet.targets
    ]
    return as_json({"targets": targets, "left_out": sheet.left_out})


def choose_targets(of_settings: tuple[Target, ...], meta: Mapping[str, str]) -> StatedTargets:
    """The targets of the settings, or else those that the batch has kept with its roster."""
    kept = json.loads(meta.get("targets", "") or "{}")
    listed = tuple(map(_target, kept.get("targets", ())))
    if of_settings:
        return StatedTargets(of_settings, overruled=len(listed), left_out=())
    return StatedTargets(listed, overruled=0, left_out=tuple(kept.get("left_out", ())))


def _target(kept: dict[str, Any]) -> Target:
    """A target as the batch keeps it."""
    share, by = kept["share"], kept["by"]
    typed = {
        "share": Fraction(share) if share else None,
        "by": dt.date.fromisoformat(by) if by else None,
        "where": tuple((column, value) for column, value in kept["where"]),
    }
    return Target(**kept | typed)


def fit_targets(stated: StatedTargets, wanted: Sequence[WantedColumn], edition: Edition) -> ReportTargets:
    """Find the level and the columns of each target.

    ``wanted``: the columns that they name, found. Raises BatchError for a level that the edition has not, and for a
    column that a target names twice.
    """
    columns = {each.name: each for each in wanted}
    targets = tuple(_fit(target, columns, edition) for target in stated.targets)
    return ReportTargets(targets, *stated[1:])


def _fit(target: Target, columns: Mapping[str, WantedColumn], edition: Edition) -> ReportTarget:
    level = edition.find_level(normalize_text(target.level))
    if level is None:
        known = "、".join(each.name for each in edition.levels)
        raise BatchError("target.level", target=target.name, level=target.level, known=known)
    conditions = tuple(_condition(columns[name], value, edition) for name, value in target.where)
    named = [condition.column for condition in conditions]
    if twice := next((each.name for each in conditions if named.count(each.column) > 1), ""):
        raise BatchError("target.column_twice", target=target.name, column=twice)
    return ReportTarget(target, level, conditions)


def _condition(column: WantedColumn, value: str, edition: Edition) -> TargetCondition:
    if not column.of_form:
        return TargetCondition(column.name, value, column.column, normalize_text(value))
    key = keys_of(edition)[column.column]
    typed = read_value(key, value).value
    return TargetCondition(column.name, value, column.column, normalize_text(str(typed or value)), key.choices)
