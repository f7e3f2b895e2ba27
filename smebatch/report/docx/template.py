"""A bureau's own template: a .docx whose placeholders, {{标题}} and so on, give way to the report.

A template is trusted no more than a return: what could act when the report is opened is refused, and so is what is
too large. What no relation of the document leads to is dropped when it is saved.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from smebatch.common.text import clean_text, shown_text
from smebatch.intake.workbook.zip_safety import UnsafeError, read_safe_parts
from smebatch.issues.notice import ProblemError
from smebatch.report.docx.elements import set_text

MAX_BYTES = 20_000_000  # of the file
MAX_INFLATED = 100_000_000  # bytes of all its parts together

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_NOTES = (CONTENT_TYPE.WML_FOOTNOTES, CONTENT_TYPE.WML_ENDNOTES, CONTENT_TYPE.WML_COMMENTS)
_ACTIVE = ("vbaProject", "oleObject", "control", "activeXControlBinary", "aFChunk", "subDocument", "attachedTemplate")
_FIELDS = "DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON"
_ACTING_FIELD = re.compile(rf"\b(?:{_FIELDS})\b", re.IGNORECASE)
_BROKEN = (KeyError, ValueError, TypeError, AttributeError, SyntaxError, RecursionError, zipfile.BadZipFile)


class TemplateError(ProblemError):
    """The template cannot be used as it is."""


def open_template(path: Path) -> WordDocument:
    """Open a template. Raises TemplateError where it is no .docx, could act or is too large; OSError."""
    if path.stat().st_size > MAX_BYTES:
        raise _too_large(path)
    data = path.read_bytes()
    try:
        parts = read_safe_parts(data)
        if _inflated(data, MAX_INFLATED) > MAX_INFLATED:
            raise _too_large(path)
        if b"macroEnabled" in parts.xml.get("[Content_Types].xml", b""):
            raise TemplateError("template.active", path=path, what="macros")
        if parts.altered:  # the library would read it otherwise than it has been checked
            raise TemplateError("template.unreadable", path=path)
        document = Document(io.BytesIO(data))
        _refuse_active(path, document)
    except UnsafeError as error:
        raise _too_large(path) if str(error) == "file.expands" else _unreadable(path) from None
    except _BROKEN:
        raise _unreadable(path) from None
    return document


def _too_large(path: Path) -> TemplateError:
    return TemplateError("template.large", path=path, most=MAX_BYTES // 1_000_000, unpacked=MAX_INFLATED // 1_000_000)


def _unreadable(path: Path) -> TemplateError:
    return TemplateError("template.unreadable", path=path)


def _inflated(data: bytes, most: int) -> int:
    """The bytes of all parts together, pictures included, whatever the zip declares; not counted beyond ``most``."""
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            if total <= most:
                with archive.open(name) as part:
                    total += len(part.read(most + 1))
    return total


def _refuse_active(path: Path, document: WordDocument) -> None:
    """Raise TemplateError for what loads or starts something when the document is opened; a hyperlink is clicked."""
    for relation in document.part.package.iter_rels():
        kind = relation.reltype.rsplit("/", 1)[-1]
        if relation.is_external and relation.reltype != RELATIONSHIP_TYPE.HYPERLINK:
            raise TemplateError("template.external", path=path, target=shown_text(relation.target_ref))
        if kind in _ACTIVE:
            raise TemplateError("template.active", path=path, what=kind)
    for root in (*_stories(document), *_notes(document)):
        fields = [field.get(qn("w:instr"), "") for field in root.iter(qn("w:fldSimple"))]
        fields.append("".join(part.text or "" for part in root.iter(qn("w:instrText"))))  # one may be in several parts
        if found := _ACTING_FIELD.search(" ".join(fields)):
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
    tables, text boxes, headers and footers. ``chapters``: the names that stand alone in a paragraph of the body;
    ``elements`` makes what replaces it, of the name and the number of the section, from 0.
    Raises TemplateError for a name that is neither, for one in a wrong place, and where no chapter is named.
    """
    found = [place for root in _stories(document) for place in _placeholders(root)]
    noted = [name for root in _notes(document) for _, name in _placeholders(root)]
    names = dict.fromkeys([*(name for _, name in found), *noted])
    if unknown := [name for name in names if name not in values and name not in chapters]:
        raise TemplateError("template.unknown", path=path, names=_listed(unknown), known=_listed([*chapters, *values]))
    places = [(paragraph, name) for paragraph, name in found if name in chapters]
    misplaced = [name for paragraph, name in places if not _stands_alone(paragraph, document.element.body)]
    if misplaced or noted:
        raise TemplateError("template.misplaced", path=path, names=_listed([*misplaced, *noted]))
    if not places:
        raise TemplateError("template.without", path=path, known=_listed(chapters))
    for paragraph, name in places:
        before = document.element.body[: document.element.body.index(paragraph)]
        for made in elements(name, sum(map(_ends_section, before))):
            paragraph.addprevious(made)
        if _ends_section(paragraph):
            _replace(paragraph, {name: ""})
        else:
            document.element.body.remove(paragraph)
    for paragraph in dict.fromkeys(paragraph for paragraph, name in found if name in values):
        _replace(paragraph, values)


def _stories(document: WordDocument) -> Iterator[Any]:
    """The roots of the document and of its headers and footers."""
    for part in document.part.package.iter_parts():
        if part is document.part or part.content_type in (CONTENT_TYPE.WML_HEADER, CONTENT_TYPE.WML_FOOTER):
            yield part.element


def _notes(document: WordDocument) -> Iterator[Any]:
    """The roots of the notes and comments, where nothing is filled in."""
    for part in document.part.package.iter_parts():
        if part.content_type in _NOTES:
            yield parse_xml(part.blob)


def _placeholders(root: Any) -> Iterator[tuple[Any, str]]:
    """Each placeholder with the paragraph it stands in."""
    for paragraph in root.iter(qn("w:p")):
        for match in _PLACEHOLDER.finditer(_text(paragraph)):
            yield paragraph, match[1]


def _stands_alone(paragraph: Any, body: Any) -> bool:
    return paragraph.getparent() is body and _PLACEHOLDER.fullmatch(_text(paragraph).strip()) is not None


def _ends_section(element: Any) -> bool:
    return element.tag == qn("w:p") and element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") is not None


def _listed(names: Iterable[str]) -> str:
    return "、".join(f"{{{{{shown_text(name, 40)}}}}}" for name in dict.fromkeys(names))


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
