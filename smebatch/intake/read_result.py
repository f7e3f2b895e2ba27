"""What workers and their parent send each other. Nothing here imports what reading needs, for the parent does not."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_BYTES

if TYPE_CHECKING:
    from smebatch.intake.list_file import ListSheet
    from smebatch.intake.workbook.workbook import UnreadableError

_LIST_BYTES = 200_000  # of a list that are read in the time that a return may take

WORKER_READY = "ready"  # what a worker sends before it takes a task

MemberSteps = tuple[int, ...]
"""The number of a member at each level of nested containers, from the outermost inwards."""


class ContainerTask(NamedTuple):
    """A container to open. ``wanted``: the steps of the members to take out; where empty, the members are listed.

    ``folder``: a path for unpacking, used by nothing else; the folder need not exist.
    """

    entry: Entry
    folder: str
    wanted: tuple[MemberSteps, ...] = ()

    @property
    def time_factor(self) -> int:
        """How many times as long as reading a file this task may take."""
        return 1 + self.entry.bytes // MAX_BYTES


class ListTask(NamedTuple):
    """A list that people keep to read, whole: a roster, a decisions file. ``bytes``: its size."""

    path: Path
    bytes: int
    folder: str = ""  # nothing is unpacked

    @property
    def time_factor(self) -> int:
        """How many times as long as reading a return this task may take."""
        return 1 + self.bytes // _LIST_BYTES


class ListResult(NamedTuple):
    """The sheets of a list; None where it cannot be read, and why."""

    sheets: list[ListSheet] | None
    problem: OSError | UnreadableError | None = None


@dataclass(slots=True)
class ReadResult:
    """The result of reading an entry: its answers, or the reason why there are none.

    ``reason``: a code of issues.REASONS, with its ``values``. ``unchanged``: the file has the hash it had when it was
    last read, and was not read again. ``members``: of a container, the entries that were asked for.
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
        """The id of the return: the beginning of the hash of its content, so that equal files share it; '' for none."""
        return self.sha256[:16] if self.answers else ""
