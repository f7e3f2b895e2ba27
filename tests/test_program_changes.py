"""What `make mutants` changes in a module, one thing at a time, and what it leaves alone."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from program_changes import mutations

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", ["x = a <= b"]),
        ("x = a < b == c", ["x = a <= b == c", "x = a < b != c"]),
        ("x = a + 1", ["x = a - 1", "x = a + 2"]),
        ("x += y", ["pass", "x -= y"]),
        ("x = not a", ["x = not not a"]),
        ("x = a and b", ["x = a or b"]),
        ("require(a < b, 'text')", ["pass", "require(a <= b, 'text')"]),
        ("f(a, b=c)", ["pass", "f(a)"]),
        ("x = np.maximum(a, min(b))", ["x = np.minimum(a, min(b))", "x = np.maximum(a, max(b))"]),
        ("x = '无'", ["x = '无~'"]),
        ("x = [a for a in b if a]", ["x = [a for a in b if not a]"]),
        ("if a:\n    raise E('text')", ["if not a:\n    raise E('text')", "if a:\n    pass"]),
        ("def f():\n    return a", ["def f():\n    return None"]),
        ("@p\ndef f():\n    return a", ["@p\ndef f():\n    return None"]),
        ("x = 'SELECT a WHERE b < c'", ["x = 'SELECT a WHERE b <= c'"]),
        ("x = zip(a + b, c, strict=True)", ["x = zip(a - b, c, strict=True)"]),
        ("x = f'SELECT {a} WHERE b IS NULL'", ["x = f'SELECT {a} WHERE b IS NOT NULL'"]),
    ],
)
def test_a_change_of_everything_that_counts(source: str, expected: list[str]) -> None:
    assert [mutation.source for mutation in mutations(source)] == expected


@pytest.mark.parametrize(
    "source",
    [
        "import a",
        "A = Literal['a', 'b']",
        "if TYPE_CHECKING:\n    import a",
        '"""Text."""',
        "def f(a: 'A | None') -> 'B':\n    b: 'C' = a",
        "@cache(size=1)\nclass A:\n    pass",
    ],
)
def test_what_tells_nobody_anything_stays(source: str) -> None:
    assert list(mutations(source)) == []


def test_every_change_of_a_module_differs_and_can_be_read() -> None:
    source = (ROOT / "smebatch" / "common" / "rounding.py").read_text("utf-8")
    made = list(mutations(source))
    assert all(mutation.source != ast.unparse(ast.parse(source)) for mutation in made)
    assert all(one.source != other.source for one, other in pairwise(made))
    assert {line[:2] for mutation in made for line in mutation.difference.splitlines()} == {"- ", "+ "}


def test_a_change_says_where_it_is() -> None:
    (mutation,) = mutations("class A:\n    def f(self):\n        return self.a\n")
    assert (mutation.line, mutation.function) == (3, "A.f")
    assert mutation.difference == "-         return self.a\n+         return None"
