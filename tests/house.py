"""The house: which folder stands on which floor, which module imports which. docs/architecture.svg is drawn of it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "smebatch"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the ground up. A module imports from its own folder and from the floors below, never from its neighbours.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("common",),
    ("standard", "issues"),
    ("form", "intake", "assess", "settings", "language"),
    ("sample", "batch"),
    ("report",),
    ("workflow",),
    ("cli", "page"),
)
# The folders of a room likewise. Its own modules may stand below and above them: no module imports itself in a round.
INSIDE = {
    "standard": ("questions", "checks"),
    "form": ("splicing",),
    "intake": ("workbook", "sources", "workers"),
    "assess": ("ways",),
    "report": ("public", "xlsx", "docx", "svg", "basis"),
}
FACES = {"cli", "page"}
STARTS = {"smebatch.cli.commands": "smebatch.page.server"}  # the command line starts the page, and knows no more of it


def name_of(path: Path) -> str:
    """smebatch.form.writer for its file; a package goes by its own name."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}
FOLDERS = {name_of(path) for path in PACKAGE.rglob("__init__.py")}


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text("utf-8"), str(path))


@cache
def imports_of(path: Path) -> frozenset[str]:
    """Every module of the package that a module imports, inside functions and under TYPE_CHECKING as well."""
    imported: set[str] = set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            imported |= {name if name in NAMES else str(node.module) for name in names}
    return frozenset(name for name in imported if name.split(".")[0] == PACKAGE.name)


def room(module: str) -> str:
    """The folder at the root, or the module, that a module belongs to: standard, workflow; "" for the package."""
    return ".".join(module.split(".")[1:2])


def folder(module: str) -> str:
    """The folder within its room: workbook for all in smebatch.intake.workbook; "" for what lies in none."""
    return ".".join(module.split(".")[2:3]) if module.count(".") > 2 or module in FOLDERS else ""


def floor(module: str) -> int:
    """The floor of a module's room, from 0; the ground for the package itself, which holds the version alone."""
    return next((number for number, rooms in enumerate(FLOORS) if room(module) in rooms), 0)


def arrows() -> set[tuple[str, str]]:
    """From each room to those that its modules import from."""
    pairs = {(room(name_of(path)), room(module)) for path in MODULES for module in imports_of(path)}
    rooms = {name for row in FLOORS for name in row}
    return {(one, other) for one, other in pairs if one != other and {one, other} <= rooms}
