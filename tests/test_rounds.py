"""Two rounds compared: who is matched, how levels moved, what changed by how much, and how far claims were right."""

from __future__ import annotations

import datetime as dt
import re
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import pytest

from command_line import DONE, USAGE, Inside, inside
from report_data import make_batch
from small_batch import rows, small_batch, small_edition, table_of
from smebatch.assess.office_names import normalized_name, office_name
from smebatch.batch.load import Counted, ReportData, ReportOptions, Selection
from smebatch.report import round_figures as figures
from smebatch.report.round_figures import Comparison, compare_rounds, display_mean
from smebatch.report.section_rounds import round_sheets
from smebatch.report.words import MISSING, TOTAL
from smebatch.report.xlsx.book import write_sheets
from smebatch.settings.model import Report
from smebatch.standard.loader import parse_edition
from smebatch.standard.scoring_parts import scoring_differences
from test_older_batches import OldBatch, old

__all__ = ["inside", "old"]

BEFORE, AFTER = {"phase": "改造前", "assessment_kind": "自评"}, {"phase": "改造后", "assessment_kind": "自评"}
SITE = {"phase": "改造前", "assessment_kind": "现场评定"}
STATES = {name: name for name in ("fell", "rose", "same", "only_before", "only_after")}


def compared(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> Comparison:
    """Two rounds, compared; form_ids b0, b1… and a0, a1…."""
    first, second = (
        small_batch(*({"form_id": f"{x}{i}", **row} for i, row in enumerate(side)))
        for x, side in (("b", before), ("a", after))
    )
    return compare_rounds(
        small_edition(), Counted(first.enterprises, first.scores), Counted(second.enterprises, second.scores)
    )


def matched(c: Comparison) -> list[tuple[Any, ...]]:
    return rows(c.pairs, "before", "after", "by")


# --- who is matched ---------------------------------------------------------------------------------------------------


def test_by_code_and_where_there_is_none_by_name() -> None:
    c = compared(
        [{"uscc": "1", "name": "甲"}, {"uscc": "2", "name": "乙（集团）公司"}, {"uscc": "3", "name": "丙"}],
        [{"name": "乙(集团) 公司"}, {"uscc": "1", "name": "甲改名"}, {"uscc": "4", "name": "丁"}],
    )
    assert matched(c) == [("b0", "a1", "uscc"), ("b1", "a0", "name")]
    assert c.only_before.enterprises["name"].tolist() == ["丙"]
    assert c.only_after.enterprises["name"].tolist() == ["丁"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([{"name": "甲", "uscc": "1"}, {"name": "甲", "uscc": "2"}], [{"name": "甲"}]),  # which of the two?
        ([{"name": "甲", "uscc": "1"}, {"name": "甲"}], [{"name": "甲", "uscc": "3"}]),
        ([{"name": "甲", "uscc": "1"}], [{"name": "乙", "uscc": "1"}, {"name": "丙", "uscc": "1"}]),
        ([{"name": " "}], [{"name": ""}]),
        ([{}], [{}]),
        ([], [{"name": "甲"}]),
        ([], []),
    ],
)
def test_what_several_have_or_nobody_matches_nothing(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    c = compared(before, after)
    assert not matched(c)
    assert (len(c.only_before.scores), len(c.only_after.scores)) == (len(before), len(after))


def test_a_name_that_another_return_has_is_nobody_s_even_where_that_one_is_matched() -> None:
    # 甲 of code 2 may be the 甲 of the later round without a code; but so may 甲 of code 1, who also has a later return
    c = compared(
        [{"name": "甲", "uscc": "1"}, {"name": "甲", "uscc": "2"}], [{"name": "甲", "uscc": "1"}, {"name": "甲"}]
    )
    assert matched(c) == [("b0", "a0", "uscc")]


def test_two_states_of_a_batch_match_by_thread_first() -> None:
    first, second = small_batch({"form_id": "b0", "uscc": "1"}), small_batch({"form_id": "a0", "uscc": "2"})
    threads = pd.Series({"b0": "b0"}), pd.Series({"a0": "b0"})
    before, after = (Counted(each.enterprises, each.scores) for each in (first, second))
    assert matched(compare_rounds(small_edition(), before, after, threads)) == [("b0", "a0", "thread")]


def test_matches_are_counted_by_what_they_rest_on() -> None:
    c = compared(
        [{"uscc": "1"}, {"name": "乙"}, {"uscc": "3"}, {"uscc": "4"}], [{"uscc": "1"}, {"name": "乙"}, {"uscc": "5"}]
    )
    assert rows(figures.coverage_frame(c, ("前", "后"))) == [("前", 4, 1, 1, 2, 2), ("后", 3, 1, 1, 2, 1)]


@pytest.mark.parametrize(
    "name", ["甲公司", "Ａ厂　（中国）［一］〔二〕【三】﹙四﹚ \u200b有限公司", "a\u3000B\tc", "", "İstanbul", "Ｚ～！"]
)
def test_names_in_frames_are_compared_as_in_sql(name: str) -> None:
    assert duckdb.execute(f"SELECT {normalized_name('x')} FROM (SELECT ? AS x)", [name]).fetchone() == (
        office_name(name),
    )


# --- how levels moved -------------------------------------------------------------------------------------------------


def test_the_margins_are_the_levels_of_both_rounds() -> None:
    c = compared(
        [{"uscc": "1", "level": 0}, {"uscc": "2", "level": 2}, {"uscc": "3", "level": 2}, {"uscc": "9", "level": 1}],
        [{"uscc": "1", "level": 1}, {"uscc": "2", "level": 1}, {"uscc": "3", "level": 3}, {"uscc": "8", "level": 3}],
    )
    assert rows(figures.transition_frame(c, "只在后")) == [
        ("未评", 0, 1, 0, 0, 0, 1),
        ("铜", 0, 0, 0, 0, 1, 1),
        ("银", 0, 1, 0, 1, 0, 2),
        ("金", 0, 0, 0, 0, 0, 0),
        ("只在后", 0, 0, 0, 1, 0, 1),
        (TOTAL, 0, 2, 0, 2, 1, 5),
    ]
    assert figures.move_counts(c.levels) == (2, 0, 1)
    assert rows(figures.level_frame(c), "name", "before", "after") == [
        *(("未评", 1, 0), ("铜", 0, 2), ("银", 2, 0), ("金", 0, 1)),
        (TOTAL, 3, 3),
    ]


def random_rounds(seed: int) -> Comparison:
    """Two rounds of random returns: most of the later one are enterprises of the earlier."""
    rng = np.random.default_rng(seed)
    batch = make_batch(60, seed=seed)
    later = make_batch(50, seed=seed + 1)
    who = later.enterprises.assign(uscc=batch.enterprises["uscc"].to_numpy()[rng.permutation(60)[:50]])
    codes = [f"X{i}" if i < 5 else code for i, code in enumerate(who["uscc"])]
    who = who.assign(uscc=codes, name=[f"新{i}" for i in range(50)])
    ids = pd.Index([f"a{i}" for i in range(50)], name="form_id")
    sides = Counted(batch.enterprises, batch.scores), Counted(who.set_index(ids), later.scores.set_index(ids))
    return compare_rounds(batch.edition, *sides)


@pytest.mark.parametrize("seed", range(5))
def test_random_rounds_add_up(seed: int) -> None:
    c = random_rounds(seed)
    assert len(c.pairs) == 45
    frame = figures.transition_frame(c, "")
    levels = range(5)
    assert frame["n"].tolist()[:5] == [int((c.before.scores["level"] == g).sum()) for g in levels]
    total = frame.iloc[-1]
    assert [total[f"level_{g}"] for g in levels] == [int((c.after.scores["level"] == g).sum()) for g in levels]
    # every mean from the exports, return by return, in fractions
    changes = figures.change_frame(c).set_index("name")
    for q in c.edition.questions:
        before, after = (
            [Fraction(int(side.scores.loc[form, q.id]), 56) for form in c.pairs[name]]
            for name, side in (("before", c.before), ("after", c.after))
        )
        row = changes.loc[f"题{q.number} {q.item}"]
        exact = Fraction(sum(after) - sum(before)) / 45
        assert row["change"] == display_mean(exact.numerator, exact.denominator)
        moves = [(b > a) - (b < a) for a, b in zip(before, after, strict=True)]
        assert [row["rose"], row["same"], row["fell"]] == [moves.count(k) for k in (1, 0, -1)]
    key = c.after.enterprises["district"].fillna(MISSING)
    for groups in (
        figures.group_change_frame(c, key, 5, "小"),
        figures.group_part_frame(c, key, 5, "小"),
        figures.claim_group_frame(c, key, 5, "小"),
    ):
        assert groups["n"].iloc[:-1].sum() == groups["n"].iloc[-1] == 45
        assert groups["group"].iloc[-1] == TOTAL
        assert [bool(note) for note in groups["note"].iloc[:-1]] == [n < 5 for n in groups["n"].iloc[:-1]]


def test_the_other_way_round_is_the_opposite() -> None:
    c = random_rounds(3)
    back = compare_rounds(c.edition, c.after, c.before)
    assert figures.change_frame(back)["change"].tolist() == (-figures.change_frame(c)["change"]).tolist()
    assert figures.change_frame(back)["rose"].tolist() == figures.change_frame(c)["fell"].tolist()


# --- what changed -----------------------------------------------------------------------------------------------------

TWO = (
    [
        {"uscc": "1", "level": 1, "score_units": 240, "q01": 60, "q04": 180, "s01": 1},
        {"uscc": "2", "level": 2, "score_units": 360, "q02": 120, "q04": 180, "s01": 3, "district": "乙区"},
    ],
    [
        {"uscc": "1", "level": 2, "score_units": 361, "q01": 120, "q04": 180, "s01": 2, "district": "甲区"},
        {"uscc": "2", "level": 1, "score_units": 300, "q02": 40, "q04": 180, "s01": 3, "district": "甲区"},
    ],
)


def test_changes_of_the_score_items_and_scenes() -> None:
    # A point is 6 units. Score: (240 + 360)/2 = 300 = 50 points, (361 + 300)/2 = 330.5 = 55.08. q01: 60/2 → 120/2.
    frame = figures.change_frame(compared(*TWO))
    expected = {
        "得分": (50, 55.08, 5.08, 1, 0, 1, 1, 1),
        "题1 甲": (5, 10, 5, 1, 1, 0, 1, 0),
        "题2 乙": (10, 3.33, -6.67, 0, 1, 1, 0, 1),
        "题4 丁": (30, 30, 0, 0, 2, 0, 0, 0),
        "场景1 设计*": (2, 2.5, 0.5, 1, 1, 0, 1, 0),
    }
    columns = ("before", "after", "change", "rose", "same", "fell", "risers", "fallers")
    assert expected.items() <= {name: tuple(row) for name, *row in rows(frame, "name", *columns)}.items()


def test_groups_are_those_of_the_later_round() -> None:
    c = compared(*TWO)
    frame = figures.group_change_frame(c, c.after.enterprises["district"], 3, "小")
    columns = ("group", "n", "rose", "fell", "goal_before", "goal_after", "before", "after", "change", "note")
    assert rows(frame, *columns) == [
        ("甲区", 2, 1, 1, 0.5, 0.5, 50, 55.08, 5.08, "小"),
        (TOTAL, 2, 1, 1, 0.5, 0.5, 50, 55.08, 5.08, ""),
    ]
    parts = figures.group_part_frame(c, c.after.enterprises["district"], 3, "小")
    # q01 of 2 steps: +1 of 2 × 2; q02 of 3: −2 of 2 × 3; s01 of 3 levels: +1 of 2 × 3
    assert rows(parts, "n", "q01", "q02", "s01") == 2 * [(2, 1 / 4, -1 / 3, 1 / 6)]


def test_who_moved_by_what_and_who_is_in_one_round_alone() -> None:
    before, after = ([{"name": f"企业{row['uscc']}", **row} for row in side] for side in TWO)
    c = compared([*before, {"name": "走了", "score_units": 60}], [*after, {"name": "来了", "level": 3}])
    frame = figures.enterprise_list(c, STATES, only_levels=True)
    columns = ("state", "name", "level_before", "level_after", "score_before", "score_after", "change", "up", "down")
    assert rows(frame, *columns) == [
        ("fell", "企业2", "银", "铜", 60, 50, -10, "", "题2(−2)"),
        ("rose", "企业1", "铜", "银", 40, 60.17, 20.17, "题1(+1)、场景1(+1)", ""),
        ("only_before", "走了", "未评", None, 10, None, None, None, None),
        ("only_after", "来了", None, "金", None, 0, None, None, None),
    ]


def test_claims_that_nobody_assessed_are_counted_and_not_listed() -> None:
    site, claim = ({"uscc": "1", **kind} for kind in (SITE | {"q01": 60}, BEFORE))
    chapter, names = round_sheets(holding(claim, BEFORE | {"uscc": "2"}, site, SITE | {"uscc": "3"}))
    assert table_of(chapter, "claims_自评_coverage").frame["only"].tolist() == [1, 1]
    assert rows(table_of(names, "claims_自评_list").frame, "uscc", "up") == [("1", "题1(+1)"), ("3", None)]


def test_without_matches_there_are_no_means() -> None:
    c = compared([{"uscc": "1"}], [{"uscc": "2"}])
    frame = figures.change_frame(c)
    assert frame["n"].eq(0).all()
    assert frame[["before", "after", "change"]].isna().all(axis=None)
    assert rows(figures.group_change_frame(c, c.after.enterprises["district"], 3, ""), "group", "n") == [(TOTAL, 0)]


# --- claims -----------------------------------------------------------------------------------------------------------


def test_claims_by_steps() -> None:
    # A step is 60 units of q01, 40 of q02. 1: q01 one step over, q02 two under; 2: q02 three over, s01 one under.
    claims = [{"uscc": "1", "q01": 120, "q02": 40}, {"uscc": "2", "q02": 120, "level": 1}, {"uscc": "9", "q01": 120}]
    found = [{"uscc": "1", "q01": 60, "q02": 120}, {"uscc": "2", "s01": 1, "district": "甲区"}]
    c = compared(claims, found)
    assert rows(figures.claim_frame(c, ["q01", "q02", "q03"], ["甲", "乙", "丙"])) == [
        ("甲", 2, 1, 1, 0, 0, 1, 1 / 2),
        ("乙", 2, 1, 3, 1, 2, 0, 0),
        ("丙", 2, 0, 0, 0, 0, 2, 1),
        (TOTAL, 6, 2, 4, 1, 2, 3, 1 / 2),
    ]
    groups = figures.claim_group_frame(c, c.after.enterprises["district"].fillna(MISSING), 2, "小")
    columns = ("group", "n", "level_over", "level_under", "compared", "over", "over_steps", "under", "under_steps")
    assert rows(groups, *columns, "agree", "over_share", "note") == [
        ("甲区", 1, 1, 0, 7, 1, 3, 1, 1, 5, 1 / 7, "小"),
        (MISSING, 1, 0, 0, 7, 1, 1, 1, 2, 5, 1 / 7, "小"),
        (TOTAL, 2, 1, 0, 14, 2, 4, 2, 3, 10, 2 / 14, ""),
    ]


# --- sheets -----------------------------------------------------------------------------------------------------------


def holding(*returns: dict[str, Any], **parts: Any) -> ReportData:
    return small_batch(*returns, **{"selection": Selection("改造后", "自评"), **parts})


def test_a_batch_of_one_round_has_no_such_sheets() -> None:
    assert round_sheets(holding(AFTER | {"uscc": "1"}, AFTER | {"uscc": "2"})) == ()
    assert round_sheets(holding()) == ()
    assert round_sheets(holding(BEFORE | {"uscc": "1"}, AFTER | {"uscc": "2"})) == ()  # nobody is in both


def test_a_batch_of_two_phases_and_kinds_has_both() -> None:
    batch = holding(*(kind | {"uscc": "1", "name": "=1+1"} for kind in (BEFORE, AFTER, SITE)))
    sheets = {sheet.name: sheet for sheet in round_sheets(batch)}
    assert list(sheets) == ["改造前后", "改造前后分组", "改造前后各项", "改造前后名单", "自评与现场", "自评与现场名单"]
    assert table_of(sheets["改造前后"], "phases_coverage").frame["n"].tolist() == [1, 1]
    assert "均值回归" in "".join(sheets["改造前后"].notes)


def test_another_kind_is_compared_where_nobody_of_the_report_s_kind_is_in_both() -> None:
    provider = {"assessment_kind": "服务商初评", "uscc": "1"}
    batch = holding(BEFORE | provider, AFTER | provider, AFTER | {"uscc": "2"})
    (chapter, *_) = round_sheets(batch)
    assert "服务商初评" in chapter.notes[0]
    assert len(round_sheets(batch)) == 4


def test_columns_of_the_settings_are_groups_of_claims() -> None:
    columns = pd.DataFrame({"服务商": ["x", "x", "y"]}, index=["f0", "f1", "f2"])
    batch = holding(
        *(kind | {"uscc": code} for code, kind in (("1", BEFORE), ("1", SITE), ("2", SITE))),
        columns=columns,
        options=ReportOptions(2, Report(("服务商",))),
    )
    chapter = round_sheets(batch)[0]
    frame = table_of(chapter, "claims_自评_group3").frame
    assert rows(frame, "group", "n", "note") == [("x", 1, "小样本"), (TOTAL, 1, "")]


def test_the_sheets_can_be_written_and_texts_stay_texts(tmp_path: Path) -> None:
    batch = holding(*(kind | {"uscc": "1", "name": "=1+1", "level": i} for i, kind in enumerate((BEFORE, AFTER, SITE))))
    write_sheets(tmp_path / "rounds.xlsx", round_sheets(batch), batch)
    book = openpyxl.load_workbook(tmp_path / "rounds.xlsx")
    assert [cell.value for cell in book["改造前后名单"]["B"]][-1] == "=1+1"
    assert book["改造前后名单"]["B"][-1].data_type == "s"


@pytest.mark.slow
def test_100_000_against_100_000_takes_seconds() -> None:
    small, n = make_batch(1000), 100_000
    take = np.random.default_rng(0).integers(0, 1000, (2, n))
    sides = []
    for x, lines in zip("ba", take, strict=True):
        ids = pd.Index([f"{x}{i}" for i in range(n)], name="form_id")
        who = small.enterprises.iloc[lines].set_index(ids)
        codes = [f"{i:018d}" if i % 2 else None for i in range(n)]
        who = who.assign(uscc=codes, name=[f"企业（{i}）" for i in range(n)])
        sides.append(Counted(who.astype("str").where(who.notna()), small.scores.iloc[lines].set_index(ids)))
    began = time.process_time()
    before, after = sides
    c = compare_rounds(small.edition, before, after)
    assert len(c.pairs) == n
    figures.transition_frame(c, "")
    figures.change_frame(c)
    for frame in (figures.group_change_frame, figures.group_part_frame, figures.claim_group_frame):
        frame(c, c.after.enterprises["district"].fillna(MISSING), 5, "")
    figures.enterprise_list(c, STATES, only_levels=False)
    assert time.process_time() - began < 20


# --- two batches ------------------------------------------------------------------------------------------------------


def test_editions_compare_where_they_score_alike() -> None:
    text = small_edition().text
    same = parse_edition(text.replace("设计", "产品设计").replace("甲？", "还是甲？").encode())
    other = parse_edition(text.replace("score = { value = 30", "score = { value = 31").encode())
    assert scoring_differences(small_edition(), same) == ()
    assert scoring_differences(small_edition(), other) == ("level 1",)
    fewer = parse_edition(text.replace('"零", "一", ', '"零", ').replace("[3, 4, 3, 5]", "[3, 4, 3, 4]").encode())
    assert scoring_differences(small_edition(), fewer) == ("question q04",)


def test_batches_whose_editions_score_otherwise_are_refused(old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    one, other = old(4), old(5)
    with duckdb.connect(str(other)) as database:
        text = database.execute("SELECT value FROM meta WHERE name = 'edition'").fetchone()
        assert text
        changed = text[0].replace("score = { value = 20", "score = { value = 21", 1)
        assert changed != text[0]
        database.execute("UPDATE meta SET value = ? WHERE name = 'edition'", [changed])
    said = inside("compare", one, other, "-o", tmp_path / "compare.xlsx")
    assert said.code == USAGE
    assert "level 1" in said.err
    assert not (tmp_path / "compare.xlsx").exists()


def test_the_command_writes_the_same_sheets(old: OldBatch, inside: Inside, tmp_path: Path) -> None:
    said = inside("compare", old(4), old(5), "-o", tmp_path / "compare.xlsx")
    assert said.code == DONE, said.err
    book = openpyxl.load_workbook(tmp_path / "compare.xlsx")
    assert {"两轮对比", "两轮对比名单"} <= set(book.sheetnames)
    top = " ".join(str(cell.value) for row in book["两轮对比"].iter_rows(max_row=6) for cell in row)
    assert len(re.findall(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2} 读取", top)) == 2
    made = openpyxl.load_workbook(tmp_path / "compare.xlsx").properties.created
    assert abs(made - dt.datetime.now(dt.UTC).replace(tzinfo=None)) < dt.timedelta(days=1)


def test_a_batch_is_never_written_over(old: OldBatch, inside: Inside) -> None:
    one, other = old(4), old(5)
    assert inside("compare", one, other, "-o", other).code == USAGE
    assert inside("compare", one, one.with_name("none.duckdb"), "-o", one.with_name("c.xlsx")).code == USAGE
