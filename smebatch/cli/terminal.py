"""Prints for the command line: in the user's language, and without characters that act on a terminal.

Names of files, texts of cells, titles of editions and what was typed come from outside: one with ESC in it could colour
the screen or set its title, one with a bidi override reads backwards. All that is printed passes through here, or
through cli.console, which does the same for tables.
"""

from __future__ import annotations

from collections.abc import Callable

import typer

from smebatch.cli.words import CliWords
from smebatch.common.text import as_json, clean_text
from smebatch.issues.notice import Notice


class Terminal:
    """Prints for one run of the program, in the language of ``words``.

    ``check_interrupt`` raises KeyboardInterrupt if there was a Ctrl-C that nobody has acted on, because an interrupted
    run must not say that it is done.
    """

    def __init__(self, words: CliWords, check_interrupt: Callable[[], None]) -> None:
        self.words = words
        self.check_interrupt = check_interrupt

    def line(self, text: str) -> None:
        """Print a line on stdout; it is in the user's language, or in none."""
        typer.echo(clean_text(text))

    def say(self, code: str, /, **values: object) -> None:
        """Print the message of a code on stdout."""
        self.line(self.words.text(code, **values))

    def warn(self, code: str, /, **values: object) -> None:
        """Print the message of a code on stderr, so that it is seen even where stdout is redirected."""
        typer.echo(clean_text(self.words.text(code, **values)), err=True)

    def notify(self, notice: Notice) -> None:
        """Print a notice on stderr."""
        self.warn(notice.code, **notice.values)

    def result(self, json: bool, document: object, *messages: Notice) -> None:
        """Print what was done, on stdout: one JSON document if ``json``, else the messages.

        In JSON nothing is left out, but what cannot be seen is escaped. Raises KeyboardInterrupt, see the class.
        """
        self.check_interrupt()
        if json:
            typer.echo(as_json(document, indent=2))
            return
        for message in messages:
            self.say(message.code, **message.values)
