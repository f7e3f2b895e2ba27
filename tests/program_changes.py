"""The small changes of a module that tests ought to notice: one comparison, number, text, argument or statement each.

Not changed are annotations, decorators, docstrings, imports, what an exception says, and ``strict`` of a zip, which
only asserts.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import ndiff
from typing import Any

OPERATORS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.USub: ast.UAdd,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}
NOT_CHANGED = {"annotation", "returns", "decorator_list", "exc", "type_params"}
"""The fields of a node that hold an annotation, decorators or the exception that is raised."""
REMOVED = (ast.Raise, ast.AugAssign, ast.Continue, ast.Break, ast.Expr)
"""The statements that are left out in turn."""

SQL = re.compile(r"\b(?:SELECT|FROM|WHERE|JOIN|CASE|WHEN|GROUP BY|ORDER BY|OVER)\b")
SQL_CHANGES = {
    r" <> ": " = ",
    r" = ": " <> ",
    r" < ": " <= ",
    r" <= ": " < ",
    r" > ": " >= ",
    r" >= ": " > ",
    r" \+ ": " - ",
    r" - ": " + ",
    r"\bAND\b": "OR",
    r"\bOR\b": "AND",
    r"\bNOT ": "",
    r"\bIS NULL\b": "IS NOT NULL",
    r"\bIS NOT NULL\b": "IS NULL",
    r" DESC\b": "",
    r" NULLS FIRST\b": " NULLS LAST",
    r"\b(SEMI|LEFT) JOIN\b": "JOIN",
    r"\bDISTINCT ": "",
    r"\bUNION ALL\b": "UNION",
    r"\bmax\b": "min",
    r"\bmin\b": "max",
    r"\barg_max\b": "arg_min",
    r"\bcoalesce\((\w+), \w+\)": r"\1",
    r"(\bPARTITION BY [\w.]+(?:, \w+)*), \w+": r"\1",
    r"(\bORDER BY [\w.]+(?:, \w+)*), \w+": r"\1",
    r"(\bGROUP BY \w+(?:, \w+)*), \w+": r"\1",
    r"(\bUSING \(\w+(?:, \w+)*), \w+": r"\1",
    r"\b1\b": "2",
    r"\b0\b": "1",
    r"'([\w.]+)'": r"'\1~'",
    r" FILTER \([^()]*\)": "",
}
"""What is changed in a text that looks like SQL, by regular expression."""


@dataclass(frozen=True)
class Mutation:
    """A changed module. ``function`` is the dotted name of what holds the change, or blank."""

    line: int
    function: str
    source: str
    difference: str


def mutations(source: str) -> Iterator[Mutation]:
    """Every change of a module, in the order of its lines."""
    tree = ast.parse(source)
    original = _lines(ast.unparse(tree))
    for node, function in _places(tree, ""):
        for field, value in _variants(node):
            kept = getattr(node, field)
            setattr(node, field, value)
            changed = ast.unparse(ast.fix_missing_locations(tree))
            setattr(node, field, kept)
            lines = [line for line in ndiff(original, _lines(changed)) if line[0] in "-+"]
            yield Mutation(getattr(node, "lineno", 0), function, changed, "\n".join(lines))


def _lines(source: str) -> list[str]:
    """The lines of a module, and those of the texts in it, such as queries."""
    return source.replace("\\n", "\n").splitlines()


def _places(node: ast.AST, function: str) -> Iterator[tuple[ast.AST, str]]:
    """The nodes that may be changed, each with the dotted name of the function or class around it."""
    children: Sequence[ast.AST]
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        function = f"{function}.{node.name}".lstrip(".")
    match node:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):  # the last is a docstring
            return
        case ast.Subscript(value=ast.Name(id="Literal")) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return
        case ast.Call(func=ast.Name(id="require")):
            children = node.args[:1]  # the other argument is what an exception says
        case ast.Call(func=ast.Name(id="zip")):
            children = node.args
        case _:
            yield node, function
            children = list(_children(node))
    for child in children:
        yield from _places(child, function)


def _children(node: ast.AST) -> Iterator[ast.AST]:
    for field, value in ast.iter_fields(node):
        if field not in NOT_CHANGED:
            values = value if isinstance(value, list) else [value]
            yield from (child for child in values if isinstance(child, ast.AST))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _variants(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """What a field of this node may become."""
    yield from _other_operators(node)
    yield from _other_conditions(node)
    match node:
        case ast.Constant():
            yield from (("value", value) for value in _other_values(node.value))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "value", ast.Constant(None)
        case ast.Call():
            yield from (("keywords", _without(node.keywords, i)) for i in range(len(node.keywords)))
        case ast.Name(id=name) if name in NAMES:
            yield "id", NAMES[name]
        case ast.Attribute(attr=name) if name in NAMES:
            yield "attr", NAMES[name]
        case _:
            pass
    for field in ("body", "orelse", "finalbody"):
        held = getattr(node, field, None)
        statements = held if isinstance(held, list) else []  # a conditional expression has one body, no list
        for i, statement in enumerate(statements):
            if isinstance(statement, REMOVED) and not _is_docstring(statement):
                yield field, _without(statements, i, ast.copy_location(ast.Pass(), statement))


def _other_operators(node: ast.AST) -> Iterator[tuple[str, Any]]:
    match node:
        case ast.Compare():
            yield from (("ops", _without(node.ops, i, OPERATORS[type(op)]())) for i, op in enumerate(node.ops))
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield "operand", ast.UnaryOp(node.op, node.operand)
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() | ast.UnaryOp():
            yield "op", OPERATORS[type(node.op)]()
        case _:
            pass


def _other_conditions(node: ast.AST) -> Iterator[tuple[str, Any]]:
    """The opposite of each condition that no other change turns into its opposite."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if _is_bare(test):
            yield "test", ast.UnaryOp(ast.Not(), test)
        case ast.comprehension():
            for i, test in enumerate(node.ifs):
                if _is_bare(test):
                    yield "ifs", _without(node.ifs, i, ast.UnaryOp(ast.Not(), test))
        case _:
            pass


def _without(nodes: Sequence[ast.AST], i: int, *others: ast.AST) -> list[ast.AST]:
    """The nodes with others in the place of the i-th."""
    return [*nodes[:i], *others, *nodes[i + 1 :]]


def _is_bare(test: ast.expr) -> bool:
    """Whether no change of the condition itself turns it into its opposite."""
    return not isinstance(test, (ast.Compare, ast.BoolOp, ast.Constant)) and not (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def _other_values(value: object) -> Iterator[object]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case bytes():
            yield value + b"~"
        case str() if SQL.search(value):
            for pattern, other in SQL_CHANGES.items():
                for match in re.finditer(pattern, value):
                    yield value[: match.start()] + match.expand(other) + value[match.end() :]
        case str():
            yield value + "~"
        case _:
            pass
