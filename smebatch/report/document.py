"""What the tables hand to the book: sheets made of tables, charts and notes, without a word of XlsxWriter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

import pandas as pd


class Format(Enum):
    """How a column's values are to be shown; the value is the number format, "" for text."""

    TEXT = ""
    CODE = "@"  # short text, centred: codes, names of levels, yes and no
    ORDINAL = "0"  # a number that only orders: centred
    COUNT = "#,##0"
    POINTS = "0.00"
    PERCENT = "0.0%"


NUMBERS = frozenset({Format.ORDINAL, Format.COUNT, Format.POINTS, Format.PERCENT})


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: the frame's column, its printed heading, its format and, where it matters, its width.

    Widths count half-width characters; without one the book measures the content.
    """

    key: str
    title: str
    format: Format = Format.TEXT
    width: float | None = None


@dataclass(frozen=True)
class Table:
    """A frame and how to print it.

    ``total``: the last row is the total. ``heat``: columns that share a colour scale. ``long``: a list that runs over
    pages: its header is frozen, repeated in print and filtered, and it may be split over several sheets.
    ``new_page``: best printed from the top of a page (a sheet fitted to a width may flow on all the same).
    """

    id: str
    title: str
    frame: pd.DataFrame
    columns: tuple[Column, ...]
    total: bool = False
    heat: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    long: bool = False
    new_page: bool = False

    @property
    def body(self) -> int:
        """The number of rows without the total."""
        return len(self.frame) - self.total


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart of columns of a table, total row left out; of its first ``limit`` rows.

    ``faint``: a column of the frame that says of some rows what they are; they are drawn pale, and the title says so.
    """

    kind: Literal["column", "bar", "stacked"]
    title: str
    table: str
    category: str
    values: tuple[str, ...]
    limit: int = 30
    faint: str = ""


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts side by side; each is drawn only where it has something to show."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Sheet:
    """A sheet to print: its name, heading, lead-in notes, and blocks from top to bottom.

    ``lead``: what a reader in a hurry should take away, in a sentence. ``paper``: A3 for lists too wide to read on A4.
    """

    name: str
    title: str
    blocks: tuple[Table | Charts, ...]
    notes: tuple[str, ...] = ()
    landscape: bool = True
    lead: str = ""
    paper: Literal["A4", "A3"] = "A4"
