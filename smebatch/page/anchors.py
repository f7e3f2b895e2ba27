"""Where on a form's page an answer stands, so that a link to an issue leads to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from smebatch.standard.keys import keys_of, rows_of
from smebatch.standard.model import Edition

ISSUES = "issues"
"""The part of the page that lists all issues: there leads what stands at no row of the form."""


@cache
def row_of_key(edition: Edition) -> Mapping[str, str]:
    """The key of the row that each answer stands in, by the key of the answer, and of the row itself."""
    return {name: key.row for name, key in keys_of(edition).items()} | {row.key: row.key for row in rows_of(edition)}


def anchor_in(edition: Edition) -> Callable[[str], str]:
    """Gives the anchor of a key on the page of a form."""
    rows = row_of_key(edition)
    return lambda key: f"row-{rows[key]}" if key in rows else ISSUES
