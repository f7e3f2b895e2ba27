"""A bureau's own template: its placeholders give way to the report, and what could act is refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm

from report_data import make_batch
from smebatch.batch.load import ReportData
from smebatch.report.docx.report_file import write_word_report
from smebatch.report.docx.template import MAX_BYTES, MAX_INFLATED, TemplateError
from word_files import charts, headings, read_document

ATTACHED_TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"


@pytest.fixture(scope="module")
def batch() -> ReportData:
    return make_batch(20)


def template(folder: Path, *texts: str, change: Callable[[WordDocument], object] = bool) -> Path:
    """A template of some paragraphs."""
    document = Document()
    for text in texts:
        document.add_paragraph(text)
    change(document)
    document.save(str(folder / "t.docx"))
    return folder / "t.docx"


def filled(batch: ReportData, path: Path) -> WordDocument:
    write_word_report(path.with_name("r.docx"), batch, path)
    return read_document(path.with_name("r.docx"))


def refusal(batch: ReportData, path: Path) -> TemplateError:
    with pytest.raises(TemplateError) as error:
        write_word_report(path.with_name("r.docx"), batch, path)
    assert not path.with_name("r.docx").exists()
    return error.value


def test_the_placeholders_give_way_to_the_report(batch: ReportData, tmp_path: Path) -> None:
    def decorate(document: WordDocument) -> None:
        document.sections[0].header.paragraphs[0].text = "某某局（{{制表日期}}）"
        document.add_table(1, 1).cell(0, 0).text = "{{ 份数 }} 份，平均 {{平均得分}} 分"

    document = filled(batch, template(tmp_path, "{{标题}}", "前言", "{{总体}}", "落款：{{区域}}", change=decorate))
    texts = [paragraph.text for paragraph in document.paragraphs]
    assert texts[:2] == ["某某市中小企业数字化水平评测汇总报告", "前言"]
    assert texts[-1] == "落款：某某市"
    assert headings(document) == ["一、总体"]
    assert len(charts(document)) == 2  # the levels, and the scores
    assert document.sections[0].header.paragraphs[0].text == "某某局（2026年11月23日）"
    assert document.tables[-1].cell(0, 0).text.startswith("20 份，平均 ")


def test_all_chapters_have_one_placeholder(batch: ReportData, tmp_path: Path) -> None:
    document = filled(batch, template(tmp_path, "{{正文}}"))
    assert headings(document)[0] == "一、概况与口径"
    assert len(charts(document)) > 5


def test_chapters_may_be_placed_one_by_one(batch: ReportData, tmp_path: Path) -> None:
    document = filled(batch, template(tmp_path, "{{分区县}}", "其间", "{{总体}}", "{{更正进度}}", "其后"))
    assert headings(document) == ["一、分区县", "二、总体"]  # nothing was corrected
    assert [p.text for p in document.paragraphs if p.text.startswith("其")] == ["其间", "其后"]


def test_a_placeholder_over_several_runs_is_found(batch: ReportData, tmp_path: Path) -> None:
    def split(document: WordDocument) -> None:
        paragraph = document.add_paragraph("在")
        for text, bold in (("{", False), ("{区", True), ("域}", False), ("}，截至{{制表", True), ("日期}}止", None)):
            paragraph.add_run(text).bold = bold

    document = filled(batch, template(tmp_path, "{{数据质量}}", change=split))
    assert document.paragraphs[-1].text == "在某某市，截至2026年11月23日止"


def test_an_unknown_placeholder_is_named_wherever_it_stands(batch: ReportData, tmp_path: Path) -> None:
    def split(document: WordDocument) -> None:
        paragraph = document.add_paragraph("{{标")
        paragraph.add_run("提}}")
        document.sections[0].footer.paragraphs[0].text = "{{局长}}"

    error = refusal(batch, template(tmp_path, "{{正文}}", change=split))
    assert (error.code, error.values["names"]) == ("template.unknown", "{{标提}}、{{局长}}")


@pytest.mark.parametrize(
    ("texts", "code"),
    [(["{{标题}}"], "template.without"), ([], "template.without"), (["见{{正文}}"], "template.misplaced")],
)
def test_chapters_stand_alone_and_there_is_one(batch: ReportData, tmp_path: Path, texts: list[str], code: str) -> None:
    assert refusal(batch, template(tmp_path, *texts)).code == code


def test_a_chapter_in_a_table_or_a_footer_is_misplaced(batch: ReportData, tmp_path: Path) -> None:
    def cell(document: WordDocument) -> None:
        document.add_table(1, 1).cell(0, 0).text = "{{总体}}"

    assert refusal(batch, template(tmp_path, "{{正文}}", change=cell)).code == "template.misplaced"


def test_a_chart_is_as_wide_as_the_section_it_stands_in(batch: ReportData, tmp_path: Path) -> None:
    def sections(document: WordDocument) -> None:
        document.sections[0].page_width = Mm(150)
        document.add_section().page_width = Mm(297)
        document.add_paragraph("{{分区县}}")

    document = filled(batch, template(tmp_path, "{{总体}}", change=sections))
    (narrow, _, *wide) = [int(extent.get("cx")) for extent in document.element.body.iter(qn("wp:extent"))]
    assert narrow < Mm(150) < min(wide)


def test_a_style_of_the_template_holds(batch: ReportData, tmp_path: Path) -> None:
    def style(document: WordDocument) -> None:
        document.styles.add_style("评测正文", 1).font.name = "隶书"

    document = filled(batch, template(tmp_path, "{{数据质量}}", change=style))
    assert document.styles["评测正文"].font.name == "隶书"
    assert document.styles["评测一级标题"].element.find(f".//{qn('w:rFonts')}").get(qn("w:eastAsia")) == "黑体"


def test_a_templates_own_chart_keeps_its_name(batch: ReportData, tmp_path: Path) -> None:
    first = template(tmp_path, "{{总体}}")
    write_word_report(tmp_path / "with_chart.docx", batch, first)
    again = Document(str(tmp_path / "with_chart.docx"))
    again.add_paragraph("{{总体}}")
    again.save(str(tmp_path / "t.docx"))
    names = [chart.title for chart in charts(filled(batch, tmp_path / "t.docx"))]
    assert len(names) == 4
    assert names[:2] == names[2:]


# --- hostile ----------------------------------------------------------------------------------------------------------


def external(kind: str, target: str) -> Callable[[WordDocument], object]:
    return lambda document: document.part.relate_to(target, kind, is_external=True)


def test_what_lies_outside_of_the_file_is_refused(batch: ReportData, tmp_path: Path) -> None:
    for kind in (RELATIONSHIP_TYPE.IMAGE, RELATIONSHIP_TYPE.OLE_OBJECT, ATTACHED_TEMPLATE):
        path = template(tmp_path, "{{正文}}", change=external(kind, "file://server/share/x.dotm"))
        error = refusal(batch, path)
        assert (error.code, error.values["target"]) == ("template.external", "file://server/share/x.dotm")


def test_a_hyperlink_is_let_stand(batch: ReportData, tmp_path: Path) -> None:
    link = external(RELATIONSHIP_TYPE.HYPERLINK, "https://www.example.org/")
    assert headings(filled(batch, template(tmp_path, "{{数据质量}}", change=link)))


def embed(name: str, kind: str) -> Callable[[WordDocument], object]:
    def change(document: WordDocument) -> None:
        part = Part(PackURI(f"/word/{name}"), "application/octet-stream", b"x", document.part.package)
        document.part.relate_to(part, f"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}")

    return change


@pytest.mark.parametrize("kind", ["oleObject", "control", "aFChunk", "vbaProject", "subDocument"])
def test_objects_and_macros_are_refused(batch: ReportData, tmp_path: Path, kind: str) -> None:
    error = refusal(batch, template(tmp_path, "{{正文}}", change=embed("x.bin", kind)))
    assert (error.code, error.values["what"]) == ("template.active", kind)


@pytest.mark.parametrize(
    "field",
    [
        '<w:fldSimple w:instr=" DDEAUTO c:\\x "/>',
        '<w:r><w:instrText>IN</w:instrText></w:r><w:r><w:instrText>CLUDETEXT "c:/x"</w:instrText></w:r>',
    ],
)
def test_a_field_that_acts_is_refused(batch: ReportData, tmp_path: Path, field: str) -> None:
    def change(document: WordDocument) -> None:
        document.element.body.insert(0, parse_xml(f"<w:p {nsdecls('w')}>{field}</w:p>"))

    assert refusal(batch, template(tmp_path, "{{正文}}", change=change)).code == "template.active"


def repacked(path: Path, change: Callable[[str, bytes], bytes], **more: bytes) -> Path:
    """The same file with its parts changed, and with further ones."""
    with zipfile.ZipFile(path) as old:
        parts = {name: change(name, old.read(name)) for name in old.namelist()} | more
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return path


def test_a_docm_is_refused_by_whatever_name(batch: ReportData, tmp_path: Path) -> None:
    plain, macro = b"wordprocessingml.document.main+xml", b"ms-word.document.macroEnabled.main+xml"
    path = repacked(template(tmp_path, "{{正文}}"), lambda _, data: data.replace(plain, macro))
    assert refusal(batch, path).code == "template.active"


def test_what_is_no_document_is_refused(batch: ReportData, tmp_path: Path) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for data in (b"", b"text", b"PK\x03\x04", empty.getvalue()):
        (tmp_path / "t.docx").write_bytes(data)
        assert refusal(batch, tmp_path / "t.docx").code == "template.unreadable"


def test_entities_are_refused(batch: ReportData, tmp_path: Path) -> None:
    dtd = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>'

    def change(name: str, data: bytes) -> bytes:
        return data.replace(b"?>", b"?>" + dtd, 1) if name == "word/document.xml" else data

    assert refusal(batch, repacked(template(tmp_path, "{{正文}}"), change)).code == "template.unreadable"


@pytest.mark.slow
def test_what_is_too_large_is_refused(batch: ReportData, tmp_path: Path) -> None:
    for name in ("word/media/huge.png", "word/huge.xml"):
        path = repacked(template(tmp_path, "{{正文}}"), lambda _, data: data, **{name: bytes(MAX_INFLATED + 1)})
        assert refusal(batch, path).code == "template.large"
    (tmp_path / "t.docx").write_bytes(bytes(MAX_BYTES + 1))
    assert refusal(batch, tmp_path / "t.docx").code == "template.large"
