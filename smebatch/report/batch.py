"""What a report is made from: one batch of returns, read, judged and scored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from smebatch.standard.model import Edition

ENTERPRISE = (
    *("name", "uscc", "province", "city", "district", "industry_code", "size", "above_scale", "specialised"),
    *("assessment_kind", "phase"),
)
"""What a report says of an enterprise, by key."""


@dataclass(frozen=True)
class Batch:
    """A batch of returns; the frames are facts, the report computes nothing but statistics from them.

    ``files``: RangeIndex; one row per entry found: file, status (counted, returned, superseded or
    rejected), reason, detail, form_id, superseded_by, warnings (int64).
    ``enterprises``: index form_id; one row per counted return: file and the keys of ENTERPRISE as text, NA where blank.
    ``scores``: index form_id, the same rows; int64: questions, dimensions and score_units (all in units, see
    ``scale_of``), score_level, scenes (0 to the highest level), scenes_ge1…, binding_ge1…, scene_level, level,
    points_missing (units), scenes_missing, binding_missing (to the next level, 0 at the top); blocked_by: score,
    scenes, binding joined by +, "" at the top. Editions without scenes leave the scene columns out.
    ``issues``: file, form_id, sheet, cell, key, code, severity (error or warning), found, expected, message,
    clause.
    ``roster``: who was asked to answer (name, uscc, district, …), or None where nobody said.
    ``region``: "" where unknown. ``read_at``: ISO time of the ingest. ``cut_short``: whether another has begun since
    and not ended. ``made_at``: time of the report, also the workbook's created date. ``version``: of the program.
    ``answered``: credit codes of all readable returns.
    """

    edition: Edition
    files: pd.DataFrame
    enterprises: pd.DataFrame
    scores: pd.DataFrame
    issues: pd.DataFrame
    roster: pd.DataFrame | None
    region: str
    read_at: str
    cut_short: bool
    made_at: datetime
    version: str
    answered: frozenset[str] = frozenset()
