"""The working of a score laid out as tables, so that it can be followed by hand; the faces put it into words.

Texts of the standard stand here as they are. What the program says itself is the code of a message, or a Notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from smebatch.assess.working import QuestionWorking, Working
from smebatch.issues.notice import Notice
from smebatch.standard.model import Edition
from smebatch.standard.score_units import Scale, scale_of

WorkingCell = str | Notice


class WorkingTable(NamedTuple):
    """A table of a working. ``title``, ``headings``: codes of messages, "" without a title. ``right``: figures."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[WorkingCell, ...], ...]
    right: tuple[int, ...] = ()


def working_tables(working: Working, edition: Edition) -> Iterator[WorkingTable]:
    """Answers, weights and points of the questions; the levels of the scenes; the conditions of the levels."""
    scale = scale_of(edition)
    yield WorkingTable(
        "check.working",
        ("check.question", "check.answer", "check.path", "check.units"),
        (
            *(_question_row(question, edition, scale) for question in working.questions),
            *((d.name, "", f"{d.weight.value}%", scale.points(units)) for d, units in working.dimensions),
            (Notice("check.total"), "", scale.points(scale.full), scale.points(working.units)),
        ),
        right=(3,),
    )
    if working.scenes:
        scenes = tuple((f"{s.number} {s.printed_name}", edition.scene_level_name(level)) for s, level in working.scenes)
        yield WorkingTable("", ("check.scene", "check.level"), scenes)
    headings = ("check.level", "check.condition", "check.needs", "check.has")
    yield WorkingTable("", headings, tuple(_condition_rows(working, edition, scale)), right=(2, 3))


def working_conclusions(working: Working, edition: Edition) -> Iterator[Notice]:
    """The score and the level, and below the top level what is missing to the next one."""
    scale = scale_of(edition)
    level, score = edition.level_name(working.level), scale.points(working.units)
    yield Notice("check.level_is", {"level": level, "score": score})
    if following := working.next:
        points = scale.points(following.units) if following.units else ""
        missing = {"points": points, "scenes": following.scenes, "binding": following.binding}
        gap = tuple(Notice(f"check.gap.{name}", {"n": n}) for name, n in missing.items() if n)
        yield Notice("check.next", {"level": edition.level_name(following.level), "gap": gap})


def _question_row(working: QuestionWorking, edition: Edition, scale: Scale) -> tuple[WorkingCell, ...]:
    question = working.question
    ticked = "\n".join(f"{number} {question.options[number - 1]}" for number in working.ticked)
    # What the option is worth of full marks, and the weights that bring it to points of the whole.
    weights = " × ".join(f"{weight}%" for weight in working.weights)
    path = f"{edition.header.full_marks.value}×{working.steps}/{working.steps_of_full} × {weights}"
    name = f"{question.number} {question.item}"
    return name, ticked or Notice("check.blank"), path, scale.points(working.units)


def _condition_rows(working: Working, edition: Edition, scale: Scale) -> Iterator[tuple[WorkingCell, ...]]:
    for level, condition, needs, has in working.conditions:
        named = Notice(f"check.{condition}_condition", {"part": edition.header.score_part, "level": level.name})
        first = condition == "score"
        yield level.full_name if first else "", named, f"≥ {needs}", scale.points(has) if first else str(has)
