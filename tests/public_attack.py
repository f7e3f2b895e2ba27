"""Somebody who has every figure of a public edition and wants to know a small number: an integer linear programme.

The unknown numbers are how many returns have which level in each group (before any was merged), which score and reason
for not having the next level, class of each scene, steps of each item, and level in another round; and how many
enterprises of each district and size have answered, count, and have which level. What the attacker takes for granted
beside the figures: who has a level has the score for it and lacks none of its points; each return that counts is that
of an enterprise asked, in the district and of the size that the roster has. Groups are known by their names.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise, product
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from smebatch.batch.load import ReportData
from smebatch.report.document import ReportSheet, Table
from smebatch.report.public.overall import HIGHEST
from smebatch.report.score_spread import bin_edges
from smebatch.report.section_groups import full_mark_units, industry_division
from smebatch.report.section_rounds import round_comparisons
from smebatch.report.section_scenes import scene_counts
from smebatch.report.section_upgrade import blocked_keys
from smebatch.report.tiers import cut_offs
from smebatch.report.words import TOTAL, blocked_name, group_names, level_numbers
from smebatch.standard.questions import type_of
from smebatch.standard.score_units import scale_of

Cell = tuple[str, ...]
MOST = 10**6  # of anything
ABOVE, NONE = "above_scale", "−"
Sum = Mapping[Cell, int]  # how often each unknown number counts in a known one


class Attack:
    """The unknown numbers of a batch, what is known of them by the tables of an edition, and what can be made of it."""

    def __init__(self, batch: ReportData, sheets: Iterable[ReportSheet]) -> None:
        self.batch, self.edition = batch, batch.edition
        self.levels = level_numbers(self.edition)
        sheets = tuple(sheets)
        self.lead = sheets[0].lead
        self.tables = {b.id: b for sheet in sheets for b in sheet.blocks if isinstance(b, Table)}
        self.truth: Counter[Cell] = Counter()
        self.known: list[tuple[Sum, int]] = []
        self.secrets: dict[Cell, Sum] = {}
        self._groups = self._count_groups()
        self._count_scores()
        self._count_parts()
        self._count_enterprises()
        self._count_rounds()
        self._read_levels()
        self._read_groups()
        self._read_scores()
        self._read_reasons()
        self._read_scenes()
        self._read_items()
        self._read_response()
        self._read_targets()
        self._read_rounds()

    def pinned(self) -> dict[Cell, int]:
        """The numbers from 1 to ``small_group`` − 1 that are the only ones possible."""
        cells = list(self.truth)
        place = {cell: i for i, cell in enumerate(cells)}
        rows = [(r, place[cell], k) for r, (total, _) in enumerate(self.known) for cell, k in total.items()]
        row, column, value = (np.array(each) for each in zip(*rows, strict=True))
        matrix = csr_array((value, (row, column)), shape=(len(self.known), len(cells)))
        exact = np.array([n for _, n in self.known])
        assert (matrix @ np.array([self.truth[cell] for cell in cells]) == exact).all(), "the figures were read wrongly"
        constraint = LinearConstraint(matrix, exact, exact)
        others: list[Any] = []  # what might be as well as the truth
        found = {}
        for name, total in self.secrets.items():
            goal = np.zeros(len(cells))
            for cell, k in total.items():
                goal[place[cell]] += k
            true = sum(k * self.truth[cell] for cell, k in total.items())
            if not 0 < true < self.batch.options.small_group or any(round(goal @ other) != true for other in others):
                continue
            for sign in (-1, 1):
                solved = milp(
                    sign * goal, constraints=constraint, integrality=np.ones(len(cells)), bounds=Bounds(0, MOST)
                )
                assert solved.success, solved.message
                others.append(solved.x)
                if round(goal @ solved.x) != true:
                    break
            else:
                found[name] = true
        return found

    # --- what is unknown ----------------------------------------------------------------------------------------------

    def _count_groups(self) -> dict[str, list[str]]:
        """Returns by group and level: the cells (name of the table, group, level)."""
        who, level = self.batch.enterprises, self.batch.scores["level"]
        keys = {"district": group_names(who["district"]), "industry": industry_division(who["industry_code"])}
        keys |= {name: group_names(who[name]) for name in ("size", "above_scale", "specialised")}
        for name, key in keys.items():
            for group, g in product(key.unique(), self.levels):
                self.truth[name, group, str(g)] = int(((key == group) & (level == g)).sum())
        groups = {name: sorted(key.unique()) for name, key in keys.items()}
        for name, names in groups.items():
            for group in names:
                self.secrets[name, group] = self._sum(name, [group], self.levels)
                for g in self.levels:
                    self.secrets[name, group, "≥", str(g)] = self._sum(name, [group], self.levels[g:])
                    self.secrets[name, group, "=", str(g)] = self._sum(name, [group], [g])
                    self.secrets[name, group, "<", str(g)] = self._sum(name, [group], self.levels[:g])
        for g in self.levels:
            self.secrets["level", "=", str(g)] = self._sum("district", groups["district"], [g])
            self.secrets["level", "≥", str(g)] = self._sum("district", groups["district"], self.levels[g:])
            self.secrets["level", "<", str(g)] = self._sum("district", groups["district"], self.levels[:g])
            for name, names in groups.items():  # each column parts the same returns
                same = Counter(self._sum(name, names, [g]))
                same.subtract(self._sum("level", [""], [g]))
                self.known.append((same, 0))
            self.truth["level", "", str(g)] = int((level == g).sum())
        return groups

    @staticmethod
    def _sum(name: str, groups: Iterable[str], levels: Iterable[int]) -> dict[Cell, int]:
        return {(name, group, str(g)): 1 for group, g in product(groups, levels)}

    def _count_scores(self) -> None:
        """Returns by the finest stretch of the score that tables might tell, and by level; and by reason and level."""
        scale, scores = scale_of(self.edition), self.batch.scores
        per_point = scale.units_per_point
        edges = {ceil(e * per_point) for part in bin_edges(self.edition) for e in part[:-1]}
        self.cuts = sorted({*edges, *cut_offs(self.batch), *scale.thresholds, 0})
        stretch = [bisect_left(self.cuts, int(u) + 1) - 1 for u in scores["score_units"]]
        there = Counter(zip(stretch, scores["level"], strict=True))
        self.score_level = [sum(cut >= t for t in scale.thresholds) for cut in self.cuts]
        self.ahead: Counter[Cell] = Counter()  # returns that lack no points for their next level
        for i, g in product(range(len(self.cuts)), self.levels):
            if g <= self.score_level[i]:
                self.truth["score", str(i), str(g)] = there[i, g]
                self.secrets["score", str(i), str(g)] = {("score", str(i), str(g)): 1}
                self.ahead["score", str(i), str(g)] += self.score_level[i] > g
        for g in self.levels:
            same = Counter({cell: 1 for cell in self.truth if cell[0] == "score" and cell[2] == str(g)})
            same["level", "", str(g)] -= 1
            self.known.append((same, 0))
            cut = self.cuts.index(scale.thresholds[g - 1]) if g else 0
            self.secrets["held", str(g)] = {
                cell: 1 for cell in self.truth if cell[0] == "score" and int(cell[1]) >= cut and int(cell[2]) < g
            }
        reasons = Counter(zip(map(self._reason, scores["blocked_by"]), scores["level"], strict=True))
        keys = blocked_keys(self.edition)
        top = self.levels[-1]
        for key, g in [*product(keys, self.levels[:-1]), (HIGHEST, top)]:
            self.truth["reason", key, str(g)] = reasons[key, g]
            self.secrets["reason", key, str(g)] = {("reason", key, str(g)): 1}
        for key in (*keys, HIGHEST):
            self.secrets["reason", key] = self._reasons([key])
        for g in self.levels:
            same = Counter({cell: 1 for cell in self.truth if cell[0] == "reason" and cell[2] == str(g)})
            same["level", "", str(g)] -= 1
            self.known.append((same, 0))
            # who lacks no points scores a higher level than they have, level by level
            same = Counter({cell: n for cell, n in self.ahead.items() if cell[2] == str(g)})
            same.subtract(
                {c: 1 for c in self._reasons(k for k in keys if "score" not in k.split("+")) if c[2] == str(g)}
            )
            self.known.append((same, 0))

    def _reason(self, blocked_by: str) -> str:
        keys = {frozenset(key.split("+")): key for key in blocked_keys(self.edition)}
        return keys.get(frozenset(blocked_by.split("+")), HIGHEST)

    def _reasons(self, keys: Iterable[str]) -> dict[Cell, int]:
        wanted = set(keys)
        return {cell: 1 for cell in self.truth if cell[0] == "reason" and cell[1] in wanted}

    def _count_parts(self) -> None:
        """Returns by class of each scene, and by steps in each item."""
        for scene, counts in zip(self.edition.scenes, scene_counts(self.batch).to_numpy().tolist(), strict=True):
            cells = [("scene", scene.id, str(i)) for i in range(len(counts))]
            self.truth.update(dict(zip(cells, counts, strict=True)))
            self.known.append((self._as_many_as_returns(cells), 0))
            for i, cell in enumerate(cells):
                self.secrets["scene", scene.id, "=", str(i)] = {cell: 1}
                self.secrets["scene", scene.id, "≥", str(i)] = dict.fromkeys(cells[i:], 1)
                self.secrets["scene", scene.id, "<", str(i)] = dict.fromkeys(cells[:i], 1)
        for q in self.edition.questions:
            steps = Counter((self.batch.scores[q.id] // scale_of(self.edition).step[q.id]).tolist())
            cells = [("item", q.id, str(i)) for i in range(type_of(q).most_steps(q) + 1)]
            self.truth.update({cell: steps[i] for i, cell in enumerate(cells)})
            self.known.append((self._as_many_as_returns(cells), 0))
            self.secrets |= {cell: {cell: 1} for cell in cells}

    def _as_many_as_returns(self, cells: Iterable[Cell]) -> dict[Cell, int]:
        return {**dict.fromkeys(cells, 1), **dict.fromkeys(self._sum("level", [""], self.levels), -1)}

    def _count_enterprises(self) -> None:
        """Enterprises asked by district, by whether they are above scale, and by their level or why they have none."""
        batch, roster = self.batch, self.batch.roster
        if roster is None:
            return
        district = group_names(roster["district"])
        listed = batch.roster_columns
        above = group_names(listed[ABOVE]) if listed is not None else pd.Series("", index=roster.index)
        state = pd.Series("silent", index=roster.index).mask(roster["answered"], "pending")
        lines = batch.asked["line"].tolist() if batch.asked is not None else range(len(batch.scores))
        levels = dict(zip(lines, batch.scores["level"].astype("str"), strict=True))
        state = pd.Series([levels.get(line, each) for line, each in enumerate(state)])
        there = Counter(zip(district, above, state, strict=True))
        self.states = [*map(str, self.levels), "pending", "silent"]
        for cell in product(district.unique(), above.unique(), self.states):
            self.truth["asked", *cell] = there[cell]
        for who, size in [*product(district.unique(), [""]), *product([""], above.unique()), ("", "")]:
            self.secrets["asked", who, size] = self._asked(who, size, self.states)
            for name in (*self.states, "counted"):
                self.secrets["asked", who, size, name] = self._asked(who, size, [name])
        groups = [("district", name, name, "") for name in district.unique()]
        groups += [(ABOVE, name, "", name) for name in above.unique() if listed is not None]
        for (column, name, who, size), g in product(groups, self.levels):
            if name in self._groups[column]:
                same = Counter(self._asked(who, size, [str(g)]))
                same.subtract(self._sum(column, [name], [g]))
                self.known.append((same, 0))

    def _asked(self, district: str, above: str, states: Iterable[str]) -> dict[Cell, int]:
        wanted = {s for state in states for s in (map(str, self.levels) if state == "counted" else (state,))}
        return {
            cell: 1
            for cell in self.truth
            if cell[0] == "asked" and district in ("", cell[1]) and above in ("", cell[2]) and cell[3] in wanted
        }

    def _count_rounds(self) -> None:
        """Enterprises by level in two rounds, − for one that is not in a round."""
        for c, words, _ in round_comparisons(self.batch):
            alone = [(str(g), NONE) for g in c.only_before.scores["level"]]
            alone += [(NONE, str(g)) for g in c.only_after.scores["level"]]
            pairs = zip(c.scores_before["level"].map(str), c.scores_after["level"].map(str), strict=True)
            there = Counter([*pairs, *alone])
            names = [*map(str, self.levels), NONE]
            for cell in product(names, names):
                if cell != (NONE, NONE):
                    self.truth[words.id, *cell] = there[cell]
                    self.secrets[words.id, *cell] = {(words.id, *cell): 1}
            both = list(product(self.levels, self.levels))
            for sign, edge in product((1, -1), self.levels[1:]):
                crossed = [(a, b) if sign > 0 else (b, a) for a, b in both if a < edge <= b]
                self.secrets[words.id, "crossed", str(sign * edge)] = self._pairs(words.id, crossed)
            self.secrets[words.id, "rose"] = self._pairs(words.id, [(a, b) for a, b in both if a < b])
            self.secrets[words.id, "fell"] = self._pairs(words.id, [(a, b) for a, b in both if a > b])
            for side, scores in ((1, c.before.scores), (2, c.after.scores)):
                if scores.index.equals(self.batch.scores.index):  # the round that the edition is about
                    for g in self.levels:
                        cells = [x for x in self.truth if x[0] == words.id and x[side] == str(g)]
                        self.known.append(({**dict.fromkeys(cells, 1), ("level", "", str(g)): -1}, 0))

    def _pairs(self, name: str, pairs: Iterable[tuple[int, int]]) -> dict[Cell, int]:
        return {(name, str(before), str(after)): 1 for before, after in pairs}

    # --- what the tables say ------------------------------------------------------------------------------------------

    def _rows(self, name: str) -> Iterator[dict[str, Any]]:
        """The rows of a table by what is printed of it; blanks are left out."""
        table = self.tables.get(name)
        if table is not None:
            for _, row in table.frame.iterrows():
                shown = {column.key: row[column.key] for column in table.columns}
                yield {key: value for key, value in shown.items() if not pd.isna(value)}

    def _count(self, value: Any) -> int:
        return int(value)

    def _of(self, share: Any, n: int) -> int:
        """The count behind a share: the workbook has it as exact as a number of Excel's is."""
        count = float(share) * n
        assert abs(count - round(count)) < 1e-6, share
        return round(count)

    def _read_levels(self) -> None:
        if f"计入 {(n := len(self.batch.scores))} 份" in self.lead:
            self.known.append((self._sum("level", [""], self.levels), n))
        for row in self._rows("levels"):
            names = str(row["name"]).split("、")
            levels = [g for g in self.levels if self.edition.level_name(g) in names or row["name"] == TOTAL]
            self.known.append((self._sum("level", [""], levels), self._count(row["n"])))

    def _read_groups(self) -> None:
        for name, groups in self._groups.items():
            rows = list(self._rows(name))
            printed = [str(row["group"]) for row in rows]
            for row in rows:
                group, n = str(row["group"]), self._count(row["n"])
                members = [group] if group in groups else [g for g in groups if g not in printed]
                members = groups if group == TOTAL else members
                self.known.append((self._sum(name, members, self.levels), n))
                for key, value in row.items():
                    if key.startswith("reach_share_"):
                        goal = int(key.removeprefix("reach_share_"))
                        self.known.append((self._sum(name, members, self.levels[goal:]), self._of(value, n)))

    def _read_scores(self) -> None:
        per_point = scale_of(self.edition).units_per_point
        for row in self._rows("histogram"):
            ends = (0.0, 1e9)
            if row["name"] != TOTAL:
                low, high = (float(end) for end in str(row["name"]).split("–"))
                ends = (low, 1e9 if high == float(self.edition.header.full_marks.exact) else high)
            self._know_score(ceil(ends[0] * per_point), ceil(ends[1] * per_point), self._count(row["n"]))
        rows = [row for row in self._rows("tiers") if row["name"] != TOTAL]
        lowest = [ceil(float(str(row["name"]).split("≥")[-1].rstrip("分")) * per_point) for row in rows[:-1]]
        for row, (high, low) in zip(rows, pairwise([10**9, *lowest, 0]), strict=bool(rows)):
            self._know_score(low, high, self._count(row["n"]))

    def _know_score(self, low: int, high: int, n: int) -> None:
        inside = {str(i) for i, cut in enumerate(self.cuts) if low <= cut < high}
        self.known.append(({c: 1 for c in self.truth if c[0] == "score" and c[1] in inside}, n))

    def _read_reasons(self) -> None:
        keys = (*blocked_keys(self.edition), HIGHEST)
        names = {key: key if key == HIGHEST else ("仅差", "差")["+" in key] + blocked_name(key) for key in keys}
        rows = list(self._rows("reasons"))
        printed = {row["name"] for row in rows}
        for row in rows:
            named = [key for key in keys if names[key] == row["name"]]
            rest = keys if row["name"] == TOTAL else [key for key in keys if names[key] not in printed]
            self.known.append((self._reasons(named or rest), self._count(row["n"])))

    def _read_scenes(self) -> None:
        total = len(self.batch.scores)
        ids = {scene.printed_name: scene.id for scene in self.edition.scenes}
        for row in self._rows("scenes"):
            cells = [("scene", ids[str(row["name"])], str(i)) for i in range(len(self.levels) + 1)]
            for key, share in row.items():
                if key == "none_share":
                    self.known.append(({cells[0]: 1}, self._of(share, total)))
                elif key.startswith("cover_"):
                    g = int(key.removeprefix("cover_"))
                    self.known.append((dict.fromkeys(cells[g + 1 :], 1), self._of(share, total)))
                elif key == "mean":
                    self.known.append(({cell: i - 1 for i, cell in enumerate(cells) if i > 1}, self._of(share, total)))

    def _read_items(self) -> None:
        for name, level, column in (("dimension_rates", 0, "dimension"), ("indicator_rates", 1, "indicator")):
            for row in self._rows(name):
                paths = {q.id: self.edition.question_path(q) for q in self.edition.questions}
                inside = [q for q, path in paths.items() if path[:2][level].name == row[column]]
                if "rate" in row:
                    self._know_units(inside, row["rate"])
        items = {f"题{q.number} {q.item}": q for q in self.edition.questions}
        for row in self._rows("item_rates"):
            q = items[str(row["item"])]
            ends = {"zero": ("item", q.id, "0"), "top": ("item", q.id, str(type_of(q).most_steps(q)))}
            if "rate" in row:
                self._know_units([q.id], row["rate"])
            self.known += [({cell: 1}, self._count(row[key])) for key, cell in ends.items() if key in row]

    def _know_units(self, questions: Iterable[str], rate: Any) -> None:
        """A rate of several items: their points add up, in units."""
        step, full = scale_of(self.edition).step, full_mark_units(self.edition)
        cells = [cell for cell in self.truth if cell[0] == "item" and cell[1] in set(questions)]
        most = len(self.batch.scores) * sum(full[q] for q in {cell[1] for cell in cells})
        self.known.append(({cell: step[cell[1]] * int(cell[2]) for cell in cells}, self._of(rate, most)))

    def _read_response(self) -> None:
        rows = list(self._rows("response"))
        district = {cell[1] for cell in self.truth if cell[0] == "asked"}
        merged = district - {str(row["group"]) for row in rows} - {str(row["group"]) for row in self._rows("district")}
        for row in rows:
            name = str(row["group"])
            members = district if name == TOTAL else {name} if name in district else merged
            for key, states in (("answered", ("counted", "pending")), ("silent", ("silent",))):
                if key in row:
                    told = {cell: 1 for member in members for cell in self._asked(member, "", states)}
                    self.known.append((told, self._count(row[key])))

    def _read_targets(self) -> None:
        targets = {each.target.name: each for each in self.batch.targets.targets}
        for row in self._rows("targets"):
            target = targets[str(row["name"])]
            above = next((condition.value for condition in target.conditions), "")
            reached = list(map(str, self.levels[target.level :]))
            figures = {
                "asked": self.states,
                "counted": ["counted"],
                "confirmed": reached,
                "at_most": [*reached, "pending", "silent"],
            }
            for key, states in figures.items():
                if key in row:
                    self.known.append((self._asked("", above, states), self._count(row[key])))

    def _read_rounds(self) -> None:
        for _, words, claims in round_comparisons(self.batch):
            for row in self._rows(f"{words.id}_levels"):
                names = str(row["name"]).split("、")
                levels = [g for g in self.levels if self.edition.level_name(g) in names or row["name"] == TOTAL]
                before, after = product(levels, self.levels), product(self.levels, levels)
                self.known.append((self._pairs(words.id, before), self._count(row["before"])))
                self.known.append((self._pairs(words.id, after), self._count(row["after"])))
            rose, same, fell = ("低估", "一致", "高估") if claims else ("上升", "不变", "下降")
            signs = {f"等级{rose}": 1, f"等级{same}": 0, f"等级{fell}": -1}
            for row in self._rows(f"{words.id}_moves"):
                both = product(self.levels, self.levels)
                pairs = [(a, b) for a, b in both if signs.get(str(row["name"]), np.sign(b - a)) == np.sign(b - a)]
                self.known.append((self._pairs(words.id, pairs), self._count(row["n"])))
