"""Loads what goes back to enterprises: the answers and issues of returned forms, and the lists of whom to chase."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from smebatch.assess.office_names import normalized_name
from smebatch.batch.database import BatchDatabase
from smebatch.form.correction import Correction, CorrectionIssue
from smebatch.issues.catalogue import ISSUES, Severity
from smebatch.settings.model import Settings
from smebatch.standard.fixed_point import plain_decimal
from smebatch.standard.form_markers import UNCONFIRMED
from smebatch.standard.keys import keys_of, titles_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandas as pd

DEADLINE_HEADING = "截止日期"
"""The heading of a roster's column that holds the day by which each enterprise has to answer."""

_FORMS_AT_A_TIME = 500  # with all their answers
_FIRST_REASONS = 3
_DIGITS_OF_A_NUMBER = 15


class Sender(NamedTuple):
    """Who returns forms, whom to ask, and by when to answer (a day, ISO 8601); blank where it is not known."""

    bureau: str = ""
    contact: str = ""
    phone: str = ""
    deadline: str = ""


def sender_of(settings: Settings) -> Sender:
    """Who returns forms, by the settings."""
    deadline = settings.round.deadline
    return Sender(*settings.bureau, deadline.isoformat() if deadline else "")


class CopyLine(NamedTuple):
    """A returned form with the copy that was written of it; ``copy`` is its path from the folder of copies, with /.

    ``reasons``: the messages of its first errors. ``unchanged``: it says the same as the version before. ``version``:
    its number in its thread. ``beside``: the file of a return that counts and bears the same name, where the credit
    code of this one is not sure; else blank. Such a form is shown, not chased.
    """

    form_id: str
    thread: str
    copy: str
    file: str
    name: str
    uscc: str
    district: str
    contact: str
    phone: str
    errors: int
    warnings: int
    deadline: str
    reasons: tuple[str, ...]
    unchanged: bool
    version: int
    beside: str


class ReturnedForm(NamedTuple):
    """A returned form as it goes back: its line for the lists, its answers by key as a form is written, and the rest.

    The ``copy`` of the line is blank, for it is not named yet.
    """

    line: CopyLine
    answers: dict[str, object]
    correction: Correction


_RETURNED = """
SELECT f.form_id, v.thread, '' AS copy, f.file, coalesce(a.name, '') AS name, coalesce(a.uscc, '') AS uscc,
       coalesce(trim(a.district), '') AS district, coalesce(a.contact, '') AS contact, coalesce(a.phone, '') AS phone,
       v.errors, v.warnings, f.reason = 'returned.unchanged' AS unchanged, v.version
FROM (SELECT * FROM files WHERE status = 'returned' AND file IN (SELECT unnest(?::VARCHAR[]))) f
JOIN versions v USING (form_id) JOIN answers a USING (form_id) ORDER BY f.file
"""
_ISSUES = """
SELECT form_id, code, key, severity, found, message, clause, coalesce(explanation, '')
FROM issues WHERE form_id IN (SELECT unnest(?::VARCHAR[])) AND coalesce(state, '') <> 'waived'
ORDER BY form_id, severity, number
"""
_FILES = "SELECT file FROM files WHERE status = 'returned' ORDER BY file"
_OF_FORMS = "WHERE form_id IN (SELECT unnest(?::VARCHAR[]))"


def returned_forms(
    database: BatchDatabase, edition: Edition, sender: Sender, deadlines: Deadlines, files: Sequence[str] | None = None
) -> Iterator[ReturnedForm]:
    """Every returned form, in the order of files, or those of some files. Raises BatchError."""
    for lines in _returned_lines(database, edition, sender, deadlines, files):
        answers = written_answers(database, edition, [line.form_id for line, _ in lines])
        asked = (sender.bureau, sender.contact, sender.phone)
        for line, issues in lines:
            correction = Correction(line.form_id, line.name, line.file, line.deadline, *asked, tuple(issues))
            yield ReturnedForm(line, answers[line.form_id], correction)


def returned_lines(
    database: BatchDatabase, edition: Edition, sender: Sender, deadlines: Deadlines, files: Sequence[str]
) -> list[CopyLine]:
    """The lines of the returned forms of some files, as in returned_forms. Raises BatchError."""
    return [line for lines in _returned_lines(database, edition, sender, deadlines, files) for line, _ in lines]


