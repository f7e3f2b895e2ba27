"""Tables on the terminal. Texts of files are shown as they are, without characters that would act on the terminal."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from smebatch.common.text import clean_text

_PIPE_WIDTH = 160  # columns where there is no terminal to ask


def console() -> Console:
    """A console on stdout that does not interpret markup or emoji and highlights nothing."""
    width = None if sys.stdout.isatty() else max(_PIPE_WIDTH, shutil.get_terminal_size().columns)
    return Console(markup=False, emoji=False, highlight=False, width=width)


def printable(value: object, style: str = "") -> Text:
    """A text of one or more lines, cleaned for the terminal."""
    return Text("\n".join(map(clean_text, str(value).split("\n"))), style=style)


def make_table(
    title: str, headings: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()
) -> Table:
    """A table of texts; the columns numbered in ``right`` are set to the right."""
    built = Table(title=title, title_justify="left", title_style="bold")
    for i, heading in enumerate(headings):
        built.add_column(printable(heading), justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        built.add_row(*map(printable, row))
    return built
