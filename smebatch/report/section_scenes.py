"""应用场景: which scenes the returns have reached, by scene, kind of scene and district."""

from __future__ import annotations

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.scene_coverage import coverage_by, coverage_table
from smebatch.report.section_groups import industry_division
from smebatch.report.words import BINDING, GUIDING, TOTAL, at_least, group_names, level_numbers, milestones
from smebatch.standard.model import Edition

NOT_APPLICABLE = "not_applicable"
NAME_WIDTH = 24.0  # at most, so that the table fits on a page that stands


def scene_counts(batch: ReportData) -> pd.DataFrame:
    """How many returns have each scene at each level, index the scene's id, int64, in the standard's order.

    Columns: not_applicable, and level_<g>, returns whose scene stands at exactly g; level_0 is 未达一级 alone. A scene
    that does not apply scores 0 as well (R8), and only there the two are told apart. 三(二).
    """
    reached = batch.scores[[s.id for s in batch.edition.scenes]]
    said = batch.not_applicable
    excused = (reached == 0) & (False if said is None else said.reindex(reached.index, fill_value=False))
    counts = pd.DataFrame({f"level_{g}": (reached == g).sum() for g in level_numbers(batch.edition)})
    counts.insert(0, NOT_APPLICABLE, excused.sum())
    counts["level_0"] -= counts[NOT_APPLICABLE]
    return counts.astype("int64")


def scene_frame(batch: ReportData) -> pd.DataFrame:
    """One row a scene: name (with *) and what ``scene_figures`` says of it."""
    frame = scene_figures(scene_counts(batch))
    frame.insert(0, "name", pd.Series([s.printed_name for s in batch.edition.scenes], dtype="str"))
    return frame


def scene_parts(edition: Edition) -> dict[str, list[str]]:
    """The subtotals of scenes: their printed names and the scenes in each, in the order of the table."""
    parts = {
        **{g.name: [s.id for s in edition.scenes if s.group == g.id] for g in edition.scene_groups},
        BINDING: [s.id for s in edition.scenes if s.binding],
        GUIDING: [s.id for s in edition.scenes if not s.binding],
        TOTAL: [s.id for s in edition.scenes],
    }
    return {name: scenes for name, scenes in parts.items() if scenes}


def subtotal_frame(batch: ReportData) -> pd.DataFrame:
    """The scenes added up by group, then binding and guiding ones, then all: name, and what ``scene_figures`` says.

    A return is counted once for each scene. Kinds of scenes that the edition has none of are left out.
    """
    parts = scene_parts(batch.edition)
    counts = scene_counts(batch)
    frame = scene_figures(pd.DataFrame([counts.loc[scenes].sum() for scenes in parts.values()]))
    names = [f"{name}（{len(scenes)} 个场景）" for name, scenes in parts.items()]
    frame.insert(0, "name", pd.Series(names, dtype="str"))
    return frame


def scene_figures(counts: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``scene_counts`` or of their sums, RangeIndex, with cover_<g> (the share at g or above) and mean (level).

    Both are of all that is counted, 不适用 and 未达一级 included; without returns there are none.
    """
    frame = counts.reset_index(drop=True)
    levels = range(frame.shape[1] - 1)
    whole = frame.sum(axis=1).where(lambda n: n > 0)
    shares = {f"cover_{g}": frame[[f"level_{h}" for h in levels if h >= g]].sum(axis=1) / whole for g in levels if g}
    sums = sum((g * frame[f"level_{g}"] for g in levels), start=pd.Series(0, frame.index))
    return frame.assign(**shares, mean=sums / whole)


def coverage_frame(batch: ReportData, level: int) -> pd.DataFrame:
    """Share of returns with each scene at the level or above, by district and for the whole (last row).

    Columns: see scene_coverage.coverage_by.
    """
    return coverage_by(batch, level, group_names(batch.enterprises["district"]))


def scene_sheet(batch: ReportData) -> ReportSheet:
    """应用场景, for editions that have scenes."""
    edition, levels = batch.edition, level_numbers(batch.edition)
    columns = (
        TableColumn("name", "应用场景", widest=NAME_WIDTH),
        TableColumn(NOT_APPLICABLE, edition.header.not_applicable, Format.COUNT),
        *(TableColumn(f"level_{g}", edition.scene_level_name(g), Format.COUNT) for g in levels),
        *(TableColumn(f"cover_{g}", f"{at_least(edition, g)}覆盖率", Format.PERCENT, 8) for g in levels if g),
        TableColumn("mean", "平均等级", Format.POINTS),
    )
    title = f"各场景等级分布（份，n={len(batch.scores)}）"
    scenes = Table("scenes", title, scene_frame(batch), columns, notes=(edition.header.binding_note,))
    subtotals = Table(
        *("scene_groups", f"各类场景小计（份×场景，n={len(batch.scores)}）", subtotal_frame(batch), columns),
        total=True,
        notes=("一份评测表的每个场景各计一次；各组场景相加、约束性与指导性场景相加，都等于合计。",),
    )
    title = f"各场景等级构成（份，n={len(batch.scores)}，{edition.header.not_applicable}的除外）"
    chart = Chart("stacked", title, "scenes", "name", tuple(f"level_{g}" for g in levels), order="rising")
    blocks = (scenes, ChartRow((chart,)), subtotals)
    return ReportSheet("应用场景", f"{edition.header.scene_part}：应用场景等级", blocks, landscape=False)


def coverage_sheet(batch: ReportData) -> ReportSheet:
    """场景覆盖率: who has reached which scene at the first milestone, by district and by industry."""
    edition, goal = batch.edition, milestones(batch.edition)[0]
    covered, industry = f"场景{at_least(edition, goal)}覆盖率", industry_division(batch.enterprises["industry_code"])
    heat = (
        coverage_table(batch, "coverage", f"各区县{covered}", "区县", coverage_frame(batch, goal)),
        coverage_table(batch, "industry_coverage", f"各行业{covered}", "行业大类", coverage_by(batch, goal, industry)),
    )
    return ReportSheet("场景覆盖率", covered, heat)
