"""How far a bureau is from its targets: by hand, and against every way in which a small batch can be completed."""

from __future__ import annotations

import itertools
import math
import random
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import pandas as pd
import pytest

from small_batch import printed, rows, small_batch, small_edition, table_of
from smebatch.batch.load import ReportData
from smebatch.batch.targets import ReportTarget, ReportTargets, TargetCondition
from smebatch.common.target import Target
from smebatch.report.document import Chart, ChartRow, Table
from smebatch.report.section_overview import overview_sheet
from smebatch.report.section_targets import EVERYWHERE, target_sheet, target_tables, target_text
from smebatch.report.sections import report_sheets
from smebatch.report.target_figures import Outlook, TargetFigures, target_results

ABOVE_SCALE = TargetCondition("规上", "是", "above_scale", "是", ("是", "否"))
SILVER = 2  # of 铜 银 金


class Returned(NamedTuple):
    """A counted return: its level, and what it says itself."""

    level: int
    above_scale: str | None = None
    district: str | None = None
    elsewhere: bool = False  # of another phase or kind than the report covers


class Listed(NamedTuple):
    """An enterprise of the roster, and its counted returns."""

    above_scale: str | None = None
    district: str | None = None
    returns: tuple[Returned, ...] = ()


def target(
    share: str | None = None,
    enterprises: int | None = None,
    conditions: Sequence[TargetCondition] = (),
    name: str = "目标",
    level: int = SILVER,
) -> ReportTarget:
    where = tuple((condition.name, condition.value) for condition in conditions)
    stated = Target(name, str(level), Fraction(share) if share else None, enterprises, where)
    return ReportTarget(stated, level, tuple(conditions))


def batch_of(
    listed: Sequence[Listed], *targets: ReportTarget, outside: Sequence[Returned] = (), **facts: Any
) -> ReportData:
    """A batch with a roster, as load_batch makes it; ``outside``: counted returns of enterprises that are not on it.

    ``facts``: further fields of ReportTargets.
    """
    of_listed = [(line, each) for line, one in enumerate(listed) for each in one.returns]
    sent: list[tuple[int | None, Returned]] = [*of_listed, *((None, each) for each in outside)]
    every = [{"form_id": f"f{i}", "line": line, **one._asdict()} for i, (line, one) in enumerate(sent)]
    frame = pd.DataFrame(every, columns=["form_id", "line", *Returned._fields]).set_index("form_id")
    keys, names = ["above_scale", "district"], ["规上", "district"]
    of_roster = pd.DataFrame([one[:2] for one in listed], columns=names).astype("str")
    asked = frame.loc[frame["line"].notna(), ["line"]].astype("int64")
    own = frame[keys].astype("str").set_axis(names, axis=1)
    covered = frame.loc[~frame["elsewhere"].astype(bool), "level"]
    counted = pd.Series(range(len(listed))).isin(asked.loc[asked.index.isin(covered.index), "line"])
    blank = pd.DataFrame(index=of_roster.index, columns=["name", "uscc", "contact", "phone"], dtype="str")
    return small_batch(
        *({"form_id": form, "level": level} for form, level in covered.items()),
        roster=blank.assign(district=of_roster["district"], answered=counted, counted=counted, doubt=False),
        asked=asked,
        roster_columns=of_roster,
        columns=own.fillna(of_roster.loc[asked["line"]].set_axis(asked.index).reindex(own.index)),
        targets=ReportTargets(targets, **facts),
    )


def overall(batch: ReportData, number: int = 0) -> TargetFigures:
    figures = target_results(batch)[number].overall
    assert figures is not None
    return figures


def reached(*levels: int) -> Listed:
    """An enterprise with a counted return of each of these levels."""
    return Listed(returns=tuple(map(Returned, levels)))


SILENT = reached()
FIGURES = ("asked", "counted", "confirmed", "at_most", "needed", "missing", "outlook")


def figures_of(batch: ReportData) -> list[tuple[Any, ...]]:
    return rows(table_of(overview_sheet(batch), "targets").frame, *FIGURES)


# --- by hand --------------------------------------------------------------------------------------------------------


