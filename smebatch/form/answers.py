"""Answer cells: their contents, their formats, and the data validation that helps to fill them in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from numbers import Real
from typing import Any, SupportsFloat

from smebatch.form.cell_marks import CellMarks
from smebatch.form.lists import SCENE_STATES, TICK_CHOICE, choice_list
from smebatch.form.next_round import EarlierColumn
from smebatch.form.sheet import FormSheet
from smebatch.standard.form_markers import TICK
from smebatch.standard.keys import Key, Kind, keys_of
from smebatch.standard.model import Edition

_STYLE = {
    Kind.TICK: "answer_tick",
    Kind.COUNT: "answer_count",
    Kind.AMOUNT: "answer_amount",
    Kind.PERCENT: "answer_percent",
    Kind.CHOICE: "answer_choice",
    Kind.DATE: "answer_date",
}


ANSWER_STYLES = (*_STYLE.values(), "answer_text")


def answer_style(key: Key) -> str:
    """The style of the answer cell of a key."""
    return _STYLE.get(key.kind, "answer_text")


@dataclass(frozen=True)
class FormAnswers:
    """The answers that a form is filled in with, by key.

    ``cell_marks``: those on the cells of a correction copy. ``earlier``: what the earlier return said, in a form of
    the next round.
    """

    values: Mapping[str, object]
    cell_marks: CellMarks | None = None
    earlier: EarlierColumn | None = None

    def content(self, key: Key) -> str | dt.date | SupportsFloat:
        """The content of the cell of a key: a text, a day or a number; "" where it stays blank.

        Raises TypeError for a value that a key of its kind cannot hold.
        """
        value = self.values.get(key.name)
        match value:
            case None | False:
                return ""
            case True if key.kind is Kind.TICK:
                return TICK
            case str():
                return value
            case dt.date() if key.kind is Kind.DATE:
                return value
            case Real() | Decimal() if key.kind.is_figure and not isinstance(value, bool):
                return value
            case _:
                raise TypeError(f"{key.name}: {value!r} cannot answer a {key.kind} question")

    def write(self, sheet: FormSheet, row: int, column: int, key: Key) -> None:
        """Write the answer of a key into its cell. Raises TypeError for a value that a key of its kind cannot hold."""
        mark = self.cell_marks.get(key.name) if self.cell_marks else None
        name = answer_style(key)
        style = sheet.styles.marked(name, is_error=mark.is_error) if mark else sheet.styles[name]
        if mark and mark.note:
            sheet.note(row, column, mark.note, mark.lines)
        match self.content(key):
            case str() as text:
                sheet.text(row, column, text, style)
            case dt.date() as day:
                sheet.date(row, column, day, style)
            case number:
                sheet.number(row, column, number, style)


def checked_answers(
    edition: Edition,
    answers: Mapping[str, object],
    cell_marks: CellMarks | None = None,
    earlier: EarlierColumn | None = None,
) -> FormAnswers:
    """The answers of a form of this edition. Raises KeyError naming the keys that the edition does not have."""
    unknown = sorted(answers.keys() - keys_of(edition).keys())
    if unknown:
        raise KeyError(f"unknown key {', '.join(unknown)}")
    return FormAnswers(answers, cell_marks, earlier)


_THIS_CELL = "#HERE"  # stands in the formula of a rule for the cell that the rule is for


def validation_of(key: Key) -> dict[str, Any]:
    """The data validation of a key as XlsxWriter takes it: a dropdown, a range, a formula or only a prompt."""
    prompt, error, rule = _rule(key)
    return {
        **rule,
        "ignore_blank": True,
        "input_title": "填报提示",
        "input_message": prompt,
        "error_title": "请核对",
        "error_message": error,
    }


def rule_for_cell(rule: dict[str, Any], cell: str) -> dict[str, Any]:
    """The validation for a range whose first cell is this one.

    A formula names that cell; spreadsheet programs adapt it to the other cells of the range.
    """
    return rule | {"value": rule["value"].replace(_THIS_CELL, cell)} if rule["validate"] == "custom" else rule


def _rule(key: Key) -> tuple[str, str, dict[str, Any]]:
    """The prompt, the error message and the options of XlsxWriter that are the rule of a key."""
    if key.kind is Kind.CHOICE:
        choices = "、".join(key.choices)
        prompt = f"请从下拉列表选一项：{choices}。"
        if key.suffix:
            prompt = f"各等级均未勾选的，请从下拉列表选一项：{choices}；已勾选等级的，留空。"
        source = SCENE_STATES if key.suffix else choice_list(key.name)
        return prompt, f"只能是：{choices}。", {"validate": "list", "source": f"={source}"}
    if key.kind is Kind.TICK:
        error = f"请从下拉列表选“{TICK}”，或者按 Delete 键留空。"
        return f"符合的，从下拉列表选“{TICK}”；不符合的，留空。", error, _RULES[key.kind][1]
    prompt, rule = _RULES[key.kind]
    prompt = prompt.format(unit=key.unit)
    return prompt, prompt, rule


def _length(low: int, high: int) -> dict[str, Any]:
    """A text of ``low`` to ``high`` characters; the message is a warning, so another text may be kept."""
    return {"validate": "length", "criteria": "between", "minimum": low, "maximum": high, "error_type": "warning"}


_AT_LEAST_0 = {"criteria": ">=", "value": 0}
_DATES = {"criteria": "between", "minimum": dt.date(2020, 1, 1), "maximum": dt.date(2099, 12, 31)}
_RULES: dict[Kind, tuple[str, dict[str, Any]]] = {
    Kind.TICK: ("", {"validate": "list", "source": f"={TICK_CHOICE}"}),
    Kind.COUNT: ("请填不小于 0 的整数（{unit}），只填数字，不带单位。", {"validate": "integer", **_AT_LEAST_0}),
    Kind.AMOUNT: ("请填不小于 0 的数（{unit}），只填数字，不带单位。", {"validate": "decimal", **_AT_LEAST_0}),
    Kind.PERCENT: (
        "请填百分数的数值，如 98.5（即 98.5%），不带 % 号。",
        # A cell that shows 98.5% holds 0.985, so a number up to 1 may be meant as a share: the reader asks as well.
        {"validate": "custom", "value": f"=OR({_THIS_CELL}=0,AND({_THIS_CELL}>1,{_THIS_CELL}<=100))"},
    ),
    Kind.DATE: ("请填日期，如 2026-11-23。", {"validate": "date", **_DATES}),
    Kind.USCC: ("请填 18 位统一社会信用代码，由数字和大写字母组成。", _length(18, 18)),
    Kind.INDUSTRY: ("门类字母加小类四位数字，如 C3391；至少写到大类，如 C33。", _length(2, 5)),
    Kind.PHONE: ("手机号码，或者带区号的固定电话。", _length(7, 20)),
    Kind.TEXT: ("请按实际情况填写。", {"validate": "any"}),
}
