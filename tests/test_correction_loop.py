"""The loop of corrections: a return with an error goes back as a copy, is mended, comes again and counts.

Every code that can be an error takes part. A copy that comes back as it was sent never counts.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest

from cases import EDITION, Return, edited, form_bytes, good_answers, zip_of
from saved_by.package import unpacked
from smebatch.batch.ingest import ingest
from smebatch.batch.load import open_batch
from smebatch.batch.returned import ReturnedForm, Sender, returned_forms, roster_deadlines
from smebatch.form.layout import answer_cells
from smebatch.form.prefill import Splicer
from smebatch.intake.read_entry import read_bytes, read_entry
from smebatch.intake.workbook.address import ROW_STRIDE, CellRange, cell_index
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.catalogue import ISSUES, Severity
from smebatch.sample.many import answers_of_return
from smebatch.standard.keys import Key, Kind, Section, keys_of, rows_of
from smebatch.standard.uscc import check_character
from test_checks import CASES, HANDS
from test_pipeline import in_process
from test_seen import DOUBTFUL, MERGED, SHOWN_OTHERWISE, in_runs, with_cells

NOW = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
KEYS = keys_of(EDITION)
TEXTS = "xl/sharedStrings.xml"


# --- returns with an error --------------------------------------------------------------------------------------------


class Faulty(NamedTuple):
    """A return with an error at a key; ``answers``: those that the enterprise means to give."""

    code: str
    key: str
    data: bytes
    answers: Return


def own(number: int) -> Return:
    """The name and the credit code of an enterprise that no other return of these tests bears."""
    code = f"91990001{number:07d}AB"
    return {"name": f"示例第{number}号有限公司", "uscc": code + check_character(code)}


def is_error(code: str, key: str = "") -> bool:
    """Whether an issue keeps a return from being counted; of an answer that is not assessed it does not."""
    return ISSUES[code].severity is Severity.ERROR and not (key in KEYS and KEYS[key].unassessed)


@cache
def faulty_returns() -> list[Faulty]:
    """Returns with one error each; every code that can be an error is among them."""
    return [*_by_answers(), *_by_hand(), *_by_lost_rows(), *_by_looks()]


def _by_answers() -> Iterator[Faulty]:
    for number, case in enumerate(case for case in CASES if is_error(case.code, case.key)):
        answers = good_answers() | own(number)
        yield Faulty(case.code, case.key, form_bytes(answers | case.fails), answers)


def _by_hand() -> Iterator[Faulty]:
    for number, (code, key, edit, _) in enumerate(HANDS, 1000):
        if is_error(code):
            answers = good_answers() | own(number)
            yield Faulty(code, key, edited(form_bytes(answers), edit), answers)


PICTURE = ' t="str"><f>_xlfn.DISPIMG("ID_5D3C",1)</f><v>=DISPIMG("ID_5D3C",1)</v></c>'
PICTURED = ("name", "revenue_last", "q01_o03", "no_base_year")
LOST = ("q04_o07", "q04_o14", "q07_o02", "no_base_year", "energy_prior", "pass_rate_before", "contact", "q04", "s03")


def _by_lost_rows() -> Iterator[Faulty]:
    """A row is lost: what the enterprise answered in it, nobody knows."""
    for number, key in enumerate(LOST, 3000):
        answers = good_answers() | own(number) | {"q04_note": "见附件"}
        first = key if key in KEYS else next(name for name, each in KEYS.items() if each.row == key)
        yield Faulty("key.missing", first, with_text(form_bytes(answers), key, ""), answers)


def with_text(form: bytes, text: str, other: str) -> bytes:
    """A form with another text instead of one that it prints, or of a key."""
    parts = unpacked(form)
    old, new = (f"<t>{escape(each, quote=False)}</t>".encode() for each in (text, other))
    return zip_of(parts | {TEXTS: parts[TEXTS].replace(old, new, 1)})


def _by_looks() -> Iterator[Faulty]:
    """What a person sees differs from what stands in a cell, or hides it."""
    key, value, code, *_ = SHOWN_OTHERWISE[0]
    forms = [("cell.format", key, with_cells(code=str(code), **dict[str, Any]({key: value})))]
    forms += [("cell.runs", key, in_runs(key, *runs)) for key, runs, *_ in DOUBTFUL.values()]
    forms += [("cell.merged", key, data) for data, key, *_ in MERGED.values()]
    forms += [("cell.picture", key, with_xml(form_bytes(good_answers()), {key: PICTURE})) for key in PICTURED]
    for number, (error, key, data) in enumerate(forms, 2000):
        who: dict[str, Any] = own(number)
        yield Faulty(error, key, with_cells(data, **{k: v for k, v in who.items() if k != key}), good_answers() | who)


def test_every_code_that_can_be_an_error_takes_part() -> None:
    between_returns = {"uscc.two_names"}
    errors = {code for code in ISSUES if is_error(code)}
    assert {each.code for each in faulty_returns()} | between_returns == errors


# --- a round ----------------------------------------------------------------------------------------------------------


class Seen(NamedTuple):
    """What a batch says of a version: the status of its file, the reason, and the states of its issues."""

    status: str
    reason: str
    states: Mapping[tuple[str, str], str]


class Folder:
    """A folder of returns with its batch."""

    def __init__(self, place: Path) -> None:
        self.returns, self.batch = place / "returns", place / "batch.duckdb"
        self.returns.mkdir(parents=True)

    def add(self, files: Mapping[str, bytes]) -> None:
        """Put files into the folder."""
        for name, data in files.items():
            (self.returns / name).write_bytes(data)

    def ingest(self) -> dict[str, Seen]:
        """Read the folder; what the batch says of each file."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(WorkerPool, "read", in_process(read_entry))  # reader processes have tests of their own
            ingest(self.returns, self.batch, EDITION, now=NOW)
        database, _ = open_batch(self.batch)
        with database:
            states: dict[str, dict[tuple[str, str], str]] = {}
            for form_id, code, key, state in database.fetch_rows("SELECT form_id, code, key, state FROM issue_states"):
                states.setdefault(form_id, {})[(code, key)] = state
            rows = database.fetch_rows("SELECT file, form_id, status, reason FROM files")
        return {file: Seen(status, reason, states.get(form_id, {})) for file, form_id, status, reason in rows}

    def copies(self) -> dict[str, bytes]:
        """The correction copies of the returned forms, by the files that they correct."""
        database, edition = open_batch(self.batch)
        with database:
            forms = returned_forms(database, edition, Sender(), roster_deadlines(database))
            return {form.line.file: copy_of(form) for form in forms}


