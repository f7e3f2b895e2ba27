"""Read an edition file, refuse what is not one, and check that it hangs together."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from smebatch.standard.model import (
    CHECKS,
    Check,
    Dimension,
    Edition,
    Energy,
    EnergyExample,
    EnergyTotal,
    Field,
    Header,
    Indicator,
    Interval,
    Level,
    LinkCount,
    Links,
    Question,
    Rare,
    Rule,
    Ruling,
    Scene,
    SceneGroup,
    Term,
    Trend,
)
from smebatch.standard.scale import scale_of
from smebatch.standard.strict import EditionError, build

T = TypeVar("T")

DEFAULT_EDITION = "2024"
_MOST_MARKS = 10_000_000  # exports write points with seven digits and two decimals
_TABLES = (
    *("edition", "rule", "level", "dimension", "indicator", "question", "scene_group", "scene"),
    *("energy", "energy_total", "energy_example", "glossary", "check", "ruling"),
)


def edition_ids() -> list[str]:
    """The ids of the editions that come with the program."""
    folder = resources.files("smebatch.standard") / "editions"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_edition(source: str | Path = DEFAULT_EDITION) -> Edition:
    """Load an edition by its id or from a file.

    Raises EditionError, naming the place, when the file is not a sound edition, and FileNotFoundError when there is
    no such edition or file.
    """
    if isinstance(source, str) and source in edition_ids():
        data = (resources.files("smebatch.standard") / "editions" / f"{source}.toml").read_bytes()
    else:
        data = Path(source).read_bytes()
    return parse_edition(data)


@cache
def parse_edition(data: bytes) -> Edition:
    """Parse and check the bytes of an edition file; equal bytes give the same object. Raises EditionError."""
    try:
        # A text checkout on Windows turns the line ends; the edition is the same.
        text = data.decode("utf-8").replace("\r\n", "\n")
        toml = tomllib.loads(text, parse_float=Decimal)
    except ValueError as error:  # covers UnicodeDecodeError and TOMLDecodeError
        raise EditionError(f"not a TOML file: {error}") from error
    unknown = sorted(set(toml) - set(_TABLES))
    if unknown:
        raise EditionError(f"unknown table {', '.join(unknown)}; allowed: {', '.join(_TABLES)}")
    total, example = toml.get("energy_total"), toml.get("energy_example")
    edition = Edition(
        header=build(Header, toml.get("edition", {}), "edition"),
        levels=_rows(Level, toml, "level"),
        dimensions=_rows(Dimension, toml, "dimension"),
        indicators=_rows(Indicator, toml, "indicator"),
        questions=_rows(Question, toml, "question"),
        scene_groups=_rows(SceneGroup, toml, "scene_group"),
        scenes=_rows(Scene, toml, "scene"),
        rules=_rows(Rule, toml, "rule"),
        energies=_rows(Energy, toml, "energy"),
        energy_total=build(EnergyTotal, total, "energy_total") if total else None,
        energy_example=build(EnergyExample, example, "energy_example") if example else None,
        glossary=_rows(Term, toml, "glossary"),
        checks=tuple(_check(row, f"check[{i}]") for i, row in enumerate(toml.get("check", []), 1)),
        rulings=_rows(Ruling, toml, "ruling"),
        fields=enterprise_fields(),
        sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        text=text,
    )
    for check in (
        *(_counts, _unique, _references, _weights, _questions, _printed),
        *(_scenes, _energies, _grades, _scale, _checks),
    ):
        check(edition)
    return edition


@cache
def enterprise_fields() -> tuple[Field, ...]:
    """The fields asked of every enterprise, in printed order."""
    text = (resources.files("smebatch.standard") / "reference" / "enterprise.toml").read_text("utf-8")
    return _rows(Field, tomllib.loads(text), "field")


def _rows(cls: type[T], toml: dict[str, Any], name: str) -> tuple[T, ...]:
    return tuple(build(cls, row, f"{name}[{i}]") for i, row in enumerate(toml.get(name, []), 1))


def _check(row: dict[str, Any], where: str) -> Check:
    kind = row.get("kind")
    if kind not in CHECKS:
        raise EditionError(f"{where}: unknown kind {kind!r}; allowed: {', '.join(CHECKS)}")
    return build(CHECKS[kind], row, where)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise EditionError(message)


def _counts(e: Edition) -> None:
    counts = e.header.counts
    found = {
        "dimensions": len(e.dimensions),
        "indicators": len(e.indicators),
        "questions": len(e.questions),
        "options": tuple(len(q.options) for q in e.questions),
        "scene_groups": len(e.scene_groups),
        "scenes": len(e.scenes),
        "binding": sum(s.binding for s in e.scenes),
    }
    for name, value in found.items():
        stated = getattr(counts, name)
        _require(value == stated, f"edition.counts.{name}: {stated} stated, {value} found")


def _unique(e: Edition) -> None:
    figures = [f.key for q in e.questions for f in q.figures]
    fields = [f.key for f in e.fields]
    everything = {
        "rule": [r.id for r in e.rules],
        "level": [str(g.level) for g in e.levels],
        "ruling": [r.id for r in e.rulings],
        "energy": [x.name for x in e.energies],
        "energy id": [x.id for x in e.energies],
        "dimension, indicator, question, scene, figure or field": [
            *(d.id for d in e.dimensions),
            *(i.id for i in e.indicators),
            *(q.id for q in e.questions),
            *(g.id for g in e.scene_groups),
            *(s.id for s in e.scenes),
            *figures,
            *fields,
        ],
    }
    for name, ids in everything.items():
        doubled = sorted({i for i in ids if ids.count(i) > 1})
        _require(not doubled, f"{name}: id used twice: {', '.join(doubled)}")
    for ids, shape in (([q.id for q in e.questions], "q"), ([s.id for s in e.scenes], "s")):
        expected = [f"{shape}{i:02d}" for i in range(1, len(ids) + 1)]
        _require(ids == expected, f"ids must run {', '.join(expected[:3])}…, found {', '.join(ids)}")
    odd = [i for i in (*figures, *(d.id for d in e.dimensions)) if not re.fullmatch(r"[a-z][a-z_]*", i)]
    _require(not odd, f"ids must be lower-case ASCII words: {', '.join(odd)}")


def _references(e: Edition) -> None:
    for indicator in e.indicators:
        _require(indicator.dimension in e.dimension, f"indicator {indicator.id}: no dimension {indicator.dimension}")
    for question in e.questions:
        _require(question.indicator in e.indicator, f"question {question.id}: no indicator {question.indicator}")
    groups = {g.id for g in e.scene_groups}
    for scene in e.scenes:
        _require(scene.group in groups, f"scene {scene.id}: no scene_group {scene.group}")
    energies = {x.name for x in e.energies}
    if e.energy_total:
        for year in e.energy_total.years:
            _require(year.figure in e.figures, f"energy_total: no figure {year.figure}")
    if e.energy_example:
        for amount in e.energy_example.amounts:
            _require(amount.name in energies, f"energy_example: no energy {amount.name}")


def _weights(e: Edition) -> None:
    _sums_to_100("dimension", e.dimensions)
    for dimension in e.dimensions:
        _sums_to_100(
            f"indicators of dimension {dimension.id}", [i for i in e.indicators if i.dimension == dimension.id]
        )
    for indicator in e.indicators:
        _sums_to_100(f"questions of indicator {indicator.id}", [q for q in e.questions if q.indicator == indicator.id])


def _sums_to_100(what: str, siblings: Sequence[Dimension | Indicator | Question]) -> None:
    for sibling in siblings:
        _require(sibling.weight.unit == "%" and sibling.weight.value > 0, f"{sibling.id}: weight must be in %, above 0")
    total = sum(s.weight.value for s in siblings)
    _require(total == 100, f"{what}: weights sum to {total}, not 100")


def _questions(e: Edition) -> None:
    for q in e.questions:
        _require(q.type in {"single", "multiple"}, f"question {q.id}: type must be single or multiple, not {q.type!r}")
        _require(len(q.options) >= 2, f"question {q.id}: at least two options are needed")
        if q.type == "multiple":
            # The scoring logic divides by the options other than 无, so it must be one of them, and the first.
            _require(q.none == 1, f"question {q.id}: a multiple question needs none = 1, the option that scores 0")
        else:
            _require(q.none is None, f"question {q.id}: none belongs to multiple questions only")
        for figure in q.figures:
            kinds = ("count", "amount", "percent")
            _require(figure.kind in kinds, f"figure {figure.key}: kind must be one of {', '.join(kinds)}")


def _printed(e: Edition) -> None:
    """What the form prints beside questions and weights must refer to what there is."""
    rulings = {"", *(r.id for r in e.rulings)}
    for q in e.questions:
        for key in (q.ratio.part, q.ratio.whole) if q.ratio else ():
            _require(key in e.figures, f"question {q.id}.ratio: no figure {key}")
        for remark in q.remarks:
            _require(remark.ruling in rulings, f"question {q.id}.remarks: no ruling {remark.ruling}")
    weights = {part.id: part.weight for parts in (e.dimensions, e.indicators, e.questions) for part in parts}
    for name, weight in weights.items():
        _require(weight.ruling in rulings, f"{name}.weight: no ruling {weight.ruling}")


def _scenes(e: Edition) -> None:
    for scene in e.scenes:
        _require(
            len(scene.levels) == len(e.levels),
            f"scene {scene.id}: {len(scene.levels)} level texts, {len(e.levels)} levels",
        )
    if e.scenes:
        for name in ("scene_part", "not_reached", "not_applicable"):
            _require(bool(getattr(e.header, name)), f"edition.{name}: an edition with scenes needs it")


def _energies(e: Edition) -> None:
    """Amounts of every energy add up to a figure in the unit that all are converted to."""
    total = e.energy_total
    _require(bool(total) == bool(e.energies), "energy_total: it goes with an edition's energies")
    if not total:
        return
    years, flows = [year.id for year in total.years], [flow.id for flow in total.flows]
    odd = [energy.id for energy in e.energies if not re.fullmatch("[a-z][a-z_]*", energy.id)]
    # The keys end in two such words, so that no two energies have a key in common.
    odd += [name for name in (*years, *flows) if not re.fullmatch("[a-z]+", name)]
    _require(not odd, f"energy: ids must be lower-case ASCII words, those of years and flows one: {', '.join(odd)}")
    for name, ids in (("years", years), ("flows", flows)):
        _require(0 < len(set(ids)) == len(ids), f"energy_total.{name}: each needs an id of its own")
    signs = [flow.sign for flow in total.flows]
    _require(signs[0] == "+" and set(signs) <= {"+", "-"}, "energy_total.flows: sign must be + or -, the first +")
    share = total.tolerance
    _require(share.unit == "%" and 0 <= share.value < 100, "energy_total.tolerance: must be in %, from 0 to below 100")
    for energy in e.energies:
        unit = f"{e.energy_unit}/{energy.unit}"
        _require(energy.coefficient.unit == unit, f"energy {energy.id}: coefficient must be in {unit}")
        _require(energy.coefficient.value > 0, f"energy {energy.id}: coefficient must be above 0")
    for year in total.years:
        unit = e.figures[year.figure].unit
        _require(unit == e.energy_unit, f"energy_total: {year.figure} is in {unit}, not {e.energy_unit}")
    taken = {*e.figures, *(f.key for f in e.fields)}
    keys = [f"{energy.row}_{year}_{flow}" for energy in e.energies for year in years for flow in flows]
    doubled = sorted(taken.intersection(keys))
    _require(not doubled, f"figure: id used twice: {', '.join(doubled)}")


def _grades(e: Edition) -> None:
    _require(bool(e.levels), "level: at least one is needed")
    numbers = [g.level for g in e.levels]
    _require(numbers == list(range(1, len(numbers) + 1)), f"level: must run 1, 2, 3…, found {numbers}")
    for level in e.levels:
        asks_scenes = level.scenes is not None and level.binding is not None
        _require(asks_scenes == bool(e.scenes), f"level {level.level}: scenes and binding go with an edition's scenes")
    getters: dict[str, Callable[[Level], Decimal]] = {
        "score": lambda g: g.score.value,
        "scenes": lambda g: g.scenes.value if g.scenes else Decimal(0),
        "binding": lambda g: g.binding.value if g.binding else Decimal(0),
    }
    for name, get in getters.items():
        values = [get(g) for g in e.levels]
        _require(values == sorted(values), f"level: {name} must not fall from a level to the next: {_list(values)}")
    scores = [g.score.value for g in e.levels]
    _require(len(set(scores)) == len(scores), f"level: score must rise from a level to the next: {_list(scores)}")
    full = e.header.full_marks.value
    _require(scores[0] > 0 and scores[-1] <= full, "level: score must lie within the full marks")
    _require(full < _MOST_MARKS, f"edition.full_marks: must be below {_MOST_MARKS}, not {full}")
    for level in e.levels:
        if level.scenes and level.binding:
            within = level.binding.value <= level.scenes.value <= len(e.scenes)
            _require(within, f"level {level.level}: binding ≤ scenes ≤ {len(e.scenes)} must hold")
            whole = all(_is_whole(needed.value) for needed in (level.binding, level.scenes))
            _require(whole, f"level {level.level}: scenes and binding must be whole numbers")


def _scale(e: Edition) -> None:
    scale = scale_of(e)
    _require(
        scale.fits(),
        f"weights and scores: a point would take {scale.units_per_point} units, the full marks {scale.full}, more than "
        "can be added up exactly; use fewer decimals in weights and scores, or fewer options",
    )


def _checks(e: Edition) -> None:
    rulings = {r.id for r in e.rulings}
    for i, check in enumerate(e.checks, 1):
        where = f"check[{i}] ({check.kind})"
        question = _check_names(e, check, where)
        if isinstance(check, Interval | Trend):
            _require(check.severity in {"error", "warning"}, f"{where}: severity must be error or warning")
        ruling = getattr(check, "ruling", "")
        _require(not ruling or ruling in rulings, f"{where}: no ruling {ruling}")
        if question:
            _check_options(check, question, where)
        if isinstance(check, LinkCount):
            _check_levels(e, check, where)


def _check_names(e: Edition, check: Check, where: str) -> Question | None:
    """Every name a check uses must exist; return its question, where it has one."""
    for attribute in ("part", "whole"):
        if (key := getattr(check, attribute, None)) is not None:
            _require(key in e.figures, f"{where}: no figure {key}")
    for key in (*getattr(check, "last", ()), *getattr(check, "prior", ())):
        _require(key in e.figures, f"{where}: no figure {key}")
    names: Iterable[str] = check.scenes if isinstance(check, Links) else ()
    for scene in names:
        _require(not scene or scene in e.scene, f"{where}: no scene {scene}")
    for attribute in ("question", "links"):
        if (name := getattr(check, attribute, None)) is not None:
            _require(name in e.question, f"{where}: no question {name}")
    return e.question.get(getattr(check, "question", ""))


def _check_levels(e: Edition, check: LinkCount, where: str) -> None:
    for name, level in (("used", check.used.value), ("managed", check.managed.value)):
        within = _is_whole(level) and 1 <= level <= len(e.levels)
        _require(within, f"{where}: {name} must be a level, 1 to {len(e.levels)}")
    most = len(e.question[check.links].options)
    for low, high in check.ranges.value:
        _require(0 <= low <= high <= most, f"{where}: a range must lie between 0 and {most}")


def _check_options(check: Check, question: Question, where: str) -> None:
    """What a check says option by option must cover the options of its question."""
    n = len(question.options)
    match check:
        case Interval(upper=upper):
            _require(len(upper.value) == n, f"{where}: {n} upper bounds are needed, one for each option")
            _require(list(upper.value) == sorted(set(upper.value)), f"{where}: upper bounds must rise")
        case Trend(options=options, last=last, prior=prior):
            _require(sorted(options) == ["down", "same", "up"], f"{where}: options must be down, same and up")
            _require(n == 3, f"{where}: the question needs three options")
            _require(len(last) == len(prior) <= 2, f"{where}: last and prior need one figure each, or two")
        case Rare(options=options):
            _require(all(1 <= o <= n for o in options), f"{where}: options run from 1 to {n}")
        case Links(scenes=scenes):
            _require(len(scenes) == n, f"{where}: {n} scenes are needed, one for each option, blank for none")
        case LinkCount(ranges=ranges):
            _require(len(ranges.value) == n, f"{where}: {n} ranges are needed, one for each option")
            _require(all(len(r) == 2 and r[0] <= r[1] for r in ranges.value), f"{where}: a range is [from, to]")


def _is_whole(value: Decimal) -> bool:
    return value == value.to_integral_value()


def _list(values: Iterable[Decimal]) -> str:
    return ", ".join(str(v) for v in values)
