"""Validates the checks of an edition: what they name exists, they can be carried out, and none is a duplicate."""

from __future__ import annotations

from smebatch.standard.checks.check import Check, checks_of
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import require


def check_checks(edition: Edition) -> None:
    """Raise EditionError, naming the check, for one that cannot be carried out."""
    rulings = {r.id for r in edition.rulings}
    places: dict[tuple[str, str], int] = {}
    for i, check in enumerate(checks_of(edition), 1):
        where = f"check[{i}] ({check.name})"
        _check_names(edition, check, where)
        # Rows of some kinds have a severity or name a ruling.
        severity, ruling = getattr(check, "severity", "error"), getattr(check, "ruling", "")
        require(severity in {"error", "warning"}, f"{where}: severity must be error or warning")
        require(not ruling or ruling in rulings, f"{where}: no ruling {ruling}")
        check.require_sound(edition, where)
        # The code and the place identify an issue, so two checks may not share both.
        first = places.setdefault((check.name, check.place), i)
        require(first == i, f"{where}: check[{first}] is the same check of {check.place}; one of a kind is allowed")


def _check_names(edition: Edition, check: Check, where: str) -> None:
    """Every name a check uses must exist."""
    for key in check.figures:
        require(key in edition.figures, f"{where}: no figure {key}")
    for scene in check.scenes:
        require(not scene or scene in edition.scene, f"{where}: no scene {scene}")
    for name in check.questions:
        require(name in edition.question, f"{where}: no question {name}")
