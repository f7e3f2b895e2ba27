"""Why no way is shorter, or why there is none, in words that anybody can check against the return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from smebatch.assess.ways.problem import warnings_of
from smebatch.common.bilingual import Catalogue, Wording, fill, read_texts
from smebatch.issues.catalogue import ISSUES
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

PROOFS = Catalogue(lambda: [Wording(**row) for row in read_texts("smebatch.assess.ways", "proof.toml")])


@dataclass(frozen=True, slots=True)
class Proof:
    """What makes a way the smallest. Units are those of the edition's scale; steps are counted.

    ``level``: the one to reach. ``missing``: units. ``free`` and ``locked``: the fewest steps of questions that make up
    for them. ``best``: what one free step fewer gives at most. ``all_free`` and ``all_steps``: what all free steps, and
    all steps, give. ``scenes`` and ``binding``: how many are missing. ``scene_steps`` and ``scene_locked``: the fewest
    of scenes, None where there are too few. ``bound``: the sum of the fewest; ``tried``: how many sets have it, 0 where
    the way is no longer. ``steps`` and ``steps_locked``: those of the way, None where there is none.
    """

    level: int
    missing: int
    free: int | None
    locked: int
    best: int
    all_free: int
    all_steps: int
    scenes: int
    binding: int
    scene_steps: int | None
    scene_locked: int
    bound: int
    bound_locked: int
    tried: int
    steps: int | None
    steps_locked: int

    def text(self, edition: Edition, language: str) -> str:
        """The proof in a line, in Chinese (zh) or English (en)."""
        parts = [fill(PROOFS[code], language, values) for code, values in self._parts(edition)]
        return fill(PROOFS["and"], language, {}).join(parts)

    def _parts(self, edition: Edition) -> Iterator[tuple[str, dict[str, object]]]:
        level, names = edition.level_name(self.level), "、".join(warning_names(edition))
        wanted = {"scenes": self.scenes, "binding": self.binding, "level": level}
        if self.free is None:
            yield "none.score", self._points(edition, self.all_steps)
            return
        if self.scene_steps is None:
            yield "none.scenes", wanted
            return
        if self.steps is None:
            yield "none.warnings", {"names": names}
            return
        if self.locked:
            yield "score.locked", self._points(edition, self.all_free) | {"locked": self.locked}
        if self.free:
            code = "score.too" if self.locked else "score"
            yield code, self._points(edition, self.best) | {"less": self.free - 1, "locked": self.locked}
        if self.scene_steps:
            yield "scenes", wanted | {"steps": self.scene_steps}
        if self.scene_locked:
            yield "scenes.locked", {"locked": self.scene_locked, "state": edition.header.not_applicable}
        if self.steps_locked > self.bound_locked:
            yield "warnings.locked", {"names": names}
        elif self.steps > self.bound:
            yield "warnings", {"bound": self.bound, "tried": self.tried, "steps": self.steps, "names": names}

    def _points(self, edition: Edition, best: int) -> dict[str, object]:
        """What the best gives and what is missing, with as many decimals as tell them apart."""
        scale = scale_of(edition)
        for digits in range(2, 12):
            shown = {"best": scale.points(best, digits), "missing": scale.points(self.missing, digits)}
            if shown["best"] != shown["missing"]:
                break
        return {**shown}


def warning_names(edition: Edition) -> list[str]:
    """The names of the warnings that a way may not raise, without that of gaps, which no raised scene has."""
    return list(dict.fromkeys(ISSUES[code].name for code, _ in warnings_of(edition) if code != "scene.gap"))
