"""Forms of the next round: made from the counted returns of a batch, with their answers beside the empty cells."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from cases import EDITION, TINY, Return, edited, form_bytes, found_in, good_answers
from command_line import DONE, USAGE, Inside
from office import convert
from smebatch.batch.load import Selection, open_batch
from smebatch.batch.next_round import next_forms, next_round_after
from smebatch.batch.returned import written_answers
from smebatch.cli.words import CliWords
from smebatch.form.layout import KEY_COLUMN, KEY_ROW, AnswerSheet, addresses_on
from smebatch.form.next_round import EARLIER, NextRound, earlier_texts, form_layouts
from smebatch.form.prefill import Splicer
from smebatch.form.writer import write_next_form
from smebatch.intake.read_entry import read_bytes, read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.sample.many import answers_of_return
from smebatch.standard.checks.check import checks_of
from smebatch.standard.keys import Section, keys_of, rows_of
from smebatch.standard.loader import enterprise_fields, load_edition, parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.reference import form_words
from smebatch.standard.scoring_parts import scoring_differences
from smebatch.workflow import is_filled
from test_pipeline import copied, enterprise, fates, in_process, put, query, run

ON_SITE = NextRound("改造前", "现场评定", "改造前", "自评")
AFTER = NextRound("改造后", "自评", "改造前", "自评")
ROUNDS = {"on site": ON_SITE, "after": AFTER}
ENERGY: Return = {
    "en_electricity_last_used": 310,
    "en_electricity_last_output": 2.5,
    "en_electricity_prior_used": 290,
}


def columns_of(next_round: NextRound | None) -> list[AnswerSheet]:
    return list(form_layouts(EDITION, next_round).values())


@cache
def _splicer(next_round: NextRound) -> Splicer:
    return Splicer(EDITION, next_round)


def lasting(answers: Mapping[str, object], next_round: NextRound, edition: Edition = EDITION) -> Return:
    """What a form of the next round is filled in with."""
    kept = {field.key: answers[field.key] for field in edition.fields if not field.of_return and field.key in answers}
    return kept | {"phase": next_round.phase, "assessment_kind": next_round.kind}


def form_after(answers: Mapping[str, object], next_round: NextRound, **filled: object) -> bytes:
    """The form that follows a return, filled in with some answers."""
    return _splicer(next_round).form(lasting(answers, next_round) | filled, answers)


def parts(data: bytes) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return [(part.filename, book.read(part)) for part in book.infolist()]


def beside(data: bytes, next_round: NextRound) -> dict[str, Any]:
    """The cells of the column 上次填报 by the keys of their rows."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        key: book[layout.section].cell(row + 1, layout.column[EARLIER] + 1)
        for layout in columns_of(next_round)
        for key, row in layout.line.items()
    }


def values_of(data: bytes) -> dict[str, object]:
    return {key: value for key, value in read_bytes(data, EDITION).values.items() if value is not False}


def typed_into(data: bytes, next_round: NextRound | None, answers: Mapping[str, object]) -> bytes:
    """The form filled in cell by cell, as a person does."""

    def fill(book: openpyxl.Workbook) -> None:
        for key, place in addresses_on(columns_of(next_round)).items():
            if answers.get(key) not in (None, False):
                sheet, _, address = place.partition("!")
                book[sheet][address].value = "√" if answers[key] is True else answers[key]

    return edited(data, fill)


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process is started for a few files."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))


# --- the workbook -----------------------------------------------------------------------------------------------------

