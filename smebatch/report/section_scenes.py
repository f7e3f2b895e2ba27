"""应用场景: which scenes the returns have reached, scene by scene and district by district."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_ratio
from smebatch.report.scene_coverage import coverage_by, coverage_table
from smebatch.report.section_groups import industry_division
from smebatch.report.words import at_least, group_names, level_numbers, milestones


def scene_frame(batch: ReportData) -> pd.DataFrame:
    """One row a scene, in the standard's order: name (with *), level_<g>, cover_<g>, mean.

    level_<g>: returns whose scene stands at exactly g, 0 being 未达一级 and 不适用 (R8); cover_<g>: share at g or
    above; mean: mean level. 三(二).
    """
    edition, returns = batch.edition, len(batch.scores)
    rows = []
    for scene in edition.scenes:
        reached = batch.scores[scene.id]
        counts = {g: int((reached == g).sum()) for g in level_numbers(edition)}
        rows.append(
            {
                "name": scene.printed_name,
                **{f"level_{g}": k for g, k in counts.items()},
                **{f"cover_{g}": display_ratio(sum(counts[h] for h in counts if h >= g), returns) for g in counts if g},
                "mean": display_ratio(sum(g * k for g, k in counts.items()), returns),
            }
        )
    frame = pd.DataFrame(rows)
    return frame.astype({c: "float64" for c in frame if str(c).startswith("cover_") or c == "mean"})


def coverage_frame(batch: ReportData, level: int) -> pd.DataFrame:
    """Share of returns with each scene at the level or above, by district and for the whole (last row).

    Columns: see scene_coverage.coverage_by.
    """
    return coverage_by(batch, level, group_names(batch.enterprises["district"]))


def scene_sheet(batch: ReportData) -> ReportSheet:
    """应用场景, for editions that have scenes."""
    edition, goal = batch.edition, milestones(batch.edition)[0]
    levels = level_numbers(edition)
    scenes = Table(
        "scenes",
        f"各场景等级分布（份，n={len(batch.scores)}）",
        scene_frame(batch),
        (
            TableColumn("name", "应用场景"),
            *(
                TableColumn(f"level_{g}", edition.level_name(g) if g else edition.header.not_reached, Format.COUNT)
                for g in levels
            ),
            *(TableColumn(f"cover_{g}", f"{at_least(edition, g)}覆盖率", Format.PERCENT) for g in levels if g),
            TableColumn("mean", "平均等级", Format.POINTS),
        ),
        notes=(edition.header.binding_note, f"“{edition.header.not_reached}”一列含“{edition.header.not_applicable}”。"),
    )
    title, industry = f"{{}}场景{at_least(edition, goal)}覆盖率", industry_division(batch.enterprises["industry_code"])
    heat = (
        replace(
            coverage_table(batch, "coverage", title.format("各区县"), "区县", coverage_frame(batch, goal)),
            new_page=True,
        ),
        coverage_table(
            batch, "industry_coverage", title.format("各行业"), "行业大类", coverage_by(batch, goal, industry)
        ),
    )
    chart = Chart(
        "stacked", "各场景等级构成（份）", "scenes", "name", tuple(f"level_{g}" for g in levels), order="rising"
    )
    return ReportSheet("应用场景", f"{edition.header.scene_part}：应用场景等级", (scenes, ChartRow((chart,)), *heat))
