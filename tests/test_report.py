from __future__ import annotations

import dataclasses
import re
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from report_data import empty_of, make_batch, tiny_edition
from smebatch.batch.load import ReportData, ReportOptions
from smebatch.common.text import CELL_LIMIT, cell_text, clean_text
from smebatch.report import section_groups as groups
from smebatch.report import section_items as items
from smebatch.report import section_lists as lists
from smebatch.report import section_overview as overview
from smebatch.report import section_scenes as scenes
from smebatch.report import section_upgrade as upgrade
from smebatch.report.document import NUMBER_FORMATS, Format, Table
from smebatch.report.exact_statistics import display_number, quartile, ranks
from smebatch.report.sections import report_sheets
from smebatch.report.words import MISSING, STATUS_NAMES, TOTAL, group_names, level_numbers
from smebatch.report.xlsx.book import write_sheets, write_summary
from smebatch.standard.score_units import scale_of

HOSTILE = (
    "=cmd|' /C calc'!A0",
    "http://example.org/a",
    "@SUM(1)",
    "+1",
    "-1",
    "_x0041_",
    "_x000D_",
    "<b>&amp;</b>",
    "1e5",
    "007",
    "  两边有空格  ",
    "{=1}",
)


@pytest.fixture(scope="module")
def batch() -> ReportData:
    return make_batch()


def with_scores(batch: ReportData, points: Sequence[tuple[str | None, str]]) -> ReportData:
    """The first returns of a batch, each with the district and the score given in points."""
    n, upp = len(points), scale_of(batch.edition).units_per_point
    units = [int(Fraction(p) * upp) for _, p in points]
    districts = pd.Series([d for d, _ in points], index=batch.enterprises.index[:n], dtype="str")
    return dataclasses.replace(
        batch,
        enterprises=batch.enterprises.iloc[:n].assign(district=districts),
        scores=batch.scores.iloc[:n].assign(score_units=units),
    )


# --- exact figures


def test_half_up_rounds_halves_up_where_floats_would_not() -> None:
    assert display_number(Fraction(1005, 1000)) == 1.01  # round(1.005, 2) is 1.0
    assert display_number(Fraction(79996, 1000)) == 80.0


def test_quartiles_of_a_hand_example(batch: ReportData) -> None:
    # 10 20 40 80: positions 0.75, 1.5, 2.25 from 0 → 17.5, 30, 50
    frame = overview.score_frame(with_scores(batch, [("甲", "80"), ("甲", "10"), ("甲", "40"), ("甲", "20")]))
    found = frame[["n", "lowest", "q1", "median", "q3", "highest", "mean"]].iloc[0].tolist()
    assert found == [4, 10, 17.5, 30, 50, 80, 37.5]


def test_quartile_of_one_is_that_one_and_of_none_an_error() -> None:
    assert quartile([7], 3) == 7
    with pytest.raises(ValueError, match="quartiles"):
        quartile([], 1)


def test_ranks_compare_fractions_not_floats() -> None:
    third = Fraction(1, 3)
    near = third + Fraction(1, 10**30)  # the same float
    assert ranks([third, near, third, None]) == [2, 1, 2, None]


# --- groups


def test_equal_means_share_a_rank_and_the_next_is_skipped(batch: ReportData) -> None:
    # 甲 (30+40)/2 = 35, 乙 35, 丙 20: ranks 1 1 3
    b = with_scores(batch, [("甲", "30"), ("乙", "35"), ("丙", "20"), ("甲", "40"), (None, "90")])
    b = dataclasses.replace(b, options=ReportOptions(small_group=1))
    frame = groups.group_frame(b, group_names(b.enterprises["district"])).set_index("group")
    assert frame.loc[["甲", "乙", "丙"], "rank"].tolist() == [1, 1, 3]
    assert frame.index.tolist()[-2:] == [MISSING, TOTAL]
    assert frame["rank"].isna()[MISSING]
    assert frame.loc["甲", "mean"] == 35


