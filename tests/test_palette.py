"""The palette prints in grey, and can be told apart by people who cannot tell red from green."""

from __future__ import annotations

import math
import re
from itertools import combinations, pairwise
from pathlib import Path

import pytest

from smebatch.report import palette

Colour = tuple[float, float, float]

# Linear light of red, green and blue: to CIE XYZ (sRGB, D65), and as seen in deuteranopia (Machado and others, 2009).
XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
DEUTERANOPIA = ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881))
WHITE = (0.95047, 1.0, 1.08883)


def product(matrix: tuple[Colour, Colour, Colour], colour: Colour) -> Colour:
    red, green, blue = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return red, green, blue


def linear(text: str) -> Colour:
    """The linear light of #RRGGBB, 0 to 1."""
    parts = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return red, green, blue


def lab(light: Colour) -> Colour:
    """CIELAB: L* is the lightness, 0 to 100; distances of 2.3 are just noticeable."""
    x, y, z = (
        t ** (1 / 3) if (t := v / w) > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for v, w in zip(product(XYZ, light), WHITE, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def as_seen_without_green(text: str) -> Colour:
    red, green, blue = (min(1.0, max(0.0, part)) for part in product(DEUTERANOPIA, linear(text)))
    return lab((red, green, blue))


def lightness(text: str) -> float:
    return lab(linear(text))[0]


def distance(one: Colour, other: Colour) -> float:
    return math.dist(one, other)


def test_the_measures_are_right() -> None:
    assert [round(lightness(c)) for c in ("#000000", "#FFFFFF", "#777777")] == [0, 100, 50]
    # What red and green are to others is the same hue here: a* falls together.
    assert distance(as_seen_without_green("#C03030"), as_seen_without_green("#5E5E00")) < 15
    assert distance(lab(linear("#C03030")), lab(linear("#5E5E00"))) > 45


@pytest.mark.parametrize("colours", [palette.DISTINCT, palette.sequence(5)], ids=["distinct", "levels"])
def test_any_two_colours_differ_in_grey_and_in_deuteranopia(colours: tuple[str, ...]) -> None:
    for one, other in combinations(colours, 2):
        assert abs(lightness(one) - lightness(other)) >= 7.9, (one, other)
        assert distance(as_seen_without_green(one), as_seen_without_green(other)) >= 15, (one, other)


@pytest.mark.parametrize("count", range(1, 11))
def test_an_order_grows_darker(count: int) -> None:
    shades = [lightness(colour) for colour in palette.sequence(count)]
    assert len(shades) == count
    assert all(lighter - darker > 4 for lighter, darker in pairwise(shades))


def test_pale_is_lighter_than_what_it_stands_for_and_no_white() -> None:
    for colour in (palette.MAIN, *palette.DISTINCT, *palette.sequence(5)):
        assert lightness(colour) < lightness(palette.pale(colour)) < 99
    assert lightness(palette.pale(palette.MAIN)) - lightness(palette.MAIN) > 30


def test_charts_have_no_colours_of_their_own() -> None:
    report = Path(palette.__file__).parent
    allowed = {"#FFFFFF", "#E3E6EA"}  # paper and gridlines
    charts = re.findall(r"#[0-9A-Fa-f]{6}", (report / "xlsx" / "charts.py").read_text("utf-8"))
    assert set(charts) <= allowed
