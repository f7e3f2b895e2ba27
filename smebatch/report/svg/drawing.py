"""Shapes of SVG as text. A page allows no styles within it, so all looks are attributes of the shapes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import Literal

from smebatch.common.text import clean_text

INK, PALE, GRID = "#1F2933", "#52606D", "#E3E6EA"
SMALL, NORMAL = 12, 13  # pixels of letters
_WIDE = 0x2000  # characters from here on, Chinese quotation marks among them, are as wide as high
_NARROW = 0.56  # of a letter's height: digits and Latin letters

Anchor = Literal["start", "middle", "end"]


def svg(width: float, height: float, title: str, shapes: Iterable[str]) -> str:
    """A picture that says what it is to whoever cannot see it; its table stands beside it."""
    name = escape(clean_text(title), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_number(width)} {_number(height)}" role="img" '
        f'aria-label="{name}"><title>{name}</title>{"".join(shapes)}</svg>'
    )


def rect(x: float, y: float, width: float, height: float, fill: str, *, faint: str = "") -> str:
    """A filled box; ``faint``: the colour of a dashed outline."""
    outline = f' stroke="{faint}" stroke-dasharray="3 2"' if faint else ""
    size = f'width="{_number(max(width, 0))}" height="{_number(max(height, 0))}"'
    return f'<rect x="{_number(x)}" y="{_number(y)}" {size} fill="{fill}"{outline}/>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str = GRID, width: float = 1, dash: str = "") -> str:
    """A line; ``dash``: the lengths of its strokes and gaps."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    ends = f'x1="{_number(x1)}" y1="{_number(y1)}" x2="{_number(x2)}" y2="{_number(y2)}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{_number(width)}"{dashed}/>'


def polygon(points: Sequence[tuple[float, float]], colour: str, width: float = 2, dash: str = "") -> str:
    """A closed line."""
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<polygon points="{path}" fill="none" stroke="{colour}" stroke-width="{_number(width)}"{dashed}/>'


def text(
    x: float,
    y: float,
    words: str,
    *,
    anchor: Anchor = "middle",
    size: int = SMALL,
    fill: str = INK,
    turn: int = 0,
) -> str:
    """A line of text whose foot is at y; ``turn``: degrees, clockwise about that point."""
    turned = f' transform="rotate({turn} {_number(x)} {_number(y)})"' if turn else ""
    return (
        f'<text x="{_number(x)}" y="{_number(y)}" text-anchor="{anchor}" font-size="{size}" fill="{fill}"{turned}>'
        f"{escape(clean_text(words))}</text>"
    )


def text_width(words: str, size: int = SMALL) -> float:
    """About how wide a text is."""
    return size * sum(1 if ord(character) >= _WIDE else _NARROW for character in words)


def cut(words: str, room: float, kept: str = "", size: int = SMALL) -> str:
    """A text as far as there is room for it.

    ``kept``: an end that is not cut off, such as the number of returns.

    >>> cut("示例市城东区", 40), cut("abc", 40), cut("示例市城东区（8）", 80, "（8）")
    ('示例…', 'abc', '示例市…（8）')
    """
    if text_width(words, size) <= room:
        return words
    begun, end = words.removesuffix(kept), kept if words.endswith(kept) else ""
    while begun and text_width(begun + end, size) + size > room:
        begun = begun[:-1]
    return f"{begun}…{end}"


def ticks(most: float, about: int = 5) -> list[float]:
    """Round numbers from 0 up to at least ``most``.

    >>> ticks(7), ticks(0.5), ticks(0)
    ([0, 2, 4, 6, 8], [0.0, 0.1, 0.2, 0.3, 0.4, 0.5], [0, 1])
    """
    if most <= 0:
        return [0, 1]
    rough = most / about
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    if most > 1:
        step = max(1, round(step))
    return [round(step * i, 10) for i in range(math.ceil(most / step - 1e-9) + 1)]


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
