"""The form's own 自评结果, recalculated by LibreOffice, against the scorer."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from random import Random

import openpyxl
import pytest

from cases import shifted
from conftest import IN_CI
from office import convert
from smebatch.assess.answers_frame import make_answers
from smebatch.assess.score import score
from smebatch.form.writer import write_form
from smebatch.sample import make_answers as sample_answers
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

SHEETS = 210 if IN_CI else 12
NAMES = ("self_score", "self_level", "self_complete")

pytestmark = pytest.mark.office


def random_answers(edition: Edition, rng: Random, serial: int) -> dict[str, object]:
    """Half of them plausible, half with ticks anywhere: gaps, several in a 单选, 无 with others, nothing at all."""
    answers = sample_answers(edition, rng, serial=serial)
    if serial % 2:
        share = rng.choice([0.1, 0.5, 0.9, 0.98])
        answers |= {k.name: rng.random() < share for k in keys_of(edition).values() if k.kind is Kind.TICK}
    if serial % 5 == 0:
        answers[rng.choice(["district", "filled_on", "equipment_total", "s03_state"])] = None
    return answers


def self_result(path: Path) -> dict[str, object]:
    """What the defined names of a form say."""
    book = openpyxl.load_workbook(path, data_only=True)
    result = {}
    for name in NAMES:
        ((sheet, cell),) = book.defined_names[name].destinations
        result[name] = book[sheet][cell.replace("$", "")].value
    return result


def test_the_form_agrees_with_the_scorer(tmp_path: Path) -> None:
    edition = load_edition()
    scale = scale_of(edition)
    rng = Random(20241123)
    sets = [random_answers(edition, rng, serial) for serial in range(1, SHEETS + 1)]
    paths = [tmp_path / f"{i:03d}.xlsx" for i in range(len(sets))]
    for path, answers in zip(paths, sets, strict=True):
        write_form(path, edition, answers)
    ticks = [{k: v for k, v in answers.items() if isinstance(v, bool)} for answers in sets]
    scores = score(make_answers(edition, [path.stem for path in paths], ticks)).to_dict("index")
    levels = set()
    for path, made in zip(paths, convert(paths, "xlsx", tmp_path / "out"), strict=True):
        row, said = scores[path.stem], self_result(made)
        assert f"{said['self_score']:.2f}" == scale.points(int(row["score_units"])), path.stem
        assert said["self_level"] == row["level"], path.stem
        levels.add(said["self_level"])
    assert levels >= {0, 1, 2}


def test_the_form_counts_the_finest_units_that_are_accepted(tmp_path: Path) -> None:
    # weights of two decimals on every level: 2·10¹⁰ units a point, thresholds of 13 digits in the formulas
    edition, rng = parse_edition(shifted(2)), Random(2)
    ticks = [key.name for key in keys_of(edition).values() if key.kind is Kind.TICK]
    best = {t for q in edition.questions for t in (q.ticks[1:] if q.none else q.ticks[-1:])}
    sets = [{t: t in best for t in ticks}, *({t: rng.random() < 0.4 for t in ticks} for _ in range(5))]
    paths = [tmp_path / f"{i}.xlsx" for i in range(len(sets))]
    for path, answers in zip(paths, sets, strict=True):
        write_form(path, edition, answers)
    scores = score(make_answers(edition, [path.stem for path in paths], sets)).to_dict("index")
    for path, made in zip(paths, convert(paths, "xlsx", tmp_path / "out"), strict=True):
        row, said = scores[path.stem], self_result(made)
        assert f"{said['self_score']:.2f}" == scale_of(edition).points(int(row["score_units"])), path.stem
        assert said["self_level"] == row["level"], path.stem


def test_the_form_knows_whether_it_is_complete(tmp_path: Path) -> None:
    edition = load_edition()
    whole = sample_answers(edition, Random(5), serial=1) | {"no_base_year": "否"}
    scene = edition.scenes[0]
    nothing_said = dict.fromkeys((*scene.ticks, f"{scene.id}_state"))
    cases: dict[str, tuple[dict[str, object], bool]] = {
        "whole": (whole, True),
        "no_district": (whole | {"district": None}, False),
        "no_pledge": (whole | {"pledge": None}, False),
        "no_phone": (whole | {"phone": None}, True),  # expected, not required
        "no_figure": (whole | {"equipment_total": None}, False),
        "unanswered": (whole | dict.fromkeys(edition.question["q05"].ticks), False),
        "no_scene": (whole | nothing_said, False),
        "no_base_year": (
            whole
            | {"no_base_year": "是"}
            | {k: None for q in edition.questions if q.base_year for k in (*q.ticks, *(f.key for f in q.figures))},
            True,  # R7
        ),
        "blank": ({}, False),
    }
    paths = [tmp_path / f"{name}.xlsx" for name in cases]
    for path in paths:
        write_form(path, edition, cases[path.stem][0])
    made = convert(paths, "xlsx", tmp_path / "out")
    said = {path.stem: self_result(path)["self_complete"] for path in made}
    assert said == {name: complete for name, (_, complete) in cases.items()}


def test_libreoffice_does_recalculate(tmp_path: Path) -> None:
    """A planted stale value proves it: without recalculation it stays, with it it goes."""
    edition = load_edition()
    form, planted = tmp_path / "form.xlsx", tmp_path / "planted.xlsx"
    write_form(form, edition)
    book = openpyxl.load_workbook(form)
    ((sheet, cell),) = book.defined_names["self_score"].destinations
    part = f"xl/worksheets/sheet{book.sheetnames.index(sheet) + 1}.xml"
    pattern = re.compile(rf'(<c r="{cell.replace("$", "")}"[^>]*><f>.*?</f>)<v>[^<]*</v>')
    with zipfile.ZipFile(form) as source, zipfile.ZipFile(planted, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == part:
                text, n = pattern.subn(r"\g<1><v>77.77</v>", data.decode())
                assert n == 1
                data = text.encode()
            target.writestr(name, data)
    (kept,) = convert([planted], "xlsx", tmp_path / "kept", recalculate=False)
    (fresh,) = convert([planted], "xlsx", tmp_path / "fresh")
    assert self_result(kept)["self_score"] == 77.77
    assert self_result(fresh)["self_score"] == 0
