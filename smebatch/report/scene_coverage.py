"""Heat maps of groups and scenes: the share of returns that have reached a level of each scene."""

from __future__ import annotations

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.report.document import Format, Table, TableColumn
from smebatch.report.group_order import small_group_note
from smebatch.report.words import MISSING, TOTAL

SCENE_WIDTH = 7.5
GROUP_WIDTH = 20.0  # of the names of groups at most, so that a map fits on a page that lies


def coverage_by(batch: ReportData, level: int, key: pd.Series[str]) -> pd.DataFrame:
    """Share of returns with each scene at the level or above, by group and for the whole (last row).

    ``key`` has the index of the scores. Columns: group, n, then the scenes, note (小样本). Most returns first, 未填
    last.
    """
    scenes = [s.id for s in batch.edition.scenes]
    reached = (batch.scores[scenes] >= level).astype("int64").assign(n=1)
    sums = reached.groupby(key.to_numpy()).sum()
    names = [str(name) for name in sums.index]
    counts = sums["n"].tolist()
    order = sorted(range(len(names)), key=lambda i: (names[i] == MISSING, -counts[i], names[i]))
    frame = pd.concat([sums.iloc[order], sums.sum().to_frame().T], ignore_index=True)
    shares = frame[scenes].div(frame["n"].where(frame["n"] > 0), axis=0)
    shares.insert(0, "group", pd.Series([*(names[i] for i in order), TOTAL], dtype="str"))
    shares.insert(1, "n", frame["n"].astype("int64"))
    notes = [small_group_note(counts[i], batch.options.small_group) for i in order]
    shares["note"] = pd.Series([*notes, ""], dtype="str")
    return shares


def coverage_table(batch: ReportData, name: str, title: str, heading: str, frame: pd.DataFrame) -> Table:
    """A heat map to print."""
    scenes = batch.edition.scenes
    return Table(
        name,
        title,
        frame,
        (
            TableColumn("group", heading, widest=GROUP_WIDTH),
            TableColumn("n", "份数", Format.COUNT),
            *(TableColumn(s.id, s.printed_name, Format.PERCENT, SCENE_WIDTH) for s in scenes),
            TableColumn("note", "备注", Format.CODE),
        ),
        total=True,
        heat=tuple(s.id for s in scenes),
    )
