"""LibreOffice prints the print set of 3,000 returns: twelve pages of A4, each with its title and number."""

from __future__ import annotations

import dataclasses
import html
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

import office
from report_data import make_batch
from smebatch.batch.load import Counted, ReportData, ReportOptions, Selection
from smebatch.batch.targets import ReportTarget, ReportTargets
from smebatch.common.target import Target
from smebatch.report.document import ReportSheet, Table
from smebatch.report.print_set import MAX_PAGES
from smebatch.report.sections import report_sheets
from smebatch.report.xlsx.book import write_sheets
from smebatch.settings.model import Report, Tier

pytestmark = [
    pytest.mark.office,
    pytest.mark.slow,
    pytest.mark.skipif(not office.available(), reason="LibreOffice and poppler are not installed"),
]
ZOOM = 3  # of pdftohtml, which tells sizes in whole numbers: thirds of a point
A4 = (round(210 / 25.4 * 72 * ZOOM), round(297 / 25.4 * 72 * ZOOM))


def two_phases(enterprises: int, roster_districts: int) -> ReportData:
    """Enterprises that answered before and after, with targets, tiers, and two columns to group by."""
    before, after = make_batch(enterprises, seed=1), make_batch(enterprises, seed=2)
    ids = pd.Index([f"g{i:05d}" for i in range(enterprises)], name="form_id")
    first = before.enterprises.assign(phase="改造前", assessment_kind="自评")
    second = before.enterprises.assign(phase="改造后", assessment_kind="自评").set_axis(ids)
    scores = after.scores.set_axis(ids)
    every = Counted(pd.concat([first, second]), pd.concat([before.scores, scores]))
    names = pd.DataFrame(
        {
            "district": every.enterprises["district"].tolist(),
            "服务商": [f"服务商{'甲乙丙丁戊己'[i % 6]}" for i in range(len(every.scores))],
            "牵引单位": [f"牵引单位第{i % 40:02d}号有限责任公司" for i in range(len(every.scores))],
        },
        index=every.enterprises.index,
        dtype="str",
    )
    assert before.roster is not None
    roster = before.roster
    if roster_districts:
        roster = roster.assign(district=[f"第{i % roster_districts:02d}区" for i in range(len(roster))])
    targets = [ReportTarget(Target(f"目标{n}", "二级", Fraction(n, 10), None, ()), 2, ()) for n in (4, 6)]
    lines = pd.DataFrame({"line": range(enterprises)}, index=ids)
    return dataclasses.replace(
        before,
        enterprises=second,
        scores=scores,
        every=every,
        columns=names,
        roster=roster,
        roster_columns=roster[["district"]],
        asked=lines,
        targets=ReportTargets(tuple(targets)),
        selection=Selection("改造后", "自评"),
        options=ReportOptions(
            report=Report(("服务商", "牵引单位"), (Tier("标杆", Fraction(70)), Tier("骨干", Fraction(45))))
        ),
    )


@pytest.fixture(scope="module", params=[0, 30], ids=["few districts", "many districts"])
def printed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[ReportSheet], Path]:
    """The chapters of the set, and the PDF of the workbook that begins with them and the first list after them."""
    folder = tmp_path_factory.mktemp("set")
    batch = two_phases(1500, request.param)
    sheets = report_sheets(batch)
    chapters = [sheet for sheet in sheets if sheet.one_page]
    # charts of the chapters show tables of theirs, so lists, which take LibreOffice minutes, can be left out
    write_sheets(folder / "set.xlsx", chapters, batch)
    return chapters[:MAX_PAGES], office.convert([folder / "set.xlsx"], "pdf", folder)[0]


def pages_of(pdf: Path) -> Iterator[tuple[tuple[int, int], list[tuple[int, int, str]]]]:
    """Width and height of each page, and its texts: the right end, the size and the text."""
    command = ["pdftohtml", "-xml", "-i", "-zoom", str(ZOOM), "-stdout", str(pdf)]
    xml = subprocess.run(command, capture_output=True, check=True).stdout.decode()
    sizes = {number: int(size) for number, size in re.findall(r'<fontspec id="(\d+)" size="(\d+)"', xml)}
    for page in re.split(r"<page ", xml)[1:]:
        (height, width), *_ = re.findall(r'height="(\d+)" width="(\d+)"', page)
        texts = re.findall(r'<text top="-?\d+" left="(-?\d+)" width="(\d+)"[^>]* font="(\d+)">(.*?)</text>', page)
        yield (
            (int(width), int(height)),
            [(int(left) + int(width), sizes[font], re.sub("<[^>]*>", "", text)) for left, width, font, text in texts],
        )


def test_the_set_is_twelve_pages_of_a4_with_title_and_number(printed: tuple[list[ReportSheet], Path]) -> None:
    chapters, pdf = printed
    pages = list(pages_of(pdf))
    assert len(chapters) == MAX_PAGES
    for number, (chapter, (size, texts)) in enumerate(zip(chapters, pages, strict=False), 1):
        assert all(abs(a - b) <= ZOOM for a, b in zip(sorted(size), A4, strict=True)), chapter.name
        joined = re.sub(r"\s", "", "".join(text for _, _, text in texts))
        assert chapter.title.replace(" ", "") in joined, chapter.name
        assert f"第{number}页" in joined, chapter.name
        assert len(joined) > 150, chapter.name  # no page is blank


def test_no_table_is_cut_off_at_the_right(printed: tuple[list[ReportSheet], Path]) -> None:
    """Each page holds the headings of all columns of its first table, and no text leaves the paper."""
    chapters, pdf = printed
    for chapter, ((wide, _), texts) in zip(chapters, pages_of(pdf), strict=False):
        joined = re.sub(r"\s", "", html.unescape("".join(text for _, _, text in texts)))
        table = next(block for block in chapter.blocks if isinstance(block, Table))
        for column in table.columns:  # a heading may be broken, and another one's line may stand between
            assert set(re.sub(r"\s", "", column.title)) <= set(joined), (chapter.name, column.title)
        assert table.columns[-1].title[-2:] in joined, chapter.name
        assert max(right for right, _, _ in texts) < wide, chapter.name


def test_what_is_printed_can_be_read(printed: tuple[list[ReportSheet], Path]) -> None:
    """Most of a page has 7 ⅓ points or more, though the font here is a wider one than that of offices; all has 6."""
    chapters, pdf = printed
    for chapter, (_, texts) in zip(chapters, pages_of(pdf), strict=False):
        letters: Counter[int] = Counter()
        for _, size, text in texts:
            letters[size] += len(text.strip())
        body = letters.most_common(1)[0][0]
        assert body >= 22, (chapter.name, letters)
        footer = min(letters)
        assert min(size for size in letters if size != footer) >= 6 * ZOOM, (chapter.name, letters)
