"""退回清单: whom to chase, by district, each with a paragraph that can be pasted into a message; and index.csv."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from smebatch.batch.export import guarded_text
from smebatch.batch.returned import ChaseLists, CopyLine, Sender
from smebatch.common.text import clean_text, shown_text
from smebatch.issues.catalogue import REASONS
from smebatch.report.document import Format, ReportSheet, Table, TableColumn
from smebatch.report.words import CHASE_HEADINGS, CHASE_WORDS, MISSING
from smebatch.report.xlsx.book import write_sheets
from smebatch.standard.model import Edition

_INDEX = (
    *("form_id", "thread", "copy", "file", "name", "uscc", "district", "contact", "phone"),
    *("errors", "warnings", "deadline"),
)
_LONGEST_NAME = 80  # characters of a name in a message
_LONGEST_REASON = 80  # characters of the first reason


def write_index(target: Path, lines: Sequence[CopyLine]) -> None:
    """Write the copies as CSV for programs that send mail. Raises OSError."""
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        # Texts are quoted, for Python before 3.13 leaves a carriage return bare, and readers would end the line there.
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
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
    """The sheets: how many of each district, who must correct, what cannot be read, who is silent.

    Those of what there is none of are left out; the first sheet says how many there are.
    """
    words = CHASE_WORDS
    chased = [line for line in lines if not line.beside]
    beside = [line for line in lines if line.beside]
    counts = {
        "correct": len(chased),
        "unreadable": len(lists.unreadable),
        "silent": len(lists.silent),
        "beside": len(beside),
    }
    lead = "，".join(text.format(n=counts[name]) for name, text in words.counts if counts[name])
    summary = ReportSheet(
        words.summary,
        words.title,
        (_summary_table(chased, lists),),
        notes=words.summary_notes,
        landscape=False,
        lead=f"{lead}。" if lead else words.none,
    )
    sheets = [
        ReportSheet(words.correct, words.correct, (_correct_table(chased, sender),), paper="A3"),
        ReportSheet(words.beside, words.beside, (_beside_table(beside),), notes=words.beside_notes),
        ReportSheet(
            words.unreadable,
            words.unreadable,
            (_unreadable_table(lists.unreadable, sender),),
            notes=words.unreadable_notes,
        ),
        ReportSheet(words.silent, words.silent, (_silent_table(lists.silent, sender),)),
    ]
    return [summary, *(sheet for sheet in sheets if any(len(t.frame) for t in sheet.blocks if isinstance(t, Table)))]


def _district(text: str) -> str:
    """The name under which a district is listed."""
    return clean_text(text).strip() or MISSING


def _place(district: str) -> tuple[bool, str]:
    """Where a district stands: in the order of names, those who gave none last."""
    return district == MISSING, district


_COUNTS = ("correct", "errors", "unchanged", "unreadable", "silent")


def _summary_table(chased: Sequence[CopyLine], lists: ChaseLists) -> Table:
    """District by district what there is to be chased, and their sums; nobody knows the district of what is unread."""
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for line in chased:
        rows[_district(line.district)].update(correct=1, errors=line.errors, unchanged=int(line.unchanged))
    for district in lists.silent["district"]:
        rows[_district(district)].update(silent=1)
    if len(lists.unreadable):
        rows[MISSING].update(unreadable=len(lists.unreadable))
    total = sum(rows.values(), Counter())
    listed = [(district, rows[district]) for district in sorted(rows, key=_place)]
    frame = pd.DataFrame(
        [[name, *(counts[column] for column in _COUNTS)] for name, counts in (*listed, (CHASE_WORDS.total, total))],
        columns=["district", *_COUNTS],
    )
    numbers = (TableColumn(name, CHASE_HEADINGS[f"n_{name}"], Format.COUNT, 13) for name in _COUNTS)
    return Table("summary", "", frame, (*_columns("district"), *numbers), total=True)


_WIDTHS = {
    "district": 16,
    "name": 26,
    "uscc": 20,
    "contact": 10,
    "phone": 15,
    "deadline": 12,
    "errors": 6,
    "warnings": 6,
    "version": 6,
    "state": 10,
    "reasons": 44,
    "message": 64,
    "copy": 36,
    "file": 36,
    "beside": 36,
    "detail": 44,
}
_FORMATS: dict[str, Format] = {
    **dict.fromkeys(("errors", "warnings"), Format.COUNT),
    "version": Format.ORDINAL,
    **dict.fromkeys(("uscc", "phone", "deadline", "state"), Format.CODE),
}


def _columns(*names: str) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(name, CHASE_HEADINGS[name], _FORMATS.get(name, Format.TEXT), _WIDTHS[name]) for name in names
    )


def _by_district(lines: Sequence[CopyLine]) -> list[CopyLine]:
    return sorted(lines, key=lambda line: (_place(_district(line.district)), line.name, line.file))


def _correct_table(chased: Sequence[CopyLine], sender: Sender) -> Table:
    columns = _columns(
        *("district", "name", "contact", "phone", "deadline", "errors", "warnings", "version", "state"),
        *("reasons", "message", "copy", "uscc"),
    )
    rows = [
        line._asdict()
        | {
            "district": _district(line.district),
            "state": CHASE_WORDS.unchanged if line.unchanged else "",
            "reasons": "；".join(reason.rstrip("。") for reason in line.reasons),
            "message": correction_message(line, sender),
        }
        for line in _by_district(chased)
    ]
    return Table("correct", "", pd.DataFrame(rows, columns=[column.key for column in columns]), columns, long=True)


def _beside_table(beside: Sequence[CopyLine]) -> Table:
    columns = _columns("district", "name", "uscc", "file", "beside")
    rows = [line._asdict() | {"district": _district(line.district)} for line in _by_district(beside)]
    return Table("beside", "", pd.DataFrame(rows, columns=[column.key for column in columns]), columns, long=True)


def _unreadable_table(unreadable: pd.DataFrame, sender: Sender) -> Table:
    entries = zip(unreadable["file"], unreadable["reason"], unreadable["detail"], strict=True)
    frame = unreadable.assign(message=[unreadable_message(*entry, sender) for entry in entries])
    return Table("unreadable", "", frame, _columns("file", "detail", "message"), long=True)


def _silent_table(silent: pd.DataFrame, sender: Sender) -> Table:
    columns = _columns("district", "name", "contact", "phone", "deadline", "message", "uscc")
    frame = silent.assign(
        district=silent["district"].map(_district),
        deadline=[deadline or sender.deadline for deadline in silent["deadline"]],
    )
    frame["message"] = [silence_message(*line, sender) for line in zip(frame["name"], frame["deadline"], strict=True)]
    order = sorted(range(len(frame)), key=lambda row: (_place(frame["district"].iloc[row]), frame["name"].iloc[row]))
    return Table("silent", "", frame.iloc[order].reset_index(drop=True), columns, long=True)


# --- paragraphs for messages ------------------------------------------------------------------------------------------


def correction_message(line: CopyLine, sender: Sender) -> str:
    """The paragraph for an enterprise that has to correct its return; parts that nobody knows are left out."""
    words = CHASE_WORDS
    reason = shown_text(line.reasons[0].rstrip("。"), _LONGEST_REASON) if line.reasons else ""
    what = words.again if line.unchanged else words.correction
    return _message(
        line.name,
        what.format(n=line.errors, first=words.first.format(reason=reason) if reason else ""),
        words.mend.format(when=_when(line.deadline)),
        sender,
    )


def unreadable_message(file: str, reason: str, detail: str, sender: Sender) -> str:
    """The paragraph for whoever sent what cannot be read; "" where there is nothing to ask of them."""
    words = CHASE_WORDS
    if REASONS[reason].internal:
        return ""
    name = shown_text(file.rpartition("/")[2], _LONGEST_NAME)
    return _message(
        "", words.unread.format(file=name, detail=detail), words.send_again.format(when=_when(sender.deadline)), sender
    )


def silence_message(name: str, deadline: str, sender: Sender) -> str:
    """The paragraph for an enterprise that has not answered."""
    return _message(name, CHASE_WORDS.silence, CHASE_WORDS.send.format(when=_when(deadline)), sender)


def _message(name: str, what: str, request: str, sender: Sender) -> str:
    """Greeting, what is the matter, what is asked for, whom to ask, and thanks; without line breaks."""
    words = CHASE_WORDS
    shown_name = shown_text(name, _LONGEST_NAME).strip()
    who = " ".join(filter(None, (sender.bureau, sender.contact, sender.phone)))
    return clean_text(
        (words.greeting.format(name=shown_name) if shown_name else words.greeting_unnamed)
        + what
        + request
        + (words.ask.format(who=who) if who else "")
        + words.thanks
    )


def _when(deadline: str) -> str:
    """By when to answer. Raises ValueError for a deadline that is no day in ISO 8601."""
    return CHASE_WORDS.by_day.format(day=dt.date.fromisoformat(deadline)) if deadline else CHASE_WORDS.soon
