"""Every code of the catalogue: a return that breaks the rule, with this one finding, and the nearest that keeps it."""

from __future__ import annotations

import datetime as dt
import io
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

import numpy as np
import openpyxl
import pytest
from openpyxl.workbook import Workbook

from cases import (
    EDITION,
    NO_BASE,
    OTHER_USCC,
    TODAY,
    Findings,
    Return,
    assessment_of,
    changed,
    choose,
    edited,
    form_bytes,
    found_in_all,
    good_answers,
    judged,
    judged_all,
    listed,
    reach,
    read_back,
    table,
)
from hostile.hostile_files import HOSTILE
from oracle import uscc_check_character
from smebatch.assess import validate as validation
from smebatch.assess.answers_frame import Answers
from smebatch.assess.latest_return import KEY_BY_CODE, finding_between_returns
from smebatch.assess.validate import rules_of, validate
from smebatch.batch.assessment import assess_returns
from smebatch.form.layout import answer_cells
from smebatch.intake.read_entry import read_entry
from smebatch.intake.return_answers import ReturnAnswers as ReadReturn
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.limits import MAX_BYTES
from smebatch.issues.catalogue import ISSUES, REASONS, Severity
from smebatch.issues.rendering import render
from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.backends import Ints
from smebatch.standard.keys import Kind, keys_of, titles_of

MILLIONTH = Decimal("0.000001")
HUGE = 10**12 - 1  # the products of two such figures, in millionths, need 120 bits


@dataclass(frozen=True, eq=False)
class Case:
    """``fails`` makes the good return break the rule at ``key``; ``passes`` is the nearest change that does not.

    ``cells``: the answers are texts as typed into cells, so they go through a form and back.
    """

    code: str
    key: str
    fails: Return
    passes: Return = field(default_factory=dict)
    cells: bool = False

    def __str__(self) -> str:
        return f"{self.code}:{self.key}"


def figures(**values: object) -> Return:
    """A change of figures."""
    return dict(values)


def medium(staff: int, revenue: object) -> Return:
    """An enterprise that says 中型, with the prior year and the other figures in the same proportion as before.

    Revenue a head was lower (2000 ÷ 300 against 800 ÷ 200), cost 70 % against 80 %, energy 10 % both years.
    """
    prior = figures(staff_prior=200, revenue_prior=800, energy_last=200, cost_last=1400)
    return figures(size="中型", staff_last=staff, revenue_last=revenue) | prior | choose("q12", 2)


def every_scene(level: int) -> Return:
    """A change: every scene at a level."""
    return {key: value for scene in EDITION.scenes for key, value in reach(scene.id, level).items()}


ALL_SCENES = every_scene(2)

