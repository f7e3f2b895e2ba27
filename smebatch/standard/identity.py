"""When two texts of an edition are the same edition: what forms, answers and scores depend on is equal in both.

Every field of the model stands on one side: SUBSTANCE, which the hash covers, or WORDING, which may be corrected
without making forms that have been sent out another edition's. Of the keys of a check its kind says this itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from smebatch.standard import model as m
from smebatch.standard.fixed_point import plain_decimal

TABLES = (
    *("header", "levels", "dimensions", "indicators", "questions", "scene_groups", "scenes"),
    *("energies", "energy_total", "checks"),
)
"""The parts of an edition that have substance; the others are wording as a whole."""

SUBSTANCE: dict[type, tuple[str, ...]] = {
    m.Quantity: ("value", "unit"),
    m.Bounds: ("value", "unit"),
    m.Ranges: ("value", "unit"),
    m.Header: ("id", "full_marks", "not_reached", "not_applicable"),
    m.Level: ("level", "score", "scenes", "binding"),
    m.Dimension: ("id", "weight"),
    m.Indicator: ("id", "dimension", "weight"),
    # Titles, options, labels and scenes' names are printed beside the answers, and compared when these are read.
    m.Question: ("id", "indicator", "weight", "title", "type", "options", "figures", "none", "base_year"),
    m.Figure: ("key", "label", "unit", "kind", "required"),
    m.SceneGroup: ("id",),
    m.Scene: ("id", "group", "name", "binding", "levels"),
    m.Energy: ("id", "name", "unit", "coefficient"),
    m.EnergyTotal: ("years", "flows", "tolerance"),
    m.EnergyYear: ("id", "figure"),
    m.EnergyFlow: ("id", "sign"),
    m.Counts: (),  # it repeats what the tables hold
}
WORDING: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((m.Bounds, m.Ranges, m.Scene), ("clause",)),
    m.Quantity: ("clause", "ruling"),
    m.Header: (
        *("title", "form_title", "score_part", "scene_part", "ungraded", "introduction", "method"),
        *("single", "multiple", "binding_note", "counts", "also_known_as"),
        *("score_overview", "scene_overview", "glossary_note"),
    ),
    m.Level: ("name", "title", "requirement", "description"),
    **dict.fromkeys((m.Dimension, m.Indicator, m.SceneGroup), ("name",)),
    m.Question: ("item", "clause", "ratio", "remarks"),
    **dict.fromkeys((m.Figure, m.Energy), ()),
    m.EnergyTotal: ("term", "clause"),
    **dict.fromkeys((m.EnergyYear, m.EnergyFlow), ("name",)),
    m.Counts: m.Counts._fields,
}


def identity_of(parts: Mapping[str, object]) -> str:
    """The SHA-256 of an edition's substance, in hexadecimal; ``parts`` are the edition's, by name.

    A field at its default counts for nothing, so that a field more in the model leaves older editions what they were;
    nor does it matter how a number is written.
    """
    substance = {name: _substance(parts[name]) for name in TABLES}
    return hashlib.sha256(json.dumps(substance, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()


def _substance(value: Any) -> object:
    if hasattr(value, "_fields"):
        default = value._field_defaults
        covered = value.substance if isinstance(value, m.CheckRow) else SUBSTANCE[type(value)]
        fields = {name: getattr(value, name) for name in covered}
        return {name: _substance(v) for name, v in fields.items() if name not in default or v != default[name]}
    if isinstance(value, tuple):
        return [_substance(item) for item in value]
    return plain_decimal(value) if isinstance(value, Decimal) else value
