"""Ctrl-C: a run that was interrupted ends soon, and never as one that is done.

Python raises KeyboardInterrupt wherever the main thread happens to be. In a finaliser, or in a callback of a weak
reference, of which every import has one, the exception is dropped: Python prints "Exception ignored" and goes on. So
this module raises a dropped one again a moment later, and remembers that there was a Ctrl-C. A second Ctrl-C ends the
program at once, by the system's own handler; a batch survives that as it survives being killed.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from types import FrameType
from typing import NoReturn, Self

_SOON = 0.05  # seconds, after which the finaliser has ended


class Interrupts:
    """Listens to Ctrl-C within a ``with`` of the main thread; ``interrupted``: whether there was one."""

    interrupted = False

    def __enter__(self) -> Self:
        self.interrupted = False
        self._again = threading.Timer(_SOON, _send_interrupt)
        self._hook = sys.unraisablehook
        # A handler that somebody else has set is kept: nohup, for one, makes Ctrl-C do nothing.
        self._listens = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self._listens:
            sys.unraisablehook = self._raise_again
            signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *_: object) -> None:
        if self._listens:
            sys.unraisablehook = self._hook
            self._again.cancel()
            if not self.interrupted:  # else the program is ending, and the next Ctrl-C is the second
                signal.signal(signal.SIGINT, signal.default_int_handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was a Ctrl-C that nobody has acted on."""
        if self.interrupted:
            raise KeyboardInterrupt

    def _interrupt(self, _signal: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        self._again.cancel()
        self.interrupted = True
        raise KeyboardInterrupt

    def _raise_again(self, dropped: sys.UnraisableHookArgs) -> None:
        """Raise a dropped KeyboardInterrupt again, by a timer; one raised here would be dropped as well."""
        if self.interrupted and issubclass(dropped.exc_type, KeyboardInterrupt):
            signal.signal(signal.SIGINT, self._interrupt)
            self._again = threading.Timer(_SOON, _send_interrupt)
            self._again.daemon = True
            self._again.start()
        else:
            self._hook(dropped)


def _send_interrupt() -> None:
    """Interrupt the main thread, even where it waits for something."""
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
    else:  # Windows
        _thread.interrupt_main()