CASES = [
    # --- cells that cannot be read surely
    Case("tick.unreadable", "q01_o03", {"q01_o03": "部分"}, {"q01_o03": "✔"}, cells=True),
    Case(
        "figure.unreadable", "revenue_last", {"revenue_last": "约1000"}, {"revenue_last": "１，０００ 万元"}, cells=True
    ),
    # 0.99 may be 0.99 % or 99 %; with a sign it is not in doubt (99 % is what it was before the change of 题13: 持平)
    Case(
        "figure.percent_ambiguous",
        "pass_rate_before",
        {"pass_rate_before": Decimal("0.98")},
        {"pass_rate_before": "98%"},
        cells=True,
    ),
    # seven decimals; six are read as they stand
    Case(
        "figure.rounded",
        "digital_investment",
        {"digital_investment": "50.0000001"},
        {"digital_investment": "50.000001"},
        cells=True,
    ),
    Case("choice.unknown", "above_scale", {"above_scale": "不详"}, {"above_scale": "√"}, cells=True),
    Case("choice.unknown", "size", {"size": "巨型"}, {"size": " 小型 "}, cells=True),
    Case("choice.unknown", "s01_state", {"s01_state": "没有"}, {"s01_state": "不适用"}, cells=True),
    # as a correction copy gives back what nobody could tell
    Case("answer.unconfirmed", "contact", {"contact": "【待确认】张三"}, {"contact": "张三"}, cells=True),
    Case("answer.unconfirmed", "q01_o03", {"q01_o03": "【待确认】√"}, {"q01_o03": " "}, cells=True),
    Case(
        "answer.unconfirmed", "revenue_last", {"revenue_last": "【待确认】1000"}, {"revenue_last": "1000"}, cells=True
    ),
    Case("date.unreadable", "filled_on", {"filled_on": "2026-02-30"}, {"filled_on": "2026年2月28日"}, cells=True),
    # --- answers missing
    *(Case("required.missing", k, {k: None}) for k in ("name", "uscc", "district", "assessment_kind", "phase")),
    *(Case("required.missing", k, {k: None}) for k in ("filled_on", "pledge", "equipment_total", "equipment_digital")),
    *(Case("required.missing", k, {k: None}) for k in ("equipment_networked", "digital_investment", "revenue_last")),
    # R7: without a base year 题12 to 题15 may stay unanswered, and then their figures may as well; the rate before
    # (题13) may where nothing is claimed against it
    *(
        Case("required.missing", k, {k: None}, {k: None} | NO_BASE)
        for k in ("energy_last", "energy_prior", "pass_rate_after", "staff_last", "staff_prior", "cost_last")
    ),
    Case(
        "required.missing",
        "cost_prior",
        {"cost_prior": None, "no_base_year": "否"},
        {"pass_rate_before": None} | choose("q13", 1),
    ),
    *(
        Case("expected.missing", k, {k: None}, {"assessor": None, "park": None})
        for k in ("industry_code", "size", "above_scale", "contact", "phone")
    ),
    Case("question.unanswered", "q02", choose("q02", 0)),
    Case("question.unanswered", "q06", {"q06_o02": False, "q06_o03": False}, {"q06_o03": False}),
    Case("question.unanswered", "q14", choose("q14", 0), NO_BASE),
    Case("scene.unanswered", "s01", {"s01_state": None}, {"s01_state": "不适用"}),
    # --- answers that contradict each other
    Case("single.many", "q08", {"q08_o04": True}, choose("q08", 4)),
    Case("multiple.none_with_others", "q06", {"q06_o01": True}, {"q06_o01": True, "q06_o02": False, "q06_o03": False}),
    Case("scene.state_contradiction", "s06", {"s06_state": "不适用"}, reach("s06", 0) | {"s06_state": "不适用"}),
    Case("scene.state_contradiction", "s06", {"s06_state": "未达一级"}, reach("s06", 0)),
    # a tick above a gap, and 未达一级: both true, the gap has its warning
    Case("scene.gap", "s01", {"s01_l2": True}, reach("s01", 2)),
    Case("scene.gap", "s06", {"s06_l4": True}, reach("s06", 4)),
    Case("figure.negative", "digital_investment", {"digital_investment": -MILLIONTH}, {"digital_investment": 0}),
    Case("figure.not_whole", "staff_prior", {"staff_prior": Decimal("100.5")}, {"staff_prior": 101}),
    Case("figure.not_whole", "equipment_digital", {"equipment_digital": 30 + MILLIONTH}, {"equipment_digital": 31}),
    Case("figure.above_100", "pass_rate_after", {"pass_rate_after": 100 + MILLIONTH}, {"pass_rate_after": 100}),
    # 101 of 100 machines; all 100 are 100 %, in (60%,100%]
    Case(
        "part.exceeds_whole",
        "equipment_digital",
        {"equipment_digital": 101},
        {"equipment_digital": 100} | choose("q02", 5),
    ),
    Case(
        "part.exceeds_whole",
        "equipment_networked",
        {"equipment_networked": 101},
        {"equipment_networked": 100} | choose("q03", 5),
    ),
    # right-closed: 10 of 100 is 10 %, in [0-10%]; one machine more is not. 41 is above 40 %, 20 is not above 20 %.
    Case(
        "interval.contradiction",
        "q02",
        {"equipment_digital": 11} | choose("q02", 1),
        {"equipment_digital": 10} | choose("q02", 1),
    ),
    Case("interval.contradiction", "q02", {"equipment_digital": 41}, {"equipment_digital": 40}),
    Case("interval.contradiction", "q02", {"equipment_digital": 20}, {"equipment_digital": 21}),
    Case("interval.contradiction", "q03", {"equipment_networked": 21}, {"equipment_networked": 11}),
    Case("interval.contradiction", "q03", {"equipment_networked": 10}, {"equipment_networked": 20}),
    # 100 of 1000 万元 is 10 %
    Case("interval.unlikely", "q11", {"digital_investment": 100 + MILLIONTH}, {"digital_investment": 100}),
    # no machines at all: both rates are 0 (R10)
    Case(
        "whole.zero",
        "equipment_total",
        figures(equipment_total=0, equipment_digital=0, equipment_networked=0) | choose("q02", 1) | choose("q03", 1),
        figures(equipment_total=1, equipment_digital=0, equipment_networked=0) | choose("q02", 1) | choose("q03", 1),
    ),
    # what is divided by 0: 题11, 题12 and 题15 by revenue, 题14 by staff
    Case("base.zero", "revenue_last", {"revenue_last": 0}, {"revenue_last": None} | NO_BASE),
    Case("base.zero", "staff_last", {"staff_last": 0}, {"staff_last": 0, "size": "微型"} | NO_BASE),
    Case("base.zero_before", "revenue_prior", {"revenue_prior": 0}, {"revenue_prior": 0} | NO_BASE),
    Case("base.zero_before", "staff_prior", {"staff_prior": 0}, {"staff_prior": 0} | NO_BASE),
    # 题13 scores without the rate before; its first option scores nothing
    Case("base.missing", "pass_rate_before", {"pass_rate_before": None}, {"pass_rate_before": None} | choose("q13", 1)),
    # nothing spent, no energy used, not one product good before: enough to make the best option true
    Case("trend.zero", "cost_last", {"cost_last": 0}, {"cost_last": MILLIONTH}),
    Case("trend.zero", "energy_last", {"energy_last": 0} | choose("q12", 3), {"energy_last": 0, "energy_prior": 0}),
    Case("trend.zero", "pass_rate_before", {"pass_rate_before": 0}, {"pass_rate_before": MILLIONTH}),
    # no year before, and 题12 to 题15 answered
    Case("base.denied", "no_base_year", {"no_base_year": "是"}, NO_BASE),
    Case("base.denied", "no_base_year", {"no_base_year": "是"} | choose("q14", 0), {"no_base_year": "否"}),
    Case("base.denied", "no_base_year", NO_BASE | {"q13_o03": True}, {"no_base_year": None}),
    # 1000 ÷ 100 = 10 against 1000 ÷ 100: the same, so 增加 is wrong
    Case(
        "trend.contradiction",
        "q14",
        {"revenue_prior": 1000, "energy_prior": 100, "cost_prior": 800},
        {"revenue_prior": 1000, "energy_prior": 100, "cost_prior": 800} | choose("q14", 2),
    ),
    # 70 % against 560 ÷ 800 = 70 %: the same, so 降低 is wrong
    Case("trend.contradiction", "q15", {"cost_prior": 560}, {"cost_prior": 560} | choose("q15", 2)),
    Case(
        "trend.contradiction",
        "q15",
        {"cost_prior": 560 + MILLIONTH} | choose("q15", 2),
        {"cost_prior": 560 + MILLIONTH},
    ),
    # 100 ÷ 1000 = 80 ÷ 800; a millionth of a ton more is 增加
    Case(
        "trend.unlikely",
        "q12",
        {"energy_last": 100 + MILLIONTH},
        {"energy_last": 100 + MILLIONTH} | choose("q12", 1),
    ),
    # 81.4 × 1.229 = 100.0406, which is 100; of 814 it is not
    Case("energy.total", "energy_last", {"en_electricity_last_used": 814}, {"en_electricity_last_used": 81.4}),
    Case("energy.total", "energy_prior", {"en_lignite_prior_used": 80}, {"en_biomass_prior_used": 80}),
    Case("figure.negative", "en_heat_last_output", {"en_heat_last_output": -MILLIONTH}, {"en_heat_prior_used": 0}),
    Case("trend.unlikely", "q13", {"pass_rate_before": 99}, {"pass_rate_before": 99} | choose("q13", 2)),
    # 150 of 1000 万元 is 15 %: true, and rare
    Case("option.rare", "q11", {"digital_investment": 150} | choose("q11", 2), {"digital_investment": 100}),
    # 产品设计 collects data, yet the scene has no level
    Case("links.scene", "q04_o02", {"q04_o02": True}, {"q04_o02": True} | reach("s01", 1)),
    # 单个业务环节, but 题4 ticks two
    Case("links.count", "q05", choose("q05", 2), choose("q05", 3)),
    # 绝大部分 (12 or 13 of 14): 11 scenes that use information technology are too few
    Case(
        "links.count",
        "q05",
        ALL_SCENES | reach("s01", 0) | reach("s02", 0) | reach("s04", 0) | choose("q05", 4),
        ALL_SCENES | reach("s01", 0) | reach("s02", 1) | choose("q05", 4),
    ),
    # 全覆盖: all 14, and a scene that does not apply is no gap
    Case(
        "links.count",
        "q05",
        ALL_SCENES | reach("s01", 0) | choose("q05", 5),
        ALL_SCENES | reach("s01", 0) | {"s01_state": "不适用"} | choose("q05", 5),
    ),
    # 中型: at least 300 people and 2000 万元, both
    Case("size.unlikely", "size", medium(299, 2000), medium(300, 2000)),
    Case("size.unlikely", "size", medium(300, 2000 - MILLIONTH) | choose("q12", 1), medium(300, 2000)),
    Case("industry.unknown", "industry_code", {"industry_code": "C99"}, {"industry_code": "C33"}),
    Case("industry.unknown", "industry_code", {"industry_code": "A3391"}, {"industry_code": "3391"}),
    Case("industry.outside", "industry_code", {"industry_code": "E4700"}, {"industry_code": "D4600"}),
    Case("industry.outside", "industry_code", {"industry_code": "A0511"}, {"industry_code": "B0610"}),
    Case("uscc.format", "uscc", {"uscc": "91350100M000100Y4"}, {"uscc": OTHER_USCC}),
    Case("uscc.format", "uscc", {"uscc": "91350100MO00100Y43"}, {"uscc": "911101066976941872"}),
    Case("uscc.check_digit", "uscc", {"uscc": "91350100M000100Y44"}, {"uscc": OTHER_USCC}),
    Case("phone.odd", "phone", {"phone": "1390000000"}, {"phone": "0591-87654321"}),
    Case("date.future", "filled_on", {"filled_on": TODAY + dt.timedelta(days=1)}, {"filled_on": TODAY}),
]


