"""The identity of an edition: a hash of everything that forms, answers and scores depend on.

Every field of the model is listed either in SUBSTANCE, which the hash covers, or in WORDING, which may be corrected
while forms that were sent out before remain valid. For the keys of a check, its kind lists them.
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
    # Titles, options, labels and names of scenes are printed beside the answers; the reader compares them.
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
    m.Question: ("item", "clause", "ratio", "remarks", "locked"),
    **dict.fromkeys((m.Figure, m.Energy), ()),
    m.EnergyTotal: ("term", "clause"),
    **dict.fromkeys((m.EnergyYear, m.EnergyFlow), ("name",)),
    m.Counts: m.Counts._fields,
}


def identity_of(parts: Mapping[str, object]) -> str:
    """The SHA-256 of the substance of an edition, in hexadecimal; ``parts``: the parts of the edition, by name.

    A field at its default is left out, so that a new field of the model does not change the hash of older editions.
    Numbers are normalized, so that it does not matter how they are written.
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
