"""What might switch a check off: for each, the answers that silence it, and the issue that is there instead.

Each return claims something that its check contradicts; then something else is changed so that the check may have
nothing to go by. That gains nothing without a word: the check still holds, or what silences it is an issue itself.
"""

from __future__ import annotations

import datetime as dt
from functools import cache

import pytest

from cases import EDITION, NO_BASE, TODAY, Findings, Return, changed, choose, judged_all, reach, table
from smebatch.assess.validate import rules_of, schema_of, validate
from smebatch.intake.workbook.cell_values import Cell, read_value
from smebatch.issues.catalogue import ISSUES, Severity
from smebatch.standard.keys import Kind, keys_of

Switch = tuple[Return, Findings]

BEST_02 = choose("q02", 5)  # of 100 machines 30 are digital
BEST_11 = choose("q11", 5)  # 50 of 1000 万元
BEST_12 = choose("q12", 3)  # 降低, but 10 % and 10 %
BEST_13 = {"pass_rate_after": 97} | choose("q13", 3)  # 增加, but 97 after 98
BEST_14 = {"revenue_last": 700, "energy_last": 70, "cost_last": 490} | choose("q14", 3)  # 增加, but 7 after 8
BEST_15 = {"cost_last": 900} | choose("q15", 3)  # 降低, but 90 % after 80 %
OTHER_TOTAL: Return = {"en_electricity_last_used": 310}  # 380.99 吨标准煤, but 100
RARE = ("option.rare", "q11")
MEDIUM: Return = {"size": "中型"}  # 100 people, 1000 万元: 小型
EVERYWHERE = choose("q05", 5)  # all 14 links, but 4 scenes have a level
SYSTEMS: Return = {  # every scene at 二级, but 产品设计, 工艺设计 and 售后服务
    key: value
    for scene in EDITION.scenes
    for key, value in reach(scene.id, 0 if scene.id in ("s01", "s02", "s04") else 2).items()
}
DESIGN: Return = {"q04_o02": True}  # 产品设计, whose scene is 未达一级


def lost(key: str) -> Findings:
    """A required answer that is gone."""
    return [("required.missing", key)]


def zero(key: str) -> Findings:
    """A base of 0 that a question is answered against."""
    return [("base.zero_before" if key.endswith("_prior") else "base.zero", key)]


def without(claim: Return, *keys: str) -> list[Switch]:
    """Each figure in turn left blank, below 0, and not whole or above 100 %."""
    kinds = {Kind.COUNT: (0.5, "figure.not_whole"), Kind.PERCENT: (150, "figure.above_100")}
    switches: list[Switch] = []
    for key in keys:
        switches += [(claim | {key: None}, lost(key)), (claim | {key: -1}, [("figure.negative", key)])]
        if keys_of(EDITION)[key].kind in kinds:
            value, code = kinds[keys_of(EDITION)[key].kind]
            switches.append((claim | {key: value}, [(code, key)]))
    return switches


def twice(claim: Return, question: str) -> list[Switch]:
    """Two options ticked, and none."""
    first = EDITION.question[question].ticks[0]
    return [
        (claim | {first: True}, [("single.many", question)]),
        (claim | choose(question, 0), [("question.unanswered", question)]),
    ]


