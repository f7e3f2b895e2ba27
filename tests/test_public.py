"""The public edition: what it merges, what it leaves out, and that nothing small can be worked out of it."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from command_line import DONE, USAGE, Inside, inside
from public_attack import ABOVE, Attack
from report_data import make_batch
from small_batch import covering, figures, rows
from smebatch.batch.load import ReportData, ReportOptions
from smebatch.batch.targets import DISTRICT, ReportTarget, ReportTargets, TargetCondition
from smebatch.common.target import Target
from smebatch.report.chapter import printed
from smebatch.report.document import Table
from smebatch.report.docx.report_file import write_word_report
from smebatch.report.narrative import CHAPTERS
from smebatch.report.public.narrative import public_narrative
from smebatch.report.public.sheets import PublicEdition, public_sheets
from smebatch.report.xlsx.book import write_summary
from smebatch.settings.model import Report, Tier
from word_files import headings, read_document
from word_files import rows as word_rows

__all__ = ["inside"]

TIERS = (Tier("甲", Fraction(62)), Tier("乙", Fraction(41)), Tier("丙", Fraction(20)))


# --- nothing small can be worked out ----------------------------------------------------------------------------------


def in_districts(sizes: Mapping[str, int], seed: int = 1, silent: int = 0) -> ReportData:
    """A batch with so many returns from each district, of each of which ``silent`` more enterprises were asked."""
    batch = make_batch(sum(sizes.values()), seed)
    names = [name for name, n in sizes.items() for _ in range(n)]
    enterprises = batch.enterprises.assign(district=names)
    asked = enterprises[["name", "uscc", "district", "contact", "phone"]].assign(answered=True, counted=True)
    missing = pd.DataFrame([{"name": f"未报{name}{i}", "district": name} for name in sizes for i in range(silent)])
    roster = pd.concat([asked, missing.assign(answered=False, counted=False)] if silent else [asked])
    return replace(batch, enterprises=enterprises, roster=roster.reset_index(drop=True).assign(doubt=False))


def with_targets(n: int, seed: int) -> ReportData:
    """A batch with targets, of whose roster a quarter has not answered and some have a return that does not count."""
    rng = random.Random(seed)
    batch = make_batch(n, seed)
    missing = [{"name": f"未报{i}", "district": rng.choice(("城东区", "城西区", "滨江区"))} for i in range(n // 4)]
    who = batch.enterprises.assign(above_scale=[rng.choice("是否") for _ in range(n)])
    asked = who[["name", "uscc", "district", "contact", "phone"]].assign(answered=True, counted=True)
    more = pd.DataFrame(missing).assign(answered=[i % 3 == 0 for i in range(n // 4)], counted=False)
    above = [*who[ABOVE], *(rng.choice("是否") for _ in missing)]
    roster = pd.concat([asked, more], ignore_index=True).assign(doubt=False)
    inside = (TargetCondition(ABOVE, "是", ABOVE, "是", ("是", "否")),)
    stated = [("全部二级", 2, ()), ("规上二级", 2, inside), ("三级", 3, ())]
    targets = [
        ReportTarget(Target(name, str(level), Fraction(1, 2)), level, conditions) for name, level, conditions in stated
    ]
    return replace(
        batch,
        enterprises=who,
        roster=roster,
        asked=pd.DataFrame({"line": range(n)}, index=who.index),
        roster_columns=pd.DataFrame({ABOVE: above, DISTRICT: roster[DISTRICT]}),
        columns=who[[ABOVE, DISTRICT]],
        targets=ReportTargets(tuple(targets)),
    )


def in_two_rounds(before: int, after: int, seed: int, falls: bool = True) -> ReportData:
    """The report on 改造后 of enterprises most of which were in 改造前; unless ``falls`` no level is lower then."""
    first, second = (make_batch(n, seed + i) for i, n in enumerate((before, after)))
    scores = second.scores
    if not falls:  # who rose is one of those who are higher than they were
        pool, rng = {g: scores[scores["level"] >= g] for g in range(5)}, random.Random(seed)
        levels = [first.scores["level"].iloc[i] if i < before else 0 for i in range(after)]
        chosen = [pool[g if len(pool[g]) else 0] for g in levels]
        scores = pd.DataFrame([pool.iloc[rng.randrange(len(pool))] for pool in chosen]).astype(scores.dtypes)
    ids = [f"a{i}" for i in range(after)]
    parts = []
    for frame, own in ((first.enterprises, second.enterprises), (first.scores, scores)):
        own.index = pd.Index(ids, name="form_id")
        parts.append(pd.concat([frame, own]))
    phases = ["改造前"] * before + ["改造后"] * after
    enterprises = parts[0].assign(phase=phases, assessment_kind="自评")
    return covering(replace(first, enterprises=enterprises, scores=parts[1], roster=None), "改造后", "自评")


EVERY: dict[str, Callable[[], ReportData]] = {
    "one of a district": lambda: in_districts({"甲区": 1, "乙区": 30, "丙区": 29}),
    "two small districts": lambda: in_districts({"甲区": 4, "乙区": 4, "丙区": 20, "丁区": 9}, silent=2),
    "small ones of one each": lambda: in_districts({"甲区": 1, "乙区": 1, "丙区": 1, "丁区": 1, "戊区": 1, "己区": 30}),
    "all districts small": lambda: in_districts({"甲区": 3, "乙区": 4, "丙区": 2, "丁区": 4}, silent=6),
    "all districts of four": lambda: in_districts(dict.fromkeys("甲乙丙丁戊己", 4)),
    "exactly five": lambda: in_districts({"甲区": 5, "乙区": 5, "丙区": 30}, silent=5),
    "a small complement": lambda: in_districts({"甲区": 40, "乙区": 3}, silent=9),
    "a few of two": lambda: in_districts({"甲区": 6, "乙区": 4}),
    "fewer than five": lambda: in_districts({"甲区": 3}),
    "one": lambda: in_districts({"甲区": 1}),
    "targets": lambda: with_targets(80, 5),
    "targets of many": lambda: with_targets(300, 6),
    "rounds": lambda: in_two_rounds(90, 80, 7),
    "rounds, nobody falls": lambda: in_two_rounds(70, 60, 8, falls=False),
    "rounds, two more": lambda: in_two_rounds(62, 60, 9),
    "rounds, many": lambda: in_two_rounds(300, 280, 10, falls=False),
}


def pinned(batch: ReportData, edition: ReportData | None = None) -> list[tuple[str, ...]]:
    return list(Attack(batch, public_sheets(edition or batch)).pinned())


DEAR = ("targets of many", "rounds, many", "all districts of four", "rounds, nobody falls", "exactly five")


@pytest.mark.parametrize("name", [pytest.param(x, marks=pytest.mark.slow if x in DEAR else ()) for x in EVERY])
def test_no_small_number_can_be_worked_out(name: str) -> None:
    batch = EVERY[name]()
    assert pinned(replace(batch, options=ReportOptions(report=Report(tiers=TIERS)))) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_nor_of_random_batches(seed: int) -> None:
    rng = random.Random(seed)
    batch = make_batch(rng.choice((8, 15, 25, 40, 70, 120, 250)), seed)
    options = ReportOptions(small_group=rng.choice((3, 5, 5, 8)), report=Report(tiers=TIERS[: rng.randrange(4)]))
    assert pinned(replace(batch, options=options)) == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_nor_of_random_targets_and_rounds(seed: int) -> None:
    rng = random.Random(seed)
    assert pinned(with_targets(rng.choice((20, 60, 150, 400)), seed)) == []
    before, after = rng.choice(((40, 40), (60, 52), (150, 140), (30, 80)))
    assert pinned(in_two_rounds(before, after, seed, falls=seed % 2 == 0)) == []


@pytest.mark.slow
def test_the_attack_finds_what_is_told() -> None:
    """The edition as if nothing were small tells of a district of four, and of much else."""
    batch = EVERY["a few of two"]()
    careless = replace(batch, options=replace(batch.options, small_group=1))
    found = pinned(batch, careless)
    assert ("district", "乙区") in found
    assert len(found) > 50


def test_who_knows_the_rule_is_told_no_more_than_the_sum() -> None:
    """Two districts of four are eight together: two groups that are small, and there is no other sum of two fours."""
    edition = PublicEdition(EVERY["two small districts"]())
    groups = edition.grouping.find(DISTRICT)
    assert groups is not None
    assert groups.merged == {"甲区", "乙区", "丁区"}


# --- what it says and does not say ------------------------------------------------------------------------------------


def tables(batch: ReportData) -> dict[str, Table]:
    return {b.id: b for sheet in public_sheets(batch) for b in sheet.blocks if isinstance(b, Table)}


def table(batch: ReportData, name: str) -> Table:
    return tables(batch)[name]


def withheld(batch: ReportData) -> list[str]:
    """What is left out of this edition, but for what is left out of each."""
    every = PublicEdition(replace(batch, options=replace(batch.options, small_group=1))).withheld
    return [what for what, _ in PublicEdition(batch).withheld if what not in {w for w, _ in every}]


@pytest.mark.slow
def test_where_no_group_is_small_it_has_every_table() -> None:
    """Each level, group, bin, scene and item of 6,000 returns has five or more, and so have those not in yet."""
    batch = in_districts(dict.fromkeys("甲乙丙丁戊", 1200), silent=6)
    batch = replace(batch, enterprises=batch.enterprises.assign(phase="改造前", assessment_kind="自评"))
    careless = replace(batch, options=replace(batch.options, small_group=1))
    assert withheld(batch) == []
    assert set(tables(batch)) == set(tables(careless)) >= {"response", "levels", "histogram", "reasons", "scene_groups"}


def test_the_same_groups_are_merged_in_every_table() -> None:
    batch = in_districts({"甲区": 3, "乙区": 30, "丙区": 6, "丁区": 12}, silent=5)
    found = tables(batch)
    assert rows(found[DISTRICT].frame, "group", "n")[-2:] == [("其他", 9), ("合计", 51)]  # 3 + 6
    assert {group for (group,) in rows(found["response"].frame, "group")} == {"乙区", "丁区", "其他", "合计"}
    assert rows(found["response"].frame, "group", "asked", "silent")[-2:] == [("其他", 19, 10), ("合计", 71, 20)]


def test_merged_and_unknown_groups_have_no_rank() -> None:
    batch = in_districts({"甲区": 3, "乙区": 30, "丙区": 6, "丁区": 12, "未填": 9})
    ranks = dict(rows(table(batch, DISTRICT).frame, "group", "rank"))
    assert {name for name, rank in ranks.items() if rank is None} == {"其他", "未填", "合计"}


def test_levels_join_their_neighbour() -> None:
    """20 without level, 9, 6, 2 and 1: the last three are told as one, 9."""
    batch = make_batch(38)
    batch = replace(batch, scores=batch.scores.assign(level=[0] * 20 + [1] * 9 + [2] * 6 + [3] * 2 + [4]))
    found = rows(table(batch, "levels").frame, "name", "n", "reach")
    assert found == [("无等级", 20, None), ("一级", 9, 18), ("二级、三级、四级", 9, 9), ("合计", 38, None)]


def test_a_target_tells_nothing_of_those_outside_its_selection() -> None:
    """Of 30 above scale 20 reach 二级, of 26 others 25: all 45 less 20 would be told, and one is left."""
    batch = with_targets(56, 2)
    above, levels = ["是"] * 30 + ["否"] * 26, [2] * 20 + [1] * 10 + [2] * 25 + [1]
    who, listed = batch.enterprises.assign(**{ABOVE: above}), batch.roster_columns
    assert listed is not None
    listed = listed.assign(**{ABOVE: [*above, *listed[ABOVE][56:]]})
    target = batch.targets.targets[1]
    batch = replace(
        batch,
        enterprises=who,
        columns=who[[ABOVE, DISTRICT]],
        roster_columns=listed,
        scores=batch.scores.assign(level=levels),
        targets=ReportTargets((target,)),
    )
    assert [column.key for column in table(batch, "targets").columns] == ["name", "aim", "by"]


def test_the_highest_level_hides_no_reason() -> None:
    """How many are at the highest level is told by the levels: 4 that lack points and scenes hide behind 9, not 8."""
    batch = make_batch(61)
    reasons = {"": 8, "score": 40, "score+scenes": 4, "score+binding": 9}
    levels = [level for reason, n in reasons.items() for level in ([4] * n if not reason else ([0, 1, 2, 3] * n)[:n])]
    blocked = [reason for reason, n in reasons.items() for _ in range(n)]
    units = [1120 * level for level in levels]
    scores = batch.scores.assign(level=levels, score_level=levels, score_units=units, blocked_by=blocked)
    found = dict(rows(table(replace(batch, scores=scores), "reasons").frame, "name", "n"))
    assert {name: n for name, n in found.items() if n} == {"已达最高等级": 8, "仅差得分": 40, "其他": 13, "合计": 61}


def test_of_fewer_returns_than_small_group_it_has_no_figure() -> None:
    sheets = public_sheets(EVERY["fewer than five"]())
    assert [sheet.name for sheet in sheets] == ["总览", "未公开的内容", "口径说明"]
    assert figures(sheets[0].lead) == ["5"]


def test_a_city_gives_no_district_away() -> None:
    """东市 is 甲区 (20) and 乙区 (3), 西市 丙区 (6) and 丁区 (20); 乙区 and 丙区 are merged: 23 − 20 would be 乙区."""
    batch = in_districts({"甲区": 20, "乙区": 3, "丙区": 6, "丁区": 20})
    city = batch.enterprises["district"].map({"甲区": "东市", "乙区": "东市", "丙区": "西市", "丁区": "西市"})
    batch = replace(
        batch, columns=pd.DataFrame({"city": city}), options=ReportOptions(report=Report(group_by=("city",)))
    )
    assert [groups.name for groups in PublicEdition(batch).grouping.groups if groups.name.startswith("group")] == []
    assert any(what.startswith("按") for what in withheld(batch))


def test_groups_and_targets_that_name_an_enterprise_are_left_out() -> None:
    batch = with_targets(60, 1)
    name = str(batch.enterprises["name"].iloc[0])
    columns = batch.columns.assign(leader=[name] * 30 + ["无"] * 30) if batch.columns is not None else None
    target = ReportTarget(Target(f"带动{name}", "2", Fraction(1, 2)), 2)
    batch = replace(
        batch,
        columns=columns,
        targets=ReportTargets((*batch.targets.targets, target)),
        options=ReportOptions(report=Report(group_by=("leader",))),
    )
    assert [groups.name for groups in PublicEdition(batch).grouping.groups if groups.name.startswith("group")] == []
    assert len(table(batch, "targets").frame) == 3
    assert "部分目标" in {what for what, _ in PublicEdition(batch).withheld}


# --- the files --------------------------------------------------------------------------------------------------------


def all_texts(path: Path) -> Iterator[str]:
    """Every part of a file, those of the workbooks behind its charts included, hidden cells and properties as well."""
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            if name.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(parts.read(name))) as inner:
                    yield from (inner.read(each).decode("utf-8", "replace") for each in inner.namelist())
            yield parts.read(name).decode("utf-8", "replace")


def write(path: Path, batch: ReportData) -> Path:
    if path.suffix == ".docx":
        write_word_report(path, batch, public=True)
    else:
        write_summary(path, batch, public=True)
    return path


@pytest.mark.parametrize("ending", ["xlsx", "docx"])
def test_no_enterprise_is_in_the_file(ending: str, tmp_path: Path) -> None:
    batch = with_targets(60, 3)
    who = batch.enterprises.assign(
        name=[f"秘密{i}厂" for i in range(60)],
        contact="联系某",
        phone="13811112222",
        file=[f"私{i}.xlsx" for i in range(60)],
    )
    batch = replace(batch, enterprises=who)
    text = "".join(all_texts(write(tmp_path / f"p.{ending}", batch)))
    assert "城东区" in text
    for secret in ("秘密", "联系某", "13811112222", "私1.xlsx", "未报1", *who["uscc"]):
        assert secret not in text


@pytest.mark.parametrize("ending", ["xlsx", "docx"])
def test_the_workbooks_behind_charts_hold_published_numbers_alone(ending: str, tmp_path: Path) -> None:
    """A district of 3 merged with one of 6: the numbers of neither stand anywhere."""
    batch = in_districts({"小小区": 3, "六六区": 6, "乙区": 30, "丁区": 12}, silent=5)
    text = "".join(all_texts(write(tmp_path / f"p.{ending}", batch)))
    assert "乙区" in text
    assert "小小区" not in text
    assert "六六区" not in text


@pytest.mark.parametrize("ending", ["xlsx", "docx"])
def test_two_writings_are_the_same_bytes(ending: str, tmp_path: Path) -> None:
    first, second = (write(tmp_path / f"{name}.{ending}", with_targets(60, 3)).read_bytes() for name in "ab")
    assert first == second


def test_the_figures_in_words_are_those_of_the_workbook(tmp_path: Path) -> None:
    batch = with_targets(100, 6)
    document = read_document(write(tmp_path / "p.docx", batch))
    shown = {cell for row in word_rows(document) for cell in row}
    found = tables(batch)
    for name in (DISTRICT, "levels", "response", "scenes"):
        printed_table = found[name]
        for column in printed_table.columns:
            for value in printed_table.frame[column.key]:
                assert printed(value, column.format) in shown | {""}
    assert headings(document)[0] == "一、概况与口径"
    assert headings(document)[-1].endswith("未公开的内容")


def test_chapters_that_name_or_are_small_are_blank_in_a_template() -> None:
    report = public_narrative(with_targets(60, 3))
    assert set(report.chapters) == set(CHAPTERS)
    assert {name for name in ("更正进度", "数据质量", "附表") if report.chapters[name]} == set()
    assert (report.values["中位数"], report.values["企业数"]) == ("", "")


def test_on_the_command_line(tmp_path: Path, inside: Inside) -> None:
    """It takes the place of no other report, and is not parted by district."""
    folder = tmp_path / "returns"
    assert inside("sample", "-n", 12, "-o", folder).code == DONE
    assert inside("ingest", folder, cwd=tmp_path).code == DONE
    for ending in ("xlsx", "docx"):
        done = inside("report", "--public", "--format", ending, "--json", cwd=tmp_path)
        assert json.loads(done.out) == {"public": f"public.{ending}"}
        assert (tmp_path / f"public.{ending}").is_file()
    assert not (tmp_path / "summary.xlsx").exists()
    refused = inside("report", "--public", "--by", "district", "-o", tmp_path / "d", cwd=tmp_path)
    assert refused.code == USAGE
    assert not (tmp_path / "d").exists()
