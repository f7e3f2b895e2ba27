"""The report as a batch keeps it for the page: each table with its figures as displayed and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.batch.report_pages import KeptPage, KeptRow, KeptUniverse
from smebatch.report.basis.algebra import Basis, BasisCounter, Fact, Universe
from smebatch.report.basis.facts import facts_of
from smebatch.report.basis.rules import bases_of
from smebatch.report.chapter import printed
from smebatch.report.document import Chart, ChartRow, Paragraphs, ReportSentence, ReportSheet, Stated, Table
from smebatch.report.sections import report_sheets
from smebatch.report.svg.charts import drawn


def kept_report(batch: ReportData, replies: pd.DataFrame) -> tuple[list[KeptPage], list[KeptUniverse]]:
    """All pages of a report, and the facts behind them. ``replies``: see batch.response.REPLIES."""
    facts = facts_of(batch, replies)
    counter = BasisCounter(facts.universes.values())
    sheets = report_sheets(batch)
    charts = _charts_by_table(sheets)
    forms = pd.Series(batch.files["form_id"].to_numpy(), batch.files["file"]).dropna()
    forms = forms[~forms.index.duplicated()]
    pages: dict[str, KeptPage] = {}
    tables: dict[str, Table] = {}
    for sheet in sheets:
        for number, table in enumerate(tables_in(sheet)):
            name = table.id if table.id not in pages else f"{table.id}_{len(pages)}"
            document = _document(sheet, table, charts.get(table.id, ()), first=not number)
            head = (name, table.title or sheet.title, sheet.name, sheet.title, len(table.frame), document)
            bases = bases_of(facts, table)
            if not bases and (table.long or "file" in table.frame):
                pages[name] = KeptPage(*head, frame=_listed(table, forms))
            else:
                pages[name] = KeptPage(*head, rows=list(_rows(table, bases, counter)))
            tables[name] = table
    _lead_on(pages, tables)
    return list(pages.values()), [_kept(universe) for universe in facts.universes.values()]


def tables_in(sheet: ReportSheet) -> list[Table]:
    """The tables of a sheet, in their order."""
    return [block for block in sheet.blocks if isinstance(block, Table)]


def _charts_by_table(sheets: Sequence[ReportSheet]) -> dict[str, list[Chart]]:
    """The charts of each table, by its id; one of another sheet's table stands beside that."""
    found: dict[str, list[Chart]] = {}
    for sheet in sheets:
        for block in sheet.blocks:
            for chart in block.charts if isinstance(block, ChartRow) else ():
                found.setdefault(chart.table, []).append(chart)
    return found


def _document(sheet: ReportSheet, table: Table, charts: Sequence[Chart], *, first: bool) -> dict[str, Any]:
    """What stands around a table; what is said of its sheet in words stands with the first."""
    said = [block for block in sheet.blocks if isinstance(block, Paragraphs)] if first else []
    pictures = [picture for chart in charts if (picture := drawn(chart, table))]
    return {
        "lead": sheet.lead,
        "sheet_notes": sheet.notes,
        "said": [[block.title, block.lines] for block in said],
        "notes": table.all_notes,
        "columns": [[column.title, column.format.name] for column in table.columns],
        "total": table.total,
        "charts": [[picture.title, picture.svg] for picture in pictures],
    }


def _lead_on(pages: Mapping[str, KeptPage], tables: Mapping[str, Table]) -> None:
    """Put into the sentences where their figures stand: each becomes its parts, see _part."""
    for page in pages.values():
        document = page.document
        document["lead"] = [_part(part, pages, tables) for part in _parts(document["lead"])]
        for said in document["said"]:
            said[1] = [[_part(part, pages, tables) for part in _parts(line)] for line in said[1]]


def _parts(sentence: str) -> Sequence[str | Stated]:
    return sentence.parts if isinstance(sentence, ReportSentence) else (sentence,)


def _part(part: str | Stated, pages: Mapping[str, KeptPage], tables: Mapping[str, Table]) -> list[Any]:
    """A text; with the page that it names; with a row and a column of it, and how many rows the figure there rests on.

    What stands in no table, or in a cell that rests on nothing, is a text.
    """
    if isinstance(part, str):
        return [part]
    if (table := tables.get(part.table)) is None:
        return [part.text]
    if not part.column:
        return [part.text, part.table]
    row, column = _row_of(table, part.row), next((i for i, c in enumerate(table.columns) if c.key == part.column), None)
    rows = pages[part.table].rows
    if row is None or column is None or not rows or not (n := rows[row].numbers[column]):
        return [part.text]
    return [part.text, part.table, row, column, n]


def _row_of(table: Table, row: int | tuple[str, int | str]) -> int | None:
    if isinstance(row, tuple):
        key, value = row
        return next((i for i, there in enumerate(table.frame[key].tolist()) if there == value), None)
    place = row if row >= 0 else len(table.frame) + row
    return place if 0 <= place < len(table.frame) else None


def _rows(table: Table, bases: Mapping[str, Sequence[Basis | None]], counter: BasisCounter) -> Iterator[KeptRow]:
    """The rows of a table, one after the other, so that the conditions that their cells share are met once."""
    columns = [(table.frame[c.key].tolist(), c.format, bases.get(c.key)) for c in table.columns]
    for i in range(len(table.frame)):
        cells, numbers, behind = list[str](), list[int](), list[Sequence[Any] | None]()
        for values, form, of_column in columns:
            basis = of_column[i] if of_column else None
            n = counter.count(basis) if basis else 0
            cells.append(printed(values[i], form))
            numbers.append(n)
            behind.append([basis.universe, basis.conditions, basis.shows] if basis and n else None)
        yield KeptRow(cells, numbers, behind)


def _listed(table: Table, forms: pd.Series[str]) -> pd.DataFrame:
    """A long list with the return that each row is about."""
    frame, n = table.frame, len(table.frame)
    file = frame["file"].astype("str").reset_index(drop=True) if "file" in frame else pd.Series([None] * n, dtype="str")
    form = (
        frame["form_id"].astype("str").reset_index(drop=True) if "form_id" in frame else file.map(forms).astype("str")
    )
    values = {f"c{i}": frame[column.key].reset_index(drop=True) for i, column in enumerate(table.columns)}
    return pd.DataFrame({"row": range(n), "form_id": form, "file": file, **values})


def _kept(universe: Universe) -> KeptUniverse:
    document = {name: _fact(fact) for name, fact in universe.facts.items()}
    frame = universe.frame.assign(line=range(len(universe.frame)))
    return KeptUniverse(universe.name, document, frame)


def _fact(fact: Fact) -> dict[str, Any]:
    return {"title": fact.title, "names": list(fact.names.items()), "per": fact.per}


def read_fact(kept: Mapping[str, Any]) -> Fact:
    """A fact as a batch has kept it."""
    return Fact(kept["title"], dict(map(tuple, kept["names"])), kept["per"])
