"""The facts of two rounds: every return of both, with what became of the enterprise that it was matched for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from smebatch.batch.load import Counted, ReportData
from smebatch.report.basis.algebra import Fact, Universe
from smebatch.report.round_figures import Comparison
from smebatch.report.section_rounds import MATCHED_WORDS, RoundComparison, group_keys
from smebatch.report.words import level_numbers
from smebatch.standard.score_units import scale_of

BEFORE, AFTER = "before", "after"
ALONE = -1  # the level in the other round of what was not matched


def universe_name(pair: RoundComparison) -> str:
    """The name of the universe of two rounds: after the ids of their tables."""
    return f"round_{pair.words.id}"


def round_universe(batch: ReportData, pair: RoundComparison) -> Universe:
    """Every return of both rounds, those of an enterprise one after the other; matched ones share what they tell.

    side; matched (0 or 1); by (how, "" for none); level (its own); from and to (levels of both rounds, ALONE where
    there is none); move and change:<part> (1 rose, 0 same, −1 fell, and 2 where nothing is compared); for claims over:
    and under: how many items, scenes or parts in all were claimed too high and too low, agree: likewise; group:<i>;
    score_units and part:<id> of the return itself.
    """
    c = pair.comparison
    matched = pd.concat([_side(c, BEFORE, c.before, c.pairs["before"]), _side(c, AFTER, c.after, c.pairs["after"])])
    shared = _shared(batch, c)
    matched = matched.join(shared, on="pair")
    rests = [
        _side(c, side, counted, pd.Series(counted.enterprises.index, dtype="str")).assign(pair=len(c.pairs))
        for side, counted in ((BEFORE, c.only_before), (AFTER, c.only_after))
    ]
    alone = pd.concat(rests)
    alone["from"] = alone["level"].where(alone["side"] == BEFORE, ALONE)
    alone["to"] = alone["level"].where(alone["side"] == AFTER, ALONE)
    frame = pd.concat([matched.assign(matched=1), alone.assign(matched=0)])
    order = {BEFORE: 0, AFTER: 1}
    frame = frame.assign(second=frame["side"].map(order)).sort_values(["pair", "second"], kind="stable")
    facts = _facts(batch, pair)
    for name in facts:
        blank = "" if name == "by" or name.startswith("group:") else 0 if name[:5] in _TALLIES else _NOTHING
        if name in shared:
            frame[name] = frame[name].fillna(blank)
            frame[name] = frame[name].astype("str" if blank == "" else "int64")
    return Universe(universe_name(pair), frame[["form_id", "file", *facts]].reset_index(drop=True), facts)


_NOTHING = 2  # a change of what was not matched
_TALLIES = ("over:", "under", "agree")


def _side(c: Comparison, side: str, counted: Counted, forms: pd.Series[str]) -> pd.DataFrame:
    scores, who = counted.scores.reindex(forms), counted.enterprises.reindex(forms)
    own = {"score_units": scores["score_units"]} | {d.id: scores[d.id] for d in c.edition.dimensions}
    own |= {q.id: scores[q.id] for q in c.edition.questions} | {s.id: scores[s.id] for s in c.edition.scenes}
    renamed = {name if name == "score_units" else f"part:{name}": values.to_numpy() for name, values in own.items()}
    return pd.DataFrame(
        {
            "form_id": forms.to_numpy(dtype="str"),
            "file": who["file"].to_numpy(dtype="str"),
            "side": side,
            "pair": np.arange(len(forms)),
            "level": scores["level"].to_numpy(),
            **renamed,
        }
    ).astype({"form_id": "str", "file": "str", "side": "str"})


def _shared(batch: ReportData, c: Comparison) -> pd.DataFrame:
    """What both returns of a pair tell, index the pair's row."""
    steps = c.steps
    items, scenes = [q.id for q in c.edition.questions], [s.id for s in c.edition.scenes]
    parts = {"score": c.scores_after["score_units"] - c.scores_before["score_units"]}
    parts |= {d.id: c.scores_after[d.id] - c.scores_before[d.id] for d in c.edition.dimensions}
    parts |= {str(name): steps[name] for name in steps}
    groups = group_keys(batch, c).values()
    frame = {
        "by": c.pairs["by"].astype("str"),
        "from": c.scores_before["level"],
        "to": c.scores_after["level"],
        "move": c.levels.clip(-1, 1),
        **{f"change:{name}": change.clip(-1, 1) for name, change in parts.items()},
        **{f"group:{i}": key.loc[c.pairs["after"]].reset_index(drop=True) for i, key in enumerate(groups)},
    }
    for name, columns in (("items", items), ("scenes", scenes), ("all", [*items, *scenes])):
        part = steps[columns]
        frame |= {
            f"over:{name}": (part < 0).sum(axis=1),
            f"under:{name}": (part > 0).sum(axis=1),
            f"agree:{name}": (part == 0).sum(axis=1),
        }
    return pd.DataFrame(frame)


def _facts(batch: ReportData, pair: RoundComparison) -> dict[str, Fact]:
    c, per = pair.comparison, scale_of(batch.edition).units_per_point
    edition = c.edition
    levels: dict[Any, str] = {g: edition.level_name(g) for g in level_numbers(edition)}
    moved: dict[Any, str] = {1: "上升", 0: "不变", -1: "下降", _NOTHING: "未对应"}
    titles = {"score": "得分"} | {d.id: d.name for d in edition.dimensions}
    titles |= {q.id: f"题{q.number} {q.item}" for q in edition.questions}
    scenes = {s.id: f"场景{s.number} {s.printed_name}" for s in edition.scenes}
    ways: dict[Any, str] = dict(MATCHED_WORDS)
    facts = {
        "side": Fact("轮次", {BEFORE: pair.words.before, AFTER: pair.words.after}),
        "matched": Fact("企业", {1: "两轮都有", 0: "只在一轮"}),
        "by": Fact("对应依据", ways),
        "level": Fact("等级", levels),
        "from": Fact(f"{pair.words.before}等级", levels | {ALONE: "无"}),
        "to": Fact(f"{pair.words.after}等级", levels | {ALONE: "无"}),
        "move": Fact("企业的等级", moved),
        **{f"change:{name}": Fact(title, moved) for name, title in (titles | scenes).items()},
        **{f"group:{i}": Fact(heading) for i, heading in enumerate(group_keys(batch, c))},
        "score_units": Fact("得分", per=per),
        **{f"part:{name}": Fact(f"{title}得分", per=per) for name, title in titles.items() if name != "score"},
        **{f"part:{name}": Fact(f"{title}等级") for name, title in scenes.items()},
    }
    for name, what in (("items", "采集项"), ("scenes", "应用场景"), ("all", "项目")):
        words = {"over": "高估", "under": "低估", "agree": "一致"}
        facts |= {f"{end}:{name}": Fact(f"{word}的{what}数") for end, word in words.items()}
    return facts