def copy_of(form: ReturnedForm) -> bytes:
    """The correction copy of a returned form."""
    return _splicer().correction(form.answers, form.correction)


@cache
def _splicer() -> Splicer:
    return Splicer(EDITION)


def mended(copy: bytes, answers: Return, keys: Iterable[str]) -> bytes:
    """The copy with these answers in the cells of keys."""
    return with_xml(copy, {key: _content(answers.get(key)) for key in keys})


def with_xml(form: bytes, cells: Mapping[str, str]) -> bytes:
    """A form with this XML behind the style of the cells of keys."""
    of_sheets: dict[str, dict[str, str]] = {}
    addresses = answer_cells(EDITION)
    for key, xml in cells.items():
        sheet, _, address = addresses[key].partition("!")
        of_sheets.setdefault(sheet, {})[address] = xml
    parts = unpacked(form)
    for sheet, xml_of_cells in of_sheets.items():
        part = part_of(parts, sheet)

        def replaced(match: re.Match[str], xml_of_cells: Mapping[str, str] = xml_of_cells) -> str:
            xml = xml_of_cells.get(match[1])
            return match[0] if xml is None else f'<c r="{match[1]}" s="{match[2]}"{xml}'

        parts[part] = re.sub(r'<c r="(\w+)" s="(\d+)"[^>]*?(?:/>|>.*?</c>)', replaced, parts[part].decode()).encode()
    return zip_of(parts)


