"""单项提升: which single question or scene, raised alone, lifts most returns to their next level, and where."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from smebatch.assess.ways.upgrades import lever_keys
from smebatch.batch.load import ReportData
from smebatch.report.document import Chart, ChartRow, Format, ReportSentence, ReportSheet, Stated, Table, TableColumn
from smebatch.report.exact_statistics import display_ratio, percent_text
from smebatch.report.scene_coverage import GROUP_WIDTH
from smebatch.report.section_upgrade import step_note
from smebatch.report.words import MISSING, TOTAL, group_names, lever_name
from smebatch.standard.model import Edition

ANY = "任一项（不重复计）"
MAX_LEVERS = 8  # that are told by district
_LEVER_WIDTH = 8.0
_IN_CHART = 10  # levers
_MOST_NAMED = 3  # levers of which none is better than the others


def lever_frame(edition: Edition, upgrades: pd.DataFrame) -> pd.DataFrame:
    """One row a question or scene that lifts returns alone, those that lift most of them first, and one for any.

    Columns: key, name; as int64 n (returns that it lifts to their next level, nothing else raised), one (of them by one
    step), more (by more steps), to_<level> (of them to that level); share, n ÷ the returns below the highest level, NA
    where there are none. In the last row, key "any", a return that several of them lift is counted once.
    """
    keys, levels = [key for key in lever_keys(edition) if (upgrades[key] > 0).any()], upgrades["to_level"]
    below = int((levels > 0).sum())

    def row(key: str, name: str, lifted: pd.Series[bool], by_one: pd.Series[bool]) -> dict[str, object]:
        n, one = int(lifted.sum()), int(by_one.sum())
        to = {f"to_{each.level}": int((lifted & (levels == each.level)).sum()) for each in edition.levels}
        return {"key": key, "name": name, "n": n, "one": one, "more": n - one, **to, "share": display_ratio(n, below)}

    rows = [row(key, lever_name(edition, key), upgrades[key] > 0, upgrades[key] == 1) for key in keys]
    rows.sort(key=lambda each: -int(str(each["n"])))  # those of the same number as the edition has them
    every = upgrades[lever_keys(edition)]
    rows.append(row("any", ANY, (every > 0).any(axis=1), (every == 1).any(axis=1)))
    return pd.DataFrame(rows).astype({"key": "str", "name": "str", "share": "float64"})


def district_frame(batch: ReportData, upgrades: pd.DataFrame, order: Sequence[str]) -> pd.DataFrame:
    """One row a district and the total: whom which of the questions and scenes of ``order`` lifts there alone.

    Columns: group; as int64 n (returns below the highest level), any (of them those that any lifts alone); best, what
    lifts most, of several the one that lifts most in all, its key best_key and how many it lifts, best_n (Int64): blank
    where nothing lifts any; and for each key as int64 how many it lifts. Most returns first, 未填 last.
    """
    lifted = (upgrades[[*order]] > 0).astype("int64")
    lifted.insert(0, "any", lifted.any(axis=1).astype("int64"))
    lifted.insert(0, "n", (upgrades["to_level"] > 0).astype("int64"))
    districts = group_names(batch.enterprises["district"]).to_numpy()
    sums = lifted.groupby(districts).sum()
    below = dict(zip(map(str, sums.index), sums["n"].tolist(), strict=True))
    names = sorted(below, key=lambda name: (name == MISSING, -below[name], name))
    frame = pd.concat([sums.loc[names], lifted.sum().to_frame().T], ignore_index=True)
    frame.insert(0, "group", pd.Series([*names, TOTAL], dtype="str"))
    best = frame[[*order]].idxmax(axis=1) if order else pd.Series("", frame.index)
    most = frame[[*order]].max(axis=1) if order else pd.Series(0, frame.index)
    frame["best_key"] = best.where(most > 0, "").astype("str")
    frame["best"] = [lever_name(batch.edition, key) if key else "" for key in frame["best_key"]]
    frame["best_n"] = most.where(most > 0).astype("Int64")
    return frame


def lever_sheet(batch: ReportData) -> ReportSheet | None:
    """单项提升; None where ways are not told."""
    edition, upgrades = batch.edition, batch.upgrades
    if upgrades is None:
        return None
    levers = lever_table(edition, upgrades)
    order = levers.frame["key"].tolist()[: levers.body]
    chart = Chart("stacked_bar", "只提升一项即可升级的（份）", "levers", "name", ("one", "more"), limit=_IN_CHART)
    charts = (ChartRow((chart,)),) if order else ()
    blocks = (levers, district_table(batch, upgrades, order), *charts)
    title = "单项提升：只做一件事，哪一件让最多企业升级"
    return ReportSheet("单项提升", title, blocks, landscape=False, lead=_lead(levers, upgrades))


def lever_table(edition: Edition, upgrades: pd.DataFrame) -> Table:
    """Which single measures lift most returns."""
    frame = lever_frame(edition, upgrades)
    others = len(lever_keys(edition)) - len(frame) + 1
    none = f"其余 {others} 项单独提升都不能使任何一份升级。" if others else ""
    return Table(
        "levers",
        "只提升一项即可升到下一等级的（份）",
        frame,
        (
            TableColumn("name", "只提升这一项", widest=34),
            TableColumn("n", "即可升级", Format.COUNT),
            TableColumn("share", "占尚可升级的", Format.PERCENT),
            TableColumn("one", "只需 1 步", Format.COUNT),
            TableColumn("more", "需多步", Format.COUNT),
            *(TableColumn(f"to_{each.level}", f"升到{each.name}", Format.COUNT) for each in edition.levels),
        ),
        total=True,
        notes=(
            f"一份评测表可能有几项都能单独使它升级，各项都计，最后一行只计一次。{none}",
            step_note(edition),
        ),
    )


def district_table(batch: ReportData, upgrades: pd.DataFrame, order: Sequence[str]) -> Table:
    """The same by district; ``order``: the keys of what lifts any, what lifts most first."""
    edition, frame, keys = batch.edition, district_frame(batch, upgrades, order), order[:MAX_LEVERS]
    return Table(
        "district_levers",
        "各区县只提升一项即可升级的（份）",
        frame,
        (
            TableColumn("group", "区县", widest=GROUP_WIDTH),
            TableColumn("n", "尚可升级", Format.COUNT),
            TableColumn("any", "任一项", Format.COUNT),
            TableColumn("best", "最有效的一项", widest=18),
            TableColumn("best_n", "可使升级", Format.COUNT),
            *(TableColumn(key, lever_name(edition, key), Format.COUNT, _LEVER_WIDTH) for key in keys),
        ),
        total=True,
        heat=tuple(keys),
        notes=(
            "几项同样有效时，“最有效的一项”是其中对全部企业更有效的。",
            f"右边各栏是对全部企业最有效的 {len(keys)} 项。",
        ),
    )


def _lead(levers: Table, upgrades: pd.DataFrame) -> ReportSentence | str:
    """How many a single measure lifts, and which of them most."""
    below, rows = int((upgrades["to_level"] > 0).sum()), levers.frame
    every, first = rows.iloc[-1], rows.iloc[0]
    if not every["n"]:
        return f"尚可升级的 {below} 份中，没有只提升一项就能升级的。" if below else ""
    best = [f"“{name}”" for name in rows["name"].iloc[:-1][rows["n"].iloc[:-1] == first["n"]]]
    others = f"等 {len(best)} 项" if len(best) > _MOST_NAMED else ""
    lifts, one = Stated(str(first["n"]), "levers", 0, "n"), Stated(str(first["one"]), "levers", 0, "one")
    alone = (" 份升级，其中 ", one, " 份只需 1 步。") if len(best) == 1 else (" 份升级。",)
    lifting = "可使 " if len(best) == 1 else "各可使 "
    return ReportSentence(
        *("尚可升级的 ", Stated(str(below), "district_levers", -1, "n"), " 份中，"),
        *(Stated(str(every["n"]), "levers", -1, "n"), " 份只提升一项就能升级，占 "),
        *(Stated(percent_text(every["n"], below), "levers", -1, "share"), "；最有效的是"),
        *("、".join(best[:_MOST_NAMED]), others, "，", lifting, lifts, *alone),
    )
