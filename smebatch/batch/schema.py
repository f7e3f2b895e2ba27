"""The tables of a batch and the columns of its exports: names, types and meanings, each in one place.

What scoring computes is declared in :mod:`smebatch.assess.score_columns`, what a form asks in the edition; this module
takes both up and adds what only a batch knows. The database, the exports and docs/reference.md are made from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum, auto
from functools import cache
from typing import NamedTuple

from smebatch.assess.score_columns import NAMES_OF_NO_PART, UNITS, scene_columns, score_columns
from smebatch.standard.fixed_point import DECIMALS
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition

LAYOUT = "5"
"""The version of the tables below. A batch of another layout is read anew."""

FIGURE = f"DECIMAL(18,{DECIMALS})"
"""The SQL type of a figure, in the unit of its key."""

_SQL_OF_KINDS = {Kind.TICK: "BOOLEAN", Kind.DATE: "DATE", **{kind: FIGURE for kind in Kind if kind.is_figure}}
_SQL_OF_DTYPES = {"int64": "BIGINT", "str": "VARCHAR"}


class StoredColumn(NamedTuple):
    """A column of a table: its name, SQL type, meaning, and where they apply its unit and clause of the standard."""

    name: str
    sql: str
    meaning: str
    unit: str = ""
    clause: str = ""


class StoredTable(NamedTuple):
    """A table or a view of a batch."""

    name: str
    meaning: str
    columns: tuple[StoredColumn, ...]

    @property
    def names(self) -> list[str]:
        """The names of its columns, in order."""
        return [column.name for column in self.columns]


class Rendering(Enum):
    """How an export writes a value. Parquet and JSON keep its type; a CSV gets a text."""

    TEXT = auto()  # in a CSV with an apostrophe before what a spreadsheet would take for a formula
    PLAIN = auto()  # a whole number or a date, as stored
    TICK = auto()  # in a CSV 1 or 0
    FIGURE = auto()  # an exact decimal, in a CSV without trailing zeros
    POINTS = auto()  # units as points with two decimals, halves rounded up
    UNITS_PER_POINT = auto()  # the same number in every row


class ExportedColumn(NamedTuple):
    """A column of an export. ``source`` is the stored column it is made from, blank for a constant."""

    name: str
    source: str
    rendering: Rendering
    meaning: str
    unit: str = ""
    clause: str = ""


class Export(NamedTuple):
    """An exported file, without its ending, and its columns in order."""

    name: str
    meaning: str
    columns: tuple[ExportedColumn, ...]


def _text(name: str, meaning: str) -> StoredColumn:
    return StoredColumn(name, "VARCHAR", meaning)


_FILE = _text("file", "path of the entry from its folder, with /, through containers as well: a.zip/b.xlsx")
_SHA256 = _text("sha256", "SHA-256 of its bytes, blank where they were not read")
_BYTES = StoredColumn("bytes", "BIGINT", "size", "bytes")
_MTIME = StoredColumn("mtime_ns", "BIGINT", "time of its last change since 1970, UTC", "ns")
_STAMP = StoredColumn("stamp", "BIGINT", "a number that changes when the bytes do: the time, or what a container says")
_FORM_ID = _text("form_id", "id of the return, the first 16 digits of its SHA-256; blank where the entry holds none")
_STATUS = _text("status", "counted, returned, superseded or rejected (see Statuses)")
_REASON = _text("reason", "code of the reason of its status (docs/issues.md)")
_DETAIL = _text("detail", "the reason as a sentence, in Chinese")

_RETURN_ID = _FORM_ID._replace(meaning="id of the return")
_FINDING_COLUMNS = (
    _RETURN_ID,
    StoredColumn("number", "INTEGER", "order of the issues of a return; those found by comparing returns come last"),
    _text("sheet", "sheet of the workbook, blank for what has no place"),
    _text("cell", "address in the sheet, D14, or of all cells that are to be ticked, F97:F101"),
    _text("key", "key of the answer, question or scene"),
    _text("code", "stable code of the issue (docs/issues.md)"),
    _text("severity", "error (keeps the return from being counted) or warning"),
    _text("found", "what stands in the cell"),
    _text("expected", "what should stand there"),
    _text("message", "what is wrong and how to mend it, in Chinese"),
    _text("message_en", "the same in English"),
    _text("clause", "clause of the standard that the issue rests on"),
    _text("about", "the answers that the issue is about, as JSON: pairs of key and text"),
)
_KEPT_FROM_ISSUES = ("number", "about")  # columns of the issues that no export has

ENTRIES = StoredTable(
    "entries",
    "what was found in the folders, and what came of reading it",
    (_FILE, _SHA256, _BYTES, _MTIME, _STAMP, _FORM_ID, _REASON, _DETAIL),
)
INSIDE = StoredTable(
    "inside",
    "what containers (archives, mails) held when they were opened, so that they are not opened again",
    (
        StoredColumn("location", "BLOB", "path or URL of the container"),
        StoredColumn("whole", "BIGINT", "size of the container", "bytes"),
        _STAMP._replace(meaning="stamp of the container"),
        _text("name", "name of what lies in it, from the container's own"),
        _BYTES,
        _MTIME,
        _REASON._replace(meaning="code of the reason why it can be no return, blank where it may be one"),
        StoredColumn("steps", "BIGINT[]", "its number at each level of containers, inwards"),
    ),
)
FORMS = StoredTable(
    "forms",
    "how many issues each return has by itself",
    (
        _RETURN_ID,
        StoredColumn("errors", "INTEGER", "how many errors"),
        StoredColumn("warnings", "INTEGER", "how many warnings"),
        _text("corrects", "of a correction copy, the form_id of the return that it corrects, as it says; else blank"),
    ),
)
TYPED = StoredTable(
    "typed",
    "what stands in cells that could not be read surely, as it was typed",
    (
        _RETURN_ID,
        _text("key", "key of the answer"),
        _text("content", "the whole content of the cell; blank where nobody can tell whether anything was answered"),
    ),
)
EXPLANATIONS = StoredTable(
    "explanations",
    "what enterprises say of the issues that a correction copy lists",
    (
        _RETURN_ID,
        _text("code", "code of the issue"),
        _text("key", "key of the issue"),
        _text("text", "the explanation"),
    ),
)
FINDINGS = StoredTable("findings", "the issues of each return by itself", _FINDING_COLUMNS)
AWAITING = StoredTable("awaiting", "the issues of returns that come of comparing them with others", _FINDING_COLUMNS)
FILES = StoredTable(
    "files",
    "the ledger: every entry with its status",
    (
        *(_FILE, _SHA256, _BYTES, _STATUS, _REASON, _DETAIL, _FORM_ID),
        _text("superseded_by", "the file that stands for this one, blank where none does"),
        StoredColumn("warnings", "BIGINT", "how many warnings its return has"),
    ),
)
HISTORY = StoredTable(
    "history",
    "lines of the ledger whose files have since been removed, renamed or changed",
    (
        *(_FILE, _SHA256, _BYTES, _FORM_ID, _STATUS, _REASON, _DETAIL),
        _text("became", "removed, renamed or changed"),
        _text("noticed_at", "time of the ingest that noticed it, ISO 8601"),
    ),
)
_VERSION = (
    _text("thread", "form_id of the first version of this return"),
    _RETURN_ID,
    _text("previous_form_id", "form_id of the version before, blank for the first"),
)
_CODE, _KEY = _text("code", "stable code of the issue (docs/issues.md)"), _text("key", "key of the issue")
_DECISION = _text("decision", "accepted (waived) or refused; blank where nothing holds")
_REASON_GIVEN = _text("reason", "the reason of the decision")
_DECIDED_BY = _text("decided_by", "who decided")
_DECIDED_ON = _text("decided_on", "the day of the decision, ISO 8601")
_STATE = _text("state", "closed, miscorrected, unchanged, new or waived")

SIGHTINGS = StoredTable(
    "sightings",
    "where each return was last seen, and when it was first read; it is kept where its files have gone",
    (_RETURN_ID, _FILE, _MTIME, _text("read_at", "time of the ingest that first read it, ISO 8601")),
)
VERSIONS = StoredTable(
    "versions",
    "every version of every return, in the order of its thread; those too that no file holds any more",
    (
        _VERSION[0],
        StoredColumn("version", "INTEGER", "number of the version, from 1"),
        *_VERSION[1:],
        _FILE._replace(meaning="file that stands for it, or did last"),
        _text("status", "counted, returned, superseded, or gone where no file holds it any more"),
        StoredColumn("errors", "INTEGER", "how many errors are left, without those waived"),
        StoredColumn("warnings", "INTEGER", "how many warnings"),
        StoredColumn("waived", "INTEGER", "how many errors are waived"),
        StoredColumn("score_units", "BIGINT", "score, blank where errors are left", UNITS),
        StoredColumn("level", "BIGINT", "level, blank where errors are left"),
        SIGHTINGS.columns[-1],
    ),
)
ISSUE_STATES = StoredTable(
    "issue_states",
    "what has become of each issue of a return from version to version",
    (
        *_VERSION,
        *(_CODE, _KEY, _text("severity", "error or warning"), _STATE),
        _text("found_before", "what was found in the version before"),
        _text("found", "what is found in this version; blank for what is closed"),
        _text("explanation", "what the enterprise says of it in this version"),
        *(_DECISION, _REASON_GIVEN, _DECIDED_BY, _DECIDED_ON),
    ),
)
CHANGES = StoredTable(
    "changes",
    "every answer that differs from that of the version before",
    (
        *_VERSION,
        _text("key", "key of the answer"),
        _text("before", "the answer of the version before, as in answers; as typed where it could not be read"),
        _text("after", "the answer of this version"),
        _text("asked", "yes where an issue of the version before asked for the change, else no"),
        StoredColumn("number", "INTEGER", "order of the keys"),
    ),
)
DIFFERENCES = StoredTable(
    "differences", "the answers in which two versions differ, found once", (*_VERSION[1:], *CHANGES.columns[3:6])
)
COMPARED = StoredTable("compared", "the versions that were compared for the table differences", _VERSION[1:])
UNASKED = StoredTable(
    "unasked",
    "of each scored version, the answers that differ from those of the last scored version before it, or of the first "
    "version, though no issue asked for a change since; several changes of an answer are one",
    (_RETURN_ID, *CHANGES.columns[3:6], CHANGES.columns[-1]),
)
TAKEN_BACK = StoredTable(
    "taken_back",
    "what a version would score with the answers of the table unasked as they were before",
    (_RETURN_ID, *VERSIONS.columns[-3:-1]),
)
DECISIONS = StoredTable(
    "decisions",
    "what was decided of errors that enterprises have explained",
    (
        StoredColumn("number", "INTEGER", "order in which they were given"),
        *(_RETURN_ID, _CODE, _KEY, _FINDING_COLUMNS[-1]),
        _text("found", "what was found when it was decided"),
        *(_DECISION, _REASON_GIVEN, _DECIDED_BY, _DECIDED_ON),
        _text("line_date", "the day as it stood in a decisions file, blank where none did; NULL if decided by hand"),
    ),
)
DECISION_ISSUES = StoredTable(
    "decision_issues",
    "issues of the lines of decisions files",
    (_FILE._replace(meaning="name of the decisions file"), *_FINDING_COLUMNS[1:-1]),
)
META = StoredTable(
    "meta",
    "what the batch says of itself",
    (StoredColumn("name", "VARCHAR PRIMARY KEY", "name of the value"), _text("value", "the value")),
)
ISSUES = StoredTable(
    "issues",
    "the issues of findings and awaiting, each named by the file that stands for its return, and those of decisions "
    "files; made when the batch is settled",
    (
        *(_FILE, *(c for c in _FINDING_COLUMNS if c.name not in _KEPT_FROM_ISSUES)),
        *(_STATE, ISSUE_STATES.columns[ISSUE_STATES.names.index("explanation")], _DECISION),
        _FINDING_COLUMNS[1],
    ),
)

WAYS = StoredTable(
    "ways",
    "the shortest way of each return in scores to its next level; none for those at the highest level",
    (
        _RETURN_ID,
        StoredColumn("to_level", "INTEGER", "the next level", "level"),
        StoredColumn("steps", "INTEGER", "the fewest steps that lead there, blank where there is no way", "steps"),
        StoredColumn(
            "question_steps", "INTEGER", "those of them in questions: an option further, or a tick more", "steps"
        ),
        StoredColumn("scene_steps", "INTEGER", "those of them in scenes: a level more", "steps"),
        _text("changes", "one such way: key+steps of each question and scene in it, joined by ;"),
        StoredColumn("alternatives", "DECIMAL(38,0)", "how many other sets of steps are as small", "sets"),
        _text("proof", "why no way is shorter, or why there is none, in Chinese"),
        _text("locked", "the keys among changes that an enterprise cannot raise by deciding to, joined by ;"),
    ),
)
"""Nothing keeps it: exports and reports work it out from the answers."""

BY_FORM = ("forms", "answers", "typed", "explanations", "findings", "scores")
"""The tables of what one return says, by form_id."""

EXPORTED_FIELDS = ("name", "uscc", "district", "assessment_kind", "phase")
"""The fields of an enterprise that stand in the exported scores, by key."""

REPORTED_FIELDS = (
    *("name", "uscc", "province", "city", "district", "industry_code", "size", "above_scale", "specialised"),
    *("assessment_kind", "phase", "contact", "phone"),
)
"""The fields of an enterprise that the report uses, by key."""

WORKING = ("questions", "dimensions")
"""What ``check --json`` says of a score beside the columns of scores: the points of each question and dimension."""

_POINTS = "points"
_SCORE = "score"
_UNITS_PER_POINT = "units_per_point"

FIXED_TABLES = (
    *(ENTRIES, INSIDE, FORMS, TYPED, EXPLANATIONS, FINDINGS, FILES, AWAITING),
    *(VERSIONS, ISSUE_STATES, CHANGES, DIFFERENCES, COMPARED, UNASKED, TAKEN_BACK),
)
"""The tables whose columns no edition adds to."""

LASTING_TABLES = (HISTORY, SIGHTINGS, DECISIONS, DECISION_ISSUES, META)
"""The tables that are kept where a batch is read anew."""

RESERVED = frozenset(
    (
        *(name for table in (*FIXED_TABLES, *LASTING_TABLES, WAYS) for name in table.names),
        *NAMES_OF_NO_PART,
        *(*EXPORTED_FIELDS, _SCORE, _UNITS_PER_POINT, *WORKING),
    )
)
"""Names that no figure and no dimension of an edition may have, for those become columns beside these."""


@cache
def tables_of(edition: Edition) -> tuple[StoredTable, ...]:
    """The tables that are made anew, and empty, where a batch is read anew, in the order in which they are made."""
    answers = (
        StoredColumn(name, _SQL_OF_KINDS.get(key.kind, "VARCHAR"), key.label, key.unit, key.clause)
        for name, key in keys_of(edition).items()
    )
    scores = (
        StoredColumn(c.name, _SQL_OF_DTYPES[c.dtype], c.meaning, c.unit, c.clause) for c in score_columns(edition)
    )
    roster = (_text(field.key, field.label) for field in edition.fields)
    return (
        *FIXED_TABLES,
        StoredTable("answers", "the answers of each return; NULL where blank or not sure", (_RETURN_ID, *answers)),
        StoredTable("scores", "the scores of the returns without errors of their own", (_RETURN_ID, *scores)),
        StoredTable(
            "roster", "the enterprises asked; further columns of the list follow under its own headings", (*roster,)
        ),
    )


def exports_of(edition: Edition) -> tuple[Export, ...]:
    """The exports of a batch of this edition, in the order in which they are written."""
    *_, answers, scores, _ = tables_of(edition)
    return (
        Export("files", "every entry with its status", tuple(map(_exported, FILES.columns))),
        Export("answers", "the answers of every return that could be read", tuple(map(_exported, answers.columns))),
        Export("scores", "the scores of the counted returns", tuple(_exported_scores(edition, answers, scores))),
        export_of_issues(),
        Export("versions", VERSIONS.meaning, tuple(map(_exported, VERSIONS.columns))),
        Export("issue_states", ISSUE_STATES.meaning, tuple(map(_exported, ISSUE_STATES.columns))),
        Export("changes", CHANGES.meaning, tuple(_exported(c) for c in CHANGES.columns if c.name != "number")),
        Export(WAYS.name, WAYS.meaning, tuple(map(_exported, WAYS.columns))),
    )


def export_of_issues() -> Export:
    """The export of issues, whose columns no edition adds to."""
    columns = (_exported(column) for column in ISSUES.columns if column.name != "number")
    return Export("issues", "every issue of every return that could be read", tuple(columns))


def _exported(column: StoredColumn) -> ExportedColumn:
    """A stored column as it is exported by its type."""
    renderings = {"VARCHAR": Rendering.TEXT, "BOOLEAN": Rendering.TICK, FIGURE: Rendering.FIGURE}
    rendering = renderings.get(column.sql, Rendering.PLAIN)
    return ExportedColumn(column.name, column.name, rendering, column.meaning, column.unit, column.clause)


def _in_points(column: StoredColumn, name: str) -> ExportedColumn:
    return ExportedColumn(name, column.name, Rendering.POINTS, column.meaning, _POINTS, column.clause)


def _exported_scores(edition: Edition, answers: StoredTable, scores: StoredTable) -> Iterator[ExportedColumn]:
    """Questions, dimensions and the score in points, the score in units as well, levels and counts as stored."""
    stored = {column.name: column for column in (*answers.columns, _FILE, *scores.columns)}
    for name in ("form_id", "file", *EXPORTED_FIELDS):
        yield _exported(stored[name])
    for name in (*edition.question, *edition.dimension):
        yield _in_points(stored[name], name)
    score = stored["score_units"]
    yield _in_points(score, _SCORE)
    yield _exported(score)
    meaning = "how many units a point has, the same in every row"
    yield ExportedColumn(_UNITS_PER_POINT, "", Rendering.UNITS_PER_POINT, meaning, UNITS, score.clause)
    for name in ("score_level", *(column.name for column in scene_columns(edition)), "level", "blocked_by"):
        yield _exported(stored[name])


def declared(columns: Iterable[StoredColumn]) -> str:
    """SQL of columns as a table is created with them."""
    return ", ".join(f'"{column.name}" {column.sql}' for column in columns)
