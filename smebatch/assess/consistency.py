"""Rules that compare one answer with another. Each check of the edition makes its own rules."""

from __future__ import annotations

from collections.abc import Iterator

from smebatch.assess.bases import zero_base
from smebatch.assess.energy import contradicted
from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.checks.check import checks_of
from smebatch.standard.model import Edition


class _Reported:
    """What other rules of this folder report, so that checks do not report it again (see ReportedElsewhere)."""

    zero_base = staticmethod(zero_base)
    contradicted = staticmethod(contradicted)


def consistency_rules(edition: Edition) -> Iterator[AnswerRule]:
    """The rules of each check of the edition."""
    for check in checks_of(edition):
        yield from check.rules(edition, _Reported())
