"""Fill in a form in LibreOffice as a person does: open it, type into cells, save it. For LibreOffice's own Python.

python3 type_in_office.py PORT FORM OUT ANSWERS.json, with a soffice listening on the port.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue


def connect(port: int) -> Any:
    context = uno.getComponentContext()
    resolver = context.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", context)
    for _ in range(120):
        try:
            return resolver.resolve(f"uno:socket,host=127.0.0.1,port={port};urp;StarOffice.ComponentContext")
        except Exception:  # noqa: BLE001  # it is still starting
            time.sleep(0.5)
    raise SystemExit("LibreOffice does not answer")


def option(name: str, value: object) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def keyed_cells(sheet: Any) -> dict[str, Any]:
    """Key → cell, by the sheet's key column and key row."""
    cursor = sheet.createCursor()
    cursor.gotoEndOfUsedArea(False)
    rows, columns = cursor.RangeAddress.EndRow + 1, cursor.RangeAddress.EndColumn + 1
    data = sheet.getCellRangeByPosition(0, 0, columns - 1, rows - 1).getDataArray()
    corner = next(((r, c) for r in range(rows) for c in range(columns) if data[r][c] == "#smebatch"), None)
    if corner is None:
        return {}
    suffixes = {c: mark[1:] for c, mark in enumerate(data[corner[0]]) if str(mark).startswith("#") and c != corner[1]}
    return {
        f"{data[r][corner[1]]}{suffix}": sheet.getCellByPosition(c, r)
        for r in range(rows)
        if r != corner[0] and data[r][corner[1]]
        for c, suffix in suffixes.items()
    }


def addressed(document: Any, key: str) -> Any:
    """A cell that has no key, by its sheet and address, such as 待审定!I2."""
    sheet, address = key.split("!")
    return document.Sheets.getByName(sheet).getCellRangeByName(address)


def main(port: int, form: str, out: str, answers: str) -> None:
    context = connect(port)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    document = desktop.loadComponentFromURL(Path(form).resolve().as_uri(), "_blank", 0, (option("Hidden", True),))
    cells: dict[str, Any] = {}
    for sheet in document.Sheets:
        cells.update(keyed_cells(sheet))
    for key, text in json.loads(Path(answers).read_text(encoding="utf-8")).items():
        # As text is typed: where the cell is no text cell, LibreOffice makes numbers and dates of it.
        cell = cells[key] if key in cells else addressed(document, key)
        if cell.NumberFormat and document.NumberFormats.getByKey(cell.NumberFormat).Type == 256:
            cell.setString(text)
        else:
            cell.setFormula(text)
    document.storeToURL(Path(out).resolve().as_uri(), (option("FilterName", "Calc MS Excel 2007 XML"),))
    document.close(True)
    os._exit(0)  # who started LibreOffice ends it; Python's own end, with the bridge still up, has crashed


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
