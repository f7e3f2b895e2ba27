"""Targets: where they are stated, how they are read, and what becomes of them with the roster."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from cases import EDITION, changed, form_bytes, reach
from smebatch.batch.batch_file import BatchError
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportData, ReportOptions, load_batch
from smebatch.cli.words import CliWords
from smebatch.common.target import Target
from smebatch.intake.read_entry import read_entry
from smebatch.intake.roster import Roster, read_roster
from smebatch.intake.target_sheet import TargetSheetError
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.report.target_figures import target_results
from test_figures_roster import NOW, code
from test_pipeline import in_process

HEADINGS = ("名称", "等级", "比例", "家数", "截止日期", "规上", "服务商")
COMPANIES = (
    ("企业名称", "统一社会信用代码", "区县", "服务商"),
    ("甲公司", code(1), "城东区", "云服"),
    ("乙公司", code(2), "城西区", "云服"),
    ("丙公司", code(3), None, None),
)


def workbook(path: Path, *lines: Sequence[Any], sheet: str = "目标", first: bool = False) -> Path:
    """A roster with a sheet of targets behind it, or before it."""
    book = Workbook()
    listed, targets = book.active, book.create_sheet(sheet, 0 if first else None)
    listed.title = "名单"
    for rows, at in ((COMPANIES, listed), (lines, targets)):
        for row in rows:
            at.append(list(row))
    book.save(path / "名单.xlsx")
    return path / "名单.xlsx"


def read(path: Path, *lines: Sequence[Any], **how: Any) -> Roster:
    roster = read_roster(workbook(path, *lines, **how), EDITION)
    assert len(roster.enterprises) == 3
    for notice in roster.notices:
        assert CliWords("zh").text(notice.code, **notice.values)
        assert CliWords("en").text(notice.code, **notice.values)
    return roster


# --- the sheet ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [False, True])
def test_a_sheet_of_targets_stands_beside_the_roster(first: bool, tmp_path: Path) -> None:
    roster = read(
        tmp_path,
        ("2026年目标",),
        ("序号", *HEADINGS, "备注"),
        (1, "规上达到二级", "二级", "80%", None, "2026-12-31", "是", None, "省里要求"),
        (2, "云服的企业", 3, None, 12, dt.date(2027, 6, 30), None, "云服"),
        (),
        (3, "全体", "二级及以上", 0.333, None, None, None, None),
        first=first,
    )
    assert roster.targets.targets == (
        Target("规上达到二级", "二级", Fraction(4, 5), None, (("规上", "是"),), dt.date(2026, 12, 31)),
        Target("云服的企业", "3", None, 12, (("服务商", "云服"),), dt.date(2027, 6, 30)),
        Target("全体", "二级及以上", Fraction(333, 1000)),
    )
    assert roster.targets.left_out == ()
    codes = [notice.code for notice in roster.notices]
    assert "targets.read" in codes
    assert "roster.sheets_left" not in codes


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("名称", None),
        ("等级", None),
        ("等级", "五级"),
        ("等级", "大概二级"),
        ("比例", "八成"),
        ("比例", 80),
        ("比例", "80"),
        ("比例", "0%"),
        ("比例", "101%"),
        ("比例", 1.2),
        ("比例", 1 / 3),
        ("比例", "=1/0"),  # no result is stored
        ("家数", 5),  # beside a share
        ("家数", "若干"),
        ("截止日期", "年底"),
        ("截止日期", 46387),
        ("服务商", "=A1"),
        ("服务商", 9e17),
    ],
)
def test_a_line_that_cannot_be_read_is_named_and_left_out_as_a_whole(column: str, text: Any, tmp_path: Path) -> None:
    good = {"名称": "目标", "等级": "二级", "比例": "80%"}
    lines = [[line.get(heading) for heading in HEADINGS] for line in (good, good | {column: text}, good)]
    roster = read(tmp_path, HEADINGS, *lines)
    assert (len(roster.targets.targets), roster.targets.left_out) == (2, (3,))
    (notice,) = [notice for notice in roster.notices if notice.code == "targets.left_out"]
    assert f"{'ABCDEFG'[HEADINGS.index(column)]}3" in str(notice.values["where"])


@pytest.mark.parametrize(
    ("share", "number"), [(None, None), ("80%", 5), ("八成", 5)], ids=["neither", "both", "a share that cannot be read"]
)
def test_a_line_needs_a_share_or_a_number(share: Any, number: Any, tmp_path: Path) -> None:
    roster = read(tmp_path, HEADINGS, ("目标", "二级", share, number))
    assert roster.targets[:2] == ((), (2,))


@pytest.mark.parametrize(
    ("text", "share"),
    [("80%", "4/5"), ("３３.３％", "333/1000"), (0.8, "4/5"), ("0.05", "1/20"), (1, "1"), ("100%", "1")],
)
def test_shares(text: Any, share: str, tmp_path: Path) -> None:
    (target,) = read(tmp_path, HEADINGS, ("目标", "二级", text)).targets.targets
    assert target.share == Fraction(share)


def test_what_is_struck_out_or_stands_below_no_heading_is_no_target(tmp_path: Path) -> None:
    path = workbook(tmp_path, HEADINGS[:3], ("甲", "二级", "80%"), ("乙", "二级", "80%"), ("丙", "二级", "80%", "城东"))
    from openpyxl import load_workbook

    book = load_workbook(path)
    for cell in book["目标"][2]:
        cell.font = Font(strike=True)
    book.save(path)
    targets = read_roster(path, EDITION).targets
    assert ([target.name for target in targets.targets], targets.left_out) == (["乙"], (2, 4))


@pytest.mark.parametrize(
    ("headings", "code"),
    [
        (("名称", "比例"), "targets.headings"),
        (("等级", "比例"), "targets.headings"),
        (("名称", "等级"), "targets.headings"),
        (("名称", "等级", "比例", "比例"), "targets.doubled"),
        (("名称", "等级", "比例", "规上", "是否规上"), "targets.doubled"),
        (("名称", "等级", "比例", "牵引单位"), "targets.no_column"),  # neither the form nor this roster has it
    ],
)
def test_columns_that_cannot_be_told_are_a_problem(headings: Sequence[str], code: str, tmp_path: Path) -> None:
    with pytest.raises(TargetSheetError) as caught:
        read(tmp_path, headings, ("目标", "二级", "80%"))
    assert caught.value.code == code
    for language in ("zh", "en"):
        assert CliWords(language).text(code, **caught.value.values)


def test_a_blank_sheet_of_targets_has_none(tmp_path: Path) -> None:
    assert read(tmp_path).targets == ((), (), ())
    assert read(tmp_path, HEADINGS).targets == ((), (), ())


def test_a_sheet_of_another_name_is_no_sheet_of_targets(tmp_path: Path) -> None:
    roster = read(tmp_path, HEADINGS, ("目标", "二级", "80%"), sheet="目标说明")
    assert roster.targets == ((), (), ())
    assert "roster.sheets_left" in [notice.code for notice in roster.notices]


def test_a_roster_may_be_the_only_sheet_and_called_so(tmp_path: Path) -> None:
    book = Workbook()
    book.active.title = "目标"
    for row in COMPANIES:
        book.active.append(row)
    book.save(tmp_path / "名单.xlsx")
    roster = read_roster(tmp_path / "名单.xlsx", EDITION)
    assert (len(roster.enterprises), roster.targets.targets) == (3, ())


# --- in a batch -----------------------------------------------------------------------------------------------------


class Folder:
    """A folder with a return of 甲公司, 规上 and at 一级, read into a batch."""

    def __init__(self, path: Path) -> None:
        self.path, self.batch = path, path / "b.duckdb"
        (path / "returns").mkdir()
        scenes = {key: value for scene in EDITION.scenes for key, value in reach(scene.id, 1).items()}
        (path / "returns" / "1.xlsx").write_bytes(form_bytes(changed(name="甲公司", uscc=code(1), **scenes)))

    def ingest(self, *lines: Sequence[Any]) -> None:
        roster = workbook(self.path, *lines) if lines else None
        ingest(self.path / "returns", self.batch, EDITION, now=NOW, roster=roster)

    def load(self, *targets: Target) -> ReportData:
        return load_batch(self.batch, now=NOW, options=ReportOptions(targets=targets))


@pytest.fixture(scope="module", autouse=True)
def read_here() -> Iterator[None]:
    """Returns are read without processes of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(read_entry))
        patch.setattr("smebatch.intake.workers.worker_process.prestart_workers", lambda _: None)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """One with two targets of the roster's workbook, for tests that read it only."""
    folder = Folder(tmp_path_factory.mktemp("targets"))
    folder.ingest(HEADINGS, ("云服", "一级", "100%", None, None, None, "云服"), ("规上", "一级", None, 1, None, "是"))
    return folder