@pytest.mark.parametrize("key", ["district", "size", "above_scale", "specialised", "phase"])
def test_groups_partition_the_whole(batch: ReportData, key: str) -> None:
    frame = groups.group_frame(batch, group_names(batch.enterprises[key]))
    counts = ["n", *(f"level_{g}" for g in level_numbers(batch.edition)), "reach_2", "reach_3"]
    body, total = frame.iloc[:-1], frame.iloc[-1]
    assert (body[counts].sum() == total[counts]).all()
    assert (frame[counts[1:6]].sum(axis=1) == frame["n"]).all()
    assert total["n"] == len(batch.scores)
    assert all(pd.api.types.is_integer_dtype(frame[c]) for c in counts)


def test_group_figures_agree_with_a_recount(batch: ReportData) -> None:
    frame = groups.group_frame(batch, group_names(batch.enterprises["district"])).set_index("group")
    mine = batch.scores[(batch.enterprises["district"] == "城东区").to_numpy()]
    upp = scale_of(batch.edition).units_per_point
    assert frame.loc["城东区", "n"] == len(mine)
    assert frame.loc["城东区", "mean"] == display_number(Fraction(int(mine["score_units"].sum()), len(mine) * upp))
    assert frame.loc["城东区", "rate_management"] == pytest.approx(mine["management"].sum() / (len(mine) * 30 * upp))
    assert frame.loc["城东区", "reach_share_2"] == pytest.approx((mine["level"] >= 2).mean())


def test_small_groups_are_marked_and_the_total_never(batch: ReportData) -> None:
    b = with_scores(batch, [("甲", "30")] * 4 + [("乙", "35")] * 5)
    frame = groups.group_frame(b, group_names(b.enterprises["district"])).set_index("group")
    assert (frame.loc["甲", "note"], frame.loc["乙", "note"]) == ("小样本", "")
    b = with_scores(batch, [("甲", "30")])
    assert groups.group_frame(b, group_names(b.enterprises["district"]))["note"].tolist() == ["小样本", ""]


def test_blank_and_unreadable_are_a_group_of_their_own(batch: ReportData) -> None:
    codes = pd.Series(["C3391", "33", "A3391", "不详", None, "C39"])
    assert groups.industry_division(codes).value_counts().to_dict() == {
        MISSING: 3,
        "C33 金属制品业": 2,
        "C39 计算机、通信和其他电子设备制造业": 1,
    }
    assert group_names(pd.Series([None, " ", "甲\x00", "甲"])).tolist() == [MISSING, MISSING, "甲", "甲"]
    frame = groups.group_frame(batch, group_names(batch.enterprises["size"]))
    assert frame.set_index("group").loc[MISSING, "n"] == batch.enterprises["size"].isna().sum()


def test_a_group_called_total_stays_a_group(batch: ReportData) -> None:
    b = with_scores(batch, [(TOTAL, "30"), ("甲", "35")])
    frame = groups.group_frame(b, group_names(b.enterprises["district"]))
    assert frame["n"].tolist() == [1, 1, 2]


def test_sizes_stand_in_the_forms_order(batch: ReportData) -> None:
    table = next(t for t in groups.size_sheet(batch).blocks if isinstance(t, Table))
    assert table.frame["group"].tolist() == ["中型", "小型", "微型", MISSING, TOTAL]


# --- overview


def test_statuses_add_up_to_the_entries(batch: ReportData) -> None:
    frame = overview.status_frame(batch)
    assert frame["status"].tolist() == [*STATUS_NAMES, TOTAL]
    assert frame["n"].iloc[:-1].sum() == frame["n"].iloc[-1] == len(batch.files)


def test_levels_add_up_to_the_returns(batch: ReportData) -> None:
    frame = overview.level_frame(batch)
    assert frame["n"].iloc[:-1].sum() == frame["n"].iloc[-1] == len(batch.scores)
    assert frame["reach"].iloc[2] == (batch.scores["level"] >= 2).sum()


ASKED = ("name", "uscc", "district", "contact", "phone", "answered", "counted", "doubt")


