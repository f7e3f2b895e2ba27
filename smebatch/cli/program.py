"""The program as a process: its set-up, its language and its exit status."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from types import ModuleType
from typing import NoReturn, cast

from smebatch.cli.commands import app
from smebatch.cli.interrupt import Interrupts
from smebatch.cli.terminal import Terminal
from smebatch.cli.usage import usage_problem
from smebatch.cli.words import CliWords
from smebatch.issues.notice import Notice, ProblemError, notice_of
from smebatch.language.words import language_of

_TYPER_INTERRUPTED = 130  # the status that typer gives Ctrl-C
# Collecting garbage more often takes a third of a short run, because it looks through the imported modules every time.
_ALLOCATIONS_BETWEEN_COLLECTIONS = 50_000


def main() -> NoReturn:
    """Run the program in the user's language: exit status 0 done, 1 errors found, 2 usage or environment."""
    _set_up()
    with Interrupts() as interrupts:
        terminal = Terminal(CliWords(language_of(os.environ)), interrupts.check)
        ended = _run(terminal, interrupts)
        if interrupts.interrupted:
            ended = Notice("interrupted")
        if isinstance(ended, Notice):
            terminal.warn("error", text=ended)
            raise SystemExit(2)
    raise SystemExit(ended)


def _set_up() -> None:
    gc.set_threshold(_ALLOCATIONS_BETWEEN_COLLECTIONS)
    atexit.register(gc.freeze)  # otherwise Python collects garbage once more before it ends, for nothing
    # numpy's linear algebra, which nothing here uses, would start a thread for each processor.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pandera imports hypothesis where it is installed, for a feature that is not used here.
    sys.modules.setdefault("hypothesis", cast(ModuleType, None))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a GBK console cannot show every character, and must not crash on one
            stream.reconfigure(errors="replace")


def _run(terminal: Terminal, interrupts: Interrupts) -> int | Notice:
    """Run the command; returns the exit status, or the problem that kept it from being done."""
    try:
        status = app(prog_name="smebatch", standalone_mode=False, obj=terminal)
    except SystemExit:  # raised by typer where the reader of a pipe has closed it
        return 0
    except KeyboardInterrupt:  # outside of where typer catches it
        return Notice("interrupted")
    except (ProblemError, OSError) as error:
        return notice_of(error)
    except Exception as error:
        if hasattr(error, "format_message"):  # a usage error of typer's own, whose class it keeps to itself
            return usage_problem(error)
        if interrupts.interrupted:  # DuckDB turns a Ctrl-C into an error of its own
            return Notice("interrupted")
        raise
    return Notice("interrupted") if status == _TYPER_INTERRUPTED else status if isinstance(status, int) else 0
