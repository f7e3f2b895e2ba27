"""The print set: the chapters of the workbook that a chief reads on paper, a page each, before all that is a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter
from typing import NamedTuple

from smebatch.report.document import ReportSheet

MAX_PAGES = 12  # of the set


class Need(NamedTuple):
    """A chapter, and how much the set needs it: of more chapters than it has pages, those of the highest number go."""

    number: int
    chapter: ReportSheet | None


def with_print_set(chapters: Iterable[Need], others: Iterable[ReportSheet | None]) -> tuple[ReportSheet, ...]:
    """The sheets of a workbook: the chapters of the print set, those that find no room in it, the others.

    Each chapter is one page, whatever prints it; so the set is the first pages of the whole workbook, and the first
    chapter says which.
    """
    there = [(number, place, chapter) for place, (number, chapter) in enumerate(chapters) if chapter]
    needed = {place for _, place, _ in sorted(there, key=itemgetter(0, 1))[:MAX_PAGES]}
    pages = [(place in needed, replace(chapter, one_page=True)) for _, place, chapter in there]
    first, *rest = (page for inside, page in pages if inside)
    beyond = [page for inside, page in pages if not inside]
    first = replace(first, printing=_printing_note(len(needed), len(beyond)))
    return (first, *rest, *beyond, *(sheet for sheet in others if sheet))


def _printing_note(pages: int, beyond: int) -> str:
    """How the set is printed, and how many chapters are not in it."""
    which = f"第 1 至 {pages} 页" if pages > 1 else "第 1 页"
    more = f"打印本至多 {MAX_PAGES} 页，另有 {beyond} 章排在其后。" if beyond else ""
    return f"打印：选“打印整个工作簿”、{which}，即为打印本（每表一页，A4）；名单和明细在其后。{more}"
