"""Compares names of enterprises as a clerk does, regardless of blanks, character widths and brackets; mostly in SQL."""

from __future__ import annotations

import re
from unicodedata import category

_WIDE = "".join(chr(0xFF01 + i) for i in range(94)) + "〔〕【】﹙﹚[]"
_NARROW = "".join(chr(0x21 + i) for i in range(94)).replace("[", "(").replace("]", ")") + "()" * 4
_INVISIBLE = {"Zs", "Zl", "Zp", "Cf"}  # categories of characters that no clerk sees
_HAS_WIDE = "[！-～〔〕【】﹙﹚\\[\\]]"  # any character of _WIDE; most names have none


def _literal(text: str) -> str:
    apostrophes = text.replace("'", "''")
    return f"'{apostrophes}'"


def normalized_name(column: str) -> str:
    """SQL that normalizes a name, so that names a clerk takes for equal become equal texts; '' without a name.

    Blanks and invisible characters are left out, full width becomes half width, capitals become small letters, and all
    brackets become round ones. Nothing else is equal: 有限公司 is not 有限责任公司.
    """
    text = f"replace(replace({column}, '（', '('), '）', ')')"
    # Translating takes ten times as long as the test whether there is anything to translate.
    all_narrow = f"translate({text}, {_literal(_WIDE)}, {_literal(_NARROW)})"
    narrow = f"CASE WHEN regexp_matches({text}, '{_HAS_WIDE}') THEN {all_narrow} ELSE {text} END"
    return rf"coalesce(lower(regexp_replace({narrow}, '[\s\p{{Z}}\p{{Cf}}]', '', 'g')), '')"


def name_hash(column: str) -> str:
    """SQL of a hash that is equal for two names under one credit code that are the same but for brackets.

    NULL where there is no name.
    """
    return f"nullif(hash(replace(replace({normalized_name(column)}, '(', ''), ')', '')), hash(''))"


_TO_NARROW = str.maketrans(_WIDE, _NARROW)
_ASCII_BLANKS = "\t\n\f\r "


def office_name(name: str) -> str:
    """The same normal form of a name as that of ``normalized_name``, for names that are in no database.

    >>> office_name("Ａ厂 （中国）有限公司"), office_name("有限公司"), office_name(" ")
    ('a厂(中国)有限公司', '有限公司', '')
    """
    if name.isalpha() and name == name.lower() and not re.search(_HAS_WIDE, name):
        return name  # as most are
    narrow = name.translate(_TO_NARROW)
    seen = (c for c in narrow if c not in _ASCII_BLANKS and category(c) not in _INVISIBLE)
    return "".join(c.lower()[0] for c in seen)  # letter by letter, as in SQL