@cache
def found_in_cases(which: str) -> dict[Case, Findings]:
    """What is found in the ``fails`` or the ``passes`` of every case, each way in one run."""
    found: dict[Case, Findings] = {}
    for cells in (True, False):
        cases = [case for case in CASES if case.cells is cells]
        returns = [good_answers() | getattr(case, which) for case in cases]
        results = found_in_all(*map(form_bytes, returns)) if cells else judged_all(*returns)
        found |= dict(zip(cases, results, strict=True))
    return found


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_rule_is_one_finding(case: Case) -> None:
    assert found_in_cases("fails")[case] == [(case.code, case.key)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_nearest_return_that_keeps_the_rule(case: Case) -> None:
    assert found_in_cases("passes")[case] == []


def test_the_good_return_has_no_finding_on_the_whole_way() -> None:
    assert judged(good_answers()) == []
    assert read_back(good_answers()) == []


# --- what a hand in the workbook does: one finding, too -------------------------------------------------------------


def cell(book: Workbook, key: str) -> tuple[Any, int, int]:
    """The sheet, row and column of a row's key under #."""
    for sheet in book:
        for row in sheet.iter_rows(max_col=1):
            if row[0].value == key:
                keys = next(r for r in sheet.iter_rows() if r[0].value == "#smebatch")
                return sheet, row[0].row, next(c.column for c in keys if c.value == "#")
    raise KeyError(key)


def put(key: str, value: object) -> Callable[[Workbook], None]:
    """Write into the answer cell of a key."""

    def edit(book: Workbook) -> None:
        sheet, row, column = cell(book, key)
        sheet.cell(row, column).value = value

    return edit


def rename_key(key: str, name: str) -> Callable[[Workbook], None]:
    def edit(book: Workbook) -> None:
        sheet, row, _ = cell(book, key)
        sheet.cell(row, 1).value = name

    return edit


def lose_row(key: str) -> Callable[[Workbook], None]:
    return rename_key(key, "")


def double_row(book: Workbook) -> None:
    sheet, row, _ = cell(book, "park")
    for column in range(1, 5):
        sheet.cell(60, column).value = sheet.cell(row, column).value


def swap_labels(book: Workbook) -> None:
    """Sort the visible columns only: 园区 and 地市 change places, their keys do not."""
    sheet, first, _ = cell(book, "city")
    second = cell(book, "park")[1]
    for column in range(2, 5):
        a, b = sheet.cell(first, column), sheet.cell(second, column)
        a.value, b.value = b.value, a.value


def state(name: str, value: object) -> Callable[[Workbook], None]:
    """Change what _meta says, and drop the document property that says it again."""

    def edit(book: Workbook) -> None:
        for row in book["_meta"].iter_rows():
            if row[0].value == name:
                row[1].value = value
        for name_ in list(book.custom_doc_props.names):
            del book.custom_doc_props[name_]

    return edit


def nothing(_book: Workbook) -> None:
    pass


Edit = Callable[[Workbook], object]
HANDS: list[tuple[str, str, Edit, Edit]] = [
    ("key.missing", "park", lose_row("park"), put("park", "某园区")),
    ("key.doubled", "park", double_row, nothing),
    ("label.mismatch", "city", swap_labels, nothing),
    ("key.unknown", "turnover", rename_key("q01", "turnover"), nothing),
    ("edition.unstated", "", state("edition", None), nothing),
    ("edition.changed", "", state("edition_sha256", "0" * 64), nothing),
    ("form.version", "", state("form_version", "0"), nothing),
    ("cell.error", "revenue_last", put("revenue_last", "#REF!"), put("revenue_last", 1000)),
    ("cell.uncached", "revenue_last", put("revenue_last", "=500+500"), put("revenue_last", "1,000")),
    ("uscc.digits_lost", "uscc", put("uscc", 913501000000100143), put("uscc", OTHER_USCC)),
]


@cache
def found_by_hand(which: int) -> list[Findings]:
    """What is found after the first or the second edit of HANDS."""
    fresh = form_bytes(good_answers())
    return found_in_all(*(edited(fresh, edits[which]) for _, _, *edits in HANDS))


@pytest.mark.parametrize("number", range(len(HANDS)), ids=[case[0] for case in HANDS])
def test_a_hand_in_the_workbook_is_one_finding(number: int) -> None:
    code, key, *_ = HANDS[number]
    found = found_by_hand(0)[number]
    if code == "key.unknown":  # the row that lost its name is missing as well
        found = [(c, k) for c, k in found if c != "key.missing"]
    assert found == [(code, key)]


@pytest.mark.parametrize("number", range(len(HANDS)), ids=[case[0] for case in HANDS])
def test_a_workbook_saved_by_another_program_is_still_good(number: int) -> None:
    assert found_by_hand(1)[number] == []


def test_a_finding_has_all_its_fields() -> None:
    findings = assessment_of(form_bytes(changed(equipment_digital=41))).findings
    (row,) = findings.to_dict("records")
    assert (row["sheet"], row["cell"]) == ("基础管理成效", named("q02_o01", "q02_o05"))
    assert (row["code"], row["key"], row["severity"]) == ("interval.contradiction", "q02", "error")
    assert row["found"] == EDITION.question["q02"].options[2]
    assert "41" in row["expected"]
    assert row["clause"] == "三(一) 题2"
    assert row["message"]
    assert row["message_en"]


COMPARED: list[tuple[Return, str, str]] = [  # a change, what is found, the numbers that explain it
    ({"equipment_digital": 11} | choose("q02", 1), "[0-10%]", "11 100 11"),  # 11 ÷ 100 = 11 %
    ({"digital_investment": 100 + MILLIONTH}, "[0-10%]", "100.000001 1000 10.0000001"),
    ({"cost_prior": 560 + MILLIONTH} | choose("q15", 2), "持平", "700 1000 0.7 560.000001 800 0.700000001"),
    ({"pass_rate_before": 99}, "增加", "99 99"),
    ({"digital_investment": 150} | choose("q11", 2), "(10%,20%]", "10"),
    ({"revenue_last": 0}, "0 万元", "11 12 15"),
    ({"revenue_prior": 0}, "0 万元", "12 15"),
    ({"cost_last": 0}, "0 万元", "15"),
    ({"no_base_year": "是"} | choose("q14", 0), "是", "12 13 15"),
    ({"en_electricity_last_used": 814}, "100 吨标准煤", "1000.406"),  # 814 × 1.229
    (choose("q05", 2), "单个业务环节", "4 2 3"),  # 题4: 2 links; 3 scenes at 二级
    (ALL_SCENES | reach("s01", 0) | choose("q05", 5), "全覆盖", "13"),  # scenes at 一级
    ({"uscc": "91350100M000100Y44"}, "91350100M000100Y44", "3"),
]
NAMED: list[tuple[Return, str, str]] = [  # a change, what is found, what would be right
    ({"equipment_digital": 101}, "101 台", f"{titles_of(EDITION)['equipment_total']} 100 台"),
    ({"q04_o02": True}, "", EDITION.scene["s01"].name),
    (medium(299, 2000), "中型", "小型"),
    ({"s01_l2": True}, "二级", "未达一级"),
    ({"s06_l4": True}, "一级、二级、四级", "二级"),
    ({"industry_code": "A0511"}, "A0511", "A 农、林、牧、渔业"),
    ({"above_scale": "不详"}, "不详", "是、否"),
]


def test_a_finding_shows_what_was_compared_or_would_be_right() -> None:
    changes = [change for change, *_ in COMPARED + NAMED]
    findings = validate(table(*(good_answers() | change for change in changes)), TODAY)
    shown = [(finding.found, finding.expected) for (finding,) in findings]
    numbers = [(found, " ".join(re.findall(r"[0-9.]+", expected))) for found, expected in shown[: len(COMPARED)]]
    assert numbers == [row[1:] for row in COMPARED]
    assert shown[len(COMPARED) :] == [row[1:] for row in NAMED]
    assert {(finding.sheet, finding.cell) for (finding,) in findings} == {("", "")}  # whoever has read it knows


def named(first: str, last: str) -> str:
    """The cells from one answer's to another's, as a form has them."""
    return ":".join(answer_cells(EDITION)[key].split("!")[1] for key in (first, last))


def placed(answers: Return, edit: Edit = lambda _: None) -> dict[tuple[str, str], str]:
    """The cells of each finding by its code and key."""
    findings = assessment_of(edited(form_bytes(answers), edit)).findings
    return {(f["code"], f["key"]): f["cell"] for f in findings.to_dict("records")}


def test_an_issue_about_ticks_names_the_cells_to_be_ticked() -> None:
    answers = changed(s16_l1=False, s16_l3=True, s15_state=None, **dict.fromkeys(EDITION.question["q12"].ticks))
    found = placed({**answers, "q02_o01": True, "q06_o01": True, "park": None, "revenue_last": None})
    questions = {key: named(*(EDITION.question[key].ticks[i] for i in (0, -1))) for key in ("q02", "q06", "q12")}
    scenes = {key: named(f"{key}_l1", f"{key}_state") for key in ("s15", "s16")}
    assert found[("question.unanswered", "q12")] == questions["q12"]
    assert found[("single.many", "q02")] == questions["q02"]
    assert found[("multiple.none_with_others", "q06")] == questions["q06"]
    assert found[("scene.unanswered", "s15")] == scenes["s15"]
    assert found[("scene.gap", "s16")] == scenes["s16"]
    assert found[("required.missing", "revenue_last")] == answer_cells(EDITION)["revenue_last"].split("!")[1]
    # no cell named is a locked one, but for the texts between the ticks of a scene
    book = openpyxl.load_workbook(io.BytesIO(form_bytes()))
    for area in questions.values():
        assert not [c.coordinate for (c,) in book["基础管理成效"][area] if c.protection.locked]


def test_ticks_that_were_moved_apart_are_named_each() -> None:
    def apart(book: Workbook) -> None:
        sheet, row, _ = cell(book, "q02_o05")
        sheet.move_range(f"A{row}:H{row}", rows=200)

    first, fourth = named("q02_o01", "q02_o04").split(":")
    last = re.sub(r"\d+", lambda row: str(int(row[0]) + 201), fourth)
    found = placed(changed(q02_o01=True), apart)
    assert found[("single.many", "q02")] == f"{first}:{fourth},{last}"


# --- among the returns of a batch -----------------------------------------------------------------------------------


def test_a_later_return_with_errors_is_a_warning_on_the_one_that_counts() -> None:
    finding = finding_between_returns(EDITION, "return.later_awaits", "b.xlsx")
    assert (finding.code, finding.key, finding.found) == ("return.later_awaits", "uscc", "b.xlsx")


# --- why a file is no return ----------------------------------------------------------------------------------------


def _link(path: Path) -> None:
    (path.parent / "target.txt").write_text("x")
    path.symlink_to(path.parent / "target.txt")


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _another_edition(path: Path) -> None:
    path.write_bytes(edited(form_bytes(good_answers()), state("edition", "2022")))


def _no_form(path: Path) -> None:
    book = Workbook()
    book.active["A1"] = "通讯录"
    book.save(path)


FILES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "file.lock": ("~$return.xlsx", lambda path: path.write_bytes(b"x" * 165)),
    "file.link": ("link.xlsx", _link),
    "file.special": ("pipe.xlsx", _fifo),
    "file.empty": ("empty.xlsx", lambda path: path.write_bytes(b"")),
    "file.system": ("Thumbs.db", lambda path: path.write_bytes(b"x")),
    "file.large": ("large.xlsx", lambda path: path.write_bytes(bytes(MAX_BYTES + 1))),
    "form.none": ("list.xlsx", _no_form),
    "edition.wrong": ("old.xlsx", _another_edition),
}


