"""An issue that was found in a return."""

from __future__ import annotations

from dataclasses import dataclass

from smebatch.issues.catalogue import ISSUES, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue as found: which code, about which key, standing where. :func:`rendering.render` makes its message.

    ``code`` is one of ISSUES, ``key`` that of an answer, ``label`` its name for people. ``expected`` and ``found`` are
    texts for people; ``cell`` is an address, ``D14``, or that of all cells to be ticked, ``F97:F101``; ``sheet`` and
    ``cell`` may be blank for what has no place. ``clause`` is the clause of the standard that is broken.
    ``unassessed``: it is about an answer that is not assessed, so it is a warning whatever its code.
    """

    code: str
    key: str = ""
    label: str = ""
    sheet: str = ""
    cell: str = ""
    found: str = ""
    expected: str = ""
    clause: str = ""
    unassessed: bool = False

    @property
    def severity(self) -> Severity:
        """What it does to the return."""
        return Severity.WARNING if self.unassessed else ISSUES[self.code].severity
