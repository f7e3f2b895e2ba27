"""The cells of the form as formulas address them: what kinds of checks and of questions make their formulas of."""

from __future__ import annotations

from dataclasses import dataclass

from smebatch.form import formulas as f
from smebatch.form.layout import AnswerSheet, question_sheet
from smebatch.form.result_layout import RAW, STEPS, ResultLayout, result_layout
from smebatch.standard.model import Edition


@dataclass(frozen=True, slots=True)
class AnswerCells:
    """A FormCells: ticks and figures by their keys, what 自评结果 has made of them by its layout."""

    edition: Edition
    sheet: AnswerSheet
    layout: ResultLayout

    def tick_count(self, tick: str) -> str:
        """How many cells of the tick's row are ticked."""
        return f.tick_count(self.sheet, tick)

    def figure(self, key: str) -> str:
        """A figure's value, 0 where it is blank."""
        return f.figure(self.sheet, key)

    def is_number(self, *keys: str) -> str:
        """Whether the figures are all there, as numbers not below 0."""
        return f.is_number(self.sheet, *keys)

    def steps(self, question: str) -> str:
        """How many steps above its first option a question has reached."""
        return self.layout.question(question, STEPS)

    def scene_level(self, scene: str) -> str:
        """The number of a scene's level."""
        return self.layout.scene(scene, RAW)

    def scene_state(self, scene: str) -> str:
        """The state chosen for a scene, blank where there is none."""
        return self.layout.scene(scene, self.layout.state)

    def scene_flags(self, scene: str) -> list[str]:
        """For each level of a scene, whether it is ticked: 1 or 0."""
        return [self.layout.scene(scene, self.layout.flag(level.level)) for level in self.edition.levels]


def cells_of(edition: Edition) -> AnswerCells:
    """The cells of an edition's form."""
    return AnswerCells(edition, question_sheet(edition), result_layout(edition))
