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
LEAVES = {"text", "issues", "say", "whole"}
RIM = {"cli", "show", "tell", "usage"}
PRINTING = {"typer.echo", "typer.secho", "Text", "sys.stdout.write", "sys.stderr.write"}
PROGRESS = {(str(Path("show", "progress.py")), "Text")}  # texts of our own, and numbers

# Each folder imports only from those to its left (design, section 2), and from the leaves.
MAY_IMPORT = {
    "standard": {"standard"},
    "form": {"standard", "form"},
    "intake": {"standard", "form", "intake"},
    "assess": {"standard", "assess"},
    "report": {"standard", "form", "report"},
    "sample": {"standard", "form", "sample"},
    "show": {"standard", "checked", "pipeline", "show", "say"},
}


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


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_imports_go_in_one_direction(path: Path) -> None:
    own = layer(name_of(path))
    used = {layer(module) for module in imports_of(path)} - {""}
    if own in LEAVES or own == "":
        assert not used
    elif own in MAY_IMPORT:
        assert used <= MAY_IMPORT[own] | (LEAVES - {"say"})
    assert "cli" not in used or own == "__main__"


def test_every_folder_has_its_layer() -> None:
    folders = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert folders == set(MAY_IMPORT)


def test_only_the_rim_speaks_the_users_language() -> None:
    speakers = {layer(name_of(path)) for path in MODULES if "smebatch.say" in imports_of(path)}
    assert speakers <= RIM


def test_whatever_is_printed_passes_one_place() -> None:
    """Where it loses what would act on a terminal: lines in tell, tables in show.console."""
    named = {
        (ids(path), ast.unparse(node.func))
        for path in MODULES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in PRINTING
    }
    assert named == {("tell.py", "typer.echo"), (str(Path("show", "console.py")), "Text"), *PROGRESS}


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
    assert not ends or layer(name_of(path)) == "cli" or ids(path) == str(Path("intake", "workbook.py"))


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