SAID: dict[str, Mapping[str, object]] = {
    "nothing": {},
    "a good return": good_answers() | ENERGY,
    "all of it, with notes": answers_of_return(EDITION, 7, notes=1.0),
    "hostile": dict.fromkeys(keys_of(EDITION), "<r><t>x</t></r>"),
    "long": dict.fromkeys(keys_of(EDITION), "长" * 40_000),
    "stand-ins": {key: f"\ue000#earlier {key}\ue001" for key in keys_of(EDITION)},
    "controls": dict.fromkeys(keys_of(EDITION), "=a\x07\n\u202eb\ud800 _x0041_ "),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("which", ROUNDS)
def test_a_spliced_form_is_one_written_anew(which: str, said: str) -> None:
    next_round, earlier, stream = ROUNDS[which], SAID[said], io.BytesIO()
    write_next_form(stream, EDITION, next_round, lasting(earlier, next_round), earlier)
    form = form_after(earlier, next_round)
    assert parts(form) == parts(stream.getvalue())
    assert form == form_after(earlier, next_round)


def test_another_edition() -> None:
    edition = load_edition(TINY)
    earlier = {key: f"{key}的" for key in keys_of(edition)}
    for said in ({}, earlier):
        stream = io.BytesIO()
        write_next_form(stream, edition, ON_SITE, lasting(said, ON_SITE, edition), said)
        assert parts(Splicer(edition, ON_SITE).form(lasting(said, ON_SITE, edition), said)) == parts(stream.getvalue())


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("which", ROUNDS)
def test_what_was_said_last_time_is_never_read(which: str, said: str) -> None:
    next_round, earlier = ROUNDS[which], SAID[said]
    plain = form_bytes(lasting(earlier, next_round))
    form, alone = read_bytes(form_after(earlier, next_round), EDITION), read_bytes(plain, EDITION)
    assert (form.values, form.typed, form.unsure) == (alone.values, alone.typed, alone.unsure)
    assert [(f.code, f.key) for f in form.findings] == [(f.code, f.key) for f in alone.findings]


@pytest.mark.parametrize("which", ROUNDS)
def test_the_column_is_seen_printed_and_locked_and_bears_no_mark(which: str) -> None:
    next_round = ROUNDS[which]
    book = openpyxl.load_workbook(io.BytesIO(form_after(SAID["all of it, with notes"], next_round)))
    answer_cells = addresses_on(columns_of(next_round))
    for layout in columns_of(next_round):
        sheet, column = book[layout.section], layout.column[EARLIER] + 1
        assert sheet.protection.sheet
        assert not sheet.column_dimensions[openpyxl.utils.get_column_letter(column)].hidden
        assert sheet.cell(KEY_ROW + 1, column).value is None
        assert sheet.print_area.startswith(f"'{layout.section}'!$B$1:")
        assert column - 1 in range(KEY_COLUMN + 1, layout.last_column)  # the last is not printed
        for row in layout.line.values():
            cell = sheet.cell(row + 1, column)
            assert cell.protection.locked
            assert f"{layout.section}!{cell.coordinate}" not in answer_cells.values()
            assert cell.fill.fgColor.rgb == "FFF3F4F6"


def test_beside_each_row_stands_what_was_answered_there() -> None:
    notes: Return = {"q01_note": "用友\nERP", "s03_note": "有截图", "assessor": "示例市中心"}
    texts = earlier_texts(EDITION, ON_SITE, good_answers() | notes | ENERGY)
    assert texts["q01"] == "用友 ERP"
    assert {key: texts[key] for key in ("q01_o02", "equipment_total", "revenue_prior")} == {
        "q01_o02": "√",
        "equipment_total": "100",
        "revenue_prior": "800",
    }
    assert (texts["s03"], texts["s07"], texts["s01"]) == ("一级、二级\n有截图", "一级", "未达一级")
    assert texts["en_electricity"] == "上年 310-2.5；前年 290"
    assert "q01_o01" not in texts  # not ticked
    # Of the enterprise, only what is asked again: the rest is filled in.
    fields = {field.key for field in EDITION.fields}
    assert texts.keys() & fields == {"assessment_kind", "phase", "assessor", "filled_on", "pledge"}
    assert texts["filled_on"] == "2026-11-01"


def test_a_level_above_a_gap_and_one_that_could_not_be_read_are_told_as_they_were() -> None:
    texts = earlier_texts(EDITION, ON_SITE, {"s03_l1": True, "s03_l2": False, "s03_l3": True, "s03_l4": "部分"})
    assert texts == {"s03": "一级、三级、四级“部分”"}


def test_a_long_text_is_cut_to_its_cell_and_says_so() -> None:
    texts = earlier_texts(EDITION, ON_SITE, {"q01_note": "长" * 500, "s01_note": "长" * 500, "s01_l1": True})
    assert all(text.endswith("…") and len(text) < 40 for text in texts.values())
    assert texts["s01"].startswith("一级\n长")


def test_a_form_of_a_later_phase_offers_last_times_year_beside_the_year_before() -> None:
    answers = good_answers()
    rows = {row.key: row for row in rows_of(EDITION)}
    pairs = {before: year for check in checks_of(EDITION) for year, before in check.years}
    assert {"revenue_prior", "staff_prior", "energy_prior", "cost_prior", "pass_rate_before"} == pairs.keys()
    after, on_site = (earlier_texts(EDITION, next_round, answers) for next_round in (AFTER, ON_SITE))
    for before, year in pairs.items():
        assert after[before] == f"{answers[before]}\n上次 {rows[year].code} 填 {answers[year]}"
        assert on_site[before] == str(answers[before])
        assert after[year] == on_site[year] == str(answers[year])
    note = form_words().next_round.year_before_note
    told = {r: [place.section for place in columns_of(r) if note in place.note_end] for r in (AFTER, ON_SITE)}
    assert told == {AFTER: [Section.QUESTIONS], ON_SITE: []}
    # It stands beside the cell; nothing is filled in.
    assert {key for key in values_of(form_after(answers, AFTER)) if key in EDITION.figures} == set()
    # Which figure is of which year, only the edition tells.
    untold = replace(EDITION, checks=())
    assert earlier_texts(untold, AFTER, answers)["revenue_prior"] == "800"


@pytest.mark.parametrize("which", ROUNDS)
def test_what_is_typed_into_it_is_read_and_checked_like_any_form(which: str) -> None:
    next_round, earlier = ROUNDS[which], answers_of_return(EDITION, 3)
    new = good_answers() | lasting(good_answers(), next_round) | {"q01_note": "见台账"}
    form, plain = form_after(earlier, next_round), form_bytes(lasting(earlier, next_round))
    answers = new | {"q02_o01": True, "revenue_last": "约一千"}
    filled, expected = typed_into(form, next_round, answers), typed_into(plain, None, answers)
    assert values_of(filled) == values_of(expected)
    assert found_in(filled) == found_in(expected)
    assert len(found_in(filled)) == 2


def test_an_assessors_form_has_room_for_evidence_and_signatures() -> None:
    words, plain = form_words().next_round, form_layouts(EDITION)
    book = openpyxl.load_workbook(io.BytesIO(form_after(good_answers(), ON_SITE)))
    for layout in columns_of(ON_SITE):
        sheet = book[layout.section]
        printed = openpyxl.utils.range_boundaries(sheet.print_area.partition("!")[2].replace("$", ""))
        if layout.section is Section.ENERGY:
            continue
        assert printed[3] == layout.last + 3
        assert sheet.cell(printed[3], KEY_COLUMN + 2).value == words.signatures
        assert sheet.cell(printed[3], KEY_COLUMN + 1).value is None
        if layout.section is not Section.ENTERPRISE:
            note = layout.column["note"] + 1
            assert sheet.cell(KEY_ROW + 1, note).value == "#_note"
            assert sheet.cell(KEY_ROW + 2, note).value == words.evidence
            assert layout.width("note") > plain[layout.section].width("note")
            assert sheet.page_setup.orientation == "landscape"
            assert sheet.page_setup.paperSize == 9
    after = openpyxl.load_workbook(io.BytesIO(form_after(good_answers(), AFTER)))
    texts = {cell.value for sheet in after for row in sheet.iter_rows() for cell in row}
    assert not texts & {words.signatures, words.evidence}


def test_what_depends_on_choices_names_those_of_the_form() -> None:
    choices = {field.key: field.choices for field in enterprise_fields()}
    assert set(form_words().next_round.on_site) < set(choices["assessment_kind"])
    asked_again = {field.key for field in enterprise_fields() if field.of_return}
    assert asked_again == {"assessment_kind", "phase", "assessor", "filled_on", "no_base_year", "pledge"}


@pytest.mark.usefixtures("_here")
def test_a_correction_copy_keeps_what_the_assessor_wrote(tmp_path: Path, inside: Inside) -> None:
    evidence = {f"{part}_note": f"看了{part}" for part in (*EDITION.question, *EDITION.scene)}
    new = good_answers() | lasting(good_answers(), ON_SITE) | evidence | {"revenue_last": "约一千"}
    put(tmp_path / "in", "1.xlsx", typed_into(form_after(good_answers(), ON_SITE), ON_SITE, new))
    run(tmp_path / "in", tmp_path / "b.duckdb")
    inside("return", "-b", tmp_path / "b.duckdb", "-o", tmp_path / "back")
    (copy,) = (tmp_path / "back").rglob("*_退回更正.xlsx")
    sent, back = (read_bytes(path.read_bytes(), EDITION) for path in (tmp_path / "in" / "1.xlsx", copy))
    assert set(evidence.items()) < set(back.values.items())
    assert (back.values, back.typed) == (sent.values, sent.typed)


# --- from the batch ---------------------------------------------------------------------------------------------------


def before(number: int, **changes: object) -> Return:
    return enterprise(number, phase="改造前", **changes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three returns 改造前 自评 that count, two 改造后, and one that is returned."""
    base = tmp_path_factory.mktemp("made")
    for number in (1, 2, 3):
        put(base / "in", f"{number}.xlsx", form_bytes(before(number, q01_note=f"备注{number}", city="甲市")))
    put(base / "in", "4.xlsx", form_bytes(enterprise(4)))
    put(base / "in", "5.xlsx", form_bytes(enterprise(5)))
    put(base / "in", "6.xlsx", form_bytes(before(6, revenue_last="约一千")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorkerPool, "read", in_process(read_entry))
        run(base / "in", base / "b.duckdb")
    return base


@pytest.fixture
def batch(made: Path, tmp_path: Path) -> Path:
    return copied(made, tmp_path)


@pytest.mark.parametrize(("options", "next_round"), [(["--kind", "现场评定"], ON_SITE), (["--phase", "改造后"], AFTER)])
@pytest.mark.usefixtures("_here")
def test_a_round_follows_the_other(
    options: list[str], next_round: NextRound, batch: Path, tmp_path: Path, inside: Inside
) -> None:
    kept = batch.read_bytes()
    out = tmp_path / "next"
    said = inside("template", "--from-batch", batch, *options, "--out-dir", out, "--json")
    assert (said.code, said.err) == (DONE, "")
    names = [f"{number}_示例企业{number}.xlsx" for number in (1, 2, 3)]
    assert json.loads(said.out) == {"forms": [str(out / name) for name in names], **next_round._asdict()}
    assert sorted(path.name for path in out.iterdir()) == names
    assert batch.read_bytes() == kept
    written = {path: path.read_bytes() for path in out.iterdir()}
    assert not any(is_filled(path, EDITION) for path in written)

    first = out / names[0]
    assert values_of(written[first]) == {
        key: value for key, value in lasting(before(1, city="甲市"), next_round).items() if value is not None
    }
    assert {beside(written[first], next_round)[key].value for key in ("q01", "phase")} == {"备注1", "改造前"}
    assert inside("template", "--from-batch", batch, *options, "-o", out).code == DONE
    assert {path: path.read_bytes() for path in out.iterdir()} == written

    # Filled in, one counts beside what it follows; blank, it does not.
    new = enterprise(1, phase=next_round.phase, assessment_kind=next_round.kind)
    put(tmp_path / "in", "new1.xlsx", typed_into(written[first], next_round, new))
    put(tmp_path / "in", "new2.xlsx", written[out / names[1]])
    run(tmp_path / "in", batch)
    found = fates(batch)
    assert [found[file] for file in ("1.xlsx", "2.xlsx", "new1.xlsx")] == ["counted: complete"] * 3
    assert found["new2.xlsx"].startswith("returned")


def test_the_settings_say_of_which_phase_and_kind_the_returns_are(batch: Path, tmp_path: Path, inside: Inside) -> None:
    settings = put(tmp_path, "smebatch.toml", '[round]\nphase = "改造后"\nkind = "自评"\n'.encode())
    said = inside("template", "--from-batch", batch, "--kind", "现场评定", "--settings", settings, cwd=tmp_path)
    assert said.code == DONE, said
    folder = tmp_path / "改造后_现场评定"  # without a folder it is named after the round
    assert [path.name for path in sorted(folder.iterdir())] == ["1_示例企业4.xlsx", "2_示例企业5.xlsx"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--from-batch", "b.duckdb", "--out-dir", "x"], "next_round.needs_kind"),
        (["--kind", "自评", "--out-dir", "x"], "next_round.needs_batch"),
        (["--phase", "改造后"], "next_round.needs_batch"),
        (["--from-batch", "b.duckdb", "--kind", "自评", "--roster", "b.duckdb"], "next_round.or_roster"),
        (["--from-batch", "b.duckdb", "--kind", "自评", "-o", "x", "--out-dir", "y"], "next_round.two_folders"),
        (["--from-batch", "b.duckdb", "--kind", "自测"], "choice.unknown"),
        (["--from-batch", "none.duckdb", "--kind", "现场评定"], "file.missing"),
        (["--from-batch", "b.duckdb", "--kind", "现场评定", "--edition", str(TINY)], "next_round.edition"),
        (["--from-batch", "b.duckdb", "--kind", "现场评定", "--settings", "other.toml"], "next_round.nobody"),
    ],
)
@pytest.mark.usefixtures("batch")
def test_what_does_not_go_together_is_refused_in_one_line(
    arguments: list[str], code: str, tmp_path: Path, inside: Inside
) -> None:
    put(tmp_path, "other.toml", '[round]\nkind = "服务商初评"\n'.encode())
    said = inside("template", *arguments, cwd=tmp_path, lang="zh")
    assert (said.code, said.out, len(said.err.splitlines())) == (USAGE, "", 1)
    names = ("path", "option", "value", "known", "theirs", "ours", "what")
    pieces = CliWords("zh").text(code, **dict.fromkeys(names, "\0")).split("\0")
    assert all(piece in said.err for piece in pieces), said.err
    assert not any((tmp_path / name).exists() for name in ("x", "y", "改造前_自评"))


@pytest.mark.usefixtures("_here")
def test_whatever_stands_in_the_batch_stays_text(tmp_path: Path, inside: Inside) -> None:
    hostile: Return = {
        "name": '=HYPERLINK("http://x")/../甲<r>',
        "park": "<r><t>x</t></r>",
        "contact": "@SUM(1)",
        "q01_note": "\ue000name\ue001",
        "q02_note": "=1+1\x07",
        "s01_note": "{value} {0} %s",
    }
    put(tmp_path / "in", "1.xlsx", form_bytes(before(1, **hostile)))
    run(tmp_path / "in", tmp_path / "b.duckdb")
    out = tmp_path / "next"
    said = inside("template", "--from-batch", tmp_path / "b.duckdb", "--phase", "改造后", "-o", out)
    assert said.code == DONE, said
    (form,) = out.iterdir()
    assert form.name == "1_=HYPERLINK(httpx)..甲r.xlsx"
    values, cells = values_of(form.read_bytes()), beside(form.read_bytes(), AFTER)
    assert {key: str(values[key]).strip() for key in ("name", "park", "contact")} == {
        key: hostile[key] for key in ("name", "park", "contact")
    }
    assert {key: cells[key].value for key in ("q02", "s01")} == {"q02": "=1+1", "s01": "未达一级\n{value} {0} %s"}
    assert {cell.data_type for cell in cells.values() if cell.value} == {"s"}


@pytest.mark.usefixtures("_here")
def test_what_could_not_be_read_is_shown_as_it_was_typed(tmp_path: Path, inside: Inside) -> None:
    put(tmp_path / "in", "1.xlsx", form_bytes(before(1, en_electricity_last_used="约300")))
    run(tmp_path / "in", tmp_path / "b.duckdb")
    assert query(tmp_path / "b.duckdb", "SELECT status FROM files") == [("counted",)]
    inside("template", "--from-batch", tmp_path / "b.duckdb", "--kind", "现场评定", "-o", tmp_path / "next")
    (form,) = (tmp_path / "next").iterdir()
    assert beside(form.read_bytes(), ON_SITE)["en_electricity"].value == "上年 约300"


def test_forms_come_some_at_a_time(batch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smebatch.batch.next_round._RETURNS_AT_A_TIME", 2)
    loaded: list[int] = []

    def counting(database: Any, edition: Edition, form_ids: list[str]) -> dict[str, dict[str, object]]:
        loaded.append(len(form_ids))
        return written_answers(database, edition, form_ids)

    monkeypatch.setattr("smebatch.batch.next_round.written_answers", counting)
    database, edition = open_batch(batch)
    with database:
        next_round = next_round_after(database, edition, Selection("", "现场评定"), Selection())
        form_ids = [form_id for (form_id,) in database.fetch_rows("SELECT form_id FROM versions ORDER BY file")]
        forms = next_forms(database, edition, next_round, form_ids[:3])
        assert [next(forms).answers["name"], loaded] == ["示例企业1", [2]]
        assert [form.answers["name"] for form in forms] == ["示例企业2", "示例企业3"]
        both = next_round_after(database, edition, Selection("改造后", "服务商初评"), Selection("", "自评"))
    assert (next_round, loaded) == (ON_SITE, [2, 1])
    assert both == NextRound("改造后", "服务商初评", "改造前", "自评")


@pytest.mark.usefixtures("batch")
def test_an_edition_whose_options_stand_in_another_order_is_not_that_of_the_batch(
    tmp_path: Path, inside: Inside
) -> None:
    """It scores alike, but the ticks of the batch would stand beside other options."""
    text = (resources.files("smebatch.standard") / "editions" / "2024.toml").read_text("utf-8")
    first, second = (f'"{option}"' for option in EDITION.questions[1].options[:2])
    swapped = text.replace(first, "\0", 1).replace(second, first, 1).replace("\0", second, 1)
    other = put(tmp_path, "other_order.toml", swapped.encode())
    assert scoring_differences(parse_edition(swapped.encode()), EDITION) == ()
    said = inside("template", "--from-batch", tmp_path / "b.duckdb", "--kind", "现场评定", "--edition", other)
    assert said.code == USAGE


# --- in real programs -------------------------------------------------------------------------------------------------


@pytest.mark.office
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_a_form_that_libreoffice_has_saved_reads_the_same(kind: str, tmp_path: Path) -> None:
    new = good_answers() | lasting(good_answers(), ON_SITE) | {"q01_note": "见台账"}
    form = put(tmp_path, "甲.xlsx", form_after(SAID["all of it, with notes"], ON_SITE, **new))
    (saved,) = convert([form], kind, tmp_path / "saved")
    assert values_of(saved.read_bytes()) == values_of(form.read_bytes())
    assert found_in(saved.read_bytes()) == found_in(form.read_bytes()) == []


@pytest.mark.office
def test_the_score_sheet_works(tmp_path: Path) -> None:
    new = good_answers() | lasting(good_answers(), ON_SITE)
    paths = [
        put(tmp_path, "下一轮.xlsx", form_after(answers_of_return(EDITION, 3), ON_SITE, **new)),
        put(tmp_path, "原表.xlsx", form_bytes(new)),
    ]
    computed = []
    for path in convert(paths, "xlsx", tmp_path / "computed"):
        book = openpyxl.load_workbook(path, data_only=True)
        cells = [cell.value for row in book["自评结果"].iter_rows() for cell in row]
        computed.append((cells, dt.date(2026, 11, 1) in cells))
    assert computed[0] == computed[1]
    assert any(isinstance(value, float) and value > 0 for value in computed[0][0])
