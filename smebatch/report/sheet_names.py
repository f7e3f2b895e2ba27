"""Names of sheets that Excel accepts, made of texts that come from outside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from smebatch.common.text import clean_text
from smebatch.report.document import ReportSheet

LONGEST = 31  # UTF-16 units
_FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
_RESERVED = "history"  # Excel keeps this name for itself
_UNNAMED = "分组"


def sheet_name(text: str, taken: Iterable[str] = ()) -> str:
    """A text as the name of a sheet: without what Excel forbids, at most 31 units long, and none of those ``taken``.

    Excel compares names without regard to case. A number in brackets tells apart what would be the same.

    >>> sheet_name("按[A/B]"), sheet_name("'甲'"), sheet_name("甲", ["甲", "甲(2)"]), sheet_name("?")
    ('按 A B', '甲', '甲(3)', '分组')
    """
    plain = " ".join(clean_text(text).translate(_FORBIDDEN).split()).strip("' ") or _UNNAMED
    others = {name.casefold() for name in taken} | {_RESERVED}
    name, number = _cut(plain, LONGEST), 1
    while name.casefold() in others:
        number += 1
        name = f"{_cut(plain, LONGEST - len(f'({number})'))}({number})"
    return name


def _cut(text: str, units: int) -> str:
    cut = text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", errors="ignore")
    return cut.strip("' ")


def with_unique_names(sheets: Iterable[ReportSheet]) -> tuple[ReportSheet, ...]:
    """The sheets, each with a name that Excel accepts and no other has."""
    named: list[ReportSheet] = []
    for sheet in sheets:
        named.append(replace(sheet, name=sheet_name(sheet.name, [other.name for other in named])))
    return tuple(named)
