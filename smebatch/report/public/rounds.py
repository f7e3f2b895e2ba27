"""The public edition on two rounds: levels before and after, and who rose or fell, of the enterprises in both.

Who is in one round alone follows by subtraction from the tables of a whole round; so the enterprises in both and those
in one alone are looked at together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_ratio
from smebatch.report.public.disclosure import any_small, hides_parts
from smebatch.report.public.groups import Withheld, level_edges
from smebatch.report.round_figures import Comparison, change_frame, move_counts
from smebatch.report.section_groups import full_mark_units
from smebatch.report.section_rounds import RoundComparison, RoundWords, round_comparisons
from smebatch.report.words import TOTAL, level_numbers, milestones
from smebatch.standard.score_units import scale_of

_RISES, _CLAIMS = ("上升", "不变", "下降"), ("低估", "一致", "高估")


def public_round_sheets(batch: ReportData) -> tuple[list[ReportSheet], list[Withheld]]:
    """改造前后 and 自评与现场 as far as they may be told."""
    sheets, left_out = [], []
    for compared in round_comparisons(batch):
        blocks, missing = _blocks(batch, compared)
        words = compared.words
        left_out += [Withheld(f"{words.sheet}{part and '：'}{part}", why) for part, why in missing]
        if blocks:
            n = len(compared.comparison.pairs)
            note = f"{words.whose}只含{words.before}和{words.after}都计入、能对应上的 {n} 家企业。"
            warning = _CLAIM_NOTE if compared.claims else _SELECTION_NOTE
            sheets.append(ReportSheet(words.sheet, words.title, tuple(blocks), (note, warning), landscape=False))
    return sheets, left_out


_SELECTION_NOTE = "如果第二轮主要是挑第一轮得分低的企业来评，它们即使什么都没有做，第二轮平均也会高一些（均值回归）。"
_CLAIM_NOTE = "高估：填报的步数多于现场评定；低估相反。只代表到过现场的企业，不能推到全部企业。"


def _blocks(batch: ReportData, compared: RoundComparison) -> tuple[list[Table | ChartRow], list[Withheld]]:
    """The tables of two rounds, and what is left out of them."""
    c, words, claims = compared
    least, n = batch.options.small_group, len(c.pairs)
    alone = (len(c.only_before.scores), len(c.only_after.scores))
    if any_small((n, *alone), least):
        return [], [Withheld("", f"对应上的或只在一轮中的企业不足 {least} 家")]
    names = _CLAIMS if claims else _RISES
    blocks: list[Table | ChartRow] = []
    left_out = []
    edges = _told_edges(c, set(level_edges(batch)), least)
    if edges:
        table = _level_table(c, words, edges)
        chart = Chart("column", f"各等级企业数（n={n}）", table.id, "name", ("before", "after"))
        blocks += [ChartRow((chart,)), table]
    moves = move_counts(c.levels)
    if any_small((*moves, *_beside_crossings(c, edges)), least):
        left_out.append(Withheld(f"等级{'、'.join(names)}的企业数", f"不足 {least} 家，或可与等级分布相减得出"))
    else:
        blocks.append(_move_table(words, names, moves))
    if not edges or len(edges) < len(level_numbers(c.edition)) - 1:
        left_out.append(Withheld("部分等级（与相邻等级合并）" if edges else "等级分布", f"有的不足 {least} 家"))
    if _means_are_safe(c, least):
        blocks.append(_mean_table(c, words))
    else:
        left_out.append(Withheld("平均得分的变化", "由平均值可以推出有多少家得 0 分或满分"))
    parts = _part_table(c, words, names, least)
    blocks += [parts] if len(parts.frame) else []
    if len(parts.frame) < len(c.steps.columns):
        left_out.append(Withheld("部分采集项、场景的变化", f"{'、'.join(names)}的不足 {least} 家"))
    return blocks, left_out


def _levels(c: Comparison) -> tuple[pd.Series[int], ...]:
    """Levels of the pairs before and after, and of those in one round alone."""
    return (
        c.scores_before["level"],
        c.scores_after["level"],
        c.only_before.scores["level"],
        c.only_after.scores["level"],
    )


def _between(levels: pd.Series[int], edges: Sequence[int], top: int) -> list[int]:
    return [int(levels.between(low, high - 1).sum()) for low, high in pairwise([0, *edges, top + 1])]


def _crossings(c: Comparison, edge: int) -> tuple[int, int]:
    """How many rose from below a level to it or above, and how many fell."""
    before, after = c.scores_before["level"] >= edge, c.scores_after["level"] >= edge
    return int((~before & after).sum()), int((before & ~after).sum())


def _told_edges(c: Comparison, allowed: Iterable[int], least: int) -> tuple[int, ...]:
    """The levels that may be told of both rounds: of those in both, of those in one alone, and of who crossed them."""
    top, kept = level_numbers(c.edition)[-1], list[int]()
    for edge in sorted(allowed, key=lambda g: (g not in milestones(c.edition), g)):
        ends = sorted({*kept, edge})
        counts = [n for levels in _levels(c) for n in _between(levels, ends, top)]
        if not any_small((*counts, *_crossings(c, edge)), least):
            kept = ends
    return tuple(kept)


def _beside_crossings(c: Comparison, edges: Sequence[int]) -> list[int]:
    """Who rose or fell without crossing a level that is told, and who crossed more than one where all are told.

    Where nobody falls the levels tell how many crossed each of them.
    """
    rose, _, fell = move_counts(c.levels)
    crossed = [_crossings(c, edge) for edge in edges]
    beside = [n for up, down in crossed for n in (rose - up, fell - down)]
    if len(edges) == len(level_numbers(c.edition)) - 1:
        beside += [sum(up for up, _ in crossed) - rose, sum(down for _, down in crossed) - fell]
    return beside


def _level_table(c: Comparison, words: RoundWords, edges: Sequence[int]) -> Table:
    top, n = level_numbers(c.edition)[-1], len(c.pairs)
    names = [
        "、".join(c.edition.level_name(g) for g in range(low, high)) for low, high in pairwise([0, *edges, top + 1])
    ]
    before, after = (_between(levels, edges, top) for levels in _levels(c)[:2])
    frame = pd.DataFrame(
        {"name": pd.Series([*names, TOTAL], dtype="str"), "before": [*before, n], "after": [*after, n]}
    )
    shares = {f"{key}_share": frame[key] / n for key in ("before", "after")}
    return Table(
        f"{words.id}_levels",
        "两轮的等级（家）",
        frame.assign(**shares),
        (
            TableColumn("name", "等级"),
            TableColumn("before", words.before, Format.COUNT),
            TableColumn("before_share", "占比", Format.PERCENT),
            TableColumn("after", words.after, Format.COUNT),
            TableColumn("after_share", "占比", Format.PERCENT),
        ),
        total=True,
    )


def _move_table(words: RoundWords, names: Sequence[str], moves: Sequence[int]) -> Table:
    counts = [*moves, sum(moves)]
    frame = pd.DataFrame(
        {
            "name": pd.Series([*(f"等级{name}" for name in names), TOTAL], dtype="str"),
            "n": counts,
            "share": pd.Series([display_ratio(n, sum(moves)) for n in counts], dtype="float64"),
        }
    )
    columns = (
        TableColumn("name", "等级变动"),
        TableColumn("n", "企业数", Format.COUNT),
        TableColumn("share", "占比", Format.PERCENT),
    )
    return Table(f"{words.id}_moves", "等级变动（家）", frame, columns, total=True)


def _means_are_safe(c: Comparison, least: int) -> bool:
    full, edition = full_mark_units(c.edition), c.edition
    for dimension in edition.dimensions:
        step = min(scale_of(edition).step[q.id] for q in edition.questions if edition.question_path(q)[0] is dimension)
        for scores in (c.scores_before, c.scores_after, c.only_before.scores, c.only_after.scores):
            gained = int(scores[dimension.id].sum()) // step
            if not hides_parts(len(scores), gained, full[dimension.id] // step, least):
                return False
    return True


def _mean_table(c: Comparison, words: RoundWords) -> Table:
    frame = change_frame(c)
    frame = frame[frame["part"].isin(("score", "dimension"))].reset_index(drop=True)
    columns = (
        TableColumn("name", "项目"),
        TableColumn("before", f"{words.before}平均", Format.POINTS),
        TableColumn("after", f"{words.after}平均", Format.POINTS),
        TableColumn("change", "变化", Format.POINTS),
    )
    keys = [column.key for column in columns]
    note = "变化由未舍入的平均值相减，可能与表中两个平均值之差相差 0.01。"
    return Table(f"{words.id}_score", f"得分与维度（分，n={len(c.pairs)}）", frame[keys], columns, notes=(note,))


def _part_table(c: Comparison, words: RoundWords, names: Sequence[str], least: int) -> Table:
    """Of each item and scene the share of enterprises that rose, stayed and fell, where none of these is small."""
    parts = {q.id: f"题{q.number} {q.item}" for q in c.edition.questions}
    parts |= {s.id: f"场景{s.number} {s.printed_name}" for s in c.edition.scenes}
    moves = {part: move_counts(c.steps[part]) for part in parts}
    told = {part: counts for part, counts in moves.items() if not any_small(counts, least)}
    keys = ("up", "agree", "down")
    frame = pd.DataFrame({"name": pd.Series([parts[part] for part in told], dtype="str")})
    for i, key in enumerate(keys):
        frame[key] = pd.Series([counts[i] / len(c.pairs) for counts in told.values()], dtype="float64")
    columns = [TableColumn(key, f"{name}占比", Format.PERCENT) for key, name in zip(keys, names, strict=True)]
    title = f"采集项和应用场景（n={len(c.pairs)}）"
    return Table(f"{words.id}_parts", title, frame, (TableColumn("name", "项目", width=36), *columns))
