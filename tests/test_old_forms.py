"""Returns filled in on forms that went out before are read as ever: the keys are what is read, not where they stand.

``old_forms/return_1.xlsx`` was written, with made-up answers, by the version of November 2026 whose sheets had other
columns, no remarks between the questions and no rates computed.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from cases import EDITION, form_bytes
from smebatch.form.layout import answer_cells
from smebatch.intake.read_entry import read_bytes
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import keys_of

OLD = Path(__file__).parent / "old_forms" / "return_1.xlsx"
SOME = {  # an answer of each kind; figures in millionths
    "uscc": "919900010000003FHQ",
    "filled_on": dt.date(2026, 9, 30),
    "q04_o03": True,
    "equipment_total": 113_000_000,
    "pass_rate_after": 95_800_000,
    "s01_state": "未达一级",
    "s02_l2": True,
}


def test_an_older_form_is_read_the_same() -> None:
    old, keys = read_bytes(OLD.read_bytes(), EDITION), keys_of(EDITION)
    assert {finding.code for finding in old.findings} <= {"edition.changed", "form.version"}
    assert len(set(old.locations) & set(keys)) == 224  # all that there were
    assert not old.unsure
    assert {key: old.values[key] for key in SOME} == SOME
    assert len(old.values) == 73
    # the same answers on a form of today
    figures = {k: Decimal(v) / MICRO for k, v in old.values.items() if keys[k].kind.is_figure and isinstance(v, int)}
    assert read_bytes(form_bytes({**old.values, **figures}), EDITION).values == old.values


def test_its_answers_stand_elsewhere() -> None:
    where = {key: "!".join(read_bytes(OLD.read_bytes(), EDITION).location_of(key)) for key in SOME}
    assert {key for key, cell in where.items() if cell != answer_cells(EDITION)[key]} >= {"q04_o03", "pass_rate_after"}
