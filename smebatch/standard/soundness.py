"""Validates an edition beyond the shape of its tables: names what is contradictory, and what cannot be supported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from string import ascii_uppercase
from typing import Any

from smebatch.standard.check_soundness import check_checks
from smebatch.standard.model import (
    Dimension,
    Edition,
    Figure,
    Indicator,
    Level,
    Quantity,
    Question,
)
from smebatch.standard.questions import QUESTION_TYPES, type_of
from smebatch.standard.score_units import scale_of
from smebatch.standard.toml_binding import is_whole, require

MOST_MARKS = 10_000_000  # exports write points with seven digits and two decimals
# Keys and headings have two digits for an option or a part, one for a level, and a letter for a figure.
MOST_OPTIONS, MOST_LEVELS, MOST_FIGURES, MOST_PARTS = 99, 9, len(ascii_uppercase), 99
LONGEST, LONGEST_NAME, LONGEST_UNIT, LONGEST_ID = 2000, 60, 16, 50  # characters
# Texts that are headings, choices or parts of sentences; others are sentences.
_NAMES = {"title", "form_title", "score_part", "scene_part", "ungraded", "not_reached", "not_applicable", "name"}
_NAMES |= {"single", "multiple", "item", "label", "term", "id", "key", "unit"}
_MAY_BE_BLANK = {(Level, "requirement"), (Level, "description")}  # a kind of check names its own
_ID, _EDITION_ID, _HASH = "[a-z][a-z_]*", "[0-9A-Za-z][0-9A-Za-z._-]*", "[0-9a-f]{64}"
_EXCEL_TRUTH_VALUES = {"true", "false"}  # in the criterion of a formula Excel does not take these for texts


def check_edition(edition: Edition, reserved: frozenset[str] = frozenset()) -> None:
    """Raise EditionError, naming the place, where an edition contradicts itself or asks for what is not supported.

    ``reserved``: names of other columns of the tables in which answers and scores are stored. No figure and no
    dimension may have one of them.
    """
    ids = partial(_check_ids, reserved=reserved)
    for check in (
        _check_counts,
        _check_texts,
        _check_unique,
        _check_states,
        ids,
        _check_references,
        _check_units,
        _check_weights,
        _check_questions,
        _check_scenes,
    ):
        check(edition)
    for check in (_check_printed, _check_levels, _check_scale, _check_energies, _check_energy_total, check_checks):
        check(edition)


def _check_counts(edition: Edition) -> None:
    counts = edition.header.counts
    counted = {
        "dimensions": len(edition.dimensions),
        "indicators": len(edition.indicators),
        "questions": len(edition.questions),
        "options": tuple(len(q.options) for q in edition.questions),
        "scene_groups": len(edition.scene_groups),
        "scenes": len(edition.scenes),
        "binding": sum(s.binding for s in edition.scenes),
    }
    for name, value in counted.items():
        stated = getattr(counts, name)
        require(value == stated, f"edition.counts.{name}: {stated} stated, {value} found")
    for name, parts in (("dimensions", edition.dimensions), ("scene_groups", edition.scene_groups)):
        require(len(parts) <= MOST_PARTS, f"edition.counts.{name}: at most {MOST_PARTS}")


def _check_texts(edition: Edition) -> None:
    """Texts are filled in, without blanks around them, and short enough for the cells that show them."""
    for where, cls, name, text in _texts_of(edition):
        blank_allowed = (cls, name) in _MAY_BE_BLANK or name in getattr(cls, "may_be_blank", ())
        blank_allowed = blank_allowed or getattr(cls, "_field_defaults", {}).get(name) == ""
        require(bool(text) or blank_allowed, f"{where}: must not be blank")
        require(text == text.strip(), f"{where}: begins or ends with a blank")
        most = LONGEST_UNIT if name == "unit" else LONGEST_NAME if name in _NAMES and cls is not Question else LONGEST
        require(len(text) <= most, f"{where}: at most {most} characters, not {len(text)}")
        require("\n" not in text or most == LONGEST, f"{where}: must stand in one line")


def _texts_of(edition: Edition) -> Iterator[tuple[str, type, str, str]]:
    """Every text of an edition: its place in the file, the class and the field it stands in, and the text."""
    tables = {
        "edition": edition.header,
        "rule": edition.rules,
        "level": edition.levels,
        "dimension": edition.dimensions,
        "indicator": edition.indicators,
        "question": edition.questions,
        "scene_group": edition.scene_groups,
        "scene": edition.scenes,
        "energy": edition.energies,
        "energy_total": edition.energy_total,
        "energy_example": edition.energy_example,
        "glossary": edition.glossary,
        "check": edition.checks,
        "ruling": edition.rulings,
    }
    for table, rows in tables.items():
        yield from _texts_in(rows, table, Edition, table)


def _texts_in(value: Any, where: str, cls: type, name: str) -> Iterator[tuple[str, type, str, str]]:
    if isinstance(value, str):
        yield where, cls, name, value
    elif hasattr(value, "_fields"):
        for key in value._fields:
            yield from _texts_in(getattr(value, key), f"{where}.{key}", type(value), key)
    elif isinstance(value, tuple):
        for i, item in enumerate(value, 1):
            yield from _texts_in(item, f"{where}[{i}]", cls, name)


def _check_unique(edition: Edition) -> None:
    everything = {
        "rule": [r.id for r in edition.rules],
        "level": [str(g.level) for g in edition.levels],
        "ruling": [r.id for r in edition.rulings],
        "energy": [x.name for x in edition.energies],
        "energy id": [x.id for x in edition.energies],
        "dimension, indicator, question, scene, figure or field": [
            *(d.id for d in edition.dimensions),
            *(i.id for i in edition.indicators),
            *(q.id for q in edition.questions),
            *(g.id for g in edition.scene_groups),
            *(s.id for s in edition.scenes),
            *_figure_keys(edition),
            *(f.key for f in edition.fields),
        ],
    }
    for name, ids in everything.items():
        require(not (doubled := _duplicates(ids)), f"{name}: id used twice: {', '.join(doubled)}")
    states = [edition.header.not_reached, edition.header.not_applicable] if edition.scenes else []
    names = {"level": [edition.header.ungraded, *(g.name for g in edition.levels)], "edition": states}
    names |= {"dimension": [d.name for d in edition.dimensions], "scene": [s.name for s in edition.scenes]}
    for name, words in names.items():
        require(not (doubled := _duplicates(words)), f"{name}: name used twice: {', '.join(doubled)}")


def _check_states(edition: Edition) -> None:
    """Formulas of the form look for the states of scenes, so Excel must take these for plain texts."""
    for name in ("not_reached", "not_applicable") if edition.scenes else ():
        state = getattr(edition.header, name)
        plain = state[:1].isalpha() and not set(state) & set("*?~") and state.lower() not in _EXCEL_TRUTH_VALUES
        require(plain, f"edition.{name}: must begin with a letter and hold none of * ? ~, not {state!r}")


def _duplicates(ids: Sequence[str]) -> list[str]:
    return sorted({i for i in ids if ids.count(i) > 1})


def _figure_keys(edition: Edition) -> list[str]:
    return [f.key for q in edition.questions for f in q.figures]


def _check_ids(edition: Edition, reserved: frozenset[str]) -> None:
    for ids, shape in (([q.id for q in edition.questions], "q"), ([s.id for s in edition.scenes], "s")):
        expected = [f"{shape}{i:02d}" for i in range(1, len(ids) + 1)]
        require(ids == expected, f"ids must run {', '.join(expected[:3])}…, found {', '.join(ids)}")
    columns = [*_figure_keys(edition), *(d.id for d in edition.dimensions)]
    unfit = [i for i in columns if not re.fullmatch(_ID, i) or len(i) > LONGEST_ID]
    require(not unfit, f"ids must be lower-case ASCII words of at most {LONGEST_ID} letters: {', '.join(unfit)}")
    taken = sorted({*columns} & (reserved | _EXCEL_TRUTH_VALUES))
    require(not taken, f"ids that exports and tables use for other columns: {', '.join(taken)}; choose others")
    header = edition.header
    require(
        re.fullmatch(_EDITION_ID, header.id) is not None, f"edition.id: ASCII letters, digits, . _ -, not {header.id!r}"
    )
    for sha256 in header.also_known_as:
        require(re.fullmatch(_HASH, sha256) is not None, "edition.also_known_as: a SHA-256 has 64 digits 0-9 and a-f")


def _check_references(edition: Edition) -> None:
    for indicator in edition.indicators:
        require(
            indicator.dimension in edition.dimension, f"indicator {indicator.id}: no dimension {indicator.dimension}"
        )
    for question in edition.questions:
        require(question.indicator in edition.indicator, f"question {question.id}: no indicator {question.indicator}")
    groups = [g.id for g in edition.scene_groups]
    for scene in edition.scenes:
        require(scene.group in groups, f"scene {scene.id}: no scene_group {scene.group}")


def _check_units(edition: Edition) -> None:
    """Scores are stated in 分 and numbers of scenes in 个, because the program knows no other units for them."""
    header, levels = edition.header, edition.levels
    _require_unit(
        "分", {"edition.full_marks": header.full_marks, **{f"level {g.level}.score": g.score for g in levels}}
    )
    for name in ("scenes", "binding"):
        stated = {f"level {g.level}.{name}": getattr(g, name) for g in levels}
        _require_unit("个", {where: quantity for where, quantity in stated.items() if quantity is not None})


def _require_unit(unit: str, quantities: dict[str, Quantity]) -> None:
    for where, quantity in quantities.items():
        require(quantity.unit == unit, f"{where}: unit must be {unit}, not {quantity.unit}")


def _check_weights(edition: Edition) -> None:
    _require_sum_of_100("dimension", edition.dimensions)
    for dimension in edition.dimensions:
        indicators = [i for i in edition.indicators if i.dimension == dimension.id]
        _require_sum_of_100(f"indicators of dimension {dimension.id}", indicators)
    for indicator in edition.indicators:
        _require_sum_of_100(
            f"questions of indicator {indicator.id}", [q for q in edition.questions if q.indicator == indicator.id]
        )


def _require_sum_of_100(what: str, siblings: Sequence[Dimension | Indicator | Question]) -> None:
    for sibling in siblings:
        require(sibling.weight.unit == "%" and sibling.weight.value > 0, f"{sibling.id}: weight must be in %, above 0")
    total = sum(s.weight.value for s in siblings)
    require(total == 100, f"{what}: weights sum to {total}, not 100")


def _check_questions(edition: Edition) -> None:
    for q in edition.questions:
        types = " or ".join(QUESTION_TYPES)
        require(q.type in QUESTION_TYPES, f"question {q.id}: type must be {types}, not {q.type!r}")
        require(len(q.options) >= 2, f"question {q.id}: at least two options are needed")
        require(len(q.options) <= MOST_OPTIONS, f"question {q.id}: at most {MOST_OPTIONS} options")
        require(len(q.figures) <= MOST_FIGURES, f"question {q.id}: at most {MOST_FIGURES} figures")
        type_of(q).require_sound(q)
        for figure in q.figures:
            _check_figure(figure)


def _check_figure(figure: Figure) -> None:
    kinds = ("count", "amount", "percent")
    require(figure.kind in kinds, f"figure {figure.key}: kind must be one of {', '.join(kinds)}")
    if figure.kind == "percent":
        require(figure.unit == "%", f"figure {figure.key}: a percent is stated in %, not in {figure.unit!r}")
    else:
        rate = re.search("[%‰‱％]", figure.unit)
        require(rate is None, f"figure {figure.key}: a rate is of the kind percent, in %; not in {figure.unit!r}")


def _check_printed(edition: Edition) -> None:
    """Ratios and remarks of questions, and the rulings of weights, refer to figures and rulings that exist."""
    rulings = {"", *(r.id for r in edition.rulings)}
    for q in edition.questions:
        for key in (q.ratio.part, q.ratio.whole) if q.ratio else ():
            require(key in edition.figures, f"question {q.id}.ratio: no figure {key}")
        for remark in q.remarks:
            require(remark.ruling in rulings, f"question {q.id}.remarks: no ruling {remark.ruling}")
    weights = {
        part.id: part.weight for parts in (edition.dimensions, edition.indicators, edition.questions) for part in parts
    }
    for name, weight in weights.items():
        require(weight.ruling in rulings, f"{name}.weight: no ruling {weight.ruling}")


def _check_scenes(edition: Edition) -> None:
    for scene in edition.scenes:
        require(
            len(scene.levels) == len(edition.levels),
            f"scene {scene.id}: {len(scene.levels)} level texts, {len(edition.levels)} levels",
        )
    used = {scene.group for scene in edition.scenes}
    for group in edition.scene_groups:
        require(group.id in used, f"scene_group {group.id}: no scene is of it")
    if edition.scenes:
        for name in ("scene_part", "not_reached", "not_applicable"):
            require(bool(getattr(edition.header, name)), f"edition.{name}: an edition with scenes needs it")


def _check_levels(edition: Edition) -> None:
    require(bool(edition.levels), "level: at least one is needed")
    require(len(edition.levels) <= MOST_LEVELS, f"level: at most {MOST_LEVELS}")
    numbers = [g.level for g in edition.levels]
    require(numbers == list(range(1, len(numbers) + 1)), f"level: must run 1, 2, 3…, found {numbers}")
    for level in edition.levels:
        has_conditions = {level.scenes is not None, level.binding is not None}
        require(
            has_conditions == {bool(edition.scenes)},
            f"level {level.level}: scenes and binding go with an edition's scenes",
        )
    getters: dict[str, Callable[[Level], Decimal]] = {
        "score": lambda g: g.score.value,
        "scenes": lambda g: g.scenes.value if g.scenes else Decimal(0),
        "binding": lambda g: g.binding.value if g.binding else Decimal(0),
    }
    for name, get in getters.items():
        values = [get(g) for g in edition.levels]
        require(values == sorted(values), f"level: {name} must not fall from a level to the next: {_joined(values)}")
    scores = [g.score.value for g in edition.levels]
    require(len(set(scores)) == len(scores), f"level: score must rise from a level to the next: {_joined(scores)}")
    full = edition.header.full_marks.value
    require(scores[0] > 0 and scores[-1] <= full, "level: score must lie within the full marks")
    require(full < MOST_MARKS, f"edition.full_marks: must be below {MOST_MARKS}, not {full}")
    for level in edition.levels:
        if level.scenes and level.binding:
            _check_scenes_of_level(edition, level.level, level.scenes.value, level.binding.value)


def _check_scenes_of_level(edition: Edition, level: int, scenes: Decimal, binding: Decimal) -> None:
    all_binding = sum(scene.binding for scene in edition.scenes)
    limits = f"0 ≤ binding ≤ scenes ≤ {len(edition.scenes)} and binding ≤ {all_binding}, as there are, must hold"
    within = 0 <= binding <= scenes <= len(edition.scenes) and binding <= all_binding
    require(within, f"level {level}: {limits}")
    whole_numbers = is_whole(scenes) and is_whole(binding)
    require(whole_numbers, f"level {level}: scenes and binding must be whole numbers")


def _check_scale(edition: Edition) -> None:
    scale = scale_of(edition)
    require(
        scale.fits(),
        f"weights and scores: a point would take {scale.units_per_point} units, the full marks {scale.full}, more than "
        "can be added up exactly; use fewer decimals in weights and scores, or fewer options",
    )


def _check_energies(edition: Edition) -> None:
    """All energies convert into one unit, and the worked example of the standard adds up."""
    coefficients = {x.name: x.coefficient for x in edition.energies}
    for x in edition.energies:
        require(x.coefficient.value > 0, f"energy {x.id}: coefficient must be above 0")
        unit = f"{edition.energy_unit}/{x.unit}"
        require(x.coefficient.unit == unit, f"energy {x.id}: coefficient must be in {unit}")
    if edition.energy_example:
        for amount in edition.energy_example.amounts:
            require(amount.name in coefficients, f"energy_example: no energy {amount.name}")
        total = sum(amount.amount * coefficients[amount.name].value for amount in edition.energy_example.amounts)
        stated = edition.energy_example.total
        require(stated.value == total, f"energy_example: {stated.value} stated, the amounts make {total}")
        _require_unit(edition.energy_unit, {"energy_example.total": stated})


def _check_energy_total(edition: Edition) -> None:
    """The total of the energies is a figure in the unit that they convert to, and its keys are unambiguous."""
    total = edition.energy_total
    require(bool(total) == bool(edition.energies), "energy_total: it goes with an edition's energies")
    if not total:
        return
    years, flows = [year.id for year in total.years], [flow.id for flow in total.flows]
    unfit = [energy.id for energy in edition.energies if not re.fullmatch(_ID, energy.id)]
    # A key is energy_year_flow; as years and flows are single words, no two energies share a key.
    unfit += [name for name in (*years, *flows) if not re.fullmatch("[a-z]+", name)]
    require(not unfit, f"energy: ids must be lower-case ASCII words, those of years and flows one: {', '.join(unfit)}")
    for name, ids in (("years", years), ("flows", flows)):
        require(0 < len(set(ids)) == len(ids), f"energy_total.{name}: each needs an id of its own")
    signs = [flow.sign for flow in total.flows]
    require(signs[0] == "+" and set(signs) <= {"+", "-"}, "energy_total.flows: sign must be + or -, the first +")
    share = total.tolerance
    require(share.unit == "%" and 0 <= share.value < 100, "energy_total.tolerance: must be in %, from 0 to below 100")
    for year in total.years:
        require(year.figure in edition.figures, f"energy_total: no figure {year.figure}")
        unit = edition.figures[year.figure].unit
        require(unit == edition.energy_unit, f"energy_total: {year.figure} is in {unit}, not {edition.energy_unit}")
    keys = [f"{energy.row}_{year}_{flow}" for energy in edition.energies for year in years for flow in flows]
    taken = sorted({*edition.figures, *(f.key for f in edition.fields)}.intersection(keys))
    require(not taken, f"figure: id used twice: {', '.join(taken)}")


def _joined(values: Iterable[Decimal]) -> str:
    return ", ".join(str(v) for v in values)
