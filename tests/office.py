"""LibreOffice for tests: recalculates and converts workbooks, and prints sheets as pictures."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

_RECALC = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">\
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>{mode}</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">\
<prop oor:name="ODFRecalcMode" oor:op="fuse"><value>{mode}</value></prop></item>
</oor:items>
"""
ALWAYS, NEVER = 0, 1


def available() -> bool:
    """Whether LibreOffice, for workbooks and documents, and poppler are installed."""
    return all(shutil.which(program) for program in ("soffice", "lowriter", "pdftoppm"))


def convert(
    paths: Iterable[Path], fmt: str, outdir: Path, *, recalculate: bool = True, timeout: float = 600
) -> list[Path]:
    """Convert workbooks in one run of LibreOffice, in a profile of its own; return the new files in the same order.

    By default every formula is recalculated on load, whatever its cached value. The names of the workbooks must differ.
    """
    sources = [Path(p) for p in paths]
    outdir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="office-") as profile:
        user = Path(profile, "user")
        user.mkdir()
        settings = _RECALC.format(mode=ALWAYS if recalculate else NEVER)
        (user / "registrymodifications.xcu").write_text(settings, encoding="utf-8")
        command = ["soffice", f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore"]
        # Of the two filters for xlsx, people's "save as" takes the one for Excel; which --convert-to takes depends on
        # what of LibreOffice is installed.
        fmt = "xlsx:Calc MS Excel 2007 XML" if fmt == "xlsx" else fmt
        command += ["--convert-to", fmt, "--outdir", str(outdir), *map(str, sources)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    made = [outdir / f"{p.stem}.{fmt.partition(':')[0]}" for p in sources]
    missing = [p.name for p in made if not p.exists()]
    if missing:
        raise RuntimeError(f"LibreOffice made no {', '.join(missing)}: {done.stdout}{done.stderr}")
    return made


def pictures(path: Path, outdir: Path, *, dpi: int = 80) -> list[Path]:
    """Print the visible sheets of a workbook; return a PNG for each page, in order."""
    (pdf,) = convert([path], "pdf", outdir)
    subprocess.run(["pdftoppm", "-png", "-r", str(dpi), str(pdf), str(outdir / path.stem)], check=True)
    return sorted(outdir.glob(f"{path.stem}-*.png"))
