"""What stands where: the columns, lines and defined names of the answer sheets, as plain data."""

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

# Rows and columns are counted from 0, as XlsxWriter counts them.
TITLE, NOTE, KEY_ROW, HEADER, FIRST = range(5)
KEY_COLUMN = 0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name within the program, its heading, its width in characters and its cell of the key row."""

    name: str
    heading: str
    width: float
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line below the headings: a keyed row of the form; without a key a band of text, a remark or a rate computed."""

    text: str = ""
    row: Row | None = None
    remark: bool = False
    ratio: Ratio | None = None

    @property
    def is_band(self) -> bool:
        """Whether it heads the lines below."""
        return not (self.row or self.remark or self.ratio)


@dataclass(frozen=True)
class AnswerSheet:
    """An answer sheet; ``prefix`` begins its defined names; the columns start right of the key column.

    ``first``: the number of the first line.
    """

    section: Section
    prefix: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    first: int = FIRST

    @cached_property
    def column(self) -> dict[str, int]:
        """Column numbers by name."""
        return {c.name: i for i, c in enumerate(self.columns, KEY_COLUMN + 1)}

    @cached_property
    def line(self) -> dict[str, int]:
        """Row numbers by row key."""
        return {line.row.key: i for i, line in enumerate(self.lines, self.first) if line.row}

    @property
    def last(self) -> int:
        """The number of the last line."""
        return self.first + len(self.lines) - 1

    @property
    def last_column(self) -> int:
        """The number of the last column."""
        return KEY_COLUMN + len(self.columns)

    def rows(self) -> Iterator[tuple[int, Row]]:
        """The keyed rows with their row numbers."""
        return ((i, line.row) for i, line in enumerate(self.lines, self.first) if line.row)

    def names(self) -> Iterator[tuple[str, str]]:
        """Defined names of the key column and of each answer column, with their ranges.

        They run from the key row to one row below the last line, so that rows inserted at either end stay within.
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
    def printed(self) -> tuple[Column, ...]:
        """The columns that are printed: all but the hints, which live."""
        return self.columns[:-1]

    def width(self, name: str) -> float:
        """The width of a column in characters."""
        return self.columns[self.column[name] - KEY_COLUMN - 1].width

    def answer_column(self, suffix: str) -> int:
        """The number of the answer column of a suffix."""
        marks = [c.mark for c in self.columns]
        return KEY_COLUMN + 1 + marks.index(ANSWER + suffix)

    @property
    def here_key(self) -> str:
        """The key of the first line, for conditional formats that move down with their range."""
        return str(xl_rowcol_to_cell(self.first, KEY_COLUMN, col_abs=True))

    def here(self, name: str) -> str:
        """The cell of the first line in a column, likewise."""
        return str(xl_rowcol_to_cell(self.first, self.column[name], col_abs=True))

    def answers(self, suffix: str = "") -> str:
        """The defined name of the answer column of a suffix: question_answers, scene_l1."""
        return f"{self.prefix}{suffix or '_answers'}"


@cache
def enterprise_sheet(edition: Edition) -> AnswerSheet:
    """企业信息: a row a field."""
    columns = (
        Column("code", "序号", 6, CODE),
        Column("label", "项目", 28, LABEL),
        Column("answer", "填写", 34, ANSWER),
        Column("hint", "填报要求", 46),
        Column("alert", "提示", 22),
    )
    return AnswerSheet(Section.ENTERPRISE, "enterprise", columns, _lines(edition, Section.ENTERPRISE))


@cache
def question_sheet(edition: Edition) -> AnswerSheet:
    """基础管理成效: a band a dimension; a question's heading row, its options and its figures."""
    columns = (
        Column("code", "序号", 6, CODE),
        Column("path", "指标及权重", 18),
        Column("label", "题目、选项及数据", 54, LABEL),
        Column("answer", "填写", 11, ANSWER),
        Column("unit", "类型/单位", 10),
        Column("note", "备注（佐证材料等）", 14, f"{ANSWER}_note"),
        Column("alert", "提示", 40),
    )
    names = {
        d.id: f"{numeral(i)}、{d.name}（权重{d.weight.value}{d.weight.unit}）"
        for i, d in enumerate(edition.dimensions, 1)
    }
    bands = _bands((q.id, names[edition.question_path(q)[0].id]) for q in edition.questions)
    below = {[*q.ticks, *(f.key for f in q.figures)][-1]: q.ratio for q in edition.questions}
    width = sum(c.width for c in columns[1:-1])
    lines: list[Line] = []
    for line in _lines(edition, Section.QUESTIONS, bands):
        lines.append(line)
        if line.row and (question := edition.question.get(line.row.key)):
            lines += (Line(text, remark=True) for remark in question.remarks for text in wrapped(_said(remark), width))
        if line.row and (ratio := below.get(line.row.key)):
            lines.append(Line(ratio.label, ratio=ratio))
    return AnswerSheet(Section.QUESTIONS, "question", columns, tuple(lines))


