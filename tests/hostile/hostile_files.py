"""Hostile files, built here, for no binary stands in the repository: what each is, and the reason it must be given.

``KILLERS`` are those that no check before the reading can tell: the process that reads them may die or run for ever.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

from cases import form_bytes, good_answers

GOOD = form_bytes(good_answers())
Make = Callable[[], bytes]

# --- zip and OLE, by hand -------------------------------------------------------------------------------------------


def a_zip(parts: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


@cache
def good_parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def good_with(part: str, old: bytes, new: bytes) -> Make:
    """The good return with the first occurrence of some bytes in a part replaced."""

    def make() -> bytes:
        parts = dict(good_parts())
        assert old in parts[part], (part, old)
        return a_zip(parts | {part: parts[part].replace(old, new, 1)})

    return make


def good_sheet(old: bytes, new: bytes) -> Make:
    return good_with("xl/worksheets/sheet2.xml", old, new)


TYPES = b"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""


def sheet_with(cells: bytes, *, sheets: bytes = b'<sheet name="1" sheetId="1" r:id="rId1"/>') -> Make:
    """A small workbook whose one sheet part holds these rows."""
    head = b'<?xml version="1.0" encoding="UTF-8"?>'
    main = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    rel = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = b"http://schemas.openxmlformats.org/package/2006/relationships"
    target = b'Type="%s/worksheet" Target="worksheets/sheet1.xml"/>' % rel
    ids = b"".join(b'<Relationship Id="rId%d" %s' % (i, target) for i in range(1, 4))
    return lambda: a_zip(
        {
            "[Content_Types].xml": head + TYPES,
            "xl/workbook.xml": head + b'<workbook %s xmlns:r="%s"><sheets>%s</sheets></workbook>' % (main, rel, sheets),
            "xl/_rels/workbook.xml.rels": head + b'<Relationships xmlns="%s">%s</Relationships>' % (package, ids),
            "xl/worksheets/sheet1.xml": head + b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (main, cells),
        }
    )


ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"


def ods_with(rows: bytes, *, more: dict[str, bytes] | None = None, kind: bytes = ODS_TYPE) -> Make:
    spaces = b" ".join(
        b'xmlns:%s="urn:oasis:names:tc:opendocument:xmlns:%s:1.0"' % (name, name)
        for name in (b"office", b"table", b"text")
    )
    table = b'<table:table table:name="1">%s</table:table>' % rows
    body = b"<office:body><office:spreadsheet>%s</office:spreadsheet></office:body>" % table
    content = b'<?xml version="1.0" encoding="UTF-8"?><office:document-content %s>%s</office:document-content>'
    return lambda: a_zip(
        {"mimetype": kind, "META-INF/manifest.xml": b"<manifest/>", "content.xml": content % (spaces, body)}
        | (more or {}),
        zipfile.ZIP_STORED,
    )


def ods_cell(attributes: bytes = b"") -> bytes:
    return b'<table:table-cell office:value-type="float" office:value="1" %s><text:p>1</text:p></table:table-cell>' % (
        attributes
    )


def an_ole(*names: str, content: bytes = b"", loop: bool = False) -> bytes:
    """An OLE file with these streams, all of one content: header, allocation table, directory, content."""
    sectors = max(8, -(-len(content) // 512))  # 4,096 bytes and more stand in sectors of their own
    directory = b"".join(
        name.encode("utf-16-le").ljust(64, b"\0")
        + struct.pack("<HBB3I36xIII", 2 * len(name) + 2, kind, 1, *[0xFFFFFFFF] * 2, child, start, size, 0)
        for name, kind, child, start, size in [
            ("Root Entry", 5, 1, 0xFFFFFFFE, 0),
            *((name, 2, 0xFFFFFFFF, 2, 512 * sectors) for name in names),
        ]
    )
    directory = directory.ljust(512, b"\0")[:512]
    chain = [*range(3, 2 + sectors), 2 if loop else 0xFFFFFFFE]
    table = struct.pack("<128I", *[0xFFFFFFFD, 0xFFFFFFFE, *chain, *[0xFFFFFFFF] * (126 - sectors)])
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + struct.pack(
        "<16xHHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )
    return (
        header + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108) + table + directory + content.ljust(512 * sectors, b"\0")
    )


def records(*pairs: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in pairs)


BOF = (0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
BOF_SHEET = (0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
END = (0x0A, b"")


def boundsheet(start: int) -> tuple[int, bytes]:
    return 0x85, struct.pack("<IBBBB", start, 0, 0, 1, 0) + b"1"


def a_book_xls(*book: tuple[int, bytes], sheet: bytes = b"") -> bytes:
    return an_ole("Workbook", content=records(BOF, *book, END) + sheet)


def xls_with(*cells: tuple[int, bytes]) -> bytes:
    """A .xls with one sheet of these records."""
    start = len(records(BOF, boundsheet(0), END))
    return a_book_xls(boundsheet(start), sheet=records(BOF_SHEET, *cells, END))


def number_cell(row: int, column: int) -> tuple[int, bytes]:
    return 0x203, struct.pack("<HHHd", row, column, 0, 1.0)


def flagged(data: bytes, position: int, value: bytes) -> bytes:
    """The first entry of a zip's directory with bytes of its own at a position, and of its local header as well."""
    entry, shift = data.index(b"PK\x01\x02"), {8: 6, 10: 8, 16: 14, 20: 18, 24: 22}[position]
    data = data[: entry + position] + value + data[entry + position + len(value) :]
    return data[:shift] + value + data[shift + len(value) :]


