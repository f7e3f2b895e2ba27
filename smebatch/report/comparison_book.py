"""The workbook of two batches: the same sheets as 改造前后 of a summary, by the same writer."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from smebatch.batch.load import ReportOptions
from smebatch.batch.rounds import LoadedRound
from smebatch.common.text import minute_text
from smebatch.report.document import ReportSheet
from smebatch.report.round_figures import Comparison, compare_rounds
from smebatch.report.section_rounds import RoundWords, change_sheets, claim_sheets, claim_words, groups_of
from smebatch.report.words import choices
from smebatch.report.xlsx.book import write_sheets
from smebatch.standard.model import Edition


@dataclass(frozen=True)
class ComparedRounds:
    """Two batches to compare, whose editions score alike. ``names``: of their files, to tell them apart.

    ``region``: "" where unknown. ``made_at``: the time of the workbook.
    """

    names: tuple[str, str]
    before: LoadedRound
    after: LoadedRound
    region: str
    made_at: dt.datetime
    options: ReportOptions

    @property
    def edition(self) -> Edition:
        """The edition of the later batch, whose wording is printed."""
        return self.after.edition

    def compare(self) -> Comparison:
        """The comparison of the two; their threads match where they are two states of one batch."""
        threads = self.before.threads, self.after.threads
        return compare_rounds(self.edition, self.before.counted, self.after.counted, threads)


class ComparisonResult(NamedTuple):
    """How many enterprises of two rounds matched, and how many are in one of them alone."""

    matched: int
    only_before: int
    only_after: int


def write_comparison(target: Path, rounds: ComparedRounds) -> ComparisonResult:
    """Write the workbook of a comparison. Raises OSError where it cannot be written."""
    c = rounds.compare()
    write_sheets(target, comparison_sheets(rounds, c), rounds)
    return ComparisonResult(len(c.pairs), len(c.only_before.scores), len(c.only_after.scores))


def comparison_sheets(rounds: ComparedRounds, c: Comparison) -> tuple[ReportSheet, ...]:
    """The sheets of a comparison, and where it is a claim against an assessment on site also how far it was right."""
    before, after = rounds.before.selection, rounds.after.selection
    groups = groups_of(rounds.edition, c.after, rounds.after.columns, rounds.options.report.group_by)
    whose = [
        f"{word}：{name}（{each.selection.phase}{each.selection.kind}，{minute_text(each.read_at)} 读取）。"
        for word, name, each in zip(("前一轮", "后一轮"), rounds.names, (rounds.before, rounds.after), strict=True)
    ]
    if before.kind != after.kind:
        whose.append("两轮评测类型不同，差别里既有企业的变化，也有评测人宽严的不同。")
    words = RoundWords(
        "前一轮", "后一轮", "rounds", "两轮对比", f"{rounds.region}中小企业数字化水平评测两轮对比", "".join(whose)
    )
    sheets = change_sheets(c, words, groups, rounds.options.small_group)
    *claims, site = choices(rounds.edition, "assessment_kind")
    if after.kind == site and before.kind in claims and before.phase == after.phase and len(c.pairs):
        claimed = claim_words(before.kind, site, "".join(whose))
        sheets += claim_sheets(c, claimed, groups, rounds.options.small_group)
    return sheets
