"""Heavy jobs in processes of their own, so that neither the memory nor the time of the server is theirs."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from smebatch.issues.notice import ProblemError
from smebatch.page.unforeseen import notice_of_any

_NICE = 10  # how far such a job gives way to whoever waits for a page


class ChildError(ProblemError):
    """A job ended without a result."""


class Child:
    """A job in a process of its own; it ends with the server."""

    def __init__(self, job: Callable[..., Any], *arguments: object) -> None:
        """Start a job, a function of a module, with arguments that can be pickled."""
        context = multiprocessing.get_context("spawn")
        self._receiver, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=_run, args=(sender, job, arguments), daemon=True)
        self._process.start()
        sender.close()  # so that the end of the process ends the pipe

    @property
    def running(self) -> bool:
        """Whether there is no result yet, and will be one."""
        try:
            return not self._receiver.poll() and self._process.is_alive()
        except OSError:  # somebody is taking the result at this moment
            return False

    def result(self) -> Any:
        """Wait for the end, and return the result, once. Raises what the job raised, ChildError where it was killed."""
        try:
            done, result = self._receiver.recv()
        except EOFError:
            raise ChildError("page.job.died") from None
        finally:
            self._receiver.close()
            self._process.join()
        if not done:
            raise result
        return result


def _run(sender: Connection, job: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    """Run a job in this process, and send its result, or the problem that it has met."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the server ends its children itself
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(_NICE)
    answer: tuple[bool, object]
    try:
        answer = True, job(*arguments)
    except (ProblemError, OSError) as error:
        answer = False, error
    except Exception as error:  # noqa: BLE001  # the page goes on, and says what nobody foresaw
        notice = notice_of_any(error)
        answer = False, ChildError(notice.code, **notice.values)
    with suppress(OSError):  # the server has ended
        sender.send(answer)
