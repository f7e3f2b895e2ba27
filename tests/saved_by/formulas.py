"""Formulas as other programs save them: with results, and shared where they were filled down a column.

The results are plausible but not computed, because the reader does not use them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from random import Random
from typing import NamedTuple

_QUOTED = re.compile(rb'"([^"]*)"')
_TRUTH = re.compile(rb"(?:SUM|COUNTIFS)\([^()]*\)(?:=|&gt;)[0-9]+")
_HINTED = 0.1  # share of hints that are not blank; most returns are complete
_FIGURES = (b"0", b"1", b"3", b"12.5", b"0.25", b"57.14")
_FORMULA = re.compile(rb"><f>([^<]*)</f><v>[^<]*</v>")


_FRACTION = re.compile(rb'">(?=<v>[^<]*[.E])<v>([^<]*)</v>')


def in_15_digits(cells: bytes) -> bytes:
    """Cells with their figures rounded to 15 digits, as most programs show them."""
    return _FRACTION.sub(lambda match: b'"><v>%s</v>' % format(float(match[1]), ".15g").encode(), cells)


class Result(NamedTuple):
    """The result of a formula: its type (t) and its value."""

    kind: bytes
    value: bytes

    @property
    def attribute(self) -> bytes:
        """The type as an attribute; a number has none."""
        return b' t="%s"' % self.kind if self.kind else b""


def result(formula: bytes, rng: Random) -> Result:
    """A random result of a formula: one of its texts or blank, a truth value, or a number."""
    kind, values, may_be_blank = _outcomes(formula)
    return Result(kind, b"" if may_be_blank and rng.random() > _HINTED else rng.choice(values))


@lru_cache(maxsize=4096)
def _outcomes(formula: bytes) -> tuple[bytes, tuple[bytes, ...], bool]:
    texts = tuple(text for text in _QUOTED.findall(formula) if not text.isascii())
    if texts and formula.startswith((b"IF(", b"CHOOSE(", b'"')):
        return b"str", texts, b'""' in formula
    if _TRUTH.fullmatch(formula):
        return b"b", (b"0", b"1"), False
    return b"", _FIGURES, False


def calculated(cells: bytes, rng: Random) -> bytes:
    """Cells with results of their formulas; names of sheets in formulas are quoted only where necessary."""

    def cell(match: re.Match[bytes]) -> bytes:
        formula = match[1].replace(b"'", b"")
        found = result(formula, rng)
        return b"%s><f>%s</f><v>%s</v>" % (found.attribute, formula, found.value)

    return _FORMULA.sub(cell, cells)


def formula_places(xml: bytes) -> list[bytes]:
    """The addresses of the cells with formulas, in order."""
    before = xml.split(b"><f>")[:-1]
    return [piece[(begin := piece.rindex(b'<c r="') + 6) : piece.index(b'"', begin)] for piece in before]


_FILLED = re.compile(rb'<c r="([A-Z]+)([0-9]+)"([^<>]*)><f>([^<]*)</f><v>[^<]*</v></c>')
_RELATIVE = re.compile(rb"(?<![A-Z0-9$])(\$?[A-Z]{1,2})([0-9]+)(?![0-9(])")


def share_formulas(cells: bytes) -> bytes:
    """Cells in which a formula that was filled down a column is stored once, as a shared formula of Excel."""
    groups: dict[tuple[bytes, bytes], list[int]] = {}
    for column, row, _, formula in _FILLED.findall(cells):
        if _RELATIVE.search(formula):
            groups.setdefault((column, _relative(formula, int(row))), []).append(int(row))
    shared_by = {
        (column, row): (number, rows)
        for number, ((column, _), rows) in enumerate((k, r) for k, r in groups.items() if len(r) > 1)
        for row in rows
        if rows == list(range(rows[0], rows[-1] + 1))
    }

    def cell(match: re.Match[bytes]) -> bytes:
        column, row, attributes, formula = match.groups()
        if (column, int(row)) not in shared_by:
            return match[0]
        number, rows = shared_by[column, int(row)]
        xml = b'<f t="shared" si="%d"/>' % number
        if int(row) == rows[0]:
            among = b"%s%d:%s%d" % (column, rows[0], column, rows[-1])
            xml = b'<f t="shared" ref="%s" si="%d">%s</f>' % (among, number, formula)
        return b'<c r="%s%s"%s>%s<v>0</v></c>' % (column, row, attributes, xml)

    return _FILLED.sub(cell, cells)


@lru_cache(maxsize=4096)
def _relative(formula: bytes, row: int) -> bytes:
    return _RELATIVE.sub(lambda match: b"%s[%d]" % (match[1], int(match[2]) - row), formula)
