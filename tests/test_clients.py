"""Returns that have been opened and saved in other programs are read as they were filled in.

The truth is what was put in, by hand: neither another reader nor the reading of the file before it was saved.
"""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from typing import NamedTuple

import openpyxl
import pytest
from openpyxl.workbook import Workbook as Book

from cases import EDITION, Findings, edited, form_bytes
from saved_by.clients import CLIENTS, Client
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.workbook.address import cell_address
from smebatch.sample import make_answers
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.form_markers import MARKER, META_SHEET
from smebatch.standard.keys import Kind, Section, keys_of

KEYS = keys_of(EDITION)
NOTES = [name for name in KEYS if name.endswith("_note")]
Values = dict[str, object]  # typed answers by key: figures in millionths

# What people type into a note, and what is read: blanks at the ends do not count, and breaks are blanks.
TYPED = {
    **{text: text for text in ("=1+1", "=SUM(A1:A9)", "+8613900000000", "@x", "-", "-1", "'引号", '"双引号"', "007")},
    **{text: text for text in ("1e5", "1/2", "3-1", "98.5%", "2026-10-12", "TRUE", "√", "#N/A", "#REF!", "2000万")},
    **{text: text for text in ("a<b>&c", "&amp;", "&#20013;", "]]>", "<![CDATA[x]]>", "https://example.cn/?a=1&b=2")},
    **{text: text for text in ("😀已上线", "𠮷野家", "e\u0301", "零\u200b宽", "_x0041_", "甲_x000D_乙", "_x005F_")},
    "  前后有空  ": "前后有空",
    "　全　角　": "全　角",
    "\u00a0不间断\u00a0": "不间断",
    "第一行\n第二行\n": "第一行 第二行",
    "回车\r\n换行": "回车 换行",
    "制表\t符": "制表 符",
    "多  个   空": "多  个   空",
    "长" * 3_000: "长" * 3_000,
    "界" * 32_767: "界" * 32_767,  # Excel's limit
    "<r><t>粗</t></r>": "<r><t>粗</t></r>",
    "<&" * 40: "<&" * 40,
}
TICKS = [(text, True) for text in ("√", "✓", "✔", "☑", "是", "1", "TRUE", " Ｙ ")]
UNTICKED = [(text, False) for text in ("×", "否", "0", "false")]
DAYS = [
    ("2026-10-12", dt.date(2026, 10, 12)),
    ("2026/9/3", dt.date(2026, 9, 3)),
    ("2026年10月12日", dt.date(2026, 10, 12)),
    ("20261012", dt.date(2026, 10, 12)),
]

# Typed into cells by a hand that no form keeps from it: what, in which format, what is read, what is found.
BY_HAND: dict[str, tuple[object, str, object, str]] = {
    "q01_o02": (True, "General", True, ""),
    "q01_o03": (1, "General", True, ""),
    "q02_o01": (False, "General", False, ""),
    "q02_o02": (0, "General", False, ""),
    "q02_o03": (2, "General", None, "tick.unreadable"),
    "phone": (13900000000, "General", "13900000000", ""),
    "segment": (7, "000", "7", ""),  # the value, not how it looks
    "equipment_total": (0.1 + 0.2, "General", 300_000, ""),
    "equipment_digital": ("=100+20", "General", None, "cell.uncached"),
    "equipment_networked": (1_000, "#,##0", 1_000_000_000, ""),
    "digital_investment": (1 / 3, "0.00", 333_333, "figure.rounded"),
    "energy_last": (382.919, "0", 382_919_000, ""),
    "energy_prior": (123_456_789.123456, "General", 123_456_789_123_456, ""),
    "pass_rate_after": (0.985, "0.0%", 98_500_000, ""),  # as it looks, for sure
    "pass_rate_before": ("98.5%", "@", 98_500_000, ""),
    "staff_last": (1e15, "General", None, "figure.unreadable"),
    "staff_prior": (-5, "General", -5_000_000, ""),
    "revenue_last": ("2000万", "General", 2_000_000_000, ""),
    "revenue_prior": (1.5e-6, "0.00E+00", 2, "figure.rounded"),
    "cost_last": (99_999_999_999.5, "General", 99_999_999_999_500_000, ""),
    "filled_on": (dt.date(2026, 10, 12), 'yyyy"年"m"月"d"日"', dt.date(2026, 10, 12), ""),
}
DAYS_BY_HAND: list[tuple[object, str, object, str]] = [
    (dt.date(2026, 2, 28), "mm-dd-yy", dt.date(2026, 2, 28), ""),
    (dt.datetime(2026, 10, 12, 8, 30), "yyyy/m/d h:mm", dt.date(2026, 10, 12), ""),  # noqa: DTZ001 - a cell knows no zone
    (46_307, "General", None, "date.unreadable"),  # a number may be anything
]

