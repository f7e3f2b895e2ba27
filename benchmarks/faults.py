"""The cost of faults: assesses returns of which none, some or all break one rule, or as many checks as possible.

python benchmarks/faults.py [N]: N returns (2,000, a portion), then ten times as many. Prints CPU seconds, and for each
finding the milliseconds beyond the time of as many returns without findings; these must not rise with the number.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
import time
from random import Random

from smebatch.batch.assessment import assess_returns
from smebatch.form.writer import write_form
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.return_answers import ReturnAnswers
from smebatch.intake.workbook.cell_values import Value
from smebatch.sample import make_answers
from smebatch.standard.checks.link_count import LinkCount
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

TODAY = dt.date(2026, 11, 23)
Values = dict[str, Value]


def one_fault(edition: Edition, values: Values) -> Values:
    """Claim that every link is covered: links.count, and nothing else."""
    check = next(check for check in edition.checks if isinstance(check, LinkCount))
    *others, last = edition.question[check.question].ticks
    return values | dict.fromkeys(others, False) | {last: True}


def every_fault(edition: Edition) -> Values:
    """Answer every key in a way that its check refuses: every scene with a gap, every question with all options."""
    first_levels = {scene.ticks[0] for scene in edition.scenes}
    values: Values = {}
    for name, key in keys_of(edition).items():
        if key.kind is Kind.TICK:
            values[name] = name not in first_levels
        elif key.kind is Kind.DATE:
            values[name] = dt.date(2099, 1, 1)
        else:
            values[name] = -MICRO // 2 if key.kind.is_figure else "?"
    return values


def assess(edition: Edition, returns: list[ReturnAnswers]) -> tuple[float, int]:
    """CPU seconds of assessing returns, and the number of findings."""
    begun = time.process_time()
    findings = assess_returns(edition, {f"form{i}": answers for i, answers in enumerate(returns)}, TODAY).findings
    return time.process_time() - begun, len(findings)


def main(n: int = 2_000) -> None:
    """Print a line for each mix of returns."""
    edition = load_edition()
    form = io.BytesIO()
    write_form(form, edition, make_answers(edition, Random(1), serial=1))
    good = read_bytes(form.getvalue(), edition)
    one, every = (
        ReturnAnswers(v, [], set(), good.locations) for v in (one_fault(edition, good.values), every_fault(edition))
    )
    assess(edition, [good, one, every])  # fills the caches
    print("returns  with faults         findings  CPU s  ms a finding")
    for many in (n, 10 * n):
        clean, _ = assess(edition, [good] * many)
        print(f"{many:7,}  none                       0  {clean:5.2f}")
        for faulty, count in ((one, many // 10), (one, many), (every, many // 10), (every, many)):
            seconds, findings = assess(edition, [faulty] * count + [good] * (many - count))
            name = f"{count:6,} {'links.count' if faulty is one else 'all at once'}"
            print(f"{many:7,}  {name:18} {findings:9,}  {seconds:5.2f} {1000 * (seconds - clean) / findings:13.3f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:2]))
