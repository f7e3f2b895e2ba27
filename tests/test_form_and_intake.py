"""Form and intake hold the same values for right: what the form counts or lets pass, the reader reads, and no other."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import zip_longest

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from cases import EDITION, Findings, form_bytes, found_in_all
from office import convert
from smebatch.form.layout import answer_cells, answer_sheets
from smebatch.form.result_layout import RESULT_SHEET, result_layout
from smebatch.intake.workbook.cell_values import read_value
from smebatch.standard.keys import keys_of

pytestmark = pytest.mark.office

Value = str | float | bool

# The table: of each kind the values that are right, and those that are not. Figures written as texts are none of it:
# the form asks for numbers, and the reader reads 2000万 as well.

TICKED: list[Value] = [
    *("√", "✓", "✔", "☑", "■", "●", "是", "有", "y", "Y", "yes", "Yes", "YES", "t", "T", "true", "True", "1", 1, True),
    *("Ｙ", "ｙ", "１", "ｔ", "ｙｅｓ", "ＹＥＳ", "ｔｒｕｅ", "✔\ufe0f", "✔\ufe0e", "☑\ufe0f", "☑\ufe0e"),
]
NOT_TICKED: list[Value] = [
    *("×", "✗", "☐", "□", "○", "否", "无", "n", "no", "f", "false", "0", "-", "/", "ｎ", 0, False),
    *("√√", "✔✔", "✔x", "打勾", "部分", "v", "x", "2", "10", "是的", "没有", "?", "*", "~", 2, -1),
]
# Kind → the values right and wrong, put into the cell of this key.
FIGURES: dict[str, tuple[list[Value], list[Value]]] = {
    "staff_last": (  # a count
        [0, 1, 2, 1000, 999_999_999_999],
        [-1, 0.5, 1.5, -0.5, 1e-7, 1e12, 1e300, "三十", "约30", "-"],
    ),
    "cost_last": (  # an amount
        [0, 0.000001, 0.5, 1, 1234.56, 999_999_999_999],
        [-1, -0.000001, 1e-7, 1e12, 1e300, "约30", "1,23", "-"],
    ),
    "pass_rate_before": (  # a rate: up to 1 it may be a share as well
        [0, 1.000001, 1.5, 50, 98.5, 99.999999, 100],
        [0.000001, 0.01, 0.5, 0.985, 0.999999, 1, 100.000001, 101, 9850, -1, -0.5, "约98", "-"],
    ),
}

Cells = dict[str, Value]
TICK_CELLS: Cells = dict(
    zip((tick for scene in EDITION.scenes for tick in scene.ticks), [*TICKED, *NOT_TICKED], strict=True)
)
# A form for the first value of each kind, one for the second, …
COLUMNS = [[(key, value) for value in (*right, *wrong)] for key, (right, wrong) in FIGURES.items()]
FORMS: list[Cells] = [dict(filter(None, row)) for row in zip_longest(*COLUMNS)]
RATE = "pass_rate_before"
SPARE = 40  # a column far to the right of the form


@dataclass(frozen=True)
class Form:
    """A form as filled in, as LibreOffice computes it, and what the intake finds in it."""

    cells: Cells
    computed: Workbook
    findings: Findings

    def hint(self, key: str) -> str:
        """What the form says beside the row of a key."""
        place = next(place for place in answer_sheets(EDITION) if key in place.line)
        hint = self.computed[place.section].cell(place.line[key] + 1, place.column["alert"] + 1).value
        return str(hint or "")


def filled(cells: Cells) -> bytes:
    """A form with these in its answer cells, as they are, and what the validation of a rate's cell says of it beside.

    No program holds what stands in a file already against its validation.
    """
    book = openpyxl.load_workbook(io.BytesIO(form_bytes()))
    for key, value in cells.items():
        sheet, cell = answer_cells(EDITION)[key].split("!")
        book[sheet][cell].value = value
    sheet, cell = answer_cells(EDITION)[RATE].split("!")
    (rule,) = [rule for rule in book[sheet].data_validations.dataValidation if cell in rule.sqref]
    first = str(next(iter(rule.sqref.ranges)).coord).split(":")[0]
    book[sheet].cell(book[sheet][cell].row, SPARE).value = f"={rule.formula1.replace(first, cell)}"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> list[Form]:
    """A form with all ticks, then those with figures."""
    folder = tmp_path_factory.mktemp("forms")
    every = [TICK_CELLS, *FORMS]
    made = [filled(cells) for cells in every]
    paths = [folder / f"{i}.xlsx" for i in range(len(made))]
    for path, data in zip(paths, made, strict=True):
        path.write_bytes(data)
    computed = [openpyxl.load_workbook(path, data_only=True) for path in convert(paths, "xlsx", folder / "out")]
    return [Form(*parts) for parts in zip(every, computed, found_in_all(*made), strict=True)]


def test_a_tick_counts_in_the_form_where_it_is_read_as_one(forms: list[Form]) -> None:
    layout, result = result_layout(EDITION), forms[0].computed[RESULT_SHEET]
    for (key, value), right in zip(TICK_CELLS.items(), [True] * len(TICKED) + [False] * len(NOT_TICKED), strict=True):
        row, column = layout.scene_row[key[:3]] + 1, layout.flag(int(key[-1])) + 1
        is_read, counts = read_value(keys_of(EDITION)[key], value).value is True, result.cell(row, column).value == 1
        assert (is_read, counts) == (right, right), (key, value)


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_is_right_in_the_form_where_it_is_read_as_right(key: str, forms: list[Form]) -> None:
    right, wrong = FIGURES[key]
    for form, holds in zip(forms[1:], [True] * len(right) + [False] * len(wrong), strict=False):
        found = [code for code, place in form.findings if place == key]
        assert (not found, not form.hint(key)) == (holds, holds), (form.cells[key], found, form.hint(key))


def test_a_rate_may_be_typed_where_it_is_read_as_right(forms: list[Form]) -> None:
    right, wrong = FIGURES[RATE]
    sheet, cell = answer_cells(EDITION)[RATE].split("!")
    may = [bool(form.computed[sheet].cell(form.computed[sheet][cell].row, SPARE).value) for form in forms[1:]]
    assert may[: len(right) + len(wrong)] == [True] * len(right) + [False] * len(wrong)
