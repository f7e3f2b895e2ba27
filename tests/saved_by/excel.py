"""Imitates how the Chinese Excel on Windows saves a return.

The features are taken from workbooks of Excel 2010 to 2021 that stand unpacked in public repositories: among others
wangwang1994/copy_paste_report (texts typed later at the end of the table, with the phonetic font that is the last of
the fonts; texts of runs; calcChain), DriftingLi/FL and zgolfkai/spstudy (xr:uid, rows with a style of their own),
yunjin7725/fruit-sourcing-dashboard (phonetic fonts on some texts only, runs whose first looks as the cell does).
From which number below 0.1 on Excel writes scientific notation is from memory, not verified.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from random import Random

from saved_by import parts
from saved_by.form import STYLES, TEXTS, Form, renumbered, shared, sheet_part, take_apart, text_cells
from saved_by.formulas import calculated, formula_places, share_formulas
from saved_by.package import SUPER_FAST, Packed, package, packed, packed_once
from saved_by.runs import pieces, preserved

VARIANTS = 8  # of what the program works out on the sheets without answers

_ROW = re.compile(rb'<row r="([0-9]+)"( spans="[0-9:]+")([^>]*)>(?=(?:<c r="[A-Z]+[0-9]+" s="([0-9]+)")?)')
_FRACTION = re.compile(rb'"><v>(-?[0-9]*\.[0-9Ee+-]+|-?[0-9.]+[Ee][0-9+-]+)</v>')
_VALIDATION = re.compile(rb'(<dataValidation [^>]*?sqref="[^"]*")')
_TICK = re.compile(rb' s="([0-9]+)" t="s"><v>([0-9]+)</v>')
_FONTS = re.compile(rb'<fonts count="([0-9]+)">')
_READINGS = (b"zhang", b"wang", b"li", b"beizhu")


@dataclass(frozen=True)
class Look:
    """Features that a file of Excel may have."""

    uids: bool  # Excel 2016 and later, which write figures in as few digits as tell them
    descent: bytes  # of the rows' fonts; Excel 2007 says none
    phonetic: int  # 1: texts typed with an input method say so; 2: so do some texts of the form
    runs: bool
    readings: bool
    share_formulas: bool
    row_styles: bool
    thick_bottoms: bool
    type_true: bool
    variant: int


def _draw_look(rng: Random) -> Look:
    descent = rng.choice((b"", b"0.15", b"0.15", b"0.15", b"0.2", b"0.25"))
    return Look(
        uids=bool(descent) and rng.random() < 0.7,
        descent=descent,
        phonetic=rng.choice((0, 1, 2, 2)),
        runs=rng.random() < 0.55,
        readings=rng.random() < 0.55,
        share_formulas=rng.random() < 0.55,
        row_styles=rng.random() < 0.55,
        thick_bottoms=rng.random() < 0.55,
        type_true=rng.random() < 0.55,
        variant=rng.randrange(VARIANTS),
    )


LOOKS = [_draw_look(Random(f"Excel {i}")) for i in range(32)]
"""The combinations of features in use: each feature in a third of them; few, so that equal parts can be cached."""


def save(data: bytes, rng: Random) -> bytes:
    """A return as Excel would have saved it."""
    return save_as(take_apart(data), rng.choice(LOOKS), rng)


def save_as(form: Form, look: Look, rng: Random) -> bytes:
    """A return as Excel would have saved it with these features."""
    reading = _phonetic(form.parts[STYLES])
    cells = text_cells(form.order, shared)
    sheets: dict[str, Packed] = {}
    formulas: list[tuple[int, bytes]] = []
    for number, xml in enumerate(form.sheets, 1):
        if form.is_answer_sheet(xml):
            ticked = _some_true(xml, form, rng) if look.type_true else xml
            sheets[sheet_part(number)] = packed(_sheet(renumbered(ticked, cells), number, look, reading, rng))
        else:
            sheets[sheet_part(number)] = _other_sheet(renumbered(xml, cells), number, look, reading)
        formulas += [(number, place) for place in formula_places(xml)]
    return package(_in_order(form, sheets, _table(form, look, reading, rng), tuple(formulas), look), SUPER_FAST)


def _in_order(
    form: Form, sheets: Mapping[str, Packed], table: bytes, formulas: tuple[tuple[int, bytes], ...], look: Look
) -> dict[str, Packed]:
    before = {
        "[Content_Types].xml": parts.types(len(sheets), parts.EXCEL_PARTS),
        "_rels/.rels": form.parts["_rels/.rels"],
        "xl/workbook.xml": _book(form.parts["xl/workbook.xml"], look.uids),
        "xl/_rels/workbook.xml.rels": parts.relations(len(sheets), parts.EXCEL_PARTS),
    }
    looks = {"xl/theme/theme1.xml": form.parts["xl/theme/theme1.xml"], STYLES: styles(form.parts[STYLES])}
    behind = {
        "xl/calcChain.xml": _chain(formulas),
        "docProps/core.xml": _core(form.parts["docProps/core.xml"]),
        "docProps/app.xml": _app(form.parts["docProps/app.xml"]),
        "docProps/custom.xml": form.parts["docProps/custom.xml"],
    }
    return {**_ready(before), **sheets, **_ready(looks), TEXTS: packed(table), **_ready(behind)}


def _ready(small: Mapping[str, bytes]) -> dict[str, Packed]:
    """Parts that are the same in many files, with the line end that Excel writes behind the XML declaration."""
    return {
        name: packed_once(content.replace(b'standalone="yes"?>\n', b'standalone="yes"?>\r\n', 1))
        for name, content in small.items()
    }


# --- sheets ---------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _other_sheet(xml: bytes, number: int, look: Look, reading: bytes) -> Packed:
    """A sheet without answers, the same in many files. Only here can formulas be shared; on answer sheets none can."""
    if look.share_formulas:
        xml = share_formulas(xml)
    return packed(_sheet(xml, number, look, reading, Random(look.variant)))


def _sheet(xml: bytes, number: int, look: Look, reading: bytes, rng: Random) -> bytes:
    begin, end = xml.index(b"<sheetData"), xml.index(b"</sheetData>")
    cells = _ROW.sub(_rows(look), xml[begin:end])
    cells = _FRACTION.sub(lambda match: b'"><v>%s</v>' % figure(match[1], 0 if look.uids else 17), cells)
    cells = calculated(cells, rng)
    return _head(xml[:begin], number, look) + cells + _tail(xml[end:], number, look, reading)


def _rows(look: Look) -> Callable[[re.Match[bytes]], bytes]:
    behind = b' x14ac:dyDescent="%s"' % look.descent if look.descent else b""
    third = look.variant % 3 if look.row_styles else -1

    def row(match: re.Match[bytes]) -> bytes:
        number, spans, attributes, style = match.groups()
        at = int(number)
        styled = b' s="%s" customFormat="1"' % style if style and at % 3 == third else b""
        thick = b' thickBot="1"' if look.thick_bottoms and at % 11 == look.variant else b""
        return b'<row r="%s"%s%s%s%s%s>' % (number, spans, styled, attributes, thick, behind)

    return row


def figure(number: bytes, digits: int) -> bytes:
    """A number as Excel writes it: in 17 digits, or (``digits`` 0) in the fewest that identify it.

    >>> figure(b"0.001", 0), figure(b"0.3", 17), figure(b"12.5", 17)
    (b'1E-3', b'0.29999999999999999', b'12.5')
    """
    value = float(number)
    decimal = Decimal(format(value, f".{digits - 1}e") if digits else repr(value)).normalize()
    below = decimal.adjusted()
    if decimal and (below < -2 or (below == -2 and len(decimal.as_tuple().digits) > 1)):
        mantissa = format(decimal.scaleb(-below), "f")
        return f"{mantissa}E{below}".encode()
    return format(decimal, "f").encode()


def _some_true(xml: bytes, form: Form, rng: Random) -> bytes:
    """A sheet where somebody typed TRUE for some of the ticks."""
    tick = form.texts.index("<t>√</t>".encode()) if "<t>√</t>".encode() in form.texts else -1

    def cell(match: re.Match[bytes]) -> bytes:
        if int(match[2]) == tick and match[1] in form.tick_styles and rng.random() < 0.5:
            return b' s="%s" t="b"><v>1</v>' % match[1]
        return match[0]

    return _TICK.sub(cell, xml)


@lru_cache(maxsize=512)
def _head(head: bytes, number: int, look: Look) -> bytes:
    head = head[head.index(b"<worksheet") :]
    begin = head.index(b">")
    rest = head[begin + 1 :]
    root = parts.ROOT_2007
    if look.descent:
        root = parts.ROOT_2016 % (number - 1) if look.uids else parts.ROOT_2010
        default = b'<sheetFormatPr defaultRowHeight="13.5" x14ac:dyDescent="%s"/>' % look.descent
        rest = rest.replace(b'<sheetFormatPr defaultRowHeight="15"/>', default)
    return parts.WINDOWS_HEAD + b"<worksheet " + root + b">" + rest


@lru_cache(maxsize=512)
def _tail(tail: bytes, number: int, look: Look, reading: bytes) -> bytes:
    if look.phonetic:
        before = b"</mergeCells>" if b"</mergeCells>" in tail else b'autoFilter="0"/>'
        tail = tail.replace(before, before + reading, 1)
    if look.uids:
        counts = iter(range(1 << 24))

        def validation(match: re.Match[bytes]) -> bytes:
            count = next(counts)
            low, high = count & 0xFFFF, count >> 16
            return b'%s xr:uid="{00000000-0002-0000-%02X00-0000%02X%02X0000}"' % (
                match[1], number - 1, low & 0xFF, (low >> 8) + high,
            )  # fmt: skip

        tail = _VALIDATION.sub(validation, tail)
    return tail


# --- shared texts ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _phonetic(styles: bytes) -> bytes:
    """The mark of texts typed with an input method; it names the font that ``styles`` adds."""
    fonts = _FONTS.search(styles)
    return b'<phoneticPr fontId="%s" type="noConversion"/>' % (fonts[1] if fonts else b"1")


def _table(form: Form, look: Look, reading: bytes, rng: Random) -> bytes:
    typed = form.typed
    count = sum(xml.count(b' t="s"') for xml in form.sheets)
    own = [old for old in form.order if old in typed]
    items = b"".join(_own_item(form.texts[old], look, reading, rng) for old in own)
    of_form = tuple(form.texts[old] for old in form.order if old not in typed)
    items = _form_items(of_form, look, reading) + items
    return parts.WINDOWS_HEAD + parts.table_tag(count, len(form.texts)) + items + b"</sst>"


@lru_cache(maxsize=64)
def _form_items(texts: tuple[bytes, ...], look: Look, reading: bytes) -> bytes:
    rng = Random(look.variant)
    share = 0.6 if look.phonetic == 2 else 0
    return b"".join(b"<si>%s%s</si>" % (text, reading if rng.random() < share else b"") for text in texts)


def _own_item(text: bytes, look: Look, reading: bytes, rng: Random) -> bytes:
    behind = b"" if text.isascii() or not look.phonetic else reading
    if look.runs and len(text) > 40 and rng.random() < 0.3:
        text = _in_runs(text, rng)
    elif look.readings and behind and rng.random() < 0.15:
        behind = b'<rPh sb="0" eb="1"><t>%s</t></rPh>%s' % (rng.choice(_READINGS), behind)
    return b"<si>%s%s</si>" % (text, behind)


def _in_runs(text: bytes, rng: Random) -> bytes:
    """A text of several runs, after somebody made a part bold or pasted it; the first run may have no format."""
    first, *rest = pieces(text, rng)
    runs = [b"<r>%s</r>" % preserved(first) if rng.random() < 0.5 else _run(first, rng), *(_run(p, rng) for p in rest)]
    return b"".join(runs)


def _run(piece: bytes, rng: Random) -> bytes:
    return b"<r><rPr>%s</rPr>%s</r>" % (rng.choice(_LOOKS_OF_RUNS), preserved(piece))


_SONG = '<rFont val="宋体"/><family val="3"/><charset val="134"/>'
_LOOKS_OF_RUNS = [
    look.encode()
    for look in (
        f'<sz val="10"/><color theme="1"/>{_SONG}<scheme val="minor"/>',
        f'<b/><sz val="10"/><color rgb="FF1F2A37"/>{_SONG}',
        f'<sz val="10"/><color rgb="FFFF0000"/>{_SONG}',
    )
]


# --- other parts ----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def styles(xml: bytes) -> bytes:
    """The styles with what Excel adds: character sets, a last font for phonetic marks, Excel's numbers of formats."""
    xml = xml.replace(b'<family val="2"/></font>', b'<family val="3"/><charset val="134"/></font>')
    xml = _FONTS.sub(lambda match: b'<fonts count="%d" x14ac:knownFonts="1">' % (int(match[1]) + 1), xml)
    extra = '<font><sz val="9"/><name val="宋体"/><family val="3"/><charset val="134"/></font></fonts>'.encode()
    xml = xml.replace(b"</fonts>", extra)
    root = b"<styleSheet " + parts.ROOT_2010 + b">"
    return xml[: xml.index(b"<styleSheet")] + root + parts.own_formats(xml[xml.index(b"<numFmts") :])


