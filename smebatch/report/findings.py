"""What stands out in the figures, in words: each sentence follows a rule, and says on how many returns it rests.

A rule compares exactly (integers and fractions), looks at no group that is small, and finds nothing where two share the
first place. What it says is the weakest or the greatest of a table of the report, which it names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from smebatch.batch.load import ReportData
from smebatch.report.document import ReportSentence, Stated
from smebatch.report.exact_statistics import display_number, percent_text
from smebatch.report.section_groups import full_mark_units, group_sums
from smebatch.report.section_upgrade import blocked_frame, blocked_keys
from smebatch.report.words import MISSING, at_least, blocked_name, group_names, milestones


@dataclass(frozen=True, slots=True)
class Observation:
    """A sentence (without its full stop) that rests on ``n`` returns, and the sheet and table that have its figures.

    ``counted``: where n stands, None where it is the sum of several.
    """

    text: ReportSentence
    n: int
    sheet: str
    table: str
    counted: Stated | None = None

    @property
    def printed(self) -> ReportSentence:
        """The sentence with its n and its place."""
        n = self.counted._replace(text=str(self.n)) if self.counted else str(self.n)
        return ReportSentence(self.text, "（n=", n, "，见“", Stated(self.sheet, self.table), "”）。")


_ALL = Stated("", "levels", -1, "n")
"""Where it stands how many returns there are."""


def observations(batch: ReportData) -> tuple[Observation, ...]:
    """What the rules find, at most one each, in their order; nothing where no more than a small group counts."""
    if len(batch.scores) < max(1, batch.options.small_group):
        return ()
    return tuple(found for rule in RULES if (found := rule(batch)))


def reached_share(batch: ReportData) -> Observation | None:
    """The share of returns at the first milestone or above."""
    goal, count = milestones(batch.edition)[0], len(batch.scores)
    reached = int((batch.scores["level"] >= goal).sum())
    share = percent_text(reached, count)
    row = "level", goal
    text = ReportSentence(
        *(f"{at_least(batch.edition, goal)}的 ", Stated(str(reached), "levels", row, "reach")),
        *(" 份，占 ", Stated(share, "levels", row, "reach_share")),
    )
    return Observation(text, count, "总览", "levels", _ALL)


def weakest_dimension(batch: ReportData) -> Observation | None:
    """The dimension with the lowest share of its full marks."""
    dimensions = {d.id: d.name for d in batch.edition.dimensions}
    if (weakest := _only_least(_rates(batch, list(dimensions)))) is None:
        return None
    rate = Stated(_rate_text(batch, weakest), "dimension_rates", ("id", weakest), "rate")
    text = ReportSentence(f"{len(dimensions)} 个维度中，{dimensions[weakest]}的得分率最低，为 ", rate)
    return Observation(text, len(batch.scores), "维度与采集项", "dimension_rates", _ALL)


def weakest_item(batch: ReportData) -> Observation | None:
    """The 采集项 with the lowest share of its full marks."""
    questions = {q.id: f"题{q.number} {q.item}" for q in batch.edition.questions}
    if (weakest := _only_least(_rates(batch, list(questions)))) is None:
        return None
    rate = Stated(_rate_text(batch, weakest), "item_rates", ("id", weakest), "rate")
    text = ReportSentence(f"{len(questions)} 个采集项中，“{questions[weakest]}”的得分率最低，为 ", rate)
    return Observation(text, len(batch.scores), "维度与采集项", "item_rates", _ALL)


def least_binding_scene(batch: ReportData) -> Observation | None:
    """The binding scene that the fewest returns have at the first milestone or above."""
    goal, count = milestones(batch.edition)[0], len(batch.scores)
    scenes = {s.id: s for s in batch.edition.scenes if s.binding}
    reached = {name: int((batch.scores[name] >= goal).sum()) for name in scenes}
    if (least := _only_least({name: Fraction(k) for name, k in reached.items()})) is None:
        return None
    level = at_least(batch.edition, goal)
    share = percent_text(reached[least], count)
    text = ReportSentence(
        f"{len(scenes)} 个约束性场景中，“{scenes[least].name}”{level}的最少，{reached[least]} 份，占 ",
        Stated(share, "scenes", [scene.id for scene in batch.edition.scenes].index(least), f"cover_{goal}"),
    )
    return Observation(text, count, "应用场景", "scenes", _ALL)


def commonest_obstacle(batch: ReportData) -> Observation | None:
    """What keeps most of the returns below the highest level from their next one."""
    total = blocked_frame(batch).iloc[-1]
    below, counts = int(total["n"]), {key: int(total[key]) for key in blocked_keys(batch.edition)}
    if below < batch.options.small_group:
        return None
    if (most := _only_least({key: Fraction(-k) for key, k in counts.items()})) is None:
        return None
    how = "同时差" if "+" in most else "仅差"
    whole = Stated(str(below), "blocked", -1, "n")
    text = ReportSentence(
        *("尚可升级的 ", whole, f" 份中，距下一等级{how}{blocked_name(most)}的最多，"),
        *(Stated(str(counts[most]), "blocked", -1, most), f" 份，占 {percent_text(counts[most], below)}"),
    )
    return Observation(text, below, "升级分析", "blocked", whole)


def widest_gap(batch: ReportData) -> Observation | None:
    """The districts with the highest and the lowest share at the first milestone or above, of those that are not small.

    Returns that name no district are no district.
    """
    goal = milestones(batch.edition)[0]
    sums = group_sums(batch, group_names(batch.enterprises["district"]))
    sums = sums[(sums["n"] >= batch.options.small_group) & (sums.index != MISSING)]
    columns = (sums[f"reach_{goal}"].tolist(), sums["n"].tolist())
    reached = {str(name): pair for name, *pair in zip(sums.index, *columns, strict=True)}
    shares = {name: Fraction(*pair) for name, pair in reached.items()}
    lowest, highest = _only_least(shares), _only_least({name: -share for name, share in shares.items()})
    if lowest is None or highest is None:
        return None

    def named(district: str) -> ReportSentence:
        row = "group", district
        share = Stated(percent_text(*reached[district]), "district", row, f"reach_share_{goal}")
        return ReportSentence(
            f"{district}（", share, "，n=", Stated(str(reached[district][1]), "district", row, "n"), "）"
        )

    points = display_number(100 * (shares[highest] - shares[lowest]), 1)
    text = ReportSentence(
        *(f"{at_least(batch.edition, goal)}占比最高的区县是", named(highest), "，最低的是", named(lowest)),
        f"，相差 {points:.1f} 个百分点",
    )
    return Observation(text, reached[highest][1] + reached[lowest][1], "分区县", "district")


RULES: tuple[Callable[[ReportData], Observation | None], ...] = (
    reached_share,
    weakest_dimension,
    weakest_item,
    least_binding_scene,
    commonest_obstacle,
    widest_gap,
)


def _rates(batch: ReportData, parts: list[str]) -> dict[str, Fraction]:
    """得分率 of dimensions or questions, by id."""
    full, count = full_mark_units(batch.edition), len(batch.scores)
    return {part: Fraction(int(batch.scores[part].sum()), count * full[part]) for part in parts}


def _rate_text(batch: ReportData, part: str) -> str:
    rate = _rates(batch, [part])[part]
    return percent_text(rate.numerator, rate.denominator)


def _only_least(values: Mapping[str, Fraction]) -> str | None:
    """The name of the least of two values or more; None where several are the least."""
    if len(values) < 2:
        return None
    lowest = min(values.values())
    least = [name for name, value in values.items() if value == lowest]
    return least[0] if len(least) == 1 else None
