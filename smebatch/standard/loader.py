"""Reads an edition file into an Edition. A file that is no edition, or contradicts itself, is refused."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from smebatch.standard.checks import CHECKS
from smebatch.standard.checks.check import Check
from smebatch.standard.identity import identity_of
from smebatch.standard.model import (
    Dimension,
    Edition,
    Energy,
    EnergyExample,
    EnergyTotal,
    Field,
    Header,
    Indicator,
    Level,
    Question,
    Rule,
    Ruling,
    Scene,
    SceneGroup,
    Term,
)
from smebatch.standard.soundness import check_edition
from smebatch.standard.toml_binding import EditionError, build

T = TypeVar("T")

DEFAULT_EDITION = "2024"
TABLES = (
    *("edition", "rule", "level", "dimension", "indicator", "question", "scene_group", "scene"),
    *("energy", "energy_total", "energy_example", "glossary", "check", "ruling"),
)
"""The tables an edition may have; docs/editions.md explains them."""


def edition_ids() -> list[str]:
    """The ids of the editions that come with the program."""
    folder = resources.files("smebatch.standard") / "editions"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_edition(source: str | Path = DEFAULT_EDITION, reserved: frozenset[str] = frozenset()) -> Edition:
    """Load an edition by its id or from a file.

    ``reserved``: names that its figures and dimensions may not have, as for ``check_edition``.

    Raises EditionError, naming the place, when the file is not a sound edition, and FileNotFoundError when there is
    no such edition or file.
    """
    if isinstance(source, str) and source in edition_ids():
        data = (resources.files("smebatch.standard") / "editions" / f"{source}.toml").read_bytes()
    else:
        data = Path(source).read_bytes()
    return parse_edition(data, reserved)


def parse_edition(data: bytes, reserved: frozenset[str] = frozenset()) -> Edition:
    """Parse and check the bytes of an edition file. Equal arguments give the same object. Raises EditionError."""
    return _parsed(data, reserved)


@cache  # here, because the cache takes an argument left out and the same argument given for two calls
def _parsed(data: bytes, reserved: frozenset[str]) -> Edition:
    try:
        # Git on Windows may change the line ends, and Notepad adds a byte order mark; the edition is the same.
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        toml = tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # covers UnicodeDecodeError and TOMLDecodeError
        raise EditionError(f"not a TOML file: {error}") from error
    unknown = sorted(set(toml) - set(TABLES))
    if unknown:
        raise EditionError(f"unknown table {', '.join(unknown)}; allowed: {', '.join(TABLES)}")
    parts: dict[str, Any] = {
        "header": build(Header, toml.get("edition", {}), "edition"),
        "levels": _rows(Level, toml, "level"),
        "dimensions": _rows(Dimension, toml, "dimension"),
        "indicators": _rows(Indicator, toml, "indicator"),
        "questions": _rows(Question, toml, "question"),
        "scene_groups": _rows(SceneGroup, toml, "scene_group"),
        "scenes": _rows(Scene, toml, "scene"),
        "rules": _rows(Rule, toml, "rule"),
        "energies": _rows(Energy, toml, "energy"),
        "energy_total": _single(EnergyTotal, toml, "energy_total"),
        "energy_example": _single(EnergyExample, toml, "energy_example"),
        "glossary": _rows(Term, toml, "glossary"),
        "checks": tuple(_check(row, where) for where, row in _listed(toml, "check")),
        "rulings": _rows(Ruling, toml, "ruling"),
    }
    edition = Edition(
        **parts,
        fields=enterprise_fields(),
        sha256=identity_of(parts),
        text_sha256=hashlib.sha256(text.encode("utf-8")).hexdigest(),
        text=text,
    )
    check_edition(edition, reserved)
    return edition


@cache
def enterprise_fields() -> tuple[Field, ...]:
    """The fields asked of every enterprise, in printed order."""
    text = (resources.files("smebatch.standard") / "reference" / "enterprise.toml").read_text("utf-8")
    return _rows(Field, tomllib.loads(text), "field")


def _rows(cls: type[T], toml: dict[str, Any], name: str) -> tuple[T, ...]:
    return tuple(build(cls, row, where) for where, row in _listed(toml, name))


def _listed(toml: dict[str, Any], name: str) -> Iterator[tuple[str, Any]]:
    """The rows of an array of tables, each with the place named in messages."""
    rows = toml.get(name, [])
    if not isinstance(rows, list):
        raise EditionError(f"{name}: a list of tables is expected; begin each with [[{name}]]")
    return ((f"{name}[{i}]", row) for i, row in enumerate(rows, 1))


def _single(cls: type[T], toml: dict[str, Any], name: str) -> T | None:
    return build(cls, toml[name], name) if name in toml else None


def _check(row: object, where: str) -> Check:
    kind = row.get("kind") if isinstance(row, dict) else None
    if kind not in CHECKS:
        raise EditionError(f"{where}: unknown kind {kind!r}; allowed: {', '.join(CHECKS)}")
    return build(CHECKS[kind], row, where)
