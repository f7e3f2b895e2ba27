"""Reads smebatch.toml strictly: what it does not understand is an error that says what is allowed, never ignored."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from smebatch.common.target import MAX_ENTERPRISES, Target, read_percent
from smebatch.common.text import clean_text, shown_text
from smebatch.issues.notice import Notice, ProblemError
from smebatch.settings.choices import choices
from smebatch.settings.model import Bureau, Report, Round, Settings, Tier

FILE_NAME = "smebatch.toml"
MAX_BYTES = 16_000  # ten times what all keys and comments take; tomllib takes a minute for a key of 30,000 dots
MAX_SMALL_GROUP = 1_000_000
MAX_LEVEL = 9
FULL_SCORE = 100  # points
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIERS_EXAMPLE = '[{name = "第一梯队", score = 60}, {name = "第二梯队", score = 40}]'
_WHERE_EXAMPLE = '{above_scale = "是", "服务商" = "某公司"}'
_LINE = re.compile(r"\(at line ([0-9]+)")


class SettingsError(ProblemError):
    """The settings file cannot be used, or cannot be written, as it was asked for."""


class _UnexpectedValueError(Exception):
    """A value is not what its key takes; ``expected`` is the notice that says what is."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.expected = Notice(code, values)


def load_settings(path: Path | None, folder: Path) -> Settings:
    """Load the settings of a file; without one, those of smebatch.toml in ``folder``, or none where it is not there.

    Paths in the file are relative to the folder in which it lies (of a link, the link).
    Raises SettingsError for a file that is missing, is no UTF-8 TOML, or says anything that is not known; OSError.
    """
    if path is None:
        path = folder / FILE_NAME
        if not os.path.lexists(path):
            return Settings()
    return settings_of(path, _known(path, _read(path)))


def read_document(path: Path) -> dict[str, Any]:
    """What a file says, as TOML is parsed; nothing else is checked.

    Raises SettingsError for a file that is missing, too large, or no UTF-8 TOML; OSError.
    """
    return _parse(path, _read(path))


def settings_of(path: Path, toml: Mapping[str, Any]) -> Settings:
    """The settings of a parsed document. ``path``: where it stands, or will. Raises SettingsError."""
    if unknown := sorted(set(toml) - set(_READERS)):
        raise SettingsError("settings.table", path=path, table=_names(unknown), known=_names(_READERS))
    bureau, round_, report = (_read_table(path, name, toml.get(name, {})) for name in ("bureau", "round", "report"))
    targets = _read_targets(path, toml.get("targets", []))
    return Settings(path, Bureau(**bureau), Round(**round_), Report(**report), targets)


def unexpected(path: Path, table: str, key: str, value: object) -> Notice | None:
    """What a key takes, as a notice, where that is not the given value; None where it is fine."""
    try:
        _READERS[table][key][1](value, path.parent)
    except _UnexpectedValueError as error:
        return error.expected
    return None


def _read(path: Path) -> str:
    """The text of a file. Raises SettingsError, OSError."""
    if not path.is_file():
        raise SettingsError("settings.no_file" if os.path.lexists(path) else "settings.missing", path=path)
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise SettingsError("settings.large", path=path, kilobytes=MAX_BYTES // 1000)
    try:
        return data.decode("utf-8-sig")  # Notepad adds a byte order mark
    except UnicodeDecodeError:
        raise SettingsError("settings.encoding", path=path) from None


@lru_cache(maxsize=4)  # a page asks for its settings several times
def _known(path: Path, text: str) -> Mapping[str, Any]:
    return _parse(path, text)


def _parse(path: Path, text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is no TOMLDecodeError
        lines = text.rstrip().split("\n")
        at = _LINE.search(str(error))
        number = min(int(at[1]) if at else len(lines), len(lines))
        raise SettingsError(
            "settings.syntax", path=path, line=number, text=shown_text(lines[number - 1].strip(), 60)
        ) from None


def _read_targets(path: Path, tables: object) -> tuple[Target, ...]:
    """The targets of a file, each a table [[targets]] of its own. Raises SettingsError."""
    if not isinstance(tables, list):
        raise SettingsError("settings.no_tables", path=path, table="targets")
    targets = []
    for number, table in enumerate(tables, 1):
        values = _read_table(path, "targets", table, number)
        for keys in (("name",), ("level",), ("share", "count")):
            given = [key for key in keys if key in table]
            if len(given) != 1:
                code = "settings.one_of" if given else "settings.lacks"
                raise SettingsError(code, path=path, table=f"targets #{number}", key=" / ".join(keys))
        targets.append(Target(**values))
    return tuple(targets)


def _read_table(path: Path, name: str, table: object, number: int = 0) -> dict[str, Any]:
    """The typed values of a table, by the names of the fields of its type in settings.model. Raises SettingsError.

    ``number``: of a table that may stand several times, which one it is, from 1.
    """
    if not isinstance(table, dict):
        raise SettingsError("settings.no_table", path=path, table=name)
    readers, place = _READERS[name], f"{name} #{number}" if number else name
    if unknown := sorted(set(table) - set(readers)):
        raise SettingsError("settings.key", path=path, table=place, key=_names(unknown), known=_names(readers))
    values = {}
    for key, value in table.items():
        field, reader = readers[key]
        try:
            values[field] = reader(value, path.parent)
        except _UnexpectedValueError as error:
            raise SettingsError("settings.value", path=path, table=place, key=key, expected=error.expected) from None
    return values


def _names(names: Mapping[str, object] | list[str]) -> str:
    return shown_text("、".join(names))


# --- one reader for each type of value: it takes the value and the folder to which paths are relative ----------------


def _text(value: object, _folder: Path) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _UnexpectedValueError("settings.expected.text")
    if clean_text(value) != value:
        raise _UnexpectedValueError("settings.expected.printable")
    return value


def _path(value: object, folder: Path) -> Path:
    return folder / _text(value, folder)


def _folders(value: object, folder: Path) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) and each.strip() for each in listed):
        raise _UnexpectedValueError("settings.expected.folders")
    texts = [_text(each, folder) for each in listed]
    places = tuple(text if "://" in text else str(folder / text) for text in texts)
    if not places or len(set(places)) < len(places):
        raise _UnexpectedValueError("settings.expected.folders")
    return places