@lru_cache(maxsize=8)
def _book(xml: bytes, uids: bool) -> bytes:
    xml = xml.replace(b"'", b"").replace(b' fullCalcOnLoad="1"', b"")
    if not uids:
        return xml.replace(b'lastEdited="4"', b'lastEdited="5"').replace(b'calcId="124519"', b'calcId="145621"')
    rest = xml[xml.index(b"<bookViews>") :].replace(b'calcId="124519"', b'calcId="191029"')
    return parts.HEAD + parts.BOOK_2016 + rest


@lru_cache(maxsize=8)
def _chain(formulas: tuple[tuple[int, bytes], ...]) -> bytes:
    links = b"".join(b'<c r="%s" i="%d"/>' % (place, sheet) for sheet, place in reversed(formulas))
    return parts.HEAD + b'<calcChain xmlns="%s">' % parts.MAIN + links + b"</calcChain>"


def _core(xml: bytes) -> bytes:
    xml = xml.replace(b"<cp:lastModifiedBy>smebatch<", b"<cp:lastModifiedBy>Administrator<")
    return xml.replace(b"2024-01-01T00:00:00Z</dcterms:modified>", b"2026-11-12T03:04:05Z</dcterms:modified>")


def _app(xml: bytes) -> bytes:
    xml = xml.replace(b"<Application>", b"<TotalTime>0</TotalTime><Application>")
    xml = xml.replace(b">Worksheets<", ">工作表<".encode()).replace(b">Named Ranges<", ">命名范围<".encode())
    return xml.replace(b"12.0000", b"16.0300")
