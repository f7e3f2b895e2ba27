"""Writes the report in words as a .docx: of one batch always the same bytes; it computes no statistics."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE

from smebatch.batch.load import ReportData
from smebatch.common.text import shown_text
from smebatch.report.chapter import Chapter, Narrative
from smebatch.report.docx.blocks import BlockWriter
from smebatch.report.docx.charts import ChartParts
from smebatch.report.docx.layout import DATE, TITLE, add_styles, new_document, text_width
from smebatch.report.docx.template import fill_template, open_template
from smebatch.report.narrative import narrative
from smebatch.report.public.narrative import public_narrative

WHOLE = "正文"
"""The placeholder for all chapters one after the other."""

_LONGEST_PROPERTY = 255  # characters that python-docx lets a property have


def write_word_report(target: Path, batch: ReportData, template: Path | None = None, *, public: bool = False) -> None:
    """Write the report in words, in the layout of official documents or into a bureau's own template.

    ``public``: the public edition.

    Raises TemplateError where the template cannot be used, OSError.
    """
    opened = open_template(template) if template else None
    report = public_narrative(batch) if public else narrative(batch)
    document = _fill(template, opened, report, batch) if template and opened else _plain(report, batch)
    _set_properties(document, report, batch.made_at)
    packed = io.BytesIO()
    document.save(packed)
    target.write_bytes(_with_fixed_times(packed))


def _plain(report: Narrative, batch: ReportData) -> WordDocument:
    document = new_document()
    writer = BlockWriter(document, text_width(document), ChartParts(document, batch))
    end = document.element.body[-1]  # the properties of the section
    end.addprevious(writer.paragraph(report.title, TITLE))
    end.addprevious(writer.paragraph(f"（制表时间：{report.values['制表时间']}）", DATE))
    for chapter in _chapters(report):
        for made in writer.chapter(chapter):
            end.addprevious(made)
    return document


def _fill(template: Path, document: WordDocument, report: Narrative, batch: ReportData) -> WordDocument:
    add_styles(document)
    writer = BlockWriter(document, text_width(document), ChartParts(document, batch))

    def elements(name: str, section: int) -> Iterator[Any]:
        writer.width = text_width(document, section)
        chapters = _chapters(report) if name == WHOLE else filter(None, [report.chapters[name]])
        for chapter in chapters:
            yield from writer.chapter(chapter)

    fill_template(template, document, report.values, [WHOLE, *report.chapters], elements)
    return document


def _chapters(report: Narrative) -> Iterator[Chapter]:
    yield from filter(None, report.chapters.values())


def _set_properties(document: WordDocument, report: Narrative, made_at: dt.datetime) -> None:
    """The title, and times that do not tell when the file was written; nobody is named."""
    when = made_at.astimezone(dt.UTC).replace(tzinfo=None) if made_at.tzinfo else made_at
    properties = document.core_properties
    texts = (report.title, report.values["评测依据"])
    properties.title, properties.subject = (shown_text(text, _LONGEST_PROPERTY) for text in texts)
    properties.created = properties.modified = when
    properties.author = properties.last_modified_by = properties.comments = properties.keywords = ""
    properties.revision = 1
    relations = document.part.package.rels
    for name in [name for name, relation in relations.items() if relation.reltype == RELATIONSHIP_TYPE.THUMBNAIL]:
        del relations[name]  # a picture of another document


def _with_fixed_times(packed: io.BytesIO) -> bytes:
    """The same zip with the times of its members fixed, as XlsxWriter does."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name), old.read(name), zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