def _returned_lines(
    database: BatchDatabase, edition: Edition, sender: Sender, deadlines: Deadlines, files: Sequence[str] | None
) -> Iterator[list[tuple[CopyLine, list[CorrectionIssue]]]]:
    """The lines of returned forms and the issues that a copy lists, some at a time."""
    beside = dict(database.recall_rows(_BESIDE))
    if files is None:
        files = [file for (file,) in database.fetch_rows(_FILES)]
    for start in range(0, len(files), _FORMS_AT_A_TIME):
        rows = database.fetch_rows(_RETURNED, [list(files[start : start + _FORMS_AT_A_TIME])])
        issues = _issues(database, edition, [row[0] for row in rows])
        lines = []
        for form_id, thread, copy, file, name, uscc, district, contact, phone, errors, warnings, *which in rows:
            listed, deadline = issues[form_id], deadlines.of(uscc, name) or sender.deadline
            reasons = tuple(issue.message for issue in listed if issue.is_error)[:_FIRST_REASONS]
            line = CopyLine(
                *(form_id, thread, copy, file, name, uscc, district, contact, phone, errors, warnings),
                *(deadline, reasons, *which, beside.get(form_id, "")),
            )
            lines.append((line, listed))
        yield lines


def _issues(database: BatchDatabase, edition: Edition, form_ids: list[str]) -> dict[str, list[CorrectionIssue]]:
    """The issues of returned forms that are not waived, by form_id, in the order in which a copy lists them."""
    titles = titles_of(edition)
    issues: dict[str, list[CorrectionIssue]] = {form_id: [] for form_id in form_ids}
    for form_id, code, key, severity, *texts in database.fetch_rows(_ISSUES, [form_ids]):
        issues[form_id].append(CorrectionIssue(code, key, severity == Severity.ERROR, titles.get(key, key), *texts))
    return issues


def count_returned(database: BatchDatabase) -> int:
    """How many forms are returned. Raises BatchError."""
    ((count,),) = database.recall_rows("SELECT count(*) FROM files WHERE status = 'returned'")
    return int(count)


def written_answers(database: BatchDatabase, edition: Edition, form_ids: Sequence[str]) -> dict[str, dict[str, object]]:
    """The answers of returns by form_id and key, as a form is written with them; blank ones are left out.

    What could not be read surely is there as it was typed. Where it would now be read as a sure answer, UNCONFIRMED
    stands before it, so that nobody's answer is guessed and a copy never counts as it was sent. Raises BatchError.
    """
    from smebatch.intake.workbook.cell_values import reads_surely

    keys = keys_of(edition)
    columns = ", ".join(f'"{name}"' for name in keys)
    answers: dict[str, dict[str, object]] = {}
    for form_id, *row in database.fetch_rows(f"SELECT form_id, {columns} FROM answers {_OF_FORMS}", [list(form_ids)]):
        filled = ((name, value) for name, value in zip(keys, row, strict=True) if value is not None)
        # A figure of 0 is an answer, an option that is not ticked is blank.
        answers[form_id] = {name: _in_cell(value) for name, value in filled if value is not False}
    for form_id, name, content in database.fetch_rows(
        f"SELECT form_id, key, content FROM typed {_OF_FORMS}", [list(form_ids)]
    ):
        answers[form_id][name] = UNCONFIRMED + content if reads_surely(keys[name], content) else content
    return answers


def _in_cell(value: object) -> object:
    """An answer as its cell keeps it whole: a figure of more digits than a number of a workbook has is a text."""
    if isinstance(value, Decimal) and len(plain := plain_decimal(value)) > _DIGITS_OF_A_NUMBER:
        return plain
    return value


class Deadlines(NamedTuple):
    """The days by which enterprises have to answer, by a roster; ``unreadable``: the texts that are no days."""

    by_code: Mapping[str, str]
    by_name: Mapping[str, str]
    unreadable: tuple[str, ...]

    def of(self, uscc: str, name: str) -> str:
        """The deadline of an enterprise in ISO 8601, "" where the roster has none."""
        return self.by_code.get(uscc.strip().upper(), "") or self.by_name.get(name.strip(), "")


def roster_deadlines(database: BatchDatabase) -> Deadlines:
    """The deadlines of a roster that has a column of them. Raises BatchError."""
    if not database.has_column("roster", DEADLINE_HEADING):
        return Deadlines({}, {}, ())
    texts = ("upper(trim(uscc))", "trim(name)", f'trim("{DEADLINE_HEADING}")')
    columns = ", ".join(f"coalesce({text}, '')" for text in texts)
    rows = [(*who, text, _day(text)) for *who, text in database.fetch_rows(f"SELECT {columns} FROM roster")]
    return Deadlines(
        {uscc: day for uscc, _, _, day in rows if uscc and day},
        {name: day for _, name, _, day in rows if name and day},
        tuple(text for *_, text, day in rows if text and not day),
    )


def _day(text: str) -> str:
    """A day that somebody typed, in ISO 8601; "" where it is none for certain."""
    from smebatch.intake.workbook.cell_values import read_date

    day = read_date(text).value
    return day.isoformat() if isinstance(day, dt.date) else ""