def part_of(parts: Mapping[str, bytes], sheet: str) -> str:
    """The name of the part of a sheet."""
    names = re.findall(r'<sheet name="([^"]+)"', parts["xl/workbook.xml"].decode())
    return f"xl/worksheets/sheet{names.index(sheet) + 1}.xml"


def _content(value: object) -> str:
    if value is None or value is False:
        return "/>"
    if isinstance(value, str | bool | dt.date):
        return f' t="inlineStr"><is><t>{escape("√" if value is True else str(value))}</t></is></c>'
    return f"><v>{value}</v></c>"


Round = tuple[dict[str, Faulty], dict[str, Seen], dict[str, bytes]]


@pytest.fixture(scope="module")
def first_round(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Faulty], dict[str, Seen], dict[str, bytes]]:
    """The faulty returns by file, what the batch says of them, and their copies."""
    folder = Folder(tmp_path_factory.mktemp("first"))
    faulty = {f"{i:03} {each.code} {each.key}.xlsx": each for i, each in enumerate(faulty_returns())}
    folder.add({file: each.data for file, each in faulty.items()})
    return faulty, folder.ingest(), folder.copies()


def second_round(place: Path, first: Round, again: Mapping[str, bytes]) -> dict[str, Seen]:
    """What the batch says of copies that come back, by the file that each corrects."""
    folder = Folder(place)
    folder.add({file: each.data for file, each in first[0].items()})
    folder.add({f"回 {file}": data for file, data in again.items()})
    return {file.removeprefix("回 "): seen for file, seen in folder.ingest().items() if file.startswith("回 ")}


def test_a_return_with_an_error_is_returned(first_round: Round) -> None:
    faulty, seen, copies = first_round
    assert {file: one.status for file, one in seen.items()} == dict.fromkeys(faulty, "returned")
    assert [file for file, one in faulty.items() if (one.code, one.key) not in seen[file].states] == []
    assert set(copies) == set(faulty)


def test_a_copy_that_is_mended_counts_and_its_issue_is_closed(first_round: Round, tmp_path: Path) -> None:
    faulty, _, copies = first_round
    again = {file: mended(copies[file], each.answers, list(KEYS)) for file, each in faulty.items()}
    found = second_round(tmp_path, first_round, again)
    assert {file: one.status for file, one in found.items()} == dict.fromkeys(faulty, "counted")
    assert {file: one.states for file, one in found.items()} == {
        file: {(each.code, each.key): "closed"} for file, each in faulty.items()
    }


# What a copy cannot show again as it was, for it is a fresh form: rows that are lost, doubled or sorted apart from
# their keys; how a cell looks; what a cell holds that is no text. Another error stands in its place.
HEALED_BY_THE_FORM = {
    *("key.missing", "key.doubled", "label.mismatch", "uscc.digits_lost"),
    *("cell.error", "cell.uncached", "cell.picture", "cell.runs", "cell.format", "cell.merged"),
}


def test_a_copy_that_comes_back_as_it_was_sent_never_counts(first_round: Round, tmp_path: Path) -> None:
    faulty, _, copies = first_round
    found = second_round(tmp_path, first_round, copies)
    as_sent = ("returned", "returned.unchanged")
    assert {file: one for file, one in found.items() if (one.status, one.reason) != as_sent} == {}
    for file, each in faulty.items():
        error, states = (each.code, each.key), found[file].states
        if each.code not in HEALED_BY_THE_FORM:
            assert states == {error: "unchanged"}, file
        else:
            others = {other: state for other, state in states.items() if other != error}
            assert (states[error], set(others.values())) == ("closed", {"new"}), (file, states)
            assert any(is_error(*other) for other in others), (file, states)


# --- two names under one code, and what is wrong with the form --------------------------------------------------------


