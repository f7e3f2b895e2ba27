"""What travels between the readers and their parent, which needs nothing of what reading takes to import."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_BYTES

WORKER_READY = "ready"  # what a reader says before it takes a task

MemberSteps = tuple[int, ...]


class ContainerTask(NamedTuple):
    """A container to be opened. ``wanted``: what is to be taken out, by its steps; without, what it holds is listed.

    ``folder``: where what is unpacked may lie, and nothing else does; it need not be there yet.
    """

    entry: Entry
    folder: str
    wanted: tuple[MemberSteps, ...] = ()

    @property
    def time_factor(self) -> int:
        """How many times as long it may take as a file that is read."""
        return 1 + self.entry.bytes // MAX_BYTES


@dataclass(slots=True)
class ReadResult:
    """What came of an entry: a return, or the reason why there is none (a code of issues.REASONS with its values).

    ``unchanged``: it is what it was when it was read before, and has not been read again. ``members``: of a container
    that was to be opened, what was asked for.
    """

    entry: Entry
    sha256: str = ""
    answers: ReturnAnswers | None = None
    reason: str = ""
    values: dict[str, str] = field(default_factory=dict)
    unchanged: bool = False
    members: list[Entry] = field(default_factory=list)

    @property
    def form_id(self) -> str:
        """The return's id: the beginning of its content's hash, so that equal files have one."""
        return self.sha256[:16] if self.answers else ""
