"""Write a batch's frames as CSV, JSON or Parquet (design, section 6); figures and points exact, text as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from smebatch.batch.database import Store
from smebatch.common.atomic_write import Into, whole
from smebatch.common.rounding import divide_half_up_sql
from smebatch.standard.columns import EXPORTED_FILES, EXPORTED_ISSUES, WHO
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

_APOSTROPHE = "''"  # as SQL writes one within a text

FORMATS = ("csv", "json", "parquet")


@dataclass(frozen=True, slots=True)
class _Column:
    """An exported column: its name, the SQL of its typed value, and the SQL of what a CSV says."""

    name: str
    typed: str
    text: str


def _text(name: str) -> _Column:
    column = f'"{name}"'
    # A spreadsheet takes a CSV field that begins so for a formula; an apostrophe keeps it a text.
    formula = f"regexp_matches({column}, '^[=+\\-@\\t\\r＝＋－＠]')"
    return _Column(name, column, f"CASE WHEN {formula} THEN '{_APOSTROPHE}' || {column} ELSE {column} END")


def _number(name: str) -> _Column:
    return _Column(name, f'"{name}"', f'"{name}"')


def _points(name: str, units: str, units_per_point: int) -> _Column:
    """Units as points with two decimals, halves up, in whole hundredths (compare Scale.points)."""
    hundredths = divide_half_up_sql(f'100 * "{units}"', units_per_point)
    decimal = f"(({hundredths})::DECIMAL(18,0) * 0.01)::DECIMAL(9,2)"
    return _Column(name, decimal, f"{decimal}::VARCHAR")


def export(store: Store, edition: Edition, folder: Path, file_format: str = "csv", into: Into = whole) -> list[Path]:
    """Write files, answers, scores and issues into the folder; returns the paths.

    A file appears under its name only when it is whole. Raises OSError, and what ``into`` does.
    """
    folder.mkdir(parents=True, exist_ok=True)
    exports = {
        "files": (_files(), "files ORDER BY file"),
        "answers": (_answers(edition), "answers WHERE form_id IN (SELECT form_id FROM files) ORDER BY form_id"),
        "scores": (_scores(edition), f"({_COUNTED}) ORDER BY file"),
        "issues": (_issues(), "issues ORDER BY file, number"),
    }
    return [
        _write(store, folder / f"{name}.{file_format}", file_format, columns, source, into)
        for name, (columns, source) in exports.items()
    ]


def export_issues(store: Store, path: Path, status: str, into: Into = whole) -> Path:
    """Write the issues of the files of one status as CSV. Raises OSError."""
    chosen = f"(SELECT i.* FROM issues i JOIN files f USING (file) WHERE f.status = '{status}')"
    return _write(store, path, "csv", _issues(), f"{chosen} ORDER BY file, number", into)


def _files() -> list[_Column]:
    return [_number(name) if name in ("bytes", "warnings") else _text(name) for name in EXPORTED_FILES]


def _issues() -> list[_Column]:
    return [_text(name) for name in EXPORTED_ISSUES]


def _answers(edition: Edition) -> list[_Column]:
    columns = [_text("form_id")]
    for name, key in keys_of(edition).items():
        if key.kind is Kind.TICK:
            columns.append(_Column(name, f'"{name}"', f'"{name}"::INTEGER'))
        elif key.kind.is_figure:
            columns.append(_Column(name, f'"{name}"', f"rtrim(rtrim(\"{name}\"::VARCHAR, '0'), '.')"))
        elif key.kind is Kind.DATE:
            columns.append(_number(name))
        else:
            columns.append(_text(name))
    return columns


_COUNTED = f"""
    SELECT s.*, f.file, {", ".join(f"a.{name}" for name in WHO)}
    FROM files f JOIN scores s USING (form_id) JOIN answers a USING (form_id) WHERE f.status = 'counted'
"""


def _scores(edition: Edition) -> list[_Column]:
    units = scale_of(edition).units_per_point
    parts = [*(q.id for q in edition.questions), *(d.id for d in edition.dimensions)]
    columns = [_text(name) for name in ("form_id", "file", *WHO)]
    columns += [_points(name, name, units) for name in parts]
    columns += [_points("score", "score_units", units), _number("score_units")]
    columns += [_Column("units_per_point", str(units), str(units)), _number("score_level")]
    if edition.scenes:
        levels = [level.level for level in edition.levels]
        counts = [f"{part}_ge{level}" for part in ("scenes", "binding") for level in levels]
        columns += [_number(name) for name in (*(s.id for s in edition.scenes), *counts, "scene_level")]
    return [*columns, _number("level"), _text("blocked_by")]


def _write(store: Store, path: Path, file_format: str, columns: list[_Column], source: str, into: Into) -> Path:
    # The byte order mark tells Excel that a CSV is UTF-8; it comes with the first heading.
    mark = "\ufeff" if file_format == "csv" else ""
    expressions = ", ".join(
        f'{c.text if mark else c.typed} AS "{mark if c is columns[0] else ""}{c.name}"' for c in columns
    )
    select = f"SELECT {expressions} FROM {source}"
    options = {"csv": "FORMAT csv, HEADER true", "json": "FORMAT json, ARRAY true", "parquet": "FORMAT parquet"}[
        file_format
    ]
    with into(path) as partial:
        store.copy(select, partial, options)
    return path