@pytest.mark.slow
def test_two_names_under_one_code_end_with_the_copy_that_has_its_own(tmp_path: Path) -> None:
    folder, one, other = Folder(tmp_path), good_answers() | own(1), own(2)
    folder.add({"a.xlsx": form_bytes(one), "b.xlsx": form_bytes(one | {"name": other["name"]})})
    error = ("uscc.two_names", "uscc")
    assert {file: (seen.status, seen.states) for file, seen in folder.ingest().items()} == dict.fromkeys(
        ("a.xlsx", "b.xlsx"), ("returned", {error: "new"})
    )
    copies = folder.copies()
    folder.add({"a2.xlsx": copies["a.xlsx"], "b2.xlsx": copies["b.xlsx"]})
    found = folder.ingest()
    as_sent = Seen("returned", "returned.unchanged", {error: "unchanged"})
    assert (found["a2.xlsx"], found["b2.xlsx"]) == (as_sent, as_sent)
    folder.add({"c.xlsx": mended(folder.copies()["b2.xlsx"], other, ["uscc"])})
    found = folder.ingest()
    assert (found["c.xlsx"].status, found["c.xlsx"].states) == ("counted", {error: "closed"})
    assert found["a2.xlsx"].status == "counted"


@pytest.mark.slow
def test_what_is_wrong_with_the_form_ends_with_the_copy(tmp_path: Path) -> None:
    folder, expected = Folder(tmp_path), {}
    for number, (code, key, edit, _) in enumerate(case for case in HANDS if not case[1]):
        answers = good_answers() | own(number)
        folder.add({f"{number}.xlsx": edited(form_bytes(answers | {"q08_o05": True}), edit)})
        expected[f"{number}再.xlsx"] = {("single.many", "q08"): "closed", (code, key): "closed"}
    folder.ingest()
    folder.add(
        {f"{file[0]}再.xlsx": mended(copy, good_answers(), ["q08_o05"]) for file, copy in folder.copies().items()}
    )
    found = folder.ingest()
    assert {file: found[file].states for file in expected} == expected
    assert {found[file].status for file in expected} == {"counted"}


# --- whatever the return ----------------------------------------------------------------------------------------------

HOSTILE_TEXTS = [
    *("'01", "=1+1", "@SUM(A1)", "+86 1", "-", "  两端  ", "_x0041_", "_x000D_", "<r><t>x</t></r>", "a&amp;b", "]]>"),
    *("两\n行", "两\r\n行\t格", "\u202e倒\u202c", "a\x00b\x07", "\ud800", "😀" * 300, "长" * 1_000, "/", "无"),
]
MORE_FIGURES = ["0", "-0", "0.000001", "999999999999.999999", "123456789012.123456", "1e5", "约30", "1,2", "50%"]
MORE_TICKS = ["✔", "Ｙ", "✔️", "0", "部分", "？", "√√", "长" * 1_000, " ", "2", "【待确认】√"]
MORE_DAYS = ["2026/5/6", "20260506", "46000", "2026-02-30", "去年", "1999-12-31"]


def odd_content(rng: Random, key: Key) -> object:
    """What somebody may type into the cell of a key."""
    if key.kind is Kind.TICK:
        return rng.choice([*MORE_TICKS, True, *HOSTILE_TEXTS])
    if key.kind.is_figure:
        return rng.choice([*MORE_FIGURES, *HOSTILE_TEXTS, 0, 0.1 + 0.2, 1e11 / 3, 1e-7, -1, 0.98])
    return rng.choice([*MORE_DAYS, *HOSTILE_TEXTS, *MORE_FIGURES])


def odd_return(seed: int) -> bytes:
    """A return with notes, amounts of energy and some odd contents; it has an error."""
    rng = Random(seed)
    answers: Return = dict(answers_of_return(EDITION, seed, notes=1.0, faults=True))
    for key in rng.sample(list(KEYS), 12):
        answers[key] = odd_content(rng, KEYS[key])
    answers |= {key: rng.choice([0, 1.5, 812]) for key in rng.sample([k for k in KEYS if KEYS[k].unassessed], 5)}
    return form_bytes(answers | {"q01_o01": "部分"})


