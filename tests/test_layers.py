"""The way the data travels: who may import whom, and what may not stand in the code."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from house import (
    FACES,
    FLOORS,
    FOLDERS,
    INSIDE,
    MODULES,
    PACKAGE,
    STARTS,
    floor,
    folder,
    imports_of,
    name_of,
    room,
    tree_of,
)

PRINTING = {"typer.echo", "typer.secho", "Text", "sys.stdout.write", "sys.stderr.write"}
PROGRESS = {(str(Path("cli", "progress.py")), "Text")}  # texts of our own, and numbers


def ids(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def test_the_root_holds_folders_and_the_jobs_only() -> None:
    assert {p.name for p in PACKAGE.glob("*.py")} == {"__init__.py", "__main__.py", "workflow.py"}
    assert {p.parent.name for p in PACKAGE.glob("*/__init__.py")} | {"workflow"} == set().union(*FLOORS)
    assert len(FLOORS) <= 7


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_arrows_go_down(path: Path) -> None:
    own = name_of(path)
    if own == "smebatch.__main__":
        assert {room(module) for module in imports_of(path)} == {"cli"}
        return
    for module in imports_of(path):
        if STARTS.get(own) == module:
            continue
        assert room(own) == room(module) or floor(own) > floor(module), f"{own} imports {module}"
        if room(own) == room(module) and folder(own) and folder(module):
            order = INSIDE[room(own)]
            assert order.index(folder(own)) >= order.index(folder(module)), f"{own} imports {module}"


def test_every_folder_of_a_room_has_its_place() -> None:
    there: dict[str, set[str]] = {}
    for name in FOLDERS:
        if name.count(".") == 2:
            there.setdefault(room(name), set()).add(folder(name))
    assert there == {name: set(order) for name, order in INSIDE.items()}


def test_only_the_rim_speaks_the_users_language() -> None:
    speakers = {room(name_of(path)) for path in MODULES if "smebatch.language.words" in imports_of(path)}
    assert speakers <= FACES


def test_the_language_is_chosen_once_and_handed_on() -> None:
    """Nothing below the start of the program asks the environment for it, so that one process can speak both."""
    callers = {
        ids(path)
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("language_of")
    }
    assert callers == {str(Path("cli", "program.py"))}
    named = {ids(path) for path in MODULES if re.search("SMEBATCH_LANG|getlocale", path.read_text("utf-8"))}
    assert named == {str(Path("language", "words.py"))}


def test_whatever_is_printed_passes_one_place() -> None:
    """Where it loses what would act on a terminal: lines in terminal, tables in console."""
    named = {
        (ids(path), ast.unparse(node.func))
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    }
    assert named == {
        (str(Path("cli", "terminal.py")), "typer.echo"),
        (str(Path("cli", "console.py")), "Text"),
        *PROGRESS,
    }


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
    assert not ends or room(name_of(path)) == "cli" or ids(path) == str(Path("intake", "workbook", "grid_readers.py"))


PRIVATE = re.compile("_[^_]")
NAMED_TUPLE = {"_asdict", "_fields", "_field_defaults", "_make", "_replace"}  # public in spite of the underscore


@pytest.mark.parametrize("path", [p for p in MODULES if room(name_of(p)) in ("form", "report")], ids=ids)
def test_where_workbooks_are_written_nobody_uses_a_private_name_of_another(path: Path) -> None:
    """A release of XlsxWriter may change what is private without a word."""
    nodes = list(ast.walk(tree_of(path)))
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    used = {n.attr for n in nodes if isinstance(n, ast.Attribute) and ast.unparse(n.value) not in ("self", "cls")}
    assert not {name for name in imported | used if PRIVATE.match(name)} - NAMED_TUPLE


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


def public_types(path: Path) -> Iterator[str]:
    """The public classes and type aliases that a module defines."""
    for node in tree_of(path).body:
        if isinstance(node, ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        else:
            continue
        if name[0].isupper() and not name.isupper():
            yield name


def test_no_two_public_types_share_a_name() -> None:
    modules: dict[str, list[str]] = {}
    for path in MODULES:
        for name in public_types(path):
            modules.setdefault(name, []).append(name_of(path))
    assert {name: homes for name, homes in modules.items() if len(homes) > 1} == {}
