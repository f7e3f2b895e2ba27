"""The report's columns add up: everything is added again from the exports, without pandas and without the report."""

from __future__ import annotations

import csv
import datetime as dt
import re
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl import Workbook as Book

from smebatch.batch.export import export
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch, open_batch
from smebatch.issues.rendering import reason_text
from smebatch.report.xlsx.book import write_summary
from smebatch.standard.loader import load_edition

SAMPLE = Path(__file__).parent.parent / "sample_data"
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
LEVELS = ["无等级", "一级", "二级", "三级", "四级"]
Rows = list[dict[str, str]]


def exports_of(batch: Path, folder: Path) -> dict[str, Rows]:
    """The exports of a batch as CSV, by name."""
    store, edition = open_batch(batch)
    exports = {}
    with store:
        for path in export(store, edition, folder):
            with path.open(encoding="utf-8-sig", newline="") as file:
                exports[path.stem] = list(csv.DictReader(file))
    return exports


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Rows], Book]:
    folder = tmp_path_factory.mktemp("adds_up")
    batch = folder / "batch.duckdb"
    ingest(SAMPLE / "returns", batch, load_edition(), now=NOW, roster=SAMPLE / "roster.xlsx")
    exports = exports_of(batch, folder)
    write_summary(folder / "summary.xlsx", load_batch(batch, now=NOW))
    return exports, openpyxl.load_workbook(folder / "summary.xlsx")


def table(book: Book, sheet: str, *headings: str, after: str = "") -> list[dict[str, Any]]:
    """The rows of the first table of a sheet that has these headings, to its first blank row, note or title.

    ``after``: a title above it, where several tables have these headings.
    """
    rows = [[cell.value for cell in row] for row in book[sheet].iter_rows()]
    first = next(i for i, row in enumerate(rows) if not after or row[0] == after)
    start = next(i for i, row in enumerate(rows) if i >= first and set(headings) <= set(row))
    found = []
    for row in rows[start + 1 :]:
        if row[0] is None or not any(cell is not None for cell in row[1:]):
            break
        found.append({str(h): v for h, v in zip(rows[start], row, strict=True) if h})
    return found


def covered(exports: dict[str, Rows]) -> Rows:
    """The scores of the phase and kind that most have, which the report covers where none is chosen."""
    kinds = Counter((row["phase"], row["assessment_kind"]) for row in exports["scores"])
    ((most, _),) = kinds.most_common(1)
    assert len(kinds) > 1
    return [row for row in exports["scores"] if (row["phase"], row["assessment_kind"]) == most]


