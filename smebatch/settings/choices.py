"""The keys of [round], and the options of the same names, that take one of the choices of a field of the form."""

from __future__ import annotations

_FIELD_OF_KEY = {"phase": "phase", "kind": "assessment_kind"}


def has_choices(key: str | None) -> bool:
    """Whether a key, or the option of its name, takes choices."""
    return key in _FIELD_OF_KEY


def choices(key: str) -> tuple[str, ...]:
    """The values that ``phase`` or ``kind`` takes, the same in every edition."""
    from smebatch.standard.loader import enterprise_fields

    return next(field.choices for field in enterprise_fields() if field.key == _FIELD_OF_KEY[key])
