"""The report of each district: only its own enterprises, and together the whole."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from command_line import DONE, USAGE, Inside
from report_data import make_batch
from smebatch.report.districts import by_district
from smebatch.report.section_groups import group_sums
from smebatch.report.words import MISSING, group_names

SAMPLE_DATA = Path(__file__).parent.parent / "sample_data"


def test_every_row_belongs_to_one_district() -> None:
    whole = make_batch(80, seed=4)
    parts = dict(by_district(whole))
    assert list(parts)[-1] == MISSING
    assert sorted(parts) == sorted({*group_names(whole.files["district"]), *group_names(whole.roster["district"])})  # type: ignore[index]  # it has a roster
    for name in ("files", "enterprises", "scores", "issues", "roster", "unasked"):
        rows = pd.concat([getattr(part, name) for part in parts.values()])
        assert len(rows) == len(getattr(whole, name)), name
    for name, part in parts.items():
        assert set(group_names(part.enterprises["district"])) <= {name}
        assert set(part.issues["file"]) <= set(part.files["file"]) or name == MISSING
        assert part.region == (whole.region if name == MISSING else f"{whole.region}{name}")


def test_the_figures_of_all_districts_add_up_to_the_whole() -> None:
    whole = make_batch(80, seed=5)
    every = pd.Series("", index=whole.scores.index, dtype="str")
    sums = [group_sums(part, every.reindex(part.scores.index)) for _, part in by_district(whole) if len(part.scores)]
    assert pd.concat(sums).sum().equals(group_sums(whole, every).sum())


@pytest.mark.slow
def test_each_district_gets_a_workbook_of_its_own(tmp_path: Path, inside: Inside) -> None:
    inside("ingest", SAMPLE_DATA / "returns", "--roster", SAMPLE_DATA / "roster.xlsx", cwd=tmp_path)
    said = inside("report", "--by", "district", "-o", "districts", "--json")
    paths = json.loads(said.out)["districts"]
    assert {Path(path).stem for path in paths.values()} == set(paths)
    assert said.code == DONE
    inside("report", "-o", "whole.xlsx")

    def names(path: Path | str, sheet: str) -> list[str]:
        book = openpyxl.load_workbook(tmp_path / path, read_only=True)
        rows = list(book[sheet].iter_rows(values_only=True)) if sheet in book.sheetnames else []
        at = next((row.index("企业名称") for row in rows if "企业名称" in row), 0)
        return [str(row[at]) for row in rows if len(row) > at and str(row[at]).startswith("示例")]

    for sheet in ("企业明细", "未报名单"):
        listed = [name for path in paths.values() for name in names(path, sheet)]
        assert sorted(listed) == sorted(names("whole.xlsx", sheet))
        assert listed


@pytest.mark.parametrize("arguments", [("--by", "size", "-o", "x"), ("--by", "district")])
def test_by_needs_district_and_a_folder(arguments: tuple[str, ...], tmp_path: Path, inside: Inside) -> None:
    assert inside("report", *arguments, cwd=tmp_path).code == USAGE
