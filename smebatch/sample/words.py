"""The vocabulary and the proportions of made-up enterprises, read from words.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from smebatch.standard.toml_binding import build


class District(NamedTuple):
    """A made-up district with its parks and towns."""

    name: str
    park: tuple[str, ...]


class Trade(NamedTuple):
    """A trade with its class of GB/T 4754-2017."""

    name: str
    code: str
    segment: str
    product: str


class Span(NamedTuple):
    """A plausible range, in multiples of staff, revenue or one."""

    of: str
    low: float
    high: float


class Sizes(NamedTuple):
    """Shares of the size classes, largest first, and the factors by which the two open classes are bounded."""

    share: tuple[int, ...]
    largest: float
    smallest: float


@dataclass(frozen=True, slots=True)
class SampleWords:
    """The content of words.toml."""

    province: str
    city: str
    brand: tuple[str, ...]
    suffix: tuple[str, ...]
    surname: tuple[str, ...]
    given: tuple[str, ...]
    assessor: tuple[str, ...]
    note: tuple[str, ...]
    remark: tuple[str, ...]
    district: tuple[District, ...]
    trade: tuple[Trade, ...]
    size: Sizes
    figure: dict[str, Span]
    default: dict[str, Span]


@cache
def sample_words() -> SampleWords:
    """Load words.toml."""
    text = (resources.files("smebatch.sample") / "words.toml").read_text("utf-8")
    # Spans only make figures plausible, so floats are exact enough here.
    toml: dict[str, Any] = tomllib.loads(text)
    spans = {
        table: {key: Span(row["of"], float(row["low"]), float(row["high"])) for key, row in toml.pop(table).items()}
        for table in ("figure", "default")
    }
    tables = {name: toml.pop(name) for name in ("district", "trade", "size")}
    rest: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in toml.items()}
    return SampleWords(
        district=tuple(build(District, row, "district") for row in tables["district"]),
        trade=tuple(build(Trade, row, "trade") for row in tables["trade"]),
        size=build(Sizes, tables["size"], "size"),
        figure=spans["figure"],
        default=spans["default"],
        **rest,
    )
