"""Programs that unpack what no library here does: rar, and the rarer filters of 7z.

A program writes all members to a pipe, one after the other, and they are told apart by their sizes: so it needs no
names, which may be in any encoding, and writes nothing to the disk. Checksums tell whether it did well; where it did
not, the next program has its turn.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from threading import Timer
from typing import IO, NamedTuple, cast

from smebatch.intake.sources.archives.container import Checksum, Extraction, read_chunks

SECONDS = 40  # on the wall, after which a program is stopped: some loop for ever on some archives
_QUESTION_SECONDS = 5
_TRIES = 20  # how often a program goes on behind a member that it could not unpack


class PackedMember(NamedTuple):
    """A member in the order of its archive: its number where it is wanted, its size in bytes, what checks it."""

    number: int | None
    bytes: int
    checksum: Callable[[], Checksum] | None


ArchiveReducer = Callable[[Sequence[PackedMember]], AbstractContextManager[Path]]
"""Makes an archive of some members of another."""


class _Program(NamedTuple):
    """How a program unpacks all to its output; the archive's path follows."""

    names: tuple[str, ...]
    arguments: tuple[str, ...]
    question: tuple[str, ...]
    answers: tuple[tuple[str, bytes], ...]  # the kinds that it may know, and what it answers where it does
    whole: bool  # whether it knows all that rar ever did, so that what it cannot unpack is broken


_PROGRAMS = (
    # There is another unrar (unrar-free), which knows little and unpacks into the folder it is started in.
    _Program(("unrar", "UnRAR"), ("p", "-inul", "-cfg-", "-p-", "-y", "--"), (), (("rar", rb"Roshal"),), True),
    # Debian's has no codec for rar, which is not free.
    _Program(
        ("7zz", "7z", "7za"),
        ("x", "-so", "-p-", "-y", "-bd", "--"),
        ("i",),
        (("rar", rb"403\d\d\s+Rar5"), ("7z", rb"BCJ2")),
        True,
    ),
    _Program(("unar",), ("-q", "-nr", "-p", "-", "-o", "-"), ("-v",), (("rar", rb"v\d"),), False),
    _Program(("bsdtar", "tar"), ("-x", "-O", "-f"), ("--version",), (("rar", rb"bsdtar"), ("7z", rb"bsdtar")), False),
)


def unpack_with_program(
    path: Path, kind: str, members: Sequence[PackedMember], wanted: Extraction, reduced: ArchiveReducer | None = None
) -> None:
    """Write those of these members that are wanted, by whichever program can.

    They are all that the archive holds; where ``reduced`` makes others, they may be unpacked without one another.
    Raises ContainerError where what is written grows too large, OSError.
    """
    reason = "archive.no_program"
    for program in _PROGRAMS:
        started = unpack_command(program, kind)
        if not started:
            continue
        if program.whole:
            reason = "file.checksum"
        left = list(members)
        for _ in range(_TRIES):
            with reduced(left) if reduced else nullcontext(path) as archive, _output(started, archive) as output:
                torn = _split_output(output, left, wanted)
            left = left[torn + 1 :] if reduced else []
            if not left:
                break
        members = [member for member in members if not reduced or member.number in wanted.reasons]
        if all(member.number not in wanted.reasons for member in members):
            return
    wanted.reasons |= {member.number: reason for member in members if member.number in wanted.reasons}


def _split_output(output: IO[bytes], members: Sequence[PackedMember], wanted: Extraction) -> int:
    """Write the wanted of the members that follow one another; which is the first that came out wrong."""
    torn = len(members)
    for place, (number, size, checksum) in enumerate(members):
        pieces = read_chunks(output, size)
        if number is None or number not in wanted.reasons:
            for _ in pieces:
                pass
            continue
        wanted.write_member(number, pieces, _SizeCheck(size, checksum() if checksum else None))
        if number in wanted.reasons:
            torn = min(torn, place)
    return torn


class _SizeCheck:
    """Checks that a member has the size it should have as well."""

    def __init__(self, size: int, checksum: Checksum | None) -> None:
        self._left, self._checksum = size, checksum

    def update(self, data: bytes, /) -> None:
        """Take in the next bytes of the member."""
        self._left -= len(data)
        if self._checksum:
            self._checksum.update(data)

    def matches(self) -> bool:
        """Whether all that came is what was packed."""
        return not self._left and (not self._checksum or self._checksum.matches())


# --- running them -----------------------------------------------------------------------------------------------------


@contextmanager
def _output(command: Sequence[str], archive: Path) -> Iterator[IO[bytes]]:
    """What a program writes, which ends with us: it is stopped, its pipe breaks, and our limits are its own."""
    with subprocess.Popen(  # noqa: S603  (arguments of our own, no shell)
        [*command, str(archive.absolute())],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=archive.parent,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    ) as process:
        timer = Timer(SECONDS, process.kill)
        timer.start()
        try:
            yield cast(IO[bytes], process.stdout)
        finally:
            timer.cancel()
            process.kill()


@cache
def unpack_command(program: _Program, kind: str) -> tuple[str, ...]:
    """The command that starts a program, where it is at hand and can unpack this kind."""
    answer = dict(program.answers).get(kind)
    if not answer:
        return ()
    for name in program.names:
        found = shutil.which(name) or shutil.which(name, path=_windows_folders())
        if found and re.search(answer, _run_question([found, *program.question])):
            return found, *program.arguments
    return ()


def _windows_folders() -> str:
    """Where programs stand on Windows, though its PATH does not say so."""
    roots = [os.environ[root] for root in ("ProgramFiles", "ProgramFiles(x86)") if root in os.environ]
    return os.pathsep.join(str(Path(root, folder)) for root in roots for folder in ("7-Zip", "WinRAR"))


def _run_question(command: Sequence[str]) -> bytes:
    try:
        return subprocess.run(  # noqa: S603  (arguments of our own, no shell)
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_QUESTION_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return b""
