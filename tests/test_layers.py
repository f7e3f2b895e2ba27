"""The way the data travels: who may import whom, and what may not stand in the code."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "smebatch"
MODULES = sorted(PACKAGE.rglob("*.py"))
PRINTING = {"typer.echo", "typer.secho", "Text", "sys.stdout.write", "sys.stderr.write"}
PROGRESS = {(str(Path("cli", "progress.py")), "Text")}  # texts of our own, and numbers

# From the ground up. A module imports from its own folder and from the floors below, never from its neighbours.
FLOORS = (
    {"common"},
    {"standard", "issues"},
    {"form", "intake", "assess"},
    {"batch", "sample"},
    {"report"},
    {"workflow"},
    {"cli"},
)
# The folders of a folder likewise, and what modules of it stand apart; "" are its other modules.
INSIDE = {
    "standard": ("", "questions", "checks", "score_units", "check_soundness", "soundness", "loader"),
    "intake": ("workbook", "sources", "", "workers"),
    "report": ("", "xlsx"),
}
FACES = {"cli"}


def name_of(path: Path) -> str:
    """smebatch.form.writer for its file; a package goes by its own name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every module of the package that a module imports, inside functions and under TYPE_CHECKING as well."""
    names = {name_of(p) for p in MODULES}
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            found = [f"{node.module}.{alias.name}" for alias in node.names]
            found = [name if name in names else str(node.module) for name in found]
        else:
            continue
        yield from (name for name in found if name.split(".")[0] == "smebatch")


def layer(module: str) -> str:
    """The first part below the package: standard, cli, or '' for the package itself."""
    return ".".join(module.split(".")[1:2])


def ids(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def floor(module: str) -> int:
    """The floor of the folder at the root, or of the module, that it belongs to; the ground for the package itself."""
    room = layer(module)
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms) if room else 0


def inside(module: str) -> str:
    """The part of its folder: archives or workbook in intake, or a module that stands apart; "" for what does not."""
    part = ".".join(module.split(".")[2:3])
    return part if module.count(".") > 2 or module in FOLDERS or part in INSIDE.get(layer(module), ()) else ""


FOLDERS = {name_of(p) for p in PACKAGE.rglob("__init__.py")}


def test_the_root_holds_folders_and_the_jobs_only() -> None:
    assert {p.name for p in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "workflow.py"}
    assert {p.parent.name for p in PACKAGE.glob("*/__init__.py")} | {"workflow"} == set().union(*FLOORS)
    assert len(FLOORS) <= 7


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_arrows_go_down(path: Path) -> None:
    own = name_of(path)
    if own == "smebatch.__main__":
        assert {layer(module) for module in imports_of(path)} == FACES
        return
    for module in imports_of(path):
        assert layer(own) == layer(module) or floor(own) > floor(module), f"{own} imports {module}"
        if layer(own) == layer(module) in INSIDE:
            order = INSIDE[layer(own)]
            assert order.index(inside(own)) >= order.index(inside(module)), f"{own} imports {module}"


def test_every_folder_of_a_folder_has_its_place() -> None:
    for folder in FOLDERS:
        if folder.count(".") == 2:
            assert inside(folder) in INSIDE[layer(folder)], folder
    modules = {name_of(path) for path in MODULES}
    for name, order in INSIDE.items():
        assert {f"smebatch.{name}.{part}" for part in order if part} <= modules


def test_only_the_rim_speaks_the_users_language() -> None:
    speakers = {layer(name_of(path)) for path in MODULES if "smebatch.cli.messages" in imports_of(path)}
    assert speakers <= FACES


def test_whatever_is_printed_passes_one_place() -> None:
    """Where it loses what would act on a terminal: lines in tell, tables in show.console."""
    named = {
        (ids(path), ast.unparse(node.func))
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    }
    assert named == {(str(Path("cli", "tell.py")), "typer.echo"), (str(Path("cli", "console.py")), "Text"), *PROGRESS}


def test_no_module_imports_itself_in_a_round() -> None:
    graph = {name_of(p): {m for m in imports_of(p) if m != name_of(p)} for p in MODULES}
    TopologicalSorter({name: used - {"smebatch"} for name, used in graph.items()}).prepare()


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_a_library_neither_asserts_nor_prints(path: Path) -> None:
    for node in ast.walk(tree_of(path)):
        where = f"{ids(path)}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Assert), where
        assert not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"), where


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_only_the_rim_ends_the_program(path: Path) -> None:
    ends = [
        node
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Name) and node.id == "SystemExit" and isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.exit")
    ]
    # the reader of workbooks names SystemExit only to let it pass
    assert not ends or layer(name_of(path)) == "cli" or ids(path) == str(Path("intake", "workbook", "workbook.py"))


def wording() -> set[str]:
    """Question titles, options, scene names and level texts of the edition, 4 characters or more."""
    toml = tomllib.loads((PACKAGE / "standard" / "editions" / "2024.toml").read_text("utf-8"))
    texts = [
        *(text for q in toml["question"] for text in (q["title"], *q["options"])),
        *(text for s in toml["scene"] for text in (s["name"], *s["levels"])),
        *(g["description"] for g in toml["level"]),
    ]
    return {text for text in texts if len(text) >= 4}


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_no_wording_of_the_edition_stands_in_code(path: Path) -> None:
    code = path.read_text("utf-8")
    assert sorted(text for text in wording() if text in code) == []
