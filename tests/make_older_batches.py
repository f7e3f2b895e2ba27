"""Makes older_batches/layout_N.zip: a small batch of each layout that main ever had, by the program of that time.

Run it at the root of the repository, with the interpreter of the development environment: `python
tests/make_older_batches.py`. Beside the batch each archive holds scores.csv, the export of the program that made it:
what today's program must still say. The returns are made up by that program as well.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import openpyxl

FOLDER = Path(__file__).parent / "older_batches"
COMMITS = {  # the last commit of each layout; of layout 5 the first, which lacks tables and columns of today
    1: "2ac680e",
    2: "1b8d100~1",
    3: "ea87fe1~1",
    4: "b6ce5d0",
    5: "8bdbc57",
}
RETURNS = 12


def make(layout: int, commit: str, folder: Path) -> None:
    """Make the archive of a layout; ``folder``: an empty folder to work in."""
    tree, returns, batch, out = (folder / name for name in ("tree", "returns", "batch.duckdb", "export"))
    subprocess.run(["git", "worktree", "add", "--detach", "--quiet", tree, commit], check=True)
    try:

        def smebatch(*arguments: object) -> None:
            environment = {**os.environ, "PYTHONPATH": str(tree), "SMEBATCH_LANG": "en"}
            command = [sys.executable, "-m", "smebatch", *map(str, arguments)]
            subprocess.run(command, check=True, cwd=tree, env=environment, stdout=subprocess.DEVNULL)

        smebatch("sample", "-n", RETURNS, "-o", returns, "--seed", layout)
        smebatch("ingest", returns, "-b", batch)
        smebatch("export", "-b", batch, "-o", out)
        with (out / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
            one = next(csv.DictReader(file))
        book = openpyxl.Workbook()
        book.active.append(("企业名称", "统一社会信用代码"))
        book.active.append((one["name"], one["uscc"]))
        book.active.append(("没有报送的企业有限公司", ""))
        book.save(folder / "roster.xlsx")
        smebatch("ingest", returns, "-b", batch, "--roster", folder / "roster.xlsx")
        FOLDER.mkdir(exist_ok=True)
        with ZipFile(FOLDER / f"layout_{layout}.zip", "w", ZIP_DEFLATED, compresslevel=9) as archive:
            for path in (batch, out / "scores.csv"):
                member = ZipInfo(path.name, (2026, 11, 1, 0, 0, 0))
                member.compress_type = ZIP_DEFLATED
                archive.writestr(member, path.read_bytes())
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], check=True)


if __name__ == "__main__":
    for number, made_by in COMMITS.items():
        with TemporaryDirectory() as work:
            make(number, made_by, Path(work))