def asked(*rows: tuple[str, str | None, bool, bool]) -> pd.DataFrame:
    """Who was asked, each with a name, a district, and whether it answered and counts."""
    made = [(name, None, district, None, None, *flags, False) for name, district, *flags in rows]
    return pd.DataFrame(made, columns=ASKED).astype({"answered": bool, "counted": bool, "doubt": bool})


def test_the_response_by_district_of_the_roster(batch: ReportData) -> None:
    # 甲 is counted, 乙 answered but has to correct, 丙 is silent, 丁 is counted
    roster = asked(("甲厂", "东", True, True), ("乙厂", "东", True, False), ("丙厂", None, False, False))
    roster = pd.concat([roster, asked(("丁厂", "东", True, True))], ignore_index=True)
    frame = overview.response_frame(dataclasses.replace(batch, roster=roster))
    assert frame is not None
    rows = frame.set_index("group")[["asked", "answered", "counted", "pending", "silent"]].to_dict("index")
    assert rows["东"] == {"asked": 3, "answered": 3, "counted": 2, "pending": 1, "silent": 0}
    assert rows[MISSING] == {"asked": 1, "answered": 0, "counted": 0, "pending": 0, "silent": 1}
    assert rows[TOTAL]["asked"] == 4


def test_without_a_roster_there_is_no_response(batch: ReportData) -> None:
    alone = dataclasses.replace(batch, roster=None)
    assert overview.response_frame(alone) is None
    assert lists.silent_sheet(alone) is None


def test_silent_list_matches_the_response(batch: ReportData) -> None:
    sheet, response = lists.silent_sheet(batch), overview.response_frame(batch)
    assert sheet is not None
    assert response is not None
    (table,) = sheet.blocks
    assert isinstance(table, Table)
    assert len(table.frame) == response["silent"].iloc[-1] == 8


def test_those_off_the_list_are_counted_by_why_and_listed(batch: ReportData) -> None:
    columns = ["name", "uscc", "district", "file", "n", "why", "rivals", "whose"]
    unasked = pd.DataFrame(
        [
            ("丁厂", "91D", "东", "d.xlsx", 2, "outside", 0, ""),
            ("戊厂", None, "西", "e.xlsx", 1, "outside", 0, ""),
            ("甲厂", "91X", None, "f.xlsx", 1, "several", 2, "91A、91B"),
            (None, None, None, "g.xlsx", 1, "unknown", 0, ""),
        ],
        columns=columns,
    )
    roster = asked(("甲厂", "东", False, False), ("丙厂", "东", True, True))
    roster["doubt"] = [True, False]
    b = dataclasses.replace(batch, roster=roster, unasked=unasked)
    (response,) = [t for t in overview.overview_sheet(b).blocks if isinstance(t, Table) and t.id == "response"]
    notes = [note for note in response.notes if "另有" in note]
    assert [int(digits) for note in notes for digits in re.findall(r"[0-9]+", note)] == [2, 1, 1]
    outside, silent = lists.unasked_sheet(b), lists.silent_sheet(b)
    assert outside is not None
    assert silent is not None
    (listed,), (missed,) = outside.blocks, silent.blocks
    assert isinstance(listed, Table)
    assert isinstance(missed, Table)
    assert listed.frame["file"].tolist() == ["d.xlsx", "e.xlsx", "f.xlsx", "g.xlsx"]
    assert [("2" in note, "91A、91B" in note) for note in listed.frame["note"]] == [(False, False)] * 2 + [
        (True, True),
        (False, False),
    ]
    assert [(name, bool(note)) for name, note in zip(missed.frame["name"], missed.frame["note"], strict=True)] == [
        ("甲厂", True)
    ]
    assert lists.unasked_sheet(batch) is None


def test_names_under_two_codes_are_counted(batch: ReportData) -> None:
    notes = overview.overview_sheet(dataclasses.replace(batch, two_codes=3)).notes
    assert [re.findall("[0-9]+", note) for note in set(notes) - set(overview.overview_sheet(batch).notes)] == [["3"]]


