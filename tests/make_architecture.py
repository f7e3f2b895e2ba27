"""Draw docs/architecture.svg from the imports: python tests/make_architecture.py > docs/architecture.svg."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from html import escape
from itertools import pairwise

from house import FLOORS, INSIDE, PACKAGE, arrows, tree_of

WIDTH, HEIGHT, GAP = 980, 64, 44  # of the picture, of a room, and between two floors
ROOM, APART = 270, 40  # a room's width at most, and between two rooms
LEFT = 40  # of the floors' numbers
TITLE, TEXT, LINE, FILL = "#1f2d3d", "#4a5a6a", "#9fb1c1", "#f4f7fa"


def idea_of(name: str) -> str:
    """What a room is for: the first line of its docstring."""
    path = PACKAGE / name / "__init__.py" if (PACKAGE / name).is_dir() else PACKAGE / f"{name}.py"
    return (ast.get_docstring(tree_of(path)) or "").split("\n")[0].rstrip(".")


def places() -> dict[str, tuple[float, float, float]]:
    """Where each room stands: left, top and width; the ground floor at the bottom."""
    where: dict[str, tuple[float, float, float]] = {}
    for number, rooms in enumerate(FLOORS):
        top = (len(FLOORS) - 1 - number) * (HEIGHT + GAP) + 10
        width = min(ROOM + 30 * (3 - len(rooms)), (WIDTH - LEFT - APART * (len(rooms) + 1)) / len(rooms))
        start = LEFT + (WIDTH - LEFT - len(rooms) * width - (len(rooms) - 1) * APART) / 2
        where |= {name: (start + i * (width + APART), float(top), width) for i, name in enumerate(rooms)}
    return where


def nearest() -> set[tuple[str, str]]:
    """The arrows that no chain of others implies."""
    every = arrows()
    return {
        (one, other)
        for one, other in every
        if not any((one, middle) in every and (middle, other) in every for middle in {pair[1] for pair in every})
    }


def wrapped(text: str, width: float) -> list[str]:
    """A text in two lines at most of a small print; a Chinese character counts double."""
    lines, room_left = [""], width / 6.3
    for word in text.split(" "):
        size = sum(2 if ord(c) > 0x2E80 else 1 for c in f"{lines[-1]} {word}")
        if lines[-1] and size > room_left:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines[:2]


def drawn() -> Iterator[str]:
    """The picture, line by line."""
    where = places()
    height = len(FLOORS) * (HEIGHT + GAP) - GAP + 20
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">'
    yield (
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0 8 4 0 8z" fill="{LINE}"/></marker></defs>'
    )
    yield f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    for one, other in sorted(nearest()):
        (x, top, width), (to, below, to_width) = where[one], where[other]
        start, end = x + width / 2, to + to_width / 2
        middle = (top + HEIGHT + below) / 2
        yield (
            f'<path d="M{start:.0f} {top + HEIGHT:.0f} C{start:.0f} {middle:.0f} {end:.0f} {middle:.0f} '
            f'{end:.0f} {below - 2:.0f}" fill="none" stroke="{LINE}" stroke-width="1.6" marker-end="url(#tip)"/>'
        )
    for name, (x, top, width) in where.items():
        yield (
            f'<rect x="{x:.0f}" y="{top:.0f}" width="{width:.0f}" height="{HEIGHT}" rx="6" fill="{FILL}" '
            f'stroke="{LINE}"/>'
        )
        label = f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py"
        yield (
            f'<text x="{x + 12:.0f}" y="{top + 21:.0f}" font-size="15" font-weight="bold" fill="{TITLE}">{label}</text>'
        )
        yield (
            f'<text x="{x + width - 12:.0f}" y="{top + 21:.0f}" font-size="11" text-anchor="end" fill="{TEXT}">'
            f"{escape(' · '.join(INSIDE.get(name, ())))}</text>"
        )
        for number, line in enumerate(wrapped(idea_of(name), width - 24)):
            yield (
                f'<text x="{x + 12:.0f}" y="{top + 40 + 15 * number:.0f}" font-size="11.5" fill="{TEXT}">'
                f"{escape(line)}</text>"
            )
    for upper, lower in pairwise(range(len(FLOORS), -1, -1)):
        top = (len(FLOORS) - upper) * (HEIGHT + GAP) + 10 + HEIGHT / 2 + 4
        yield f'<text x="14" y="{top:.0f}" font-size="12" fill="{LINE}">{lower}</text>' if lower >= 0 else ""
    yield "</svg>"


if __name__ == "__main__":
    sys.stdout.write("\n".join(line for line in drawn() if line) + "\n")
