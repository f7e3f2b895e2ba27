"""What must hold of an edition's checks: what they name is there, of the right kind and unit, and checked once."""

from __future__ import annotations

from collections.abc import Iterable

from smebatch.standard.model import (
    Check,
    Edition,
    Interval,
    LinkCount,
    Links,
    PartOfWhole,
    Question,
    Rare,
    Trend,
    ZeroWhole,
)
from smebatch.standard.toml_binding import is_whole, require


def check_checks(e: Edition) -> None:
    """Raise EditionError, naming the check, for one that cannot be carried out."""
    rulings = {r.id for r in e.rulings}
    places: dict[tuple[str, str], int] = {}
    for i, check in enumerate(e.checks, 1):
        where = f"check[{i}] ({check.kind})"
        question = _names(e, check, where)
        if isinstance(check, Interval | Trend):
            require(check.severity in {"error", "warning"}, f"{where}: severity must be error or warning")
        ruling = getattr(check, "ruling", "")
        require(not ruling or ruling in rulings, f"{where}: no ruling {ruling}")
        _units(e, check, where)
        if question:
            _type(e, check, question, where)
            _options(check, question, where)
        if isinstance(check, LinkCount):
            _levels(e, check, where)
        # Each is reported at one place, under one code.
        place = check.part if isinstance(check, PartOfWhole) else check.whole if isinstance(check, ZeroWhole) else ""
        place = place or getattr(check, "question", "")
        first = places.setdefault((check.kind, place), i)
        require(first == i, f"{where}: check[{first}] is the same check of {place}; one of a kind is allowed")


def _names(e: Edition, check: Check, where: str) -> Question | None:
    """Every name a check uses must exist; return its question, where it has one."""
    for attribute in ("part", "whole"):
        if (key := getattr(check, attribute, None)) is not None:
            require(key in e.figures, f"{where}: no figure {key}")
    for key in (*getattr(check, "last", ()), *getattr(check, "prior", ())):
        require(key in e.figures, f"{where}: no figure {key}")
    names: Iterable[str] = check.scenes if isinstance(check, Links) else ()
    for scene in names:
        require(not scene or scene in e.scene, f"{where}: no scene {scene}")
    for attribute in ("question", "links"):
        if (name := getattr(check, attribute, None)) is not None:
            require(name in e.question, f"{where}: no question {name}")
    return e.question.get(getattr(check, "question", ""))


def _units(e: Edition, check: Check, where: str) -> None:
    """Figures are compared as they are written, so that what is compared must be of one unit; 万元/年 and 万元 are."""
    match check:
        case PartOfWhole(part=part, whole=whole) | Interval(part=part, whole=whole):
            pairs = [(part, whole)]
            require(part != whole, f"{where}: part and whole are one figure")
        case Trend(last=last, prior=prior):
            require(len(last) == len(prior) and len(last) in (1, 2), f"{where}: last and prior need one figure, or two")
            pairs = list(zip(last, prior, strict=True))
        case _:
            pairs = []
    for one, other in pairs:
        units = [e.figures[key].unit for key in (one, other)]
        same = units[0].split("/")[0] == units[1].split("/")[0]
        require(same, f"{where}: {one} is in {units[0]}, {other} in {units[1]}; they must be in one unit")
    stated = {
        "upper": (getattr(check, "upper", None), "%"),
        "ranges": (getattr(check, "ranges", None), "个环节"),
        "used": (getattr(check, "used", None), "级"),
        "managed": (getattr(check, "managed", None), "级"),
    }
    for name, (quantity, unit) in stated.items():
        if quantity is not None:
            require(quantity.unit == unit, f"{where}: the unit of {name} must be {unit}, not {quantity.unit}")


def _type(e: Edition, check: Check, question: Question, where: str) -> None:
    if isinstance(check, Interval | Trend | Rare | LinkCount):
        require(question.type == "single", f"{where}: {question.id} must be a single question")
    links = e.question[check.links] if isinstance(check, LinkCount) else question if isinstance(check, Links) else None
    require(links is None or links.type == "multiple", f"{where}: {links and links.id} must be a multiple question")


def _options(check: Check, question: Question, where: str) -> None:
    """What a check says option by option must cover the options of its question."""
    n = len(question.options)
    match check:
        case Interval(upper=upper):
            require(len(upper.value) == n, f"{where}: {n} upper bounds are needed, one for each option")
            require(list(upper.value) == sorted(set(upper.value)), f"{where}: upper bounds must rise")
            require(upper.value[0] >= 0, f"{where}: upper bounds must not be negative")
        case Trend(options=options):
            require(sorted(options) == ["down", "same", "up"], f"{where}: options must be down, same and up")
            require(n == 3, f"{where}: the question needs three options")
        case Rare(options=options):
            require(len(options) > 0, f"{where}: options must not be empty")
            require(all(1 <= o <= n for o in options), f"{where}: options run from 1 to {n}")
        case Links(scenes=scenes):
            require(len(scenes) == n, f"{where}: {n} scenes are needed, one for each option, blank for none")
        case LinkCount(ranges=ranges):
            require(len(ranges.value) == n, f"{where}: {n} ranges are needed, one for each option")
            require(all(len(r) == 2 and r[0] <= r[1] for r in ranges.value), f"{where}: a range is [from, to]")


def _levels(e: Edition, check: LinkCount, where: str) -> None:
    for name, level in (("used", check.used.value), ("managed", check.managed.value)):
        within = is_whole(level) and 1 <= level <= len(e.levels)
        require(within, f"{where}: {name} must be a level, 1 to {len(e.levels)}")
    most = len(e.question[check.links].options)
    for low, high in check.ranges.value:
        require(0 <= low <= high <= most, f"{where}: a range must lie between 0 and {most}")
