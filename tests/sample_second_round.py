"""The second round of the sample data: what comes back of the correction copies of the first, and what was decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from smebatch.batch.copies import DECISION_FORM, CopyNames
from smebatch.batch.folders import AllowedChanges
from smebatch.batch.ingest import ingest
from smebatch.batch.load import open_batch
from smebatch.batch.returned import ReturnedForm, Sender, load_chase_lists, returned_forms, roster_deadlines
from smebatch.form.writer import write_form
from smebatch.report.decision_form import write_decision_form
from smebatch.standard.model import Edition
from smebatch.standard.sample_values import SampleAnswers

NOW = dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
SENDER = Sender("示例市工业和信息化局", "林知", "0990-1234567", "2026-12-15")
EXPLANATION = "设备台账按生产线统计，一条线算一台，联网设备数已附清单。"
REASON, DECIDED_BY, DECIDED_ON = "已核对设备台账和联网清单，答案属实", "周审", "2026-11-20"

Change = Callable[[SampleAnswers], SampleAnswers]
"""What an enterprise changes in its copy."""


def _one_tick(answers: SampleAnswers) -> SampleAnswers:
    """题5 with its first tick alone."""
    first, *others = [key for key in sorted(answers) if key.startswith("q05_o")]
    return {first: True, **dict.fromkeys(others)}


def _raised(_: SampleAnswers) -> SampleAnswers:
    """The figure that was asked for; and a higher option of 题8, which nobody asked for."""
    return {"staff_prior": 105, **{f"q08_o{i:02d}": i == 6 or None for i in range(1, 7)}}


# By the number that begins the file's name; 013 does not come back.
_CHANGES: dict[str, Change] = {
    "003": _one_tick,
    "005": lambda _: {},  # saved as it came
    "007": lambda _: {},  # explained
    "009": lambda _: {
        "district": "西岭区（示例）",
        **dict.fromkeys(("q04_o02", "q04_o03", "q04_o04", "q04_o08"), True),
    },
    "011": _raised,
    "015": lambda _: {"cost_last": "大约485"},  # still no figure
    "017": lambda _: {"uscc": "9199000200000179Y7"},
}


def write_second_round(folder: Path, edition: Edition) -> list[Path]:
    """Write second_round/ beside the returns of the sample data; returns the paths of all files written, in order."""
    root, names = folder / "second_round", CopyNames()
    paths = []
    with TemporaryDirectory() as scratch:
        batch = Path(scratch) / "batch.duckdb"
        ingest(folder / "returns", batch, edition, now=NOW)
        database, _ = open_batch(batch)
        with database:
            deadlines = roster_deadlines(database)
            forms = list(returned_forms(database, edition, SENDER, deadlines))
        for form in forms:
            name = names.name(form.line.file, form.line.district, form.line.form_id)
            number = Path(form.line.file).name[:3]
            if number in _CHANGES:
                path = root / "更正表" / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(_sent_back(edition, form, number))
                paths.append(path)
        ingest(str(root / "更正表"), batch, edition, now=NOW, allowed=AllowedChanges(add=True))
        database, _ = open_batch(batch)
        with database:
            pending = load_chase_lists(database, edition, deadlines).pending
    decisions = root / DECISION_FORM
    write_decision_form(decisions, pending, {0: ("准予", REASON, DECIDED_BY, DECIDED_ON)})
    return [*paths, decisions]


def _sent_back(edition: Edition, form: ReturnedForm, number: str) -> bytes:
    explanation = EXPLANATION if number == "007" else ""
    issues = tuple(issue._replace(explanation=explanation) for issue in form.correction.issues)
    stream = BytesIO()
    answers = form.answers | _CHANGES[number](form.answers)
    write_form(stream, edition, answers, form.correction._replace(issues=issues))
    return stream.getvalue()
