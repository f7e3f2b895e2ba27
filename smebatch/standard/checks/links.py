"""A business link claimed in a 多选 against its scene."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from smebatch.standard.answer_rule import AnswerRule, expecting
from smebatch.standard.checks.check import Hint, QuestionCheck, require_type, untick_none
from smebatch.standard.checks.coupling import ClaimedScenes, Coupling
from smebatch.standard.formula_text import both, when
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import require

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, Bools, FormCells, ReportedElsewhere, SampleTicks
    from smebatch.standard.sample_values import SampleAnswers


class _Row(NamedTuple):
    kind: str
    question: str
    scenes: tuple[str, ...]
    clause: str


class Links(_Row, QuestionCheck):
    """A business link claimed in a question against its scene; a scene an option, blank for none."""

    __slots__ = ()
    name = "links"
    meaning = (
        "an option of a multiple question claims a business link whose scene is not reached: warning; "
        'one scene an option, `""` for none'
    )
    codes = ("links.scene",)
    substance = ("kind", "question", "scenes")
    wording = ("clause",)
    may_be_blank = ("scenes",)

    def require_sound(self, edition: Edition, where: str) -> None:
        """A scene, or none, for each option of a 多选."""
        require_type(edition, self.question, "multiple", where)
        n = len(edition.question[self.question].options)
        require(len(self.scenes) == n, f"{where}: {n} scenes are needed, one for each option, blank for none")

    def scenes_of_links(self, question: str) -> tuple[str, ...]:
        """The scenes of its options that have one."""
        return tuple(scene for scene in self.scenes if scene and question == self.question)

    def couplings(self, edition: Edition) -> Iterator[Coupling]:
        """An option asks for a level of its scene."""
        yield ClaimedScenes(self.question, self.scenes)

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        """One for each option that has a scene."""
        question = edition.question[self.question]
        for tick, scene in zip(question.ticks, self.scenes, strict=True):
            if scene:
                yield self._rule(edition, tick, scene)

    def _rule(self, edition: Edition, tick: str, scene: str) -> AnswerRule:
        ticks = edition.scene[scene].ticks

        def broken(answers: AnswerColumns) -> Bools:
            # The first level starts every run, so a scene has a level just where its first is ticked.
            reached = answers.ticks(ticks)[:, 0]
            claimed: Bools = answers.ticks([tick])[:, 0] & ~reached & scene_answered(answers, scene)
            return claimed

        inputs = (tick, *ticks, f"{scene}_state")
        return AnswerRule("links.scene", tick, self.clause, inputs, broken, expecting(edition.scene[scene].name))

    def option_hint(self, cells: FormCells, tick: str) -> Hint | None:
        """Beside an option ticked whose scene is filled in below its first level."""
        question = cells.edition.question[self.question]
        scene = dict(zip(question.ticks, self.scenes, strict=True)).get(tick)
        if not scene:
            return None
        text = f"“{cells.edition.scene[scene].name}”未到{cells.edition.levels[0].name}，请核对。"
        flags = cells.scene_flags(scene)
        answered = f'OR({"+".join(flags)}>0,{cells.scene_state(scene)}<>"")'
        conditions = (f"{cells.tick_count(tick)}>0", f"{flags[0]}=0", answered)
        return Hint(when(both(*conditions), text), text)

    def may_tick(self, ticks: SampleTicks, option: int) -> bool:
        """Where the option has no scene, or its scene a level."""
        return ticks.levels.get(self.scenes[option], 1) >= 1

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        """Claim a link, and no level of its scene."""
        option, scene = next((i, scene) for i, scene in enumerate(self.scenes) if scene)
        claimed = edition.question[self.question].ticks[option]
        reached = dict.fromkeys(edition.scene[scene].ticks)
        state = {claimed: True, f"{scene}_state": edition.header.not_reached}
        return answers | untick_none(edition, self.question) | reached | state


def scene_answered(answers: AnswerColumns, scene: str) -> Bools:
    """Where a scene's first level is ticked, or nothing is and the state says so; other answers have their issue."""
    ticks = answers.edition.scene[scene].ticks
    answered: Bools = answers.ticks(ticks)[:, 0] | ((answers.count(ticks) == 0) & answers.filled(f"{scene}_state"))
    return answered
