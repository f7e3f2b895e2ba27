"""The loop that people commonly write: pandas.read_excel with openpyxl, then apply. ingest.py runs it as a process."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd

SHEETS = ("企业信息", "基础管理成效", "数字化经营")


def frame_of(file: Path, sheet: str) -> pd.DataFrame:
    """One sheet, by one call."""
    return pd.read_excel(file, sheet_name=sheet, header=None, dtype=object, engine="openpyxl")


def a_sheet_at_a_time(file: Path) -> dict[str, pd.DataFrame]:
    """Read the sheets one by one, as most scripts do; the file is opened anew for each."""
    return {sheet: frame_of(file, sheet) for sheet in SHEETS}


def a_call_a_file(file: Path) -> dict[str, pd.DataFrame]:
    """Read the sheets with one call."""
    return pd.read_excel(file, sheet_name=list(SHEETS), header=None, dtype=object, engine="openpyxl")


def answers_of(sheets: dict[str, pd.DataFrame]) -> dict[str, object]:
    """Key → cell, by the form's key column and key row."""
    answers: dict[str, object] = {}
    for sheet in sheets.values():
        height, width = sheet.shape
        row, column = next((r, c) for r in range(height) for c in range(width) if sheet.iat[r, c] == "#smebatch")
        suffixes = {c: str(sheet.iat[row, c])[1:] for c in range(width) if str(sheet.iat[row, c]).startswith("#")}
        for r in range(height):
            if isinstance(sheet.iat[r, column], str):
                for c, suffix in suffixes.items():
                    answers[f"{sheet.iat[r, column]!s}{suffix}"] = sheet.iat[r, c]
    return answers


def ticks(row: pd.Series[Any], question: str) -> float:
    """The apply people write: ticks over options."""
    cells: list[object] = [row[k] for k in row.index if k.startswith(f"{question}_o")]
    return 100 * sum(cell == "√" for cell in cells[1:]) / (len(cells) - 1)


def main(way: str, *files: str) -> None:
    """Read files and score them, with floats."""
    read = {"sheet": a_sheet_at_a_time, "file": a_call_a_file}[way]
    frame = pd.DataFrame([answers_of(read(Path(file))) for file in files])
    for number in range(1, 16 if files else 1):
        frame[f"points_{number}"] = frame.apply(ticks, axis=1, question=f"q{number:02d}")
    print(len(frame), round(frame.filter(like="points_").to_numpy().mean(), 3) if files else "")


if __name__ == "__main__":
    main(*sys.argv[1:])
