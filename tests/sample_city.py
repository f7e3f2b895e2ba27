"""The repository's sample data: a city of four districts as it comes in, faults and all."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from smebatch.form.writer import write_form
from smebatch.sample.answers import make_answers
from smebatch.sample.faults import FAULTS
from smebatch.sample.words import sample_words
from smebatch.sample.write import rng_of_return, write_return
from smebatch.standard.checks.links import Links
from smebatch.standard.model import Edition
from smebatch.standard.sample_values import SampleAnswers

Convert = Callable[[Path, str], Path]
"""Turns a workbook into another format (xls, ods) beside it and returns the new file."""

# A fixed date in a workbook's properties, so that equal inputs give equal bytes.
_CREATED = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
# What the roster lists of each enterprise.
_ROSTER = (
    *("name", "uscc", "province", "city", "district", "park", "contact", "phone"),
    *("size", "above_scale", "specialised", "industry_code", "segment", "main_product"),
)
_RETURNS, _SILENT = 40, 5
# All returns are of one phase and kind. What other rounds there are, sample_rounds adds.
PHASE, KIND = "改造后", "自评"
# Which return carries which fault; the rest are consistent. 40 is a second return of the enterprise of 4.
_PLANNED = {3 + 2 * i: name for i, name in enumerate(FAULTS)}
_FIRST, _SECOND = 4, 40
_CONVERTED = {8: "xls", 14: "ods"}
# Fifths of the maturity scale in turn, so that a set this small shows every level.
_FIFTHS = (1, 0, 2, 1, 1, 0, 2, 1, 3, 2, 0, 1, 4, 1, 2, 0, 1, 3, 2, 1)
# Who sold and serves what an enterprise has; one in five has chosen nobody yet. A column of the roster alone.
_PROVIDER = "服务商"
_PROVIDERS = ("示例数科", "示例云联", "示例智造", "示例数科", None)
# What the bureau wants to reach, on the sheet 目标 of the roster.
_TARGETS: tuple[tuple[Any, ...], ...] = (
    ("名称", "等级", "比例", "家数", "截止日期", "规上", "区县", "优质企业梯度"),
    ("全部企业达到一级", "一级", "80%", None, "2026-12-31", None, None, None),
    ("规上企业达到二级", "二级", "80%", None, "2026-12-31", "是", None, None),
    ("创新型中小企业达到二级", "二级", "50%", None, "2026-12-31", None, None, "创新型中小企业"),
    ("东湖区三级标杆企业", "三级", None, 4, "2026-12-31", None, "东湖区（示例）", None),
)


def write_sample_data(folder: str | Path, edition: Edition, seed: int, convert: Convert) -> list[Path]:
    """Write the repository's sample data into ``folder`` and return the paths of all files written, in order.

    ``returns/`` holds a folder a district with 40 returns of 39 enterprises: one of each fault, one enterprise that
    answered twice (the later return has more ticks), one return that ``convert`` made xls and one ods; beside
    them a workbook that is no return. ``roster.xlsx`` lists the 39 and five more that never answered, and who serves
    them; its second sheet states targets.
    """
    root = Path(folder)
    paths, listed = [], []
    for serial in range(1, _RETURNS + 1):
        original, answers = planned(edition, seed, serial)
        if serial != _SECOND:
            listed.append(original)
        place = root / "returns" / re.sub("（.*）", "", str(original["district"]))
        place.mkdir(parents=True, exist_ok=True)
        # Not spliced: the repository keeps these files, so their bytes are zlib's, as they have been.
        form = BytesIO()
        write_form(form, edition, answers)
        path = write_return(place, f"{serial:03d}", answers, form.getvalue())
        if serial in _CONVERTED:
            converted = convert(path, _CONVERTED[serial])
            path.unlink()
            path = converted
        paths.append(path)
    listed += [enterprise(edition, seed, _RETURNS + 1 + i) for i in range(_SILENT)]
    notes = root / "returns" / "催报记录.xlsx"
    _plain_workbook(notes, {"催报记录": [["日期", "内容"], ["2026-10-20", "已电话提醒各区县，月底前交齐"]]})
    roster = root / "roster.xlsx"
    fields = {f.key: f.label for f in edition.fields}
    keys = [key for key in _ROSTER if key in fields]
    rows: list[list[Any]] = [[a.get(key) for key in keys] for a in sorted(listed, key=lambda a: str(a["uscc"]))]
    served = [[*row, _PROVIDERS[i % len(_PROVIDERS)]] for i, row in enumerate(rows)]
    headings = [*(fields[key] for key in keys), _PROVIDER]
    _plain_workbook(roster, {"企业名单": [headings, *served], "目标": _TARGETS})
    return [*paths, notes, roster]


def planned(edition: Edition, seed: int, serial: int) -> tuple[SampleAnswers, SampleAnswers]:
    """The enterprise as the roster knows it, and what it sent."""
    if serial in (_FIRST, _SECOND):
        later = enterprise(edition, seed, _FIRST)
        return later, (_two_weeks_before(edition, later) if serial == _FIRST else later)
    original = enterprise(edition, seed, serial)
    if serial not in _PLANNED:
        return original, original
    fault = _PLANNED[serial]
    sent = FAULTS[fault](edition, rng_of_return(seed, -serial), original)
    # A code with a wrong check character may be the one issued: then the roster has it too.
    return (original | {"uscc": sent["uscc"]} if fault == "wrong_check_character" else original), sent


def _two_weeks_before(edition: Edition, later: SampleAnswers) -> SampleAnswers:
    """What the enterprise had sent before: a tick less in each 多选 that no check ties to anything."""
    tied = {c.question for c in edition.checks if isinstance(c, Links)}
    earlier = dict(later)
    for question in edition.questions:
        ticked = [tick for tick in question.ticks if later.get(tick)]
        if question.type == "multiple" and question.id not in tied and len(ticked) > 1:
            del earlier[ticked[-1]]
    filled_on = later["filled_on"]
    if isinstance(filled_on, dt.date):
        earlier["filled_on"] = filled_on - dt.timedelta(days=14)
    return earlier


def enterprise(edition: Edition, seed: int, serial: int, *, progress: float = 0.0) -> SampleAnswers:
    """The consistent return of an enterprise; ``progress``: how much more mature it is in another round."""
    rng = rng_of_return(seed, serial)
    maturity = (_FIFTHS[serial % len(_FIFTHS)] + 0.35 + 0.5 * rng.random()) / 5
    district = serial % len(sample_words().district)
    answers = make_answers(edition, rng, serial=serial, maturity=maturity, district=district, progress=progress)
    return answers | {"phase": PHASE, "assessment_kind": KIND, "assessor": None}


def _plain_workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> None:
    import xlsxwriter  # heavy, and only this needs it here

    with xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        book.set_properties({"created": _CREATED})
        for name, rows in sheets.items():
            table = book.add_worksheet(name)
            table.set_column(0, max(map(len, rows)) - 1, 20)
            for i, row in enumerate(rows):
                table.write_row(i, 0, row)