def test_a_share_of_all_asked() -> None:
    # 7 asked: 4 answered, of whom 3 stand at 银 or above; 80 % of 7 is 5.6: 6; all 3 silent could make 6
    listed = [reached(2), reached(3), reached(2), reached(1), SILENT, SILENT, SILENT]
    assert figures_of(batch_of(listed, target("4/5"))) == [(7, 4, 3, 6, 6, 3, "可达成")]
    # one more who did not: at most 5
    listed[4] = reached(0)
    assert figures_of(batch_of(listed, target("4/5"))) == [(7, 5, 3, 5, 6, 3, "已无法达成")]
    # of 3 more who did, 6 are confirmed
    assert figures_of(batch_of([*listed[:4], *[reached(2)] * 3], target("4/5"))) == [(7, 7, 6, 6, 6, 0, "已达成")]


def test_shares_are_rounded_up_exactly() -> None:
    # 0.7 × 10 is 7 and not the 7.000000000000001 of floats; a hundredth of a per cent more asks for one more
    listed = [reached(2)] * 7 + [SILENT] * 3
    assert overall(batch_of(listed, target("7/10"))).needed == 7
    assert overall(batch_of(listed, target("7001/10000"))).needed == 8
    assert overall(batch_of(listed, target("1/3"))).needed == 4  # 3⅓


def test_a_number_of_enterprises() -> None:
    listed = [reached(2), reached(1), SILENT]
    batch = batch_of(listed, *(target(enterprises=n) for n in (1, 2, 3)))
    assert figures_of(batch) == [
        (3, 2, 1, 2, 1, 0, "已达成"),
        (3, 2, 1, 2, 2, 1, "可达成"),
        (3, 2, 1, 2, 3, 2, "已无法达成"),
    ]


def test_an_enterprise_with_two_counted_returns_has_reached_what_both_have_and_may_reach_what_one_has() -> None:
    listed = [reached(2, 3), reached(2, 1), reached(1, 0)]
    assert figures_of(batch_of(listed, target("1"))) == [(3, 3, 1, 2, 3, 2, "已无法达成")]


def test_who_is_not_on_the_roster_counts_in_no_target() -> None:
    listed = [reached(2), SILENT]
    assert figures_of(batch_of(listed, target("1"), outside=[Returned(3), Returned(0)])) == [
        (2, 1, 1, 2, 2, 1, "可达成")
    ]


def test_returns_of_another_phase_or_kind_confirm_nothing_and_tell_nothing() -> None:
    listed = [Listed(returns=(Returned(3, "是", elsewhere=True),)), Listed("是", returns=(Returned(0),))]
    figures = overall(batch_of(listed, target("1", conditions=[ABOVE_SCALE])))
    assert figures.counts == (1, 1, 1, 0, 1, 0, 1)


def test_the_roster_tells_who_is_selected_else_the_return_does_else_nobody_does() -> None:
    listed = [
        Listed("是", returns=(Returned(2, "否"),)),  # in, whatever the return says
        Listed("否", returns=(Returned(2, "是"),)),  # out likewise
        Listed(None, returns=(Returned(2, "是"),)),  # in by its return
        Listed(None, returns=(Returned(2, "否"),)),  # out by its return
        Listed(None, returns=(Returned(2),)),  # unclear, and reached
        Listed(None, returns=(Returned(1),)),  # unclear, and not reached
        Listed(None),  # unclear, and silent
        Listed("待定", returns=(Returned(2, "是"),)),  # no choice of the form: the return tells
        Listed("待定"),  # unclear
        Listed(None, returns=(Returned(2, "是"), Returned(2, "否"))),  # they disagree: unclear, and reached
        Listed(None, returns=(Returned(2, "是"), Returned(2))),  # in
    ]
    figures = overall(batch_of(listed, target("1/2", conditions=[ABOVE_SCALE])))
    # In: 4, all reached. Unclear: 5, of whom 2 have reached, 1 has not, 2 are silent.
    assert figures.counts == (4, 5, 4, 4, 8, 2, 4)
    # Half of 4; at worst of 4 and the 3 who have not reached it, 3.5.
    assert (figures.needed, figures.needed_at_most, figures.missing, figures.outlook) == (2, 4, 0, Outlook.REACHED)


