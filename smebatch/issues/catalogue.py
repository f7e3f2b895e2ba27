"""The catalogue of all that is said of a file or a return: kinds of issues, reasons and statuses, by their codes.

The texts stand in issues.toml, reasons.toml and statuses.toml beside this module, Chinese and English side by side;
terms.toml has the one name of each status, state, severity and decision.
They are read when the first entry is looked up, so that the processes that read workbooks, which only pass codes on, do
not pay for it. Codes are stable: they stand in exports and people filter by them. docs/issues.md is generated from the
catalogue.

A kind of check that is registered while the program runs brings its issue along:
``with ISSUES.including(IssueType(...)):`` holds it until the block ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from smebatch.common.bilingual import Catalogue, Wording, read_texts

MESSAGE_FIELDS = ("label", "found", "expected", "clause")  # the fields of a finding that fill the message of its issue
_REASON_VALUES = ("n", "found", "expected")  # of "errors", and of "edition.wrong"


class Severity(StrEnum):
    """What an issue does to the return: an error keeps it from being counted, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class IssueType(NamedTuple):
    """A kind of issue: its stable code, its severity, and its message in Chinese and in English.

    ``waivable``: whether a bureau may let the error stand where the enterprise explains it. ``name``: what kind of
    issue it is in a few words, in Chinese, and ``name_en`` in English; "" where nobody has named it.
    """

    code: str
    severity: Severity
    zh: str
    en: str
    waivable: bool = False
    name: str = ""
    name_en: str = ""


def _issues() -> Iterator[IssueType]:
    for row in read_texts("smebatch.issues", "issues.toml", also=("severity", "name", "name_en"), flags=("waivable",)):
        yield IssueType(**row | {"severity": Severity(row["severity"])})


class Reason(NamedTuple):
    """Why a file has its status: its stable code, and the sentence in Chinese and in English.

    ``internal``: whoever collects the files has to act; there is nothing to ask of the enterprise that sent this one.
    """

    code: str
    zh: str
    en: str
    internal: bool = False


def _reasons() -> Iterator[Reason]:
    for row in read_texts("smebatch.issues", "reasons.toml", flags=("internal",)):
        yield Reason(row["code"], row["zh"], row["en"], row["internal"])


def _statuses() -> Iterator[Wording]:
    for row in read_texts("smebatch.issues", "statuses.toml"):
        yield Wording(row["code"], row["zh"], row["en"])


def _terms() -> Iterator[Wording]:
    for row in read_texts("smebatch.issues", "terms.toml"):
        yield Wording(row["code"], row["zh"], row["en"])


ISSUES = Catalogue(_issues, MESSAGE_FIELDS)  # of a return
REASONS = Catalogue(_reasons, _REASON_VALUES)  # why a file has its status
STATUSES = Catalogue(_statuses, ())  # what becomes of a file, and what that means
TERMS = Catalogue(_terms, ())  # names, by kind and code: status.counted, state.closed, severity.error, decision.refused


def names_of(kind: str) -> dict[str, str]:
    """The Chinese names of all terms of a kind, by their codes.

    >>> names_of("severity")
    {'error': '错误', 'warning': '警告'}
    """
    named = (code.partition(".") for code in TERMS)
    return {code: TERMS[f"{kind}.{code}"].zh for of, _, code in named if of == kind}


def issue_name(code: str, language: str = "zh") -> str:
    """What kind of issue a code stands for, in a few words, in ``zh`` or ``en``; the code itself without a name.

    >>> issue_name("required.missing", "en")
    'required answer missing'
    """
    issue = ISSUES.get(code)
    name = (issue.name if language == "zh" else issue.name_en) if issue else ""
    return name or code