def half_up(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def points(row: dict[str, str]) -> Fraction:
    return Fraction(int(row["score_units"]), int(row["units_per_point"]))


def test_statuses_add_up_to_the_files(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    counted = Counter(row["status"] for row in exports["files"])
    (row,) = table(book, "总览", "处理结果", "已计入", "退回更正")
    assert [row[name] for name in ("已计入", "退回更正", "已被替代", "不予采用")] == [
        counted[status] for status in ("counted", "returned", "superseded", "rejected")
    ]
    assert row["合计"] == len(exports["files"])
    assert len(exports["scores"]) == counted["counted"]
    assert len(table(book, "文件清单", "文件", "处理结果")) == len(exports["files"])


def test_levels_add_up_to_n_and_the_mean_is_the_mean(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    scores = covered(exports)
    levels = Counter(LEVELS[int(row["level"])] for row in scores)
    *rows, total = table(book, "总览", "等级", "份数")
    assert {row["等级"]: row["份数"] for row in rows} == {level: levels[level] for level in LEVELS}
    assert total["份数"] == len(scores)
    (head,) = table(book, "总览", "平均分", "中位数")
    mean = sum(map(points, scores), Fraction(0)) / len(scores)
    assert Decimal(str(head["平均分"])) == half_up(mean)


GROUPS = [("分区县", "区县", "district"), ("分规模", "企业规模", "size"), ("分规模", "是否规上企业", "above_scale")]


@pytest.mark.parametrize(("sheet", "heading", "key"), GROUPS)
def test_groups_are_those_of_the_exports(
    made: tuple[dict[str, Rows], Book], sheet: str, heading: str, key: str
) -> None:
    exports, book = made
    group_of = {row["form_id"]: row[key] or "未填" for row in exports["answers"]}
    groups: dict[str, Rows] = {}
    for score in covered(exports):
        groups.setdefault(group_of[score["form_id"]], []).append(score)
    *rows, total = table(book, sheet, heading, "平均得分")
    of_levels = table(book, sheet, heading, *LEVELS)
    for row, more in zip((*rows, total), of_levels, strict=True):
        assert (row[heading], row["份数"]) == (more[heading], more["份数"])
        row.update(more)
    assert {row[heading] for row in rows} >= set(groups)
    for row in rows:
        members = groups.get(row[heading], [])
        levels = Counter(LEVELS[int(member["level"])] for member in members)
        assert row["份数"] == len(members)
        assert {level: row[level] for level in LEVELS} == {level: levels[level] for level in LEVELS}
        if members:
            assert Decimal(str(row["平均得分"])) == half_up(sum(map(points, members), Fraction(0)) / len(members))
            assert row["≥二级占比"] == pytest.approx((levels["二级"] + levels["三级"] + levels["四级"]) / len(members))
    for column in ("份数", *LEVELS):
        assert sum(row[column] for row in rows) == total[column]


def test_each_phase_and_kind_has_a_row_of_its_own(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    rows = table(book, "总览", "评测阶段", "评测类型", "份数")
    assert {(row["评测阶段"], row["评测类型"]): row["份数"] for row in rows} == Counter(
        (row["phase"], row["assessment_kind"]) for row in exports["scores"]
    )
    assert [row["份数"] for row in rows if row["备注"]] == [len(covered(exports))]


def test_every_scene_adds_up_to_n(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    rows = table(book, "应用场景", "应用场景", "平均等级")
    said = {row["form_id"]: row for row in exports["answers"]}
    scores = covered(exports)
    assert len(rows) == 16
    for number, row in enumerate(rows, 1):
        levels = Counter(int(member[f"s{number:02d}"]) for member in scores)
        excused = sum(said[member["form_id"]][f"s{number:02d}_state"] == "不适用" for member in scores)
        shown = [row[name] for name in ("不适用", "未达一级", *LEVELS[1:])]
        assert shown == [excused, levels[0] - excused, *(levels[level] for level in range(1, 5))]
        assert sum(shown) == len(scores)
    *kinds, total = table(book, "应用场景", "应用场景", "平均等级", after=f"各类场景小计（份×场景，n={len(scores)}）")
    for name in ("不适用", "未达一级", *LEVELS[1:]):
        assert sum(row[name] for row in rows) == total[name]
        assert sum(row[name] for row in kinds[:4]) == sum(row[name] for row in kinds[4:]) == total[name]


def test_every_issue_and_every_return_is_listed(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    issues = table(book, "问题清单", "文件", "单元格", "问题代码")
    listed = Counter((row["文件"], row["单元格"] or "", row["问题代码"]) for row in issues)
    assert listed == Counter((row["file"], row["cell"], row["code"]) for row in exports["issues"])
    grouped = {row["问题代码"]: row["次数"] for row in table(book, "问题汇总", "问题代码", "次数")}
    assert grouped == Counter(row["code"] for row in exports["issues"])
    said = {row["form_id"]: row for row in exports["answers"]}
    senders = {row["file"]: said[row["form_id"]] for row in exports["files"] if row["form_id"]}
    for row in issues:
        asked = [row[heading] or "" for heading in ("企业名称", "区县", "联系人", "联系电话")]
        assert asked == [senders[row["文件"]][key] for key in ("name", "district", "contact", "phone")]
    returns = table(book, "企业明细", "企业名称", "得分", "等级")
    assert {(row["统一社会信用代码"], Decimal(str(row["得分"])), row["等级"]) for row in returns} == {
        (row["uscc"], Decimal(row["score"]), LEVELS[int(row["level"])]) for row in covered(exports)
    }
    scored = {row["uscc"]: row for row in covered(exports)}
    units = [int(row["score_units"]) for row in scored.values()]
    for row in returns:
        score = scored[row["统一社会信用代码"]]
        items = [Decimal(str(value)) for heading, value in row.items() if heading.startswith("题")]
        assert items == [Decimal(score[f"q{number:02d}"]) for number in range(1, 16)]
        scenes = [value for heading, value in row.items() if heading.startswith("场景") and "≥" not in heading]
        assert scenes == [int(score[f"s{number:02d}"]) for number in range(1, 17)]
        assert row["位次"] == 1 + sum(other > int(score["score_units"]) for other in units)
        assert (row["联系人"], row["联系电话"]) == tuple(said[score["form_id"]][key] for key in ("contact", "phone"))


def test_a_returned_file_says_how_many_errors_it_has(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    errors = Counter(row["file"] for row in exports["issues"] if row["severity"] == "error")
    returned = [row for row in exports["files"] if row["status"] == "returned"]
    assert len({errors[row["file"]] for row in returned}) > 1
    said = {row["文件"]: row["原因和处理"] for row in table(book, "文件清单", "文件", "处理结果")}
    for row in returned:
        assert row["detail"] == said[row["file"]] == reason_text("errors", "zh", n=errors[row["file"]])


def test_nobody_of_the_roster_is_lost(made: tuple[dict[str, Rows], Book]) -> None:
    _, book = made
    *rows, total = table(book, "总览", "区县", "应报", "实报")
    for column in ("应报", "实报", "未报"):
        assert sum(row[column] for row in rows) == total[column]
    assert total["应报"] == total["实报"] + total["未报"]
    assert len(table(book, "未报名单", "企业名称")) == total["未报"]


CODE = re.compile(r"complete|errors|counted|returned|[a-z][a-z0-9]*([._][a-z0-9]+)+")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:]+")


def test_codes_stand_in_the_last_column_alone_and_times_are_of_one_format(made: tuple[dict[str, Rows], Book]) -> None:
    _, book = made
    for sheet in book:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        coded = {i for row in rows for i, cell in enumerate(row) if CODE.fullmatch(str(cell))}
        last = {max(i for i, cell in enumerate(row) if cell) for row in rows if {"问题代码", "原因代码"} & set(row)}
        assert coded <= last, sheet.title
        times = [time for row in rows for cell in row for time in TIME.findall(str(cell))]
        assert not [time for time in times if len(time) != len("2026-11-20 09:30") or "T" in time], sheet.title


def test_steps_and_names_are_those_of_the_ways(made: tuple[dict[str, Rows], Book]) -> None:
    exports, book = made
    forms = {row["form_id"]: row for row in covered(exports)}
    ways = [row for row in exports["ways"] if row["form_id"] in forms]
    assert len(ways) == sum(row["level"] != "4" for row in forms.values())
    steps = Counter((LEVELS[int(row["to_level"])], int(row["steps"] or 0)) for row in ways)
    *rows, total = table(book, "升级路径", "下一等级", "1 步", "没有走法")
    for row in rows:
        level = row["下一等级"]
        many = sum(n for (to, k), n in steps.items() if to == level and k > 5)
        assert [row[f"{k} 步"] for k in (1, 2, 3)] == [steps[level, k] for k in (1, 2, 3)]
        assert row["4–5 步"] == steps[level, 4] + steps[level, 5]
        assert (row["6 步及以上"], row["没有走法"]) == (many, steps[level, 0])
        assert row["含不能自行决定的"] == sum(
            bool(way["locked"]) for way in ways if LEVELS[int(way["to_level"])] == level
        )
    assert total["尚差一级的份数"] == len(ways)
    names = {row["form_id"]: row["name"] for row in exports["answers"]}
    near = table(book, "升级名单", "企业名称", "一种最短走法")
    assert {(row["企业名称"], row["步数"]) for row in near} == {
        (names[way["form_id"]], int(way["steps"])) for way in ways if 1 <= int(way["steps"] or 0) <= 3
    }
    assert len(near) == sum(steps[level, k] for level in LEVELS for k in (1, 2, 3)) > 0