def test_the_unclear_have_columns_of_their_own_where_there_are_any() -> None:
    shown = [column.key for column in table_of(overview_sheet(batch_of([SILENT], target("1"))), "targets").columns]
    assert shown == ["name", "aim", "by", *FIGURES]
    batch = batch_of([SILENT], target("1", conditions=[ABOVE_SCALE]))
    table = table_of(overview_sheet(batch), "targets")
    assert [column.key for column in table.columns if column.key not in shown] == ["unclear", "needed_at_most"]
    assert "规上" in "".join(table.notes)


def test_texts_are_compared_without_width_and_blanks_and_written_as_they_first_stand() -> None:
    listed = [
        Listed("是 ", "城东区（示例）"),
        Listed("　是", "城东区(示例)"),
        Listed("是", None, (Returned(2, None, "城东区(示例) "),)),
    ]
    batch = batch_of(listed, target("1", conditions=[ABOVE_SCALE]))
    assert overall(batch).counts.asked == 3
    assert [(name, each.counts.asked) for name, each in target_results(batch)[0].districts] == [("城东区（示例）", 3)]


def test_a_selection_of_nobody_has_no_target_and_names_the_values_there_are() -> None:
    provider = TargetCondition("规上", "<没有这个>", "服务商", "<没有这个>")
    listed = [Listed("甲"), Listed("乙"), Listed("乙")]
    batch = batch_of(listed, target("1/2", conditions=[provider]), target(enterprises=1, conditions=[provider]))
    share, number = (overall(batch, i) for i in range(2))
    assert (share.counts.asked, share.needed, share.outlook) == (0, None, None)
    assert (number.needed, number.missing, number.outlook) == (1, 1, Outlook.OUT_OF_REACH)
    (unmatched,) = target_results(batch)[0].unmatched
    assert unmatched.there_are == ("乙", "甲")
    notes = table_of(overview_sheet(batch), "targets").notes
    assert [note for note in notes if "乙、甲" in note and "<没有这个>" in note]


# --- by district


def test_districts_have_the_same_share_and_all_together_are_the_whole() -> None:
    listed = [
        Listed(None, "城东区", (Returned(2),)),
        Listed(None, "城东区"),
        Listed(None, None, (Returned(1, None, "城西区"),)),  # by its return
    ]
    sheet = target_sheet(batch_of(listed, target("1/2")))
    assert printed(table_of(sheet, "targets_1")) == [
        ("name", *FIGURES),
        ("城东区", 2, 1, 1, 2, 1, 0, "已达成"),
        ("城西区", 1, 1, 0, 0, 1, 1, "已无法达成"),
        (EVERYWHERE, 3, 2, 1, 2, 2, 1, "可达成"),
    ]


def test_an_enterprise_of_unknown_district_may_be_in_each() -> None:
    listed = [Listed(None, "城东区", (Returned(2),)), Listed(None, "城西区", (Returned(1),)), SILENT]
    (result,) = target_results(batch_of(listed, target("1")))
    assert result.district_unknown == 1
    assert [(name, each.counts[:5], each.outlook) for name, each in result.districts] == [
        ("城东区", (1, 1, 1, 1, 2), Outlook.OPEN),
        ("城西区", (1, 1, 1, 0, 1), Outlook.OUT_OF_REACH),
    ]
    assert result.overall
    assert result.overall.counts.unclear == 0


def test_a_number_of_enterprises_is_asked_of_no_district() -> None:
    batch = batch_of([Listed(None, "城东区"), Listed(None, "城西区")], target(enterprises=1))
    frame = table_of(target_sheet(batch), "targets_1").frame
    assert rows(frame, "needed", "missing", "outlook") == [(None, None, None)] * 2 + [(1, 1, "可达成")]


def test_a_target_of_a_district_is_not_broken_down() -> None:
    east = TargetCondition("district", "城东区", "district", "城东区")
    batch = batch_of([Listed(None, "城东区"), Listed(None, "城西区"), SILENT], target("1", conditions=[east]))
    (result,) = target_results(batch)
    assert (result.districts, result.overall and result.overall.counts[:2]) == ((), (1, 1))