def weighted(part: Dimension | Indicator | Question) -> str:
    """An indicator or 采集项 with its weight; one that the standard does not print is marked with its ruling."""
    name, weight = part.item if isinstance(part, Question) else part.name, part.weight
    mark = form_words().weight_by_ruling.format(ruling=weight.ruling) if weight.ruling else ""
    return f"{name} {weight.value}{weight.unit}{mark}"


def _said(remark: Remark) -> str:
    return remark.text + (form_words().by_ruling.format(ruling=remark.ruling) if remark.ruling else "")


@cache
def scene_sheet(edition: Edition) -> AnswerSheet | None:
    """数字化经营: a row a scene, a band a group; None where the edition has no scenes."""
    if not edition.scenes:
        return None
    widths = _text_widths(edition)
    levels: list[Column] = []
    for g in edition.levels:
        levels.append(Column(f"text{g.level}", g.full_name, widths[g.level - 1]))
        levels.append(Column(f"tick{g.level}", f"达到\n{g.name}", 5, f"{ANSWER}_l{g.level}"))
    columns = (
        Column("code", "序号", 4.5, CODE),
        Column("label", "应用场景", 9, LABEL),
        *levels,
        Column("state", "状态（未勾选）", 9, f"{ANSWER}_state"),
        Column("note", "备注（系统名）", 9, f"{ANSWER}_note"),
        Column("alert", "提示", 9),
    )
    names = {g.id: f"{numeral(i)}、{g.name}" for i, g in enumerate(edition.scene_groups, 1)}
    bands = _bands((s.id, names[s.group]) for s in edition.scenes)
    lines = _lines(edition, Section.SCENES, bands)
    # The general text of the levels scrolls away with the first line instead of filling the frozen heading.
    return AnswerSheet(Section.SCENES, "scene", columns, (Line("总体要求"), *lines))


@cache
def energy_sheet(edition: Edition) -> AnswerSheet | None:
    """能耗折算: a row an energy, its flows year by year, below two rows of headings; None without energies."""
    total = edition.energy_total
    if total is None:
        return None
    amounts: list[Column] = []
    for year in total.years:
        for flow in total.flows:
            mark = f"{ANSWER}{energy_suffix(year, flow)}"
            amounts.append(Column(f"{year.id}_{flow.id}", f"{flow.name}\n（实物量）", 13, mark))
        amounts.append(Column(f"{year.id}_coal", f"折算量\n（{edition.energy_unit}）", 15))
    columns = (
        Column("code", "序号", 6, CODE),
        Column("label", "能源名称", 24, LABEL),
        Column("unit", "计量单位", 11),
        Column("coefficient", "折标准煤系数", 11),
        *amounts,
    )
    return AnswerSheet(Section.ENERGY, "energy", columns, _lines(edition, Section.ENERGY), FIRST + 1)


def keyed_sheets(edition: Edition) -> tuple[AnswerSheet, ...]:
    """The sheets of an edition that have keys, in order: the answer sheets, and 能耗折算."""
    energy = energy_sheet(edition)
    return (*answer_sheets(edition), *((energy,) if energy else ()))


# What the texts of the levels take beside each other, in characters: with the other columns a small screen. Each takes
# at least so much.
_TEXTS, _TEXT = 93, 8


def _text_widths(edition: Edition) -> list[int]:
    """The widths of the texts of each level."""
    rows = [[g.description for g in edition.levels], *(scene.levels for scene in edition.scenes)]
    return shared_width([[display_width(text) for text in row] for row in rows], _TEXTS, _TEXT)


def answer_sheets(edition: Edition) -> tuple[AnswerSheet, ...]:
    """The sheets of an edition on which what is assessed is answered, in order."""
    sheets: Iterable[AnswerSheet | None] = (
        enterprise_sheet(edition),
        question_sheet(edition),
        scene_sheet(edition),
    )
    return tuple(s for s in sheets if s)


def answer_cells(edition: Edition) -> dict[str, str]:
    """Where the answer of each key stands: 企业信息!D5."""
    return {
        key.name: f"{place.section}!{xl_rowcol_to_cell(row, place.answer_column(key.suffix))}"
        for place in keyed_sheets(edition)
        for row, keyed in place.rows()
        for key in keyed.keys
    }


def _bands(rows: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The band above each row, by key, where it is another than that of the row before."""
    bands: dict[str, str] = {}
    above = ""
    for key, band in rows:
        if band != above:
            bands[key] = above = band
    return bands


def _lines(edition: Edition, section: Section, bands: dict[str, str] | None = None) -> tuple[Line, ...]:
    """The keyed rows of a section, each band above the row it begins at."""
    lines: list[Line] = []
    for row in rows_of(edition):
        if row.section is section:
            if bands and row.key in bands:
                lines.append(Line(bands[row.key]))
            lines.append(Line(row=row))
    return tuple(lines)
