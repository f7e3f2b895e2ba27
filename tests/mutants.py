"""Which changes of the program no test notices: ``make mutants``, by hand, in an environment of its own.

mutmut changes one thing of a function at a time (a sign, a number, a name, an argument) and runs the tests that call
the function. A change with which all of them pass has survived: a test is missing, or the change makes no difference.
Of tests that share what was made once (a fixture of the module, a cache), only the first is known to call the function:
what survives is looked at before it is believed. Functions under a decorator, such as cached ones, and what stands
outside functions are not changed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRATCH = ROOT / "build" / "mutants"
COPIED = (
    "smebatch",
    "tests",
    "benchmarks",
    "sample_data",
    "templates",
    "docs",
    "pyproject.toml",
    "Makefile",
    "README.md",
)

READING = (
    "reading readers_agree rows values format_code seen seen_elsewhere xls encrypted directory inspected old_forms"
)
FIGURES = "groups items lists overview roster scenes upgrade"
TESTS = {
    "assess/score.py": ["score", "oracle"],
    "assess/latest_return.py": ["settle"],
    "assess/*.py": ["checks", "energy", "switches", "edition", "any_edition"],
    "intake/*.py": READING.split(),
    "intake/workbook/*.py": READING.split(),
    "report/exact_statistics.py": ["report", "adds_up", "oracle"],
    "report/section_*.py": ["report", "adds_up", *(f"figures_{name}" for name in FIGURES.split())],
}
"""The tests of the modules that numbers and verdicts come from; of two rows the first holds."""


def selected_for(module: Path) -> list[str]:
    """The files of tests that run against changes of a module. Raises StopIteration where the table has no row."""
    names = next(names for pattern, names in TESTS.items() if module.match(f"smebatch/{pattern}"))
    return [f"tests/test_{name}.py" for name in names]


def modules() -> list[Path]:
    """Every module that the table has a row for, but for those that only make a folder a package."""
    found = {module for pattern in TESTS for module in (ROOT / "smebatch").glob(pattern)}
    return sorted(module for module in found if module.name != "__init__.py")


def copied(module: Path) -> Path:
    """A copy of the project in which mutmut changes this module alone; what it found before is kept there."""
    name = module.relative_to(ROOT).as_posix()
    folder = SCRATCH / name.removesuffix(".py").replace("/", ".")
    folder.mkdir(parents=True, exist_ok=True)
    for part in COPIED:
        if (ROOT / part).is_dir():
            shutil.copytree(
                ROOT / part, folder / part, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy2(ROOT / part, folder)
    settings = {
        "source_paths": ["smebatch"],
        "only_mutate": [name],
        "also_copy": [part for part in COPIED if part != "smebatch"],
        "pytest_add_cli_args": [
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-m",
            "not slow and not office and not client",
        ],
        "pytest_add_cli_args_test_selection": selected_for(module),
        "use_git_change_detection": False,
    }
    lines = [f"{key} = {json.dumps(value)}" for key, value in settings.items()]  # lists of texts are the same in TOML
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("\n".join(["\n[tool.mutmut]", *lines, ""]))
    return folder


def mutmut(folder: Path, *arguments: str) -> str:
    """What mutmut says."""
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True, text=True).stdout


def main(*names: str) -> None:
    """Change these modules, or all in the table; print what survived, and how many were noticed."""
    for module in [ROOT / name for name in names] or modules():
        folder = copied(module)
        subprocess.run([sys.executable, "-m", "mutmut", "run"], cwd=folder, check=True)  # says how far it is
        for line in mutmut(folder, "results").splitlines():
            mutant, _, fate = line.strip().partition(": ")
            print(f"\n{fate}: {mutant}\n{mutmut(folder, 'show', mutant)}")
        mutmut(folder, "export-cicd-stats")
        stats = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text("utf-8"))
        print(f"{module.relative_to(ROOT)}: {stats['killed']} of {stats['total']} changes noticed", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
