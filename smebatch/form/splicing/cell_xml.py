"""What a text, a number and a blank cell look like in the XML that XlsxWriter writes.

``verified`` compares these with what the installed release of XlsxWriter writes.
"""

from __future__ import annotations

import html
import re

# How the element of a cell ends, after its address and its style.
TEXT_CELL_END = b' t="s"><v>%d</v></c>'
NUMBER_CELL_END = b"><v>%b</v></c>"
BLANK_CELL_END = b"/>"

_LOOKS_ESCAPED = re.compile("_x[0-9a-fA-F]{4}_")
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def text_element(text: str) -> bytes:
    r"""The element of the shared texts that holds a text.

    Raises ValueError for a text that XlsxWriter would copy as XML (``<r>…</r>``), and for lone surrogates.

    >>> text_element("a < b\x07 _x0007_"), text_element(" a")
    (b'<si><t>a &lt; b_x0007_ _x005F_x0007_</t></si>', b'<si><t xml:space="preserve"> a</t></si>')
    """
    return f"<si>{inline_text(text)}</si>".encode()


def inline_text(text: str) -> str:
    """The element within a text: the same among the shared texts as in a cell that holds its own. Raises as above."""
    if text.startswith("<r>") and text.endswith("</r>"):
        raise ValueError("a text that begins with <r> and ends with </r> cannot be written as text")
    escaped = _escaped(text)
    outer_blanks = escaped[:1].isspace() or escaped[-1:].isspace()
    space = ' xml:space="preserve"' if outer_blanks else ""
    return f"<t{space}>{escaped}</t>"


def element_text(text: str) -> bytes:
    """The text within the element of a note or of a property."""
    return _escaped(text).encode()


def _escaped(text: str) -> str:
    if text.isalnum():
        return text  # as most names and words are
    escaped = _LOOKS_ESCAPED.sub(r"_x005F\g<0>", text)
    escaped = _NOT_IN_XML.sub(lambda character: f"_x{ord(character[0]):04X}_", escaped)
    return html.escape(escaped, quote=False)


def number_digits(number: float) -> bytes:
    """The digits of a number in a cell. Raises ValueError for NaN and infinity.

    >>> number_digits(0.1), number_digits(2.0**60)
    (b'0.1', b'1.152921504606847E+18')
    """
    if number - number != 0:
        raise ValueError(f"{number!r} is no number a cell can hold")
    return f"{number:.16G}".encode()


def height_digits(points: float) -> bytes:
    """The height of a row in points: XlsxWriter rounds it to whole pixels.

    >>> height_digits(30.1), height_digits(24)
    (b'30', b'24')
    """
    return f"{int(points * 4 / 3 + 0.5) * 0.75:.16g}".encode()
