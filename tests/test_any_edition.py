"""Any edition that is called sound goes from form to report and export, and its scores are those of fractions."""

from __future__ import annotations

import csv
import datetime as dt
import json
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import made_editions
from made_editions import NOTES, Toml, editions, toml
from smebatch.assess.score import score
from smebatch.assess.table import make_answers
from smebatch.export import export
from smebatch.form.sheet import FormError
from smebatch.form.splice import Splicer
from smebatch.intake.readers import Readers
from smebatch.intake.reading import read_bytes, read_entry
from smebatch.pipeline import ingest, load_batch, open_batch
from smebatch.report.book import write_summary
from smebatch.sample import make_answers as sample_answers
from smebatch.show.edition import print_edition
from smebatch.standard.figures import MICRO
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.scale import scale_of
from smebatch.standard.strict import EditionError
from test_pipeline import in_process

MISPLACED = {"label.mismatch", "key.missing", "key.doubled", "key.unknown", "edition.changed", "form.version"}
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def random_answers(edition: Edition, rng: Random) -> dict[str, object]:
    """Answers of every kind, most of them contradictory."""
    answers: dict[str, object] = {}
    often = rng.random()
    for name, key in keys_of(edition).items():
        if rng.random() < 0.2:
            continue
        if key.kind is Kind.TICK:
            answers[name] = rng.random() < often
        elif key.kind.is_figure:
            answers[name] = rng.choice([0, 2, 100, 50, Decimal("1.5") if key.kind is not Kind.COUNT else 7])
        elif key.choices:
            answers[name] = rng.choice(key.choices)
        elif key.kind is Kind.DATE:
            answers[name] = dt.date(2026, 5, 6)
        elif key.kind is Kind.TEXT:
            answers[name] = rng.choice(NOTES)
    return answers


def came_back(edition: Edition, given: Mapping[str, object], data: bytes) -> dict[str, object]:
    """The ticks, figures and choices of a form are what was filled in; return what was read."""
    read = read_bytes(data, edition)
    codes = {finding.code for finding in read.findings}
    assert not codes & MISPLACED
    for name, key in keys_of(edition).items():
        value, filled = read.values.get(name), given.get(name)
        if key.kind is Kind.TICK:
            assert bool(value) == bool(filled), name
        elif key.kind.is_figure and filled is not None:
            assert value == Decimal(str(filled)) * MICRO, (name, filled)
        elif key.choices and filled is not None:
            assert value == filled, name
    return read.values


def scores_are_fractions(spec: Toml, edition: Edition, returns: list[dict[str, object]]) -> None:
    frame = score(make_answers(edition, [str(i) for i in range(len(returns))], returns))
    units = scale_of(edition).units_per_point
    for row, answers in zip(frame.to_dict("records"), returns, strict=True):
        expected = made_editions.points(spec, answers)
        found = {"score": row["score_units"], **{name: row[name] for name in expected if name != "score"}}
        assert {name: Fraction(int(n), units) for name, n in found.items()} == expected
        assert row["level"] == made_editions.level(spec, answers)


def half_up(points: Fraction) -> Decimal:
    return Decimal(int(points * 200 + 1) // 2) / 100


def goes_through(spec: Toml, seed: int) -> str:
    """Take an edition from its file to the report; return how far it came."""
    try:
        edition = parse_edition(toml(spec))
        splicer = Splicer(edition)
        blank = splicer.form({})
    except (EditionError, FormError) as refused:
        return f"refused: {type(refused).__name__}"
    rng = Random(seed)
    # Sound returns of the sample, and others; whoever is in doubt about a return still knows its score.
    filled = [sample_answers(edition, Random(seed + i), serial=i + 1) for i in range(3)]
    filled += [random_answers(edition, rng), random_answers(edition, rng)]
    forms = [splicer.form(answers) for answers in filled]
    read = [came_back(edition, *pair) for pair in zip([{}, *filled], [blank, *forms], strict=True)]
    scores_are_fractions(spec, edition, read)
    print_edition(edition)
    with tempfile.TemporaryDirectory() as folder:
        return _to_the_report(spec, edition, [blank, *forms], read, Path(folder))


def _to_the_report(spec: Toml, edition: Edition, forms: list[bytes], read: list[Any], folder: Path) -> str:
    (folder / "returns").mkdir()
    for i, form in enumerate(forms):
        (folder / "returns" / f"{i}.xlsx").write_bytes(form)
    done = ingest(folder / "returns", folder / "batch.duckdb", edition, now=NOW)
    assert done.statuses["rejected"] == 0
    store, stored = open_batch(folder / "batch.duckdb")
    assert stored is edition
    with store:
        for kind in ("csv", "json"):
            export(store, stored, folder / "out", kind)
        issues = store.frame("SELECT * FROM issues")
    assert issues["message"].str.len().gt(0).all()
    for name in ("answers", "scores"):
        with (folder / "out" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            heading, *rows = csv.reader(file)
        assert len(set(heading)) == len(heading)
        assert all(len(row) == len(heading) for row in rows)
        assert [list(row) for row in json.loads((folder / "out" / f"{name}.json").read_text("utf-8"))] in (
            [heading] * len(rows),
            [],
        )
    for row in rows:
        values = dict(zip(heading, row, strict=True))
        points = made_editions.points(spec, read[int(values["file"][0])])
        assert {name: Decimal(values[name]) for name in points} == {name: half_up(p) for name, p in points.items()}
    write_summary(folder / "summary.xlsx", load_batch(folder / "batch.duckdb", now=NOW))
    return f"counted: {min(done.statuses['counted'], 1)}"


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Readers, "read", in_process(read_entry))


BROAD = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@given(spec=editions(), seed=st.integers(0, 9))
@settings(max_examples=4, derandomize=True, deadline=None, database=None, suppress_health_check=BROAD)
def test_a_sound_edition_goes_from_form_to_report(spec: Toml, seed: int) -> None:
    event(goes_through(spec, seed))
