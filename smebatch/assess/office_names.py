"""Names of enterprises as an office compares them, in SQL: blanks, widths and kinds of brackets do not matter."""

from __future__ import annotations

_WIDE = "".join(chr(0xFF01 + i) for i in range(94)) + "〔〕【】﹙﹚[]"
_NARROW = "".join(chr(0x21 + i) for i in range(94)).replace("[", "(").replace("]", ")") + "()" * 4
_SELDOM = "[！-～〔〕【】﹙﹚\\[\\]]"  # any of them


def _literal(text: str) -> str:
    apostrophes = text.replace("'", "''")
    return f"'{apostrophes}'"


def office_name(column: str) -> str:
    """SQL of a name by which an office tells whether two are one; '' for none.

    Blanks and what cannot be seen are left out, full width is half width, capitals are small letters, and brackets are
    one kind. Nothing else is alike: 有限公司 is not 有限责任公司.
    """
    text = f"replace(replace({column}, '（', '('), '）', ')')"
    # Most names need no more, and this takes ten times as long.
    all_narrow = f"translate({text}, {_literal(_WIDE)}, {_literal(_NARROW)})"
    narrow = f"CASE WHEN regexp_matches({text}, '{_SELDOM}') THEN {all_narrow} ELSE {text} END"
    return rf"coalesce(lower(regexp_replace({narrow}, '[\s\p{{Z}}\p{{Cf}}]', '', 'g')), '')"


def name_of_a_code(column: str) -> str:
    """SQL of a number for a name by which it is told whether two under one credit code are one: brackets do not matter.

    NULL for none.
    """
    return f"nullif(hash(replace(replace({office_name(column)}, '(', ''), ')', '')), hash(''))"