SWITCHES: dict[str, list[Switch]] = {
    # --- single answers: only another fault of the same answer
    "figure.negative": [({"staff_prior": -0.5}, [("figure.negative", "staff_prior")])],
    "figure.not_whole": [({"staff_prior": None}, lost("staff_prior"))],
    "figure.above_100": [({"pass_rate_after": -150}, [("figure.negative", "pass_rate_after")])],
    "choice.unknown": [({"size": None}, [("expected.missing", "size")]), ({"phase": None}, lost("phase"))],
    "uscc.format": [({"uscc": None}, lost("uscc"))],
    "uscc.check_digit": [({"uscc": "91350100M000100Y4"}, [("uscc.format", "uscc")])],
    "phone.odd": [({"phone": None}, [("expected.missing", "phone")])],
    "date.future": [({"filled_on": None}, lost("filled_on"))],
    "industry.unknown": [({"industry_code": None}, [("expected.missing", "industry_code")])],
    "industry.outside": [
        ({"industry_code": "E9999"}, [("industry.unknown", "industry_code")]),
        ({"industry_code": None}, [("expected.missing", "industry_code")]),
    ],
    "size.unlikely": [
        *without(MEDIUM, "staff_last", "revenue_last"),
        (MEDIUM | {"staff_last": 0}, zero("staff_last")),
        (MEDIUM | {"revenue_last": 0}, zero("revenue_last")),
        (MEDIUM | {"industry_code": None}, [("expected.missing", "industry_code")]),
        (MEDIUM | {"industry_code": "C99"}, [("industry.unknown", "industry_code")]),
        (MEDIUM | {"industry_code": "E4700"}, [("industry.outside", "industry_code")]),
        ({"size": None}, [("expected.missing", "size")]),
        # a new enterprise has no staff and no revenue to hold its size against
        (MEDIUM | NO_BASE | {"staff_last": None}, []),
    ],
    # --- answers missing: only R7, and then nothing may be claimed
    "required.missing": [({"staff_prior": None, "no_base_year": "是"}, [("base.denied", "no_base_year")])],
    "expected.missing": [({"phone": "/"}, [("phone.odd", "phone")])],
    "question.unanswered": [
        (choose("q14", 0) | {"no_base_year": "是"}, [("base.denied", "no_base_year")]),
        (choose("q11", 0) | NO_BASE, [("question.unanswered", "q11")]),
    ],
    "scene.unanswered": [({"s01_state": None, "s01_l2": True}, [("scene.gap", "s01")])],
    # --- answers that contradict each other
    "single.many": [(choose("q02", 0), [("question.unanswered", "q02")])],
    "multiple.none_with_others": [(dict.fromkeys(EDITION.question["q06"].ticks), [("question.unanswered", "q06")])],
    "scene.state_contradiction": [
        ({"s06_state": "未达一级", "s06_l1": False}, [("scene.gap", "s06")]),
        ({"s06_state": "不适用", "s06_l1": False}, [("scene.state_contradiction", "s06")]),
    ],
    "scene.gap": [({"s01_l2": True, "s01_state": "不适用"}, [("scene.state_contradiction", "s01")])],
    "part.exceeds_whole": [
        *without({"equipment_digital": 101}, "equipment_digital", "equipment_total"),
        (
            {"equipment_total": 0, "equipment_networked": 0} | choose("q03", 1),
            [("part.exceeds_whole", "equipment_digital")],
        ),
    ],
    "interval.contradiction": [
        *without(BEST_02, "equipment_digital", "equipment_total"),
        *twice(BEST_02, "q02"),
        (BEST_02 | {"equipment_digital": 101}, [("part.exceeds_whole", "equipment_digital")]),
        (
            BEST_02 | {"equipment_total": 0, "equipment_digital": 0, "equipment_networked": 0} | choose("q03", 1),
            [("whole.zero", "equipment_total"), ("interval.contradiction", "q02")],
        ),
    ],
    "interval.unlikely": [
        # that so much is seldom true is said wherever the figures do not say it
        *((claim, [RARE, *found]) for claim, found in without(BEST_11, "digital_investment", "revenue_last")),
        (BEST_11 | {"revenue_last": 0}, [RARE, *zero("revenue_last")]),
        (BEST_11 | NO_BASE | {"revenue_last": None}, [RARE]),
    ],
    "whole.zero": [
        (
            {"equipment_total": 0, "equipment_digital": 1, "equipment_networked": 0} | choose("q03", 1),
            [("part.exceeds_whole", "equipment_digital")],
        )
    ],
    "trend.unlikely": [
        *without(BEST_12, "energy_last", "energy_prior", "revenue_last", "revenue_prior"),
        *twice(BEST_12, "q12"),
        (BEST_12 | OTHER_TOTAL, [("energy.total", "energy_last")]),
        (BEST_12 | {"revenue_last": 0}, zero("revenue_last")),
        (BEST_12 | {"revenue_prior": 0}, zero("revenue_prior")),
        (BEST_12 | {"energy_last": 0}, [("trend.zero", "energy_last")]),
        (BEST_12 | {"energy_last": 0, "energy_prior": 0}, [("trend.unlikely", "q12")]),
        (BEST_13 | {"pass_rate_before": 0}, [("trend.zero", "pass_rate_before")]),
        *without(BEST_13, "pass_rate_after"),
        (BEST_13 | {"pass_rate_before": None}, [("base.missing", "pass_rate_before")]),
        (BEST_13 | {"pass_rate_before": 150}, [("figure.above_100", "pass_rate_before")]),
        (BEST_12 | {"no_base_year": "是", "energy_prior": None}, [("base.denied", "no_base_year")]),
    ],
    "trend.contradiction": [
        *without(BEST_14, "staff_last", "revenue_last", "staff_prior", "revenue_prior"),
        *without(BEST_15, "cost_last", "cost_prior"),
        *twice(BEST_14, "q14"),
        *((BEST_14 | {key: 0}, zero(key)) for key in ("staff_last", "revenue_last", "staff_prior", "revenue_prior")),
        *((BEST_15 | {key: 0}, zero(key)) for key in ("revenue_last", "revenue_prior")),
        (BEST_15 | {"cost_last": 0}, [("trend.zero", "cost_last")]),
        (BEST_15 | {"cost_last": 0, "cost_prior": 0}, [("trend.contradiction", "q15")]),
        (BEST_14 | {"staff_last": 0, "staff_prior": 0}, [*zero("staff_last"), *zero("staff_prior")]),
        (BEST_14 | {"staff_prior": 0, "no_base_year": "是"}, [("base.denied", "no_base_year")]),
    ],
    "base.zero": [(NO_BASE | {"revenue_last": 0}, zero("revenue_last"))],  # 题11 divides by it, too
    "base.zero_before": [({"staff_prior": 0, "no_base_year": "是"}, [("base.denied", "no_base_year")])],
    "base.missing": [({"pass_rate_before": None, "no_base_year": "是"}, [("base.denied", "no_base_year")])],
    "trend.zero": [
        ({"cost_last": None}, lost("cost_last")),
        ({"cost_last": 0, "cost_prior": None}, lost("cost_prior")),
        ({"cost_last": 0, "no_base_year": "是"}, [("base.denied", "no_base_year")]),
        ({"cost_last": 0} | choose("q15", 2), [("trend.contradiction", "q15")]),
        (BEST_12 | OTHER_TOTAL | {"energy_last": 0}, [("energy.total", "energy_last")]),
    ],
    "energy.total": [
        (OTHER_TOTAL | {"energy_last": None}, lost("energy_last")),
        (OTHER_TOTAL | {"energy_last": -1}, [("figure.negative", "energy_last")]),
        (OTHER_TOTAL | {"en_heat_last_output": -1}, [("figure.negative", "en_heat_last_output")]),
    ],
    "base.denied": [({"no_base_year": "否", "staff_prior": 0}, zero("staff_prior"))],
    "option.rare": [(BEST_11, [("interval.unlikely", "q11")]), *twice(BEST_11 | {"digital_investment": 900}, "q11")],
    "links.scene": [
        (DESIGN | {"s01_state": None}, [("scene.unanswered", "s01")]),
        (DESIGN | {"s01_state": "不适用"}, [("links.scene", "q04_o02")]),
        (DESIGN | {"s01_state": None, "s01_l2": True}, [("scene.gap", "s01")]),
    ],
    "links.count": [
        *twice(EVERYWHERE, "q05"),
        (
            EVERYWHERE | dict.fromkeys(EDITION.question["q04"].ticks),
            [("links.count", "q05"), ("question.unanswered", "q04")],
        ),
        # one scene that is unclear leaves thirteen that are clear
        (EVERYWHERE | {"s01_l2": True}, [("links.count", "q05"), ("scene.gap", "s01")]),
        (EVERYWHERE | {"s01_state": None}, [("links.count", "q05"), ("scene.unanswered", "s01")]),
        (
            EVERYWHERE | reach("s03", 2) | {"s03_state": "不适用"},
            [("links.count", "q05"), ("scene.state_contradiction", "s03")],
        ),
        # 绝大部分 is 12 at least: 11 scenes, one of which is unclear and counts once
        (
            SYSTEMS | {"s05_l1": False, "s05_state": "不适用"} | choose("q05", 4),
            [("links.count", "q05"), ("scene.state_contradiction", "s05")],
        ),
        (SYSTEMS | {"s01_l2": True} | choose("q05", 4), [("scene.gap", "s01")]),
    ],
}
ALL = [(code, claim, found) for code, switches in SWITCHES.items() for claim, found in switches]


