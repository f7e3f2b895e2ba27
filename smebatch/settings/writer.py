"""Writes settings as smebatch.toml: what ``init`` writes, with what is set in force and the rest as examples."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from smebatch.common.target import Target, percent_text
from smebatch.settings.commented import commented_settings
from smebatch.settings.loader import FILE_NAME
from smebatch.settings.model import Settings
from smebatch.standard.loader import edition_ids

_HEADER = re.compile(r"\[([a-z]+)\]")
_EXAMPLE = re.compile(r"#([a-z_]+) = ")
_TARGETS = "[[targets]]"


def settings_text(settings: Settings) -> str:
    """The text of a settings file; load_settings reads the same settings from it, where it lies at their path.

    What is not set stands there as a comment with an example. Settings that say nothing give commented_settings.
    """
    document = settings_document(settings)
    head, _, examples = commented_settings().partition(f"#{_TARGETS}\n")
    lines, table = [], ""
    for line in head.splitlines():
        table = header[1] if (header := _HEADER.fullmatch(line)) else table
        example = _EXAMPLE.match(line)
        key = example[1] if example else ""
        lines.append(_line(key, document[table][key]) if key in document.get(table, {}) else line)
    if not document["targets"]:
        return "\n".join([*lines, f"#{_TARGETS}", examples])
    targets = ("".join(f"{_line(*pair)}\n" for pair in target.items()) for target in document["targets"])
    return "\n".join([*lines, "\n".join(f"{_TARGETS}\n{target}" for target in targets)])


def settings_document(settings: Settings) -> dict[str, Any]:
    """What a file with these settings says, as TOML is parsed: the tables bureau, round and report, and targets.

    Keys that are not set are left out. Paths within the folder of the file are relative to it.
    """
    folder, stated = (settings.path or Path(FILE_NAME)).parent, settings.round
    edition = stated.edition if stated.edition in edition_ids() else _path_text(stated.edition, folder, edition_ids())
    return {
        "bureau": _given(settings.bureau._asdict()),
        "round": _given(
            {
                "region": stated.region,
                "deadline": stated.deadline,
                "roster": _path_text(stated.roster, folder),
                "folder": [_place_text(place, folder) for place in stated.folders],
                "out": _path_text(stated.out, folder),
                "batch": _path_text(stated.batch, folder),
                "edition": edition,
                "phase": stated.phase,
                "kind": stated.kind,
                "small_group": stated.small_group,
            }
        ),
        "report": _given(
            {
                "group_by": list(settings.report.group_by),
                "tiers": [{"name": tier.name, "score": _decimal(tier.score)} for tier in settings.report.tiers],
            }
        ),
        "targets": [_target(target) for target in settings.targets],
    }


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in ("", None, [])}


def _target(target: Target) -> dict[str, Any]:
    return _given(
        {
            "name": target.name,
            "level": target.level,
            "share": percent_text(target.share) if target.share is not None else None,
            "count": target.enterprises,
            "where": dict(target.where) or None,
            "by": target.by,
        }
    )


def _path_text(path: Path | str | None, folder: Path, taken: Collection[str] = ()) -> str:
    """A path as the file states it; "" where there is none. ``taken``: texts that would mean something else there."""
    if not path:
        return ""
    path = Path(path)
    text = (path.relative_to(folder) if path.is_relative_to(folder) else path).as_posix()
    return f"./{text}" if text in taken or not text.strip() else text


def _place_text(place: str, folder: Path) -> str:
    return place if "://" in place else _path_text(place, folder)


def _decimal(score: Fraction) -> int | Decimal:
    """A score of at most four decimals."""
    return Decimal(int(score * 10_000)).scaleb(-4).normalize() if score.denominator > 1 else int(score)


def _line(key: str, value: object) -> str:
    if key == "folder" and isinstance(value, list) and len(value) == 1:
        (value,) = value
    return f"{key} = {_toml(value)}"


def _toml(value: object) -> str:
    """A value in TOML, on one line."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)  # whatever JSON escapes, TOML reads
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_key(key)} = {_toml(each)}' for key, each in value.items())}}}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)
