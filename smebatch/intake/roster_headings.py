"""Recognises the columns of a list of enterprises: by key, by label, or by another usual wording."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from smebatch.intake.workbook.cell_values import Cell, display_text, normalize_text
from smebatch.standard.model import Edition
from smebatch.standard.reference import roster_words

_IDENTITY_KEYS = {"name", "uscc"}  # these identify an enterprise, so the best of several wordings is not chosen
_REMARK_PENALTY = 1_000  # ranks a heading with a remark in brackets behind all others
_REMARK = re.compile(r"\(.*?\)")
_SEPARATORS = str.maketrans("", "", "()[]/、")


class RosterColumns(NamedTuple):
    """The columns of a list, each by its number from 0.

    ``keys``: the key of each; ``extra``: the other headings as they stand. ``duplicates``: two columns with the same
    heading, or that could both be meant; () where there are none.
    """

    keys: dict[int, str]
    extra: dict[int, str]
    duplicates: tuple[int, ...]


def find_columns(row: Sequence[Cell], edition: Edition) -> RosterColumns | None:
    """The columns below a row, or None where it has no heading for the name."""
    headings = {i: text for i, cell in enumerate(row) if (text := display_text(cell).strip()) and normalize_text(text)}
    claims: dict[str, dict[int, int]] = {}  # key → column → rank of its wording, 0 for the surest
    for i, text in headings.items():
        if meant := _key_of_heading(text, edition):
            claims.setdefault(meant[0], {})[i] = meant[1]
    if "name" not in claims:
        return None
    keys, doubled = {}, _duplicate_columns(headings)
    for key, columns in claims.items():
        surest = min(columns.values())
        rivals = [i for i, rank in columns.items() if rank == surest or (surest and key in _IDENTITY_KEYS)]
        if len(rivals) == 1:
            keys[rivals[0]] = key
        elif not surest or key in _IDENTITY_KEYS:
            doubled = doubled or tuple(rivals[:2])
    return RosterColumns(keys, {i: text for i, text in headings.items() if i not in keys}, doubled)


def is_heading(text: str, key: str, edition: Edition) -> bool:
    """Whether a text is a heading for a key."""
    meant = _key_of_heading(text, edition)
    return meant is not None and meant[0] == key


def find_column(name: str, edition: Edition, further: Iterable[str]) -> tuple[str, bool] | None:
    """The column that a person means by a name, and whether it is a field of the form; None where there is none.

    The name is a key of the form, a heading that the roster has beside those (``further``, which are returned as they
    stand), or a label or another usual wording of a key, in this order.
    """
    keys = [field.key for field in edition.fields]
    if name in keys:
        return name, True
    if heading := next((each for each in further if normalize_heading(each) == normalize_heading(name)), ""):
        return heading, False
    key = next((key for key in keys if is_heading(name, key, edition)), "")
    return (key, True) if key else None


def normalize_heading(text: str) -> str:
    """A heading in lower case and without blanks, width and marks, which do not distinguish headings."""
    return normalize_text(text).lower().replace(" ", "").lstrip("*").rstrip("*：:")


def _duplicate_columns(headings: dict[int, str]) -> tuple[int, ...]:
    """The first two columns with the same heading; () where there are none."""
    seen: dict[str, int] = {}
    for i, text in headings.items():
        if (first := seen.setdefault(normalize_heading(text), i)) != i:
            return first, i
    return ()


def _key_of_heading(text: str, edition: Edition) -> tuple[str, int] | None:
    """The key of a heading and the rank of its wording, 0 for the surest; None where it is no key's."""
    words, heading = _known_wordings(edition), normalize_heading(text)
    if (bare := heading.translate(_SEPARATORS)) in words:
        return words[bare]
    if (bare := _REMARK.sub("", heading).translate(_SEPARATORS)) in words:
        key, rank = words[bare]
        return key, rank + _REMARK_PENALTY
    return None


@cache
def _known_wordings(edition: Edition) -> dict[str, tuple[str, int]]:
    """Wordings without separators, each with its key and rank."""
    words: dict[str, tuple[str, int]] = {}
    for field in edition.fields:
        # A label without what stands in brackets: 省（自治区、直辖市） is 省 to most lists.
        own = (field.key, field.label, field.label.split("（")[0])
        others = enumerate(roster_words().headings.get(field.key, ()), 1)
        for rank, wording in (*((0, wording) for wording in own), *others):
            words.setdefault(normalize_heading(wording).translate(_SEPARATORS), (field.key, rank))
    return words
