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
    ``roster``: every enterprise asked, once: name, uscc, district, contact, phone, and bool: answered (a return of
    what the report covers can be read), counted (one counts in it), doubt (a return bears its name, but that is the
    name of several); None where nobody said.
    ``unasked``: every enterprise that answered and is not found on the roster: name, uscc, district, file, n (returns;
    file is the first), why (outside, several or unknown), rivals and whose (how many of the roster have its name, and
    their codes).
    ``region``: "" where unknown. ``read_at``: ISO time of the ingest. ``cut_short``: whether another has begun since
    and not ended. ``made_at``: time of the report, also the workbook's created date. ``version``: of the program.
    ``two_codes``: how many names stand under two credit codes or more. ``roster_from``: the roster's file and when it
    was read, "" where unknown.
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
    unasked: pd.DataFrame
    two_codes: int = 0
    roster_from: str = ""
