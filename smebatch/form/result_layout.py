"""The layout of 自评结果, to whose tables the hints on the answer sheets refer. Rows and columns count from 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell

from smebatch.standard.keys import EXCUSED
from smebatch.standard.model import Edition

RESULT_SHEET = "自评结果"
# Columns. RAW and STEPS are hidden and hold numbers for other formulas: a score in units or the number of a level, and
# how many steps a question has reached. All tables share the others.
RAW, STEPS, CODE, NAME, PATH = range(5)
HIDDEN = (RAW, STEPS)
# The table of questions.
TYPE, COUNT, MARKS, MOST, POINTS, STATUS = range(5, 11)
# The table of levels.
NEED_SCORE, HAS_SCORE, NEED_SCENES, HAS_SCENES, NEED_BINDING, HAS_BINDING, MET = range(5, 12)
# The tables of completeness and of dimensions, and the first level of the table of scenes.
FULL, HAS, REST = range(5, 8)
FIRST_LEVEL = 5
# Rows of the conclusion.
LEVEL_ROW, SCORE_ROW, SCENE_ROW, COMPLETE_ROW, NEXT_ROW = 3, 4, 5, 6, 7


@dataclass(frozen=True, slots=True)
class ResultLayout:
    """The first row of each table below its headings, which are the two rows above: the section's and the columns'.

    ``last`` is the last row of the sheet; ``question_row`` and ``scene_row`` give the row of each question and scene.
    """

    levels: int
    missing: int
    dimensions: int
    questions: int
    scenes: int
    last: int
    question_row: dict[str, int]
    scene_row: dict[str, int]
    n_levels: int

    def cell(self, row: int, column: int) -> str:
        """The absolute address of a cell within the sheet: $C$5."""
        return str(xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True))

    def span(self, first: int, count: int, column: int) -> str:
        """The absolute address of ``count`` cells of a column, from row ``first`` down, within the sheet: $C$5:$C$9."""
        return str(xl_range_abs(first, column, first + count - 1, column))

    def question(self, question: str, column: int) -> str:
        """The address of a cell in the row of a question, for formulas on other sheets."""
        return f"'{RESULT_SHEET}'!{self.cell(self.question_row[question], column)}"

    def scene(self, scene: str, column: int) -> str:
        """The address of a cell in the row of a scene, for formulas on other sheets."""
        return f"'{RESULT_SHEET}'!{self.cell(self.scene_row[scene], column)}"

    def flag(self, level: int) -> int:
        """The column of the table of scenes that says whether a level is ticked."""
        return FIRST_LEVEL + level - 1

    @staticmethod
    def run(flags: Sequence[str]) -> str:
        """The formula for how many flags, each 0 or 1, are 1 without a gap from the first: f1*(1+f2*(1+…))."""
        run = "0"
        for flag in reversed(flags):
            run = f"{flag}*(1+{run})"
        return run

    @property
    def state(self) -> int:
        """The column of the table of scenes that repeats the state."""
        return FIRST_LEVEL + self.n_levels

    @property
    def scene_level(self) -> int:
        """The column of the table of scenes that names the level reached; RAW holds its number."""
        return self.state + 1

    @property
    def scene_status(self) -> int:
        """The column of the table of scenes that says whether the scene is filled in."""
        return self.state + 2

    @property
    def units(self) -> tuple[int, int]:
        """The row and column of the hidden cell with the total score in units (``standard.score_units``)."""
        return SCENE_ROW, RAW

    def names(self) -> dict[str, tuple[int, int]]:
        """The defined names with the row and column of their cells, all hidden.

        Readers of the form rely on the first three; the last says whether the enterprise lacks a base year (R7).
        """
        return {
            "self_level": (LEVEL_ROW, RAW),
            "self_score": (SCORE_ROW, RAW),
            "self_complete": (COMPLETE_ROW, RAW),
            EXCUSED: (NEXT_ROW, RAW),
        }


@cache
def result_layout(edition: Edition) -> ResultLayout:
    """The layout of 自评结果: one table below the other, each after a blank row, a section heading and a header row."""
    gap = 3
    levels = NEXT_ROW + 1 + gap
    missing = levels + len(edition.levels) + gap
    dimensions = missing + (4 if edition.scenes else 3) + gap
    questions = dimensions + len(edition.dimensions) + 1 + gap
    scenes = questions + len(edition.questions) + gap
    return ResultLayout(
        levels=levels,
        missing=missing,
        dimensions=dimensions,
        questions=questions,
        scenes=scenes,
        last=scenes + len(edition.scenes) - 1 if edition.scenes else scenes - gap - 1,
        question_row={q.id: questions + i for i, q in enumerate(edition.questions)},
        scene_row={s.id: scenes + i for i, s in enumerate(edition.scenes)},
        n_levels=len(edition.levels),
    )
