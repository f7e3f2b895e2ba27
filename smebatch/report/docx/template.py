"""A bureau's own template: a .docx whose placeholders, {{标题}} and so on, give way to the report.

A template is trusted no more than a return: what could act when the report is opened is refused, and so is what is
too large. What no relation of the document leads to is dropped when it is saved.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from smebatch.common.text import clean_text, shown_text
from smebatch.intake.workbook.zip_safety import UnsafeError, read_safe_parts
from smebatch.issues.notice import ProblemError
from smebatch.report.docx.elements import set_text

MAX_BYTES = 20_000_000  # of the file
MAX_INFLATED = 100_000_000  # bytes of all its parts together

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_TAG = re.compile(rb"<[^>]*>")
_STORIES = ("wordprocessingml.footnotes+xml", "wordprocessingml.endnotes+xml", "wordprocessingml.comments+xml")
_ACTIVE = ("vbaProject", "oleObject", "control", "activeXControlBinary", "aFChunk", "subDocument", "attachedTemplate")
_ACTING_FIELDS = re.compile(
    r"\b(?:DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON)\b", re.IGNORECASE
)
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, SyntaxError, RecursionError, zipfile.BadZipFile)


class TemplateError(ProblemError):
    """The template cannot be used as it is."""


def open_template(path: Path) -> WordDocument:
    """Open a template. Raises TemplateError where it is no .docx, could act or is too large; OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise TemplateError("template.large", path=path, most=MAX_BYTES // 1_000_000)
    data = path.read_bytes()
    try:
        parts = read_safe_parts(data)
        _require_small(path, data)
        if b"macroEnabled" in parts.xml.get("[Content_Types].xml", b""):
            raise TemplateError("template.active", path=path, what="macros")
        if parts.altered:  # the library would read it otherwise than it has been checked
            raise TemplateError("template.unreadable", path=path)
        document = Document(io.BytesIO(data))
        _refuse_active(path, document)
    except UnsafeError as error:
        large = str(error) == "file.expands"
        raise TemplateError(
            "template.large" if large else "template.unreadable", path=path, most=MAX_BYTES // 1_000_000
        ) from None
    except _BROKEN:
        raise TemplateError("template.unreadable", path=path) from None
    return document


def _require_small(path: Path, data: bytes) -> None:
    left = MAX_INFLATED
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            with archive.open(name) as part:
                left -= len(part.read(left + 1))
            if left < 0:
                raise TemplateError("template.large", path=path, most=MAX_BYTES // 1_000_000)


def _refuse_active(path: Path, document: WordDocument) -> None:
    """Raise TemplateError for what loads or starts something when the document is opened; a hyperlink is clicked."""
    for relation in document.part.package.iter_rels():
        if relation.is_external and relation.reltype != RELATIONSHIP_TYPE.HYPERLINK:
            raise TemplateError("template.external", path=path, target=shown_text(relation.target_ref))
        if relation.reltype.rsplit("/", 1)[-1] in _ACTIVE:
            raise TemplateError("template.active", path=path, what=relation.reltype.rsplit("/", 1)[-1])
    for root in _stories(document):
        said = "".join(field.text or "" for field in root.iter(qn("w:instrText")))
        said += " ".join(field.get(qn("w:instr"), "") for field in root.iter(qn("w:fldSimple")))
        if found := _ACTING_FIELDS.search(said):
            raise TemplateError("template.active", path=path, what=found[0])


def fill_template(
    path: Path,
    document: WordDocument,
    values: Mapping[str, str],
    chapters: Collection[str],
    elements: Callable[[str, int], Iterable[Any]],
) -> None:
    """Put texts and chapters in the places of their placeholders.

    ``values``: texts by the names of their placeholders, which may stand anywhere in the text of the document, its
    tables, text boxes, headers and footers. ``chapters``: the names that stand in a paragraph of their own;
    ``elements`` makes what replaces it, of the name and the number of the section, from 0.
    Raises TemplateError for a name that is neither, for a chapter within other text, and where no chapter is named.
    """
    found = [(p, name) for root in _stories(document) for p in root.iter(qn("w:p")) for name in _names(_text(p))]
    names = [name for _, name in found] + [name for part in _unread_stories(document) for name in part]
    if unknown := [name for name in dict.fromkeys(names) if name not in values and name not in chapters]:
        listed = "、".join(f"{{{{{shown_text(name, 40)}}}}}" for name in unknown)
        raise TemplateError("template.unknown", path=path, names=listed, known="、".join([*chapters, *values]))
    body = document.element.body
    places = [(p, name) for p, name in found if name in chapters]
    wrong = [
        name for p, name in places if p.getparent() is not body or _PLACEHOLDER.fullmatch(_text(p).strip()) is None
    ]
    if wrong := wrong + [name for part in _unread_stories(document) for name in part]:
        raise TemplateError("template.misplaced", path=path, names="、".join(dict.fromkeys(wrong)))
    if not places:
        raise TemplateError("template.without", path=path, known="、".join(chapters))
    for paragraph, name in places:
        section = sum(
            1 for p in takewhile(lambda p: p is not paragraph, body) if p.find(f".//{qn('w:sectPr')}") is not None
        )
        for made in elements(name, section):
            paragraph.addprevious(made)
        if paragraph.find(f".//{qn('w:sectPr')}") is None:
            body.remove(paragraph)
        else:  # it ends a section
            _replace(paragraph, {name: ""})
    for paragraph in dict.fromkeys(p for p, name in found if name in values):
        _replace(paragraph, values)


def _stories(document: WordDocument) -> Iterator[Any]:
    """The roots of the document and of its headers and footers."""
    for part in document.part.package.iter_parts():
        if part is document.part or part.content_type in (CONTENT_TYPE.WML_HEADER, CONTENT_TYPE.WML_FOOTER):
            yield part.element


def _unread_stories(document: WordDocument) -> Iterator[list[str]]:
    """The names of placeholders in notes and comments, where none is filled in."""
    for part in document.part.package.iter_parts():
        if part.content_type.endswith(_STORIES):
            yield _names(_TAG.sub(b"", part.blob).decode("utf-8", "replace"))


def _names(text: str) -> list[str]:
    return [match[1] for match in _PLACEHOLDER.finditer(text)]


def _texts(paragraph: Any) -> list[Any]:
    """The texts of the runs of a paragraph, without those of paragraphs in text boxes within it."""
    return [t for t in paragraph.iter(qn("w:t")) if next(t.iterancestors(qn("w:p"))) is paragraph]


def _text(paragraph: Any) -> str:
    """The text of a paragraph; a placeholder may be spread over several runs."""
    return "".join(t.text or "" for t in _texts(paragraph))


def _replace(paragraph: Any, values: Mapping[str, str]) -> None:
    """Replace the placeholders of a paragraph; the new text looks as its first character did."""
    texts = _texts(paragraph)
    for match in reversed(list(_PLACEHOLDER.finditer(_text(paragraph)))):
        if match[1] not in values:
            continue
        new, start = clean_text(values[match[1]]), 0
        for t in texts:
            old = t.text or ""
            low, high = max(match.start() - start, 0), min(match.end() - start, len(old))
            if low < high:
                set_text(t, old[:low] + new + old[high:])
                new = ""
            start += len(old)
