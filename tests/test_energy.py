"""能耗折算: its amounts are read, kept and exported, nothing is scored by them, and 题12 is held against them.

The example of the standard: 310 万千瓦时 电力 × 1.229 + 1.5 万立方米 高炉煤气 × 1.286 = 382.919 吨标准煤.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import cache

import pytest
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font
from openpyxl.workbook import Workbook as Book

from cases import (
    EDITION,
    TODAY,
    Findings,
    Return,
    assessment_of,
    changed,
    choose,
    edited,
    form_bytes,
    good_answers,
    judged_all,
)
from smebatch.assess.answers_frame import make_answers
from smebatch.assess.validate import validate
from smebatch.batch.assessment import Assessment
from smebatch.form.layout import answer_cells
from smebatch.intake.read_entry import read_bytes
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import Section, keys_of

EXAMPLE: Return = {"en_electricity_last_used": 310, "en_blast_furnace_gas_last_used": Decimal("1.5")}
AMOUNTS = [name for name, key in keys_of(EDITION).items() if key.unassessed]
TOTAL = ("energy.total", "energy_last")


# --- the total against the amounts


LESS: Return = {"en_lignite_last_output": 100, "en_waste_heat_last_recovered": 1000}
COMPARED: list[tuple[Return, str, dict[object, bool]]] = [
    # amounts, what they come to, and the totals typed: whether each is contradicted
    (
        EXAMPLE,
        "as the sheet shows it, or rounded to two, one or no decimals",
        dict.fromkeys(("382.919", "382.92", "382.9", "383"), False),
    ),
    (
        EXAMPLE,
        "amounts need not be exact, either: half a hundredth is 1.914595",
        {"381.004405": False, "384.833595": False, "381.004404": True, "384.833596": True},
    ),
    (EXAMPLE, "a slip of a decimal point", dict.fromkeys(("38.2919", "38", "3829.19", "3829", "3.82919", "0"), True)),
    (EXAMPLE, "digits in the wrong order, and an energy left out", dict.fromkeys(("328.919", "389.219", "310"), True)),
    (
        {"en_electricity_last_used": 10},
        "10 × 1.229 = 12.29, of which half a hundredth is 0.06145",
        {"12": False, "12.3": False, "13": True, "12.2": True, "1.229": True, "123": True},
    ),
    ({"en_heat_last_used": 1}, "1 × 0.0341", {"0": False, "0.03": False, "0.3": True, "0.341": True}),
    ({"en_biomass_last_used": Decimal("0.5")}, "a half is rounded up", {"1": False, "1.000001": True, "2": True}),
    ({"en_biomass_last_used": Decimal("9.4")}, "to tons, and to no tens", {"9": False, "10": True}),
    (
        EXAMPLE | LESS,
        "382.919 − 100 × 0.4286 − 1000 × 0.0341 = 382.919 − 42.86 − 34.1 = 305.959",
        {"305.959": False, "382.919": True},
    ),
    (LESS, "more taken off than used cannot be", {"77": True}),
]


@cache
def contradicted() -> list[bool]:
    returns = [amounts | {"energy_last": Decimal(str(typed))} for amounts, _, all_ in COMPARED for typed in all_]
    return [TOTAL in found for found in judged_all(*(good_answers() | answers for answers in returns))]


TYPED = [(why, typed, said) for _, why, all_ in COMPARED for typed, said in all_.items()]


@pytest.mark.parametrize("number", range(len(TYPED)), ids=[f"{why}: {typed}" for why, typed, _ in TYPED])
def test_a_total_may_be_rounded_and_no_more(number: int) -> None:
    assert contradicted()[number] is TYPED[number][2]


def test_without_amounts_there_is_nothing_to_compare() -> None:
    other_year: Return = {"en_electricity_prior_used": Decimal("65.1")}  # 80.0079, as stated
    assert judged_all(changed(), changed(**other_year), changed(**dict.fromkeys(AMOUNTS, 0))) == [[], [], []]


def test_sums_are_exact_however_large() -> None:
    most = 10**12 * MICRO - 1
    used = [name for name in AMOUNTS if name.endswith("_last_used")]
    answers = dict.fromkeys(used, most) | {"energy_last": most}  # the coefficients add up to 12.4334
    (found,) = validate(make_answers(EDITION, ["a"], [answers]), TODAY)
    total = sum((x.coefficient.value for x in EDITION.energies), Decimal(0))
    said = next(f.expected for f in found if (f.code, f.key) == TOTAL)
    assert said == f"{(total * most / MICRO).quantize(Decimal('0.000001'))} 吨标准煤"


def test_both_are_shown() -> None:
    wrong = changed(**EXAMPLE, energy_last=Decimal("38.2919"), energy_prior=Decimal("30.63352"))
    (row,) = assessment_of(form_bytes(wrong)).findings.to_dict("records")
    assert f"{row['sheet']}!{row['cell']}" == answer_cells(EDITION)["energy_last"]
    assert (row["code"], row["severity"]) == ("energy.total", "warning")
    assert (row["found"], row["expected"]) == ("38.2919 吨标准煤", "382.919 吨标准煤")


def test_what_follows_from_a_wrong_total_is_not_said_again() -> None:
    # 降低 is true of 100 after 80, and no longer where a decimal point has slipped
    slipped = EXAMPLE | {"energy_last": 3829, "energy_prior": 383} | choose("q12", 3)
    assert judged_all(changed(**slipped)) == [[TOTAL]]
    assert judged_all(changed(**slipped | dict.fromkeys(EXAMPLE))) == [[("trend.unlikely", "q12")]]


# --- what cannot be read


SHEET = Section.ENERGY
Edit = Callable[[Book], object]
PRIOR = [name for name in AMOUNTS if name.endswith("_prior_used")]


def put(value: object) -> Callable[[Cell], None]:
    return lambda cell: setattr(cell, "value", value)


def strike(cell: Cell) -> None:
    cell.value, cell.font = 500, Font(strike=True)


def merge(cell: Cell) -> None:
    cell.value = 500
    cell.parent.merge_cells(start_row=cell.row, end_row=cell.row, start_column=cell.column, end_column=cell.column + 1)


# What is done to a cell, the code of the warning, and whether there is an amount all the same.
UNSURE: dict[str, tuple[Callable[[Cell], None], str, bool]] = {
    "vague": (put("约100"), "figure.unreadable", False),
    "words": (put("没有统计"), "figure.unreadable", False),
    "another unit": (put("100吉焦"), "figure.unreadable", False),
    "below 0": (put(-5), "figure.negative", True),
    "error": (put("#REF!"), "cell.error", False),
    "no result": (put("=1+1"), "cell.uncached", False),
    "a day": (put(dt.date(2026, 1, 1)), "figure.unreadable", False),
    "struck out": (strike, "cell.struck", True),
    "merged": (merge, "cell.merged", False),
    "too fine": (put(1.23456789), "figure.rounded", True),
}
WHERE = dict(zip(UNSURE, PRIOR, strict=False))


@cache
def spoilt() -> Assessment:
    """The verdicts on a return with all of these, each in a row of its own."""

    def spoil(book: Book) -> None:
        for name, (do, *_) in UNSURE.items():
            do(book[SHEET][answer_cells(EDITION)[WHERE[name]].split("!")[1]])

    return assessment_of(edited(form_bytes(good_answers()), spoil))


@pytest.mark.parametrize("name", UNSURE)
def test_what_is_wrong_with_an_amount_is_a_warning(name: str) -> None:
    _, code, there = UNSURE[name]
    findings = spoilt().findings
    (found,) = findings[findings["key"] == WHERE[name]].to_dict("records")
    assert (found["code"], found["severity"]) == (code, "warning")
    assert f"{found['sheet']}!{found['cell']}" == answer_cells(EDITION)[WHERE[name]]
    assert spoilt().answers.filled(WHERE[name]).tolist() == [there]


def test_a_return_with_wrong_amounts_counts_and_what_is_not_sure_is_compared_with_nothing() -> None:
    assert len(spoilt().findings) == len(UNSURE)  # and no word of the total
    assert spoilt().errors.tolist() == [0]
    assert len(spoilt().scores) == 1


def test_an_amount_takes_its_unit_but_no_other() -> None:
    units = {"3100000千瓦时": 310, "310万千瓦时": 310, "310万": 310, "３１０": 310}
    for written, amount in units.items():
        result = read_bytes(form_bytes({"en_electricity_last_used": written}), EDITION)
        assert (result.values, result.findings) == ({"en_electricity_last_used": amount * MICRO}, [])


# --- forms without the keys, and damaged ones


def older(book: Book) -> None:
    """As forms were sent out before: nothing on 能耗折算 has a key."""
    book[SHEET].delete_cols(1)
    book[SHEET].delete_rows(3)
    for row in book["_meta"].iter_rows():
        if row[0].value == "form_version":
            row[1].value = "1"


def without_column(book: Book) -> None:
    marks = {cell.value: cell.column for cell in book[SHEET][3]}
    book[SHEET].delete_cols(marks["#_last_recovered"])


def doubled(book: Book) -> None:
    book.copy_worksheet(book[SHEET])


def labels_swapped(book: Book) -> None:
    labels = book[SHEET]["C"]
    labels[10].value, labels[11].value = labels[11].value, labels[10].value


FILLED = form_bytes(good_answers() | EXAMPLE)  # 100 stated
EDITS: dict[str, tuple[Edit, Findings, bool]] = {  # what is done, what is found, and whether amounts are read
    "as it was": (lambda _: None, [TOTAL], True),
    "older": (older, [], False),
    "removed": (lambda book: book.remove(book[SHEET]), [], False),
    # an unknown part might be taken off
    "a column gone": (without_column, [], True),
    "a row gone": (lambda book: book[SHEET].delete_rows(6), [], True),
    "doubled": (doubled, [("key.doubled", "en_anthracite_last_used")], False),
    "sorted apart": (labels_swapped, [("label.mismatch", "en_blast_furnace_gas")], True),
}


@cache
def found_after(name: str) -> tuple[Findings, bool]:
    verdicts = assessment_of(edited(FILLED, EDITS[name][0]))
    found = verdicts.findings
    amounts = verdicts.answers.frame[AMOUNTS].notna().to_numpy().any()
    return list(zip(found["code"], found["key"], strict=True)), bool(amounts)


@pytest.mark.parametrize("name", EDITS)
def test_a_form_may_lack_the_amounts(name: str) -> None:
    assert found_after(name) == EDITS[name][1:]


def test_a_return_is_judged_alike_with_and_without_amounts() -> None:
    right = assessment_of(form_bytes(good_answers() | {"en_other_fuel_last_used": 100}))
    bare = assessment_of(form_bytes(good_answers()))
    assert right.scores.equals(bare.scores)
    assert len(right.findings) == len(bare.findings) == 0