# What a client itself makes of what was typed, and the reason. Of a cell that is listed nothing is found.
# Escapes are undone when opened, but not made when saved.
BARE_ESCAPES: dict[object, object] = {"_x0041_": "A", "甲_x000D_乙": "甲 乙", "_x005F_": "_"}
CALCULATED: dict[object, object] = {"=100+20": 120 * MICRO}  # a formula that had no result when it was opened
CHANGED: dict[str, dict[object, object]] = {
    "LibreOffice": CALCULATED,
    "Gnumeric": CALCULATED,
    "openpyxl": BARE_ESCAPES,
    "SheetJS": BARE_ESCAPES,
    "ExcelJS": BARE_ESCAPES,
    "Apache POI": {},
}
META_STATE = {"LibreOffice": "hidden", "Gnumeric": "visible"}  # what becomes of a very hidden sheet; others keep it so


class Filled(NamedTuple):
    """A return as a file; what was typed into it, what is to be read of that, and what is to be found."""

    data: bytes
    typed: Mapping[str, object]
    values: Mapping[str, object]
    findings: Findings

    def saved_by(self, client: str) -> tuple[Values, Findings]:
        """What is to be read, and found, once a client has saved it."""
        changed = {key: CHANGED[client][text] for key, text in self.typed.items() if text in CHANGED[client]}
        values = {**self.values, **changed}
        found = [(code, key) for code, key in self.findings if key not in changed]
        return {key: value for key, value in values.items() if value is not None}, found


def filled(i: int, texts: Iterator[tuple[str, str]]) -> Filled:
    """A made-up enterprise's return: half of the notes filled in, and some answers as people type them."""
    answers = make_answers(EDITION, Random(f"client {i}"), serial=i)
    typed = {name: (value, as_read(name, value)) for name, value in answers.items() if value is not None}
    for name in NOTES[i % 2 :: 4]:
        typed[name] = (f"第 {i} 份的{KEYS[name].label}（见附件）",) * 2
    typed |= zip(NOTES[2 + i % 2 :: 4], texts, strict=False)
    ticks = [name for name in KEYS if KEYS[name].kind is Kind.TICK]
    typed |= zip([name for name in ticks if name in typed], cycle(TICKS), strict=False)
    typed |= zip([name for name in ticks if name not in typed][i::9], cycle(UNTICKED), strict=False)
    if i < len(DAYS):
        typed["filled_on"] = DAYS[i]
    given = {name: value for name, (value, _) in typed.items()}
    return Filled(form_bytes(given), given, {name: value for name, (_, value) in typed.items()}, [])


def as_read(name: str, value: object) -> object:
    return int(Decimal(str(value)) * MICRO) if KEYS[name].kind.is_figure else value


def by_hand(hand: Mapping[str, tuple[object, str, object, str]]) -> Filled:
    """A return with these cells typed into it: answers of kinds that no form is written with."""
    places = read_bytes(form_bytes(), EDITION).locations

    def type_in(book: Book) -> None:
        for key, (value, number_format, *_) in hand.items():
            sheet, at = places[key]
            cell = book[sheet][cell_address(at)]
            cell.value, cell.number_format = value, number_format

    return Filled(
        edited(form_bytes(), type_in),
        {key: value for key, (value, *_) in hand.items()},
        {key: value for key, (_, _, value, _) in hand.items()},
        [(code, key) for key, (*_, code) in hand.items() if code],
    )


@cache
def returns() -> dict[str, Filled]:
    """The returns by the names of their files."""
    texts = cycle(TYPED.items())
    made = {f"return{i}.xlsx": filled(i, texts) for i in range(12)}
    made |= {f"day{i}.xlsx": by_hand({"filled_on": day}) for i, day in enumerate(DAYS_BY_HAND)}
    made["hand.xlsx"] = by_hand(BY_HAND)
    typed = {text for form in made.values() for text in form.typed.values() if isinstance(text, str)}
    assert typed >= {*TYPED, *(text for text, _ in (*TICKS, *UNTICKED, *DAYS))}
    return made


def assert_hidden(client: str, path: Path) -> None:
    """What a form is read by, and what it says of its edition, is still there, and where nobody sees it."""
    with warnings.catch_warnings(action="ignore"):  # Gnumeric names no default style
        book = openpyxl.load_workbook(path)
    for name in Section:
        sheet = book[name]
        (marker,) = (cell for row in sheet.iter_rows() for cell in row if cell.value == MARKER)
        assert sheet.column_dimensions[marker.column_letter].hidden
        assert sheet.row_dimensions[marker.row].hidden
    assert book[META_SHEET].sheet_state == META_STATE.get(client, "veryHidden")


@pytest.mark.parametrize("client", [pytest.param(name, marks=pytest.mark.client(name)) for name in CLIENTS])
def test_what_was_filled_in_is_read(client: str, tmp_path: Path) -> None:
    for name, form in returns().items():
        (tmp_path / name).write_bytes(form.data)
    paths = CLIENTS[client].save([tmp_path / name for name in returns()], tmp_path / "saved")
    assert [path.name for path in paths] == list(returns())
    assert_hidden(client, paths[0])
    for path in paths:
        values, findings = returns()[path.name].saved_by(client)
        result = read_bytes(path.read_bytes(), EDITION)
        assert set(result.values.items()) ^ set(values.items()) == set(), path.name
        assert sorted((finding.code, finding.key) for finding in result.findings) == sorted(findings)


def test_a_client_that_saves_nothing_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        Client(lambda: True, lambda *_: None).save([tmp_path / "return.xlsx"], tmp_path / "saved")
