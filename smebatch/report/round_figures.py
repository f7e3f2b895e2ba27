"""What changed between two rounds of returns, and how far claims were right: exact figures of matched returns.

Nothing here reads or prints. Scores are int64 units, levels and steps int64; a mean is a Fraction until it is
displayed. A step is one option of a 单选, one tick of a 多选 (net), one level of a scene. By 三(一) 评分逻辑1 the
points of a question are a whole number of steps, so steps are worked out from points, and no answer has to be loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from smebatch.assess.office_names import office_name
from smebatch.batch.load import Counted
from smebatch.report.exact_statistics import display_number, display_points, display_ratio
from smebatch.report.words import MISSING, TOTAL, level_numbers, milestones
from smebatch.standard.model import Edition
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

MATCHED_BY = ("thread", "uscc", "name")
"""What returns of two rounds are matched by, the surest first."""

MINUS = "\N{MINUS SIGN}"  # at which no line breaks, as at a hyphen


@dataclass(frozen=True)
class Comparison:
    """Two rounds of counted returns under one edition, or two whose scores compare (see standard.scoring_parts).

    ``ways``: what was tried to match them by, of MATCHED_BY.
    ``pairs``: RangeIndex, a row for each matched enterprise, in the order of ``before``: before and after (its two
    form_ids) and by (one of ``ways``).
    """

    edition: Edition
    before: Counted
    after: Counted
    ways: tuple[str, ...]
    pairs: pd.DataFrame

    @cached_property
    def scores_before(self) -> pd.DataFrame:
        """The earlier scores of the pairs, row by row."""
        return self.before.scores.loc[self.pairs["before"]].reset_index(drop=True)

    @cached_property
    def scores_after(self) -> pd.DataFrame:
        """The later scores of the pairs, row by row."""
        return self.after.scores.loc[self.pairs["after"]].reset_index(drop=True)

    @cached_property
    def steps(self) -> pd.DataFrame:
        """By how many steps each question and scene (columns, by id) rose in each pair; negative where it fell."""
        step = scale_of(self.edition).step
        change = {
            q.id: (self.scores_after[q.id] - self.scores_before[q.id]) // step[q.id] for q in self.edition.questions
        }
        change |= {s.id: self.scores_after[s.id] - self.scores_before[s.id] for s in self.edition.scenes}
        return pd.DataFrame(change, index=self.pairs.index)

    @cached_property
    def levels(self) -> pd.Series[int]:
        """By how many levels each pair rose."""
        return self.scores_after["level"] - self.scores_before["level"]

    @cached_property
    def only_before(self) -> Counted:
        """The earlier returns without a match."""
        return _rest(self.before, self.pairs["before"])

    @cached_property
    def only_after(self) -> Counted:
        """The later returns without a match."""
        return _rest(self.after, self.pairs["after"])


def _rest(counted: Counted, matched: pd.Series[str]) -> Counted:
    kept = ~counted.enterprises.index.isin(matched)
    return Counted(counted.enterprises[kept], counted.scores[kept])


def compare_rounds(
    edition: Edition, before: Counted, after: Counted, threads: tuple[pd.Series[str], pd.Series[str]] | None = None
) -> Comparison:
    """Match the returns of two rounds: by thread where ``threads`` are given, else by credit code, else by name.

    A key matches only where exactly one return on each side has it, among all of that side's; names are compared as
    offices compare them. ``threads``: of each round, index form_id, the id of the thread of a return.
    """
    sides, rests = (before, after), [before.enterprises.index, after.enterprises.index]
    keys: dict[str, Callable[[int], pd.Series[str]]] = {
        "uscc": lambda i: sides[i].enterprises["uscc"],
        "name": lambda i: _office_names(sides[i].enterprises["name"]),
    }
    if threads:
        keys = {"thread": lambda i: threads[i].reindex(sides[i].enterprises.index)} | keys
    parts = [pd.DataFrame({"before": [], "after": [], "by": []})]
    for by, key in keys.items():
        if len(rests[0]) and len(rests[1]):  # names take time
            first, second = (_unique(key(i), rests[i], name) for i, name in enumerate(("before", "after")))
            parts.append(first.merge(second, on="key").drop(columns="key").assign(by=by))
            rests = [rest[~rest.isin(parts[-1][name])] for rest, name in zip(rests, ("before", "after"), strict=True)]
    pairs = pd.concat(parts, ignore_index=True).astype("str")
    order = pd.Series(np.arange(len(before.enterprises)), index=before.enterprises.index)
    pairs = pairs.iloc[np.argsort(order.loc[pairs["before"]].to_numpy(), kind="stable")].reset_index(drop=True)
    return Comparison(edition, before, after, tuple(keys), pairs)


def _office_names(names: pd.Series[str]) -> pd.Series[str]:
    plain = {name: office_name(name) for name in names.dropna().unique()}
    return names.map(plain).astype("str")


def _unique(key: pd.Series[str], rest: pd.Index[str], name: str) -> pd.DataFrame:
    """The keys that one return alone has, of the returns that are left: key, and its form_id in column ``name``."""
    given = key[key.notna() & (key != "")]
    once = given[~given.duplicated(keep=False)]
    once = once[once.index.isin(rest)]
    return pd.DataFrame({"key": once.to_numpy(), name: once.index})


# --- who is compared, and how levels moved ----------------------------------------------------------------------------


def coverage_frame(c: Comparison, names: tuple[str, str]) -> pd.DataFrame:
    """A row for each round: name, n (its counted returns), by_<way> for each of the ways, matched, and only."""
    by = {f"by_{way}": int((c.pairs["by"] == way).sum()) for way in c.ways}
    sides = zip(names, (c.before, c.after), strict=True)
    rows = [
        {"name": name, "n": len(side.scores), **by, "matched": len(c.pairs), "only": len(side.scores) - len(c.pairs)}
        for name, side in sides
    ]
    return pd.DataFrame(rows)


def transition_frame(c: Comparison, only_after: str) -> pd.DataFrame:
    """Enterprises by their level before (rows) and after (columns level_<g>), and a total row.

    The column only_before and the row ``only_after`` hold those of one round alone, so that the column n is the earlier
    round's distribution of levels and the total row the later one's, as their reports print them.
    """
    levels = level_numbers(c.edition)
    table = _crossed(c.scores_before["level"], c.scores_after["level"], len(levels))
    gone = _counted(c.only_before.scores["level"], len(levels))
    rows = [[c.edition.level_name(g), *table[g].tolist(), int(gone[g])] for g in levels]
    rows.append([only_after, *_counted(c.only_after.scores["level"], len(levels)).tolist(), 0])
    counts = [*(f"level_{h}" for h in levels), "only_before"]
    frame = pd.DataFrame(rows, columns=["name", *counts])
    frame = pd.concat([frame, pd.DataFrame([{"name": TOTAL, **frame[counts].sum().to_dict()}])], ignore_index=True)
    frame["n"] = frame[counts].sum(axis=1).astype("int64")
    return frame


def _crossed(first: pd.Series[int], second: pd.Series[int], size: int) -> npt.NDArray[np.int64]:
    """How many rows have each pair of values below ``size``: shape (size, size)."""
    return np.bincount(first.to_numpy() * size + second.to_numpy(), minlength=size * size).reshape(size, size)


def _counted(values: pd.Series[int], size: int) -> npt.NDArray[np.int64]:
    return np.bincount(values.to_numpy(), minlength=size)


def level_frame(c: Comparison) -> pd.DataFrame:
    """The matched enterprises by level: name, before and after (counts), before_share and after_share; total row."""
    levels, n = level_numbers(c.edition), len(c.pairs)
    before, after = (_counted(scores["level"], len(levels)) for scores in (c.scores_before, c.scores_after))
    rows = [(c.edition.level_name(g), int(before[g]), int(after[g])) for g in levels] + [(TOTAL, n, n)]
    frame = pd.DataFrame(rows, columns=["name", "before", "after"])
    for side in ("before", "after"):
        frame[f"{side}_share"] = pd.Series([display_ratio(int(k), n) for k in frame[side]], dtype="float64")
    return frame


def move_counts(values: pd.Series[int]) -> tuple[int, int, int]:
    """How many of some changes are above 0, 0 and below 0."""
    return int((values > 0).sum()), int((values == 0).sum()), int((values < 0).sum())


# --- change of the score and of its parts -----------------------------------------------------------------------------


def change_frame(c: Comparison) -> pd.DataFrame:
    """A row for the score, each dimension, item and scene, of the matched enterprises.

    Columns: part (score, dimension, item or scene), name, n, before and after (mean points, of scenes mean levels),
    change (the difference of the exact means), rose, same and fell (enterprises), and risers and fallers: how many of
    those whose level rose also rose in this part, and of those whose level fell also fell in it.
    """
    edition, upp = c.edition, scale_of(c.edition).units_per_point
    parts = [("score", "得分", "score_units", upp)]
    parts += [("dimension", d.name, d.id, upp) for d in edition.dimensions]
    parts += [("item", f"题{q.number} {q.item}", q.id, upp) for q in edition.questions]
    parts += [("scene", f"场景{s.number} {s.printed_name}", s.id, 1) for s in edition.scenes]
    n, up, down = len(c.pairs), c.levels > 0, c.levels < 0
    rows = []
    for part, name, column, per in parts:
        before, after = c.scores_before[column], c.scores_after[column]
        change = after - before
        rose, same, fell = move_counts(change)
        rows.append(
            {
                "part": part,
                "name": name,
                "n": n,
                "before": display_mean(int(before.sum()), n * per),
                "after": display_mean(int(after.sum()), n * per),
                "change": display_mean(int(change.sum()), n * per),
                "rose": rose,
                "same": same,
                "fell": fell,
                "risers": int((up & (change > 0)).sum()),
                "fallers": int((down & (change < 0)).sum()),
            }
        )
    return pd.DataFrame(rows).astype(dict.fromkeys(("before", "after", "change"), "float64"))


def display_mean(total: int, n: int) -> float | None:
    """A mean for display, halves rounded away from 0, so that two rounds in the other order give the opposite.

    >>> display_mean(-1, 200), display_mean(1, 200), display_mean(1, 0)
    (-0.01, 0.01, None)
    """
    if not n:
        return None
    size = display_number(Fraction(abs(total), n))
    return -size if total < 0 and size else size


def group_change_frame(c: Comparison, key: pd.Series[str], small_group: int, small: str) -> pd.DataFrame:
    """A row for each group of the matched enterprises, and a total row.

    ``key``: index form_id of the later round, the name of its group; ``small``: the remark on fewer than
    ``small_group``. Columns: group, n, rose and fell (levels), goal_before and goal_after (shares at the first
    milestone or above), before, after and change (mean points), change_<dimension>, and note. Largest groups first,
    未填 last.
    """
    goal, upp = milestones(c.edition)[0], scale_of(c.edition).units_per_point
    sums = _sums_by_group(
        c,
        key,
        {
            "rose": (c.levels > 0).astype("int64"),
            "fell": (c.levels < 0).astype("int64"),
            "reach_before": (c.scores_before["level"] >= goal).astype("int64"),
            "reach_after": (c.scores_after["level"] >= goal).astype("int64"),
            "units_before": c.scores_before["score_units"],
            "units_after": c.scores_after["score_units"],
            **{f"units_{d.id}": c.scores_after[d.id] - c.scores_before[d.id] for d in c.edition.dimensions},
        },
    )
    n = sums["n"].tolist()
    frame = sums[["group", "n", "rose", "fell"]].copy()
    for side in ("before", "after"):
        frame[f"goal_{side}"] = _each(display_ratio, sums[f"reach_{side}"].tolist(), n)
    for side in ("before", "after"):
        frame[side] = _each(display_mean, sums[f"units_{side}"].tolist(), [k * upp for k in n])
    change = (sums["units_after"] - sums["units_before"]).tolist()
    frame["change"] = _each(display_mean, change, [k * upp for k in n])
    for d in c.edition.dimensions:
        frame[f"change_{d.id}"] = _each(display_mean, sums[f"units_{d.id}"].tolist(), [k * upp for k in n])
    frame["note"] = _small_notes(n, small_group, small)
    return frame


def _each(figure: Callable[[int, int], float | None], parts: Sequence[int], wholes: Sequence[int]) -> pd.Series[float]:
    return pd.Series([figure(part, whole) for part, whole in zip(parts, wholes, strict=True)], dtype="float64")


def _small_notes(n: Sequence[int], small_group: int, small: str) -> pd.Series[str]:
    return pd.Series([*(small if k < small_group else "" for k in n[:-1]), ""], dtype="str")


def group_part_frame(c: Comparison, key: pd.Series[str], small_group: int, small: str) -> pd.DataFrame:
    """How far each item and scene rose in each group: group, n, a column for each, by id, and note; total row.

    The figure is the mean change in steps ÷ the most steps there are: of items the change of 得分率, of scenes that of
    the mean level ÷ the highest.
    """
    sums = _sums_by_group(c, key, {str(part): c.steps[part] for part in c.steps})
    n = sums["n"].tolist()
    most = most_steps(c.edition)
    shares = {part: _each(display_ratio, sums[part].tolist(), [k * most[part] for k in n]) for part in most}
    frame = pd.concat([sums[["group", "n"]], pd.DataFrame(shares)], axis=1)
    frame["note"] = _small_notes(n, small_group, small)
    return frame


def most_steps(edition: Edition) -> dict[str, int]:
    """The most steps of each question and scene, by id."""
    questions = {q.id: type_of(q).most_steps(q) for q in edition.questions}
    return questions | {s.id: len(s.levels) for s in edition.scenes}


def _sums_by_group(c: Comparison, key: pd.Series[str], columns: dict[str, pd.Series[int]]) -> pd.DataFrame:
    """group, n and the sums of some columns (of the pairs), int64; largest groups first, 未填 last, then the total."""
    frame = pd.DataFrame({"n": np.ones(len(c.pairs), dtype="int64"), **columns}, index=c.pairs.index)
    sums = frame.groupby(key.loc[c.pairs["after"]].to_numpy(), sort=False).sum().astype("int64")
    names = [str(name) for name in sums.index]
    order = sorted(range(len(names)), key=lambda i: (names[i] == MISSING, -int(sums["n"].iloc[i]), names[i]))
    whole = pd.concat([sums.iloc[order], frame.sum().astype("int64").to_frame().T], ignore_index=True)
    whole.insert(0, "group", pd.Series([*(names[i] for i in order), TOTAL], dtype="str"))
    return whole


# --- claims against what an assessor found ----------------------------------------------------------------------------


def claim_frame(c: Comparison, ids: Sequence[str], names: Sequence[str]) -> pd.DataFrame:
    """How the earlier round, which claims, differs from the later one, which assesses: a row a part, a total row.

    ``ids``: questions or scenes, ``names``: theirs. Columns: name, n (enterprises compared; in the total, answers),
    over (how many claimed more than was found) and over_steps (by how many steps in all), under and under_steps, agree
    (as many steps) and agree_share.
    """
    rows = [{"name": name, **_claim_counts(c.steps[part])} for part, name in zip(ids, names, strict=True)]
    frame = pd.DataFrame(rows)
    total = {"name": TOTAL, **frame.drop(columns="name").sum().to_dict()}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    frame["agree_share"] = _each(display_ratio, frame["agree"].tolist(), frame["n"].tolist())
    return frame


def _claim_counts(steps: pd.Series[int]) -> dict[str, int]:
    under, agree, over = move_counts(steps)  # what was found is the later round: a rise was claimed too low
    return {
        "n": len(steps),
        "over": over,
        "over_steps": int(-steps[steps < 0].sum()),
        "under": under,
        "under_steps": int(steps[steps > 0].sum()),
        "agree": agree,
    }


def claim_group_frame(c: Comparison, key: pd.Series[str], small_group: int, small: str) -> pd.DataFrame:
    """The same by group, over all questions and scenes: a row a group, a total row.

    Columns: group, n (enterprises), level_over and level_under (whose claimed level was above or below the one found),
    compared (answers), over, over_steps, under, under_steps, agree, over_share and agree_share (of the answers), note.
    """
    steps = c.steps.to_numpy()
    sums = _sums_by_group(
        c,
        key,
        {
            "level_over": (c.levels < 0).astype("int64"),
            "level_under": (c.levels > 0).astype("int64"),
            "over": pd.Series((steps < 0).sum(axis=1)),
            "over_steps": pd.Series(-np.minimum(steps, 0).sum(axis=1)),
            "under": pd.Series((steps > 0).sum(axis=1)),
            "under_steps": pd.Series(np.maximum(steps, 0).sum(axis=1)),
        },
    )
    sums.insert(4, "compared", sums["n"] * steps.shape[1])
    sums["agree"] = sums["compared"] - sums["over"] - sums["under"]
    for part in ("over", "agree"):
        sums[f"{part}_share"] = _each(display_ratio, sums[part].tolist(), sums["compared"].tolist())
    sums["note"] = _small_notes(sums["n"].tolist(), small_group, small)
    return sums


# --- lists ------------------------------------------------------------------------------------------------------------


def enterprise_list(c: Comparison, states: dict[str, str], *, only_levels: bool) -> pd.DataFrame:
    """The enterprises that moved, and those of one round alone; a row each.

    ``states``: the printed words of fell, rose, same, only_before and only_after; those of one round are left out where
    it has no word for them. ``only_levels``: leave out those of
    equal level, else those alike in every part. Columns: state, by (one of MATCHED_BY, blank where unmatched), name,
    uscc, district, file (of the later return, where there is one), level_before, level_after, score_before,
    score_after, change (points), up and down (the parts that moved, with their steps: 题4(+2)). Those that fell most
    come first.
    """
    upp = scale_of(c.edition).units_per_point
    moved = (c.levels != 0) if only_levels else (c.steps != 0).any(axis=1)
    pairs, steps, levels = c.pairs[moved], c.steps[moved], c.levels[moved]
    change = (c.scores_after["score_units"] - c.scores_before["score_units"])[moved]
    who = c.after.enterprises.loc[pairs["after"]].reset_index(drop=True)
    fell, rose = (levels < 0).to_numpy(), (levels > 0).to_numpy()
    direction = np.select([fell, rose], [states["fell"], states["rose"]], states["same"])
    frame = pd.DataFrame(
        {
            "state": pd.Series(direction, dtype="str"),
            "by": pairs["by"].reset_index(drop=True),
            **{key: who[key] for key in ("name", "uscc", "district", "file")},
            **_levels_and_points(c, c.scores_before[moved], "before"),
            **_levels_and_points(c, c.scores_after[moved], "after"),
            "change": (display_points(change.abs(), upp) * change.clip(-1, 1)).reset_index(drop=True),
            "up": _moves(c.edition, steps, 1),
            "down": _moves(c.edition, steps, -1),
        }
    )
    order = np.lexsort((frame["name"].fillna("").to_numpy(dtype="str"), change.to_numpy(), levels.to_numpy()))
    parts = [frame.iloc[order]]
    for side, rest in (("before", c.only_before), ("after", c.only_after)):
        if f"only_{side}" not in states:
            continue
        alone = rest.enterprises[["name", "uscc", "district", "file"]].reset_index(drop=True)
        parts.append(alone.assign(state=states[f"only_{side}"], **_levels_and_points(c, rest.scores, side)))
    whole = pd.concat(parts, ignore_index=True).reindex(columns=frame.columns)
    texts = ("state", "by", "level_before", "level_after", "up", "down", "name", "uscc", "district", "file")
    return whole.astype(dict.fromkeys(texts, "str"))


def _levels_and_points(c: Comparison, scores: pd.DataFrame, side: str) -> dict[str, pd.Series[str] | pd.Series[float]]:
    names = np.array([c.edition.level_name(g) for g in level_numbers(c.edition)], dtype=object)
    points = display_points(scores["score_units"], scale_of(c.edition).units_per_point)
    return {
        f"level_{side}": pd.Series(names[scores["level"].to_numpy()], dtype="str"),
        f"score_{side}": points.reset_index(drop=True),
    }


def _moves(edition: Edition, steps: pd.DataFrame, sign: int) -> pd.Series[str]:
    """The questions and scenes that rose (``sign`` 1) or fell (-1) in each row, with steps: 题4(+2)、场景3(+1)."""
    labels = {q.id: f"题{q.number}" for q in edition.questions} | {s.id: f"场景{s.number}" for s in edition.scenes}
    texts = np.full(len(steps), "", dtype=object)
    for part, label in labels.items():
        values = steps[part].to_numpy()
        rows = np.flatnonzero(values * sign > 0)
        said = {value: f"、{label}({value:+d})".replace("-", MINUS) for value in np.unique(values[rows]).tolist()}
        texts[rows] += np.array([said[value] for value in values[rows].tolist()], dtype=object)
    return pd.Series(texts, dtype="str").str[1:]
