"""Runs external programs that unpack what no library here unpacks: RAR, and the rarer filters of 7z.

A program writes all members to a pipe, one after the other, and they are split by their sizes. So it needs no names,
which may be in any encoding, and writes nothing to the disk. Checksums tell whether it succeeded; if not, the next
program is tried.
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

SECONDS = 40  # of wall-clock time, after which a program is stopped: some loop for ever on some archives
_QUESTION_SECONDS = 5
_TRIES = 20  # of a program to go on behind a member that it could not unpack


class PackedMember(NamedTuple):
    """A packed member: its number, None where it is not wanted; its size in bytes; what makes its checksum."""

    number: int | None
    bytes: int
    checksum: Callable[[], Checksum] | None


ArchiveReducer = Callable[[Sequence[PackedMember]], AbstractContextManager[Path]]
"""Makes a smaller archive of some members, for programs that are to unpack no others."""


class _Program(NamedTuple):
    """A program that unpacks all members to its output.

    ``arguments``: come before the archive's path. ``question``: arguments that make it state what it can do.
    ``answers``: the kinds of archives it may know, with what its statement then matches. ``whole``: it knows all that
    RAR ever did, so that what it cannot unpack is broken.
    """

    names: tuple[str, ...]
    arguments: tuple[str, ...]
    question: tuple[str, ...]
    answers: tuple[tuple[str, bytes], ...]
    whole: bool


_PROGRAMS = (
    # Another unrar (unrar-free) knows little, and unpacks into the folder it is started in.
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
    """Write the wanted ones of all the members of an archive, by whichever program can unpack them.

    ``reduced``: given where members can be unpacked without the others. Raises ContainerError where the members
    together grow too large, OSError.
    """
    reason = "archive.no_program"
    for program in _PROGRAMS:
        started = unpack_command(program, kind)
        if not started:
            continue
        if program.whole:
            reason = "file.checksum"
        remaining = list(members)
        for _ in range(_TRIES):
            with reduced(remaining) if reduced else nullcontext(path) as archive, _output(started, archive) as output:
                first_wrong = _split_output(output, remaining, wanted)
            remaining = remaining[first_wrong + 1 :] if reduced else []
            if not remaining:
                break
        members = [member for member in members if not reduced or member.number in wanted.reasons]
        if all(member.number not in wanted.reasons for member in members):
            return
    wanted.reasons |= {member.number: reason for member in members if member.number in wanted.reasons}


def _split_output(output: IO[bytes], members: Sequence[PackedMember], wanted: Extraction) -> int:
    """Split a program's output into members, write the wanted ones, and return the position of the first wrong one."""
    first_wrong = len(members)
    for position, (number, size, checksum) in enumerate(members):
        pieces = read_chunks(output, size)
        if number is None or number not in wanted.reasons:
            for _ in pieces:
                pass
            continue
        wanted.write_member(number, pieces, _SizeCheck(size, checksum() if checksum else None))
        if number in wanted.reasons:
            first_wrong = min(first_wrong, position)
    return first_wrong


class _SizeCheck:
    """Checks the size of a member, and its checksum where it has one."""

    def __init__(self, size: int, checksum: Checksum | None) -> None:
        self._left, self._checksum = size, checksum

    def update(self, data: bytes, /) -> None:
        """Add the next bytes of the member."""
        self._left -= len(data)
        if self._checksum:
            self._checksum.update(data)

    def matches(self) -> bool:
        """Whether all bytes added are what was packed."""
        return not self._left and (not self._checksum or self._checksum.matches())


# --- running them -----------------------------------------------------------------------------------------------------


@contextmanager
def _output(command: Sequence[str], archive: Path) -> Iterator[IO[bytes]]:
    """Run a program and yield its output. It cannot outlive us: it is killed, its pipe breaks, it has our limits."""
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
    """The command line of a program; () where it is not installed or cannot unpack this kind."""
    answer = dict(program.answers).get(kind)
    if not answer:
        return ()
    for name in program.names:
        found = shutil.which(name) or shutil.which(name, path=_windows_folders())
        if found and re.search(answer, _run_question([found, *program.question])):
            return found, *program.arguments
    return ()


def _windows_folders() -> str:
    """Folders in which these programs are installed on Windows, which its PATH does not contain."""
    roots = [os.environ[root] for root in ("ProgramFiles", "ProgramFiles(x86)") if root in os.environ]
    return os.pathsep.join(str(Path(root, folder)) for root in roots for folder in ("7-Zip", "WinRAR"))


def _run_question(command: Sequence[str]) -> bytes:
    try:
        return subprocess.run(  # noqa: S603  (arguments of our own, no shell)
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_QUESTION_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return b""