def test_only_districts_with_somebody_who_may_be_selected_are_listed() -> None:
    batch = batch_of([Listed("否", "城东区"), Listed(None, "城西区")], target("1", conditions=[ABOVE_SCALE]))
    assert [name for name, _ in target_results(batch)[0].districts] == ["城西区"]


# --- every completion -----------------------------------------------------------------------------------------------


class Completion(NamedTuple):
    """What a bureau might find in the end: who is in a selection, and who of them reaches the level."""

    asked: int
    reached: int


def completions(listed: Sequence[Listed], selects: bool, district: str = "") -> Iterator[Completion]:
    """Every completion of a roster, of the selection 规上 or of all, in a district or everywhere."""

    def values(of_roster: str | None, said: set[str | None], all_values: Sequence[str]) -> list[str]:
        known = of_roster or (next(iter(said)) if len(said) == 1 else None)
        return [known] if known else list(all_values)

    def ways(one: Listed) -> set[tuple[bool, bool]]:
        """In what ways an enterprise may be in the selection, and reach the level."""
        covered = [each for each in one.returns if not each.elsewhere]
        scales = values(one.above_scale, {r.above_scale for r in covered} - {None}, "是否")
        districts = values(one.district, {r.district for r in covered} - {None}, "东西外")
        verdicts = {r.level >= SILVER for r in covered} or {True, False}
        return {
            ((scale == "是" or not selects) and place in (district or place), verdict)
            for scale, place, verdict in itertools.product(scales, districts, verdicts)
        }

    for world in itertools.product(*map(ways, listed)):
        yield Completion(sum(inside for inside, _ in world), sum(inside and level for inside, level in world))


def random_roster(draw: random.Random) -> list[Listed]:
    def returned() -> Returned:
        return Returned(draw.choice((1, 2)), draw.choice(("是", "否", None)), draw.choice("东西"), draw.random() < 0.1)

    return [
        Listed(
            draw.choice(("是", "是", "否", None)),
            draw.choice(("东", "西", None)),
            tuple(returned() for _ in range(draw.choice((0, 0, 1, 1, 2)))),
        )
        for _ in range(draw.randint(1, 5))
    ]


