"""The columns that scoring computes for a return: name, type, meaning, unit and clause of the standard.

Whatever stores, exports or documents a score takes its columns from here. The module imports nothing heavy, so that a
command can name the columns without loading numpy and pandas.
"""

from __future__ import annotations

from typing import NamedTuple

from smebatch.standard.model import Edition

UNITS = "units"
"""The unit in which scores are computed: a fixed fraction of a point (see ``scale_of``)."""


class ScoreColumn(NamedTuple):
    """A computed column. ``dtype`` is its type in a frame: int64 or str."""

    name: str
    meaning: str
    unit: str = ""
    clause: str = ""
    dtype: str = "int64"


_SCORE_UNITS = ScoreColumn("score_units", "score of the return, the sum of its questions", UNITS)
_SCORE_LEVEL = ScoreColumn("score_level", "highest level whose score is reached, 0 for none", "level")
_LEVEL = ScoreColumn("level", "level of the return: its conditions and those of all levels below hold", "level")
_SCENE_LEVEL = ScoreColumn("scene_level", "highest level whose scenes are reached, 0 for none", "level")
_GAPS = (
    ScoreColumn("points_missing", "what the score lacks to the next level, 0 at the top", UNITS),
    ScoreColumn("scenes_missing", "how many scenes are missing to the next level, 0 at the top", "scenes"),
    ScoreColumn("binding_missing", "how many binding scenes are missing to the next level, 0 at the top", "scenes"),
)
_BLOCKED_BY = ScoreColumn(
    "blocked_by",
    "what keeps the return from the next level: score, scenes and binding, joined by +; blank at the top",
    dtype="str",
)

GAPS = tuple(column.name for column in _GAPS)
"""The columns that say what is missing to the next level, in the order of ``blocked_by``."""

NAMES_OF_NO_PART = tuple(c.name for c in (_SCORE_UNITS, _SCORE_LEVEL, _LEVEL, _SCENE_LEVEL, *_GAPS, _BLOCKED_BY))
"""The names that every edition's scores have; the other columns are named after parts of the edition."""


def score_columns(edition: Edition) -> tuple[ScoreColumn, ...]:
    """The columns of :func:`smebatch.assess.score.score` under an edition, in their order.

    Questions and dimensions come first, then the score and its level; scenes and what is counted of them only where
    the edition has scenes; last what is missing to the next level.
    """
    questions = (
        ScoreColumn(q.id, f"score of question {q.number}, {q.item}", UNITS, q.clause) for q in edition.questions
    )
    dimensions = (ScoreColumn(d.id, f"score of dimension {d.name}", UNITS, d.weight.clause) for d in edition.dimensions)
    of_levels = (_SCORE_LEVEL, _LEVEL, *scene_columns(edition), *_GAPS, _BLOCKED_BY)
    clause = edition.levels[0].score.clause
    return (
        *questions,
        *dimensions,
        _SCORE_UNITS._replace(clause=edition.header.full_marks.clause),
        *(column._replace(clause=column.clause or clause) for column in of_levels),
    )


def scene_columns(edition: Edition) -> tuple[ScoreColumn, ...]:
    """The columns about scenes, in their order; none where the edition has no scenes."""
    if not edition.scenes:
        return ()
    scenes = (
        ScoreColumn(s.id, f"level of scene {s.printed_name}, 0 for none", "level", s.clause) for s in edition.scenes
    )
    counts = (
        ScoreColumn(scenes_at_least(part, g.level), f"how many {what} are at level {g.level} or above", "scenes")
        for part, what in (("scenes", "scenes"), ("binding", "binding scenes"))
        for g in edition.levels
    )
    return (*scenes, *counts, _SCENE_LEVEL)


def scenes_at_least(part: str, level: int) -> str:
    """The name of the column that counts scenes at a level or above: scenes_ge2, or binding_ge2 of the binding ones."""
    return f"{part}_ge{level}"