def bomb(megabytes: int) -> Make:
    """A part that unpacks to so much, and says in the directory that it holds a hundred bytes."""

    def make() -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(megabytes)) + packer.flush()
        data = a_zip({"xl/workbook.xml": b""}, zipfile.ZIP_STORED)
        head, rest = data[: 30 + len("xl/workbook.xml")], data[data.index(b"PK\x01\x02") :]
        start = len(head) + len(packed)
        data = head + packed + rest[:-22] + rest[-22:-6] + struct.pack("<I", start) + rest[-2:]
        data = flagged(data, 10, struct.pack("<H", 8))
        return flagged(flagged(data, 20, struct.pack("<I", len(packed))), 24, struct.pack("<I", 100))

    return make


def damaged(part: str) -> bytes:
    """The good return with a byte in the middle of a packed part turned over."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        entry = archive.getinfo(part)
    place = entry.header_offset + 30 + len(part) + entry.compress_size // 2
    return GOOD[:place] + bytes([GOOD[place] ^ 0x10]) + GOOD[place + 1 :]


def doubled_part() -> bytes:
    """Two parts of one name: readers differ in which they take."""
    names = [b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet2.xml"]
    return a_zip(good_parts()).replace(names[0], names[1])


CELL = b'<c r="%s"><v>1</v></c>'
ROWS = b'<row r="1"><c r="A1"><v>1</v></c></row>'
TABLE = "企业名称,得分\n示例精密,39.55\n" * 20
HTML = "<html><head><title>表</title></head><table><tr><td>1</td></tr></table></html>"
DTD = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
XML_2003 = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>'
FLAT_ODS = '<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
WORD_XML = '<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>'
STRINGS = "xl/sharedStrings.xml"

# name → reason, content
HOSTILE: dict[str, tuple[str, bytes | Make]] = {
    # --- something else under a workbook's name
    "zeros": ("file.zero", bytes(51_200)),
    "one zero": ("file.zero", b"\0"),
    "CSV in UTF-8": ("file.text", TABLE.encode()),
    "CSV in UTF-8 with BOM": ("file.text", TABLE.encode("utf-8-sig")),
    "CSV in GB18030": ("file.text", TABLE.encode("gb18030")),
    "CSV in UTF-16": ("file.text", TABLE.encode("utf-16")),
    "text cut within a character": ("file.text", ("a" + "表" * 3000).encode()),
    "JSON": ("file.text", b'{"name": "x"}'),
    "XML of somebody's own": ("file.text", b"<?xml version='1.0'?><report/>"),
    "web page": ("file.html", HTML.encode()),
    "web page in GBK behind blanks": ("file.html", ("\r\n  " + HTML).encode("gbk")),
    "web page in UTF-16": ("file.html", HTML.encode("utf-16")),
    "Excel's single web page": ("file.html", b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"),
    "table of an export page": ("file.html", b"<!-- export --><TABLE border=1><tr><td>1</td></tr></TABLE>"),
    "XML 2003": ("file.xml_2003", XML_2003.encode()),
    "flat ODS": ("file.xml_2003", FLAT_ODS.encode()),
    "PDF": ("file.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    "PNG": ("file.picture", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "JPEG": ("file.picture", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
    "GIF": ("file.picture", b"GIF89a\1\0\1\0"),
    "BMP": ("file.picture", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0"),
    "WebP": ("file.picture", b"RIFF\x24\0\0\0WEBPVP8 "),
    "HEIC of a telephone": ("file.picture", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    "TIFF of a scanner": ("file.picture", b"II*\0\x08\0\0\0"),
    "RAR": ("file.archive", b"Rar!\x1a\x07\x01\0"),
    "7z": ("file.archive", b"7z\xbc\xaf\x27\x1c\0\4"),
    "gzip": ("file.archive", b"\x1f\x8b\x08\0\0\0\0\0"),
    "bzip2": ("file.archive", b"BZh91AY&SY"),
    "xz": ("file.archive", b"\xfd7zXZ\0\0\4"),
    "tar": ("file.archive", b"a.xlsx".ljust(257, b"\0") + b"ustar\x0000" + bytes(248)),
    "zip of a return": ("file.archive", lambda: a_zip({"报表.xlsx": GOOD})),
    "zip of a return, stored": ("file.archive", lambda: a_zip({"报表.xlsx": GOOD}, zipfile.ZIP_STORED)),
    "zip of nothing": ("file.archive", lambda: a_zip({})),
    "docx": ("file.word", lambda: a_zip({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})),
    "pptx": ("file.word", lambda: a_zip({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"})),
    "odt": ("file.word", ods_with(b"", kind=b"application/vnd.oasis.opendocument.text")),
    "doc": ("file.word", an_ole("1Table", "WordDocument")),
    "ppt": ("file.word", an_ole("PowerPoint Document")),
    "RTF": ("file.word", b"{\\rtf1\\ansi}"),
    "XML of Word": ("file.word", WORD_XML.encode()),
    "program for Windows": ("file.program", b"MZ\x90\0\3\0\0\0"),
    "program for Linux": ("file.program", b"\x7fELF\2\1\1\0"),
    "shortcut": ("file.program", b"L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0"),
    "script": ("file.program", b"#!/bin/sh\necho\n"),
    "batch file": ("file.program", b"@echo off\r\n"),
    "link to a web page": ("file.program", b"[InternetShortcut]\r\nURL=https://example.com\r\n"),
    "Excel 2.1": ("file.excel_95", b"\x09\0\4\0\2\0\x10\0" + bytes(50)),
    "Excel 4": ("file.excel_95", b"\x09\4\6\0\0\0\x10\0\0\0" + bytes(50)),
    "Excel 95": ("file.excel_95", an_ole("Book", content=records((0x809, bytes(8)), END))),
    "workbook out of its OLE": ("file.excel_95", records(BOF, END)),
    "template of a text": ("file.word", ods_with(b"", kind=b"application/vnd.oasis.opendocument.text-template")),
    "xlsb": ("file.xlsb", lambda: a_zip({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\0"})),
    "xlsx with a password": ("file.password", an_ole("EncryptionInfo", "EncryptedPackage")),
    "xls with a password": ("file.password", an_ole("Workbook", content=records(BOF, (0x2F, bytes(54)), END))),
    "zip with a password": ("file.password", lambda: flagged(GOOD, 8, b"\1\0")),
    "ods with a password": (
        "file.password",
        ods_with(b"", more={"META-INF/manifest.xml": b"<m><manifest:encryption-data/></m>"}),
    ),
    "ods with a password, newer": ("file.password", lambda: a_zip({"mimetype": ODS_TYPE, "encrypted-package": b"\1"})),
    "envelope of 亿赛通": ("file.dlp", b"\x62\x14\x23\x65E-SafeNet\0\0LOCK" + bytes(1000)),
    "envelope with a header": ("file.dlp", b"%TSD-Header-###%" + bytes(range(256)) * 8),
    "noise": ("file.unknown", zlib.compress(TABLE.encode(), 9)[2:]),
    "OLE of another program": ("file.unknown", an_ole("__properties_version1.0")),
    # --- a workbook that is damaged
    "half a return": ("file.truncated", GOOD[: len(GOOD) // 2]),
    "a return but for its last byte": ("file.truncated", GOOD[:-1]),
    "the beginning of a zip": ("file.truncated", b"PK\x03\x04"),
    "a download that was allotted and not filled": ("file.truncated", GOOD[:8192] + bytes(len(GOOD) - 8192)),
    "the middle is gone": ("file.checksum", GOOD[:9000] + GOOD[18000:]),
    "a byte turned over in a sheet": ("file.checksum", lambda: damaged("xl/worksheets/sheet3.xml")),
    "a byte turned over in the texts": ("file.checksum", lambda: damaged(STRINGS)),
    "a wrong checksum": ("file.checksum", lambda: flagged(GOOD, 16, b"\1\2\3\4")),
    "two parts of one name": ("file.unreadable", doubled_part),
    "a packing nobody uses": ("file.unreadable", lambda: a_zip(good_parts(), zipfile.ZIP_LZMA)),
    "a sheet cut short": ("file.unreadable", good_sheet(b"</sheetData>", b"")),
    "the text number minus one": ("file.unreadable", good_sheet(b't="s"><v>', b't="s"><v>-')),
    "no texts": ("file.unreadable", lambda: a_zip(good_parts() | {STRINGS: b"<sst/>"})),
    "texts nested a million deep": (
        "file.unreadable",
        lambda: a_zip(good_parts() | {STRINGS: b"<a>" * 10**6 + b"</a>" * 10**6}),
    ),
    "no sheets": ("form.none", sheet_with(ROWS, sheets=b"")),
    "OLE of nothing": ("file.unreadable", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "OLE of zeros": ("file.unreadable", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)),
    "xls whose sectors loop": ("file.unreadable", an_ole("Workbook", content=records(BOF, END), loop=True)),
    "xls cut short": ("file.unreadable", an_ole("Workbook", content=records(BOF, END))[:2048]),
    "more texts than there are": (
        "file.unreadable",
        lambda: a_zip(good_parts() | {STRINGS: b'<sst uniqueCount="4294967295" count="1"></sst>'}),
    ),
    "xls: a sheet beyond the end": ("file.unreadable", a_book_xls(boundsheet(10**6))),
    "xls: half a number": ("file.unreadable", xls_with((0x203, b"12"))),
    "xls: more numbers than there are": ("file.unreadable", xls_with((0xBD, struct.pack("<HHHIH", 0, 5, 0, 0, 1)))),
    "xls: half a formula": ("file.unreadable", xls_with((0x06, b"12"))),
    "ods: a row -1 times": (
        "file.unreadable",
        ods_with(b'<table:table-row table:number-rows-repeated="-1">%s</table:table-row>' % ods_cell()),
    ),
    # --- a workbook that is a trap
    "unpacks to 300 MB": ("file.expands", bomb(300)),
    "3,000 parts": ("file.expands", lambda: a_zip(good_parts() | {f"xl/{i}.xml": b"" for i in range(3000)})),
    "a billion laughs": ("file.dtd", good_with("xl/workbook.xml", b"<workbook", DTD + b"<workbook")),
    "a billion laughs in the texts": ("file.dtd", good_with(STRINGS, b"<sst", DTD + b"<sst")),
    "a billion laughs behind a comment": (
        "file.dtd",
        lambda: a_zip(good_parts() | {STRINGS: b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- > -->\n" + DTD + b"<sst/>"}),
    ),
    "a billion laughs in UTF-16": (
        "file.dtd",
        lambda: a_zip(good_parts() | {"docProps/custom.xml": (DTD.decode() + "<x/>").encode("utf-16")}),
    ),
    "A1 and XFD1048576": ("file.range", sheet_with(ROWS + CELL % b"XFD1048576")),
    "A1 and A1048576": ("file.range", sheet_with(ROWS + CELL % b"A1048576")),
    "A1 and XFD1": ("file.range", sheet_with(ROWS + CELL % b"XFD1")),
    "A1 and ALL99999": ("file.range", sheet_with(ROWS + CELL % b"ALL99999")),
    "XFD1048576 with other quotes": ("file.range", sheet_with(b"<row r='1'><c r='XFD1048576'><v>1</v></c></row>")),
    "XFD1048576 with a prefix": ("file.range", sheet_with(b'<x:row><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>')),
    "a million rows, no addresses": ("file.range", sheet_with(b"<row><c><v>1</v></c></row>" * 1_000_000)),
    "far away in a return": ("file.range", good_sheet(b"</sheetData>", CELL % b"XFD1048576" + b"</sheetData>")),
    "ods: a row a million times": (
        "file.range",
        ods_with(b'<table:table-row table:number-rows-repeated="1000000">%s</table:table-row>' % ods_cell()),
    ),
    "ods: a cell 16,384 times": (
        "file.range",
        ods_with(
            b"<table:table-row>%s</table:table-row>" % ods_cell(b'table:number-columns-repeated="16384"'),
        ),
    ),
    "ods: five million cells and one": (
        "file.range",
        ods_with(
            b'<table:table-row table:number-rows-repeated="5001">%s</table:table-row>'
            % ods_cell(b'table:number-columns-repeated="1000"')
        ),
    ),
    "ods: the last row": (
        "file.range",
        ods_with(
            b'<table:table-row table:number-rows-repeated="1048575"><table:table-cell/></table:table-row>'
            b"<table:table-row>%s</table:table-row>" % ods_cell()
        ),
    ),
    "row 4294967295": ("file.range", sheet_with(b'<row r="4294967295"/><row><c><v>1</v></c></row>')),
    "row 0": ("file.address", sheet_with(CELL % b"A0")),
    "row 1048577": ("file.address", sheet_with(CELL % b"A1048577")),
    "column XFE": ("file.address", sheet_with(CELL % b"XFE1")),
    "a range for an address": ("file.address", sheet_with(CELL % b"A1:B2")),
    "an empty address": ("file.address", good_sheet(b'<c r="D10"', b'<c r=""')),
    "an address of another alphabet": ("file.address", good_sheet(b'<c r="D10"', '<c r="甲10"'.encode())),
    "an escaped address": ("file.address", good_sheet(b'<c r="D10"', b'<c r="&#68;10"')),
    "two sheets of one name": (
        "file.duplicate_sheet",
        sheet_with(
            ROWS, sheets=b'<sheet name="A" sheetId="1" r:id="rId1"/><sheet name="&#65;" sheetId="2" r:id="rId2"/>'
        ),
    ),
    "two sheets of one name in a return": (
        "file.duplicate_sheet",
        good_with("xl/workbook.xml", '<sheet name="企业信息"'.encode(), '<sheet name="填报说明"'.encode()),
    ),
    "ods: two sheets of one name": (
        "file.duplicate_sheet",
        ods_with(b'</table:table><table:table table:name="1">'),
    ),
}

# These need a process of their own, with limits: nothing that is quick to ask tells them from honest files.
KILLERS: dict[str, bytes | Make] = {
    "xls: a cell in the last place": xls_with(number_cell(0, 0), number_cell(65535, 255)),
    "xls: false dimensions": xls_with((0x200, struct.pack("<IIHHH", 0, 2**32 - 1, 0, 65535, 0))),
    "90 MB of one cell": sheet_with(b'<c r="A1"><v>1</v></c>' * 4_000_000),
}


def content(made: bytes | Make) -> bytes:
    return made if isinstance(made, bytes) else made()
