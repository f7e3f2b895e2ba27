"""Loads the history of an enterprise: the versions of its returns, the state of each issue, and what else changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from smebatch.assess.office_names import normalized_name
from smebatch.batch.database import BatchDatabase
from smebatch.batch.schema import CHANGES, ISSUE_STATES, VERSIONS

StoredRow = dict[str, Any]
"""A row of a table, by the names of its columns."""


@dataclass(frozen=True)
class VersionHistory:
    """A version with its issues and changes.

    ``name``, ``uscc``: who it says that the enterprise is, blank where it does not. ``version``: its row of the table
    versions. ``issues``: of issue_states, those closed by it as well. ``changes``: of changes. ``without_unasked``:
    score_units and level that it would have with the changes taken back that no issue asked for; None where there are
    none, or errors are left.
    """

    name: str
    uscc: str
    version: StoredRow
    issues: list[StoredRow]
    changes: list[StoredRow]
    without_unasked: tuple[int, int] | None


# A code or a form_id is meant as it stands; a name as an office reads it, and any part of it where no name is equal.
_THREADS_OF = f"""
WITH wanted AS (SELECT who, {normalized_name("who")} AS plain FROM (SELECT ?::VARCHAR AS who)),
known AS (
    SELECT v.thread, v.form_id, a.uscc, {normalized_name("a.name")} AS plain
    FROM versions v JOIN answers a USING (form_id)
),
exact AS (
    SELECT thread FROM known, wanted
    WHERE form_id = lower(who) OR uscc = upper(who) OR (known.plain = wanted.plain AND wanted.plain <> '')
)
SELECT DISTINCT thread FROM exact
UNION
SELECT DISTINCT thread FROM known, wanted
WHERE NOT EXISTS (FROM exact) AND wanted.plain <> '' AND contains(known.plain, wanted.plain)
ORDER BY thread
"""


_NAMES = "SELECT form_id, name, uscc FROM answers WHERE form_id IN (SELECT unnest(?::VARCHAR[]))"
_TAKEN_BACK = "SELECT form_id, score_units, level FROM taken_back WHERE form_id IN (SELECT unnest(?::VARCHAR[]))"


def load_history(database: BatchDatabase, who: str) -> list[VersionHistory]:
    """The versions of the threads of an enterprise, thread by thread; none where nobody is meant.

    ``who``: a credit code, a name or a form_id. Raises BatchError.
    """
    return load_threads(database, [thread for (thread,) in database.fetch_rows(_THREADS_OF, [who.strip()])])


def load_threads(
    database: BatchDatabase, threads: list[str], known: Mapping[str, tuple[str, str]] = MappingProxyType({})
) -> list[VersionHistory]:
    """The versions of threads, thread by thread. Raises BatchError.

    ``known``: by form_id, of versions of which they need not be looked up, name and credit code, "" where blank.
    """
    versions = _rows(database, VERSIONS.names, "versions", threads, "thread, version")
    form_ids = [version["form_id"] for version in versions]
    names = dict(known)
    if unknown := [form_id for form_id in form_ids if form_id not in known]:
        names |= {form_id: (name or "", uscc or "") for form_id, name, uscc in database.fetch_rows(_NAMES, [unknown])}
    # Threads by the name of the last version, so that a person finds one.
    order = {version["thread"]: (names[version["form_id"]], version["thread"]) for version in versions}
    versions.sort(key=lambda version: order[version["thread"]])
    issues = _by_form(_rows(database, ISSUE_STATES.names, "issue_states", threads, "thread, severity, code, key"))
    changes, taken_back = _by_form([]), dict[str, tuple[int, int]]()
    if any(version["previous_form_id"] for version in versions):  # a first one has changed nothing
        changes = _by_form(_rows(database, CHANGES.names, "changes", threads, "number"))
        rows = database.fetch_rows(_TAKEN_BACK, [form_ids])
        taken_back = {form_id: (score_units, level) for form_id, score_units, level in rows}
    return [
        VersionHistory(*names[form_id], version, issues[form_id], changes[form_id], taken_back.get(form_id))
        for version in versions
        for form_id in [version["form_id"]]
    ]


def _by_form(rows: list[StoredRow]) -> defaultdict[str, list[StoredRow]]:
    """Rows by their form_id, in their order."""
    grouped: defaultdict[str, list[StoredRow]] = defaultdict(list)
    for row in rows:
        grouped[row["form_id"]].append(row)
    return grouped


def _rows(database: BatchDatabase, columns: list[str], table: str, threads: list[str], order: str) -> list[StoredRow]:
    names = ", ".join(f'"{name}"' for name in columns)
    query = f"SELECT {names} FROM {table} WHERE thread IN (SELECT unnest(?::VARCHAR[])) ORDER BY {order}"
    return [dict(zip(columns, row, strict=True)) for row in database.fetch_rows(query, [threads])]
