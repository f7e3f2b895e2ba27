"""A way laid out for people: each of its steps, from what to what, in the standard's own words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from smebatch.assess.ways.problem import claimed_scenes
from smebatch.assess.ways.ways import Way
from smebatch.assess.working_tables import WorkingCell, WorkingTable
from smebatch.issues.notice import Notice
from smebatch.standard.model import Edition, Question, Scene


def way_table(way: Way, ticks: Mapping[str, object], edition: Edition) -> WorkingTable:
    """The steps of a way that exists; ``ticks``: the answers of its return by key.

    A row for each question and scene: how many steps, what is answered now and what would be; for a 多选 the options
    that may be ticked, for a scene the text of every level that is new.
    """
    rows = (*_question_rows(way, ticks, edition), *_scene_rows(way, ticks, edition))
    return WorkingTable("check.way.title", _HEADINGS, rows, right=(1,))


_HEADINGS = ("check.way.item", "check.way.steps", "check.way.now", "check.way.then")


def way_conclusions(way: Way, edition: Edition) -> Iterator[Notice]:
    """How many steps lead where, how many other ways are as short, and which of them one cannot decide."""
    level = edition.level_name(way.to_level)
    if not way.exists:
        yield Notice("check.way.none", {"level": level})
        return
    yield Notice("check.way.is", {"level": level, "steps": way.steps, "alternatives": f"{way.alternatives:,}"})
    for key in way.locked:
        if key in edition.question:
            question = edition.question[key]
            name, why = f"{question.number} {question.item}", question.locked
        else:
            name, why = _named(edition.scene[key]), edition.header.not_applicable
        yield Notice("check.way.locked", {"item": name, "why": why})


def _question_rows(way: Way, ticks: Mapping[str, object], edition: Edition) -> Iterator[tuple[WorkingCell, ...]]:
    for key, steps in way.changes.items():
        if key in edition.question:
            question = edition.question[key]
            ticked = [i for i, tick in enumerate(question.ticks) if ticks.get(tick) is True]
            now = "\n".join(question.options[i] for i in ticked)
            if question.none is None:
                then: WorkingCell = question.options[ticked[0] + steps]
            else:
                choices = "\n".join(_choices(way, ticks, edition, question))
                then = Notice("check.way.choose", {"n": steps, "options": choices})
            yield f"{question.number} {question.item}", str(steps), now, then


def _choices(way: Way, ticks: Mapping[str, object], edition: Edition, question: Question) -> Iterator[str]:
    """The options that may be ticked and raise no warning of their scenes after the way."""
    for number, (tick, option) in enumerate(zip(question.ticks, question.options, strict=True), 1):
        if number != question.none and ticks.get(tick) is not True:
            scene = claimed_scenes(edition, question).get(tick, "")
            if not scene or _has_level(way, ticks, edition.scene[scene]):
                yield option


def _has_level(way: Way, ticks: Mapping[str, object], scene: Scene) -> bool:
    """Whether a scene is at some level after the way, or is not answered rightly, which is said elsewhere."""
    some = any(ticks.get(tick) is True for tick in scene.ticks)
    return scene.id in way.changes or ticks.get(scene.ticks[0]) is True or some


def _scene_rows(way: Way, ticks: Mapping[str, object], edition: Edition) -> Iterator[tuple[WorkingCell, ...]]:
    for key, steps in way.changes.items():
        if key in edition.scene:
            scene = edition.scene[key]
            run = [ticks.get(tick) is True for tick in scene.ticks]
            level = run.index(False) if False in run else len(run)
            state = ticks.get(f"{key}_state")
            now = str(state) if not level and isinstance(state, str) and state else edition.scene_level_name(level)
            texts = (f"{edition.levels[i].name}：{scene.levels[i]}" for i in range(level, level + steps))
            yield _named(scene), str(steps), now, "\n".join(texts)


def _named(scene: Scene) -> str:
    return f"{scene.number} {scene.printed_name}"
