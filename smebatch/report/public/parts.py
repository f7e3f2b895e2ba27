"""The public edition on the parts of the score and on scenes: rates of all returns, and the counts that may be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.public.disclosure import any_small, hides_parts, kept_edges
from smebatch.report.public.groups import Withheld
from smebatch.report.section_groups import full_mark_units
from smebatch.report.section_items import item_sheet
from smebatch.report.section_scenes import NOT_APPLICABLE, scene_counts, scene_figures, subtotal_frame
from smebatch.report.words import at_least, milestones
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

ITEMS = "item_rates"
_RATES = ("mean", "rate")
_ENDS = ("zero", "zero_share", "top", "top_share")


# --- 维度与采集项 -----------------------------------------------------------------------------------------------------


def public_item_sheet(batch: ReportData) -> tuple[ReportSheet | None, list[Withheld]]:
    """维度与采集项: the rates as they are, and how many have 0 or full marks in an item where that is not small.

    Dimensions and indicators have no such counts: who has 0 in a dimension has it in each of its items. An item whose
    rate tells how many have which points is blank; None where that is so of a dimension.
    """
    edition, why = batch.edition, f"由平均值可以推出得某一分数的不足 {batch.options.small_group} 份"
    paths = {q.id: tuple(part.id for part in edition.question_path(q)) for q in edition.questions}
    dimensions: dict[str, list[str]] = {}
    for q, (dimension, *_) in paths.items():
        dimensions.setdefault(dimension, []).append(q)
    if not all(_sum_is_safe(batch, members) for members in dimensions.values()):
        return None, [Withheld("各维度、指标、采集项得分率", why)]
    left_out = []
    hidden = with_companions({q for q in paths if not _sum_is_safe(batch, [q])}, paths)
    alone = Counter(paths[q][1] for q in hidden)
    untold = {indicator for indicator, n in alone.items() if n == 1 or len(hidden) == len(paths)}
    ends = {q for q in paths if q not in hidden and _ends_are_safe(batch, q)}
    blocks: list[Table | ChartRow] = []
    sheet = item_sheet(batch)
    for block in sheet.blocks:
        if isinstance(block, Table) and block.id == ITEMS:
            blocks.append(_blanked(_blanked(block, _ENDS, set(paths) - ends), _RATES, hidden))
        elif isinstance(block, Table):
            blocks.append(_blanked(_blanked(block, _ENDS, set(block.frame["id"])), _RATES, untold))
        elif isinstance(block, ChartRow) and not hidden:
            blocks.append(block)
    if hidden:
        left_out.append(Withheld("部分采集项、指标的得分率（表中空白处）", f"{why}，或为掩护这样的采集项"))
    if len(ends) < len(paths):
        few = f"不足 {batch.options.small_group} 份，或与平均得分合看可以推出"
        left_out.append(Withheld("部分采集项的得0分、得满分份数（表中空白处）", few))
    return replace(sheet, blocks=tuple(blocks)), left_out


def _blanked(table: Table, keys: Sequence[str], parts: Collection[str]) -> Table:
    """A table of rates, blank in some columns of some of its parts, which then come last, in the edition's order.

    Without the columns where no other part is left.
    """
    blank = table.frame["id"].isin(parts)
    if blank.all():
        shown = tuple(column for column in table.columns if column.key not in keys)
        return replace(table, columns=shown, frame=table.frame.drop(columns=list(keys)))
    types = {key: "Float64" if table.frame[key].dtype.kind == "f" else "Int64" for key in keys}
    frame = table.frame.astype(types)
    frame.loc[blank, list(keys)] = pd.NA
    if "rate" in keys:
        frame = pd.concat([frame[~blank], frame[blank].sort_values("id")], ignore_index=True)
    return replace(table, frame=frame)


def with_companions(unsafe: Collection[str], paths: Mapping[str, Sequence[str]]) -> frozenset[str]:
    """Items whose rates are not told, and others beside them, so that no sum less what is told leaves one alone.

    ``paths``: the dimension and the indicator of each item, whose sums are told: that of an indicator but where it has
    one such item, that of a dimension always. Where nothing helps all items are hidden, and no indicator is told.

    >>> paths = {"a": ("D", "I"), "b": ("D", "I"), "c": ("D", "J"), "d": ("D", "K")}
    >>> sorted(with_companions({"a"}, paths)), sorted(with_companions({"c"}, paths)), with_companions((), paths)
    (['a', 'b'], ['a', 'c'], frozenset())
    >>> sorted(with_companions({"a", "b", "c"}, paths)), sorted(with_companions({"a", "b", "c", "d"}, paths))
    (['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'])
    """
    hidden = set(unsafe)
    for item in sorted(unsafe):
        dimension, indicator = paths[item][:2]
        within = [q for q in paths if paths[q][0] == dimension]
        alone = [q for q in within if q in hidden and sum(paths[p][1] == paths[q][1] for p in hidden) == 1]
        if alone == [item]:
            left = [q for q in within if q not in hidden]
            if not left:
                return frozenset(paths)
            hidden.add(min(left, key=lambda q: paths[q][1] != indicator))  # of its own indicator if it can be
    return frozenset(hidden)


def _sum_is_safe(batch: ReportData, questions: Sequence[str]) -> bool:
    step = min(scale_of(batch.edition).step[q] for q in questions)
    full = sum(full_mark_units(batch.edition)[q] for q in questions)
    gained = int(batch.scores[list(questions)].to_numpy().sum())
    return hides_parts(len(batch.scores), gained // step, full // step, batch.options.small_group)


def _ends_are_safe(batch: ReportData, question: str) -> bool:
    """Whether it may be told how many returns have 0 and full marks in an item, beside the mean of all."""
    least = batch.options.small_group
    steps = batch.scores[question] // scale_of(batch.edition).step[question]
    most = type_of(batch.edition.question[question]).most_steps(batch.edition.question[question])
    between = steps[(steps > 0) & (steps < most)]
    counts = (int((steps == 0).sum()), int((steps == most).sum()), len(between))
    return not any_small(counts, least) and hides_parts(
        len(between), int(between.sum()) - len(between), max(0, most - 2), least
    )


# --- 应用场景 ---------------------------------------------------------------------------------------------------------


def public_scene_sheet(batch: ReportData) -> tuple[ReportSheet | None, list[Withheld]]:
    """应用场景: the share of returns at each level of a scene or above, blank where that tells of few.

    The mean level adds up these shares, so it is told where all of them are. The sums of several scenes would give away
    what is blank in one of them: a column is told where it has no blank.
    """
    edition, least = batch.edition, batch.options.small_group
    figures = scene_figures(scene_counts(batch))
    levels = [int(key.removeprefix("cover_")) for key in figures.columns if key.startswith("cover_")]
    goal = milestones(edition)[0]
    kept = [kept_edges(row, least, first=(goal + 1,)) for row in _class_rows(batch)]
    told = {1: "none_share"} | {level + 1: f"cover_{level}" for level in levels}  # by the class that an edge begins
    returns = len(batch.scores)
    frame = pd.DataFrame({"name": pd.Series([s.printed_name for s in edition.scenes], dtype="str")})
    figures["none_share"] = figures[NOT_APPLICABLE] / returns
    for edge, key in told.items():
        frame[key] = figures[key].where(pd.Series([edge in edges for edges in kept], dtype="bool")).astype("float64")
    complete = [len(edges) == len(told) for edges in kept]
    frame["mean"] = figures["mean"].where(pd.Series(complete)).astype("float64")
    if frame.drop(columns="name").isna().all(axis=None):
        return None, [Withheld("应用场景", f"每个场景达到或未达到某一等级的都不足 {least} 份")]
    columns = (
        TableColumn("none_share", f"{edition.header.not_applicable}占比", Format.PERCENT),
        *(TableColumn(f"cover_{g}", f"{at_least(edition, g)}覆盖率", Format.PERCENT) for g in levels),
        TableColumn("mean", "平均等级", Format.POINTS),
    )
    columns = tuple(column for column in columns if frame[column.key].notna().any())
    named = TableColumn("name", "应用场景", width=30)
    title = f"各场景覆盖率（n={returns}）"
    table = Table("scenes", title, frame, (named, *columns), notes=(edition.header.binding_note,))
    blocks: list[Table | ChartRow] = [table]
    if f"cover_{goal}" in frame and frame[f"cover_{goal}"].notna().any():
        chart = Chart(
            "bar", f"各场景{at_least(edition, goal)}覆盖率（n={returns}）", "scenes", "name", (f"cover_{goal}",)
        )
        blocks.insert(0, ChartRow((chart,)))
    full = [column for column in columns if frame[column.key].notna().all()]
    blocks += [_kinds_table(batch, (TableColumn("name", "场景类别", width=30), *full))] if full else []
    left_out = list(_scenes_left_out(batch, all(complete), len(full) == len(columns) and all(complete)))
    title = f"{edition.header.scene_part}：应用场景等级"
    return ReportSheet("应用场景", title, tuple(blocks), landscape=False, pages=(1, 1)), left_out


def _class_rows(batch: ReportData) -> Iterator[list[int]]:
    """How many returns have each scene in each class: 不适用, 未达一级, then its levels."""
    for counts in scene_counts(batch).itertuples(index=False):
        yield [int(n) for n in counts]


def _kinds_table(batch: ReportData, columns: tuple[TableColumn, ...]) -> Table:
    """The figures of several scenes together; of columns that have no blank in any scene."""
    frame, scenes = subtotal_frame(batch), [column.key for column in columns]
    counted = frame[[key for key in frame.columns if key == NOT_APPLICABLE or key.startswith("level_")]]
    frame["none_share"] = frame[NOT_APPLICABLE] / counted.sum(axis=1)
    note = "一份评测表的每个场景各计一次。"
    title = f"各类场景（份×场景，n={len(batch.scores)}）"
    return Table("scene_groups", title, frame[scenes], columns, total=True, notes=(note,))


def _scenes_left_out(batch: ReportData, complete: bool, sums: bool) -> Iterator[Withheld]:
    least = batch.options.small_group
    if not complete:
        yield Withheld("部分场景的部分覆盖率、平均等级（表中空白处）", f"达到或未达到的不足 {least} 份，或可由此推出")
    if not sums:
        yield Withheld("各类场景的部分栏", "与各场景相减会得出空白处的数")
