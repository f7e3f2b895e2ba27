"""A claimed coverage of business links against the links ticked elsewhere and the scenes that show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import compress
from operator import or_
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.answer_rule import AnswerRule
from smebatch.standard.checks.check import (
    Hint,
    QuestionCheck,
    checks_of,
    require_type,
    require_unit,
    tick_only,
    untick_none,
)
from smebatch.standard.checks.coupling import ClaimedCount, Coupling
from smebatch.standard.checks.links import scene_answered
from smebatch.standard.checks.option_hint import chosen
from smebatch.standard.formula_text import literal, when
from smebatch.standard.model import Edition, Quantity, Ranges
from smebatch.standard.questions import type_of
from smebatch.standard.toml_binding import is_whole, require

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, Ints, ReportedElsewhere, SampleTicks
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    question: str
    links: str
    ranges: Ranges
    used: Quantity
    managed: Quantity
    clause: str


class _Counts(NamedTuple):
    """Of each return: links ticked, links whose scene uses information technology or does not apply, links managed.

    ``unclear``: links whose scene has an issue of its own, and may use it once that is mended.
    """

    ticked: Ints
    used: Ints
    managed: Ints
    unclear: Ints


class LinkCount(_Row, QuestionCheck):
    """A claimed coverage of business links against the links ticked elsewhere and the scenes reached.

    ``used``: the scene level from which a link uses information technology; ``managed``: from which it is managed by
    an information system.
    """

    __slots__ = ()
    name = "link_count"
    meaning = (
        "a coverage claimed against the links ticked in the question `links` and the scenes reached: `ranges`, "
        "`[from, to]` of each option in 个环节; the levels, in 级, from which a scene uses information technology and "
        "is managed by a system"
    )
    codes = ("links.count",)
    substance = ("kind", "question", "links", "ranges", "used", "managed")
    wording = ("clause",)

    @property
    def questions(self) -> tuple[str, ...]:
        """The question, and that of the links."""
        return (self.question, self.links)

    def require_sound(self, edition: Edition, where: str) -> None:
        """A range of links for each option of a 单选, a 多选 of links, and two levels."""
        require_unit("ranges", self.ranges.unit, "个环节", where)
        levels = {"used": self.used, "managed": self.managed}
        for name, quantity in levels.items():
            require_unit(name, quantity.unit, "级", where)
        require_type(edition, self.question, "single", where)
        require_type(edition, self.links, "multiple", where)
        n, ranges = len(edition.question[self.question].options), self.ranges.value
        require(len(ranges) == n, f"{where}: {n} ranges are needed, one for each option")
        require(all(len(r) == 2 and r[0] <= r[1] for r in ranges), f"{where}: a range is [from, to]")
        for name, quantity in levels.items():
            within = is_whole(quantity.value) and 1 <= quantity.value <= len(edition.levels)
            require(within, f"{where}: {name} must be a level, 1 to {len(edition.levels)}")
        most = len(edition.question[self.links].options)
        require(all(0 <= r[0] <= r[1] <= most for r in ranges), f"{where}: a range must lie between 0 and {most}")

    def _scenes(self, edition: Edition) -> tuple[str, ...]:
        """The scenes of the links."""
        return tuple(scene for check in checks_of(edition) for scene in check.scenes_of_links(self.links))

    def couplings(self, edition: Edition) -> Iterator[Coupling]:
        """An option asks for a number of links that are used, managed and ticked."""
        used, managed = int(self.used.value), int(self.managed.value)
        ranges = tuple((low, high) for low, high in self.ranges.value)
        yield ClaimedCount(self.question, self.links, self._scenes(edition), ranges, used, managed)

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One."""
        question, links, scenes = edition.question[self.question], edition.question[self.links], self._scenes(edition)
        used, managed = (edition.level_name(int(level.value)) for level in (self.used, self.managed))

        def reasons(broken: AnswerColumns) -> Iterator[str]:
            counts = self._counts(edition, broken)
            numbers = zip(*(column.tolist() for column in counts), strict=True)
            holds = zip(*(column.tolist() for column in self._judge(edition, broken, counts)), strict=True)
            for (n_ticked, n_used, n_managed, _), which in zip(numbers, holds, strict=True):
                texts = (
                    f"题{links.number}勾选了 {n_ticked} 个环节",
                    f"只有 {n_used} 个环节的场景达到{used}或不适用",
                    f"有 {n_managed} 个环节的场景达到{managed}",
                )
                yield "，".join(compress(texts, which))

        yield AnswerRule(
            "links.count",
            self.question,
            self.clause,
            (*question.ticks, *links.ticks, *(k for s in scenes for k in (*edition.scene[s].ticks, f"{s}_state"))),
            lambda answers: reduce(or_, self._judge(edition, answers, self._counts(edition, answers))),
            lambda broken: zip(broken.ticked(question), reasons(broken), strict=True),
        )

    def _counts(self, edition: Edition, answers: AnswerColumns) -> _Counts:
        links = edition.question[self.links]
        used, managed, unclear = answers.zeros(), answers.zeros(), answers.zeros()
        for scene in self._scenes(edition):
            not_applicable = answers.says(f"{scene}_state", edition.header.not_applicable)
            level = answers.scene_level(edition.scene[scene])
            used += (level >= int(self.used.value)) | not_applicable
            managed += level >= int(self.managed.value)
            unclear += ~scene_answered(answers, scene) & ~not_applicable
        return _Counts(type_of(links).steps(answers, links), used, managed, unclear)

    def _judge(self, edition: Edition, answers: AnswerColumns, counts: _Counts) -> tuple[Bools, Bools, Bools]:
        """Where too many links are ticked, too few used, and too many managed, for the range of the option ticked."""
        claimed = answers.chosen(edition.question[self.question])

        def where(outside: Callable[[int, int], Bools]) -> Bools:
            options = enumerate(self.ranges.value, 1)
            return reduce(or_, ((claimed == option) & outside(low, high) for option, (low, high) in options))

        return (
            where(lambda _, high: counts.ticked > high),
            where(lambda low, _: counts.used + counts.unclear < low) & bool(self._scenes(edition)),
            where(lambda _, high: counts.managed > high),
        )

    def question_hint(self, cells: FormCells, giving_way: Sequence[Hint]) -> Hint:
        """Against the links ticked and, once all are filled in, the scenes."""
        edition = cells.edition
        claimed = chosen(cells, self.question)
        low = f"CHOOSE({claimed},{','.join(str(r[0]) for r in self.ranges.value)})"
        high = f"CHOOSE({claimed},{','.join(str(r[1]) for r in self.ranges.value)})"
        fewer = f"少于题{edition.question[self.links].number}勾选的环节，请核对。"
        formula, longest = when(f"{cells.steps(self.links)}>{high}", fewer), fewer
        scenes = self._scenes(edition)
        if scenes:
            levels = [cells.scene_level(s) for s in scenes]
            states = [cells.scene_state(s) for s in scenes]
            not_applicable = literal(edition.header.not_applicable)
            managed = "+".join(f"({level}>={int(self.managed.value)})" for level in levels)
            used = "+".join(
                f"(({level}>={int(self.used.value)})+({state}={not_applicable})>0)"
                for level, state in zip(levels, states, strict=True)
            )
            flags = ["+".join(cells.scene_flags(s)) for s in scenes]
            filled = ",".join(f'{ticked}+({state}<>"")>0' for ticked, state in zip(flags, states, strict=True))
            part = edition.header.scene_part
            over, under = f"多于“{part}”达到的场景，请核对。", f"少于“{part}”达到的场景，请核对。"
            against = when(f"{used}<{low}", over, when(f"{managed}>{high}", under))
            formula += f'&IF(AND({filled}),{against},"")'
            longest += over
        return Hint(formula, longest)

    def settle(self, ticks: SampleTicks) -> None:
        """The option nearest to the one aimed at whose range holds the links ticked and fits the scenes' levels."""
        links = ticks.edition.question[self.links]
        ticked = len([i for i in ticks.chosen[self.links] if i != (links.none or 0) - 1])
        levels = [ticks.levels[scene] for scene in self._scenes(ticks.edition)]
        least = max(ticked, sum(level >= self.managed.value for level in levels))
        most = sum(level >= self.used.value or level < 0 for level in levels) if levels else least
        options = self.ranges.value
        fitting = [i for i, (low, high) in enumerate(options) if high >= least and low <= most]
        aim = ticks.aims[self.question]
        ticks.chosen[self.question] = [min(fitting or range(len(options)), key=lambda i: abs(i - aim))]

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """Tick every link, and claim the fewest."""
        ranges = self.ranges.value
        fewest = min(range(len(ranges)), key=lambda i: ranges[i][1])
        every = dict.fromkeys(edition.question[self.links].ticks, True)
        return answers | every | untick_none(edition, self.links) | tick_only(edition, self.question, fewest)
