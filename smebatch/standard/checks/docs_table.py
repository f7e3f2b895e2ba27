"""The kinds of checks as docs/editions.md has them."""

from __future__ import annotations

from smebatch.standard.checks import CHECKS
from smebatch.standard.checks.check import Check


def check_table() -> str:
    """A table in Markdown, a row a kind: its name, the keys of its row that not every check has, what it means."""
    rows = (f"| `{name}` | {_keys(kind)} | {kind.meaning} |\n" for name, kind in CHECKS.items())
    return "".join(("| kind | keys | what it says |\n", "|---|---|---|\n", *rows))


def _keys(kind: type[Check]) -> str:
    """The keys of a kind in order, those that may be left out with °."""
    own = {name: optional for name, optional in kind.keys().items() if name not in ("kind", "clause")}
    return " ".join(f"`{name}`" + (" °" if optional else "") for name, optional in own.items())
