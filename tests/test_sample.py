"""Made-up returns: the same seed gives the same, every return agrees with itself, and the levels spread."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from cases import form_anew, form_bytes
from oracle import direction, interval, score, uscc_check_character
from sample_city import write_sample_data
from smebatch.assess import answers_frame as table
from smebatch.assess.validate import validate
from smebatch.intake.read_entry import read_bytes
from smebatch.sample import FAULTS, make_answers, write_sample
from smebatch.sample.faults import ERRORS, HARMLESS, WARNINGS, Fault
from smebatch.sample.many import answers_of_return, write_many
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import keys_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from smebatch.standard.reference import industries

TODAY = dt.date(2026, 11, 23)
EDITION = load_edition("2024")
EDITIONS = Path(__file__).parent / "editions"
TYPES: dict[str, type | tuple[type, ...]] = {
    "tick": bool,
    "count": int,
    "amount": (int, Decimal),
    "percent": (int, Decimal),
    "date": dt.date,
}
RETURNS = [make_answers(EDITION, Random(f"test {i}"), serial=i) for i in range(1, 301)]


def option(answers: dict[str, object], question: str) -> int | None:
    """The one option ticked, from 1; None where none is."""
    ticked = [i for i, tick in enumerate(EDITION.question[question].ticks, 1) if answers.get(tick)]
    assert len(ticked) <= 1
    return ticked[0] if ticked else None


def number(answers: dict[str, object], key: str) -> Fraction | None:
    """A figure, exactly."""
    value = answers.get(key)
    assert value is None or isinstance(value, int | Decimal)
    return None if value is None else Fraction(value)


def test_the_same_seed_makes_the_same_answers() -> None:
    assert make_answers(EDITION, Random(7), serial=3) == make_answers(EDITION, Random(7), serial=3)
    assert make_answers(EDITION, Random(7), serial=3) != make_answers(EDITION, Random(8), serial=3)


def test_every_key_is_a_key_of_the_form_and_every_value_has_its_kind() -> None:
    keys = keys_of(EDITION)
    for answers in RETURNS:
        assert set(answers) <= set(keys)
        for key, value in answers.items():
            if value is None:
                continue
            kind = keys[key].kind.value
            assert isinstance(value, TYPES.get(kind, str)), key
            assert not keys[key].choices or value in keys[key].choices, key


def test_whatever_is_required_or_expected_is_there() -> None:
    for answers in RETURNS:
        young = answers["no_base_year"] == "是"
        skipped = {"q12", "q13", "q14", "q15"} if young else set()
        for field in EDITION.fields:
            assert field.need == "optional" or answers[field.key], field.key
        for question in EDITION.questions:
            figures = [answers.get(f.key) for f in question.figures if f.required]
            if question.id in skipped:
                assert not any(answers.get(tick) for tick in question.ticks)
                assert set(figures) <= {None}
            else:
                assert any(answers.get(tick) for tick in question.ticks)
                assert None not in figures


def test_some_fill_in_what_they_use() -> None:
    amounts = {name for name, key in keys_of(EDITION).items() if key.unassessed}
    filled = [answers for answers in RETURNS if amounts & answers.keys()]
    assert 0.2 < len(filled) / len(RETURNS) < 0.4
    assert any(name.endswith(("_recovered", "_output")) for answers in filled for name in answers)
    for answers in filled:  # a total that is not stated has no amounts
        assert ("energy_prior" in answers) == any("_prior_" in name for name in amounts & answers.keys())


def test_credit_codes_are_valid_and_unique() -> None:
    codes = [str(answers["uscc"]) for answers in RETURNS]
    assert len(set(codes)) == len(codes)
    for code in codes:
        assert len(code) == 18
        assert code[17] == uscc_check_character(code[:17])


def test_every_level_below_the_top_occurs() -> None:
    levels = Counter(score(answers).level for answers in RETURNS)
    assert all(levels[level] >= 10 for level in (0, 1, 2, 3))
    assert max(levels, key=levels.__getitem__) == 1


def test_intervals_hold_the_figures() -> None:
    for answers in RETURNS:
        for question, part, whole in (
            ("q02", "equipment_digital", "equipment_total"),
            ("q03", "equipment_networked", "equipment_total"),
            ("q11", "digital_investment", "revenue_last"),
        ):
            some, all_ = number(answers, part), number(answers, whole)
            if some is not None and all_ is not None:
                assert option(answers, question) == interval(some, all_)
        assert option(answers, "q11") == 1  # anything above 10 % deserves a warning


def test_trends_are_those_of_the_figures() -> None:
    seen: Counter[tuple[str, str]] = Counter()
    for answers in RETURNS:
        for question, keys, printed in (
            ("q12", ("energy_last", "energy_prior", "revenue_last", "revenue_prior"), ("up", "same", "down")),
            ("q13", ("pass_rate_after", "pass_rate_before"), ("down", "same", "up")),
            ("q14", ("revenue_last", "revenue_prior", "staff_last", "staff_prior"), ("down", "same", "up")),
            ("q15", ("cost_last", "cost_prior", "revenue_last", "revenue_prior"), ("up", "same", "down")),
        ):
            figures = [f for key in keys if (f := number(answers, key)) is not None]
            if len(figures) == len(keys):
                ticked = option(answers, question)
                assert ticked is not None
                assert printed[ticked - 1] == direction(*figures)
                seen[question, printed[ticked - 1]] += 1
    assert len(seen) == 12  # every question saw up, down and 持平


def test_links_coverage_and_scenes_agree() -> None:
    claimed_at = Counter[int]()
    ranges = [(0, 0), (1, 1), (2, 11), (12, 13), (14, 14)]  # 题5: 无, 单个, 2个及以上, 大于80% of 14, 全覆盖
    for answers in RETURNS:
        levels = score(answers).scene_levels
        claimed = [i for i in range(1, 15) if answers.get(f"q04_o{i + 1:02d}")]  # option i + 1 is scene i
        claimed_at.update(levels[f"s{i:02d}"] for i in claimed)
        assert bool(answers.get("q04_o01")) is not bool(claimed)
        ticked = option(answers, "q05")
        assert ticked is not None
        low, high = ranges[ticked - 1]
        linked = [f"s{i:02d}" for i in range(1, 15)]
        assert len(claimed) <= high
        assert sum(levels[s] >= 2 for s in linked) <= high
        assert low <= sum(levels[s] >= 1 or answers.get(f"{s}_state") == "不适用" for s in linked)
    assert set(claimed_at) == {1, 2, 3, 4}  # of scenes at whatever level but none


def test_every_scene_has_a_level_or_a_state_and_no_gap() -> None:
    for answers in RETURNS:
        levels = score(answers).scene_levels
        for scene in EDITION.scenes:
            assert sum(bool(answers.get(tick)) for tick in scene.ticks) == levels[scene.id]
            assert (answers.get(f"{scene.id}_state") is None) is (levels[scene.id] > 0)


def test_size_follows_staff_and_revenue() -> None:
    for answers in RETURNS:
        staff, revenue = number(answers, "staff_last"), number(answers, "revenue_last")
        if staff is None or revenue is None:
            continue
        size = "微型"
        for name, people, money in (
            ("小型", 20, 300),
            ("中型", 300, 2000),
            ("大型", 1000, 40000),
        ):  # 国统字〔2017〕213号
            if staff >= people and revenue >= money:
                size = name
        assert answers["size"] == size


def test_industries_are_covered() -> None:
    for answers in RETURNS:
        division = industries().division(str(answers["industry_code"]))
        assert division is not None
        assert division.section in industries().covered


# --- what the program says of them --------------------------------------------------------------------------------


def severities(returns: Sequence[dict[str, object]]) -> list[set[str]]:
    """What reading and checking the workbook of each return finds: nothing, warning, error."""
    read = [read_bytes(form_bytes(answers), EDITION) for answers in returns]
    ids = [str(i) for i in range(len(read))]
    checked = validate(table.make_answers(EDITION, ids, [r.values for r in read], [r.unsure for r in read]), TODAY)
    return [{finding.severity for finding in (*one.findings, *more)} for one, more in zip(read, checked, strict=True)]


def spoilt(fault: Fault) -> list[dict[str, object]]:
    """The first returns that the fault changes."""
    changed = [(answers, fault(EDITION, Random(i), answers)) for i, answers in enumerate(RETURNS[:8])]
    return [after for answers, after in changed if after != answers][:5]


def in_millionths(value: object) -> object:
    """A figure as the program holds it."""
    return int(value * MICRO) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def test_the_checks_find_nothing_in_consistent_returns() -> None:
    scaled = [{key: in_millionths(value) for key, value in answers.items()} for answers in RETURNS]
    frame = table.make_answers(EDITION, [str(i) for i in range(len(scaled))], scaled)
    assert [finding for findings in validate(frame, TODAY) for finding in findings] == []


def test_reading_finds_nothing_in_consistent_workbooks() -> None:
    assert severities(RETURNS[:10]) == [set()] * 10


@pytest.mark.parametrize("fault", HARMLESS)
def test_what_only_looks_different_is_found_sound(fault: Fault) -> None:
    assert severities(spoilt(fault)) == [set()] * 5


@pytest.mark.parametrize("fault", WARNINGS)
def test_what_is_odd_is_warned_of(fault: Fault) -> None:
    assert severities(spoilt(fault)) == [{"warning"}] * 5


@pytest.mark.parametrize("fault", ERRORS)
def test_what_is_wrong_is_an_error(fault: Fault) -> None:
    assert all("error" in found for found in severities(spoilt(fault)))


# --- faults, other editions, files --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_changes_a_copy(name: str) -> None:
    changed = 0
    for i, answers in enumerate(RETURNS[:40]):
        before = dict(answers)
        after = FAULTS[name](EDITION, Random(i), answers)
        assert answers == before
        assert set(after) <= set(keys_of(EDITION))
        changed += after != answers
    assert changed >= 30


def without_scenes() -> Edition:
    """The edition of 2024 cut down: two levels, no scenes, a few questions, no check."""
    levels = tuple(level._replace(scenes=None, binding=None) for level in EDITION.levels[:2])
    return replace(EDITION, levels=levels, scenes=(), scene_groups=(), questions=EDITION.questions[:5], checks=())


@pytest.mark.parametrize(
    "edition", [without_scenes(), *map(load_edition, sorted(EDITIONS.glob("*.toml")))], ids=lambda edition: edition.id
)
def test_other_editions_have_returns_too(edition: Edition) -> None:
    keys = set(keys_of(edition))
    for i in range(50):
        answers = make_answers(edition, Random(i), serial=i)
        assert set(answers) <= keys
        assert all(any(answers.get(tick) for tick in q.ticks) for q in edition.questions if not q.base_year)
        for name, fault in FAULTS.items():
            assert set(fault(edition, Random(i), answers)) <= keys, name


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first = write_sample(tmp_path / "a", EDITION, 4, seed=5)
    again = write_sample(tmp_path / "b", EDITION, 4, seed=5)
    other = write_sample(tmp_path / "c", EDITION, 4, seed=6)
    assert [p.name for p in first] == [p.name for p in again]
    assert [p.name[:3] for p in first] == ["001", "002", "003", "004"]
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    assert [p.read_bytes() for p in first] != [p.read_bytes() for p in other]


def test_a_sample_without_faults_is_consistent(tmp_path: Path) -> None:
    with_faults = write_sample(tmp_path / "a", EDITION, 30, seed=1)
    without = write_sample(tmp_path / "b", EDITION, 30, seed=1, faults=False)
    differing = sum(a.read_bytes() != b.read_bytes() for a, b in zip(with_faults, without, strict=True))
    assert 1 <= differing <= 8  # about one in ten


def test_many_returns_are_each_made_up_anew() -> None:
    made = [answers_of_return(EDITION, serial) for serial in range(300)]
    assert made == [answers_of_return(EDITION, serial) for serial in range(300)]
    assert made[0] != answers_of_return(EDITION, 0, seed=2)
    assert len({answers["uscc"] for answers in made}) == len({answers["name"] for answers in made}) == 300
    ticks = {tuple(key for key in keys_of(EDITION) if answers.get(key) is True) for answers in made}
    assert len(ticks) == 300


@pytest.mark.parametrize(("share", "filled"), [(0.5, 16), (1.0, 31)])
def test_notes_are_no_other_returns(share: float, filled: int) -> None:
    seen: set[str] = set()
    for serial in range(300):
        plain, noted = answers_of_return(EDITION, serial), answers_of_return(EDITION, serial, notes=share)
        notes = {key: str(text) for key, text in noted.items() if plain.get(key) != text}
        assert len(notes) == filled
        assert all(key.endswith("_note") and 10 <= len(text) <= 40 for key, text in notes.items())
        assert noted.keys() <= keys_of(EDITION).keys()
        assert not seen & set(notes.values())
        seen |= set(notes.values())


def test_one_in_ten_of_many_has_a_fault() -> None:
    plain, faulty = ([answers_of_return(EDITION, i, faults=faults) for i in range(500)] for faults in (False, True))
    assert 30 <= sum(a != b for a, b in zip(plain, faulty, strict=True)) <= 70


def test_many_are_written_as_they_answer(tmp_path: Path) -> None:
    write_many(tmp_path, EDITION, 3, seed=4, notes=0.5, faults=True)
    for serial in range(3):
        anew = form_anew(answers_of_return(EDITION, serial, 4, notes=0.5, faults=True))
        data = (tmp_path / "0000" / f"{serial:07d}.xlsx").read_bytes()
        assert read_bytes(data, EDITION) == read_bytes(anew, EDITION)


@pytest.mark.slow
def test_sample_data_is_a_city_of_four_districts(tmp_path: Path) -> None:
    def convert(path: Path, suffix: str) -> Path:
        target = path.with_suffix(f".{suffix}")
        target.write_bytes(path.read_bytes())
        return target

    paths = write_sample_data(tmp_path, EDITION, 2024, convert)
    assert sorted(paths) == sorted(p for p in tmp_path.rglob("*") if p.is_file())
    returns = [p for p in paths if p.parent.parent.name == "returns"]
    assert len(returns) == 40
    assert len({p.parent for p in returns}) == 4
    assert Counter(p.suffix for p in returns) == {".xlsx": 38, ".xls": 1, ".ods": 1}

    import openpyxl

    rows = list(openpyxl.load_workbook(tmp_path / "roster.xlsx").active.values)
    assert rows[0][:2] == ("企业名称", "统一社会信用代码")
    assert len(rows) == 1 + 39 + 5
    assert len({row[1] for row in rows}) == len(rows)
