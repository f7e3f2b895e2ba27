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
from typing import NamedTuple

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import made_editions
from made_editions import NOTES, Toml, editions, toml
from office import convert
from smebatch.assess.answers_frame import make_answers
from smebatch.assess.score import score
from smebatch.batch.assessment import assess_returns
from smebatch.batch.export import export
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch, open_batch
from smebatch.batch.schema import RESERVED
from smebatch.cli.show_check import check_document, print_check
from smebatch.cli.show_edition import print_edition
from smebatch.cli.words import CliWords
from smebatch.form.prefill import Splicer
from smebatch.form.sheet import FormError
from smebatch.intake.read_entry import read_bytes, read_entry
from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.report.xlsx.book import write_summary
from smebatch.sample import FAULTS
from smebatch.sample import make_answers as sample_answers
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of
from smebatch.standard.toml_binding import EditionError
from smebatch.workflow import check_files
from test_pipeline import in_process
from test_self_result import self_result

MISPLACED = {"label.mismatch", "key.missing", "key.doubled", "key.unknown", "edition.changed", "form.version"}
MISSED = {"required.missing", "question.unanswered", "scene.unanswered"}
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


def came_back(edition: Edition, given: Mapping[str, object], data: bytes) -> ReturnAnswers:
    """Read a form: its ticks, figures and choices are what was filled in."""
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
    return read


def half_up(points: Fraction) -> Decimal:
    return Decimal(int(points * 200 + 1) // 2) / 100


class Filled(NamedTuple):
    """Forms of an edition: the blank one, sound ones, and others that were filled in at random."""

    edition: Edition
    forms: list[bytes]
    read: list[ReturnAnswers]


def fill(spec: Toml, seed: int) -> Filled | None:
    """Forms of a made-up edition, or None where it is refused by name."""
    try:
        edition = parse_edition(toml(spec), RESERVED)
        splicer = Splicer(edition)
        blank = splicer.form({})
    except (EditionError, FormError):
        return None
    given: list[dict[str, object]] = [{}]
    given += [sample_answers(edition, Random(seed + i), serial=i + 1) for i in range(2)]
    given += [random_answers(edition, Random(seed + i)) for i in range(2)]
    forms = [blank, *(splicer.form(answers) for answers in given[1:])]
    return Filled(edition, forms, [came_back(edition, *pair) for pair in zip(given, forms, strict=True)])


def comes_back_and_scores(spec: Toml, filled: Filled) -> None:
    """What was filled in is read, judged and scored; even a return with errors has the score of its ticks."""
    edition, values = filled.edition, [r.values for r in filled.read]
    frame = score(make_answers(edition, list(map(str, range(len(values)))), values))
    units = scale_of(edition).units_per_point
    for row, answers in zip(frame.to_dict("records"), values, strict=True):
        expected = made_editions.points(spec, answers)
        found = {"score": row["score_units"], **{name: row[name] for name in expected if name != "score"}}
        assert {name: Fraction(int(n), units) for name, n in found.items()} == expected
        assert row["level"] == made_editions.level(spec, answers)
    verdicts = assess_returns(edition, dict(zip("abcdefg", filled.read, strict=False)), NOW.date())
    assert verdicts.findings["message"].str.len().gt(0).all()
    assert len(verdicts.scores) == (verdicts.errors == 0).sum()


def goes_to_the_report(spec: Toml, filled: Filled, folder: Path) -> None:
    """A folder of the forms becomes a batch, exports in two formats and a report."""
    (folder / "returns").mkdir()
    for i, form in enumerate(filled.forms):
        (folder / "returns" / f"{i}.xlsx").write_bytes(form)
    done = ingest(folder / "returns", folder / "batch.duckdb", filled.edition, now=NOW)
    assert done.statuses["rejected"] == 0
    store, stored = open_batch(folder / "batch.duckdb")
    with store:
        for kind in ("csv", "json"):
            export(store, stored, folder / "out", kind)
    headings = {}
    for name in ("answers", "scores"):
        with (folder / "out" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            headings[name], *rows = csv.reader(file)
        assert len(set(headings[name])) == len(headings[name])
        for row in json.loads((folder / "out" / f"{name}.json").read_text("utf-8")):
            assert list(row) == headings[name]
    assert len(rows) == done.statuses["counted"]
    for row in rows:
        said = dict(zip(headings["scores"], row, strict=True))
        points = made_editions.points(spec, filled.read[int(said["file"][0])].values)
        assert {name: Decimal(said[name]) for name in points} == {name: half_up(p) for name, p in points.items()}
    write_summary(folder / "summary.xlsx", load_batch(folder / "batch.duckdb", now=NOW))
    print_edition(stored, CliWords("zh"))
    for result in check_files(sorted((folder / "returns").iterdir()), stored, NOW.date()):
        print_check(result, stored, CliWords("zh"))
        document = check_document(result, stored)
        assert document["score"] is None or set(document["score"]["dimensions"]) == set(stored.dimension)


@pytest.fixture(autouse=True)
def _read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))


