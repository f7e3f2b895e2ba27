"""The layout of official documents, GB/T 9704: page, fonts, styles and page numbers of a new document.

Fonts go by name, for text in any script, so that the same file asks every machine for the same fonts. A template brings
its own page; of the styles it gets those that it does not define itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from docx import Document
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Length, Mm

from smebatch.report.docx.elements import element, run

SONG, FANG_SONG, HEI, KAI = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
PAGE_NUMBER_FONT = "宋体"

_LINE = 579  # twentieths of a point: 22 lines fill the 225 mm between the margins
_PAGE = Mm(210), Mm(297)
_MARGINS = {"top_margin": Mm(37), "bottom_margin": Mm(35), "left_margin": Mm(28), "right_margin": Mm(26)}
_FOOTER = Mm(23)  # from the edge: a page number stands 7 mm below the text


class Style(NamedTuple):
    """A style of paragraphs: its name, font and size in half points, and how its lines stand.

    ``indent``: of the first line, in characters. ``line``: exact height in twentieths of a point; 0: as high as what
    is in it. ``outline``: the level in the outline, from 0; None for text. ``keep``: on one page with what follows.
    """

    name: str
    font: str
    size: int
    align: str = "both"
    indent: int = 0
    line: int = _LINE
    outline: int | None = None
    keep: bool = False
    bold: bool = False
    before: int = 0
    after: int = 0


TITLE = Style("评测标题", SONG, 44, "center", line=700, keep=True, after=200)
DATE = Style("评测日期", KAI, 32, "center", after=_LINE)
BODY = Style("评测正文", FANG_SONG, 32, indent=2)
HEADINGS = {
    1: Style("评测一级标题", HEI, 32, "left", 2, outline=0, keep=True),
    2: Style("评测二级标题", KAI, 32, "left", 2, outline=1, keep=True),
    3: Style("评测三级标题", FANG_SONG, 32, "left", 2, outline=2, keep=True, bold=True),
}
CAPTION = Style("评测表题", HEI, 24, "center", line=0, keep=True, before=160, after=80)
CELL = Style("评测表格", FANG_SONG, 20, "left", line=0, before=20, after=20)
NOTE = Style("评测表注", FANG_SONG, 20, "left", line=0, before=60, after=120)
FIGURE = Style("评测图", FANG_SONG, 20, "center", line=0, before=120, after=120)
PAGE_NUMBER = Style("评测页码", PAGE_NUMBER_FONT, 28, "left", line=0)
_STYLES = (TITLE, DATE, BODY, *HEADINGS.values(), CAPTION, CELL, NOTE, FIGURE, PAGE_NUMBER)


def new_document() -> WordDocument:
    """An empty document in the layout of GB/T 9704."""
    document = Document()
    _drop_styles(document.styles.element)
    section = document.sections[0]
    section.page_width, section.page_height = _PAGE
    for name, margin in _MARGINS.items():
        setattr(section, name, margin)
    section.footer_distance = _FOOTER
    for grid in list(document.element.iter(qn("w:docGrid"))):  # lines stand by their own height
        grid.getparent().remove(grid)
    document.settings.odd_and_even_pages_header_footer = True
    for language in document.settings.element.iter(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")
    for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        _number_page(footer.part.element, side)
    add_styles(document)
    return document


def add_styles(document: WordDocument) -> None:
    """Add those of our styles that the document does not define itself."""
    defined = {style.name for style in document.styles}
    for style in _STYLES:
        if style.name not in defined:
            document.styles.element.append(_style_element(style))


def style_ids(document: WordDocument) -> dict[str, str]:
    """The id of each of our styles by its name."""
    return {style.name: document.styles[style.name].style_id for style in _STYLES}


def text_width(document: WordDocument, section: int = 0) -> Length:
    """The width between the margins of a section."""
    page = document.sections[section]
    widths = page.page_width or _PAGE[0], page.left_margin or 0, page.right_margin or 0
    return Length(max(widths[0] - widths[1] - widths[2], Mm(50)))


def _drop_styles(styles: Any) -> None:
    """Leave no style of the library's own template but the defaults, which get our font in the place of a theme's."""
    for style in list(styles.iter(qn("w:style"))):
        if style.get(qn("w:default")) != "1":
            styles.remove(style)
    for defaults in list(styles.iter(qn("w:docDefaults"))):
        styles.remove(defaults)
    for fonts in list(styles.iter(qn("w:rFonts"))):
        fonts.getparent().remove(fonts)
    styles.insert(0, element("w:docDefaults", [element("w:rPrDefault", [_run_properties(BODY)])]))


def _number_page(footer: Any, side: str) -> None:
    """Number the pages in a footer: — 1 —, on the outer side, one character from the margin."""
    look = [
        element("w:pStyle", val=_style_id(PAGE_NUMBER)),
        element("w:ind", **{side: str(PAGE_NUMBER.size * 10)}),
        element("w:jc", val=side),
    ]
    number = element("w:fldSimple", [run("1")], instr=" PAGE ")
    for child in list(footer):
        footer.remove(child)
    footer.append(element("w:p", [element("w:pPr", look), run("— "), number, run(" —")]))


def _style_id(style: Style) -> str:
    return f"smebatch{_STYLES.index(style)}"


def _style_element(style: Style) -> Any:
    children = [
        element("w:name", val=style.name),
        element("w:qFormat"),
        _paragraph_properties(style),
        _run_properties(style),
    ]
    return element("w:style", children, type="paragraph", customStyle="1", styleId=_style_id(style))


def _paragraph_properties(style: Style) -> Any:
    lines = {"line": str(style.line), "lineRule": "exact"} if style.line else {"line": "240", "lineRule": "auto"}
    first = {"firstLineChars": str(style.indent * 100), "firstLine": str(style.indent * style.size * 10)}
    outline = [] if style.outline is None else [element("w:outlineLvl", val=str(style.outline))]
    return element(
        "w:pPr",
        [
            *([element("w:keepNext")] if style.keep else []),
            element("w:spacing", before=str(style.before), after=str(style.after), **lines),
            element("w:ind", **first),
            element("w:jc", val=style.align),
            *outline,
        ],
    )


def _run_properties(style: Style) -> Any:
    return element(
        "w:rPr",
        [
            element("w:rFonts", **dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), style.font)),
            *([element("w:b")] if style.bold else []),
            element("w:sz", val=str(style.size)),
            element("w:szCs", val=str(style.size)),
            element("w:lang", val="en-US", eastAsia="zh-CN"),  # numbers are not broken as Chinese text is
        ],
    )
