"""Times splicing forms, pre-filled ones and made-up returns, beside writing each with XlsxWriter.

python benchmarks/prefill.py [N [M]]: a roster of N enterprises (10,000) and M returns (1,000); XlsxWriter writes the
first 50 of each. CPU time includes writing the files.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from smebatch.form.prefill import Splicer
from smebatch.form.writer import write_form
from smebatch.intake.roster import read_roster
from smebatch.sample.many import answers_of_return
from smebatch.sample.write import write_sample
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from smebatch.workflow import write_prefilled_forms

ANEW = 50


def timed(job: Callable[[], object], n: int) -> float:
    """CPU milliseconds for each of n."""
    begun = time.process_time()
    job()
    return 1000 * (time.process_time() - begun) / n


def beside(name: str, edition: Edition, answers: Sequence[Mapping[str, object]], folder: Path) -> None:
    """Print the time and the size of a form, spliced and written anew."""
    path, splicer = folder / "form.xlsx", Splicer(edition)
    splicer.form(answers[0])  # the pattern is written once

    def splice() -> int:
        return sum(path.write_bytes(splicer.form(given)) for given in answers)

    def anew() -> int:
        total = 0
        for given in answers[:ANEW]:
            write_form(path, edition, given)
            total += path.stat().st_size
        return total

    spliced, written = timed(splice, len(answers)), timed(anew, len(answers[:ANEW]))
    sizes = splice() / len(answers) / 1000, anew() / len(answers[:ANEW]) / 1000
    print(
        f"{name:38} spliced {spliced:7.3f} ms, {sizes[0]:.1f} KB; anew {written:7.3f} ms, {sizes[1]:.1f} KB"
        f"; {written / spliced:.0f} ×"
    )


def main(n: int = 10_000, m: int = 1_000) -> None:
    """Print CPU milliseconds a form."""
    edition = load_edition()
    with tempfile.TemporaryDirectory() as scratch:
        roster, folder = Path(scratch, "roster.csv"), Path(scratch, "forms")
        lines = (f"示例第{i}号制造有限公司,91110000{i:09d}K,广东,佛山市,南海区,C3391,联系人{i}" for i in range(n))
        roster.write_text("\n".join(["企业名称,统一社会信用代码,省,地级市,县,行业代码,联系人", *lines]), "utf-8")
        whole = timed(partial(write_prefilled_forms, roster, folder, edition), n)
        print(f"{n:,} from a roster, with reading it: {whole:.3f} ms")
        beside("pre-filled, without reading the roster", edition, read_roster(roster, edition).enterprises, folder)
        sample = timed(partial(write_sample, folder / "sample", edition, m), m)
        print(f"{m:,} of smebatch sample, made up and written: {sample:.3f} ms")
        beside("a return", edition, [answers_of_return(edition, i) for i in range(m)], folder)
        beside(
            "a return with all its notes", edition, [answers_of_return(edition, i, notes=1) for i in range(m)], folder
        )


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
