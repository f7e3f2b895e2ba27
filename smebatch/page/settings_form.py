"""The settings as a form: texts in fields, checked by the loader, whose words stand beside the field they are about."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from smebatch.issues.notice import Notice
from smebatch.settings.loader import SettingsError, settings_of, unexpected
from smebatch.settings.model import Settings

FIELDS: Mapping[str, tuple[str, ...]] = {
    "bureau": ("name", "contact", "phone"),
    "round": ("region", "deadline", "roster", "folder", "out", "batch", "edition", "phase", "kind", "small_group"),
    "report": ("group_by",),
}
"""The fields that stand once, as table and key of the file: round.region."""

TARGET_FIELDS = ("name", "level", "share", "count", "by")
"""Those of a target, as targets.0.name; its conditions are targets.0.where.0.column and .value."""

_LISTS = ("round.folder", "report.group_by")  # a line of the field for each
_ROW = re.compile(
    r"(tiers|targets)\.([0-9]{1,3})\.(?:(name|score|level|share|count|by)|where\.([0-9]{1,3})\.(column|value))"
)
_WHOLE = re.compile(r"[0-9]{1,9}")
_SCORE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,9})?")


@dataclass
class SettingsForm:
    """What stands in the form. Problems: by the name of the field, or of the row (tiers, targets.0), they are about.

    ``tiers``: rows with name and score; ``targets``: rows with TARGET_FIELDS and, under where, pairs of texts.
    """

    texts: dict[str, str] = field(default_factory=dict)
    tiers: list[dict[str, str]] = field(default_factory=list)
    targets: list[dict[str, Any]] = field(default_factory=list)
    problems: dict[str, Notice] = field(default_factory=dict)

    def entered(self, path: Path) -> Settings | None:
        """The settings that are entered, to be written to a path; None where there are problems, which are kept."""
        document = self._document()
        self.problems = dict(_problems(path, document))
        if self.problems:
            return None
        try:
            return settings_of(path, document)
        except SettingsError as error:  # never, unless the loader learns what this form does not know
            self.problems[""] = Notice(error.code, error.values)
            return None

    def _document(self) -> dict[str, Any]:
        """What the file would say, in the types of TOML; what is blank is left out."""
        document: dict[str, Any] = {}
        for table, keys in FIELDS.items():
            values = {key: _value(f"{table}.{key}", self.texts.get(f"{table}.{key}", "")) for key in keys}
            document[table] = {key: value for key, value in values.items() if value not in ("", [])}
        if tiers := [{"name": row["name"], "score": _score(row["score"])} for row in self.tiers if any(row.values())]:
            document["report"]["tiers"] = tiers
        document["targets"] = [_target(row) for row in self.targets]
        return document

    def without_blank_rows(self) -> SettingsForm:
        """The form with the rows that somebody has filled in."""
        tiers = [row for row in self.tiers if any(row.values())]
        targets = [
            {**row, "where": [pair for pair in row["where"] if any(pair)]}
            for row in self.targets
            if any(row[key] for key in TARGET_FIELDS) or any(map(any, row["where"]))
        ]
        return SettingsForm(self.texts, tiers, targets, self.problems)

    def change_rows(self, add: str, remove: str) -> None:
        """Add a row (tiers, targets, where.0) or remove one (tiers.0, targets.0); what is neither does nothing."""
        rows: dict[str, list[Any]] = {"tiers": self.tiers, "targets": self.targets}
        kind, _, number = remove.partition(".")
        if kind in rows and _WHOLE.fullmatch(number) and int(number) < len(rows[kind]):
            del rows[kind][int(number)]
        kind, _, number = add.partition(".")
        if kind == "tiers":
            self.tiers.append({"name": "", "score": ""})
        elif kind == "targets":
            self.targets.append(_blank_target())
        elif kind == "where" and _WHOLE.fullmatch(number) and int(number) < len(self.targets):
            self.targets[int(number)]["where"].append(("", ""))


def form_of_document(document: Mapping[str, Any]) -> SettingsForm:
    """The form of what a file says, as far as it can be shown: a file that has problems may say anything."""
    form = SettingsForm()
    for table, keys in FIELDS.items():
        stated = document.get(table)
        for key in keys:
            form.texts[f"{table}.{key}"] = _shown(stated.get(key)) if isinstance(stated, dict) else ""
    report = document.get("report")
    for tier in _tables(report.get("tiers") if isinstance(report, dict) else None):
        form.tiers.append({key: _shown(tier.get(key)) for key in ("name", "score")})
    for target in _tables(document.get("targets")):
        where = target.get("where")
        pairs = [(column, _shown(value)) for column, value in where.items()] if isinstance(where, dict) else []
        form.targets.append({key: _shown(target.get(key)) for key in TARGET_FIELDS} | {"where": pairs})
    return form


def form_of_request(sent: Mapping[str, str]) -> SettingsForm:
    """The form as it was sent, with its blank rows."""
    names = [f"{table}.{key}" for table, keys in FIELDS.items() for key in keys]
    form = SettingsForm({name: sent.get(name, "") for name in names})
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for name, text in sent.items():
        if match := _ROW.fullmatch(name):
            kind, number, key, pair, part = match.groups()
            row = rows.setdefault((kind, int(number)), {"where": {}})
            if key:
                row[key] = text.strip()
            else:
                row["where"].setdefault(int(pair), {})[part] = text.strip()
    for (kind, _), row in sorted(rows.items(), key=lambda item: item[0]):
        if kind == "tiers":
            form.tiers.append({key: row.get(key, "") for key in ("name", "score")})
        else:
            pairs = [(pair.get("column", ""), pair.get("value", "")) for _, pair in sorted(row["where"].items())]
            form.targets.append({key: row.get(key, "") for key in TARGET_FIELDS} | {"where": pairs})
    return form


def _blank_target() -> dict[str, Any]:
    return dict.fromkeys(TARGET_FIELDS, "") | {"where": []}


def _problems(path: Path, document: Mapping[str, Any]) -> Iterator[tuple[str, Notice]]:
    """What the loader does not take, by the name of the field or row."""
    for table in FIELDS:
        for key, value in document[table].items():
            if expected := unexpected(path, table, key, value):
                yield ("tiers" if key == "tiers" else f"{table}.{key}"), expected
    for number, target in enumerate(document["targets"]):
        wrong = [(key, unexpected(path, "targets", key, value)) for key, value in target.items()]
        yield from ((f"targets.{number}.{key}", expected) for key, expected in wrong if expected)
        if not any(expected for _, expected in wrong):
            try:
                settings_of(path, {"targets": [target]})
            except SettingsError as error:  # what a target must have
                yield f"targets.{number}", Notice(error.code, error.values)


def _value(name: str, text: str) -> object:
    if name in _LISTS:
        return [line.strip() for line in text.splitlines() if line.strip()]
    return _number(text.strip()) if name == "round.small_group" else text.strip()


def _target(row: Mapping[str, Any]) -> dict[str, Any]:
    given = {key: row[key] for key in TARGET_FIELDS if row[key]}
    if "count" in given:
        given["count"] = _number(given["count"])
    if pairs := [pair for pair in row["where"] if any(pair)]:
        # A column that stands twice, or lacks its value, is not what the loader takes.
        doubled = len(dict(pairs)) < len(pairs) or not all(map(all, pairs))
        given["where"] = pairs if doubled else dict(pairs)
    return given


def _number(text: str) -> int | str:
    return int(text) if _WHOLE.fullmatch(text) else text


def _score(text: str) -> Decimal | str:
    return Decimal(text) if _SCORE.fullmatch(text) else text


def _tables(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _shown(value: object) -> str:
    """A value of the file as the text of a field."""
    if isinstance(value, list):
        return "\n".join(map(_shown, value))
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, str | int) else ""
