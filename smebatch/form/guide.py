"""填报说明: what the form is for, who fills in what and how, the method, the terms, and how to return it."""

from __future__ import annotations

from smebatch.form.energy import ENERGY_SHEET
from smebatch.form.marks import TICK
from smebatch.form.measure import row_height
from smebatch.form.paging import PORTRAIT, page_breaks
from smebatch.form.result_layout import RESULT_SHEET
from smebatch.form.sheet import Sheet
from smebatch.standard.keys import Section
from smebatch.standard.model import Edition

GUIDE_SHEET = "填报说明"
_WIDTHS = (18, 14, 40, 44)
_LAST = len(_WIDTHS) - 1
_NUMBERS = "一二三四五六七八九十"


class _Page:
    """Writes down the sheet, section by section."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet, self.row, self.sections = sheet, 0, 0
        self.blocks: list[tuple[int, float]] = []  # for page breaks: a heading with two rows below it, else a row
        self.kept = 0  # rows still to be kept with the heading above

    def section(self, title: str) -> None:
        """A numbered heading."""
        self.sheet.text(self.row, 0, f"{_NUMBERS[self.sections]}、{title}", "section")
        self.kept = 0
        self._next(28)
        self.kept = 2
        self.sections += 1

    def paragraph(self, text: str) -> None:
        """A paragraph over the whole width."""
        self.sheet.merged(self.row, 0, _LAST, text, "para")
        self._next(row_height((text, sum(_WIDTHS)), minimum=18))

    def numbered(self, *texts: str) -> None:
        """Paragraphs with numbers."""
        for i, text in enumerate(texts, 1):
            self.paragraph(f"{i}. {text}")

    def line(self, cells: tuple[str, ...], *, header: bool = False) -> None:
        """A line of a table; one cell less than columns and the last spans two."""
        styles = ["header"] * len(cells) if header else ["strong", "center", *["text"] * (len(cells) - 2)]
        if len(cells) < len(_WIDTHS):
            styles[1:] = ["header"] * (len(cells) - 1) if header else ["text"] * (len(cells) - 1)
        widths: list[tuple[str, float]] = []
        for i, (text, style) in enumerate(zip(cells, styles, strict=True)):
            last = _LAST if i == len(cells) - 1 else i
            first = i
            if len(cells) < len(_WIDTHS) and i:
                first, last = (1, 2) if i == 1 else (3, 3)
            self.sheet.merged(self.row, first, last, text, style)
            widths.append((text, sum(_WIDTHS[first : last + 1])))
        self._next(row_height(*widths, minimum=22))

    def _next(self, height: float) -> None:
        self.sheet.raw.set_row(self.row, height)
        if self.kept:
            first, so_far = self.blocks[-1]
            self.blocks[-1] = (first, so_far + height)
            self.kept -= 1
        else:
            self.blocks.append((self.row, height))
        self.row += 1


def write_guide(sheet: Sheet, edition: Edition) -> None:
    """Write 填报说明."""
    header = edition.header
    for i, width in enumerate(_WIDTHS):
        sheet.raw.set_column(i, i, width)
    page = _Page(sheet)
    sheet.merged(0, 0, _LAST, header.form_title, "title")
    sheet.raw.set_row(0, 40)
    sheet.merged(1, 0, _LAST, "填 报 说 明", "subtitle")
    sheet.raw.set_row(1, 24)
    page.row = 2

    page.section("评测目的和内容")
    page.paragraph(header.introduction)
    if header.binding_note:
        page.paragraph(header.binding_note)

    page.section("填报内容和分工")
    page.line(("工作表", "填报内容", "由谁填报"), header=True)
    for line in _sheets(edition):
        page.line(line)

    page.section("填报方法")
    page.numbered(*_how(edition))

    page.section("判定方法")
    page.paragraph(header.method)
    page.line(
        ("等级", header.score_part, header.scene_part + "应用场景" if edition.scenes else "要求", "总体要求"),
        header=True,
    )
    for g in edition.levels:
        page.line((g.full_name, f"≥ {g.score.value} {g.score.unit}", g.requirement, g.description))
    page.numbered(*(rule.text for rule in edition.rules))

    page.section("单元格保护和信息使用")
    page.numbered(
        "工作表设有保护，但没有密码，目的是防止误改题目和公式；只有黄色单元格可以填写。",
        "请勿删除隐藏的行和列：它们记录每个答案的编号，收表时据此读取。插入行列、移动工作表、调整顺序均不影响读取。",
        "本文件不含宏，不连接网络，不收集本表以外的任何信息。所填内容仅用于数字化水平评测和区域汇总分析。",
    )

    page.section("报送要求")
    page.numbered(
        "每家企业报送一个文件，一个评测阶段一份；建议以“企业名称＋评测阶段”命名。",
        "请以 Excel 工作簿（.xlsx）格式报送电子文件，不要转成 PDF、图片，不要压缩、加密或设置打开密码。",
        "报送后发现填写有误的，修改并更新“填报日期”后重新报送，以填报日期较新的为准。",
    )

    if edition.glossary:
        page.section("名词解释")
    for term in edition.glossary:
        page.paragraph(f"{term.term}：{term.text}")
    sheet.page(header.form_title)
    sheet.raw.set_h_pagebreaks(page_breaks(PORTRAIT, _WIDTHS, 64, page.blocks, balance=False))
    sheet.raw.hide_gridlines(2)
    sheet.protect()


def _sheets(edition: Edition) -> list[tuple[str, str, str]]:
    header = edition.header
    score = sum(len(q.figures) > 0 for q in edition.questions)
    lines = [
        (str(Section.ENTERPRISE), "企业基本情况、评测类型和阶段、填报承诺", "企业填报负责人"),
        (
            str(Section.QUESTIONS),
            f"{header.score_part}：{len(edition.questions)} 道题，其中 {score} 道题须同时填写数据",
            "信息化、设备、财务、能源、质量等部门",
        ),
    ]
    if edition.scenes:
        lines.append(
            (str(Section.SCENES), f"{len(edition.scenes)} 个应用场景逐一判定等级", "各业务部门，信息化部门汇总")
        )
    if edition.energies:
        lines.append((ENERGY_SHEET, "各种能源折算成标准煤的计算工具，用多少填多少", "能源或财务部门"))
    lines.append((RESULT_SHEET, "自动计算得分、等级和差距，无需填写", "自动生成，供企业自查"))
    return lines


def _how(edition: Edition) -> list[str]:
    header = edition.header
    multiple = next((q for q in edition.questions if q.none is not None), None)
    none = f"，都没有的选“{multiple.options[(multiple.none or 1) - 1]}”，此时不再选其他项" if multiple else ""
    texts = [
        "只填黄色单元格。颜色加深的是尚未填写的必填单元格；右侧“提示”栏的红字说明还缺什么、哪里前后矛盾，改正后自动消失。",
        f"勾选题在下拉列表中选“{TICK}”，不符合的留空。{header.single}题只选一项；{header.multiple}题选所有符合的项{none}。",
        "数据只填数字，不带单位和千分号，单位以右侧所印为准，如“万元”栏填万元数；百分数填数值，98.5% 填 98.5。",
        "没有前年数据的企业（如成立不足两年），“是否无前年数据”栏选“是”；与前年比较的题目可以不填，不填的题计 0 分。",
    ]
    if edition.scenes:
        texts.append(
            f"应用场景逐级勾选：完全达到低等级的全部要求，方可勾选更高等级。各等级均未达到的选“{header.not_reached}”，"
            f"企业没有该项业务的选“{header.not_applicable}”，二者均不计入达到等级的场景个数。"
        )
    texts.append(f"填写完成后，请查看“{RESULT_SHEET}”，确认“填报情况”为已全部填写，再行报送。")
    return texts
