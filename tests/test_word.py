"""The report in words: it says what the workbook says, and its charts are native, with their data behind them."""

from __future__ import annotations

import dataclasses
import re
import time
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from openpyxl.workbook.workbook import Workbook

from report_data import empty_of, make_batch
from small_batch import small_batch
from smebatch.batch.load import ReportData, ReportOptions
from smebatch.report.chapter import ChartFigure, Paragraph, printed
from smebatch.report.document import Format, Table, TableColumn
from smebatch.report.docx.report_file import write_word_report
from smebatch.report.findings import observations
from smebatch.report.narrative import MOST_GROUPS, Facts, Measure, narrative, range_sentence, target_chapter
from smebatch.report.section_lists import issue_groups
from smebatch.report.xlsx.book import write_summary
from smebatch.report.xlsx.charts import has_data
from smebatch.settings.model import Report
from word_files import cells, charts, headings, paragraphs, read_document, rows

BODY = "评测正文"
FONTS = {"方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312", "宋体"}
FORMATS = {form.value: form for form in Format}


@pytest.fixture(scope="module")
def batch() -> ReportData:
    return make_batch(60)


@pytest.fixture(scope="module")
def path(batch: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("word") / "report.docx"
    write_word_report(target, batch)
    return target


@pytest.fixture(scope="module")
def document(path: Path) -> WordDocument:
    return read_document(path)


@pytest.fixture(scope="module")
def book(batch: ReportData, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    target = tmp_path_factory.mktemp("word") / "summary.xlsx"
    write_summary(target, batch)
    return openpyxl.load_workbook(target)


def written(batch: ReportData, folder: Path) -> WordDocument:
    write_word_report(folder / "r.docx", batch)
    return read_document(folder / "r.docx")


# --- what it says -----------------------------------------------------------------------------------------------------


def test_the_chapters_are_numbered_in_order(document: WordDocument) -> None:
    assert headings(document) == [
        "一、概况与口径",
        "二、回收",
        "三、总体",
        "四、分区县",
        "五、分行业",
        "六、分规模",
        "七、三维度与十五项",
        "八、十六场景",
        "九、短板与升级",
        "十、两轮对比",
        "十一、数据质量",
        "十二、附表",
    ]


def displayed(book: Workbook) -> set[str]:
    """Every number of a workbook as it is displayed."""
    numbers = (cell for sheet in book for line in sheet.iter_rows() for cell in line if cell.data_type == "n")
    return {printed(cell.value, FORMATS[cell.number_format]) for cell in numbers if cell.value is not None}


def test_each_figure_stands_in_the_workbook(batch: ReportData, document: WordDocument, book: Workbook) -> None:
    known = displayed(book)
    codes = list(book["问题汇总"].iter_rows(min_row=4, values_only=True))
    for severity in ("错误", "警告"):  # sums of the rows of 问题汇总, and how many they are
        counts = [row[2] for row in codes if row[0] == severity]
        known |= {str(sum(n for n in counts if isinstance(n, int))), str(len(counts))}
    for sheet in ("分区县", "分行业", "分规模"):  # how many groups there are
        known |= {str(n) for n in range(len(list(book[sheet].iter_rows())))}
    words = [batch.edition.header.title, *(f"题{q.number} " for q in batch.edition.questions)]
    words += [line[0] for line in rows(document) if re.search(r"[^\d,.%]", line[0])]  # C33 金属制品业
    for text in paragraphs(document, BODY)[:-1]:
        bare = re.sub(r"\d+年\d+月\d+日[\d:]*|100%|不足 5 份|1 分＝", "", text)
        for word in words:
            bare = bare.replace(word, "")
        for number in re.findall(r"\d[\d,]*(?:\.\d+)?%?", bare):
            assert number in known, text


def test_each_number_of_a_table_stands_in_the_workbook(document: WordDocument, book: Workbook) -> None:
    numbers = {cell for line in rows(document) for cell in line if re.fullmatch(r"[\d,]+(\.\d+)?%?", cell)}
    assert len(numbers) > 200
    assert numbers <= displayed(book)


def test_figures_are_rounded_as_a_spreadsheet_rounds_them() -> None:
    for n in range(1, 401):
        for k in range(n + 1):
            thousandths, rest = divmod(1000 * k, n)
            exact = thousandths + (2 * rest >= n)  # half up
            assert printed(k / n, Format.PERCENT) == f"{exact // 10}.{exact % 10}%"


def test_a_sentence_names_the_highest_and_the_lowest_of_groups_that_are_not_small() -> None:
    frame = make_batch(0).enterprises.iloc[:0].reindex(range(5))[[]]
    frame = frame.assign(
        group=["甲", "乙", "丙区", "丁区", "未填"], n=[9, 4, 5, 5, 8], mean=[50.0, 99.0, 40.0, 40.0, 1.0]
    )
    measure = Measure("mean", "平均得分", Format.POINTS, " 分")
    said = range_sentence(frame, measure, 5)
    assert said == "平均得分最高的是“甲”（9 份），50.00 分；最低的是丙区（5 份）、丁区（5 份），40.00 分"
    assert range_sentence(frame, measure, 6) == ""  # one alone is neither
    assert range_sentence(frame[2:4], measure, 5) == ""  # nor are equal ones


def test_small_groups_by_the_settings_are_compared_with_none(batch: ReportData) -> None:
    large = dataclasses.replace(batch, options=ReportOptions(small_group=1000))
    for name in ("分区县", "分行业", "分规模"):
        chapter = narrative(large).chapters[name]
        assert chapter
        assert not [block for block in chapter.blocks if "最高" in getattr(block, "text", "")]


def test_without_returns_no_chapter_tells_figures_of_them(batch: ReportData, tmp_path: Path) -> None:
    document = written(empty_of(batch), tmp_path)
    assert headings(document) == ["一、概况与口径"]
    assert charts(document) == []


def test_targets_are_told_as_the_overview_has_them(batch: ReportData) -> None:
    frame = pd.DataFrame({"name": ["规上达二级"], "asked": [120], "missing": [36], "outlook": ["可达成"]})
    columns = (
        TableColumn("name", "目标"),
        TableColumn("asked", "应报", Format.COUNT),
        TableColumn("missing", "还差", Format.COUNT),
        TableColumn("outlook", "结论", Format.CODE),
    )
    facts = Facts(batch)
    assert target_chapter(facts) is None
    table = Table("targets", "目标完成情况（家）", frame, columns)
    vars(facts)["overview"] = dataclasses.replace(facts.overview, blocks=(table,))
    chapter = target_chapter(facts)
    assert chapter
    assert chapter.blocks == (Paragraph("规上达二级：应报 120 家，还差 36 家；可达成。"), table)


def grouped(values: list[str], *names: str) -> ReportData:
    """Returns of which each has one of the values in every column of ``names``, and the levels of the sample."""
    batch = make_batch(len(values))
    columns = pd.DataFrame(dict.fromkeys(names, values), index=batch.enterprises.index, dtype="str")
    return dataclasses.replace(batch, columns=columns, options=ReportOptions(report=Report(names)))


def test_each_column_of_group_by_has_a_chapter_behind_those_of_the_form() -> None:
    batch = grouped(["甲", "乙"] * 10, "服务商", "牵引单位")
    chapters = narrative(batch).chapters
    names = list(chapters)
    place = names.index("分规模") + 1
    assert names[place : place + 3] == ["按服务商", "按牵引单位", "维度与采集项"]
    chapter = chapters["按服务商"]
    assert chapter
    (table,) = [block for block in chapter.blocks if isinstance(block, Table)]
    assert table.frame["group"].tolist()[-1] == "合计"
    assert set(table.frame["group"][:-1]) == {"甲", "乙"}
    annex = chapters["附表"]
    assert annex
    assert "按服务商：各等级份数和各维度得分率" in [block.title for block in annex.blocks if isinstance(block, Table)]


def test_of_very_many_groups_the_first_and_the_total_are_printed() -> None:
    batch = grouped([f"单位{i:03d}" for i in range(MOST_GROUPS + 5)], "牵引单位")
    chapter = narrative(batch).chapters["按牵引单位"]
    assert chapter
    (table,) = [block for block in chapter.blocks if isinstance(block, Table)]
    assert (table.body, table.frame["n"].iloc[-1]) == (MOST_GROUPS, MOST_GROUPS + 5)
    assert str(MOST_GROUPS + 5) in table.notes[-1]


def test_overall_has_the_histogram_of_the_workbook(batch: ReportData) -> None:
    chapter = narrative(batch).chapters["总体"]
    assert chapter
    assert [block.chart.kind for block in chapter.blocks if isinstance(block, ChartFigure)] == ["column", "histogram"]


def test_what_stands_out_is_told_with_the_way_up(batch: ReportData) -> None:
    chapter = narrative(batch).chapters["短板与升级"]
    assert chapter
    said = " ".join(block.text for block in chapter.blocks if isinstance(block, Paragraph))
    found = [each for each in observations(batch) if each.sheet in ("维度与采集项", "应用场景", "升级分析")]
    assert len(found) > 2
    for each in found:
        assert f"{each.text}（n={each.n}）" in said


def test_a_note_stands_below_no_table_without_its_column(batch: ReportData) -> None:
    for chapter in filter(None, narrative(batch).chapters.values()):
        for table in (block for block in chapter.blocks if isinstance(block, Table)):
            assert ("互换" in "".join(table.all_notes)) <= ("swap" in [column.key for column in table.columns])


def test_issues_are_listed_by_their_names(batch: ReportData, document: WordDocument) -> None:
    names = issue_groups(batch)["name"].head(10).tolist()
    (listed,) = [lines for lines in map(table_rows, document.tables) if lines[0][:2] == ["级别", "问题"]]
    assert [line[1] for line in listed[1:]] == names


def table_rows(table: WordTable) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_no_number_of_a_table_is_broken_for_the_sake_of_a_long_name(tmp_path: Path) -> None:
    """Names give way: a column of shares is as wide as 100.0% needs, 6 half-width characters of 5 points or more."""
    document = written(grouped(["某某工业互联网平台运营管理服务股份有限公司", "乙"] * 10, "服务商"), tmp_path)
    (table,) = [t for t in document.tables if t.cell(0, 0).text == "服务商" and t.cell(0, 2).text == "平均得分"]
    widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid.iter(qn("w:gridCol"))]
    assert min(widths) >= 6 * 100
    assert sum(widths) <= 156 / 25.4 * 1440 + 1


def test_another_edition_has_its_own_words(tmp_path: Path) -> None:
    document = written(small_batch({"district": "甲区", "score_units": 300, "level": 1}), tmp_path)
    assert "七、二维度与四项" in [re.sub("^.", "七", text) for text in headings(document)]
    assert any("银及以上" in text for text in paragraphs(document, BODY))


# --- charts -----------------------------------------------------------------------------------------------------------


def test_the_cells_behind_a_chart_equal_what_it_shows(document: WordDocument) -> None:
    found = charts(document)
    assert len(found) > 8
    for chart in found:
        for series in chart.series:
            assert set(series.formulas) == {"name", "categories", "values"}
            for part, formula in series.formulas.items():
                of_cells = cells(chart.workbook, formula)
                cached = series.cached[part]
                if part == "values":
                    assert [float(text) for text in cached] == [value or 0 for value in of_cells]
                else:
                    assert cached == [str(value) for value in of_cells]


def test_a_chart_shows_its_table(batch: ReportData, document: WordDocument) -> None:
    chapters = [chapter for chapter in narrative(batch).chapters.values() if chapter]
    figures = [block for chapter in chapters for block in chapter.blocks if isinstance(block, ChartFigure)]
    shown = [figure for figure in figures if has_data(figure.chart, {figure.table.id: figure.table})]
    found = charts(document)
    assert [chart.title.split("（前")[0].split("（浅")[0] for chart in found] == [
        figure.chart.title for figure in shown
    ]
    for chart, figure in zip(found, shown, strict=True):
        columns = (*figure.table.columns, *figure.table.chart_columns)
        keys = {column.title: column.key for column in columns}
        shown_keys = [keys[series.cached["name"][0]] for series in chart.series]
        assert set(shown_keys) <= set(figure.chart.values)
        for series, key in zip(chart.series, shown_keys, strict=True):
            column = figure.table.frame[key].iloc[: len(series.cached["values"])]
            assert [float(text) for text in series.cached["values"]] == [float(value) for value in column.fillna(0)]


# Children of elements of a chart in the order of the schema; + marks those whose absence programs take for "yes", but
# Excel 2007 for "no", so that they have to be stated.
SCHEMA = {
    "chartSpace": "date1904 lang +roundedCorners style clrMapOvr protection chart spPr txPr externalData printSettings",
    "chart": "title +autoTitleDeleted plotArea legend plotVisOnly +dispBlanksAs showDLblsOverMax",
    "title": "tx layout +overlay spPr txPr",
    "legend": "legendPos legendEntry layout +overlay spPr txPr",
    "barChart": "barDir grouping +varyColors ser dLbls gapWidth overlap serLines axId",
    "ser": "idx order tx spPr +invertIfNegative pictureOptions dPt dLbls trendline errBars cat val shape",
    "dPt": "idx +invertIfNegative marker bubble3D explosion spPr",
    "dLbls": "dLbl delete numFmt spPr txPr dLblPos +showLegendKey showVal +showCatName +showSerName +showPercent "
    "+showBubbleSize separator showLeaderLines",
    "catAx": "axId scaling +delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
    "tickLblPos spPr txPr crossAx crosses crossesAt auto lblAlgn lblOffset tickLblSkip tickMarkSkip +noMultiLvlLbl",
    "valAx": "axId scaling +delete axPos majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
    "tickLblPos spPr txPr crossAx crosses crossesAt crossBetween majorUnit minorUnit dispUnits",
}


def test_a_chart_is_of_the_schema_and_leaves_nothing_to_be_taken_for_granted(document: WordDocument) -> None:
    met = set()
    for chart in charts(document):
        for parent, children in SCHEMA.items():
            order = [name.lstrip("+") for name in children.split()]
            for element in (e for e in chart.root.iter() if e.tag == qn(f"c:{parent}")):
                names = [child.tag.rpartition("}")[2] for child in element]
                assert names == sorted(names, key=order.index), parent
                assert set(names) >= {name[1:] for name in children.split() if name.startswith("+")}
                met.add(parent)
        for labels in chart.root.iter(qn("c:dLbls")):  # a threshold is labelled by its name, all else by its value
            assert [labels.find(qn(f"c:{name}")).get("val") for name in ("showVal", "showCatName")].count("1") == 1
    assert met == set(SCHEMA)


def test_the_workbook_behind_a_chart_holds_no_more_than_the_chart(document: WordDocument) -> None:
    for chart in charts(document):
        (sheet,) = chart.workbook
        whiskers = len(list(chart.root.iter(qn("c:errBars"))))  # of a box, whose ends have columns of their own
        assert sheet.max_column <= len(chart.series) + 2 + whiskers


def test_a_region_may_have_a_name_of_any_length(tmp_path: Path, batch: ReportData) -> None:
    """A property of a document has room for 255 characters; enterprises write what they like into their district."""
    write_word_report(tmp_path / "a.docx", dataclasses.replace(batch, region="长" * 30_000))
    title = read_document(tmp_path / "a.docx").core_properties.title
    assert (len(title), title[:2], title[-1]) == (255, "长长", "…")


# --- how it looks -----------------------------------------------------------------------------------------------------


def test_fonts_are_named_and_no_other_is(document: WordDocument) -> None:
    roots = [document.styles.element, document.element, *(s.footer.part.element for s in document.sections)]
    fonts = [font for root in roots for font in root.iter(qn("w:rFonts"))]
    assert {value for font in fonts for value in font.attrib.values()} == FONTS
    assert all(qn("w:eastAsia") in font.attrib for font in fonts)


def test_a_table_repeats_its_header_and_breaks_no_row(document: WordDocument) -> None:
    for table in document.tables:
        first, *others = table.rows
        assert all(cell._tc.tcPr.find(qn("w:shd")) is not None for cell in first.cells)
        assert first._tr.trPr.find(qn("w:tblHeader")) is not None
        assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in (first, *others))


