"""What reaches the console: every sentence in the user's language, and nothing in it that acts on a terminal.

Names of files, texts of cells, titles of editions and what was typed come from outside: one with ESC in it could colour
the screen or set its title, one with a bidi override reads backwards. All that is printed passes through here, or
through show.console, which does the same for tables.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping

import typer

from smebatch.cli.messages import say
from smebatch.common.text import as_json, clean_text
from smebatch.issues.notice import Notice


def tell(text: str, *, err: bool = False) -> None:
    """Print one line, whatever stands in it, on stdout or on stderr."""
    typer.echo(clean_text(text), err=err)


def tell_json(document: object) -> None:
    """Print one JSON document: nothing is left out, but what cannot be seen is escaped."""
    typer.echo(as_json(document, indent=2))


def sentence(code: str, values: Mapping[str, object]) -> str:
    """The message of a code; a value may be an OSError or a Notice, which are put in the user's language, too."""
    return say(code, **{name: _worded(value) for name, value in values.items()})


def _worded(value: object) -> object:
    if isinstance(value, Notice):
        return sentence(value.code, value.values)
    return _system_words(value) if isinstance(value, OSError) else value


def _system_words(error: OSError) -> str:
    """Why the system refuses something: in our words where they are known, else in its own behind ours."""
    try:
        return say(f"system.{errno.errorcode[error.errno or 0]}")
    except KeyError:
        return say("system.other", said=error.strerror or error)
