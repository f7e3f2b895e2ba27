"""What goes back to an enterprise with a correction copy: the issues of its return, and whom to ask.

``writer.write_form`` and ``prefill.Splicer.correction`` take it.
"""

from __future__ import annotations

from typing import NamedTuple


class CorrectionIssue(NamedTuple):
    """An issue that goes back to the enterprise, worded for it; "" where there is nothing to say.

    ``key``: of an answer, or of a question or scene where it is about its ticks; "" where it is about the whole return.
    ``message``: what is wrong and how to mend it. ``found``: what stands in the cell. ``clause``: of the standard.
    ``explanation``: what the enterprise has said of the issue so far.
    """

    code: str
    key: str
    is_error: bool
    title: str
    found: str
    message: str
    clause: str
    explanation: str


class Correction(NamedTuple):
    """What a correction copy says beyond the answers; "" where there is nothing to say.

    ``corrects``: the form_id of the return. ``name``: of the enterprise. ``file``: the returned file. ``deadline``:
    2026-12-31. ``bureau``, ``contact``, ``phone``: whom to ask. ``issues``: in the order listed, the worst first.
    """

    corrects: str
    name: str
    file: str
    deadline: str
    bureau: str
    contact: str
    phone: str
    issues: tuple[CorrectionIssue, ...]
