"""What the columns of a batch's tables and of its exports are called, in one place.

The ids of figures and dimensions become columns beside these, so that no edition may use one of them as an id.
"""

from __future__ import annotations

FINDINGS = {
    "form_id": "VARCHAR",
    "number": "INTEGER",
    **dict.fromkeys(("sheet", "cell", "key", "code", "severity", "found", "expected"), "VARCHAR"),
    **dict.fromkeys(("message", "message_en", "clause"), "VARCHAR"),
}
TABLES: dict[str, dict[str, str]] = {
    "entries": {
        "file": "VARCHAR",
        "sha256": "VARCHAR",
        **dict.fromkeys(("bytes", "mtime_ns", "stamp"), "BIGINT"),
        **dict.fromkeys(("form_id", "reason", "detail"), "VARCHAR"),
    },
    # What lies in a container (its location, bytes and stamp): its name from there, and how to get there.
    "inside": {
        "location": "BLOB",
        **dict.fromkeys(("whole", "stamp"), "BIGINT"),
        "name": "VARCHAR",
        **dict.fromkeys(("bytes", "mtime_ns"), "BIGINT"),
        "reason": "VARCHAR",
        "steps": "BIGINT[]",
    },
    "forms": {"form_id": "VARCHAR", "errors": "INTEGER", "warnings": "INTEGER"},
    "findings": FINDINGS,
    "files": {
        "file": "VARCHAR",
        "sha256": "VARCHAR",
        "bytes": "BIGINT",
        **dict.fromkeys(("status", "reason", "detail", "form_id", "superseded_by"), "VARCHAR"),
        "warnings": "BIGINT",
    },
    "awaiting": FINDINGS,
}
"""The tables of a batch whose columns no edition adds to: column → SQL type."""

META = {"name": "VARCHAR PRIMARY KEY", "value": "VARCHAR"}
HISTORY = {
    **dict.fromkeys(("file", "sha256"), "VARCHAR"),
    "bytes": "BIGINT",
    **dict.fromkeys(("form_id", "status", "reason", "detail", "became", "noticed_at"), "VARCHAR"),
}

EXPORTED_FILES = tuple(TABLES["files"])
EXPORTED_ISSUES = ("file", *(name for name in FINDINGS if name != "number"))
WHO = ("name", "uscc", "district", "assessment_kind", "phase")
"""The fields of an enterprise that stand in the exported scores."""

GAPS = ("points_missing", "scenes_missing", "binding_missing")
SCORES = ("score_units", "score_level", "scene_level", "level", *GAPS, "blocked_by")
"""The columns of the scores beside those named after questions, scenes, dimensions and levels."""

EXPORTED_SCORES = ("score", "units_per_point")
CHECKED = ("questions", "dimensions")
"""What ``check --json`` says of a score beside the columns of the scores."""

_ALL = (*TABLES.values(), META, HISTORY, WHO, SCORES, EXPORTED_SCORES, CHECKED)
TAKEN = frozenset(name for names in _ALL for name in names)
"""Names that no figure and no dimension may have."""