def test_small_groups_are_drawn_pale(batch: ReportData, tmp_path: Path) -> None:
    # 甲 4 of 4, 乙 3 of 5, 丙 0 of 6
    districts = [("甲", "1")] * 4 + [("乙", "1")] * 5 + [("丙", "1")] * 6
    b = with_scores(batch, districts)
    b = dataclasses.replace(b, scores=b.scores.assign(level=[2] * 7 + [0] * 8))
    write_summary(tmp_path / "a.xlsx", b)
    charts = {
        "".join(title.itertext()): [node.get("val") for node in root.iterfind(".//{*}dPt/{*}idx")]
        for name, data in parts_of(tmp_path / "a.xlsx").items()
        if name.startswith("xl/charts/chart")
        for root in [ET.fromstring(data)]  # noqa: S314 - our own file
        for title in root.findall(".//{*}title")[:1]
    }
    # of all four charts of districts: 甲, which is small, is the last everywhere
    marked = {title: points for title, points in charts.items() if "区县" in title}
    assert len(marked) == 4
    assert all("小样本" in title and set(points) == {"2"} for title, points in marked.items())


def test_what_is_superseded_is_not_sent_back(batch: ReportData) -> None:
    old = batch.files["file"][batch.files["status"] == "superseded"].iloc[0]
    lost = pd.DataFrame(
        [
            {"file": old, "code": "required.missing", "severity": "error"},
            {"file": old, "code": "return.dates_disagree", "severity": "warning"},
        ]
    )
    b = dataclasses.replace(batch, issues=pd.concat([batch.issues, lost], ignore_index=True))
    assert lists.issue_frame(b)["code"].tolist() == [*batch.issues["code"], "return.dates_disagree"]
    assert set(lists.issue_groups(b)["code"]) == {*batch.issues["code"], "return.dates_disagree"}


# --- items, scenes, upgrade


def test_items_stand_weakest_first(batch: ReportData) -> None:
    frame = items.rate_frame(batch, {q.id: [q.id] for q in batch.edition.questions})
    assert frame["rate"].is_monotonic_increasing
    assert len(frame) == len(batch.edition.questions)
    assert frame["full"].sum() == 100
    full = groups.full_mark_units(batch.edition)
    assert frame.set_index("id").loc["q04", "rate"] == pytest.approx(batch.scores["q04"].mean() / full["q04"])


def test_scene_levels_add_up_and_coverage_falls(batch: ReportData) -> None:
    frame = scenes.scene_frame(batch)
    assert (frame[[f"level_{g}" for g in range(5)]].sum(axis=1) == len(batch.scores)).all()
    assert (frame["cover_1"] >= frame["cover_4"]).all()
    assert frame["name"].str.endswith("*").sum() == batch.edition.header.counts.binding
    cover = scenes.coverage_frame(batch, 2)
    assert cover["s03"].iloc[-1] == pytest.approx(frame["cover_2"].iloc[2])
    assert cover["n"].iloc[:-1].sum() == cover["n"].iloc[-1]


def test_reasons_add_up_to_those_below_the_top(batch: ReportData) -> None:
    frame = upgrade.blocked_frame(batch)
    keys = list(upgrade.blocked_keys(batch.edition))
    assert len(keys) == 7
    assert (frame[keys].sum(axis=1) == frame["n"]).all()
    assert frame["n"].iloc[-1] == (batch.scores["level"] < 4).sum()
    assert frame.loc[0, "score"] == ((batch.scores["level"] == 0) & (batch.scores["blocked_by"] == "score")).sum()


def test_the_order_of_the_conditions_does_not_matter(batch: ReportData) -> None:
    turned = batch.scores["blocked_by"].map(lambda b: "+".join(reversed(b.split("+"))))
    other = dataclasses.replace(batch, scores=batch.scores.assign(blocked_by=turned))
    pd.testing.assert_frame_equal(upgrade.blocked_frame(batch), upgrade.blocked_frame(other))


def test_limits_cross_table_holds_every_return_once(batch: ReportData) -> None:
    frame = upgrade.limits_frame(batch)
    assert frame["n"].iloc[-1] == len(batch.scores)
    at_least_two = frame[["scenes_2", "scenes_3", "scenes_4"]].iloc[2:5].to_numpy().sum()
    assert at_least_two == (batch.scores["level"] >= 2).sum()  # the level is the lower of the two


