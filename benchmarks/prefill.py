"""Pre-filled forms from a roster, beside writing each anew.

python benchmarks/prefill.py [N]: a roster of N enterprises (10,000); the rival writes the first 100 of them.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
import time
from pathlib import Path

from smebatch.form.prefill import Prefill
from smebatch.form.writer import write_form
from smebatch.intake.roster import read_roster
from smebatch.pipeline import prefilled_forms
from smebatch.standard.loader import load_edition

ANEW = 100


def main(n: int = 10_000) -> None:
    """Print milliseconds a form and the ratios."""
    edition = load_edition()
    with tempfile.TemporaryDirectory() as scratch:
        roster, folder = Path(scratch, "roster.csv"), Path(scratch, "forms")
        lines = (f"示例第{i}号制造有限公司,91110000{i:09d}K,广东,佛山市,南海区,C3391,联系人{i}" for i in range(n))
        roster.write_text("\n".join(["企业名称,统一社会信用代码,省,地级市,县,行业代码,联系人", *lines]), "utf-8")
        begun = time.perf_counter()
        paths = prefilled_forms(edition, roster, folder)
        whole = (time.perf_counter() - begun) / len(paths)
        enterprises = read_roster(roster, edition)
        prefill = Prefill(edition)
        prefill.form(enterprises[0])
        begun = time.perf_counter()
        for path, answers in zip(paths, enterprises, strict=True):
            path.write_bytes(prefill.form(answers))
        forms = (time.perf_counter() - begun) / len(paths)
        begun = time.perf_counter()
        for path, answers in itertools.islice(zip(paths, enterprises, strict=True), ANEW):
            write_form(path, edition, answers)
        anew = (time.perf_counter() - begun) / min(ANEW, n)
    print(f"{n:,} forms: {whole * 1e3:.3f} ms each with reading the roster, {forms * 1e3:.3f} ms without it")
    print(f"written anew: {anew * 1e3:.1f} ms each, {anew / whole:.0f} × and {anew / forms:.0f} × of that")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
