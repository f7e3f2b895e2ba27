"""Patterns of which it is certain that they are filled as the installed release of XlsxWriter would fill them.

Two small workbooks are written through XlsxWriter's public methods: one with stand-ins, one with the contents that are
hard to write. The first, filled with those contents, must equal the second.
"""

from __future__ import annotations

import datetime as dt
import io
import sys
from collections.abc import Collection, Mapping, Sequence
from functools import cache

from xlsxwriter import Workbook, __version__

from smebatch.form.splicing.errors import PatternError
from smebatch.form.splicing.pattern import Content, Pattern, stand_in
from smebatch.form.splicing.zip_parts import read_parts

_PLAIN = "printed"  # a text of the pattern that a content repeats
_EXCERPT = 60  # bytes around a difference


def verified_pattern(workbook: bytes, names: Collection[str], row: Sequence[str] = ()) -> Pattern:
    """The workbook as a pattern; ``names`` are those of all cells to replace, which hold their stand-ins.

    ``row``: those of the repeated row, if the pattern has one; see ``Pattern``.

    Raises PatternError where the workbook cannot be a pattern, or where XlsxWriter writes otherwise than is known.
    """
    verify_writing()
    return Pattern(workbook, names, row)


@cache
def verify_writing() -> None:
    """Compare filling a pattern with writing by the installed XlsxWriter; once a process, some hundredths of a second.

    Raises PatternError where they differ.
    """
    contents: dict[str, Content | None] = {f"cell{i}": content for i, content in enumerate(_hard_contents())}
    expected = _written(contents)
    try:
        pattern = Pattern(_written({name: stand_in(name) for name in contents}), contents)
        filled = pattern.filled({name: content for name, content in contents.items() if content is not None})
        require_same(expected, filled)
    except PatternError as error:
        why = f"XlsxWriter {__version__} writes otherwise than is known: {error.why}"
        raise PatternError(error.place, why) from error


def require_same(expected: bytes, workbook: bytes) -> None:
    """Raise PatternError naming the first part in which two workbooks differ."""
    ours, theirs = ({read.info.filename: read.content for read in read_parts(book)} for book in (workbook, expected))
    if list(ours) != list(theirs):
        raise PatternError("[Content_Types].xml", f"the parts are {list(theirs)}, not {list(ours)}")
    for name, content in theirs.items():
        if content != ours[name]:
            start = next((i for i, (a, b) in enumerate(zip(content, ours[name], strict=False)) if a != b), 0)
            there, here = (text[max(start - _EXCERPT // 2, 0) :][:_EXCERPT] for text in (content, ours[name]))
            raise PatternError(name, f"it holds {there!r}, not {here!r}")


def _hard_contents() -> list[Content | None]:
    """Contents that reach every rule of ``cell_xml``, and every character of the basic plane; None is a blank cell."""
    plane = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
    unseen = (c for c in plane if not c.isprintable() and not "\u0100" <= c <= "\uff00")
    special = sorted({*unseen, *filter(str.isspace, plane), *"&<>_\"'"})
    beyond = [chr(0x10000), "😀", chr(0x1FFFE), chr(sys.maxunicode)]
    texts = [
        *(text for c in (*special, *beyond) for text in (f"{c}a", f"a{c}")),  # a blank at an edge is to be preserved
        *("".join(plane[start : start + 30_000]) for start in range(0, len(plane), 30_000)),
        "".join(f"a{c}" for c in (*special, *beyond)),
        *("", " ", "\n", "_x0041_", "_x005F_", "_x00e9__x00E9_", "_x0041", "_X0041_", "x0041_", "a_xD83D_\x00"),
        *("<r>", "</r>", "<r>a", "a</r>", " <r>a</r>", "<rich>a</rich>", "&amp;", "</t></si>", "]]>", '"'),
        *("1", "TRUE", "=1+1", "{=1}", "https://example.org", _PLAIN, "again", _PLAIN, "again"),
    ]
    numbers = [0, -0.0, 1, -1, 0.1 + 0.2, 1 / 3, 1e-7, 123456789012345.6, 1e15, 1e16, 1e17, 2.0**60, 1e30]
    numbers += [sys.float_info.max, sys.float_info.min, -5e-324]
    return [*texts, None, *numbers, None]


def _written(contents: Mapping[str, Content | None]) -> bytes:
    """A workbook with these contents down a column, and with texts before, between and behind."""
    stream = io.BytesIO()
    with Workbook(stream, {"in_memory": True}) as book:
        book.set_properties({"created": dt.datetime(2024, 1, 1, tzinfo=dt.UTC)})
        first, last = book.add_worksheet(), book.add_worksheet()
        style = book.add_format({"bold": True})
        first.write_string(0, 0, _PLAIN)
        for row, content in enumerate(contents.values()):
            if content is None:
                first.write_blank(row, 1, None, style)
            elif isinstance(content, str):
                first.write_string(row, 1, content, style)
            else:
                first.write_number(row, 1, content, style)
            if row % 100 == 0:
                last.write_string(row, 0, f"{_PLAIN} {row}")
    return stream.getvalue()
