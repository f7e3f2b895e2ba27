"""A portion of a batch, the unit of work of a pool: some entries read and assessed, as frames ready to be stored."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from smebatch.batch.doubtful_answers import doubtful_answers
from smebatch.batch.schema import ENTRIES, EXPLANATIONS, TYPED
from smebatch.common.text import clean_text, shown_text
from smebatch.intake.read_result import ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.workers.unpacking import read_entries
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.rendering import reason_text

if TYPE_CHECKING:
    import pandas as pd

# Threads that assess at the same time only slow each other down. One assesses while the readers of the others work.
_ASSESSING = threading.Lock()


class Portion(NamedTuple):
    """New rows of the tables of these names.

    ``entries``, ``forms``, ``typed``, ``explanations``, ``findings`` and ``scores`` have the columns of their tables;
    ``answers`` is as of Answers.stored(), with the index form_id. ``unchanged``: file, mtime_ns and stamp (int64) of
    the entries whose bytes have not changed.
    """

    entries: pd.DataFrame
    forms: pd.DataFrame
    answers: pd.DataFrame
    typed: pd.DataFrame
    explanations: pd.DataFrame
    findings: pd.DataFrame
    scores: pd.DataFrame
    unchanged: pd.DataFrame


def read_portion(entries: Sequence[Entry], readers: WorkerPool, today: dt.date, side_by_side: int = 1) -> Portion:
    """Read entries with ``side_by_side`` readers at a time, and assess the returns among them.

    ``today`` is the day of reading. Raises ReaderError.
    """
    reading = read_entries(entries, readers, side_by_side)
    with _ASSESSING:  # so that no two threads import at the same time
        # Imported while the readers work, because it takes as long as reading some hundred returns.
        import pandas as pd
        import pandera.pandas  # noqa: F401  (the first assessment needs it)

        from smebatch.batch.assessment import assess_returns
    outcomes = list(reading)
    rows = [
        (o.entry.file, o.sha256, o.entry.bytes, o.entry.mtime_ns, o.entry.stamp, o.form_id, o.reason, _detail(o))
        for o in outcomes
        if not o.unchanged
    ]
    returns = {o.form_id: o.answers for o in outcomes if o.answers}
    with _ASSESSING:
        assessment = assess_returns(readers.edition, returns, today)
    forms = pd.DataFrame({"errors": assessment.errors, "warnings": assessment.warnings})
    forms["corrects"] = pd.Series({form_id: answers.corrects for form_id, answers in returns.items()}, dtype="str")
    typed = [(i, *each) for i, answers in returns.items() for each in doubtful_answers(readers.edition, answers)]
    explanations = [(form_id, *each) for form_id, answers in returns.items() for each in answers.explanations]
    return Portion(
        entries=pd.DataFrame(rows, columns=ENTRIES.names),
        forms=forms.rename_axis("form_id").reset_index(),
        answers=assessment.answers.stored(),
        typed=pd.DataFrame(typed, columns=TYPED.names),
        explanations=pd.DataFrame(explanations, columns=EXPLANATIONS.names),
        findings=assessment.findings,
        scores=assessment.scores.reset_index(),
        unchanged=pd.DataFrame(
            [(o.entry.file, o.entry.mtime_ns, o.entry.stamp) for o in outcomes if o.unchanged],
            columns=["file", "mtime_ns", "stamp"],
        ),
    )


def _detail(outcome: ReadResult) -> str:
    if not outcome.reason:
        return ""
    sentence = reason_text(outcome.reason, "zh", **{name: shown_text(value) for name, value in outcome.values.items()})
    return clean_text(sentence)
