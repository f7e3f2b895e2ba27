"""Names of enterprises as an office compares them, in SQL: blanks, widths and kinds of brackets do not matter."""

from __future__ import annotations

_WIDE = "".join(chr(0xFF01 + i) for i in range(94))
_NARROW = "".join(chr(0x21 + i) for i in range(94))
_BRACKETS = {"[": "(", "]": ")", "〔": "(", "〕": ")", "【": "(", "】": ")", "﹙": "(", "﹚": ")"}


def _literal(text: str) -> str:
    apostrophes = text.replace("'", "''")
    return f"'{apostrophes}'"


def office_name(column: str) -> str:
    """SQL of a name by which an office tells whether two are one; '' for none.

    Blanks and what cannot be seen are left out, full width is half width, capitals are small letters, and brackets are
    one kind. Nothing else is alike: 有限公司 is not 有限责任公司.
    """
    narrow = f"translate({column}, {_literal(_WIDE)}, {_literal(_NARROW)})"
    one_kind = f"translate({narrow}, {_literal(''.join(_BRACKETS))}, {_literal(''.join(_BRACKETS.values()))})"
    return rf"coalesce(lower(regexp_replace({one_kind}, '[\s\p{{Z}}\p{{Cf}}]', '', 'g')), '')"


def name_of_a_code(column: str) -> str:
    """SQL of a name by which it is told whether two under one credit code are one: without its brackets as well."""
    return f"replace(replace({office_name(column)}, '(', ''), ')', '')"
