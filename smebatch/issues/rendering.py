"""Messages of findings and sentences of reasons, in Chinese and in English."""

from __future__ import annotations

import re

from smebatch.common.bilingual import fill, placeholders
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


def translated_reason(code: str, sentence: str, language: str) -> str:
    """The Chinese sentence of a reason in ``zh`` or ``en``; as it stands where it is not one of the catalogue.

    >>> translated_reason("errors", "有 3 处错误须更正，更正后重报。", "en")
    '3 errors must be corrected.'
    """
    reason = REASONS.get(code)
    if language == "zh" or reason is None:
        return sentence
    pattern = re.escape(reason.zh)
    for name in placeholders(code, reason.zh):
        pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?P<{name}>.*)", 1)
    found = re.fullmatch(pattern, sentence, re.DOTALL)
    return fill(reason, language, found.groupdict()) if found else sentence


def reason_in_general(code: str, language: str) -> str:
    """The sentence of a reason in ``zh`` or ``en`` whatever the file; the code itself where it is unknown.

    >>> reason_in_general("errors", "zh")
    '有 … 处错误须更正，更正后重报。'
    """
    reason = REASONS.get(code)
    return fill(reason, language, dict.fromkeys(placeholders(code, reason.zh), "…")) if reason else code