def _edition(value: object, folder: Path) -> str:
    from smebatch.standard.loader import edition_ids  # every command comes by here, and few find an edition named

    text = _text(value, folder)
    return text if text in edition_ids() else str(folder / text)


def _date(value: object, _folder: Path) -> dt.date:
    if type(value) is dt.date:  # a datetime is a date as well, and has a time too many
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise _UnexpectedValueError("settings.expected.date")


def _choice(key: str) -> Callable[[object, Path], str]:
    def read(value: object, _folder: Path) -> str:
        if not isinstance(value, str) or value not in choices(key):
            raise _UnexpectedValueError("settings.expected.choice", known=_names(list(choices(key))))
        return value

    return read


def _small_group(value: object, _folder: Path) -> int:
    if type(value) is not int or not 1 <= value <= MAX_SMALL_GROUP:
        raise _UnexpectedValueError("settings.expected.small_group", most=MAX_SMALL_GROUP)
    return value


def _group_by(value: object, folder: Path) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, str) and each.strip() for each in listed):
        raise _UnexpectedValueError("settings.expected.group_by")
    columns = tuple(_text(each, folder).strip() for each in listed)
    if len(set(columns)) < len(columns):
        raise _UnexpectedValueError("settings.expected.group_by")
    return columns


def _tiers(value: object, folder: Path) -> tuple[Tier, ...]:
    unexpected = _UnexpectedValueError("settings.expected.tiers", most=FULL_SCORE, example=_TIERS_EXAMPLE)
    if not isinstance(value, list) or not value:
        raise unexpected
    tiers = []
    for each in value:
        if not isinstance(each, dict) or each.keys() != {"name", "score"}:
            raise unexpected
        if not _is_score(each["score"]):
            raise unexpected
        tiers.append(Tier(_text(each["name"], folder), Fraction(each["score"])))
    falling = all(higher.score > lower.score for higher, lower in pairwise(tiers))
    if not falling or len({tier.name for tier in tiers}) < len(tiers):
        raise unexpected
    return tuple(tiers)


def _is_score(value: object) -> bool:
    """Whether a value is a number of points with at most four decimals."""
    if type(value) is int:
        return 0 <= value <= FULL_SCORE
    return isinstance(value, Decimal) and value.is_finite() and 0 <= value <= FULL_SCORE and value == round(value, 4)


def _level(value: object, folder: Path) -> str:
    """A level's name, or its number, which the edition of a batch has to know."""
    if type(value) is int and 1 <= value <= MAX_LEVEL:
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise _UnexpectedValueError("settings.expected.level")
    return _text(value, folder).strip()


def _share(value: object, _folder: Path) -> Fraction:
    share = read_percent(value) if isinstance(value, str) else None
    if share is None:
        raise _UnexpectedValueError("settings.expected.share")
    return share


def _count(value: object, _folder: Path) -> int:
    if type(value) is not int or not 1 <= value <= MAX_ENTERPRISES:
        raise _UnexpectedValueError("settings.expected.count", most=MAX_ENTERPRISES)
    return value


def _where(value: object, folder: Path) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict) or not value or not all(isinstance(each, str) for each in value.values()):
        raise _UnexpectedValueError("settings.expected.where", example=_WHERE_EXAMPLE)
    pairs = tuple((_text(column, folder).strip(), _text(text, folder).strip()) for column, text in value.items())
    if len(dict(pairs)) < len(pairs):
        raise _UnexpectedValueError("settings.expected.where", example=_WHERE_EXAMPLE)
    return pairs


# The tables and keys of the file in the order in which errors name them: the field of the model, and its reader.
_READERS: Mapping[str, Mapping[str, tuple[str, Callable[[object, Path], object]]]] = {
    "bureau": {key: (key, _text) for key in Bureau._fields},
    "round": {
        "region": ("region", _text),
        "deadline": ("deadline", _date),
        "roster": ("roster", _path),
        "folder": ("folders", _folders),
        "out": ("out", _path),
        "batch": ("batch", _path),
        "edition": ("edition", _edition),
        "phase": ("phase", _choice("phase")),
        "kind": ("kind", _choice("kind")),
        "small_group": ("small_group", _small_group),
    },
    "report": {"group_by": ("group_by", _group_by), "tiers": ("tiers", _tiers)},
    "targets": {
        "name": ("name", _text),
        "level": ("level", _level),
        "share": ("share", _share),
        "count": ("enterprises", _count),
        "where": ("where", _where),
        "by": ("by", _date),
    },
}
