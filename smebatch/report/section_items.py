"""维度与采集项: where the points are lost, weakest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSheet, Table, TableColumn
from smebatch.report.exact_statistics import display_number, display_ratio
from smebatch.report.section_groups import full_mark_units
from smebatch.standard.score_units import scale_of


def rate_frame(batch: ReportData, parts: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """得分率 of parts of the score, weakest first, equal ones in the edition's order.

    ``parts``: id → the questions it is made of. Columns: id, full and mean (points), rate (mean ÷ full), zero and top
    (returns at 0 and at full marks) with zero_share and top_share; without returns only id and full are known.
    """
    returns = len(batch.scores)
    questions, units_per_point = full_mark_units(batch.edition), scale_of(batch.edition).units_per_point
    rows = []
    for i, (name, members) in enumerate(parts.items()):
        full = sum(questions[q] for q in members)
        units = batch.scores[list(members)].sum(axis=1)
        total, zero, top = int(units.sum()), int((units == 0).sum()), int((units == full).sum())
        row = {
            "id": name,
            "full": display_number(Fraction(full, units_per_point)),
            "mean": display_number(Fraction(total, returns * units_per_point)) if returns else None,
            "rate": display_ratio(total, returns * full),
            "zero": zero,
            "zero_share": display_ratio(zero, returns),
            "top": top,
            "top_share": display_ratio(top, returns),
        }
        rows.append((Fraction(total, full), i, row))
    frame = pd.DataFrame([row for *_, row in sorted(rows, key=lambda r: r[:2])])
    return frame.astype(dict.fromkeys(("mean", "rate", "zero_share", "top_share"), "float64"))


def item_sheet(batch: ReportData) -> ReportSheet:
    """维度与采集项: the first-level and second-level indicators and the 采集项, each weakest first."""
    edition = batch.edition
    path = {q.id: edition.question_path(q) for q in edition.questions}
    dimensions = {d.id: [q for q in path if path[q][0] is d] for d in edition.dimensions}
    indicators = {i.id: [q for q in path if path[q][1] is i] for i in edition.indicators}
    first = rate_frame(batch, dimensions)
    first["dimension"] = first["id"].map({d.id: d.name for d in edition.dimensions})
    second = rate_frame(batch, indicators)
    second["dimension"] = second["id"].map({i.id: edition.dimension[i.dimension].name for i in edition.indicators})
    second["indicator"] = second["id"].map({i.id: i.name for i in edition.indicators})
    third = rate_frame(batch, {q.id: [q.id] for q in edition.questions})
    third["dimension"] = third["id"].map({q: p[0].name for q, p in path.items()})
    third["indicator"] = third["id"].map({q: p[1].name for q, p in path.items()})
    third["item"] = third["id"].map({q.id: f"题{q.number} {q.item}" for q in edition.questions})
    for frame in (first, second):
        for name in ("indicator", "item"):
            if name not in frame:
                frame[name] = ""
    count = len(batch.scores)
    tables = [
        Table("dimension_rates", f"一级指标（维度，n={count}）", first, _columns()),
        Table("indicator_rates", f"二级指标（n={count}）", second, _columns()),
        Table("item_rates", f"采集项（n={count}）", third, _columns()),
    ]
    charts = ChartRow((Chart("bar", f"采集项得分率（由弱到强，n={count}）", "item_rates", "item", ("rate",)),))
    note = "得分率＝平均得分÷满分，由低到高排列；最前面的就是短板。"
    return ReportSheet("维度与采集项", "维度与采集项得分率", (*tables, charts), (note,), landscape=False)


def _columns() -> tuple[TableColumn, ...]:
    """The three tables share their columns, so that they align; what lies below the table's depth stays blank."""
    return (
        TableColumn("dimension", "一级指标"),
        TableColumn("indicator", "二级指标"),
        TableColumn("item", "采集项"),
        TableColumn("full", "满分", Format.POINTS),
        TableColumn("mean", "平均得分", Format.POINTS),
        TableColumn("rate", "得分率", Format.PERCENT),
        TableColumn("zero", "得0分份数", Format.COUNT),
        TableColumn("zero_share", "得0分占比", Format.PERCENT),
        TableColumn("top", "得满分份数", Format.COUNT),
        TableColumn("top_share", "得满分占比", Format.PERCENT),
    )