BROAD = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large]


@given(spec=editions(), seed=st.integers(0, 9))
@settings(max_examples=4, derandomize=True, deadline=None, database=None, suppress_health_check=BROAD)
def test_what_is_filled_in_comes_back_and_scores_as_fractions_do(spec: Toml, seed: int) -> None:
    if filled := fill(spec, seed):
        comes_back_and_scores(spec, filled)


@given(spec=editions(), seed=st.integers(0, 9))
@settings(max_examples=30, derandomize=True, deadline=None, database=None, suppress_health_check=BROAD)
def test_every_fault_is_made_of_any_sound_edition_or_leaves_it_as_it_is(spec: Toml, seed: int) -> None:
    try:
        edition = parse_edition(toml(spec), RESERVED)
    except EditionError:
        return
    answers = sample_answers(edition, Random(seed))
    for name, fault in FAULTS.items():
        assert set(fault(edition, Random(seed), answers)) <= set(keys_of(edition)), name


@given(spec=editions(), seed=st.integers(0, 9))
@settings(max_examples=2, derandomize=True, deadline=None, database=None, suppress_health_check=BROAD)
def test_a_sound_edition_goes_from_form_to_report(spec: Toml, seed: int) -> None:
    if filled := fill(spec, seed):
        with tempfile.TemporaryDirectory() as folder:
            goes_to_the_report(spec, filled, Path(folder))


@pytest.mark.slow
@given(spec=editions(), seed=st.integers(0, 9))
@settings(max_examples=100, deadline=None, suppress_health_check=BROAD)
def test_many_sound_editions_go_from_form_to_report(spec: Toml, seed: int) -> None:
    if filled := fill(spec, seed):
        comes_back_and_scores(spec, filled)
        with tempfile.TemporaryDirectory() as folder:
            goes_to_the_report(spec, filled, Path(folder))


@pytest.mark.office
@pytest.mark.slow
@given(spec=editions(), seed=st.integers(0, 9))
@settings(max_examples=8, derandomize=True, deadline=None, database=None, suppress_health_check=BROAD)
def test_the_form_of_any_edition_computes_what_the_scorer_does(spec: Toml, seed: int) -> None:
    if not (filled := fill(spec, seed)):
        return
    verdicts = assess_returns(filled.edition, {str(i): r for i, r in enumerate(filled.read)}, NOW.date())
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder, f"{i}.xlsx") for i in range(len(filled.forms))]
        for path, form in zip(paths, filled.forms, strict=True):
            path.write_bytes(form)
        made = convert(paths, "xlsx", Path(folder, "out"))
        for i, (path, read) in enumerate(zip(made, filled.read, strict=True)):
            said = self_result(path)
            findings = verdicts.findings[verdicts.findings["form_id"] == str(i)]
            assert Decimal(str(said["self_score"])) == half_up(made_editions.points(spec, read.values)["score"])
            assert said["self_level"] == made_editions.level(spec, read.values)
            assert said["self_complete"] == (not findings["code"].isin(MISSED).any()), set(findings["code"])
            book = openpyxl.load_workbook(path, data_only=True)
            assert not [c for sheet in book for row in sheet for c in row if c.data_type == "e"]