@pytest.mark.parametrize("seed", range(8))
def test_figures_bound_every_completion_and_say_of_targets_what_all_say(seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(4):
        listed = random_roster(draw)
        selects = draw.random() < 0.7
        conditions = [ABOVE_SCALE] if selects else []
        asks = [target(share, conditions=conditions) for share in ("1/3", "1/2", "4/5", "1")]
        asks += [target(enterprises=n, conditions=conditions) for n in (1, 2, 4)]
        outcomes = target_results(batch_of(listed, *asks))
        everywhere = set(completions(listed, selects))
        by_district = {name: set(completions(listed, selects, name)) for name, _ in outcomes[0].districts}
        for result in outcomes:
            stated = result.target.target
            require_exact(everywhere, result.overall, stated.share, stated.enterprises)
            for name, figures in result.districts:
                require_exact(by_district[name], figures, stated.share)


def require_exact(
    worlds: set[Completion], figures: TargetFigures | None, share: Fraction | None, number: int | None = None
) -> None:
    """The figures are the bounds of all completions, and the outlook is what they have in common."""
    assert figures
    counts = figures.counts
    assert {min(w.asked for w in worlds), max(w.asked for w in worlds)} == {counts.asked, counts.asked + counts.unclear}
    assert min(w.reached for w in worlds) == counts.confirmed
    assert max(w.reached for w in worlds) == counts.at_most
    if share is None and number is None:
        assert figures[1:] == (None, None, None, None)
        return
    asks = {w: math.ceil(share * w.asked) if share is not None else number or 0 for w in worlds}
    met = [w.reached >= asks[w] for w in worlds]
    if share is not None and not counts.asked + counts.unclear:
        assert figures.outlook is None
        return
    assert figures.outlook is (Outlook.REACHED if all(met) else Outlook.OPEN if any(met) else Outlook.OUT_OF_REACH)
    assert figures.needed is not None
    assert figures.needed_at_most is not None
    assert figures.needed in asks.values() or figures.needed == number
    assert figures.missing == max(0, figures.needed_at_most - counts.confirmed)
    assert (figures.missing == 0) == all(met)


@pytest.mark.parametrize("share", ["1/3", "4/5", "1"])
def test_so_many_more_as_are_missing_reach_the_target_and_one_less_does_not(share: str) -> None:
    asked = target(share, conditions=[ABOVE_SCALE])
    pending = [Listed("是")] * 8
    others = [Listed("是", returns=(Returned(2),)), Listed("是", returns=(Returned(1),)), Listed(None)]
    missing = overall(batch_of([*pending, *others], asked)).missing
    assert missing is not None
    for more, outlook in ((missing, Outlook.REACHED), (missing - 1, Outlook.OPEN)):
        done = [Listed("是", returns=(Returned(2),))] * min(more, 8)
        if more <= 8:
            assert overall(batch_of([*done, *pending[more:], *others], asked)).outlook is outlook
            assert all(
                (w.reached >= Fraction(share) * w.asked) for w in completions([*done, *pending[more:], *others], True)
            ) == (outlook is Outlook.REACHED)


# --- as it is printed -----------------------------------------------------------------------------------------------


def test_what_a_target_asks_in_words() -> None:
    stated = target("4/5", conditions=[ABOVE_SCALE])
    text = target_text(stated, small_edition())
    assert all(part in text for part in ("“是”", "≥银", "80%"))


def test_targets_open_the_overview_with_a_chart_of_them() -> None:
    sheet = overview_sheet(batch_of([SILENT, reached(2)], target("1")))
    first, *others = sheet.blocks
    assert isinstance(first, Table)
    assert first.id == "targets"
    (charts,) = (block.charts for block in others if isinstance(block, ChartRow))
    assert charts[0] == Chart("bar", first.title, "targets", "label", ("confirmed", "at_most", "needed"))
    assert first.frame["label"].tolist() == ["目标（应报 2）"]


def test_without_targets_nothing_is_printed() -> None:
    batch = batch_of([SILENT, reached(2)])
    assert target_tables(batch) == ()
    assert target_sheet(batch) is None
    assert "目标" not in [sheet.name for sheet in report_sheets(batch)]


def test_without_a_roster_targets_stand_without_figures() -> None:
    batch = small_batch({"level": 2}, targets=ReportTargets((target("1"),)))
    table = table_of(overview_sheet(batch), "targets")
    assert [column.key for column in table.columns] == ["name", "aim", "by"]
    assert len(table.notes) == 1
    assert "名单" in table.notes[0]
    assert target_sheet(batch) is None


def test_targets_of_the_roster_that_are_not_used_are_said() -> None:
    notes = table_of(overview_sheet(batch_of([SILENT], target("1"), overruled=3)), "targets").notes
    assert [note for note in notes if "3 个" in note]
    notes = table_of(overview_sheet(batch_of([SILENT], target("1"), left_out=(4, 7))), "targets").notes
    assert [note for note in notes if "4、7" in note]


def test_where_no_line_of_the_sheet_could_be_read_that_is_said() -> None:
    (table,) = target_tables(batch_of([SILENT], left_out=(2,)))
    assert isinstance(table, Table)
    assert len(table.frame) == 0
    assert "2" in table.notes[-1]


# --- many -----------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_hundred_thousand_enterprises_in_a_second() -> None:
    draw = random.Random(1)
    listed = [
        Listed(draw.choice(("是", "否", None)), f"区{draw.randrange(20)}", (Returned(draw.randrange(4)),) * (i % 3 > 0))
        for i in range(100_000)
    ]
    batch = batch_of(listed, target("4/5", conditions=[ABOVE_SCALE]), target("1/2"), target(enterprises=20_000))
    begun = time.process_time()
    results = target_results(batch)
    assert time.process_time() - begun < 1
    assert [len(result.districts) for result in results] == [20] * 3