def what_is_read(data: bytes) -> tuple[object, ...]:
    """The answers of a file, what is not sure, and what was typed there."""
    read = read_bytes(data, EDITION)
    unsure = {key for key in read.unsure if read.typed.get(key) or not KEYS[key].unassessed}
    return {key: value for key, value in read.values.items() if value is not False}, unsure, read.typed


@pytest.mark.slow
def test_a_copy_reads_as_the_return_that_it_corrects(tmp_path: Path) -> None:
    folder, returns = Folder(tmp_path), {f"{seed}.xlsx": odd_return(seed) for seed in range(200)}
    folder.add(returns)
    folder.ingest()
    copies = folder.copies()
    assert set(copies) == set(returns)
    for file, copy in copies.items():
        assert what_is_read(copy) == what_is_read(returns[file]), file


HIDDEN_XML = [
    PICTURE,
    ' t="e"><v>#REF!</v></c>',
    "><f>1+1</f></c>",
    ' t="inlineStr"><is><r><rPr><strike/></rPr><t>5</t></r><r><t>√</t></r></is></c>',
    ' t="inlineStr"><is><r><t>20</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r></is></c>',
]


def spoiled(form: bytes, rng: Random) -> bytes:
    """A form in which a row is lost, stands twice or apart from its label, or a cell holds what is no text."""
    rows = rows_of(EDITION)
    row, other = rng.sample([row for row in rows if row.section is not Section.ENERGY], 2)
    key = rng.choice([key for row in (row, other) for key in row.keys]).name
    match rng.randrange(5):
        case 0:
            return with_text(form, row.key, "")
        case 1:
            return with_text(form, row.key, other.key)
        case 2:
            return with_text(form, row.label, other.label)
        case 3:
            return with_merged(form, key, rows=rng.randrange(3), columns=rng.randrange(2))
        case _:
            return with_xml(form, {key: rng.choice(HIDDEN_XML)})


def with_merged(form: bytes, key: str, rows: int, columns: int) -> bytes:
    """A form in which the cell of a key is merged with so many rows and columns behind it."""
    parts, (sheet, _, address) = unpacked(form), answer_cells(EDITION)[key].partition("!")
    at, part = cell_index(address), part_of(parts, sheet)
    area = b'<mergeCell ref="%b"/></mergeCells>' % str(CellRange(at, at + rows * ROW_STRIDE + columns)).encode()
    return zip_of(parts | {part: parts[part].replace(b"</mergeCells>", area)})


@pytest.mark.slow
def test_whatever_is_spoiled_no_copy_counts_as_it_was_sent_and_every_mended_one_does(tmp_path: Path) -> None:
    folder, meant, rng = Folder(tmp_path), {}, Random(5)
    for number in range(150):
        meant[f"{number}.xlsx"] = good_answers() | own(number)
        form = form_bytes(meant[f"{number}.xlsx"])
        for _ in range(rng.choice((1, 1, 2, 5))):
            form = spoiled(form, rng)
        folder.add({f"{number}.xlsx": form})
    folder.ingest()
    copies = folder.copies()
    assert len(copies) > 100
    folder.add({f"回{file}": copy for file, copy in copies.items()})
    found = folder.ingest()
    as_sent = {f"回{file}": (found[f"回{file}"].status, found[f"回{file}"].reason) for file in copies}
    assert {file: seen for file, seen in as_sent.items() if seen != ("returned", "returned.unchanged")} == {}
    again = {file: mended(copy, meant[file.removeprefix("回")], KEYS) for file, copy in folder.copies().items()}
    folder.add({f"再{file}": data for file, data in again.items()})
    found = folder.ingest()
    assert {found[f"再{file}"].status for file in again} == {"counted"}
    assert {state for file in again for state in found[f"再{file}"].states.values()} == {"closed"}
