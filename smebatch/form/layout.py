"""The layout of the sheets that have keys, as plain data: their columns, their lines and their defined names.

From it the writer takes where to write, the formulas how to address an answer, and the prefilling its cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from smebatch.common.text import numeral
from smebatch.form.measure import display_width, shared_width, wrapped
from smebatch.standard.form_markers import ANSWER, CODE, LABEL
from smebatch.standard.keys import Row, Section, energy_suffix, rows_of
from smebatch.standard.model import Dimension, Edition, Indicator, Question, Ratio, Remark
from smebatch.standard.reference import form_words

# Rows, counted from 0 as XlsxWriter counts them; columns likewise. The lines begin at FIRST.
TITLE, NOTE, KEY_ROW, HEADER, FIRST = range(5)
KEY_COLUMN = 0


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column of a sheet.

    ``name`` is how the program calls it; ``heading`` is printed; ``width`` is in characters; ``mark`` stands in the
    hidden key row and tells the reader what the column holds, "" where the reader passes it over.
    """

    name: str
    heading: str
    width: float
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line below the headings: a row with a key, or else a band of text, a remark or a computed rate."""

    text: str = ""
    row: Row | None = None
    remark: bool = False
    ratio: Ratio | None = None

    @property
    def is_band(self) -> bool:
        """Whether the line is a band, the heading of the lines below it."""
        return not (self.row or self.remark or self.ratio)


@dataclass(frozen=True)
class AnswerSheet:
    """The layout of a sheet with keys.

    ``prefix`` begins the defined names of the sheet. ``columns`` are those right of the key column, which is hidden and
    stands first. ``first`` is the row of the first line. ``landscape``: how its pages lie. ``title_end`` and
    ``note_end`` are printed behind its title and its note, ``signatures`` below its last line; "" where nothing is.
    """

    section: Section
    prefix: str
    columns: tuple[SheetColumn, ...]
    lines: tuple[Line, ...]
    first: int = FIRST
    landscape: bool = False
    title_end: str = ""
    note_end: str = ""
    signatures: str = ""

    @cached_property
    def column(self) -> dict[str, int]:
        """The number of each column, by its name."""
        return {c.name: i for i, c in enumerate(self.columns, KEY_COLUMN + 1)}

    @cached_property
    def line(self) -> dict[str, int]:
        """The number of each row that has a key, by that key."""
        return {line.row.key: i for i, line in enumerate(self.lines, self.first) if line.row}

    @cached_property
    def cells(self) -> dict[str, str]:
        """The address of each answer cell by key, row by row: D5."""
        return {
            key.name: xl_rowcol_to_cell(row, self.answer_column(key.suffix))
            for row, keyed in self.rows()
            for key in keyed.keys
        }

    @property
    def last(self) -> int:
        """The row of the last line."""
        return self.first + len(self.lines) - 1

    @property
    def last_printed(self) -> int:
        """The last row that is printed: the line for signatures stands one row below the range of the defined names."""
        return self.last + 2 if self.signatures else self.last

    @property
    def last_column(self) -> int:
        """The number of the last column."""
        return KEY_COLUMN + len(self.columns)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """The rows that have a key, with their numbers, from the top."""
        return ((i, line.row) for i, line in enumerate(self.lines, self.first) if line.row)

    def names(self) -> Iterator[tuple[str, str]]:
        """The defined names of the key column and of each answer column, with the ranges they stand for.

        A range begins at the key row and ends one row below the last line, so that it grows with rows that somebody
        inserts before the first or behind the last line.
        """
        columns = [(f"{self.prefix}_keys", KEY_COLUMN)]
        for i, column in enumerate(self.columns, KEY_COLUMN + 1):
            if column.mark.startswith(ANSWER):
                columns.append((self.answers(column.mark[len(ANSWER) :]), i))
        for name, i in columns:
            yield name, f"='{self.section.value}'!{xl_range_abs(KEY_ROW, i, self.last + 1, i)}"

    @property
    def keys(self) -> str:
        """The defined name of the key column."""
        return f"{self.prefix}_keys"

    @property
    def printed(self) -> tuple[SheetColumn, ...]:
        """The columns that are printed: all but the last, whose hints change while somebody fills in the sheet."""
        return self.columns[:-1]

    def width(self, name: str) -> float:
        """The width of a column in characters."""
        return self.columns[self.column[name] - KEY_COLUMN - 1].width

    def answer_column(self, suffix: str) -> int:
        """The number of the column that holds the answers of the keys with this suffix."""
        marks = [c.mark for c in self.columns]
        return KEY_COLUMN + 1 + marks.index(ANSWER + suffix)

    @property
    def first_key_cell(self) -> str:
        """The key cell of the first line, as a conditional format addresses it: the row moves down with the range."""
        return str(xl_rowcol_to_cell(self.first, KEY_COLUMN, col_abs=True))

    def first_cell(self, name: str) -> str:
        """The cell of the first line in the column of this name, addressed in the same way."""
        return str(xl_rowcol_to_cell(self.first, self.column[name], col_abs=True))

    def answers(self, suffix: str = "") -> str:
        """The defined name of the answers of the keys with this suffix: question_answers, scene_l1."""
        return f"{self.prefix}{suffix or '_answers'}"


@cache
def enterprise_sheet(edition: Edition) -> AnswerSheet:
    """The layout of 企业信息: a row for each field."""
    columns = (
        SheetColumn("code", "序号", 6, CODE),
        SheetColumn("label", "项目", 28, LABEL),
        SheetColumn("answer", "填写", 34, ANSWER),
        SheetColumn("hint", "填报要求", 46),
        SheetColumn("alert", "提示", 22),
    )
    return AnswerSheet(Section.ENTERPRISE, "enterprise", columns, _lines(edition, Section.ENTERPRISE))


@cache
def question_sheet(edition: Edition) -> AnswerSheet:
    """The layout of 基础管理成效.

    Each dimension has a band; each question a heading, its remarks, its options and its figures. A rate stands below
    the figures, or the options, that it is computed from.
    """
    columns = (
        SheetColumn("code", "序号", 6, CODE),
        SheetColumn("path", "指标及权重", 18),
        SheetColumn("label", "题目、选项及数据", 54, LABEL),
        SheetColumn("answer", "填写", 11, ANSWER),
        SheetColumn("unit", "类型/单位", 10),
        SheetColumn("note", "备注（佐证材料等）", 14, f"{ANSWER}_note"),
        SheetColumn("alert", "提示", 40),
    )
    names = {
        d.id: f"{numeral(i)}、{d.name}（权重{d.weight.value}{d.weight.unit}）"
        for i, d in enumerate(edition.dimensions, 1)
    }
    bands = _bands((q.id, names[edition.question_path(q)[0].id]) for q in edition.questions)
    ratio_below = {[*q.ticks, *(f.key for f in q.figures)][-1]: q.ratio for q in edition.questions}
    width = sum(c.width for c in columns[1:-1])
    lines: list[Line] = []
    for line in _lines(edition, Section.QUESTIONS, bands):
        lines.append(line)
        if line.row and (question := edition.question.get(line.row.key)):
            remarks = [text for remark in question.remarks for text in wrapped(_remark_text(remark), width)]
            lines += (Line(text, remark=True) for text in remarks)
        if line.row and (ratio := ratio_below.get(line.row.key)):
            lines.append(Line(ratio.label, ratio=ratio))
    return AnswerSheet(Section.QUESTIONS, "question", columns, tuple(lines))


def weighted(part: Dimension | Indicator | Question) -> str:
    """An indicator or 采集项 with its weight.

    A weight that the standard does not print carries the mark of the ruling it rests on.
    """
    name, weight = part.item if isinstance(part, Question) else part.name, part.weight
    mark = form_words().weight_by_ruling.format(ruling=weight.ruling) if weight.ruling else ""
    return f"{name} {weight.value}{weight.unit}{mark}"


def _remark_text(remark: Remark) -> str:
    return remark.text + (form_words().by_ruling.format(ruling=remark.ruling) if remark.ruling else "")


@cache
def scene_sheet(edition: Edition) -> AnswerSheet | None:
    """The layout of 数字化经营: a row for each scene, a band for each group; None where the edition has no scenes."""
    if not edition.scenes:
        return None
    widths = _text_widths(edition)
    levels: list[SheetColumn] = []
    for g in edition.levels:
        levels.append(SheetColumn(f"text{g.level}", g.full_name, widths[g.level - 1]))
        levels.append(SheetColumn(f"tick{g.level}", f"达到\n{g.name}", 5, f"{ANSWER}_l{g.level}"))
    columns = (
        SheetColumn("code", "序号", 4.5, CODE),
        SheetColumn("label", "应用场景", 9, LABEL),
        *levels,
        SheetColumn("state", "状态（未勾选）", 9, f"{ANSWER}_state"),
        SheetColumn("note", "备注（系统名）", 9, f"{ANSWER}_note"),
        SheetColumn("alert", "提示", 9),
    )
    names = {g.id: f"{numeral(i)}、{g.name}" for i, g in enumerate(edition.scene_groups, 1)}
    bands = _bands((s.id, names[s.group]) for s in edition.scenes)
    lines = _lines(edition, Section.SCENES, bands)
    # The general text of the levels scrolls away with the first line instead of filling the frozen heading.
    return AnswerSheet(Section.SCENES, "scene", columns, (Line("总体要求"), *lines), landscape=True)


@cache
def energy_sheet(edition: Edition) -> AnswerSheet | None:
    """The layout of 能耗折算: a row for each energy, with its flows year by year; None for an edition without energies.

    It has two rows of headings: the years, and the flows below them.
    """
    total = edition.energy_total
    if total is None:
        return None
    amounts: list[SheetColumn] = []
    for year in total.years:
        for flow in total.flows:
            mark = f"{ANSWER}{energy_suffix(year, flow)}"
            amounts.append(SheetColumn(f"{year.id}_{flow.id}", f"{flow.name}\n（实物量）", 13, mark))
        amounts.append(SheetColumn(f"{year.id}_coal", f"折算量\n（{edition.energy_unit}）", 15))
    columns = (
        SheetColumn("code", "序号", 6, CODE),
        SheetColumn("label", "能源名称", 24, LABEL),
        SheetColumn("unit", "计量单位", 11),
        SheetColumn("coefficient", "折标准煤系数", 11),
        *amounts,
    )
    return AnswerSheet(Section.ENERGY, "energy", columns, _lines(edition, Section.ENERGY), FIRST + 1)


def keyed_sheets(edition: Edition) -> tuple[AnswerSheet, ...]:
    """The layouts of the sheets with keys, in their order in the workbook: the answer sheets, then 能耗折算."""
    energy = energy_sheet(edition)
    return (*answer_sheets(edition), *((energy,) if energy else ()))


# Widths in characters of the texts of all levels together, which with the other columns fill a small screen, and the
# least width of one of them.
_LEVEL_TEXTS, _LEVEL_TEXT = 93, 8


def _text_widths(edition: Edition) -> list[int]:
    """The width of the text column of each level, in characters."""
    rows = [[g.description for g in edition.levels], *(scene.levels for scene in edition.scenes)]
    return shared_width([[display_width(text) for text in row] for row in rows], _LEVEL_TEXTS, _LEVEL_TEXT)


def answer_sheets(edition: Edition) -> tuple[AnswerSheet, ...]:
    """The layouts of the sheets whose answers are assessed, in their order in the workbook."""
    sheets: Iterable[AnswerSheet | None] = (
        enterprise_sheet(edition),
        question_sheet(edition),
        scene_sheet(edition),
    )
    return tuple(s for s in sheets if s)


def answer_cells(edition: Edition) -> dict[str, str]:
    """The address of each answer cell by key: 企业信息!D5."""
    return addresses_on(keyed_sheets(edition))


def addresses_on(layouts: Iterable[AnswerSheet]) -> dict[str, str]:
    """The address of each answer cell of these sheets by key: 企业信息!D5."""
    return {key: f"{layout.section}!{address}" for layout in layouts for key, address in layout.cells.items()}


def _bands(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The text of the band above a row, by the key of the row; only where it differs from that of the row before.

    ``rows``: the key of each row and the text of its band.
    """
    bands: dict[str, str] = {}
    above = ""
    for key, band in rows:
        if band != above:
            bands[key] = above = band
    return bands


def _lines(edition: Edition, section: Section, bands: dict[str, str] | None = None) -> tuple[Line, ...]:
    """The lines of a section: its rows, and above a row the band that begins there."""
    lines: list[Line] = []
    for row in rows_of(edition):
        if row.section is section:
            if bands and row.key in bands:
                lines.append(Line(bands[row.key]))
            lines.append(Line(row=row))
    return tuple(lines)
