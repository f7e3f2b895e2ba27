"""Rules about the enterprise itself: its code, size, industry, telephone and date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.answers_frame import Answers, Bools
from smebatch.assess.bases import zero_base
from smebatch.assess.rule import Described, Rule, found, shown, sound
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.model import Edition
from smebatch.standard.reference import industries, size_rule

# GB 32100-2015: 31 characters, weights 3^(i-1) mod 31, check = (31 − Σ mod 31) mod 31.
USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
USCC_PATTERN = f"[{USCC_ALPHABET}]{{18}}"
_WEIGHTS = np.array([pow(3, i, 31) for i in range(17)], dtype=np.int64)

# Mobile, land line with area code and perhaps an extension, 400 and 800 numbers, perhaps with +86.
PHONE_PATTERN = "|".join(
    (
        r"(?:\+?86-?)?1[3-9][0-9]{9}",
        r"(?:\+86-?)?[(（]?0[0-9]{2,3}[)）]?-?[0-9]{7,8}(?:[-转*][0-9]{1,6})?",
        r"[48]00-?[0-9]{3}-?[0-9]{4}",
    )
)


def enterprise_rules(edition: Edition, today: dt.date) -> Iterator[Rule]:
    """The rules for what a form asks of an enterprise; ``today`` is the day of reading."""
    yield Rule("uscc.check_digit", "uscc", "GB 32100-2015", ("uscc",), _check_digit_wrong, _describe_check_digit)
    yield Rule("phone.odd", "phone", "", ("phone",), _phone_odd, lambda broken: found(shown(broken, "phone")))
    yield Rule(
        "date.future",
        "filled_on",
        "",
        ("filled_on",),
        lambda answers: (answers.frame["filled_on"] > pd.Timestamp(today)).to_numpy(dtype=bool, na_value=False),
        lambda broken: found(shown(broken, "filled_on")),
    )
    code = "industry_code"
    title = industries().title
    yield Rule(
        "industry.unknown",
        code,
        title,
        (code,),
        lambda answers: answers.filled(code) & (_sections(answers) == "").to_numpy(),
        lambda broken: found(shown(broken, code)),
    )
    yield Rule(
        "industry.outside",
        code,
        title,
        (code,),
        lambda answers: (~_sections(answers).isin(["", *industries().covered])).to_numpy(),
        _describe_industry,
    )
    if {"staff_last", "revenue_last"} <= set(edition.figures):
        keys = ("size", "staff_last", "revenue_last")
        yield Rule("size.unlikely", "size", size_rule().source, (*keys, code), _size_unlikely, _describe_size)


def check_characters(codes: pd.Series) -> npt.NDArray[np.bytes_]:
    """The right last character of each code of 18 characters of the alphabet, as an array of one-character bytes.

    >>> check_characters(pd.Series(["91350100M000100Y43"])).tolist()
    [b'3']
    """
    alphabet = np.frombuffer(USCC_ALPHABET.encode(), dtype="u1")
    value = np.zeros(256, dtype=np.int64)
    value[alphabet] = np.arange(31)
    characters = np.array(codes.to_list(), dtype="S18").view("u1").reshape(-1, 18)
    right: npt.NDArray[np.bytes_] = alphabet[(31 - value[characters[:, :17]] @ _WEIGHTS % 31) % 31].view("S1")
    return right


def _check_digit_wrong(answers: Answers) -> Bools:
    codes = answers.text("uscc")
    sound = codes.str.fullmatch(USCC_PATTERN).to_numpy(dtype=bool)  # another shape is an error of its own
    wrong = np.zeros(len(answers), dtype=bool)
    candidates = codes[sound]
    wrong[sound] = check_characters(candidates) != np.array(candidates.str[-1].to_list(), dtype="S1")
    return wrong


def _describe_check_digit(broken: Answers) -> Described:
    codes = broken.text("uscc")
    return zip(codes.tolist(), check_characters(codes).astype(str).tolist(), strict=True)


def _phone_odd(answers: Answers) -> Bools:
    return answers.filled("phone") & ~answers.text("phone").str.fullmatch(PHONE_PATTERN).to_numpy(dtype=bool)


def _sections(answers: Answers) -> pd.Series:
    """The section letter of each industry code, '' where the code names none."""
    codes = answers.text("industry_code")
    found = {code: industries().division(code) for code in codes.unique()}
    return codes.map({code: division.section if division else "" for code, division in found.items()})


def _describe_industry(broken: Answers) -> Described:
    for code in shown(broken, "industry_code"):
        division = industries().division(code)
        yield code, f"{division.section} {division.section_name}" if division else ""


def _sizes(answers: Answers) -> npt.NDArray[np.str_]:
    """The size class by staff and revenue: the largest whose two lower limits are both met (国统字〔2017〕213号)."""
    rule = size_rule()
    staff, revenue = answers.figure("staff_last"), answers.figure("revenue_last")
    met = [(staff >= int(c.staff.value) * MICRO) & (revenue >= int(c.revenue.value) * MICRO) for c in rule.classes]
    return np.select(met, [c.name for c in rule.classes], rule.smallest)


def _size_unlikely(answers: Answers) -> Bools:
    figures = ("staff_last", "revenue_last")
    known = _sections(answers).isin(size_rule().sections).to_numpy() & answers.filled("size")
    known = known & sound(answers, *figures) & ~zero_base(answers, *figures)
    differs: Bools = answers.text("size").to_numpy(dtype=object) != _sizes(answers)
    return known & differs


def _describe_size(broken: Answers) -> Described:
    return zip(shown(broken, "size"), _sizes(broken).tolist(), strict=True)
