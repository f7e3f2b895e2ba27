"""Editions: the 2024 one is whole and sound, and an unsound one is refused with the place and the remedy."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pytest

from cases import TINY, form_bytes, found_in, shifted, table
from small_batch import SMALL
from smebatch.assess.score import score
from smebatch.batch.export import export
from smebatch.batch.ingest import ingest
from smebatch.batch.load import load_batch, open_batch
from smebatch.batch.schema import RESERVED
from smebatch.form.layout import question_sheet
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes, read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.report.exact_statistics import display_points
from smebatch.report.xlsx.book import write_summary
from smebatch.sample import make_answers
from smebatch.standard import identity
from smebatch.standard.checks import CHECKS
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import Kind, Section, keys_of, rows_of
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import CheckRow, Edition
from smebatch.standard.reference import industries, size_rule
from smebatch.standard.score_units import MOST_RETURNS, Scale, scale_of
from smebatch.standard.toml_binding import EditionError
from test_pipeline import in_process

TEXT = (resources.files("smebatch.standard") / "editions" / "2024.toml").read_text("utf-8")
EDITIONS = Path(__file__).parent / "editions"
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


# --- the 2024 edition


def test_the_counts_are_those_of_the_text() -> None:
    e = load_edition()
    assert (len(e.dimensions), len(e.indicators), len(e.questions)) == (3, 9, 15)
    assert (len(e.scene_groups), len(e.scenes), sum(s.binding for s in e.scenes)) == (4, 16, 10)
    assert [len(q.options) for q in e.questions] == [5, 5, 5, 15, 5, 5, 5, 6, 5, 6, 5, 3, 3, 3, 3]
    assert (len(e.energies), len(e.glossary), len(e.levels)) == (15, 10, 4)
    assert [r.id for r in e.rulings] == [f"R{i}" for i in range(1, 12)]


def test_option_order_flips_as_printed() -> None:
    e = load_edition()
    assert {q: e.question[q].options[0] for q in ("q12", "q13", "q14", "q15")} == {
        "q12": "增加",
        "q13": "降低",
        "q14": "降低",
        "q15": "增加",
    }


def test_a_point_is_56_units() -> None:
    # 三(一): the weights bring q04 to 10 points for 14 ticks = 5/7 each, q06 to 1.25, q09 to 1.875 a tick …; least
    # common denominator 56.
    scale = scale_of(load_edition())
    assert (scale.units_per_point, scale.full) == (56, 5600)
    assert sum(scale.step[q.id] * (len(q.options) - 1) for q in load_edition().questions) == 5600


def test_the_levels_are_those_of_the_text() -> None:
    rule = [
        tuple(int(q.value) for q in (g.score, g.scenes, g.binding) if q) for g in load_edition().levels
    ]  # 二: ≥ 20 分, 不少于 6 个, 其中不少于 3 个 …
    assert rule == [(20, 6, 3), (40, 6, 3), (60, 8, 5), (80, 10, 6)]


def test_the_worked_example_comes_out() -> None:
    # 310 × 1.229 + 1.5 × 1.286 = 380.99 + 1.929 = 382.919
    e = load_edition()
    example = e.energy_example
    assert example
    coefficient = {x.name: x.coefficient.value for x in e.energies}
    assert sum(a.amount * coefficient[a.name] for a in example.amounts) == example.total.value == Decimal("382.919")


def test_every_level_text_is_whole() -> None:
    texts = [text for scene in load_edition().scenes for text in scene.levels]
    assert len(texts) == 64
    assert all(text.endswith("。") and "。。" not in text and "\n" not in text for text in texts)


def test_keys_are_the_contracts() -> None:
    keys = keys_of(load_edition())
    kinds = [key.kind for key in keys.values()]
    assert kinds.count(Kind.TICK) == 79 + 64  # options, and 16 scenes × 4 levels
    words = [k for k in keys if not re.match(r"[qs]\d|en_", k)]
    assert " ".join(words) == (
        "name uscc province city district park industry_code segment size above_scale specialised main_product contact "
        "phone assessment_kind phase assessor filled_on no_base_year pledge equipment_total equipment_digital "
        "equipment_networked digital_investment energy_last energy_prior pass_rate_after pass_rate_before staff_last "
        "revenue_last staff_prior revenue_prior cost_last cost_prior"
    )
    energies = (
        "anthracite coking_coal bituminous_coal lignite washed_coal blast_furnace_gas converter_gas other_gas heat "
        "electricity municipal_waste biomass waste_heat industrial_waste other_fuel"
    )
    flows = [f"{year}_{flow}" for year in ("last", "prior") for flow in ("used", "output", "recovered")]
    # behind all that there were before
    assert list(keys)[-90:] == [f"en_{energy}_{flow}" for energy in energies.split() for flow in flows]
    assert keys["en_heat_prior_used"].unit == "百万千焦"
    assert [k for k in keys if k.startswith("s03")] == ["s03_l1", "s03_l2", "s03_l3", "s03_l4", "s03_state", "s03_note"]


def test_a_rows_number_is_its_own_on_its_sheet() -> None:
    rows = rows_of(load_edition())
    assert len({row.key for row in rows}) == len(rows)
    for section in Section:
        codes = [row.code for row in rows if row.section is section]
        assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("data", [TEXT.replace("\n", "\r\n").encode(), TEXT.encode("utf-8-sig")], ids=["CRLF", "mark"])
def test_line_ends_and_notepads_mark_do_not_change_an_edition(data: bytes) -> None:
    assert parse_edition(data).text_sha256 == load_edition().text_sha256
    assert parse_edition(data).text == TEXT


# --- what makes two texts the same edition


def substance_of(value: Any) -> tuple[str, ...]:
    return value.substance if isinstance(value, CheckRow) else identity.SUBSTANCE[type(value)]


def leaves(value: Any, path: tuple[Any, ...] = (), substance: bool = True) -> Iterator[tuple[tuple[Any, ...], bool]]:
    """Every single value of a part of an edition: where it stands, and whether the hash covers it."""
    if hasattr(value, "_fields"):
        for name in value._fields:
            covered = substance and name in substance_of(value)
            yield from leaves(getattr(value, name), (*path, name), covered)
    elif isinstance(value, tuple):
        for i, item in enumerate(value):
            yield from leaves(item, (*path, i), substance)
    else:
        yield path, substance


def with_another(value: Any, path: tuple[Any, ...]) -> Any:
    """A part of an edition in which the value at a place is another."""
    if not path:
        return value + "改" if isinstance(value, str) else not value if isinstance(value, bool) else (value or 0) + 1
    step, *rest = path
    if isinstance(step, str):
        return value._replace(**{step: with_another(getattr(value, step), tuple(rest))})
    return (*value[:step], with_another(value[step], tuple(rest)), *value[step + 1 :])


def test_every_field_of_the_model_stands_on_one_side() -> None:
    assert set(identity.SUBSTANCE) == set(identity.WORDING)
    cls: Any
    for cls, names in identity.SUBSTANCE.items():
        assert sorted((*names, *identity.WORDING[cls])) == sorted(cls._fields), cls
    for kind in CHECKS.values():
        assert sorted((*kind.substance, *kind.wording)) == sorted(kind.keys()), kind
    wording = {"rules", "energy_example", "glossary", "rulings"}
    made = {"fields", "sha256", "text_sha256", "text"}  # the program's, and what is computed
    assert {f.name for f in dataclasses.fields(Edition)} == {*identity.TABLES} | wording | made


def test_the_hash_covers_every_value_of_substance_and_none_of_wording() -> None:
    e = load_edition()
    parts = {name: getattr(e, name) for name in identity.TABLES}
    reworded, hashes = dict(parts), [e.sha256]
    for name, part in parts.items():
        for path, substance in leaves(part):
            if substance:
                hashes.append(identity.identity_of(parts | {name: with_another(part, path)}))
            else:
                reworded[name] = with_another(reworded[name], path)
    assert identity.identity_of(reworded) == e.sha256
    assert all(reworded[name] != parts[name] for name in set(parts) - {"energies"})  # which hold no wording
    assert len(hashes) > 600
    assert len(set(hashes)) == len(hashes)


def test_how_a_number_is_written_does_not_matter() -> None:
    text = TEXT.replace("score = { value = 20,", "score = { value = 2e1,").replace("value = 0.9428", "value = 0.94280")
    assert text != TEXT
    assert parse_edition(text.encode()).sha256 == load_edition().sha256


# What may be corrected while forms are out: a pattern, and what it becomes.
CORRECTED = {
    "note": ('binding_note = "标', 'binding_note = "注：标'),
    "message": ("的情况少见，请核对。", "的情况少见，请再核对。"),
    "introduction": ('introduction = "', 'introduction = "更正：'),
    "glossary": ('term = "关键工序"', 'term = "关键工序（更正）"'),
    "ruling": ("最符合评分逻辑的原意", "最符合评分逻辑"),
    "level": ('description = "企业应用信息技术', 'description = "企业能够应用信息技术'),
    "clause": ('clause = "三(一) 题15"', 'clause = "三(一)题15"'),
}


@pytest.mark.parametrize("name", CORRECTED)
def test_forms_stay_the_editions_when_its_wording_is_corrected(name: str) -> None:
    old, new = CORRECTED[name]
    corrected = parse_edition(TEXT.replace(old, new).encode())
    assert corrected.text != TEXT
    assert corrected.sha256 == load_edition().sha256
    assert corrected.text_sha256 != load_edition().text_sha256


@pytest.mark.parametrize("change", [("value = 60, unit", "value = 61, unit"), ('"增加", "持平"', '"增长", "持平"')])
def test_forms_are_another_editions_when_its_substance_is_changed(change: tuple[str, str]) -> None:
    changed = parse_edition(TEXT.replace(*change).encode())
    assert "edition.changed" in {code for code, _ in found_in(form_bytes(), changed)}


def test_forms_sent_out_when_the_hash_was_that_of_the_text_are_still_the_editions() -> None:
    codes = {code for code, _ in found_in((EDITIONS / "sent_2024.xlsx").read_bytes())}
    assert "required.missing" in codes  # it is blank, and was read
    assert not codes & {"edition.changed", "edition.unstated", "label.mismatch", "key.missing"}


def test_an_edition_without_earlier_names_knows_the_hash_of_its_text() -> None:
    tiny = load_edition(TINY)
    assert not tiny.header.also_known_as
    assert tiny.hashes == {tiny.sha256, tiny.text_sha256}


# --- unsound editions

UNSOUND = {
    "not toml": (r"\A", "= =\n", "not a TOML file"),
    "unknown table": (r"\A", "[colour]\n", "unknown table colour; allowed: edition, rule"),
    "unknown key": (
        r'name = "数字化基础"',
        'name = "数字化基础"\ncolour = "red"',
        "unknown key colour; allowed: id, name, weight",
    ),
    "missing key": (r'item = "网络建设"\n', "", "missing key item"),
    "wrong type": (r'item = "网络建设"', "item = 3", "str is expected"),
    "nan": (r"value = 0\.9428", "value = nan", "Decimal is expected"),
    "counts": (r"scenes = 16", "scenes = 17", "edition.counts.scenes: 17 stated, 16 found"),
    "weights": (r"value = 50, unit = \"%\"", 'value = 49, unit = "%"', "weights sum to 99, not 100"),
    "id twice": (r'id = "s02"', 'id = "s01"', "id used twice: s01"),
    "rule falls": (r"score = \{ value = 60", "score = { value = 30", "score must"),
    "scenes fall": (r"scenes = \{ value = 10", "scenes = { value = 5", "scenes must not fall"),
    "no such dimension": (r'dimension = "foundation"', 'dimension = "attic"', "no dimension attic"),
    "no such figure": (r'part = "equipment_digital"', 'part = "equipment_odd"', "no figure equipment_odd"),
    "no such ruling": (r'ruling = "R10"', 'ruling = "R99"', "no ruling R99"),
    "unknown check": (r'kind = "rare"', 'kind = "odd"', "unknown kind 'odd'; allowed: part_of_whole"),
    "trend": (r'\["down", "same", "up"\]', '["down", "down", "up"]', "must be down, same and up"),
    "bounds": (r"\[10, 20, 40, 60, 100\]", "[10, 20, 20, 60, 100]", "upper bounds must rise"),
}


UNSOUND |= {
    "no total": (r"(?s)\[energy_total\].*?\n\n", "", "energy_total: it goes with an edition's energies"),
    "energy without id": (r'id = "lignite"\n', "", "missing key id"),
    "energy twice": (r'id = "lignite"', 'id = "heat"', "energy id: id used twice: heat"),
    "odd energy": (r'id = "lignite"', 'id = "褐煤"', "ids must be lower-case ASCII words"),
    "year of two words": (r'id = "prior"', 'id = "last_prior"', "those of years and flows one: last_prior"),
    "years alike": (r'id = "prior"', 'id = "last"', "energy_total.years: each needs an id of its own"),
    "flows alike": (r'id = "output"', 'id = "used"', "energy_total.flows: each needs an id of its own"),
    "sign": (r'sign = "-"', 'sign = "−"', "sign must be + or -, the first +"),
    "first off": (r'sign = "\+"', 'sign = "-"', "sign must be + or -, the first +"),
    "total of no figure": (r'figure = "energy_prior"', 'figure = "energy_odd"', "no figure energy_odd"),
    "total of people": (r'figure = "energy_prior"', 'figure = "staff_prior"', "staff_prior is in 人, not 吨标准煤"),
    "all of it": (r"value = 0\.5, unit = \"%\"", 'value = 100, unit = "%"', "tolerance: must be in %"),
    "other coal": (r"吨标准煤/百万千焦", "吨/百万千焦", "energy heat: coefficient must be in 吨标准煤/百万千焦"),
    "no coal": (r"value = 0\.9428", "value = 0", "energy anthracite: coefficient must be above 0"),
    "figure like an amount": (
        r'key = "cost_prior"',
        'key = "en_heat_last_used"',
        "id used twice: en_heat_last_used",
    ),
}
# Numbers that TOML can write and nothing can hold.
UNSOUND |= {
    "huge number": (r"value = 0\.9428", "value = 1e999999999", "at most 15 digits"),
    "minute number": (r"value = 0\.9428", "value = 1e-999999999", "at most 15 digits"),
    "half a scene": (r"scenes = \{ value = 10,", "scenes = { value = 10.5,", "must be whole numbers"),
    "half a level": (r"used = \{ value = 1,", "used = { value = 1.5,", "used must be a level, 1 to 4"),
    "no such level": (r"managed = \{ value = 2,", "managed = { value = 5,", "managed must be a level, 1 to 4"),
    "range": (r"\[14, 14\]\]", "[14, 99999999999999999999]]", "a range must lie between 0 and 15"),
    "full marks": (r"full_marks = \{ value = 100,", "full_marks = { value = 10000000,", "must be below 10000000"),
}


# What would be ignored, cut short, or fail in form, reading, score or report.
UNSOUND |= {
    "figure like a column": ('key = "staff_last"', 'key = "form_id"', "use for other columns: form_id"),
    "dimension like a column": ('id = "foundation"', 'id = "score"', "use for other columns: score"),
    "what Excel takes for a truth": ('key = "staff_last"', 'key = "true"', "use for other columns: true"),
    "per mille of a weight": (r'value = 50, unit = "%"', 'value = 50, unit = "‰"', "weight must be in %"),
    "per mille of a rate": (r'unit = "%", kind = "percent"', 'unit = "‰", kind = "percent"', "stated in %, not in '‰'"),
    "per mille of an amount": (r'unit = "万元", kind', 'unit = "‰", kind', "a rate is of the kind percent"),
    "per cent of a number": (r'unit = "人",', 'unit = "%",', "a rate is of the kind percent"),
    "per mille of bounds": (r'100\], unit = "%"', '100], unit = "‰"', "the unit of upper must be %"),
    "per cent of marks": (
        r'full_marks = \{ value = 100, unit = "分"',
        'full_marks = { value = 100, unit = "%"',
        "be 分",
    ),
    "per mille of a score": (r'value = 20, unit = "分"', 'value = 20, unit = "‰"', "level 1.score: unit must be 分"),
    "per cent of scenes": (r'value = 6, unit = "个"', 'value = 6, unit = "%"', "level 1.scenes: unit must be 个"),
    "per cent of links": (r'unit = "个环节"', 'unit = "%"', "the unit of ranges must be 个环节"),
    "two and a half scenes": (r"scenes = \{ value = 6,", "scenes = { value = 2.5,", "0 ≤ binding ≤ scenes"),
    "two and a half scenes in all": (r"scenes = 16", "scenes = 2.5", "int is expected"),
    "fewer than no scenes": (r"binding = \{ value = 3,", "binding = { value = -3,", "0 ≤ binding"),
    "more binding than there are": (r"binding = \{ value = 6,", "binding = { value = 11,", "binding ≤ scenes ≤"),
    "part of itself": (
        r'kind = "part_of_whole"\npart = "equipment_digital"',
        'kind = "part_of_whole"\npart = "equipment_total"',
        "part and whole are one figure",
    ),
    "unlike units of a part": ('unit = "台", kind', 'unit = "千台", kind', "they must be in one unit"),
    "unlike units of a trend": ('上年成本", unit = "万元"', '上年成本", unit = "元"', "they must be in one unit"),
    "unlike units of energy": (r'"吨标准煤/万千瓦时"', '"吨标准煤/千瓦时"', "coefficient must be in 吨标准煤/万千瓦时"),
    "another sum of the example": (r"value = 382\.919", "value = 382.92", "382.92 stated, the amounts make 382.919"),
    "trend of nothing": (r'last = \["pass_rate_after"\]', "last = []", "need one figure, or two"),
    "a check twice": (
        r'\[\[check\]\]\nkind = "rare"',
        '[[check]]\nkind = "zero_whole"\nwhole = "equipment_total"\nclause = "x"\n\n[[check]]\nkind = "rare"',
        "one of a kind is allowed",
    ),
    "rare ticks of many": (r'kind = "rare"\nquestion = "q11"', 'kind = "rare"\nquestion = "q10"', "single question"),
    "links of one tick": (r'links = "q04"', 'links = "q08"', "must be a multiple question"),
    "one state twice": (r'not_applicable = "不适用"', 'not_applicable = "未达一级"', "name used twice: 未达一级"),
    "a state that is a pattern": (r'not_applicable = "不适用"', 'not_applicable = "不适用*"', "hold none of * ? ~"),
    "a state that is compared": (r'not_applicable = "不适用"', 'not_applicable = "=不适用"', "begin with a letter"),
    "one level twice": (r'name = "二级"', 'name = "一级"', "name used twice: 一级"),
    "no name": (r'name = "数字化基础"', 'name = ""', "dimension[1].name: must not be blank"),
    "outer blanks": (
        r'not_applicable = "不适用"',
        'not_applicable = "不适用 "',
        "edition.not_applicable: begins or ends",
    ),
    "a control": (r'name = "数字化基础"', 'name = "数字化\\u0007基础"', "U+0007"),
    "for private use": (r'name = "数字化基础"', 'name = "\\ue000基础"', "U+E000"),
    "a long name": (r'name = "数字化基础"', f'name = "{"长" * 61}"', "at most 60 characters, not 61"),
    "an id no cell keeps": (r'id = "2024"', 'id = "2024 年"', "edition.id: ASCII letters"),
    "an earlier name": (r'also_known_as = \["5', 'also_known_as = ["X', "a SHA-256 has 64 digits"),
}


# Checks that cannot be carried out.
TREND, RARE, BOUNDS = r'kind = "trend"\nquestion = "q12"', r"options = \[2, 3, 4, 5\]", r"\[10, 20, 40, 60, 100\]"
UNSOUND |= {
    "an interval of itself": (
        r'question = "q02"\npart = "equipment_digital"',
        'question = "q02"\npart = "equipment_total"',
        "check[3] (interval): part and whole are one figure",
    ),
    "an interval of many ticks": (r'"interval"\nquestion = "q02"', '"interval"\nquestion = "q04"', "a single question"),
    "a bound too few": (BOUNDS, "[10, 20, 40, 100]", "5 upper bounds are needed"),
    "a bound below nothing": (BOUNDS, "[-10, 20, 40, 60, 100]", "upper bounds must not be negative"),
    "a trend of one year": (
        r'prior = \["energy_prior", "revenue_prior"\]',
        'prior = ["energy_prior"]',
        "one figure, or",
    ),
    "a trend of many ticks": (TREND, 'kind = "trend"\nquestion = "q04"', "must be a single question"),
    "a trend of six options": (TREND, 'kind = "trend"\nquestion = "q08"', "the question needs three options"),
    "nothing rare": (RARE, "options = []", "options must not be empty"),
    "a rare option before the first": (RARE, "options = [0]", "options run from 1 to 5"),
    "a rare option behind the last": (RARE, "options = [2, 6]", "options run from 1 to 5"),
    "a link without a scene": (r', "s14"\]', "]", "15 scenes are needed"),
    "links of a single": (r'kind = "links"\nquestion = "q04"', 'kind = "links"\nquestion = "q05"', "multiple question"),
    "a coverage of many ticks": (
        r'"link_count"\nquestion = "q05"',
        '"link_count"\nquestion = "q06"',
        "single question",
    ),
    "a range too few": (r"\[12, 13\], ", "", "5 ranges are needed"),
    "a range that falls": (r"\[2, 11\]", "[11, 2]", "a range is [from, to]"),
    "a range of three": (r"\[2, 11\]", "[2, 11, 12]", "a range is [from, to]"),
    "a range from below nothing": (r"\[0, 0\]", "[-1, 0]", "must lie between 0 and 15"),
    "a level in points": (
        r'used = \{ value = 1, unit = "级"',
        'used = { value = 1, unit = "分"',
        "unit of used must be 级",
    ),
    "no level": (r"used = \{ value = 1,", "used = { value = 0,", "used must be a level, 1 to 4"),
}


@pytest.mark.parametrize("name", UNSOUND)
def test_an_unsound_edition_is_refused(name: str) -> None:
    pattern, replacement, message = UNSOUND[name]
    text, n = re.subn(pattern, lambda _: replacement, TEXT, count=1)
    assert n == 1
    with pytest.raises(EditionError, match=re.escape(message)):
        parse_edition(text.encode(), RESERVED)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[rule]\nid = 1", "rule: a list of tables is expected; begin each with [[rule]]"),
        ("check = 5", "check: a list of tables is expected"),
        ("check = [5]", "check[1]: unknown kind None"),
        ("energy_example = {}", "energy_example: missing key text"),
        ("a = " + "[" * 9999, "not a TOML file"),
    ],
)
def test_tables_that_are_none_are_refused(text: str, message: str) -> None:
    header = re.search(r"\[edition\].*?\n\n\n", TEXT, re.DOTALL)
    assert header
    with pytest.raises(EditionError, match=re.escape(message)):
        parse_edition(f"{text}\n{header[0]}".encode())


def test_a_group_without_scenes_is_refused() -> None:
    text = TEXT.replace("scene_groups = 4", "scene_groups = 5") + '\n[[scene_group]]\nid = "none"\nname = "无"\n'
    with pytest.raises(EditionError, match="scene_group none: no scene is of it"):
        parse_edition(text.encode(), RESERVED)


def test_weights_of_many_decimals_are_exact_or_refused_at_once() -> None:
    # 65.0001 % of 67.0001 % of 57.0001 %: a point would be 10¹⁶ units, and 200 times the full marks fit in no int64
    kept = []
    for decimals in range(1, 8):
        try:
            edition = parse_edition(shifted(decimals))
        except EditionError as error:
            assert "fewer decimals" in str(error)  # noqa: PT017  # some are refused, some are not
            continue
        kept.append(decimals)
        scale, full = scale_of(edition), scale_of(edition).full
        best: dict[str, object] = {q.ticks[-1]: True for q in edition.questions if q.none is None}
        best |= {tick: True for q in edition.questions if q.none for tick in q.ticks[1:]}
        frame = score(table(best, edition=edition))
        assert frame["score_units"].tolist() == [full]
        assert scale.points(full) == "100.00"
        assert display_points(frame["score_units"], scale.units_per_point).tolist() == [100.0]
        assert int(np.full(MOST_RETURNS, full).sum()) == MOST_RETURNS * full
        with duckdb.connect() as asked:
            ((hundredths,),) = asked.execute(
                f"SELECT (200 * {full}::BIGINT + {scale.units_per_point}) // {2 * scale.units_per_point}"
            ).fetchall()
        assert hundredths == 10_000
    assert kept == [1, 2]


@pytest.mark.parametrize(("full", "fits"), [(2**63 // MOST_RETURNS, True), (2**63 // MOST_RETURNS + 1, False)])
def test_a_scale_fits_to_the_unit(full: int, fits: bool) -> None:
    assert Scale(full // 100, full, {}, ()).fits() is fits
    assert Scale(full, full // 100, {}, ()).fits() is fits  # full marks of a hundredth of a point


def test_a_missing_edition_is_a_missing_file() -> None:
    with pytest.raises(FileNotFoundError):
        load_edition("1999")


# --- an edition without scenes, from form to report


def test_another_edition_runs_from_form_to_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    edition = load_edition(TINY)
    assert not edition.scenes
    returns = tmp_path / "returns"
    returns.mkdir()
    for serial in range(1, 9):
        write_form(returns / f"{serial}.xlsx", edition, make_answers(edition, Random(serial), serial=serial))
    write_form(returns / "other.xlsx", load_edition())
    batch = tmp_path / "batch.duckdb"
    done = ingest(returns, batch, edition, now=NOW)
    assert done.statuses == {"counted": 8, "returned": 0, "superseded": 0, "rejected": 1}

    store, stored = open_batch(batch)
    with store:
        assert stored.sha256 == edition.sha256
        assert store.fetch_frame("SELECT reason FROM files WHERE status = 'rejected'")["reason"].tolist() == [
            "edition.wrong"
        ]
        exported = [path.read_text("utf-8-sig").splitlines()[0] for path in export(store, stored, tmp_path / "out")]
        columns = {name for (name,) in store.fetch_rows("SELECT column_name FROM duckdb_columns() WHERE NOT internal")}
    assert "s01" not in exported[2]
    assert "scene_level" not in exported[2]
    no_column_may_be_an_id(edition, columns | set(",".join(exported).split(",")))

    write_summary(tmp_path / "summary.xlsx", load_batch(batch, now=NOW))
    book = openpyxl.load_workbook(tmp_path / "summary.xlsx")
    assert "应用场景" not in book.sheetnames
    assert "企业明细" in book.sheetnames


def no_column_may_be_an_id(edition: Edition, columns: set[str]) -> None:
    """What tables and exports call their columns is refused as an id, but for what they call after the edition."""
    own = {*keys_of(edition), *edition.dimension, *edition.question} - {field.key for field in edition.fields}
    words = [name for name in columns - own if re.fullmatch("[a-z_]+", name)]
    assert {"form_id", "file", "score", "level", "code", "stamp", "became", "points_missing"} <= set(words)
    for word in words:
        for old in ("pass_rate", "usage"):  # a figure, a dimension
            with pytest.raises(EditionError, match=f"(other columns|used twice): {word}"):
                parse_edition(edition.text.replace(f'"{old}"', f'"{word}"').encode(), RESERVED)


def with_figures(n: int) -> Edition:
    """The tiny edition with so many figures beside 题5."""
    figure = '{{ key = "{}", label = "数据", unit = "个", kind = "count" }}'
    figures = ", ".join(figure.format("x" * i) for i in range(1, n + 1))
    text = TINY.read_text("utf-8").replace(
        '"专职"]\nclause = "一 题5"', f'"专职"]\nclause = "一 题5"\nfigures = [{figures}]'
    )
    return parse_edition(text.encode())


def test_a_ninth_figure_has_its_row_and_comes_back() -> None:
    edition = with_figures(26)
    codes = [row.code for row in rows_of(edition) if row.key.startswith("x")]
    assert (len(codes), codes[0], codes[8], codes[25]) == (26, "5-A", "5-I", "5-Z")
    filled = {"x" * i: i for i in range(1, 27)}
    read = read_bytes(form_bytes(filled, edition), edition)
    assert read.values == {key: value * MICRO for key, value in filled.items()}
    with pytest.raises(EditionError, match="q05: at most 26 figures"):
        with_figures(27)


def test_an_eleventh_dimension_has_its_heading() -> None:
    text = SMALL.replace('name = "基础"\nweight = { value = 40', 'name = "基础"\nweight = { value = 30')
    names = [f"其他{i}" for i in range(10)]
    for i, name in enumerate(names):
        key = "x" * (i + 1)
        weight = 'weight = { value = %d, unit = "%%", clause = "1" }\n'
        text += f'[[dimension]]\nid = "{key}"\nname = "{name}"\n{weight % 1}'
        text += f'[[indicator]]\nid = "i{i}"\ndimension = "{key}"\nname = "乙"\n{weight % 100}'
        text += f'[[question]]\nid = "q{i + 5:02d}"\nindicator = "i{i}"\nitem = "丙"\n{weight % 100}title = "丁？"\n'
        text += 'type = "single"\noptions = ["否", "是"]\nclause = "1"\n'
    counts = "dimensions = 12\nindicators = 13\nquestions = 14\noptions = [3, 4, 3, 5" + ", 2" * 10 + "]"
    text = re.sub(r"dimensions = 2\n.*\n.*\noptions.*", counts, text)
    bands = [line.text for line in question_sheet(parse_edition(text.encode())).lines if line.row is None]
    assert bands[-2:] == ["十一、其他8（权重1%）", "十二、其他9（权重1%）"]


def test_questions_apart_from_their_dimension_stand_under_its_heading() -> None:
    # 题5 is of the first dimension, and comes after those of the second.
    bands = [line.text or (line.row and line.row.key) for line in question_sheet(load_edition(TINY)).lines]
    headings = [band for band in bands if band and re.fullmatch("q..|.、.*", band)]
    assert headings == [
        "一、应用（权重65%）",
        "q01",
        "q02",
        "二、成效（权重35%）",
        "q03",
        "q04",
        "一、应用（权重65%）",
        "q05",
    ]


# --- reference tables


def test_the_industry_table_is_whole() -> None:
    table = industries()
    assert list(table.divisions) == [f"{i:02d}" for i in range(1, 98)]
    assert table.division("C3391") == table.divisions["33"]
    assert table.division("9900") is None
    assert table.division("C01") is None  # 01 lies in A


def test_the_size_limits_are_those_of_the_notice() -> None:
    limits = [(c.name, int(c.staff.value), int(c.revenue.value)) for c in size_rule().classes]
    assert limits == [("大型", 1000, 40000), ("中型", 300, 2000), ("小型", 20, 300)]
    assert size_rule().smallest == "微型"
