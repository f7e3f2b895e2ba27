"""Messages of findings and sentences of reasons, in Chinese and in English."""

from __future__ import annotations

from smebatch.common.bilingual import fill
from smebatch.issues.catalogue import ISSUES, MESSAGE_FIELDS, REASONS
from smebatch.issues.finding import Finding


def render(finding: Finding) -> tuple[str, str]:
    """The Chinese and the English message of a finding. Raises KeyError for a code that is not in the catalogue.

    >>> render(Finding("figure.negative", label="营业收入", found="-5 万元"))[1]
    '营业收入 cannot be negative (-5 万元).'
    """
    issue = ISSUES[finding.code]
    values = {name: getattr(finding, name) for name in MESSAGE_FIELDS}
    return fill(issue, "zh", values), fill(issue, "en", values)


def reason_text(code: str, language: str, **values: object) -> str:
    """The sentence of a reason in ``zh`` or ``en``; raises KeyError for an unknown code or a missing value."""
    return fill(REASONS[code], language, values)
