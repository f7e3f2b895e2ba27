"""Ctrl-C ends a run, whatever Python or a library makes of it, and a run that it ended never passes for done."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from command_line import LISTEN, USAGE, Inside, environment, smebatch, unmeasured
from smebatch.cli.commands import app
from smebatch.cli.interrupt import Interrupts

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """Ctrl-C is heard, as it is at the start of a program, be these tests run in the background or not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    hook = sys.unraisablehook
    yield
    assert sys.unraisablehook is hook
    signal.signal(signal.SIGINT, before)


class Dropping:
    """Something whose finaliser Ctrl-C happens to meet: what is raised there Python drops."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def drop() -> None:
    Dropping()


def drop_and_go_on(times: int) -> None:
    for _ in range(times):
        drop()
    time.sleep(10)


def swallow() -> None:
    """As a library may do with a bare ``except``."""
    try:
        signal.raise_signal(signal.SIGINT)
    except BaseException:  # noqa: BLE001  # a finaliser that swallows everything
        return


def turn() -> None:
    """As CPython does where a descriptor is named, and DuckDB in a query."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise RuntimeError("Query interrupted") from None


def test_what_a_finaliser_drops_is_raised_once_more() -> None:
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        drop_and_go_on(1)
    assert interrupts.interrupted


def test_and_as_often_as_it_is_dropped() -> None:
    with Interrupts(), pytest.raises(KeyboardInterrupt):
        drop_and_go_on(3)


def test_what_else_is_dropped_is_pythons_to_report(monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        def __del__(self) -> None:
            raise ValueError

    told: list[type[BaseException]] = []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda dropped: told.append(dropped.exc_type))
        with Interrupts() as interrupts:
            Failing()
    assert told == [ValueError]
    assert not interrupts.interrupted


MEETS = """
import sys
sys.path.append({tests!r})
import smebatch.workflow
from test_ctrl_c import {what}
todo = [{what}]
smebatch.workflow.check_output = lambda *_: todo.pop()() if todo else None
"""


@pytest.mark.parametrize("what", [swallow, drop, turn])
def test_a_run_that_was_interrupted_is_not_done(what: Callable[[], None], tmp_path: Path) -> None:
    first = LISTEN + MEETS.format(tests=str(Path(__file__).parent), what=what.__name__)
    said = smebatch("template", "-o", tmp_path / "t.xlsx", first=first, env=unmeasured(environment()))
    assert (said.code, said.out) == (USAGE, "")
    assert said.err.startswith("error: interrupted")
    assert len(said.err.splitlines()) == 1


def test_nor_where_it_has_said_all_it_has_to_say(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smebatch.cli.show_edition.print_edition", lambda *_: swallow())
    assert inside("edition", "show").code == USAGE


def test_one_that_comes_before_the_command(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(app), "__call__", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    assert inside("edition", "show").err.startswith("error: interrupted")


SECOND = """
import signal
from smebatch.cli.interrupt import Interrupts
with Interrupts():
    try:
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.raise_signal(signal.SIGINT)
        print("goes on")
"""


def test_a_second_one_ends_the_program_at_once() -> None:
    run = subprocess.run([sys.executable, "-c", SECOND], capture_output=True, env=environment(), check=False)
    assert (run.returncode, run.stdout) == (-signal.SIGINT, b"")


@pytest.mark.parametrize("decided", [signal.SIG_IGN, lambda _signal, _frame: None], ids=["ignored", "handled"])
def test_what_somebody_else_has_decided_stays(decided: signal.Handlers | Callable[[int, object], object]) -> None:
    """A program in the background ignores Ctrl-C."""
    signal.signal(signal.SIGINT, decided)
    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is decided
    assert not interrupts.interrupted
