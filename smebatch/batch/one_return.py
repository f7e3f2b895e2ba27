"""Loads all that a batch knows of one return: its files, answers, issues, score, versions, and its neighbours."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from smebatch.assess.working import Working, working_of
from smebatch.batch.database import BatchDatabase
from smebatch.batch.thread_history import StoredRow, VersionHistory, load_threads
from smebatch.standard.fixed_point import plain_decimal
from smebatch.standard.form_markers import TICK
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    from smebatch.assess.ways.ways import Way

FILE_COLUMNS = ("file", "sha256", "status", "reason", "detail", "superseded_by")
ISSUE_COLUMNS = (
    *("file", "sheet", "cell", "key", "code", "severity", "found", "expected", "message", "message_en", "clause"),
    *("state", "explanation", "decision"),
)
NEIGHBOUR_COLUMNS = ("form_id", "file", "phase", "assessment_kind", "status", "score_units", "level", "thread")


@dataclass(frozen=True)
class OneReturn:
    """A return as the batch knows it.

    ``answers``: by key as the batch stores them, blank ones left out. ``contents``: by key what stands in its cell, a
    figure in its unit, √ for a tick, as it was typed where it could not be read surely; blank cells are left out.
    ``files``: the entries that hold it, of FILE_COLUMNS, that which stands for it first; none where all have gone.
    ``issues``: of ISSUE_COLUMNS, by severity and in the order in which they were found; none where the files have gone.
    ``version``: its place in its thread, None where it was never settled. ``versions``: all of its thread.
    ``working``: how its score comes about, None where errors are left. ``way``: its shortest way to the next level,
    None where errors are left and at the highest.
    ``neighbours``: the versions of other threads of the enterprise, by its credit code, else by its name; of
    NEIGHBOUR_COLUMNS.
    """

    form_id: str
    answers: Mapping[str, object]
    contents: Mapping[str, str]
    files: list[StoredRow]
    issues: list[StoredRow]
    version: StoredRow | None
    versions: list[VersionHistory]
    working: Working | None
    way: Way | None
    neighbours: list[StoredRow]


def load_return(database: BatchDatabase, edition: Edition, form_id: str) -> OneReturn | None:
    """Load a return by its form_id; None where the batch has none of this id.

    Raises BatchError, RuntimeError as ``way_of`` does.
    """
    with database.beside() as other, ThreadPoolExecutor(1) as beside:  # two cores take two thirds of the time of one
        asked = beside.submit(_one, other, _ANSWERS, form_id)
        settled = _one(database, _SETTLED, form_id) or {}
        scores = _one(database, _SCORES, form_id) if settled.get("score_units") is not None else None
        files = _all(database, FILE_COLUMNS, _FILES, [form_id])
        answers = asked.result()
        if answers is None:
            return None
        way = beside.submit(_way, edition, form_id, answers, scores) if scores else None
        issues = _all(database, ISSUE_COLUMNS, _ISSUES, [form_id])
        typed = dict(database.fetch_rows(_TYPED, [form_id]))
        enterprise = _returns_of_enterprise(database, answers)
        known = {row[0]: (row[1] or "", row[2] or "") for row in enterprise}
        versions = load_threads(database, [settled.get("thread", "")], known)
        own = {form_id, *(each.version["form_id"] for each in versions)}
        neighbours = _neighbours(database, [row for row in enterprise if row[0] not in own])
    return OneReturn(
        form_id,
        {key: value for key, value in answers.items() if value is not None},
        {key: text for key, value in answers.items() if (text := _content(value))} | typed,
        files,
        issues,
        next((each.version for each in versions if each.version["form_id"] == form_id), None),
        versions,
        working_of(edition, answers, scores) if scores else None,
        way.result() if way else None,
        neighbours,
    )


_ANSWERS, _SCORES = (f"SELECT * EXCLUDE form_id FROM {table} WHERE form_id = ?" for table in ("answers", "scores"))
_SETTLED = "SELECT thread, score_units FROM versions WHERE form_id = ?"
_TYPED = "SELECT key, content FROM typed WHERE form_id = ? AND content <> ''"
_FILES = "FROM files WHERE form_id = ? ORDER BY reason = 'superseded.copy', file"
_ISSUES = "FROM issues WHERE form_id = ? ORDER BY severity, number"
_OF_ENTERPRISE = "SELECT form_id, name, uscc, phase, assessment_kind FROM answers WHERE {who}"
_NEIGHBOURS = """FROM versions JOIN (
    SELECT unnest(?::VARCHAR[]) AS form_id, unnest(?::VARCHAR[]) AS phase, unnest(?::VARCHAR[]) AS assessment_kind
) USING (form_id) ORDER BY phase DESC, assessment_kind, thread, version DESC"""


def _content(value: object) -> str:
    """What stands in the cell of an answer; an option that is not ticked is blank."""
    match value:
        case None | False:
            return ""
        case True:
            return TICK
        case Decimal():
            return plain_decimal(value)
        case dt.date():
            return value.isoformat()
        case _:
            return str(value)


def _returns_of_enterprise(database: BatchDatabase, answers: StoredRow) -> list[tuple[Any, ...]]:
    """The form_id, name, credit code, phase and kind of the returns of an enterprise, by its code, else by its name."""
    key, who = ("name", "uscc IS NULL AND name = ?") if answers["uscc"] is None else ("uscc", "uscc = ?")
    return database.fetch_rows(_OF_ENTERPRISE.format(who=who), [answers[key]])


def _neighbours(database: BatchDatabase, returns: list[tuple[Any, ...]]) -> list[StoredRow]:
    """The versions of some returns of an enterprise."""
    if not returns:
        return []
    form_ids, _, _, phases, kinds = map(list, zip(*returns, strict=True))
    return _all(database, NEIGHBOUR_COLUMNS, _NEIGHBOURS, [form_ids, phases, kinds])


def _way(edition: Edition, form_id: str, answers: StoredRow, scores: StoredRow) -> Way | None:
    from smebatch.batch.ways import way_of  # brings pandas along, which a server does not wait for

    return way_of(edition, form_id, answers, scores)


def _one(database: BatchDatabase, query: str, form_id: str) -> StoredRow | None:
    return next(iter(database.fetch_records(query, [form_id])), None)


def _all(database: BatchDatabase, columns: Any, query: str, parameters: list[object]) -> list[StoredRow]:
    names = ", ".join(f'"{name}"' for name in columns)
    return [dict(zip(columns, row, strict=True)) for row in database.fetch_rows(f"SELECT {names} {query}", parameters)]
