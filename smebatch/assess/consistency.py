"""Rules that hold one answer against another: those of the edition's checks, each of which makes its own."""

from __future__ import annotations

from collections.abc import Iterator

from smebatch.assess.bases import zero_base
from smebatch.assess.energy import contradicted
from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.checks.check import checks_of
from smebatch.standard.model import Edition


class _Reported:
    """What the other rules of this folder report, for checks to be silent about: a ReportedElsewhere."""

    zero_base = staticmethod(zero_base)
    contradicted = staticmethod(contradicted)


def consistency_rules(edition: Edition) -> Iterator[AnswerRule]:
    """The rules of each check of the edition."""
    for check in checks_of(edition):
        yield from check.rules(edition, _Reported())
