"""What lists of entries and of returns are filtered by; each is a condition on the table files, called f."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request

from smebatch.batch.database import BatchDatabase
from smebatch.common.text import BLANK
from smebatch.page.listing import Where, containing
from smebatch.page.requests import words

MOST_CHOICES = 200
"""Districts that are offered to be chosen, those of most returns; the words of returns may be many."""

ANY = "any"
"""Stands for whatever code of an issue."""

DISTRICT = f"coalesce(nullif(trim(a.district), ''), '{BLANK}')"
"""SQL of the district that a return names, of answers a."""


def asked(name: str) -> str:
    """What the request asks for under a name, "" where nothing."""
    return request.args.get(name, "")


def in_column(column: str, name: str) -> list[Where]:
    """The column of the table files is what is asked for under a name."""
    return [Where(f"f.{column} = ?", (value,))] if (value := asked(name)) else []


def in_district() -> list[Where]:
    """The return names the district that is asked for."""
    if not (value := asked("district")):
        return []
    return [Where(f"f.form_id IN (SELECT a.form_id FROM answers a WHERE {DISTRICT} = ?)", (value,))]


def of_answer(key: str) -> list[Where]:
    """The return answers a key with what is asked for under it."""
    value = asked(key)
    return [Where(f'f.form_id IN (SELECT form_id FROM answers WHERE "{key}" = ?)', (value,))] if value else []


def of_text() -> list[Where]:
    """The name of the file, or the name or code of the enterprise holds the text that is searched for."""
    if not (text := asked("q").strip()):
        return []
    places = [containing(column, text) for column in ("f.file", "name", "uscc")]
    file, *who = (place.sql for place in places)
    sql = f"{file} OR f.form_id IN (SELECT form_id FROM answers WHERE {' OR '.join(who)})"
    return [Where(sql, tuple(value for place in places for value in place.parameters))]


def with_issue() -> list[Where]:
    """The return has an issue of the code that is asked for, or of any, and of the severity that is asked for."""
    code, severity = asked("issue"), asked("severity")
    if not (code or severity):
        return []
    wanted = [("code", code)] if code not in ("", ANY) else []
    wanted += [("severity", severity)] if severity else []
    where = " AND ".join(["form_id <> ''", *(f"{column} = ?" for column, _ in wanted)])
    return [Where(f"f.form_id IN (SELECT form_id FROM issues WHERE {where})", tuple(v for _, v in wanted))]


def of_level() -> list[Where]:
    """The return reaches the level that is asked for by its number."""
    level = asked("level")
    if not level:
        return []
    return [Where("f.form_id IN (SELECT form_id FROM versions WHERE level = TRY_CAST(? AS BIGINT))", (level,))]


Choices = list[tuple[str, str]]
"""What may be chosen in a field: each value with its text."""


def choices_of(values: Iterable[str]) -> Choices:
    """Values that stand for themselves."""
    return [(value, value) for value in values]


def term_choices(kind: str, codes: Iterable[str]) -> Choices:
    """Statuses, states or severities with their names."""
    return [(code, words().term(kind, code)) for code in codes]


def district_choices(database: BatchDatabase) -> Choices:
    """The districts that returns name, in their order; of very many those of most returns. Raises BatchError."""
    query = f"SELECT {DISTRICT} FROM answers a GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT {MOST_CHOICES}"
    named = {name for (name,) in database.recall_rows(query)}
    return choices_of(sorted(named | ({asked("district")} - {""})))