# --- text


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("a\x00b\x1fc", "abc"),
        ("a\tb\nc\r\nd", "a b c d"),
        ("a\ud800b", "ab"),
        ("\u202egpj.xlsx\u2066", "gpj.xlsx"),
        ("a\ufffeb\x7f\x85c", "ab c"),
        ("“小巨人”𠮷 é", "“小巨人”𠮷 é"),
    ],
)
def test_clean_text(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean == clean_text(clean)


def test_a_long_text_is_cut_at_excels_limit_in_utf16_units() -> None:
    long = cell_text("𠮷" * 20_000)  # two units each
    assert long.endswith("𠮷…")
    assert len(long.encode("utf-16-le")) // 2 <= CELL_LIMIT
    assert cell_text("x" * CELL_LIMIT) == "x" * CELL_LIMIT


# --- the workbook


def cells(path: Path) -> dict[str, list[list[object]]]:
    with CalamineWorkbook.from_path(str(path)) as book:
        sheets = {name: book.get_sheet_by_name(name) for name in book.sheet_names}
        return {name: [[*row] for row in sheet.to_python(skip_empty_area=False)] for name, sheet in sheets.items()}


def parts_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def found_tables(rows: list[list[object]], table: Table) -> list[list[object]]:
    """The rows under the table's printed header, which follows its title."""
    header = [c.title for c in table.columns]
    titled = next(i for i, row in enumerate(rows) if row[0] == table.title) if table.title else 0
    start = next(i for i, row in enumerate(rows) if i >= titled and row[: len(header)] == header) + 1
    return [row[: len(header)] for row in rows[start : start + len(table.frame)]]


@pytest.mark.parametrize("many_cells", [10**9, 0], ids=["in memory", "streamed"])
def test_the_workbook_says_what_the_tables_say(tmp_path: Path, batch: ReportData, many_cells: int) -> None:
    sheets = report_sheets(batch)
    write_sheets(tmp_path / "a.xlsx", sheets, batch, many_cells=many_cells)
    book = cells(tmp_path / "a.xlsx")
    assert list(book) == [sheet.name for sheet in sheets]
    compared = 0
    for sheet in sheets:
        for table in sheet.blocks:
            if not isinstance(table, Table):
                continue
            for row, (_, expected) in zip(found_tables(book[sheet.name], table), table.frame.iterrows(), strict=True):
                for value, column in zip(row, table.columns, strict=True):
                    want = expected[column.key]
                    if pd.isna(want) or want == "":
                        assert value == ""
                    elif column.format in NUMBER_FORMATS:
                        assert value == pytest.approx(want, rel=1e-14)
                    else:
                        assert value == str(want)
                    compared += 1
    assert compared > 2000


def test_every_sheet_prints_with_its_header_and_page_number(tmp_path: Path, batch: ReportData) -> None:
    write_summary(tmp_path / "a.xlsx", batch)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for ws in book:
        lists = ws.title.endswith(("名单", "各项")) and ws.title not in ("未报名单", "升级名单")
        wide = lists or ws.title in ("企业明细", "问题清单")
        assert ws.page_setup.paperSize == (8 if wide else 9), ws.title  # A3, A4
        assert ws.print_title_rows
        assert "&P" in str(ws.oddFooter.center.text)
    for name in ("企业明细", "问题清单", "文件清单"):
        assert book[name].auto_filter.ref
        assert book[name].freeze_panes
    assert sum(len(ws._charts) for ws in book) >= 10
    score = book["企业明细"].cell(4, 9)
    assert (score.data_type, score.number_format) == ("n", Format.POINTS.value)


@pytest.mark.parametrize("many_cells", [10**9, 0], ids=["in memory", "streamed"])
def test_text_from_enterprises_stays_text(tmp_path: Path, batch: ReportData, many_cells: int) -> None:
    names = pd.Series([*HOSTILE, "甲\x00\x1b\u202e厂", "<r><t>raw</t></r>", "<r>&broken</r>"], dtype="str")
    n = len(names)
    who = batch.enterprises.copy()
    names.index = who.index[:n]
    who.loc[who.index[:n], "name"] = names
    who.loc[who.index[:n], "district"] = names
    files = batch.files.assign(detail="=1+1")
    evil = dataclasses.replace(batch, enterprises=who, files=files, region="=HYPERLINK(1)&P")
    write_sheets(tmp_path / "a.xlsx", report_sheets(evil), evil, many_cells=many_cells)
    for name, data in parts_of(tmp_path / "a.xlsx").items():
        if name.startswith("xl/worksheets/") and name.endswith(".xml"):
            root = ET.fromstring(data)  # noqa: S314 - our own file
            assert not root.findall(".//{*}f"), name
            assert not root.findall(".//{*}hyperlink"), name
    rows = cells(tmp_path / "a.xlsx")["企业明细"]
    assert [row[1] for row in rows[3 : 3 + len(HOSTILE)]] == list(HOSTILE)
    assert [row[1] for row in rows[3 + len(HOSTILE) : 3 + n]] == ["甲厂", "<r><t>raw</t></r> ", "<r>&broken</r> "]
    ws = openpyxl.load_workbook(tmp_path / "a.xlsx")["企业明细"]
    assert {ws.cell(4 + i, 2).data_type for i in range(n)} <= {"s", "inlineStr"}


def test_the_same_batch_gives_the_same_parts(tmp_path: Path, batch: ReportData) -> None:
    write_summary(tmp_path / "a.xlsx", batch)
    write_summary(tmp_path / "b.xlsx", batch)
    assert parts_of(tmp_path / "a.xlsx") == parts_of(tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_list_beyond_the_row_limit_goes_on_in_another_sheet(tmp_path: Path, batch: ReportData) -> None:
    write_sheets(tmp_path / "a.xlsx", [lists.enterprise_sheet(batch)], batch, row_limit=30)
    book = cells(tmp_path / "a.xlsx")
    assert list(book) == ["企业明细", "企业明细2", "企业明细3"]
    numbers = [row[0] for rows in book.values() for row in rows if isinstance(row[0], float)]
    assert numbers == list(range(1, 61))
    assert max(map(len, book.values())) <= 30


@pytest.mark.parametrize(
    "odd",
    [
        empty_of(make_batch()),
        empty_of(make_batch(edition=tiny_edition())),
        make_batch(1, roster=False),
        make_batch(1, edition=tiny_edition()),
        make_batch(30, edition=tiny_edition()),
        dataclasses.replace(make_batch(), issues=make_batch().issues.iloc[:0]),
        dataclasses.replace(make_batch(), roster=asked()),
    ],
    ids=["empty", "empty without scenes", "one", "one without scenes", "without scenes", "no issues", "empty roster"],
)
def test_odd_batches_give_a_sound_workbook(tmp_path: Path, odd: ReportData) -> None:
    write_summary(tmp_path / "a.xlsx", odd)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert ("应用场景" in book.sheetnames) == bool(odd.edition.scenes)
    for name, data in parts_of(tmp_path / "a.xlsx").items():
        if name.startswith("xl/charts/"):
            values = ET.fromstring(data).findall(".//{*}val//{*}v")  # noqa: S314 - our own file
            assert any(float(v.text or 0) for v in values), name


def test_an_edition_without_scenes_has_no_scene_columns() -> None:
    b = make_batch(30, edition=tiny_edition())
    assert upgrade.blocked_keys(b.edition) == ("score",)
    for sheet in report_sheets(b):
        for table in sheet.blocks:
            if isinstance(table, Table):
                assert not [c.key for c in table.columns if c.key.startswith(("scenes", "binding", "s0"))]


def test_a_path_that_cannot_be_written_is_an_os_error(tmp_path: Path, batch: ReportData) -> None:
    with pytest.raises(OSError, match="summary"):
        write_summary(tmp_path / "missing" / "summary.xlsx", batch)