def test_no_number_of_a_table_is_broken(document: WordDocument) -> None:
    for table in document.tables:
        for row in table.rows[1:]:
            for cell in row.cells:
                if re.fullmatch(r"[0-9.,%]+", cell.text):
                    # 10 point: half a character is 5, of 12700 EMU each; and 3 points left and right.
                    assert cell.width is not None
                    assert cell.width >= (len(cell.text) * 5 + 2 * 3) * 12700, [c.text for c in table.rows[0].cells]


def test_page_and_page_numbers_are_those_of_official_documents(document: WordDocument) -> None:
    (section,) = document.sections
    sizes = (section.page_width, section.page_height, section.top_margin, section.bottom_margin)
    assert [round((size or 0) / 36_000) for size in sizes] == [210, 297, 37, 35]
    assert [round((size or 0) / 36_000) for size in (section.left_margin, section.right_margin)] == [28, 26]
    for footer in (section.footer, section.even_page_footer):
        (field,) = footer.part.element.iter(qn("w:fldSimple"))
        assert field.get(qn("w:instr")).strip() == "PAGE"


# --- the same bytes, and nothing but text -----------------------------------------------------------------------------


def test_two_writings_are_equal_byte_for_byte(
    batch: ReportData, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = time.time() + 100_000
    monkeypatch.setattr(time, "time", lambda: later)
    write_word_report(tmp_path / "again.docx", batch)
    assert (tmp_path / "again.docx").read_bytes() == path.read_bytes()


def test_the_properties_tell_the_time_of_the_report_and_no_name(document: WordDocument, batch: ReportData) -> None:
    properties = document.core_properties
    assert properties.created == properties.modified
    assert f"{properties.created:%F %T}" == f"{batch.made_at:%F %T}"
    assert (properties.author, properties.last_modified_by, properties.comments) == ("", "", "")


HOSTILE = (
    "</w:t></w:r><w:fldSimple w:instr='DDEAUTO c:\\\\x'/>",
    "{ DDEAUTO cmd }",
    "=cmd|'/c calc'!A0",
    "<r><t>x</t></r>",
    "甲\x00\x0b\u202e\ud800\ufffe区",
    "{{正文}}",
    "_x0041_",
    "&#x41; &amp; <!-- ]]>",
)


def test_text_of_returns_stays_text(tmp_path: Path) -> None:
    returns = [{"district": text, "score_units": 100, "level": 0} for text in HOSTILE for _ in range(6)]
    document = written(small_batch(*returns, region=HOSTILE[0]), tmp_path)
    named = {line[0] for line in rows(document)}
    assert {HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[5], HOSTILE[7], "甲 区"} <= named
    with zipfile.ZipFile(tmp_path / "r.docx") as parts:
        xml = parts.read("word/document.xml").decode()
    assert not re.findall(r"<w:(?:fldSimple|instrText|fldChar|hyperlink|object)\b", xml)
    for chart in charts(document):
        for series in chart.series:
            cached = [text.replace("_x005F_", "_") for text in series.cached["categories"]]  # Office reads it so
            assert cached == [str(value) for value in cells(chart.workbook, series.formulas["categories"])]
