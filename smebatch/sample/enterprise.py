"""Makes up an enterprise: its name, code and size, and its answers on the sheet 企业信息."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from smebatch.sample.words import SampleWords, sample_words
from smebatch.standard.model import Edition
from smebatch.standard.reference import size_rule
from smebatch.standard.uscc import ALPHABET, check_character

_FIRST_DAY = dt.date(2026, 9, 1)
_DAYS = 75  # forms come back until 2026-11-15
# Industrial enterprises with revenue from 20 million yuan on are in the register of 规上 enterprises.
_ABOVE_SCALE = 2000  # 万元


@dataclass(frozen=True, slots=True)
class Firm:
    """The size of an enterprise, on which its figures depend: staff (人) and revenue (万元) last year, size class."""

    staff: int
    revenue: int
    size: str


def draw_firm(rng: Random, maturity: float) -> Firm:
    """Draw an enterprise whose staff and revenue both lie within one size class (国统字〔2017〕213号)."""
    rule, sizes = size_rule(), sample_words().size
    names = [*(c.name for c in rule.classes), rule.smallest]
    # The more mature an enterprise is, the larger it tends to be.
    (drawn,) = rng.choices(range(len(names)), [n * (1.2 - maturity) ** i for i, n in enumerate(sizes.share)])
    low = drawn if drawn < len(rule.classes) else None
    high = drawn - 1 if drawn else None

    place = rng.random() ** 2  # position within the class: most enterprises are near its lower end

    def between(limits: Sequence[int]) -> int:
        bottom = limits[low] if low is not None else round(limits[-1] * sizes.smallest)
        top = limits[high] if high is not None else round(limits[0] * sizes.largest)
        return bottom + int((top - bottom) * (0.7 * place + 0.3 * rng.random()))

    staff = between([int(c.staff.value) for c in rule.classes])
    revenue = between([int(c.revenue.value) for c in rule.classes])
    return Firm(staff, revenue, names[drawn])


def enterprise_answers(
    edition: Edition, rng: Random, firm: Firm, *, serial: int, maturity: float, district: int | None
) -> dict[str, object]:
    """Answers to the fields of 企业信息, by key.

    ``serial`` makes the credit code unique; ``maturity`` from 0 to 1; ``district`` chooses one of the four, else drawn.
    """
    words = sample_words()
    number = rng.randrange(len(words.district)) if district is None else district % len(words.district)
    place, trade = words.district[number], rng.choice(words.trade)
    choices = {f.key: f.choices for f in edition.fields}
    # Mature enterprises are more often specialised; the highest rank is rare.
    rank = min(int(maturity * rng.random() * 6), len(choices.get("specialised", ())) - 1)
    kind = rng.choices((0, 1, 2), (90, 7, 3))[0]  # mostly 自评
    answers: dict[str, object] = {
        # Brands are used in turn, so that few names of a small sample are alike.
        "name": f"{words.city[:2]}·{words.brand[serial % len(words.brand)]}{trade.name}{rng.choice(words.suffix)}",
        "uscc": _credit_code(rng, number, serial),
        "province": words.province,
        "city": words.city,
        "district": place.name,
        "park": rng.choice(place.park),
        "industry_code": trade.code,
        "segment": trade.segment,
        "size": firm.size,
        "above_scale": _pick(choices, "above_scale", 0 if firm.revenue >= _ABOVE_SCALE else 1),
        "specialised": _pick(choices, "specialised", rank),
        "main_product": trade.product,
        "contact": rng.choice(words.surname) + rng.choice(words.given),
        "phone": f"139000{rng.randrange(100_000):05d}",
        "assessment_kind": _pick(choices, "assessment_kind", kind),
        "phase": _pick(choices, "phase", rng.choices((0, 1), (30, 70))[0]),
        "assessor": _assessor(words, rng) if kind else None,
        "filled_on": _FIRST_DAY + dt.timedelta(days=rng.randint(0, _DAYS)),
        "no_base_year": _pick(choices, "no_base_year", rng.choices((0, 1, None), (4, 60, 36))[0]),
        "pledge": _pick(choices, "pledge", 0),
    }
    return {f.key: answers.get(f.key) for f in edition.fields}


def _credit_code(rng: Random, district: int, serial: int) -> str:
    # 91 stands for enterprises, and no district has the code 9900xx, so the code belongs to nobody. The serial number
    # and two random characters follow.
    body = f"91{990000 + district + 1}{serial % 10**7:07d}{rng.choice(ALPHABET)}{rng.choice(ALPHABET)}"
    return body + check_character(body)


def _pick(choices: dict[str, tuple[str, ...]], field: str, number: int | None) -> str | None:
    field_choices = choices.get(field, ())
    return field_choices[number] if number is not None and 0 <= number < len(field_choices) else None


def _assessor(words: SampleWords, rng: Random) -> str:
    return rng.choice(words.assessor)