@pytest.mark.parametrize("reason", FILES)
def test_a_file_that_is_no_return_has_its_reason(reason: str, tmp_path: Path) -> None:
    name, make = FILES[reason]
    if reason == "file.special" and not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")
    make(tmp_path / name)
    (entry,) = [e for e in listed(tmp_path) if e.file == name]
    outcome = read_entry(entry, EDITION)
    assert (outcome.reason, outcome.answers) == (reason, None)


def test_a_file_gone_since_it_was_listed_has_its_reason(tmp_path: Path) -> None:
    assert read_entry(Entry("a.xlsx", str(tmp_path / "a.xlsx"), 1, 1), EDITION).reason == "file.vanished"


def test_a_return_has_no_reason(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(form_bytes(good_answers()))
    (entry,) = listed(tmp_path)
    assert read_entry(entry, EDITION).reason == ""


# --- every code has its case ----------------------------------------------------------------------------------------


def test_every_code_of_the_catalogue_has_its_case() -> None:
    seen = {"cell.runs", "text.runs", "cell.struck", "cell.format", "cell.merged", "date.part"}  # tests/test_seen.py
    pictures = {"cell.picture", "text.picture"}  # tests/test_pictures.py
    explained = {"explanation.unreadable"}  # tests/test_correction_reading.py
    lines = {f"decision.{fault}" for fault in ("unreadable", "no_reason", "no_name", "date", "unknown")}
    explained |= lines  # tests/test_decisions.py
    threads = {"decision.not_waivable", "decision.dead", "return.passed_on"}  # tests/test_threads.py
    tried = {case.code for case in CASES} | {case[0] for case in HANDS} | set(KEY_BY_CODE)
    assert tried | seen | pictures | explained | threads == set(ISSUES)


def test_every_reason_has_its_case() -> None:
    # complete, errors and the three of superseded: tests/test_settle.py; what a file's content makes it: tests/hostile
    settled = {"complete", "errors", "superseded.later", "superseded.awaited", "superseded.copy"}
    settled |= {"returned.unchanged"}  # tests/test_threads.py
    deaths = {"file.time", "file.memory", "file.reader"}  # tests/test_readers.py
    folders = {"file.folder", "file.unlistable", "file.archive_large"}  # tests/test_folder.py, tests/test_archive.py
    containers = {"archive.deep", "archive.unread"}  # tests/test_inside.py
    contents = {reason for reason, _ in HOSTILE.values()}
    # tests/test_archives.py
    archives = {f"archive.{kind}" for kind in ("password", "part", "broken", "method", "no_program")}
    archives |= {"mail.empty", "mail.link", "file.gnumeric"}
    reached = {"file.vanished", "file.unreachable"}  # above, and tests/test_environment.py
    named = {"file.cloud", "form.inspected"}  # by its name: tests/hostile; tests/test_inspected.py
    beside = reached | named | settled | deaths | folders | containers | archives
    assert set(FILES) | beside | contents == set(REASONS)


# --- one cause, one issue -------------------------------------------------------------------------------------------


def one_each(findings: dict[str, tuple[str, str]], returns: dict[str, Return]) -> None:
    """Each return has its one finding."""
    found = dict(zip(returns, judged_all(*returns.values()), strict=True))
    assert found == {name: [finding] for name, finding in findings.items()}


def test_a_negative_figure_is_reported_once() -> None:
    one_each({k: ("figure.negative", k) for k in EDITION.figures}, {k: changed(**{k: -5}) for k in EDITION.figures})


def test_a_figure_that_is_wrong_is_not_called_rounded_as_well() -> None:
    cells = {
        "cost_last": ("-1.00000049", "figure.negative"),
        "staff_last": ("100.5000001", "figure.not_whole"),
        "pass_rate_after": ("150.00000001", "figure.above_100"),
        "equipment_digital": ("150.00000001", "part.exceeds_whole"),
    }
    found = found_in_all(*(form_bytes(changed(**{key: text})) for key, (text, _) in cells.items()))
    assert found == [[(code, key)] for key, (_, code) in cells.items()]


def test_a_figure_that_is_wrong_is_not_held_against_others() -> None:
    wrong: dict[str, Return] = {
        "figure.above_100": {"pass_rate_after": 150, "pass_rate_before": 99} | choose("q13", 1),  # 增加, were it true
        "figure.not_whole": {"staff_last": Decimal("0.5")} | choose("q14", 1),  # the same
        "figure.negative": {"staff_last": Decimal("-0.5")} | choose("q14", 1),
    }
    assert [[code for code, _ in found] for found in judged_all(*(changed(**w) for w in wrong.values()))] == [
        [code] for code in wrong
    ]


def test_a_missing_figure_is_reported_once() -> None:
    keys = [f.key for f in EDITION.figures.values() if f.required]
    one_each({k: ("required.missing", k) for k in keys}, {k: changed(**{k: None}) for k in keys})


def test_a_figure_that_cannot_be_read_is_not_reported_again() -> None:
    keys = list(EDITION.figures)
    found = validate(table(*(changed(**{k: None}) for k in keys), unsure=[{k} for k in keys]), TODAY)
    assert dict(zip(keys, found, strict=True)) == {k: [] for k in keys}


def test_a_question_without_a_tick_is_reported_once() -> None:
    questions = EDITION.question
    one_each(
        {q: ("question.unanswered", q) for q in questions},
        {q: changed(**dict.fromkeys(spec.ticks)) for q, spec in questions.items()},
    )


def test_a_question_with_every_option_ticked_is_reported_once() -> None:
    questions = EDITION.question
    codes = {q: "single.many" if s.none is None else "multiple.none_with_others" for q, s in questions.items()}
    # every scene at 一级, so that the links of 题4 have no other fault
    one_each(
        {q: (code, q) for q, code in codes.items()},
        {q: good_answers() | every_scene(1) | dict.fromkeys(s.ticks, True) for q, s in questions.items()},
    )


def test_a_scene_left_blank_is_reported_once() -> None:
    blank = {s.id: dict.fromkeys((*s.ticks, f"{s.id}_state")) for s in EDITION.scenes}
    one_each({s: ("scene.unanswered", s) for s in blank}, {s: changed(**gone) for s, gone in blank.items()})


@pytest.mark.parametrize("q04", [{}, {"q04_o14": False, "q04_o04": False, "q04_o01": True}], ids=["link", "no link"])
def test_a_gap_at_the_first_level_is_reported_once(q04: Return) -> None:
    # 营销管理, a link ticked in 题4: 一级 not ticked, 二级 ticked. That it then has no level follows from the gap.
    assert judged(changed(s03_l1=False, **q04)) == [("scene.gap", "s03")]


def test_a_gap_does_not_make_a_coverage_wrong_as_well() -> None:
    # 全覆盖 with every scene at 二级; that 产品设计 then is not among the 14 follows from the gap
    answers = good_answers() | ALL_SCENES | choose("q05", 5)
    assert judged(answers) == []
    assert judged(answers | {"s01_l1": False}) == [("scene.gap", "s01")]


@pytest.mark.parametrize("ticks", [{}, {"s03_l1": False}], ids=["ladder", "gap"])
def test_a_scene_that_does_not_apply_but_is_ticked_is_reported_once(ticks: Return) -> None:
    assert judged(changed(s03_state="不适用", **ticks)) == [("scene.state_contradiction", "s03")]


PHONES = [
    *("13900000000", "+8613900000000", "+86-13900000000", "86-13900000000"),
    *("0591-87654321", "059187654321", "010-87654321", "(0591)87654321", "（010）87654321", "0591-8765432"),
    *("+86-0591-87654321", "0591-87654321-1", "0591-87654321转123456", "0591-87654321*12"),
    *("400-123-4567", "4001234567", "800-1234567"),
]
NO_PHONES = [
    *("12900000000", "1390000000", "139000000000", "591-87654321", "0591-876543", "0591-876543210", "87654321"),
    *("0591-87654321-1234567", "500-123-4567", "400-123-456", "10086", "无"),
]


def test_telephone_numbers_are_known_as_people_write_them() -> None:
    found = judged_all(*(changed(phone=phone) for phone in PHONES + NO_PHONES))
    assert [phone for phone, codes in zip(PHONES + NO_PHONES, found, strict=True) if codes] == NO_PHONES
    assert {tuple(codes) for codes in found} == {(), (("phone.odd", "phone"),)}


def test_the_check_digit_is_that_of_each_code() -> None:
    rng, letters = Random(1), "0123456789ABCDEFGHJKLMNPQRTUWXY"
    first = ["".join(rng.choices(letters, k=17)) for _ in range(40)]
    right = [uscc_check_character(code) for code in first]
    wrong = [letters[(letters.index(last) + 1) % 31] for last in right]
    assert judged_all(*(changed(uscc=code + last) for code, last in zip(first, right, strict=True))) == [[]] * 40
    findings = validate(table(*(changed(uscc=code + last) for code, last in zip(first, wrong, strict=True))), TODAY)
    assert [[(f.code, f.expected) for f in of_one] for of_one in findings] == [[("uscc.check_digit", c)] for c in right]


def test_a_size_is_compared_where_there_is_a_rule_and_all_it_asks_for() -> None:
    # 299 people are no 中型 in manufacturing; nobody can say of 房地产业, nor without the size, people, or any revenue
    large = medium(299, 2000)
    changes: list[Return] = [{}, {"industry_code": "K7010"}, {"industry_code": None}, {"size": None}]
    changes += [{"staff_last": None}, {"staff_last": 0}]
    found = judged_all(*(good_answers() | large | change for change in changes))
    assert [("size.unlikely", "size") in codes for codes in found] == [True] + [False] * 5


def test_an_unsure_tick_silences_what_depends_on_it() -> None:
    # The only tick of 题5 is unreadable: neither unanswered nor a contradiction with 题4.
    assert read_back(changed(q05_o03="部分")) == [("tick.unreadable", "q05_o03")]


def test_an_unsure_base_year_silences_what_it_would_excuse() -> None:
    answers = changed(no_base_year="也许", energy_prior=None, **choose("q14", 0))
    assert read_back(answers) == [("choice.unknown", "no_base_year")]


def test_every_error_is_reported_in_one_pass() -> None:
    answers = changed(name=None, equipment_digital=41, q08_o05=True, s01_state=None, cost_prior=500, phone="12")
    assert judged(answers) == [
        ("required.missing", "name"),
        ("phone.odd", "phone"),
        ("interval.contradiction", "q02"),
        ("single.many", "q08"),
        ("trend.contradiction", "q15"),
        ("scene.unanswered", "s01"),
    ]


def test_an_empty_return_lacks_everything_it_must_have_and_nothing_else() -> None:
    found = judged({})
    assert {code for code, _ in found} == {
        *("required.missing", "expected.missing", "question.unanswered", "scene.unanswered"),
    }
    required = [f.key for f in EDITION.fields if f.need == "required"]
    assert [k for c, k in found if c == "required.missing"] == [
        *required,
        *(f.key for f in EDITION.figures.values() if f.required),
    ]
    assert sum(c == "question.unanswered" for c, _ in found) == 15
    assert sum(c == "scene.unanswered" for c, _ in found) == 16


def test_no_base_year_excuses_four_questions_and_their_figures() -> None:
    base = [q for q in EDITION.questions if q.base_year]
    blank: Return = {key: None for q in base for key in (*q.ticks, *(f.key for f in q.figures))}
    assert [q.id for q in base] == ["q12", "q13", "q14", "q15"]
    assert judged(changed(no_base_year="是", **blank)) == []


# --- exactly --------------------------------------------------------------------------------------------------------


def test_a_rate_that_a_float_cannot_tell_from_its_bound() -> None:
    # 40 % of 10¹² − 1 machines is 399 999 999 999.6: 399 999 999 999 lie below it, one more above.
    total = figures(equipment_total=HUGE, equipment_networked=HUGE // 5)  # 20 % less a little: (10%,20%]
    assert judged(good_answers() | total | {"equipment_digital": 399_999_999_999}) == []
    assert judged(good_answers() | total | {"equipment_digital": 400_000_000_000}) == [
        ("interval.contradiction", "q02"),
    ]


def test_a_trend_whose_products_do_not_fit_into_64_bits() -> None:
    # (10¹² − 2) ÷ (10¹² − 1) against (10¹² − 3) ÷ (10¹² − 2): by cross-multiplying (n − 1)² against n·(n − 2),
    # which differ by 1 in 10²⁴. As floats both are 0.999999999999 and equal to the last bit or nearly so.
    n = HUGE
    cost = figures(cost_last=n - 1, revenue_last=n, cost_prior=n - 2, revenue_prior=n - 1)
    size = figures(staff_last=1000, staff_prior=1000, size="大型", energy_last=0, energy_prior=0)  # 10⁹ 万元 a head
    base = good_answers() | cost | size
    assert judged(base | choose("q15", 1)) == []  # up
    assert judged(base | choose("q15", 2)) == [("trend.contradiction", "q15")]
    assert judged(base | choose("q15", 3)) == [("trend.contradiction", "q15")]


@pytest.mark.parametrize(("prior", "option"), [(Decimal("0.1"), 3), (Decimal("0.3"), 1), (Decimal("0.2"), 2)])
def test_decimals_are_compared_as_decimals(prior: Decimal, option: int) -> None:
    # 0.2 万元 against 0.1, 0.3 and 0.2, over equal staff
    answers = changed(
        revenue_last=Decimal("0.2"), revenue_prior=prior, staff_prior=100, digital_investment=0, size="微型"
    )
    answers |= figures(energy_last=0, energy_prior=0, cost_last=0, cost_prior=0) | choose("q15", 2)
    assert judged(answers | choose("q14", option)) == []
    for other in {1, 2, 3} - {option}:
        assert judged(answers | choose("q14", other)) == [("trend.contradiction", "q14")]


def test_equal_ratios_of_unequal_figures_are_the_same() -> None:
    # 1 ÷ 3 and 2 ÷ 6, 0.1 ÷ 0.3 and 0.2 ÷ 0.6: as floats the latter two differ
    answers = changed(
        cost_last=Decimal("0.1"), revenue_last=Decimal("0.3"), cost_prior=Decimal("0.2"), revenue_prior=Decimal("0.6")
    )
    answers |= figures(energy_last=0, energy_prior=0, digital_investment=0, size="微型")
    # 题14: 0.3 against 0.6 over equal staff is down
    assert judged(answers | choose("q14", 1) | choose("q15", 2)) == []


def shown(answers: Return) -> list[str]:
    """The numbers behind every = of the one finding's explanation."""
    ((finding,),) = validate(table(answers), TODAY)
    return re.findall(r"= ([0-9.]+)", finding.expected)


def test_a_rate_is_not_shown_as_the_bound_it_exceeds() -> None:
    # 20001 of 50000 is 40.002 %: “(20%,40%] does not fit 40 %” would explain nothing
    (rate,) = shown(changed(equipment_total=50_000, equipment_digital=20_001, equipment_networked=10_000))
    assert Decimal(rate) > 40


@pytest.mark.parametrize(
    ("total", "digital", "option", "shown_as"),
    [
        (50_000, 19_999, 4, "39.998"),  # just below 40 %
        (10**9, 400_000_001, 3, "40.0000001"),  # just above it
        (10**9, 399_999_999, 4, "39.9999999"),
        # 999 999 999 999 machines: 40 % of them are 399 999 999 999.6
        (HUGE, 399_999_999_999, 4, "39.9999999999"),
        (100, 40, 4, "40"),  # the bound itself belongs to the interval below it
        (3, 1, 4, "33.33"),
    ],
)
def test_a_rate_is_shown_in_as_few_digits_as_tell_it_from_its_bounds(
    total: int, digital: int, option: int, shown_as: str
) -> None:
    equipment = figures(equipment_total=total, equipment_digital=digital, equipment_networked=0) | choose("q03", 1)
    assert shown(good_answers() | equipment | choose("q02", option)) == [shown_as]


def test_two_rates_are_shown_in_as_few_digits_as_tell_them_apart() -> None:
    # 69.99999 % and 70 %: the lower one needs seven digits, the other none
    assert shown(changed(cost_last=Decimal("699.9999"), cost_prior=560, **choose("q15", 1))) == ["0.6999999", "0.7"]


def test_rates_that_differ_are_shown_as_different() -> None:
    # 700.0001 ÷ 1000 against 560 ÷ 800
    last, prior = shown(changed(cost_last=Decimal("700.0001"), cost_prior=560, **choose("q15", 2)))
    assert Decimal(last) > Decimal(prior)


@pytest.mark.parametrize("option", [1, 2, 3])
def test_no_revenue_is_no_rate(option: int) -> None:
    # Revenue 0: nothing that divides by it can be computed, whatever is ticked, and nothing else follows from it.
    answers = changed(revenue_last=0, digital_investment=0, **choose("q12", option), **choose("q15", option))
    assert judged(answers | choose("q14", option)) == [("base.zero", "revenue_last")]


def test_what_divides_by_a_figure_is_named_with_the_ruling_on_the_year_before() -> None:
    last, before = validate(table(changed(staff_last=0), changed(revenue_prior=0)), TODAY)
    assert [(f.found, f.expected, f.clause) for f in last] == [("0 人", "题14", "三(一) 题14")]
    (finding,) = before
    assert finding.expected == "题12、题15"
    assert "R7" in finding.clause
    assert all("R7" in message for message in render(finding))


# --- many returns ---------------------------------------------------------------------------------------------------


def test_findings_do_not_depend_on_the_company_or_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    returns = [good_answers() | case.fails for case in CASES if not case.cells]
    together = validate(table(*returns), TODAY)
    assert [[(f.code, f.key) for f in found] for found in together[:3]] == [judged(r) for r in returns[:3]]
    monkeypatch.setattr(validation, "CHUNK", 25)
    assert validate(table(*returns), TODAY) == together


EVERY_TICK = dict.fromkeys((key.name for key in keys_of(EDITION).values() if key.kind is Kind.TICK), True)
NO_SCENE = every_scene(0)
# Together they break every rule.
FAULTY: list[Return] = [
    *(good_answers() | case.fails for case in CASES if not case.cells),
    dict.fromkeys((name for name, key in keys_of(EDITION).items() if key.unassessed), -1),
    {},
    EVERY_TICK | {key: "不适用" for key in NO_SCENE if key.endswith("_state")},
    good_answers() | NO_SCENE | dict.fromkeys(EDITION.question["q04"].ticks[1:], True),
    good_answers() | EVERY_TICK | dict.fromkeys((scene.ticks[0] for scene in EDITION.scenes), False),
]


@cache
def takes_columns(file: str) -> bool:
    """Whether code of this file takes whole columns, whoever calls it for whatever part of them."""
    return Path(file).name == "answers_frame.py" or not {"pandas", "numpy", "pandera"}.isdisjoint(Path(file).parts)


def calls(job: Callable[[], object]) -> int:
    """How often a job asks the answers, pandas, numpy or pandera for something."""
    asked = 0

    def notice(frame: FrameType, event: str, called: object) -> None:
        nonlocal asked
        if event == "call":
            asked += takes_columns(frame.f_code.co_filename)
        elif event == "c_call":
            asked += isinstance(getattr(called, "__self__", None), np.ndarray)

    before = sys.getprofile()
    sys.setprofile(notice)
    try:
        job()
    finally:
        sys.setprofile(before)
    return asked


def test_describing_many_returns_asks_no_more_than_describing_one() -> None:
    few, many = table(*FAULTY), table(*FAULTY * 8)
    for rule in rules_of(EDITION, TODAY):
        one, all_ = (np.flatnonzero(~rule.kept_by(answers)) for answers in (few, many))
        assert len(one), f"no return breaks {rule.code} of {rule.key}"
        described = [calls(partial(describe, rule, *which)) for which in ((few, one[:1]), (many, all_))]
        assert described[1] <= described[0], f"{rule.code} of {rule.key}"


def describe(rule: AnswerRule, answers: Answers, rows: Ints) -> list[tuple[str, str]]:
    return list(rule.describe(answers.take(rows, rule.inputs)))


def read_returns(returns: list[Return]) -> dict[str, ReadReturn]:
    """Answers as if they had been read from files."""
    answers = table(*returns).frame.astype(object)
    rows: list[Any] = answers.where(answers.notna(), None).to_dict("records")
    return {f"form{i}": ReadReturn(row, [], set(), {}) for i, row in enumerate(rows)}


def test_judging_asks_no_more_where_there_are_more_findings() -> None:
    good = [good_answers()] * len(FAULTY)
    few, many = read_returns(FAULTY + good * 3), read_returns(FAULTY * 4)
    findings = [len(assess_returns(EDITION, returns, TODAY).findings) for returns in (few, many)]
    asked = [calls(partial(assess_returns, EDITION, returns, TODAY)) for returns in (few, many)]
    assert findings[1] == 4 * findings[0]
    assert asked[1] - asked[0] < 5 * (findings[1] - findings[0])  # pandera asks three times for one


def test_no_returns_have_no_findings() -> None:
    assert validate(table(), TODAY) == []
    verdicts = assess_returns(EDITION, {}, TODAY)
    assert len(verdicts.findings) == len(verdicts.scores) == 0


def test_only_returns_without_errors_are_scored() -> None:
    assert len(assessment_of(form_bytes(changed(phone="12"))).scores) == 1  # a warning
    assert len(assessment_of(form_bytes(changed(name=None))).scores) == 0  # an error


def test_severities_are_those_of_the_contract() -> None:
    warnings = {code for code, kind in ISSUES.items() if kind.severity is Severity.WARNING}
    assert {
        "trend.unlikely",
        "option.rare",
        "links.scene",
        "links.count",
        "size.unlikely",
        "industry.outside",
    } <= warnings
    assert {"scene.gap", "uscc.check_digit", "phone.odd", "whole.zero", "expected.missing"} <= warnings
    assert not {"trend.contradiction", "interval.contradiction", "uscc.format", "required.missing"} & warnings
