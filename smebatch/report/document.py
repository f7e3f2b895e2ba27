"""The report as a neutral document: sheets of tables, charts and notes, which a writer turns into a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple, Self

import pandas as pd


class Format(Enum):
    """How the values of a column are displayed; the value is Excel's number format, '' for text."""

    TEXT = ""
    CODE = "@"  # short text, centred: codes, names of levels, yes and no
    ORDINAL = "0"  # a number that only states an order: centred
    COUNT = "#,##0"
    POINTS = "0.00"
    PERCENT = "0.0%"


NUMBER_FORMATS = frozenset({Format.ORDINAL, Format.COUNT, Format.POINTS, Format.PERCENT})


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table: the frame's column, the printed heading, the format and, if given, the width.

    Widths are in half-width characters; where none is given the writer measures the content, and makes it no wider than
    ``widest``. ``note``: what is said below the table of the column, "" for nothing.
    """

    key: str
    title: str
    format: Format = Format.TEXT
    width: float | None = None
    note: str = ""
    widest: float | None = None


@dataclass(frozen=True)
class Table:
    """A frame and how it is printed.

    ``total``: the last row is the total. ``heat``: columns that share a colour scale. ``long``: a list of several
    pages, whose header is frozen, repeated in print and filtered, and which may be split over several sheets.
    ``new_page``: begin a page with it (a sheet that is fitted to a width may ignore that). ``chart_columns``: columns
    that only charts show; a workbook keeps them hidden beside the table.
    """

    id: str
    title: str
    frame: pd.DataFrame
    columns: tuple[TableColumn, ...]
    total: bool = False
    heat: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    long: bool = False
    new_page: bool = False
    chart_columns: tuple[TableColumn, ...] = ()

    @property
    def all_notes(self) -> tuple[str, ...]:
        """The notes of the table, then those of its columns, each once."""
        return tuple(dict.fromkeys([*self.notes, *(column.note for column in self.columns if column.note)]))

    @property
    def body(self) -> int:
        """The number of rows without the total row."""
        return len(self.frame) - self.total


ChartKind = Literal["column", "bar", "stacked", "stacked_bar", "histogram", "box", "radar"]


class Stated(NamedTuple):
    """A part of a sentence that stands in a table: the table's id, a row of it, and the key of its column.

    ``row``: its place, -1 for the last; or a column of the frame and its value there. ``column``: "" for what names the
    table itself.
    """

    text: str
    table: str
    row: int | tuple[str, int | str] = 0
    column: str = ""


class ReportSentence(str):
    """A text that knows which of its parts are figures of tables, so that whoever shows it may lead there.

    >>> ReportSentence("计入 ", Stated("35", "scores", 0, "n"), " 份")
    '计入 35 份'
    """

    __slots__ = ("parts",)
    parts: tuple[str | Stated, ...]

    def __new__(cls, *parts: str | Stated) -> Self:
        """Join the parts; those of a sentence among them are its own."""
        made = super().__new__(cls, "".join(part.text if isinstance(part, Stated) else part for part in parts))
        made.parts = tuple(
            each for part in parts for each in (part.parts if isinstance(part, ReportSentence) else (part,))
        )
        return made


def joined(between: str, sentences: Iterable[str]) -> ReportSentence:
    """Sentences one after the other, with a text between them."""
    parts = [part for sentence in sentences for part in (between, sentence)]
    return ReportSentence(*parts[1:])


@dataclass(frozen=True, slots=True)
class Chart:
    """A native chart of columns of a table: of ``limit`` rows from row ``first`` on, without the total row.

    ``category``: the column that labels the rows. ``values``: the columns shown. By ``kind``:

    - column, bar (horizontal): a series for each; stacked, stacked_bar: one upon the other, but for those that are 0
      or blank in all rows.
    - histogram: a column of counts, and a column that is the height of a line in rows that are a threshold, else blank.
    - box: the lower quartile, how far it is from there to the median, from there to the upper quartile, from the lower
      quartile down to the lowest, and from the upper one up to the highest.
    - radar: the spokes, which stand side by side in the table; each row is a series, and so is the total row.

    ``faint``: a column of the frame with a remark on some rows, which are drawn pale; the title says so.
    ``order``: the values are steps of an order, such as levels: rising from the lowest, or falling from the highest.
    ``top``: the end of the axis of values; None: as the values need.
    """

    kind: ChartKind
    title: str
    table: str
    category: str
    values: tuple[str, ...]
    limit: int = 30
    faint: str = ""
    first: int = 0
    order: Literal["", "rising", "falling"] = ""
    top: float | None = None

    def rows(self, table: Table) -> range:
        """The rows of its table that it shows."""
        return range(self.first, max(self.first, min(self.first + self.limit, table.body)))


@dataclass(frozen=True, slots=True)
class ChartRow:
    """Charts side by side; those without data are left out."""

    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True)
class Paragraphs:
    """Sentences under a title, one below the other across the whole width of the sheet."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class ReportSheet:
    """A sheet of the report: its name, title, notes, and blocks from top to bottom.

    ``lead``: the main result in a sentence. ``paper``: A3 for lists too wide to read on A4. ``pages``: how many pages
    wide and high it is fitted to in print; 0 is as many as it takes. ``one_page``: printed on a single page
    of A4, with as much of its blocks as can be read there. ``printing``: how the whole workbook is printed, said with
    the notes of a workbook alone.
    """

    name: str
    title: str
    blocks: tuple[Table | ChartRow | Paragraphs, ...]
    notes: tuple[str, ...] = ()
    landscape: bool = True
    lead: str = ""
    paper: Literal["A4", "A3"] = "A4"
    pages: tuple[int, int] = (1, 0)
    one_page: bool = False
    printing: str = ""
