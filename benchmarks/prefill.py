"""Times splicing forms, pre-filled ones, made-up returns and correction copies, beside writing each with XlsxWriter.

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
from random import Random

from smebatch.form.correction import Correction, CorrectionIssue
from smebatch.form.next_round import NextRound
from smebatch.form.prefill import Splicer
from smebatch.form.writer import write_form
from smebatch.intake.roster import read_roster
from smebatch.sample.many import answers_of_return
from smebatch.sample.write import write_sample
from smebatch.standard.keys import titles_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from smebatch.workflow import write_prefilled_forms

ANEW = 50

Form = tuple[Mapping[str, object], Correction | None]
"""The answers of a form, and what makes it a correction copy."""


def timed(job: Callable[[], object], n: int) -> float:
    """CPU milliseconds for each of n."""
    begun = time.process_time()
    job()
    return 1000 * (time.process_time() - begun) / n


def beside(name: str, edition: Edition, forms: Sequence[Form], folder: Path) -> None:
    """Print the time and the size of a form or a correction copy, spliced and written anew."""
    path, splicer = folder / "form.xlsx", Splicer(edition)

    def spliced_form(answers: Mapping[str, object], correction: Correction | None) -> bytes:
        return splicer.correction(answers, correction) if correction else splicer.form(answers)

    start = timed(partial(spliced_form, *forms[0]), 1)  # the pattern is written once

    def splice() -> int:
        return sum(path.write_bytes(spliced_form(*form)) for form in forms)

    def anew() -> int:
        total = 0
        for answers, correction in forms[:ANEW]:
            write_form(path, edition, answers, correction)
            total += path.stat().st_size
        return total

    spliced, written = timed(splice, len(forms)), timed(anew, len(forms[:ANEW]))
    sizes = splice() / len(forms) / 1000, anew() / len(forms[:ANEW]) / 1000
    print(
        f"{name:38} spliced {spliced:7.3f} ms, {sizes[0]:.1f} KB; anew {written:7.3f} ms, {sizes[1]:.1f} KB"
        f"; {written / spliced:.0f} ×; the first {start:.0f} ms"
    )


def next_round(edition: Edition, returns: Sequence[Mapping[str, object]], folder: Path) -> None:
    """Print the time of a form for an assessment on site that shows a return with all its notes."""
    path, splicer = folder / "form.xlsx", Splicer(edition, NextRound("改造前", "现场评定", "改造前", "自评"))
    lasting = [field.key for field in edition.fields if not field.of_return]
    forms = [({key: answers[key] for key in lasting if key in answers}, answers) for answers in returns]
    start = timed(partial(splicer.form, *forms[0]), 1)
    spliced = timed(lambda: [path.write_bytes(splicer.form(*form)) for form in forms], len(forms))
    print(f"{'a form of the next round':38} spliced {spliced:7.3f} ms; the first {start:.0f} ms")


def correction_of(edition: Edition, serial: int, count: int) -> Correction:
    """A correction with so many issues about any answers."""
    random, titles = Random(serial), titles_of(edition)
    messages = ["请只填数字，不带单位。", "单选题只能选一项。", "与题2所填矛盾，请核对两处，改正有误的一处。" * 2]
    issues = tuple(
        CorrectionIssue("a.code", key, i < count // 2, titles[key], "约30", random.choice(messages), "三(一)", "")
        for i, key in enumerate(random.sample(list(titles), count))
    )
    return Correction(f"{serial:016x}", f"示例第{serial}号", "甲.xlsx", "2026-12-31", "某局", "张三", "0757-1", issues)


def main(n: int = 10_000, m: int = 1_000) -> None:
    """Print CPU milliseconds a form."""
    edition = load_edition()
    with tempfile.TemporaryDirectory() as scratch:
        roster, folder = Path(scratch, "roster.csv"), Path(scratch, "forms")
        lines = (f"示例第{i}号制造有限公司,91110000{i:09d}K,广东,佛山市,南海区,C3391,联系人{i}" for i in range(n))
        roster.write_text("\n".join(["企业名称,统一社会信用代码,省,地级市,县,行业代码,联系人", *lines]), "utf-8")
        whole = timed(partial(write_prefilled_forms, roster, folder, edition), n)
        print(f"{n:,} from a roster, with reading it: {whole:.3f} ms")
        beside(
            "pre-filled, without reading the roster",
            edition,
            [(row, None) for row in read_roster(roster, edition).enterprises],
            folder,
        )
        sample = timed(partial(write_sample, folder / "sample", edition, m), m)
        print(f"{m:,} of smebatch sample, made up and written: {sample:.3f} ms")
        returns = [answers_of_return(edition, i) for i in range(m)]
        beside("a return", edition, [(answers, None) for answers in returns], folder)
        noted = [answers_of_return(edition, i, notes=1) for i in range(m)]
        beside("a return with all its notes", edition, [(answers, None) for answers in noted], folder)
        next_round(edition, noted, folder)
        for count in (5, 60):
            copies = [(answers, correction_of(edition, i, count)) for i, answers in enumerate(returns)]
            beside(f"a correction copy with {count} issues", edition, copies, folder)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:3]))
