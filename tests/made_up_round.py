"""A made-up round with all that a report can tell of: roster, targets, groups, tiers, phases, kinds and corrections."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest.mock import patch

from openpyxl import Workbook

from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportOptions, open_batch
from smebatch.common.target import Target
from smebatch.form.prefill import Splicer
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.sample.answers import make_answers
from smebatch.sample.faults import FAULTS
from smebatch.sample.write import rng_of_return
from smebatch.settings.model import Report, Tier
from smebatch.standard.loader import load_edition
from smebatch.workflow import decide_issue
from test_pipeline import in_process

EDITION = load_edition()
NOW = dt.datetime(2027, 3, 1, 12, 0, tzinfo=dt.UTC)
START = 1_790_000_000  # seconds since 1970
SETTINGS = """
[round]
small_group = 4
[report]
group_by = ["服务商", "specialised"]
tiers = [{ name = "领先", score = 60 }, { name = "中等", score = 32.5 }]
[[targets]]
name = "规上二级"
level = "二级"
share = "60%"
where = { above_scale = "是" }
[[targets]]
name = "云服的企业"
level = "一级"
count = 12
where = { "服务商" = "云服" }
"""
OPTIONS = ReportOptions(
    4,
    Report(("服务商", "specialised"), (Tier("领先", Fraction(60)), Tier("中等", Fraction(65, 2)))),
    (
        Target("规上二级", "二级", Fraction(3, 5), None, (("above_scale", "是"),)),
        Target("云服的企业", "一级", None, 12, (("服务商", "云服"),)),
    ),
)
"""What SETTINGS says."""


def write_round(folder: Path, n: int, *, seed: int = 7) -> Path:
    """Write the returns of ``n`` enterprises into ``folder``/returns, and a roster; returns the roster's path.

    Every enterprise sent a 自评 after the change. Every 2nd had one before it, every 3rd was assessed on site, every
    5th made a fault, and every 10th of those that did sent a mended form. Every 7th is not on the roster, which lists
    some who sent nothing; one return lies there twice, and one file is none.
    """
    returns, splicer, listed = folder / "returns", Splicer(EDITION), []
    returns.mkdir(parents=True, exist_ok=True)
    faults = list(FAULTS.values())

    def put(name: str, answers: Mapping[str, object], seconds: int = 0) -> None:
        path = returns / f"{name}.xlsx"
        path.write_bytes(splicer.form(answers))
        os.utime(path, (START + seconds, START + seconds))

    for i in range(n):
        rng = rng_of_return(seed, i)
        maturity = rng.random()
        after: dict[str, Any] = {**make_answers(EDITION, rng, serial=i, maturity=maturity), "phase": "改造后"}
        after["assessment_kind"] = "自评"
        if i % 7:
            listed.append(
                [after["name"], after["uscc"], after["district"] if i % 9 else None, "云服" if i % 4 else None]
            )
        if i % 5 == 0:
            fault = faults[(i // 5 + 1) % len(faults)]
            put(f"{i:04d}_first", fault(EDITION, rng_of_return(seed, -i), after))
        if i % 5 or i % 10 == 0:
            put(f"{i:04d}_after", after, 60)
        same = {key: after[key] for key in ("name", "uscc", "district", "assessment_kind")}
        if i % 2 == 0:
            earlier = make_answers(EDITION, rng, serial=i, maturity=maturity * 0.8)
            put(f"{i:04d}_before", earlier | same | {"phase": "改造前"})
        if i % 3 == 0:
            found = make_answers(EDITION, rng, serial=i, maturity=maturity * 0.9)
            put(f"{i:04d}_site", found | same | {"phase": "改造后", "assessment_kind": "现场评定"})
    (returns / "notes.xlsx").write_bytes(b"no workbook")
    (returns / "copy.xlsx").write_bytes((returns / "0001_after.xlsx").read_bytes())
    listed += [[f"未报企业{i}", None, None if i % 2 else "东湖区（示例）", "云服"] for i in range(n // 10 + 1)]
    return write_roster(folder / "roster.xlsx", listed)


def write_roster(path: Path, rows: list[list[Any]]) -> Path:
    """Write a roster of names, credit codes, districts and 服务商."""
    book = Workbook()
    sheet = book.active
    sheet.append(["企业名称", "统一社会信用代码", "区县", "服务商"])
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def make_round(folder: Path, n: int, *, seed: int = 7) -> Path:
    """Such a round as a batch, with one error waived; returns its path."""
    roster, batch = write_round(folder, n, seed=seed), folder / "batch.duckdb"
    with patch.object(WorkerPool, "read", in_process(read_entry)):  # quicker than processes
        ingest(folder / "returns", batch, EDITION, now=NOW, roster=roster)
    waive_one(batch)
    return batch


def waive_one(batch: Path) -> None:
    """Accept the first error that may be waived and keeps its return from being counted by itself."""
    database, _ = open_batch(batch)
    with database:
        errors = database.fetch_rows(
            """SELECT form_id, code, key FROM issue_states s JOIN versions v USING (form_id)
            WHERE s.severity = 'error' AND s.state = 'new' AND v.errors = 1 AND code LIKE 'interval%' ORDER BY v.file"""
        )
    for form_id, code, key in errors[:1]:
        decide_issue(batch, form_id, code, key, accepted=True, reason="属实", decided_by="周审", now=NOW)
