"""A target of a bureau, and the ways in which its share is written; the settings and a list may both state some."""

from __future__ import annotations

import datetime as dt
import re
from fractions import Fraction
from typing import NamedTuple

MAX_ENTERPRISES = 100_000_000  # of a target that is a number of enterprises
_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)\s*[%％]")


class Target(NamedTuple):
    """What a bureau wants to reach: so many enterprises of a selection at a level or above.

    ``level``: a level's name or number. Either ``share`` (of the enterprises asked, above 0, at most 1) or
    ``enterprises``, their number, is given. ``where``: pairs of a column of the form or the roster and the value that
    selects. ``by``: the day by which.
    """

    name: str
    level: str
    share: Fraction | None = None
    enterprises: int | None = None
    where: tuple[tuple[str, str], ...] = ()
    by: dt.date | None = None


def read_percent(text: str) -> Fraction | None:
    """A share that is written as a percentage of at most four decimals; None unless it is above 0 and at most 1.

    >>> read_percent("80%"), read_percent(" 33.3％"), read_percent("0%"), read_percent("101%"), read_percent("80")
    (Fraction(4, 5), Fraction(333, 1000), None, None, None)
    """
    match = _PERCENT.fullmatch(text.strip())
    share = Fraction(match[1]) / 100 if match else Fraction(0)
    return share if 0 < share <= 1 else None


def percent_text(share: Fraction) -> str:
    """A share as a percentage, exactly, for a share that read_percent can give.

    >>> percent_text(Fraction(4, 5)), percent_text(Fraction(333, 1000)), percent_text(Fraction(1, 1000000))
    ('80%', '33.3%', '0.0001%')
    """
    whole, rest = divmod(share * 100, 1)
    decimals = f"{int(rest * 10_000):04d}".rstrip("0")
    return f"{whole}.{decimals}%" if decimals else f"{whole}%"
