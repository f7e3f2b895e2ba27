"""A return without any issue, in round numbers, and helpers that change, write, read and assess it.

The computations behind its answers:

    题2   30 of 100 machines digital    = 30 %   → (20%,40%]  (third option)
    题3   20 of 100 machines networked  = 20 %   → (10%,20%]  (second)
    题4   营销管理, 财务管理             2 links, both scenes at 二级
    题5   多个业务环节 (2 to 11)          2 links ticked, 4 scenes at 一级 or above, 3 at 二级 or above
    题11  50 of 1000 万元               = 5 %    → [0-10%]    (first)
    题12  100 ÷ 1000 against 80 ÷ 800   = 10 % and 10 %   → 持平  (second)
    题13  99 % against 98 %                               → 增加  (third)
    题14  1000 ÷ 100 against 800 ÷ 100  = 10 and 8        → 增加  (third)
    题15  700 ÷ 1000 against 640 ÷ 800  = 70 % and 80 %   → 降低  (third)
    size  100 people, 1000 万元: at least 20 and 300, not both 300 and 2000 → 小型
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
from openpyxl.workbook import Workbook as OpenpyxlWorkbook

from smebatch.assess.answers_frame import Answers, make_answers
from smebatch.assess.validate import validate
from smebatch.batch.assessment import Assessment, assess_returns
from smebatch.form.prefill import Splicer
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.read_result import ContainerTask, ReadResult
from smebatch.intake.sources.entry import Entry
from smebatch.intake.sources.folder import list_entries
from smebatch.intake.workers.opening import open_container
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import keys_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

EDITION = load_edition("2024")
TINY = Path(__file__).parent / "editions" / "tiny.toml"
TODAY = dt.date(2026, 11, 23)
USCC = "91350100M000100Y43"  # its check digit is right
OTHER_USCC = "91110000101623741K"

Return = dict[str, object]
Findings = list[tuple[str, str]]  # code and key, in the order of the form


def good_answers(edition: Edition = EDITION) -> Return:
    """The answers of this return by key: ticks are True, figures int or Decimal in their unit."""
    scenes = {scene.id: 0 for scene in edition.scenes} | {"s03": 2, "s06": 2, "s07": 1, "s13": 2}
    ticks = [
        *("q01_o02", "q02_o03", "q03_o02", "q04_o04", "q04_o14", "q05_o03", "q06_o02", "q06_o03", "q07_o02"),
        *("q08_o03", "q09_o02", "q10_o02", "q11_o01", "q12_o02", "q13_o03", "q14_o03", "q15_o03"),
        *(tick for scene in edition.scenes for tick in scene.ticks[: scenes[scene.id]]),
    ]
    return {
        "name": "示例精密制造有限公司",
        "uscc": USCC,
        "district": "城东区",
        "industry_code": "C3391",
        "size": "小型",
        "above_scale": "是",
        "contact": "张三",
        "phone": "13900000000",
        "assessment_kind": "自评",
        "phase": "改造后",
        "filled_on": dt.date(2026, 11, 1),
        "pledge": "是",
        **dict.fromkeys(ticks, True),
        **{f"{scene}_state": edition.header.not_reached for scene, level in scenes.items() if not level},
        "equipment_total": 100,
        "equipment_digital": 30,
        "equipment_networked": 20,
        "digital_investment": 50,
        "energy_last": 100,
        "energy_prior": 80,
        "pass_rate_after": 99,
        "pass_rate_before": 98,
        "staff_last": 100,
        "revenue_last": 1000,
        "staff_prior": 100,
        "revenue_prior": 800,
        "cost_last": 700,
        "cost_prior": 640,
    }


def changed(**changes: object) -> Return:
    """The good return with other answers; None makes an answer blank."""
    return good_answers() | changes


def choose(question: str, option: int) -> Return:
    """A change: this option of a 单选 is ticked, and no other."""
    return {tick: i == option for i, tick in enumerate(EDITION.question[question].ticks, 1)}


# A change: the enterprise has no year before to compare with, and leaves the questions about it blank (R7).
NO_BASE: Return = {"no_base_year": "是", **{tick: False for q in EDITION.questions if q.base_year for tick in q.ticks}}


def reach(scene: str, level: int) -> Return:
    """A change: a scene has this level; at level 0 its state is 未达一级."""
    spec = EDITION.scene[scene]
    ticks: Return = {tick: i <= level for i, tick in enumerate(spec.ticks, 1)}
    return ticks | {f"{scene}_state": None if level else EDITION.header.not_reached}


def shifted(decimals: int) -> bytes:
    """The tiny edition with weights of this many decimals: one of each pair is a little larger, the other smaller."""
    text, step = TINY.read_text("utf-8"), Decimal(1).scaleb(-decimals)
    for more, less in ((65, 35), (33, 67), (57, 43), (71, 29)):
        for weight, by in ((more, step), (less, -step)):
            text = text.replace(f"weight = {{ value = {weight},", f"weight = {{ value = {weight + by},")
    return text.encode()


def table(*returns: Mapping[str, object], edition: Edition = EDITION, unsure: Sequence[set[str]] = ()) -> Answers:
    """Returns as typed answers, with figures in millionths. ``unsure``: for each return a set of keys."""
    kinds = {name: key.kind for name, key in keys_of(edition).items()}
    typed = [
        {
            name: int(Decimal(str(value)) * MICRO) if kinds[name].is_figure and value is not None else value
            for name, value in answers.items()
        }
        for answers in returns
    ]
    return make_answers(edition, [f"form{i}" for i in range(len(typed))], typed, unsure)


def judged_all(*returns: Mapping[str, object], edition: Edition = EDITION) -> list[Findings]:
    """The issues of each return by the schema and the rules; in one run for all, because a run is slow."""
    return [[(f.code, f.key) for f in findings] for findings in validate(table(*returns, edition=edition), TODAY)]


def judged(answers: Mapping[str, object], edition: Edition = EDITION) -> Findings:
    """The issues of a return by the schema and the rules."""
    (findings,) = judged_all(answers, edition=edition)
    return findings


def listed(folder: str | Path, ignore: Collection[Path] = ()) -> list[Entry]:
    """The entries of a folder, in the order of their paths."""
    return sorted(list_entries(folder, ignore), key=lambda entry: entry.file)


def all_inside(folder: str | Path) -> list[Entry]:
    """The entries of a folder and of the containers in it, as listed; the containers are opened in this process."""
    found = []
    for entry in listed(folder):
        with TemporaryDirectory() as place:
            outcome = (
                open_container(ContainerTask(entry, f"{place}/1/1"))
                if entry.unopened
                else ReadResult(entry, members=[entry])
            )
        found += [replace(entry, reason=outcome.reason)] if outcome.reason else outcome.members
    return found


def zip_of(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these files, by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as book:
        for name, data in members.items():
            book.writestr(name, data)
    return stream.getvalue()


def form_bytes(answers: Mapping[str, object] | None = None, edition: Edition = EDITION) -> bytes:
    """A form filled in, as a file. It is spliced: the same parts as ``form_anew`` (test_prefill), 30 times as fast."""
    return _splicer().form(answers or {}) if edition is EDITION else form_anew(answers, edition)


@cache
def _splicer() -> Splicer:
    return Splicer(EDITION)


def form_anew(answers: Mapping[str, object] | None = None, edition: Edition = EDITION) -> bytes:
    """A form filled in, as a file, written cell by cell."""
    stream = io.BytesIO()
    write_form(stream, edition, answers)
    return stream.getvalue()


def edited(data: bytes, edit: Callable[[OpenpyxlWorkbook], object]) -> bytes:
    """A workbook edited by ``edit`` with openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    edit(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def assessment_of(*files: bytes, edition: Edition = EDITION) -> Assessment:
    """Read files and assess them."""
    return assess_returns(edition, {f"form{i}": read_bytes(data, edition) for i, data in enumerate(files)}, TODAY)


def found_in_all(*files: bytes, edition: Edition = EDITION) -> list[Findings]:
    """The issues of each file, by the reader, the schema and the rules."""
    findings = assessment_of(*files, edition=edition).findings
    rows = list(zip(findings["form_id"], findings["code"], findings["key"], strict=True))
    return [[(code, key) for form, code, key in rows if form == f"form{i}"] for i in range(len(files))]


def found_in(data: bytes, edition: Edition = EDITION) -> Findings:
    """The issues of a file."""
    (findings,) = found_in_all(data, edition=edition)
    return findings


def read_back(answers: Mapping[str, object], edition: Edition = EDITION) -> Findings:
    """The issues of answers that were written into a form and read back."""
    return found_in(form_bytes(answers, edition), edition)


def without_times(export: bytes) -> bytes:
    """An export without the times at which returns were read, which differ from run to run."""
    return re.sub(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:+]+", b"", export)
