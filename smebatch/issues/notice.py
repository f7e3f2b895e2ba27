"""What a user is told of a run: a code with its values, which the command line puts into the user's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Notice(NamedTuple):
    """Something that the user should know although the job succeeds: the code of a message, and its values."""

    code: str
    values: Mapping[str, object] = MappingProxyType({})

    def __reduce__(self) -> tuple[type[Notice], tuple[str, dict[str, object]]]:
        return Notice, (self.code, dict(self.values))  # a MappingProxyType cannot be sent to another process


class ProblemError(Exception):
    """A problem that the user can solve and that keeps a job from being done: the code of a message, and its values."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __reduce__(self) -> tuple[Callable[..., ProblemError], tuple[type[ProblemError], str, dict[str, object]]]:
        return _problem, (type(self), self.code, self.values)


def _problem(kind: type[ProblemError], code: str, values: dict[str, object]) -> ProblemError:
    """The problem that another process, perhaps on another machine, has met."""
    return kind(code, **values)


def notice_of(error: Exception) -> Notice:
    """What to say of a problem, of what the system refuses, or of what nobody foresaw."""
    if isinstance(error, ProblemError):
        return Notice(error.code, error.values)
    if not isinstance(error, OSError):
        return Notice("unforeseen", {"what": f"{type(error).__name__}: {error}"})
    where = {"path": error.filename} if error.filename else {}
    return Notice("os.error" if where else "os.error.somewhere", where | {"error": error})
