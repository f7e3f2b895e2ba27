"""Builds named tuples from parsed TOML. Unknown keys, and texts that no cell can hold, are refused."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin

T = TypeVar("T")

DIGITS = 15  # the most before the decimal point, and behind it, so that sums and products stay exact
# Controls except line feeds, bidi marks, private-use characters and noncharacters.
_UNFIT = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\uffff"
    "\U000f0000-\U0010ffff]"
)


class EditionError(ValueError):
    """An edition file does not say what an edition must say; the message names the place and the remedy."""


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def _fields(cls: Any) -> tuple[tuple[str, ...], dict[str, object]]:
    return cls._fields, cls._field_defaults


def build(cls: type[T], data: object, where: str) -> T:
    """Return an instance of the named tuple ``cls`` from the TOML table ``data``.

    ``where`` is the place named in messages. Raises EditionError for an unknown key (naming the allowed ones),
    a missing key, or a value of the wrong type.
    """
    if not isinstance(data, Mapping):
        raise EditionError(f"{where}: a table is expected, not {data!r}")
    fields, defaults = _fields(cls)
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise EditionError(f"{where}: unknown key {', '.join(unknown)}; allowed: {', '.join(sorted(fields))}")
    missing = [name for name in fields if name not in data and name not in defaults]
    if missing:
        raise EditionError(f"{where}: missing key {', '.join(missing)}")
    hints = _hints(typing.cast(Any, cls))
    return cls(**{name: _convert(hints[name], value, f"{where}.{name}") for name, value in data.items()})


def _convert(hint: Any, value: object, where: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        (inner,) = [h for h in get_args(hint) if h is not type(None)]
        return _convert(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise EditionError(f"{where}: a list is expected, not {value!r}")
        return tuple(_convert(get_args(hint)[0], v, f"{where}[{i}]") for i, v in enumerate(value, 1))
    if hasattr(hint, "_fields"):
        return build(hint, value, where)
    return _scalar(hint, value, where)


def _scalar(hint: Any, value: object, where: str) -> object:
    if hint is Decimal and isinstance(value, int | Decimal) and not isinstance(value, bool):
        number = Decimal(value)
        if number.is_finite():
            if number.adjusted() >= DIGITS or int(number.as_tuple().exponent) < -DIGITS:
                raise EditionError(f"{where}: at most {DIGITS} digits before and behind the point, not {value}")
            return Decimal(f"{number:f}")  # 5E+1 is printed as 50
    elif type(value) is hint:
        if isinstance(value, str) and (unfit := _UNFIT.search(value)):
            raise EditionError(f"{where}: the character U+{ord(unfit[0]):04X} cannot be printed; leave it out")
        return value
    raise EditionError(f"{where}: {hint.__name__} is expected, not {value!r}")


def require(holds: bool, message: str) -> None:
    """Raise EditionError with the message unless it holds."""
    if not holds:
        raise EditionError(message)


def is_whole(value: Decimal) -> bool:
    """Whether a number has no decimals."""
    return value == value.to_integral_value()
