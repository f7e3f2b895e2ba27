"""What a person sees is told of what LibreOffice saves of a form, and of a .xls that Gnumeric saves."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from office import convert
from test_seen import FORM, PLACEHOLDER, RAISED, STRIKE, merged, put, read, run, said, with_cells

pytestmark = pytest.mark.office

LOOKS: list[dict[str, Any]] = [
    {"code": '0.0,"千元"', "revenue_last": 14563500},
    {"code": "0%", "pass_rate_after": 0.98},
    {"code": 'yyyy"年"m"月"', "filled_on": dt.date(2026, 11, 1)},
    {"code": '#,##0.00"万元"', "cost_last": 700},
    {"struck": True, "q01_o02": "√"},
    {"name": PLACEHOLDER},
]
SAID = {
    "name": ("cell.runs", "旧名示例公司1", "示例公司¹"),
    "filled_on": ("date.part", "2026-11-01", "2026年11月"),
    "q01_o02": ("cell.struck", "√", ""),
    "q04_o14": ("cell.merged", "√", "E43:E44"),
    "revenue_last": ("cell.format", "14563500", "14563.5千元"),
}


def odd() -> bytes:
    """A form in which nearly everything looks as something else."""
    data = reduce(lambda data, look: with_cells(data, **look), LOOKS, merged("q04_o14", "q04_o15"))
    return put(data, run("旧名", STRIKE), run("示例公司"), run("1", RAISED))


def told(data: bytes) -> dict[str, tuple[str, str, str]]:
    return {key: (code, found, expected) for code, key, found, expected in said(read(data))}


def test_a_form_says_it_itself() -> None:
    assert told(odd()) == SAID


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seen")
    (folder / "odd.xlsx").write_bytes(odd())
    (folder / "good.xlsx").write_bytes(FORM)
    return folder


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_what_libreoffice_saves_says_the_same(kind: str, folder: Path) -> None:
    made, good = convert([folder / "odd.xlsx", folder / "good.xlsx"], kind, folder / kind)
    assert told(made.read_bytes()) == SAID
    assert read(made.read_bytes()).values["pass_rate_after"] == 98_000_000
    assert told(good.read_bytes()) == {}


@pytest.mark.skipif(not shutil.which("ssconvert"), reason="needs Gnumeric")
def test_a_xls_that_gnumeric_saves_says_the_same(folder: Path) -> None:
    """It numbers its own formats from 50 on, where others have days of East Asia."""
    for name, truth in (("odd", SAID), ("good", {})):
        target = folder / f"{name}.xls"
        subprocess.run(["ssconvert", str(folder / f"{name}.xlsx"), str(target)], check=True, capture_output=True)
        assert told(target.read_bytes()) == truth
        assert read(target.read_bytes()).values["cost_last"] == 700_000_000
