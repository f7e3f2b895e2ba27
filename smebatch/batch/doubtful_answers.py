"""The answers of a return that could not be read surely, with what was typed: so its correction copy can show them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from smebatch.intake.return_answers import ReturnAnswers
from smebatch.issues.catalogue import Severity
from smebatch.standard.keys import cells_of_rows, keys_of
from smebatch.standard.model import Edition


def doubtful_answers(edition: Edition, answers: ReturnAnswers) -> Iterator[tuple[str, str]]:
    """The keys that could not be read surely, each with the whole content of its cell as text.

    The content is blank where nothing is known of the answer (its row is lost, or sorted apart from its key) and a
    blank cell would pass for an answer: that an option was not chosen, that there is no year before. Left out are blank
    cells that a form asks for anyway: those of a question or scene of which nothing is known at all, and fields that
    are required; and answers of which only a warning is given.
    """
    yield from answers.typed.items()
    blank = answers.unsure - answers.typed.keys()
    if not blank:
        return
    warned = {finding.key for finding in answers.findings if finding.severity is Severity.WARNING}
    keys, rows = keys_of(edition), _cells_beside(edition)
    for name in sorted(blank - warned):
        key, beside = keys[name], rows.get(name)
        if key.unassessed or (key.need == "required" and not key.kind.is_figure):
            continue
        if beside is None or any(answers.values.get(other) or other in answers.typed for other in beside):
            yield name, ""


@cache
def _cells_beside(edition: Edition) -> Mapping[str, tuple[str, ...]]:
    """For each tick, state and note the ticks and the state of its question or scene."""
    return {name: cells for row, cells in cells_of_rows(edition).items() for name in (*cells, f"{row}_note")}
