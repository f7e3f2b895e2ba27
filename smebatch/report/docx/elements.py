"""Makes elements of WordprocessingML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn


def element(tag: str, children: Iterable[Any] = (), /, **attributes: str) -> Any:
    """An element, as ``w:p``, with its children and its attributes, which are of the namespace w."""
    made: Any = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    made.extend(children)
    return made


def set_text(content: Any, text: str) -> None:
    """Set the text of a w:t, spaces kept; the text must be clean (see common.text.clean_text)."""
    content.text = text
    content.set(qn("xml:space"), "preserve")


def run(text: str, *, bold: bool = False) -> Any:
    """A run of plain text."""
    content = element("w:t")
    set_text(content, text)
    return element("w:r", [element("w:rPr", [element("w:b")]), content] if bold else [content])