@dataclass(frozen=True)
class ChaseLists:
    """Whom to chase and what to decide, as frames with a RangeIndex; all columns but counts are text, "" where blank.

    ``unreadable``: entries that hold no return, without copies and locks: file, reason, detail (what to ask for).
    ``silent``: enterprises of the roster of which nothing readable came: name, uscc, district, contact, phone,
    deadline.
    ``pending``: explained errors that may be waived and for which no decision holds: form_id, code, key, name, title,
    found, expected, explanation.
    """

    unreadable: pd.DataFrame
    silent: pd.DataFrame
    pending: pd.DataFrame


# Returned forms without a sure credit code that bear the name of an enterprise whose return counts.
_BESIDE = f"""
WITH unsure AS MATERIALIZED (
    SELECT f.form_id, {normalized_name("a.name")} AS plain
    FROM files f JOIN answers a USING (form_id)
    WHERE f.status = 'returned' AND (a.uscc IS NULL OR f.form_id IN (
        SELECT form_id FROM findings WHERE key = 'uscc' AND severity = 'error'
        UNION ALL SELECT form_id FROM awaiting WHERE code = 'uscc.two_names'))
), named AS MATERIALIZED (  -- lest each name be normalized twice
    SELECT f.file, {normalized_name("a.name")} AS plain
    FROM files f JOIN answers a USING (form_id) WHERE f.status = 'counted'
)
SELECT u.form_id, min(named.file) FROM unsure u JOIN named USING (plain) WHERE plain <> '' GROUP BY u.form_id
"""
_UNREADABLE = """
SELECT file, reason, detail FROM files WHERE status = 'rejected' AND reason NOT IN ('file.lock', 'file.system')
ORDER BY file
"""
# Explained errors that await a decision.
_EXPLAINED = """
SELECT i.* FROM issues i JOIN files f ON f.form_id = i.form_id AND f.file = i.file
WHERE i.severity = 'error' AND coalesce(i.explanation, '') <> '' AND coalesce(i.decision, '') = ''
    AND i.code IN (SELECT unnest(?::VARCHAR[])) AND f.status = 'returned'
"""
_PENDING = f"""
SELECT i.form_id, i.code, i.key, coalesce(a.name, '') AS name, i.found, i.expected, i.explanation
FROM ({_EXPLAINED}) i JOIN answers a USING (form_id) ORDER BY i.file, i.number
"""


def load_chase_lists(database: BatchDatabase, edition: Edition, deadlines: Deadlines) -> ChaseLists:
    """Load the lists. Raises BatchError."""
    from smebatch.batch.response import ASKED_ENTERPRISES

    silent = database.fetch_frame(f"SELECT * FROM ({ASKED_ENTERPRISES}) WHERE NOT answered", ["", ""])
    silent = silent[["name", "uscc", "district", "contact", "phone"]].fillna("")
    silent["deadline"] = [deadlines.of(uscc, name) for uscc, name in zip(silent["uscc"], silent["name"], strict=True)]
    return ChaseLists(
        unreadable=database.fetch_frame(_UNREADABLE),
        silent=silent,
        pending=load_pending(database, edition),
    )


def load_pending(database: BatchDatabase, edition: Edition, among: range | None = None) -> pd.DataFrame:
    """The frame ``pending`` of ChaseLists; of a range of its rows only those. Raises BatchError."""
    waivable = [issue.code for issue in ISSUES.values() if issue.waivable]
    limit, offset = (len(among), among.start) if among else (None, 0)
    pending = database.fetch_frame(f"{_PENDING} LIMIT ? OFFSET ?", [waivable, limit, offset])
    titles = titles_of(edition)
    pending.insert(4, "title", [titles.get(key, key) for key in pending["key"]])
    return pending


def count_pending(database: BatchDatabase) -> int:
    """How many explained errors await a decision. Raises BatchError."""
    waivable = [issue.code for issue in ISSUES.values() if issue.waivable]
    ((count,),) = database.recall_rows(f"SELECT count(*) FROM ({_EXPLAINED})", [tuple(waivable)])
    return int(count)


def count_explained(database: BatchDatabase, form_ids: Collection[str]) -> dict[str, int]:
    """How many explained errors await a decision, of those of these returns that have any. Raises BatchError."""
    waivable = [issue.code for issue in ISSUES.values() if issue.waivable]
    query = (
        f"SELECT form_id, count(*) FROM ({_EXPLAINED}) WHERE form_id IN (SELECT unnest(?::VARCHAR[])) GROUP BY form_id"
    )
    return {form_id: int(count) for form_id, count in database.fetch_rows(query, [waivable, [*form_ids]])}
