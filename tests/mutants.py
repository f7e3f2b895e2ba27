"""Which changes of the program no test notices: ``make mutants``, by hand.

Every change of ``mutations`` is written into a copy of the project in turn, and the module's tests run against it, all
of them, until one fails. A change with which all pass has survived: a test is missing, or the change makes no
difference. What has survived is judged in docs/mutants.md.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from program_changes import mutations

ROOT = Path(__file__).parent.parent
COPY = ROOT / "build" / "mutants"
COPIED = ("smebatch", "tests", "benchmarks", "sample_data", "templates", "docs")

READING = (
    "rows values format_code seen_elsewhere readers_agree xls old_forms seen encrypted inspected directory reading"
)
KINDS = ["kinds", "checks", "form_words", "docs", "form::test_the_template_is_what_the_command_makes"]
KINDS += ["switches", "edition", "energy", "sample"]
SECTIONS = "figures_overview figures_groups figures_items figures_scenes figures_upgrade adds_up report"
TESTS = {
    "common/rounding.py": ["score", "figures_overview", "outputs"],
    "assess/score.py": ["score", "oracle"],
    "assess/latest_return.py": ["settle"],
    "assess/bases.py": ["working", "checks", "oracle"],
    "assess/completeness.py": ["kinds", "checks"],
    "assess/answers_frame.py": ["answers_frame", "checks", "oracle", "score", "switches"],
    "assess/working.py": ["working"],
    "assess/energy.py": ["energy", "checks"],
    "assess/*.py": ["checks", "energy", "kinds", "switches"],
    "standard/checks/*.py": KINDS,
    "standard/questions/*.py": [*KINDS, "score"],
    "intake/workbook/cell_values.py": ["values"],
    "intake/roster*.py": ["roster"],
    "intake/read_entry.py": ["folder", "encrypted", "environment", "archive"],
    "intake/*.py": ["reading", "checks", "seen", "pictures", "inspected", "energy"],
    "intake/workbook/address.py": ["rows", "values", "seen", "checks"],
    "intake/workbook/displayed_value.py": ["seen", "seen_elsewhere", "values", "roster"],
    "intake/workbook/*.py": READING.split(),
    "report/exact_statistics.py": ["figures_overview", "figures_groups", "report", "adds_up", "oracle"],
    "report/section_lists.py": ["figures_lists", "figures_roster", "report"],
    "report/section_explanation.py": ["figures_lists", "report"],
    "report/section_*.py": [*SECTIONS.split(), "figures_roster"],
}
"""The tests of the modules that numbers and verdicts come from; of two rows the first holds.

Those of a row that notice most in least time stand first. A module's doctests run before them."""

IMPORTED_ONCE = ["duckdb", "hypothesis", "numpy", "openpyxl", "pandas", "pandera", "pytest", "xlsxwriter"]
"""What a process that runs tests finds imported: nothing of the program, so that nothing of it is cached either."""

ARGUMENTS = ["-x", "-q", "--no-header", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:randomly"]
ARGUMENTS += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is imported
MARKED = "not slow and not office and not client"
TOO_LONG = "not another_program and not hand_in_the_workbook and not asks_no_more and not on_the_chunks"
TOO_LONG += " and not city_of_four and not another_edition_runs"
"""The tests that take seconds and hold what shorter ones hold as well."""
PASSED = 0
LONGER = 4  # how many times as long as the tests of the unchanged module a run may take, and how many seconds more
SECONDS_MORE = 20


def selected_for(module: Path) -> list[str]:
    """The tests that run against changes of a module, as pytest names them.

    Raises StopIteration where the table has no row.
    """
    names = next(names for pattern, names in TESTS.items() if module.match(f"smebatch/{pattern}"))
    return [f"tests/test_{file}.py{colons}{test}" for file, colons, test in (name.partition("::") for name in names)]


def modules() -> list[Path]:
    """Every module that the table has a row for, but for those that only make a folder a package."""
    found = {module for pattern in TESTS for module in (ROOT / "smebatch").glob(pattern)}
    return sorted(module for module in found if module.name != "__init__.py")


def make_copy() -> None:
    """Copy the project, compiled, so that only a changed module is compiled anew."""
    shutil.rmtree(COPY, ignore_errors=True)
    for folder in COPIED:
        shutil.copytree(ROOT / folder, COPY / folder, ignore=shutil.ignore_patterns("__pycache__", ".hypothesis"))
    for file in filter(Path.is_file, ROOT.iterdir()):
        shutil.copy2(file, COPY)
    compileall.compile_dir(COPY / "smebatch", quiet=1, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)


def run_tests(module: Path, seconds: float, *, aloud: bool = False) -> int | None:
    """The exit code of the module's tests in a process of its own, or None where they took longer than ``seconds``."""
    if not (child := os.fork()):
        os.setsid()  # its readers end with it
        os.chdir(COPY)
        sys.path[:0] = [str(COPY), str(COPY / "tests")]
        os.environ["PYTHONPATH"] = f"{COPY}:{COPY / 'tests'}"
        if not aloud:
            for output in (1, 2):
                os.dup2(os.open(os.devnull, os.O_WRONLY), output)
        files = [str(module.relative_to(ROOT)), *selected_for(module)]
        os._exit(import_module("pytest").main([*ARGUMENTS, "-m", MARKED, "-k", TOO_LONG, *files]))
    ends = time.monotonic() + seconds
    while not (done := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < ends:
        time.sleep(0.01)
    with suppress(ProcessLookupError):  # nothing of it may be left
        os.killpg(child, signal.SIGKILL)
    if done[0]:
        return os.waitstatus_to_exitcode(done[1])
    os.waitpid(child, 0)
    return None


def try_mutants(module: Path, function: str, every: int) -> None:
    """Change a module, or one function of it; print what survived, and how many changes were noticed.

    Of ``every`` so many changes one is tried.
    """
    name, source = module.relative_to(ROOT), module.read_text("utf-8")
    changed = COPY / name
    start = time.monotonic()
    if run_tests(module, float("inf"), aloud=True) != PASSED:
        print(f"{name}: not tried, its tests fail without any change", flush=True)
        return
    longest = LONGER * (time.monotonic() - start) + SECONDS_MORE
    fates: Counter[str] = Counter()
    wanted = [m for m in mutations(source) if f"{m.function}.".startswith(f"{function}." if function else "")]
    for mutation in wanted[every // 2 :: every]:
        changed.write_text(mutation.source, encoding="utf-8")
        code = run_tests(module, longest)
        fate = "no end" if code is None else "survived" if code == PASSED else "died" if code < 0 else "noticed"
        fates[fate] += 1
        if fate != "noticed":
            print(f"\n{fate}: {name}:{mutation.line} {mutation.function}\n{mutation.difference}", flush=True)
    changed.write_text(source, encoding="utf-8")
    others = "".join(f", {count} {fate}" for fate, count in fates.items() if fate != "noticed")
    tried = f"{fates.total()} changes" if every == 1 else f"{fates.total()} changes tried of {len(wanted)}"
    print(f"{name} {function}: {fates['noticed']} of {tried} noticed{others}", flush=True)


def main(*names: str) -> None:
    """Try these modules, or functions as ``module.py:Class.function``, or all in the table.

    The environment may hold EVERY: of so many changes one is tried, which gives a rate in less time.
    """
    make_copy()
    for imported in IMPORTED_ONCE:
        import_module(imported)
    for name in names or map(str, modules()):
        module, _, function = name.partition(":")
        try_mutants(ROOT / module, function, int(os.environ.get("EVERY", "1")))


if __name__ == "__main__":
    main(*sys.argv[1:])
