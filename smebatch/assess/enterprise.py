"""Rules about 企业信息: credit code, size, industry, telephone and date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.bases import zero_base
from smebatch.standard import uscc
from smebatch.standard.answer_rule import AnswerRule, Described, finding
from smebatch.standard.backends import AnswerColumns, Bools
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.model import Edition
from smebatch.standard.reference import industries, size_rule

# Mobile, land line with area code and perhaps an extension, 400 and 800 numbers, perhaps with +86.
PHONE_PATTERN = "|".join(
    (
        r"(?:\+?86-?)?1[3-9][0-9]{9}",
        r"(?:\+86-?)?[(（]?0[0-9]{2,3}[)）]?-?[0-9]{7,8}(?:[-转*][0-9]{1,6})?",
        r"[48]00-?[0-9]{3}-?[0-9]{4}",
    )
)


def enterprise_rules(edition: Edition, today: dt.date) -> Iterator[AnswerRule]:
    """The rules about the fields of 企业信息; ``today`` is the day of reading."""
    yield AnswerRule("uscc.check_digit", "uscc", "GB 32100-2015", ("uscc",), _check_digit_wrong, _describe_check_digit)
    yield AnswerRule("phone.odd", "phone", "", ("phone",), _phone_odd, lambda broken: finding(broken.shown("phone")))
    yield AnswerRule(
        "date.future",
        "filled_on",
        "",
        ("filled_on",),
        lambda answers: answers.is_after("filled_on", today),
        lambda broken: finding(broken.shown("filled_on")),
    )
    code = "industry_code"
    title = industries().title
    yield AnswerRule(
        "industry.unknown",
        code,
        title,
        (code,),
        lambda answers: answers.filled(code) & (_industry_sections(answers) == "").to_numpy(),
        lambda broken: finding(broken.shown(code)),
    )
    yield AnswerRule(
        "industry.outside",
        code,
        title,
        (code,),
        lambda answers: (~_industry_sections(answers).isin(["", *industries().covered])).to_numpy(),
        _describe_industry,
    )
    if {"staff_last", "revenue_last"} <= set(edition.figures):
        keys = ("size", "staff_last", "revenue_last")
        yield AnswerRule("size.unlikely", "size", size_rule().source, (*keys, code), _size_unlikely, _describe_size)


def check_characters(codes: pd.Series) -> npt.NDArray[np.bytes_]:
    """The right last character of each code of 18 characters of the alphabet, as an array of one-character bytes.

    >>> check_characters(pd.Series(["91350100M000100Y43"])).tolist()
    [b'3']
    """
    alphabet = np.frombuffer(uscc.ALPHABET.encode(), dtype="u1")
    value = np.zeros(256, dtype=np.int64)
    value[alphabet] = np.arange(len(uscc.ALPHABET))
    characters = np.array(codes.to_list(), dtype="S18").view("u1").reshape(-1, 18)
    totals = value[characters[:, :17]] @ np.array(uscc.WEIGHTS, dtype=np.int64)
    right: npt.NDArray[np.bytes_] = alphabet[uscc.check_value(totals)].view("S1")
    return right


def _check_digit_wrong(answers: AnswerColumns) -> Bools:
    codes = answers.text("uscc")
    sound = codes.str.fullmatch(uscc.PATTERN).to_numpy(dtype=bool)  # another shape is an error of its own
    wrong = np.zeros(len(answers), dtype=bool)
    candidates = codes[sound]
    wrong[sound] = check_characters(candidates) != np.array(candidates.str[-1].to_list(), dtype="S1")
    return wrong


def _describe_check_digit(broken: AnswerColumns) -> Described:
    codes = broken.text("uscc")
    return zip(codes.tolist(), check_characters(codes).astype(str).tolist(), strict=True)


def _phone_odd(answers: AnswerColumns) -> Bools:
    return answers.filled("phone") & ~answers.text("phone").str.fullmatch(PHONE_PATTERN).to_numpy(dtype=bool)


def _industry_sections(answers: AnswerColumns) -> pd.Series:
    """The section letter of each industry code, '' where the code names none."""
    codes = answers.text("industry_code")
    divisions = {code: industries().division(code) for code in codes.unique()}
    return codes.map({code: division.section if division else "" for code, division in divisions.items()})


def _describe_industry(broken: AnswerColumns) -> Described:
    for code in broken.shown("industry_code"):
        division = industries().division(code)
        yield code, f"{division.section} {division.section_name}" if division else ""


def _size_classes(answers: AnswerColumns) -> npt.NDArray[np.str_]:
    """The size class by staff and revenue: the largest whose two lower limits are both met (国统字〔2017〕213号)."""
    rule = size_rule()
    staff, revenue = answers.figure("staff_last"), answers.figure("revenue_last")
    met = [(staff >= int(c.staff.value) * MICRO) & (revenue >= int(c.revenue.value) * MICRO) for c in rule.classes]
    return np.select(met, [c.name for c in rule.classes], rule.smallest)


def _size_unlikely(answers: AnswerColumns) -> Bools:
    figures = ("staff_last", "revenue_last")
    comparable = _industry_sections(answers).isin(size_rule().sections).to_numpy() & answers.filled("size")
    comparable = comparable & answers.sound(*figures) & ~zero_base(answers, *figures)
    differs: Bools = answers.text("size").to_numpy(dtype=object) != _size_classes(answers)
    return comparable & differs


def _describe_size(broken: AnswerColumns) -> Described:
    return zip(broken.shown("size"), _size_classes(broken).tolist(), strict=True)
