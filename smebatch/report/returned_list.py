"""退回清单: whom to chase, by district, each with a paragraph that can be pasted into a message; and index.csv."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from smebatch.batch.export import guarded_text
from smebatch.batch.returned import ChaseLists, CopyLine, Sender
from smebatch.report.document import Format, ReportSheet, Table, TableColumn
from smebatch.report.words import CHASE_HEADINGS, CHASE_WORDS, MISSING
from smebatch.report.xlsx.book import write_sheets
from smebatch.standard.model import Edition

_INDEX = (
    *("form_id", "thread", "copy", "file", "name", "uscc", "district", "contact", "phone"),
    *("errors", "warnings", "deadline"),
)


def write_index(target: Path, lines: Sequence[CopyLine]) -> None:
    """Write the copies as CSV for programs that send mail. Raises OSError."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(_INDEX)
        for line in lines:
            values = (getattr(line, name) for name in _INDEX)
            writer.writerow([guarded_text(value) if isinstance(value, str) else value for value in values])


class _Facts(NamedTuple):
    edition: Edition
    made_at: dt.datetime


def write_returned_list(
    target: Path, lines: Sequence[CopyLine], lists: ChaseLists, sender: Sender, edition: Edition, now: dt.datetime
) -> None:
    """Write the workbook. Raises OSError."""
    sheets = returned_sheets(lines, lists, sender)
    write_sheets(target, sheets, _Facts(edition, now))


def returned_sheets(lines: Sequence[CopyLine], lists: ChaseLists, sender: Sender) -> list[ReportSheet]:
    """The sheets: how many of each district, who must correct, what cannot be read, who is silent."""
    words = CHASE_WORDS
    chased = [line for line in lines if not line.beside]
    beside = [line for line in lines if line.beside]
    sheets = [
        ReportSheet(words.summary, words.title, (_summary_table(chased, lists),), notes=words.summary_notes),
        ReportSheet(words.correct, words.correct, (_correct_table(chased, sender),), paper="A3"),
    ]
    if beside:
        sheets.append(ReportSheet(words.beside, words.beside, (_beside_table(beside),), notes=words.beside_notes))
    if len(lists.unreadable):
        sheets.append(ReportSheet(words.unreadable, words.unreadable, (_unreadable_table(lists.unreadable),)))
    if len(lists.silent):
        sheets.append(ReportSheet(words.silent, words.silent, (_silent_table(lists.silent, sender),), paper="A3"))
    return sheets


def _district(value: str) -> str:
    return value.strip() or MISSING


def _summary_table(chased: Sequence[CopyLine], lists: ChaseLists) -> Table:
    """District by district how many enterprises must correct, how many are silent, and the errors."""
    words = CHASE_WORDS
    rows: dict[str, dict[str, int]] = {}

    def add(district: str, column: str, n: int = 1) -> None:
        row = rows.setdefault(district, dict.fromkeys(("correct", "errors", "unchanged", "silent"), 0))
        row[column] += n

    for line in chased:
        add(_district(line.district), "correct")
        add(_district(line.district), "errors", line.errors)
        add(_district(line.district), "unchanged", int(line.unchanged))
    for district in lists.silent["district"]:
        add(_district(district), "silent")
    frame = pd.DataFrame([{"district": district, **row} for district, row in sorted(rows.items())])
    frame = frame if len(frame) else pd.DataFrame(columns=["district", "correct", "errors", "unchanged", "silent"])
    total = {"district": words.total} | {name: int(frame[name].sum()) for name in frame.columns[1:]}
    frame = pd.concat([frame, pd.DataFrame([total])], ignore_index=True)
    headings = CHASE_HEADINGS
    columns = (
        TableColumn("district", headings["district"], width=20),
        *(TableColumn(name, headings[f"n_{name}"], Format.COUNT, 14) for name in total if name != "district"),
    )
    return Table("summary", "", frame, columns, total=True)


