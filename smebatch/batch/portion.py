"""A portion of a batch: some entries read and judged, as frames ready to be stored. The unit of work of every pool."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from smebatch.common.text import clean_text, shown_text
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.unpacking import read_entries
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.catalogue import reason_text
from smebatch.standard.columns import TABLES

if TYPE_CHECKING:
    import pandas as pd

# Threads that judge hinder each other; one after the other, the next portions are read meanwhile.
_JUDGING = threading.Lock()


class Portion(NamedTuple):
    """The tables' new rows, by their names in the store; ``answers`` as of Answers.stored(), by form_id.

    ``unchanged``: file, mtime_ns and stamp (int64) of the entries that are what they were.
    """

    entries: pd.DataFrame
    forms: pd.DataFrame
    answers: pd.DataFrame
    findings: pd.DataFrame
    scores: pd.DataFrame
    unchanged: pd.DataFrame


def read_portion(entries: Sequence[Entry], readers: WorkerPool, today: dt.date, side_by_side: int = 1) -> Portion:
    """Read entries, by so many readers side by side, and judge the returns among them."""
    reading = read_entries(entries, readers, side_by_side)
    with _JUDGING:  # nor are two to import at once
        # Only now, for it takes as long as reading some hundred returns.
        import pandas as pd
        import pandera.pandas  # noqa: F401  (the first verdict needs it)

        from smebatch.batch.assessment import judge
    outcomes = list(reading)
    rows = [
        (o.entry.file, o.sha256, o.entry.bytes, o.entry.mtime_ns, o.entry.stamp, o.form_id, o.reason, _detail(o))
        for o in outcomes
        if not o.unchanged
    ]
    with _JUDGING:
        verdicts = judge(readers.edition, {o.form_id: o.answers for o in outcomes if o.answers}, today)
    forms = pd.DataFrame({"errors": verdicts.errors, "warnings": verdicts.warnings})
    return Portion(
        entries=pd.DataFrame(rows, columns=list(TABLES["entries"])),
        forms=forms.rename_axis("form_id").reset_index(),
        answers=verdicts.answers.stored(),
        findings=verdicts.findings,
        scores=verdicts.scores.reset_index(),
        unchanged=pd.DataFrame(
            [(o.entry.file, o.entry.mtime_ns, o.entry.stamp) for o in outcomes if o.unchanged],
            columns=["file", "mtime_ns", "stamp"],
        ),
    )


def _detail(outcome: ReadResult) -> str:
    if not outcome.reason:
        return ""
    said = reason_text(outcome.reason, "zh", **{name: shown_text(value) for name, value in outcome.values.items()})
    return clean_text(said)
