"""Opens returns in other programs and libraries and saves them there.

LibreOffice, Gnumeric, node and a JDK come from the system; ``make clients`` fetches the libraries for the last two.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import openpyxl

from office import convert

_HERE = Path(__file__).parent
_LIBRARIES = _HERE.parent.parent / "build" / "clients"
_NODE_MODULES = _LIBRARIES / "node_modules"
_JARS = _LIBRARIES / "java" / "pyreportjasper" / "libs"  # a package of PyPI that brings Apache POI along


@dataclass(frozen=True)
class Client:
    """A program that opens workbooks and saves them."""

    available: Callable[[], bool]
    _save: Callable[[Sequence[Path], Path], object]

    def save(self, paths: Sequence[Path], folder: Path) -> list[Path]:
        """Save workbooks under their names in another folder; return the new files in the same order.

        One run of the program saves them all; Gnumeric takes one file a run. The names must differ. Raises
        RuntimeError with the output of a program that fails.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._save(paths, folder)
        saved = [folder / path.name for path in paths]
        missing = [path.name for path in saved if not path.exists()]
        if missing:
            raise RuntimeError(f"not saved: {', '.join(missing)}")
        return saved


def _run(*command: str | Path, libraries: Path | None = None) -> None:
    variables = {**os.environ, "NODE_PATH": str(libraries)} if libraries else None
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stdout}{done.stderr}")


def _libreoffice(paths: Sequence[Path], folder: Path) -> None:
    # Formulas are not calculated anew: that is what LibreOffice does when nobody has set it otherwise.
    convert(paths, "xlsx", folder, recalculate=False, timeout=60 + 10 * len(paths))


def _gnumeric(paths: Sequence[Path], folder: Path) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda path: _run("ssconvert", path, folder / path.name), paths))


def _openpyxl(paths: Sequence[Path], folder: Path) -> None:
    for path in paths:
        openpyxl.load_workbook(path).save(folder / path.name)


def _node(script: str) -> Callable[[Sequence[Path], Path], None]:
    def save(paths: Sequence[Path], folder: Path) -> None:
        _run("node", _HERE / script, folder, *paths, libraries=_NODE_MODULES)

    return save


def _poi(paths: Sequence[Path], folder: Path) -> None:
    _run("java", "-classpath", _JARS / "*", _HERE / "SavePoi.java", folder, *paths)


def _has(program: str, library: Path = _HERE) -> Callable[[], bool]:
    return lambda: bool(shutil.which(program)) and library.exists()


CLIENTS = {
    "LibreOffice": Client(_has("soffice"), _libreoffice),
    "Gnumeric": Client(_has("ssconvert"), _gnumeric),
    "openpyxl": Client(lambda: True, _openpyxl),
    "SheetJS": Client(_has("node", _NODE_MODULES / "xlsx"), _node("save_sheetjs.js")),
    "ExcelJS": Client(_has("node", _NODE_MODULES / "exceljs"), _node("save_exceljs.js")),
    "Apache POI": Client(_has("javac", _JARS), _poi),
}
