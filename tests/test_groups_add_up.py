"""The groups of further columns and the tiers, added again from the exports and the roster."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook as Book

from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportOptions, load_batch
from smebatch.report.xlsx.book import write_summary
from smebatch.settings.model import Report, Tier
from smebatch.standard.loader import load_edition
from test_adds_up import LEVELS, NOW, SAMPLE, Rows, exports_of, half_up, points, table

pytestmark = pytest.mark.slow
PROVIDERS = ("甲/服务商", "=乙服务商", None)  # in turn along the roster
TIERS = (Tier("第一梯队", Fraction(60)), Tier("第二梯队", Fraction("33.33")))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Rows], Book, dict[str, str]]:
    """The exports, the summary, and the provider of each enterprise by code."""
    folder = tmp_path_factory.mktemp("groups_add_up")
    providers = write_roster(folder / "roster.xlsx")
    batch = folder / "batch.duckdb"
    ingest(SAMPLE / "returns", batch, load_edition(), now=NOW, roster=folder / "roster.xlsx")
    options = ReportOptions(3, Report(("服务商!A1", "park"), TIERS))
    data = load_batch(batch, now=NOW, options=options)
    write_summary(folder / "summary.xlsx", data)
    exports = exports_of(batch, folder)
    counted = {*data.enterprises.index}
    exports["scores"] = [row for row in exports["scores"] if row["form_id"] in counted]
    return exports, openpyxl.load_workbook(folder / "summary.xlsx"), providers


def write_roster(path: Path) -> dict[str, str]:
    """The roster of the sample data with a column 服务商!A1; returns what it says by credit code."""
    book = openpyxl.load_workbook(SAMPLE / "roster.xlsx")
    sheet = book.active
    assert sheet is not None
    codes = next(cell.column for cell in sheet[1] if cell.value == "统一社会信用代码")
    last, providers = sheet.max_column + 1, {}
    sheet.cell(1, last, "服务商!A1")
    for row in range(2, sheet.max_row + 1):
        provider = PROVIDERS[row % len(PROVIDERS)]
        cell = sheet.cell(row, last, provider)
        cell.data_type = "s" if provider else cell.data_type
        providers[str(sheet.cell(row, codes).value)] = provider or "未填"
    book.save(path)
    return providers


@pytest.mark.parametrize(("sheet", "heading"), [("按服务商!A1", "服务商!A1"), ("按园区（街镇）", "园区（街镇）")])
def test_groups_of_further_columns(
    made: tuple[dict[str, Rows], Book, dict[str, str]], sheet: str, heading: str
) -> None:
    exports, book, providers = made
    parks = {row["form_id"]: row["park"] or "未填" for row in exports["answers"]}
    groups: dict[str, Rows] = {}
    for score in exports["scores"]:
        group = parks[score["form_id"]] if "园区" in heading else providers.get(score["uscc"], "未填")
        groups.setdefault(group, []).append(score)
    *rows, total = table(book, sheet, heading, "平均得分")
    for further in ((*LEVELS,), TIER_NAMES):  # tables of the same groups, further down
        for row, more in zip((*rows, total), table(book, sheet, heading, *further), strict=True):
            assert (row[heading], row["份数"]) == (more[heading], more["份数"])
            row.update(more)
    assert [row[heading] for row in rows if row["份数"] < 3] == [
        row[heading] for row in rows if row["备注"] == "小样本"
    ]
    assert {row[heading] for row in rows} == set(groups)
    for row in rows:
        members = groups[row[heading]]
        levels = Counter(LEVELS[int(member["level"])] for member in members)
        assert row["份数"] == len(members)
        assert {level: row[level] for level in LEVELS} == {level: levels[level] for level in LEVELS}
        assert Decimal(str(row["平均得分"])) == half_up(sum(map(points, members), Fraction(0)) / len(members))
        tiers = Counter(tier_of(member) for member in members)
        assert {name: row[name] for name in TIER_NAMES} == {name: tiers[name] for name in TIER_NAMES}
    ranked = [row for row in rows if row["位次"] is not None]
    assert ranked == rows[: len(ranked)]
    assert all(row["份数"] >= 3 for row in ranked)
    for column in ("份数", *LEVELS, *TIER_NAMES):
        assert sum(row[column] for row in rows) == total[column]


TIER_NAMES = ("第一梯队 ≥60分", "第二梯队 ≥33.33分", "其余 <33.33分")


def tier_of(score: dict[str, str]) -> str:
    return TIER_NAMES[next((i for i, tier in enumerate(TIERS) if points(score) >= tier.score), len(TIERS))]


def test_tiers_of_all_and_of_districts(made: tuple[dict[str, Rows], Book, dict[str, str]]) -> None:
    exports, book, _ = made
    counts = Counter(tier_of(score) for score in exports["scores"])
    *rows, total = table(book, "梯队", "梯队", "份数")
    assert {row["梯队"]: row["份数"] for row in rows} == {name: counts[name] for name in TIER_NAMES}
    assert total["份数"] == len(exports["scores"])
    by_district = Counter((score["district"] or "未填", tier_of(score)) for score in exports["scores"])
    *rows, _ = table(book, "梯队", "区县", "备注")
    assert {(row["区县"], name): row[name] for row in rows for name in TIER_NAMES if row[name]} == by_district


def test_the_histogram_counts_every_return(made: tuple[dict[str, Rows], Book, dict[str, str]]) -> None:
    exports, book, _ = made
    sheet = {
        str(row[0].value): row[1].value for row in book["得分分布"].iter_rows(max_col=2) if row[1].value is not None
    }
    for low in range(0, 100, 5):
        inside = [s for s in exports["scores"] if low <= points(s) < low + 5 or (low == 95 and points(s) == 100)]
        assert sheet[f"{low}–{low + 5}"] == len(inside)