@cache
def found_in_all() -> list[Findings]:
    return judged_all(*(changed(**claim) for _, claim, _ in ALL))


@pytest.mark.parametrize("number", range(len(ALL)), ids=[f"{code}-{i}" for i, (code, *_) in enumerate(ALL)])
def test_what_might_switch_a_check_off_is_an_issue_itself(number: int) -> None:
    _, claim, found = ALL[number]
    assert sorted(found_in_all()[number]) == sorted(found), claim


def test_every_check_of_the_schema_has_its_switches() -> None:
    single = {check.error for column in schema_of(EDITION).columns.values() for check in column.checks}
    assert set(SWITCHES) == single | {rule.code for rule in rules_of(EDITION, TODAY)}


UNSURE: list[tuple[str, Cell]] = [
    ("q02_o05", "部分"),
    ("staff_last", "约500"),
    ("staff_last", 10**400),
    ("pass_rate_after", 0.985),
    ("no_base_year", "也许"),
    ("s01_state", "没有"),
    ("filled_on", dt.date(1999, 12, 31)),
    ("uscc", 911101066976941872.0),
]


@pytest.mark.parametrize(("key", "cell"), UNSURE, ids=lambda value: str(value)[:20])
def test_what_cannot_be_read_surely_is_an_error(key: str, cell: Cell) -> None:
    # it silences every check that reads it
    reading = read_value(keys_of(EDITION)[key], cell)
    assert reading.value is None
    assert ISSUES[reading.code].severity is Severity.ERROR
    assert not [f for f in validate(table(changed(**{key: None}), unsure=[{key}]), TODAY)[0] if f.key == key]