def names(batch: ReportData) -> list[str]:
    return [each.target.name for each in batch.targets.targets]


def test_a_batch_keeps_the_targets_with_its_roster_until_another_is_given(folder: Folder) -> None:
    line = ("规上", "二级", "80%", None, "2026-12-31", "是", None)
    folder.ingest(HEADINGS, line, ("坏", "二级", "八成"))
    (kept,) = folder.load().targets.targets
    assert kept.target == Target("规上", "二级", Fraction(4, 5), None, (("规上", "是"),), dt.date(2026, 12, 31))
    assert (kept.level, folder.load().targets.left_out) == (2, (3,))
    folder.ingest()
    assert names(folder.load()) == ["规上"]
    folder.ingest(HEADINGS, ("另一个", "三级", None, 5))
    assert names(folder.load()) == ["另一个"]
    folder.ingest(())
    assert names(folder.load()) == []


def test_they_last_where_the_batch_is_read_anew(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.ingest(HEADINGS, ("规上", "二级", "80%"))
    monkeypatch.setattr("smebatch.batch.ingest.__version__", "0.0.2")
    folder.ingest()
    assert names(folder.load()) == ["规上"]


def test_those_of_the_settings_win(settled: Folder) -> None:
    batch = settled.load(Target("三", "1", enterprises=2))
    assert (names(batch), batch.targets.overruled) == (["三"], 2)


def test_figures_of_a_batch(settled: Folder) -> None:
    # 甲 stands in 城东区 with a return, 乙 in 城西区 and 丙 somewhere without; 服务商 of 丙 is not known.
    provider, above_scale = target_results(settled.load())
    assert provider.overall
    assert provider.overall.counts == (2, 1, 1, 1, 3, 0, 1)
    assert [(name, each.counts.asked) for name, each in provider.districts] == [("城东区", 1), ("城西区", 1)]
    assert provider.district_unknown == 1
    assert above_scale.overall
    assert above_scale.overall.counts == (1, 2, 1, 1, 3, 0, 2)  # 甲 by its return; nobody knows of the others


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        (Target("一", "五级", Fraction(1)), "target.level"),
        (Target("一", "9", Fraction(1)), "target.level"),
        (Target("一", "二级", Fraction(1), where=(("牵引单位", "某"),)), "batch.no_column"),
        (Target("一", "二级", Fraction(1), where=(("规上", "是"), ("above_scale", "否"))), "target.column_twice"),
    ],
)
def test_what_the_edition_and_the_lists_do_not_have_is_a_problem(target: Target, problem: str, settled: Folder) -> None:
    with pytest.raises(BatchError) as caught:
        settled.load(target)
    assert caught.value.code == problem
    for language in ("zh", "en"):
        assert CliWords(language).text(problem, **caught.value.values)


def test_a_value_is_read_as_the_form_reads_it(settled: Folder) -> None:
    where = (("规上", "√"), ("phase", "改造后"), ("filled_on", "2026年10月1日"))
    (target,) = settled.load(Target("一", "二级", Fraction(1), where=where)).targets.targets
    assert [condition.wanted for condition in target.conditions] == ["是", "改造后", "2026-10-01"]
