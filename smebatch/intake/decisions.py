from __future__ import annotations
import datetime as dt
from pathlib import Path
from typing import NamedTuple
from smebatch.issues.finding import Finding


class Decision(NamedTuple):
    form_id: str
    code: str
    key: str
    accepted: bool
    reason: str
    decided_by: str
    decided_on: dt.date | None
    sheet: str
    cell: str


class DecisionsFile(NamedTuple):
    name: str
    decisions: list[Decision]
    findings: list[Finding]