_WIDTHS = {
    "district": 14,
    "name": 26,
    "uscc": 20,
    "contact": 9,
    "phone": 15,
    "deadline": 12,
    "errors": 6,
    "warnings": 6,
    "version": 6,
    "state": 10,
    "reasons": 48,
    "message": 60,
    "copy": 40,
    "file": 34,
    "beside": 34,
    "detail": 60,
}


def _columns(*names: str) -> tuple[TableColumn, ...]:
    headings = CHASE_HEADINGS
    numbers, codes = {"errors", "warnings", "version"}, {"uscc", "deadline"}
    kinds: Mapping[str, Format] = dict.fromkeys(numbers, Format.COUNT) | dict.fromkeys(codes, Format.CODE)
    return tuple(TableColumn(n, headings[n], kinds.get(n, Format.TEXT), _WIDTHS[n]) for n in names)


def _correct_table(chased: Sequence[CopyLine], sender: Sender) -> Table:
    words = CHASE_WORDS
    ordered = sorted(chased, key=lambda line: (_district(line.district), line.name, line.file))
    frame = pd.DataFrame(
        [
            line._asdict()
            | {
                "district": _district(line.district),
                "state": words.unchanged if line.unchanged else "",
                "reasons": "；".join(line.reasons),
                "message": correction_message(line, sender),
            }
            for line in ordered
        ],
        columns=[*CopyLine._fields, "state", "message"],
    )
    names = ("district", "name", "uscc", "errors", "warnings", "version", "state", "reasons", "contact", "phone")
    return Table("correct", "", frame, _columns(*names, "deadline", "message", "copy"), long=True)


def _beside_table(beside: Sequence[CopyLine]) -> Table:
    frame = pd.DataFrame([line._asdict() | {"district": _district(line.district)} for line in beside])
    return Table("beside", "", frame, _columns("district", "name", "uscc", "file", "beside"), long=True)


def _unreadable_table(unreadable: pd.DataFrame) -> Table:
    return Table("unreadable", "", unreadable, _columns("file", "detail"), long=True)


def _silent_table(silent: pd.DataFrame, sender: Sender) -> Table:
    frame = silent.assign(district=silent["district"].map(_district)).sort_values(["district", "name"])
    frame = frame.assign(
        message=[
            silence_message(name, deadline, sender)
            for name, deadline in zip(frame["name"], frame["deadline"], strict=True)
        ]
    ).reset_index(drop=True)
    return Table(
        "silent", "", frame, _columns("district", "name", "uscc", "contact", "phone", "deadline", "message"), long=True
    )


def correction_message(line: CopyLine, sender: Sender) -> str:
    """The paragraph for an enterprise that has to correct its return; parts that nobody knows are left out."""
    words = CHASE_WORDS
    first = line.reasons[0].rstrip("。") if line.reasons else ""
    return _joined(
        words.greeting.format(name=line.name) if line.name else "",
        (words.again if line.unchanged else words.correction).format(n=line.errors),
        words.first.format(reason=first) if first else "",
        *_request(line.deadline, sender),
    )


def silence_message(name: str, deadline: str, sender: Sender) -> str:
    """The paragraph for an enterprise that has not answered."""
    words = CHASE_WORDS
    greeting = words.greeting.format(name=name) if name else ""
    return _joined(greeting, words.silence, *_request(deadline or sender.deadline, sender))


def _request(deadline: str, sender: Sender) -> tuple[str, str]:
    """By when to answer, and whom to ask."""
    words = CHASE_WORDS
    day = dt.date.fromisoformat(deadline) if deadline else None
    when = words.by_day.format(month=day.month, day=day.day) if day else words.soon
    asked = " ".join(filter(None, (sender.bureau, sender.contact, sender.phone)))
    return when, words.ask.format(who=asked) if asked else ""


def _joined(*parts: str) -> str:
    return "".join(filter(None, parts))
