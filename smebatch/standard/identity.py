"""When two texts of an edition are the same edition: what forms, answers and scores depend on is equal in both.

Every field of the model stands on one side: SUBSTANCE, which the hash covers, or WORDING, which may be corrected
without making forms that have been sent out another edition's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from smebatch.standard import model as m
from smebatch.standard.fixed_point import plain

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
    m.PartOfWhole: ("kind", "part", "whole"),
    m.Interval: ("kind", "question", "part", "whole", "upper", "severity"),
    m.ZeroWhole: ("kind", "whole"),
    m.Trend: ("kind", "question", "options", "last", "prior", "severity"),
    m.Rare: ("kind", "question", "options"),
    m.Links: ("kind", "question", "scenes"),
    m.LinkCount: ("kind", "question", "links", "ranges", "used", "managed"),
    m.Counts: (),  # it repeats what the tables hold
}
WORDING: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((m.Bounds, m.Ranges, m.Scene, m.PartOfWhole, m.Links, m.LinkCount), ("clause",)),
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
    **dict.fromkeys((m.Interval, m.ZeroWhole, m.Trend), ("clause", "ruling")),
    m.Rare: ("reason", "clause"),
    m.EnergyTotal: ("term", "clause"),
    **dict.fromkeys((m.EnergyYear, m.EnergyFlow), ("name",)),
    m.Counts: m.Counts._fields,
}


def identity_of(parts: Mapping[str, object]) -> str:
    """The SHA-256 of an edition's substance, in hexadecimal; ``parts`` are the edition's, by name.

    A field at its default counts for nothing, so that a field more in the model leaves older editions what they were;
    nor does it matter how a number is written.
    """
    said = {name: _said(parts[name]) for name in TABLES}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()


def _said(value: Any) -> object:
    if hasattr(value, "_fields"):
        default = value._field_defaults
        fields = {name: getattr(value, name) for name in SUBSTANCE[type(value)]}
        return {name: _said(v) for name, v in fields.items() if name not in default or v != default[name]}
    if isinstance(value, tuple):
        return [_said(item) for item in value]
    return plain(value) if isinstance(value, Decimal) else value
