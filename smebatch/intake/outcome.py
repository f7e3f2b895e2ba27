"""What travels from the readers to their parent, which needs nothing of what reading takes to import."""

from __future__ import annotations

from dataclasses import dataclass, field

from smebatch.intake.entry import Entry
from smebatch.intake.returned import Return

READY = "ready"  # what a reader says before it takes a task


@dataclass(slots=True)
class Outcome:
    """What came of an entry: a return, or the reason why there is none (a code of issues.REASONS with its values).

    ``unchanged``: it is what it was when it was read before, and has not been read again.
    """

    entry: Entry
    sha256: str = ""
    answers: Return | None = None
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)
    unchanged: bool = False

    @property
    def form_id(self) -> str:
        """The return's id: the beginning of its content's hash, so that equal files have one."""
        return self.sha256[:16] if self.answers else ""
