"""Builds hostile files, because the repository holds no binaries, and names the reason with which each is rejected.

``KILLERS`` cannot be recognised before they are read: the process that reads one may die or never end.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from functools import cache
from string import ascii_uppercase

from cases import changed, form_bytes, good_answers, zip_of

GOOD = form_bytes(good_answers())
OTHER = form_bytes(changed(revenue_last=999))
Make = Callable[[], bytes]

STRINGS, SHEET, RELATIONS = "xl/sharedStrings.xml", "xl/worksheets/sheet3.xml", "xl/_rels/workbook.xml.rels"
TYPES = "[Content_Types].xml"
SPILLED = b'<row r="200"><c r="A200" t="e"><v>#SPILL!</v></c></row>'

# --- zip and OLE, by hand -------------------------------------------------------------------------------------------


@cache
def good_parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def good_with(part: str, old: bytes, new: bytes) -> Make:
    """The good return with the first occurrence of some bytes in a part replaced."""

    def make() -> bytes:
        parts = dict(good_parts())
        assert old in parts[part], (part, old)
        return zip_of(parts | {part: parts[part].replace(old, new, 1)})

    return make


def good_recapitalised(part: str, old: bytes, new: bytes) -> Make:
    """The good return with every occurrence of some bytes in a part replaced."""
    return good_but({part: good_parts()[part].replace(old, new)})


def good_sheet(old: bytes, new: bytes) -> Make:
    return good_with("xl/worksheets/sheet2.xml", old, new)


def good_but(changes: Mapping[str, bytes | None]) -> Make:
    """The good return with parts added, replaced or left out (None)."""
    return lambda: zip_of({name: part for name, part in {**good_parts(), **changes}.items() if part is not None})


def good_named(rename: Callable[[str], str]) -> Make:
    """The good return with its parts under other names."""
    return lambda: zip_of({rename(name): part for name, part in good_parts().items()})


def good_recoded(part: str, says: str, codec: str = "") -> Make:
    """The good return with a part in another encoding."""
    text = good_parts()[part].decode().replace("UTF-8", says)
    return good_but({part: text.encode(codec or says, "ignore")})


def good_elsewhere(rows: bytes) -> Make:
    """The good return with its largest sheet under an unusual path, and with additional rows in it."""
    sheet = good_parts()[SHEET].replace(b"</sheetData>", rows + b"</sheetData>")
    relations = good_parts()[RELATIONS].replace(b"worksheets/sheet3.xml", b"sheets/a.xml")
    return good_but({SHEET: None, "xl/sheets/a.xml": sheet, RELATIONS: relations})


def good_rows(rows: bytes) -> Make:
    """The good return with some more rows in its largest sheet."""
    return good_with(SHEET, b"</sheetData>", rows + b"</sheetData>")


def good_prefixed(rows: bytes) -> Make:
    """The good return with its largest sheet's elements prefixed, and some more rows in it."""
    sheet = re.sub(rb"<(/?)(?=[a-zA-Z])", rb"<\1x:", good_parts()[SHEET]).replace(b"xmlns=", b"xmlns:x=", 1)
    return good_but({SHEET: sheet.replace(b"</x:sheetData>", rows + b"</x:sheetData>")})


def good_target(target: bytes, more: bytes = b"") -> Make:
    """The good return with a sheet said to stand somewhere else."""
    return good_with(RELATIONS, b'"worksheets/sheet3.xml"', b'"%s"%s' % (target, more))


def good_tick(cell: bytes) -> Make:
    """The good return with something in the place of a tick's cell."""
    tick = re.search(rb'<c r="E33"[^<>]*><v>[0-9]+</v></c>', good_parts()[SHEET])
    assert tick
    return good_with(SHEET, tick[0], cell)


@cache
def marker() -> int:
    """The number of the text #smebatch."""
    return re.findall(rb"<t[^<>]*>([^<]*)</t>", good_parts()["xl/sharedStrings.xml"]).index(b"#smebatch")


def good_figure(value: bytes) -> Make:
    """The good return with something in the place of the value 1000."""
    return good_with(SHEET, b"<v>1000</v>", value)


def in_directory(part: str, position: int, value: bytes) -> bytes:
    """The good return with bytes of its own in the directory's entry of a part."""
    entry = GOOD.index(b"PK\x01\x02")
    while GOOD[entry + 46 : entry + 46 + len(part)] != part.encode():
        entry = GOOD.index(b"PK\x01\x02", entry + 1)
    return GOOD[: entry + position] + value + GOOD[entry + position + len(value) :]


def header_of(part: str) -> int:
    """Where the good return holds a part."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        return archive.getinfo(part).header_offset


SMALL_TYPES = b"""<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
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
    book = b'<Relationship Id="rId1" Type="%s/officeDocument" Target="xl/workbook.xml"/>' % rel
    return lambda: zip_of(
        {
            TYPES: head + SMALL_TYPES,
            "_rels/.rels": head + b'<Relationships xmlns="%s">%s</Relationships>' % (package, book),
            "xl/workbook.xml": head + b'<workbook %s xmlns:r="%s"><sheets>%s</sheets></workbook>' % (main, rel, sheets),
            "xl/_rels/workbook.xml.rels": head + b'<Relationships xmlns="%s">%s</Relationships>' % (package, ids),
            "xl/worksheets/sheet1.xml": head + b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (main, cells),
        }
    )


MAIN = b' xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def good_related(relations: str, old: bytes, new: bytes, **more: bytes) -> Make:
    """The good return with a relation of its book or its package changed, and other parts under xl."""
    parts = {f"xl/{name}.xml": part for name, part in more.items()}
    return good_but({relations: good_parts()[relations].replace(old, new, 1), **parts})


ODS_TYPE = b"application/vnd.oasis.opendocument.spreadsheet"


def ods_of(content: bytes) -> bytes:
    return zip_of({"mimetype": ODS_TYPE, "META-INF/manifest.xml": b"<m/>", "content.xml": content}, zipfile.ZIP_STORED)


def ods_content(rows: bytes = b"") -> bytes:
    with zipfile.ZipFile(io.BytesIO(ods_with(rows)())) as archive:
        return archive.read("content.xml")


def ods_with(rows: bytes, *, more: dict[str, bytes] | None = None, kind: bytes = ODS_TYPE) -> Make:
    spaces = b" ".join(
        b'xmlns:%s="urn:oasis:names:tc:opendocument:xmlns:%s:1.0"' % (name, name)
        for name in (b"office", b"table", b"text")
    )
    table = b'<table:table table:name="1">%s</table:table>' % rows
    body = b"<office:body><office:spreadsheet>%s</office:spreadsheet></office:body>" % table
    content = b'<?xml version="1.0" encoding="UTF-8"?><office:document-content %s>%s</office:document-content>'
    return lambda: zip_of(
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


def two_sheets_xls(kind: int, *cells: tuple[int, bytes], before: tuple[tuple[int, bytes], ...] = ()) -> bytes:
    """A .xls with a sheet, these records before its name in the book, and another of this kind (0 of cells)."""
    sheets = [(0x85, struct.pack("<IBBBB", 0, 0, which, 1, 0) + name) for which, name in ((0, b"1"), (kind, b"2"))]
    start = len(records(BOF, *before, *sheets, END))
    sheets = [(number, struct.pack("<I", start) + body[4:]) for number, body in sheets]
    return a_book_xls(*before, *sheets, sheet=records(BOF_SHEET, *cells, END))


def patched(data: bytes, position: int, value: bytes) -> bytes:
    return data[:position] + value + data[position + len(value) :]


def number_cell(row: int, column: int) -> tuple[int, bytes]:
    return 0x203, struct.pack("<HHHd", row, column, 0, 1.0)


def flagged(data: bytes, position: int, value: bytes) -> bytes:
    """The first entry of a zip's directory with bytes of its own at a position, and of its local header as well."""
    entry, shift = data.index(b"PK\x01\x02"), {8: 6, 10: 8, 16: 14, 20: 18, 24: 22}[position]
    data = data[: entry + position] + value + data[entry + position + len(value) :]
    return data[:shift] + value + data[shift + len(value) :]


def directory_of(data: bytes, forth: int = 0) -> tuple[bytes, int]:
    """A zip's directory with its parts so many bytes further on, and where it begins."""
    start, size = (int.from_bytes(data[at : at + 4 or None], "little") for at in (-6, -10))
    directory = data[start : start + size]
    entry = 0
    while directory.startswith(b"PK\1\2", entry):
        name, extra, comment, place = struct.unpack_from("<3H8xI", directory, entry + 28)
        directory = patched(directory, entry + 42, struct.pack("<I", place + forth))
        entry += 46 + name + extra + comment
    return directory, start


def end_record(parts: int, size: int, start: int) -> bytes:
    return struct.pack("<4s4xHHIIH", b"PK\5\6", parts, parts, size, start, 0)


def two_zips(first: bytes, second: bytes) -> bytes:
    """Two zips end to end, the second of which knows where it stands."""
    directory, start = directory_of(second, forth=len(first))
    end = end_record(len(good_parts()), len(directory), len(first) + start)
    return first + second[:start] + directory + end


def two_directories(first: bytes, second: bytes) -> bytes:
    """The parts of two zips: by the end record of 32 bits the first ones count, by that of 64 the second ones."""
    one, parts_one = directory_of(first)
    other, parts_other = directory_of(second, forth=parts_one)
    start, number = parts_one + parts_other, len(good_parts())
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, number, number, len(other), start + len(one))
    where = struct.pack("<4sIQI", b"PK\6\7", 0, start + len(one) + len(other), 1)
    body = first[:parts_one] + second[:parts_other] + one + other
    return body + wide + where + end_record(number, len(one), start)


def overlapping(parts: int) -> bytes:
    """A directory whose every entry names the same packed megabyte of zeros."""
    data = zip_of({"xl/workbook.xml": bytes(1_000_000)})
    start = data.index(b"PK\x01\x02")
    entry = data[start : start + 46]
    entries = b"".join(entry + b"xl/w%07d.xml" % number for number in range(parts))  # as long a name as the first
    return data[:start] + entries + struct.pack("<4s4xHHIIH", b"PK\5\6", parts, parts, len(entries), start, 0)


def bomb(megabytes: int) -> Make:
    """A part that unpacks to so much, and says in the directory that it holds a hundred bytes."""

    def make() -> bytes:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = b"".join(packer.compress(b"\0" * 1_000_000) for _ in range(megabytes)) + packer.flush()
        data = zip_of({"xl/workbook.xml": b""}, zipfile.ZIP_STORED)
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
    return zip_of(good_parts()).replace(names[0], names[1])


LETTERS = ascii_uppercase.encode()


def row_of(address: bytes) -> bytes:
    """A row with a cell of this address."""
    return b'<row r="%s"><c r="%s"><v>1</v></c></row>' % (address.lstrip(LETTERS), address)


ROWS = b'<row r="1"><c r="A1"><v>1</v></c></row>'
TABLE = "企业名称,得分\n示例精密,39.55\n" * 20
HTML = "<html><head><title>表</title></head><table><tr><td>1</td></tr></table></html>"
DTD = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
MHTML = b"From: %s\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=x\r\n"
XML_2003 = '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?><Workbook/>'
UOF = (
    '<?xml version="1.0" encoding="UTF-8"?><uof:UOF xmlns:uof="http://schemas.uof.org/cn/2003/uof" uof:language="cn"/>'
)
WEBLOC = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict><key>URL</key><string>https://example.com/</string></dict></plist>
"""
FLAT_ODS = '<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>'
WORD_XML = '<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>'

# name → reason, content
HOSTILE: dict[str, tuple[str, bytes | Make]] = {
    # --- something else under a workbook's name
    "zeros": ("file.zero", bytes(51_200)),
    "one zero": ("file.zero", b"\0"),
    "CSV in UTF-8": ("file.text", TABLE.encode()),
    "CSV in UTF-8 with BOM": ("file.text", TABLE.encode("utf-8-sig")),
    "CSV in GB18030": ("file.text", TABLE.encode("gb18030")),
    "CSV in UTF-16": ("file.text", TABLE.encode("utf-16")),
    "CSV in UTF-16, the other order": ("file.text", b"\xfe\xff" + TABLE.encode("utf-16-be")),
    "CSV in Big5": ("file.text", "企業名稱,得分\r\n示例精密,39.55\r\n".encode("big5")),
    "CSV with the end mark of DOS": ("file.text", TABLE.encode("gbk") + b"\x1a"),
    "blank lines": ("file.text", b"\r\n" * 50),
    "nothing but a byte order mark": ("file.text", b"\xef\xbb\xbf"),
    "SYLK": ("file.text", b"ID;PWXL;N;E\r\nP;PGeneral\r\n"),
    "a server's answer": ("file.text", b"HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\n\r\nNot found"),
    "a return in base64": ("file.text", base64.encodebytes(GOOD)),
    "an e-mail": ("file.text", b"From: <a@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed\r\n"),
    "shortcut of Google": ("file.text", b'{"url": "https://docs.google.com/spreadsheets/d/1/edit", "doc_id": "1"}'),
    "script of PowerShell": ("file.text", b"param([string]$Path)\r\nGet-ChildItem $Path\r\n"),
    "text cut within a character": ("file.text", ("a" + "表" * 3000).encode()),
    "JSON": ("file.text", b'{"name": "x"}'),
    "XML of somebody's own": ("file.text", b"<?xml version='1.0'?><report/>"),
    "web page": ("file.html", HTML.encode()),
    "web page in GBK behind blanks": ("file.html", ("\r\n  " + HTML).encode("gbk")),
    "web page in UTF-16": ("file.html", HTML.encode("utf-16")),
    "Excel's single web page": ("file.html", b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n"),
    "web page in one file, of Chrome": ("file.html", MHTML % b"<Saved by Blink>"),
    "web page in one file, of Internet Explorer": ("file.html", MHTML % b'"Saved by Windows Internet Explorer 8"'),
    "XHTML": ("file.html", b'<?xml version="1.0" encoding="gb2312"?>\n<html xmlns="http://www.w3.org/1999/xhtml">'),
    "log-in page of a network": ("file.html", b'<script>location.href="https://portal.example.com/"</script>'),
    "table of an export page": ("file.html", b"<!-- export --><TABLE border=1><tr><td>1</td></tr></TABLE>"),
    "XML 2003": ("file.xml_2003", XML_2003.encode()),
    "XML 2003 in UTF-16": ("file.xml_2003", XML_2003.encode("utf-16")),
    "XML 2003 with a prefix": (
        "file.xml_2003",
        b'<?xml version="1.0"?><ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"/>',
    ),
    "UOF": ("file.xml_2003", UOF.encode()),
    "UOF of 2009": ("file.xml_2003", UOF.replace("2003", "2009").encode()),
    "flat ODS": ("file.xml_2003", FLAT_ODS.encode()),
    "PDF": ("file.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"),
    "PDF behind a line": ("file.pdf", b"\r\n%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"),
    "PDF behind a byte order mark": ("file.pdf", b"\xef\xbb\xbf%PDF-1.4\n1 0 obj\n"),
    "PDF behind the header of an old Mac": ("file.pdf", b"\0\5a.pdf".ljust(128, b"\0") + b"%PDF-1.4\n"),
    "PNG": ("file.picture", b"\x89PNG\r\n\x1a\n" + bytes(100)),
    "JPEG": ("file.picture", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
    "GIF": ("file.picture", b"GIF89a\1\0\1\0"),
    "BMP": ("file.picture", b"BM\x36\0\0\0\0\0\0\0\x36\0\0\0"),
    "WebP": ("file.picture", b"RIFF\x24\0\0\0WEBPVP8 "),
    "HEIC of a telephone": ("file.picture", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    "AVIF": ("file.picture", b"\0\0\0\x20ftypavif\0\0\0\0avifmif1"),
    "TIFF of a scanner": ("file.picture", b"II*\0\x08\0\0\0"),
    "TIFF, the other order": ("file.picture", b"MM\0*\0\0\0\x08"),
    "SVG": (
        "file.picture",
        b'<?xml version="1.0"?>\n<!-- x --><svg xmlns="http://www.w3.org/2000/svg"><style/></svg>',
    ),
    "RAR": ("file.archive", b"Rar!\x1a\x07\x01\0"),
    "RAR of old": ("file.archive", b"Rar!\x1a\x07\0\xcf\x90"),
    "cabinet": ("file.archive", b"MSCF\0\0\0\0\x2c\0\0\0"),
    "Zstandard": ("file.archive", b"\x28\xb5\x2f\xfd\x04\x58" + bytes(range(64))),
    "first part of a split zip": ("file.archive", b"PK\x07\x08" + GOOD[:9000]),
    "zip of an unpacked return": ("file.archive", good_named(lambda name: f"报表/{name}")),
    "7z": ("file.archive", b"7z\xbc\xaf\x27\x1c\0\4"),
    "gzip": ("file.archive", b"\x1f\x8b\x08\0\0\0\0\0"),
    "bzip2": ("file.archive", b"BZh91AY&SY"),
    "xz": ("file.archive", b"\xfd7zXZ\0\0\4"),
    "tar": ("file.archive", b"a.xlsx".ljust(257, b"\0") + b"ustar\x0000" + bytes(248)),
    "zip of a return": ("file.archive", lambda: zip_of({"报表.xlsx": GOOD})),
    "zip of a return, stored": ("file.archive", lambda: zip_of({"报表.xlsx": GOOD}, zipfile.ZIP_STORED)),
    "zip of nothing": ("file.archive", lambda: zip_of({})),
    "docx": ("file.word", lambda: zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})),
    "pptx": ("file.word", lambda: zip_of({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"})),
    "docm": (
        "file.word",
        lambda: zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"", "word/vbaProject.bin": b"x"}),
    ),
    "docx that holds a return": (
        "file.word",
        lambda: zip_of({"[Content_Types].xml": b"", "word/document.xml": b"", "word/embeddings/Sheet1.xlsx": GOOD}),
    ),
    "odp": ("file.word", ods_with(b"", kind=b"application/vnd.oasis.opendocument.presentation")),
    "text of WPS": ("file.word", an_ole("WordDocument", "WpsCustomData")),
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
    "batch file in capitals": ("file.program", b"@ECHO OFF\r\nCLS\r\n"),
    "batch file behind a byte order mark": ("file.program", b"\xef\xbb\xbf@echo off\r\n"),
    "zip that unpacks itself": ("file.program", b"MZ\x90\0" + bytes(60) + GOOD),
    "link with what was before": (
        "file.program",
        b"[DEFAULT]\r\nBASEURL=https://example.com/\r\n[InternetShortcut]\r\nURL=https://example.com/\r\n",
    ),
    "link to a web page, of macOS": ("file.program", WEBLOC),
    "link to a web page": ("file.program", b"[InternetShortcut]\r\nURL=https://example.com\r\n"),
    "Excel 2.1": ("file.excel_95", b"\x09\0\4\0\2\0\x10\0" + bytes(50)),
    "Excel 3": ("file.excel_95", b"\x09\2\6\0\0\0\x10\0\0\0" + bytes(50)),
    "Excel 4": ("file.excel_95", b"\x09\4\6\0\0\0\x10\0\0\0" + bytes(50)),
    "Excel 95": ("file.excel_95", an_ole("Book", content=records((0x809, bytes(8)), END))),
    "workbook out of its OLE": ("file.excel_95", records(BOF, END)),
    "template of a text": ("file.word", ods_with(b"", kind=b"application/vnd.oasis.opendocument.text-template")),
    "xlsb": ("file.xlsb", lambda: zip_of({"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\0"})),
    "xlsb in capitals": ("file.xlsb", lambda: zip_of({"XL/WORKBOOK.BIN": b"\0", "XL/WORKSHEETS/SHEET1.BIN": b"\0"})),
    "xlsx with a password": ("file.password", an_ole("EncryptionInfo", "EncryptedPackage")),
    "xls with a password": ("file.password", an_ole("Workbook", content=records(BOF, (0x2F, bytes(54)), END))),
    "xls with a password of old": (
        "file.password",
        an_ole("Workbook", content=records(BOF, (0x2F, struct.pack("<HHH", 0, 1, 2)), END)),
    ),
    "xls with a password behind another": (
        "file.password",
        an_ole("Workbook", content=records(BOF, (0x86, b""), (0x2F, bytes(54)), END)),
    ),
    "zip with a password for one part": ("file.password", lambda: in_directory(SHEET, 8, b"\1\0")),
    "zip with a strong password": ("file.password", lambda: in_directory(SHEET, 8, b"\x41\0")),
    "zip with a password": ("file.password", lambda: flagged(GOOD, 8, b"\1\0")),
    "ods with a password": (
        "file.password",
        ods_with(b"", more={"META-INF/manifest.xml": b"<m><manifest:encryption-data/></m>"}),
    ),
    "ods with a password, newer": ("file.password", lambda: zip_of({"mimetype": ODS_TYPE, "encrypted-package": b"\1"})),
    "envelope of 亿赛通": ("file.dlp", b"\x62\x14\x23\x65E-SafeNet\0\0LOCK" + bytes(1000)),
    "envelope with a header": ("file.dlp", b"%TSD-Header-###%" + bytes(range(256)) * 8),
    "envelope around a return": ("file.dlp", b"%TSD-Header-###%".ljust(512, b"\1") + GOOD),
    "envelope with its name late": ("file.dlp", bytes(range(1, 251)) * 2 + b"E-SafeNet" + bytes(range(256))),
    "OFD": ("file.unknown", lambda: zip_of({"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<Document/>"})),
    "Numbers of Apple": (
        "file.unknown",
        lambda: zip_of({"Index/Document.iwa": b"\0", "Index/Tables/DataList.iwa": b"\0"}, zipfile.ZIP_STORED),
    ),
    "Visio": ("file.unknown", lambda: zip_of({"[Content_Types].xml": b"<Types/>", "visio/document.xml": b"<v/>"})),
    "XPS": (
        "file.unknown",
        lambda: zip_of({"[Content_Types].xml": b"<Types/>", "Documents/1/FixedDocument.fdoc": b""}),
    ),
    "Visio with its relations": (
        "file.unknown",
        lambda: zip_of(
            {
                "[Content_Types].xml": b"<Types/>",
                "_rels/.rels": b'<Relationships><Relationship Id="a" Type="x/document" Target="visio/document.xml"/>'
                b"</Relationships>",
                "visio/document.xml": b"<v/>",
            }
        ),
    ),
    "a text at the root": (
        "file.unknown",
        lambda: zip_of(
            {
                "[Content_Types].xml": b"<Types/>",
                "_rels/.rels": b'<Relationships><Relationship Id="a" Type="x/officeDocument" Target="document.xml"/>'
                b"</Relationships>",
                "document.xml": b"<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'/>",
                "_rels/document.xml.rels": b"<Relationships/>",
            }
        ),
    ),
    "electronic book": ("file.unknown", lambda: zip_of({"mimetype": b"application/epub+zip", "a.xhtml": b"<html/>"})),
    "film": ("file.unknown", b"\0\0\0\x20ftypisom\0\0\2\0isomiso2"),
    "sound": ("file.unknown", b"ID3\4\0\0\0\0\0\x21TSSE"),
    "SQLite": ("file.unknown", b"SQLite format 3\0" + bytes(84)),
    "Access": ("file.unknown", b"\0\1\0\0Standard Jet DB\0" + bytes(100)),
    "dBase": ("file.unknown", b"\3\x7e\1\1" + bytes(28) + b"NAME" + bytes(40)),
    "property list": ("file.unknown", b"bplist00\xd1\1\2SURL" + bytes(30)),
    "CSV in UTF-16 that does not say so": ("file.unknown", TABLE.encode("utf-16-le")),
    "text with a hole of zeros": ("file.unknown", TABLE.encode() + bytes(512) + TABLE.encode()),
    "nothing but ones": ("file.unknown", b"\xff" * 4096),
    "a line before the zip": ("file.unknown", b"\r\n" + GOOD),
    "a header before the zip": ("file.unknown", b"Content-Type: application/octet-stream\r\n\r\n" + GOOD),
    "message of Outlook": ("file.unknown", an_ole("__properties_version1.0", "__substg1.0_0037001F")),
    "Thumbs.db": ("file.unknown", an_ole("Catalog", "256_1")),
    "OLE without a stream": ("file.unknown", an_ole()),
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
    "a directory that points to another part": (
        "file.checksum",
        lambda: in_directory(SHEET, 42, struct.pack("<I", header_of(STRINGS))),
    ),
    "a directory that points beyond the end": ("file.checksum", lambda: in_directory(SHEET, 42, b"\xff\xff\xff\x7f")),
    "a directory that points into a part": (
        "file.checksum",
        lambda: in_directory(SHEET, 42, struct.pack("<I", header_of(SHEET) + 7)),
    ),
    "a directory five bytes on": ("file.checksum", lambda: patched(GOOD, len(GOOD) - 6, b"\5\0\0\0")),
    "a directory larger than the file": ("file.unreadable", lambda: patched(GOOD, len(GOOD) - 10, b"\xff" * 4)),
    "a part that ends too soon": ("file.checksum", lambda: in_directory(SHEET, 20, struct.pack("<I", 1000))),
    "a part with more before it than there is": (
        "file.checksum",
        lambda: patched(GOOD, header_of(SHEET) + 28, b"\x40"),
    ),
    "a stored part that says it is packed": (
        "file.checksum",
        lambda: flagged(zip_of(good_parts(), zipfile.ZIP_STORED), 10, b"\x08\0"),
    ),
    "two zips end to end": ("file.unreadable", OTHER + GOOD),
    "two zips end to end, the second put right": ("file.unreadable", lambda: two_zips(OTHER, GOOD)),
    "two directories": ("file.unreadable", lambda: two_directories(OTHER, GOOD)),
    "the beginning of a part before the zip": ("file.unreadable", b"PK\x03\x04" + bytes(40) + GOOD),
    "a directory of one part less": (
        "file.unreadable",
        lambda: patched(GOOD, len(GOOD) - 12, struct.pack("<H", len(good_parts()) - 1)),
    ),
    "a second end record of nothing": ("file.unreadable", GOOD + b"PK\x05\x06" + bytes(18)),
    "the end record twice": ("file.unreadable", GOOD + GOOD[-22:]),
    "an end record in the comment": ("file.unreadable", GOOD[:-2] + b"\x16\0PK\x05\x06" + bytes(18)),
    "70,000 zeros behind the zip": ("file.unreadable", GOOD + bytes(70_000)),
    "two parts that differ in capitals": ("file.ambiguous", good_but({SHEET.replace("xl/", "XL/"): b"<worksheet/>"})),
    "two parts that differ in slashes": ("file.ambiguous", good_but({SHEET.replace("/", "\\"): b"<worksheet/>"})),
    "names that go up and down": ("file.unreadable", good_named(lambda name: f"xl/../{name}")),
    "two parts of one name": ("file.ambiguous", doubled_part),
    "a packing nobody uses": ("file.unreadable", lambda: zip_of(good_parts(), zipfile.ZIP_LZMA)),
    "another packing nobody uses": ("file.unreadable", lambda: zip_of(good_parts(), zipfile.ZIP_BZIP2)),
    "a packing nobody knows": ("file.unreadable", lambda: in_directory(SHEET, 10, b"\x63\0")),
    "texts in another part": (
        "file.unreadable",
        good_related(
            RELATIONS, b'"sharedStrings.xml"', b'"other.xml"', other=good_parts()[STRINGS].replace(b"1", b"2")
        ),
    ),
    "texts in two parts": (
        "file.unreadable",
        good_related(
            RELATIONS,
            b"</Relationships>",
            b'<Relationship Id="a" Type="%s/sharedStrings" Target="other.xml"/></Relationships>' % OFFICE,
            other=good_parts()[STRINGS],
        ),
    ),
    "texts in another part, and a comment": (
        "file.unreadable",
        good_related(
            RELATIONS,
            b'"sharedStrings.xml"/>',
            b'"other.xml"/><!-- <Relationship Type="relationships/sharedStrings" Target="sharedStrings.xml"/> -->',
            other=good_parts()[STRINGS],
        ),
    ),
    "texts that nothing leads to": ("file.unreadable", good_related(RELATIONS, b"/sharedStrings", b"/other")),
    "a book in another part": (
        "file.unreadable",
        good_related("_rels/.rels", b"xl/workbook.xml", b"xl/other.xml", other=good_parts()["xl/workbook.xml"]),
    ),
    # Excel goes by the relations; calamine, by none, refuses the error value; openpyxl goes by the types
    "texts in another part by their type": (
        "file.unreadable",
        good_but(
            {
                SHEET: good_parts()[SHEET].replace(b"</sheetData>", SPILLED + b"</sheetData>"),
                TYPES: good_parts()[TYPES].replace(b"/xl/sharedStrings.xml", b"/xl/other.xml"),
                "xl/other.xml": good_parts()[STRINGS].replace("√".encode(), "×".encode()),
            }
        ),
    ),
    "no book": ("file.unreadable", good_but({"xl/workbook.xml": None})),
    "an empty sheet": ("file.unreadable", good_but({SHEET: b""})),
    "a sheet without rows": ("file.unreadable", good_but({SHEET: b"<worksheet/>"})),
    "a book and a table of LibreOffice": ("file.unreadable", good_but({"content.xml": ods_content()})),
    "no relations": ("file.unreadable", good_but({RELATIONS: None})),
    "relations of zeros": ("file.unreadable", good_but({RELATIONS: bytes(1686)})),
    "a sheet that is nowhere": ("file.unreadable", good_target(b"worksheets/none.xml")),
    "a sheet outside the file": ("file.unreadable", good_target(b"../../../../etc/passwd")),
    "a sheet on the sender's disk": ("file.unreadable", good_target(b"file:///C:/a.xml", b' TargetMode="External"')),
    "a sheet far away": ("file.unreadable", good_target(b"http://127.0.0.1:9/a.xml", b' TargetMode="External"')),
    "a sheet in GBK": ("file.unreadable", good_recoded(SHEET, "GBK")),
    "a sheet in UTF-7": ("file.unreadable", good_recoded(SHEET, "UTF-7")),
    "a sheet in UTF-32": ("file.unreadable", good_recoded(SHEET, "UTF-32")),
    "a sheet that says it is Latin": ("file.unreadable", good_recoded(SHEET, "ISO-8859-1", "utf-8")),
    "a book in GBK": ("file.unreadable", good_recoded("xl/workbook.xml", "GBK")),
    "texts in GBK": ("file.unreadable", good_recoded(STRINGS, "GBK")),
    "texts in GBK that say they are UTF-8": ("file.unreadable", good_recoded(STRINGS, "UTF-8", "gbk")),
    "texts that are gone": ("file.unreadable", good_but({STRINGS: None})),
    "a text of half a character": ("file.unreadable", good_with(STRINGS, "示例精密".encode(), b"\xe7\xa4")),
    "a text of half a pair": ("file.unreadable", good_with(STRINGS, "示例精密".encode(), b"\xed\xa0\x80")),
    "the text number 99999": ("file.unreadable", good_tick(b'<c r="E33" t="s"><v>99999</v></c>')),
    "the text number 2 to the 70th": (
        "file.unreadable",
        good_tick(b'<c r="E33" t="s"><v>1180591620717411303424</v></c>'),
    ),
    "the text number one and a half": ("file.unreadable", good_tick(b'<c r="E33" t="s"><v>1.5</v></c>')),
    "the text number in hexadecimal": ("file.unreadable", good_tick(b'<c r="E33" t="s"><v>0xc4</v></c>')),
    "the text number minus one, otherwise": ("file.unreadable", good_tick(b"<c t='s' r='E33'> <v>-1</v></c>")),
    "the text number minus one behind a formula": (
        "file.unreadable",
        good_tick(b'<c r="E33" t="s"><f>A1</f><v>-1</v></c>'),
    ),
    "a text for a text's number": ("file.unreadable", good_tick('<c r="E33" t="s"><v>√</v></c>'.encode())),
    "a comment between cells": ("file.unreadable", good_tick(b'<!-- --><c r="E33"><v>1</v></c>')),
    "a comment that looks like a cell": ("file.unreadable", good_tick(b'<!-- <c r="E33"><v>1</v></c> -->')),
    "a comment before the rows": ("file.unreadable", good_with(SHEET, b"<sheetData>", b"<sheetData><!-- -->")),
    "an instruction between rows": ("file.unreadable", good_rows(b"<?x y?>")),
    "a cell behind its row": ("file.unreadable", good_with(SHEET, b"</row>", b'</row><c r="Z1"><v>1</v></c>')),
    "a cell behind a row of nothing": ("file.unreadable", good_rows(b'<row r="200"/>\n<c r="Z200"><v>1</v></c>')),
    "a row within a row": ("file.unreadable", good_rows(b"<row r='200'><row r='201'/></row>")),
    "rows within an extension": (
        "file.unreadable",
        good_with(SHEET, b"<sheetData>", b"<extLst><ext><sheetData/></ext></extLst><sheetData x='1'>"),
    ),
    "a value of another kind of document": ("file.unreadable", good_figure(b'<y:v xmlns:y="urn:y">1000</y:v>')),
    "an extension of a cell": ("file.unreadable", good_figure(b"<v>1000</v><extLst><ext/></extLst>")),
    "a kind of cell nobody knows": ("file.unreadable", good_tick(b'<c r="E33" t="x"><v>1</v></c>')),
    "a truth of two": ("file.unreadable", good_tick(b'<c r="E33" t="b"><v>2</v></c>')),
    "a text within that is not said to be": ("file.unreadable", good_tick(b'<c r="E33"><is><t>1</t></is></c>')),
    "a text within that is a value": ("file.unreadable", good_tick(b'<c r="E33" t="inlineStr"><v>1</v></c>')),
    "two texts within": ("file.unreadable", good_tick(b'<c r="E33" t="inlineStr"><is><t>1</t></is><is/></c>')),
    "a comment within a number": ("file.unreadable", good_figure(b"<v>1<!-- -->500</v>")),
    "an instruction within a number": ("file.unreadable", good_figure(b"<v>1<?x y?>500</v>")),
    "an element within a number": ("file.unreadable", good_figure(b"<v>1<x/>500</v>")),
    "an entity within a number": ("file.unreadable", good_figure(b"<v>1&#48;00</v>")),
    "two values": ("file.unreadable", good_figure(b"<v>1000</v><v>5</v>")),
    "a value before its formula": ("file.unreadable", good_figure(b"<v>1000</v><f>999+1</f>")),
    "a value and a text within": ("file.ambiguous", good_figure(b"<v>1000</v><is><t>5</t></is>")),
    "an entity nobody knows": ("file.unreadable", good_tick(b'<c r="E33" t="str"><v>&nbsp;</v></c>')),
    "a cell without an end": ("file.unreadable", good_tick(b'<c r="E33"><v>1</v>')),
    "a tag without an end": ("file.unreadable", good_tick(b'<c r="E33"><v>1</v></c')),
    "a sheet cut short": ("file.unreadable", good_sheet(b"</sheetData>", b"")),
    "the text number minus one": ("file.unreadable", good_sheet(b't="s"><v>', b't="s"><v>-')),
    "no texts": ("file.unreadable", lambda: zip_of(good_parts() | {STRINGS: b"<sst/>"})),
    "texts nested a million deep": (
        "file.unreadable",
        lambda: zip_of(good_parts() | {STRINGS: b"<a>" * 10**6 + b"</a>" * 10**6}),
    ),
    "relations in other capitals": ("file.unusual", good_recapitalised(RELATIONS, b" Id=", b" ID=")),
    "targets in other capitals": ("file.unusual", good_recapitalised(RELATIONS, b" Target=", b" TARGET=")),
    "names of sheets in other capitals": (
        "file.unusual",
        good_recapitalised("xl/workbook.xml", b"<sheet name=", b"<sheet Name="),
    ),
    "sheets related in other capitals": ("file.unusual", good_recapitalised("xl/workbook.xml", b" r:id=", b" r:ID=")),
    "sheets that are related to nothing": ("file.unusual", good_recapitalised("xl/workbook.xml", b" r:id=", b" id=")),
    "sheets of no namespace": ("file.unusual", good_recapitalised("xl/workbook.xml", MAIN, b"")),
    "a value before a text within": (
        "file.ambiguous",
        good_tick(b'<c r="E33" t="inlineStr"><v>1</v><is><t>0</t></is></c>'),
    ),
    "a value behind a text within": (
        "file.ambiguous",
        good_tick(b'<c r="E33" t="inlineStr"><is><t>0</t></is><v>1</v></c>'),
    ),
    "no sheets": ("file.unreadable", sheet_with(ROWS, sheets=b"")),
    "OLE of nothing": ("file.unreadable", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    "OLE of zeros": ("file.unreadable", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)),
    "xls whose sectors loop": ("file.unreadable", an_ole("Workbook", content=records(BOF, END), loop=True)),
    "xls cut short": ("file.unreadable", an_ole("Workbook", content=records(BOF, END))[:2048]),
    "more texts than there are": (
        "file.unreadable",
        lambda: zip_of(good_parts() | {STRINGS: b'<sst uniqueCount="4294967295" count="1"></sst>'}),
    ),
    "more texts than there are, said late": (
        "file.unreadable",
        good_but({STRINGS: b"<!-- %s --><sst uniqueCount='4294967295'/>" % bytes(2000)}),
    ),
    "xls: cut in its table": ("file.unreadable", xls_with()[:700]),
    "xls: cut before its directory": ("file.unreadable", xls_with()[:1024]),
    "xls: cut before its last sector": ("file.unreadable", xls_with(number_cell(0, 0))[:-512]),
    "xls: a sector size nobody uses": ("file.unreadable", patched(xls_with(), 30, b"\xff\xff")),
    "xls: a directory beyond the end": ("file.unreadable", patched(xls_with(), 48, struct.pack("<I", 10**6))),
    "xls: a table beyond the end": ("file.unreadable", patched(xls_with(), 76, struct.pack("<I", 10**6))),
    "xls: no table": ("file.unreadable", patched(xls_with(), 76, b"\xff" * 4)),
    "xls: a table that is its own extension": ("file.unreadable", patched(xls_with(), 68, b"\0" * 4 + b"\1\0\0\0")),
    "xls: a book beyond the end": ("file.unreadable", patched(xls_with(), 1024 + 128 + 116, struct.pack("<I", 10**6))),
    "xls: a book of zeros": ("file.unreadable", an_ole("Workbook", content=bytes(4096))),
    "xls: a book of text": ("file.unreadable", an_ole("Workbook", content=TABLE.encode() * 5)),
    "xls: a book without a beginning": ("file.unreadable", an_ole("Workbook", content=records(END))),
    "xls: half a sheet's name": ("file.unreadable", a_book_xls((0x85, b"\0\0"))),
    "xls: a sheet's name of 255": (
        "file.unreadable",
        a_book_xls((0x85, struct.pack("<IBBBB", 0, 0, 0, 255, 0) + b"1")),
    ),
    "xls: a sheet that is the book": ("file.unreadable", a_book_xls(boundsheet(0))),
    "xls: a record of 65,535": ("file.unreadable", a_book_xls(boundsheet(100), sheet=struct.pack("<HH", 0x203, 65535))),
    "xls: a text beyond the last": ("file.unreadable", xls_with((0xFD, struct.pack("<HHHI", 0, 0, 0, 5)))),
    "xls: four billion texts": (
        "file.unreadable",
        two_sheets_xls(0, (0xFD, struct.pack("<HHHI", 0, 0, 0, 0)), before=((0xFC, b"\xff" * 8),)),
    ),
    "xls: a text longer than it is": (
        "file.unreadable",
        two_sheets_xls(0, before=((0xFC, struct.pack("<IIHB", 1, 1, 65535, 0) + b"a"),)),
    ),
    "xls: numbers backwards": ("file.unreadable", xls_with((0xBD, struct.pack("<HHHIH", 0, 5, 0, 0, 2)))),
    "xls: a result nobody knows": (
        "file.unreadable",
        xls_with((0x06, struct.pack("<HHH8sHIH", 0, 0, 0, b"\7" * 6 + b"\xff\xff", 0, 0, 0))),
    ),
    "xls: an error nobody knows": ("file.unreadable", xls_with((0x205, struct.pack("<HHHBB", 0, 0, 0, 99, 1)))),
    "xls: a code page nobody knows": ("form.none", two_sheets_xls(0, before=((0x42, b"\x39\x30"),))),
    "xls: false dimensions": ("form.none", xls_with((0x200, struct.pack("<IIHHH", 0, 2**32 - 1, 0, 65535, 0)))),
    "xls: a cell in the last place": ("file.range", xls_with(number_cell(0, 0), number_cell(65535, 255))),
    "xls: a cell in a column there is none of": ("file.address", xls_with(number_cell(0, 65535))),
    "xls: a sheet of charts alone": ("form.none", two_sheets_xls(2)),
    "xls: a sheet of macros": ("form.none", two_sheets_xls(1, number_cell(0, 0))),
    "xls: a sheet beyond the end": ("file.unreadable", a_book_xls(boundsheet(10**6))),
    "xls: half a number": ("file.unreadable", xls_with((0x203, b"12"))),
    "xls: more numbers than there are": ("file.unreadable", xls_with((0xBD, struct.pack("<HHHIH", 0, 5, 0, 0, 1)))),
    "xls: half a formula": ("file.unreadable", xls_with((0x06, b"12"))),
    "ods: a row -1 times": (
        "file.unreadable",
        ods_with(b'<table:table-row table:number-rows-repeated="-1">%s</table:table-row>' % ods_cell()),
    ),
    "ods: a row some times": (
        "file.unreadable",
        ods_with(b'<table:table-row table:number-rows-repeated="some">%s</table:table-row>' % ods_cell()),
    ),
    "ods: a number that is none": (
        "file.unreadable",
        ods_with(
            b'<table:table-row><table:table-cell office:value-type="float" office:value="abc"/></table:table-row>'
        ),
    ),
    "ods: no content": ("file.unreadable", lambda: zip_of({"mimetype": ODS_TYPE}, zipfile.ZIP_STORED)),
    "ods: no type": ("file.unreadable", lambda: zip_of({"content.xml": ods_content()})),
    "ods: a picture for content": ("file.unreadable", lambda: ods_of(b"\x89PNG\r\n")),
    "ods: empty content": ("file.unreadable", lambda: ods_of(b"")),
    "ods: no table": ("file.unreadable", lambda: ods_of(ods_content().replace(b"table:table", b"table:x"))),
    "a zip of empty content": ("file.unreadable", lambda: zip_of({"content.xml": b""})),
    "ods: content cut short": ("file.unreadable", lambda: ods_of(ods_content()[:-60])),
    "ods: content in UTF-16": ("form.none", lambda: ods_of(ods_content().decode().encode("utf-16"))),
    "ods: content in GBK": ("file.unreadable", lambda: ods_of(ods_content().replace(b"UTF-8", b"GBK"))),
    "ods: CDATA": ("file.unreadable", lambda: ods_of(ods_content(b"<text:p><![CDATA[1]]></text:p>"))),
    # --- a workbook that is a trap
    "unpacks to 300 MB": ("file.expands", bomb(300)),
    "1,900 parts over one another": ("file.expands", lambda: overlapping(1900)),
    "a text of 32,768 characters": ("file.expands", good_with(STRINGS, "示例精密".encode(), b"1" * 32_768)),
    "a text of 30 million characters": ("file.expands", good_with(STRINGS, "示例精密".encode(), b"1" * 30_000_000)),
    "a text of a million in its cell": (
        "file.expands",
        good_tick(b'<c r="E33" t="str"><v>%s</v></c>' % (b"1" * 10**6)),
    ),
    "a text of a million in other quotes": (
        "file.expands",
        good_tick(b"<c r='E33' t='inlineStr'><is><t>%s</t></is></c>" % (b"1" * 10**6)),
    ),
    "ods: a text of a million characters": (
        "file.expands",
        ods_with(
            b'<table:table-row><table:table-cell office:value-type="string"><text:p>%s</text:p></table:table-cell>'
            b"</table:table-row>" % (b"1" * 10**6)
        ),
    ),
    "ods: twenty million blanks": (
        "file.expands",
        ods_with(
            b'<table:table-row><table:table-cell office:value-type="string"><text:p>1<text:s text:c="20000000"/>'
            b"</text:p></table:table-cell></table:table-row>"
        ),
    ),
    "1,001 sheets": (
        "file.expands",
        sheet_with(
            ROWS, sheets=b"".join(b'<sheet name="%d" sheetId="%d" r:id="rId1"/>' % (i, i) for i in range(1, 1002))
        ),
    ),
    "ods: 100,000 tables": (
        "file.expands",
        lambda: ods_of(
            ods_content(b"".join(b'</table:table><table:table table:name="t%d">' % i for i in range(100_000)))
        ),
    ),
    "20,800 markers": (
        "form.many",
        good_rows(
            b"".join(
                b'<row r="%d">%s</row>'
                % (
                    row,
                    b"".join(
                        b'<c r="%c%d" t="s"><v>%d</v></c>' % (letter, row, marker())
                        for letter in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                    ),
                )
                for row in range(200, 1000)
            )
        ),
    ),
    "a million cells of nothing": ("file.expands", sheet_with((b"<row>%s</row>" % (b"<c/>" * 10_000)) * 102)),
    "3,000 parts": ("file.expands", lambda: zip_of(good_parts() | {f"xl/{i}.xml": b"" for i in range(3000)})),
    "a billion laughs": ("file.dtd", good_with("xl/workbook.xml", b"<workbook", DTD + b"<workbook")),
    "a billion laughs in the texts": ("file.dtd", good_with(STRINGS, b"<sst", DTD + b"<sst")),
    "a billion laughs behind a comment": (
        "file.dtd",
        lambda: zip_of(good_parts() | {STRINGS: b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- > -->\n" + DTD + b"<sst/>"}),
    ),
    "a billion laughs in UTF-16": (
        "file.dtd",
        lambda: zip_of(good_parts() | {"docProps/custom.xml": (DTD.decode() + "<x/>").encode("utf-16")}),
    ),
    "A1 and XFD1048576": ("file.range", sheet_with(ROWS + row_of(b"XFD1048576"))),
    "A1 and A1048576": ("file.range", sheet_with(ROWS + row_of(b"A1048576"))),
    "A1 and XFD1": ("file.range", sheet_with(ROWS + row_of(b"XFD1"))),
    "A1 and ALL99999": ("file.range", sheet_with(ROWS + row_of(b"ALL99999"))),
    "XFD9 with other quotes": ("file.range", sheet_with(b"<row r='9'><c r='XFD9'><v>1</v></c></row>")),
    "XFD9 with a prefix": ("file.range", good_prefixed(b'<x:row r="9"><x:c r="XFD9"><x:v>1</x:v></x:c></x:row>')),
    "a million rows, no addresses": ("file.range", sheet_with(b"<row><c><v>1</v></c></row>" * 1_000_000)),
    "far away in other quotes": (
        "file.range",
        good_sheet(b"</sheetData>", b"<row r='9'><c r='XFD9'><v>1</v></c></row></sheetData>"),
    ),
    "far away in a sheet of its own place": ("file.range", good_elsewhere(row_of(b"XFD1048576"))),
    "far away in a return": ("file.range", good_sheet(b"</sheetData>", row_of(b"XFD1048576") + b"</sheetData>")),
    "ods: a row a million times": (
        "file.range",
        ods_with(b'<table:table-row table:number-rows-repeated="1000000">%s</table:table-row>' % ods_cell()),
    ),
    "ods: a row a million times in other quotes": (
        "file.range",
        ods_with(b"<table:table-row table:number-rows-repeated='1000000'>%s</table:table-row>" % ods_cell()),
    ),
    "ods: a row plus a million times": (
        "file.range",
        ods_with(b'<table:table-row table:number-rows-repeated="+1000000">%s</table:table-row>' % ods_cell()),
    ),
    "ods: a row 2 to the 64th times": (
        "file.range",
        ods_with(
            b'<table:table-row table:number-rows-repeated="18446744073709551616">%s</table:table-row>' % ods_cell()
        ),
    ),
    "ods: a formula a million times": (
        "file.range",
        ods_with(
            b'<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:formula="of:=1"/>'
            b"</table:table-row>"
        ),
    ),
    "ods: a cell behind a million covered ones": (
        "file.range",
        ods_with(
            b'<table:table-row><table:covered-table-cell table:number-columns-repeated="1000000"/>%s</table:table-row>'
            % ods_cell()
        ),
    ),
    "ods: a billion laughs": ("file.dtd", lambda: ods_of(ods_content().replace(b"<office:document", DTD + b"<x", 1))),
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
    "row 4294967295": ("file.address", sheet_with(b'<row r="4294967295"/><row><c><v>1</v></c></row>')),
    "row 0": ("file.address", sheet_with(row_of(b"A0"))),
    "row 1048577": ("file.address", sheet_with(row_of(b"A1048577"))),
    "column XFE": ("file.address", sheet_with(row_of(b"XFE1"))),
    "an address in small letters": ("file.address", good_tick(b'<c r="e31"><v>1</v></c>')),
    "an address with dollars": ("file.address", good_tick(b'<c r="$E$31"><v>1</v></c>')),
    "an address with a nought": ("file.address", good_tick(b'<c r="E031"><v>1</v></c>')),
    "an address with a blank": ("file.address", good_tick(b'<c r=" E33"><v>1</v></c>')),
    "an address below nought": ("file.address", good_tick(b'<c r="E-31"><v>1</v></c>')),
    "an address without a row": ("file.address", good_tick(b'<c r="E"><v>1</v></c>')),
    "an address in full width": ("file.address", good_tick('<c r="Ｅ31"><v>1</v></c>'.encode())),
    "an address of twenty digits": ("file.address", good_tick(b'<c r="E99999999999999999999"><v>1</v></c>')),
    "an address of twenty letters": ("file.address", good_tick(b'<c r="AAAAAAAAAAAAAAAAAAAA31"><v>1</v></c>')),
    "two addresses of one cell": ("file.unreadable", good_tick(b'<c r="E33" r="E34"><v>1</v></c>')),
    "an address twice": ("file.address", good_tick(b'<c r="E33"><v>1</v></c><c r="E33"><v>0</v></c>')),
    "an address twice in other quotes": (
        "file.address",
        good_tick(b"<c r='E33'><v>1</v></c><c r=\"E33\"><v>0</v></c>"),
    ),
    "an address twice in two rows": (
        "file.address",
        good_with(SHEET, b"</sheetData>", b'<row r="33"><c r="E33"><v>0</v></c></row></sheetData>'),
    ),
    "two sets of rows": (
        "file.unreadable",
        good_with(
            SHEET, b"</sheetData>", b'</sheetData><sheetData><row r="33"><c r="E33"><v>0</v></c></row></sheetData>'
        ),
    ),
    "an address twice in a sheet of its own place": (
        "file.address",
        good_elsewhere(b"<row r='33'><c r='E33'><v>0</v></c></row>"),
    ),
    "a cell of another row": ("file.address", good_tick(b'<c r="Z32"><v>1</v></c>')),
    "a cell of another row behind its own": ("file.address", good_tick(b'<c r="E33"/><c r="Z32"><v>1</v></c>')),
    "a cell of another row, in other quotes": ("file.address", good_tick(b"<c r='Z32'><v>1</v></c>")),
    "a cell of a row that ends alike": ("file.address", good_rows(b'<row r="200"><c r="A1200"><v>1</v></c></row>')),
    "a row of another number": ("file.address", good_with(SHEET, b'<row r="33"', b'<row r="310"')),
    "a row of no number": ("file.address", good_with(SHEET, b'<row r="33"', b'<row r="x"')),
    "a row of number 031": ("file.address", good_with(SHEET, b'<row r="33"', b'<row r="031"')),
    "a cell without an address before its double": (
        "file.address",
        good_rows(b'<row r="200"><c/><c r="A200"><v>1</v></c></row>'),
    ),
    "a cell without an address behind its double": (
        "file.address",
        good_rows(b'<row r="200"><c r="B200"><v>1</v></c><c r="A200"/><c><v>2</v></c></row>'),
    ),
    "cells without addresses in a row twice": (
        "file.address",
        good_rows(b'<row r="200"><c><v>1</v></c></row><row r="200"><c><v>2</v></c></row>'),
    ),
    "cells without addresses in a row without a number": (
        "file.address",
        good_rows(row_of(b"A200") + b'<row r="199"/><row><c><v>2</v></c></row>'),
    ),
    "a cell with another's address": (
        "file.address",
        good_rows(b'<row r="200"><c x:r="B200" xmlns:x="urn:x"/><c r="A200"><v>1</v></c></row>'),
    ),
    "a cell without an address behind the last column": (
        "file.address",
        good_rows(b'<row r="200"><c r="XFD200"/><c><v>1</v></c></row>'),
    ),
    "a range for an address": ("file.address", good_tick(b'<c r="E33:F33"><v>1</v></c>')),
    "an empty address": ("file.address", good_sheet(b'<c r="D10"', b'<c r=""')),
    "an address of another alphabet": ("file.address", good_sheet(b'<c r="D10"', '<c r="甲10"'.encode())),
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
    "two sheets that differ in capitals": (
        "file.duplicate_sheet",
        good_with("xl/workbook.xml", b"</sheets>", b'<sheet name="Lists" sheetId="99" r:id="rId3"/></sheets>'),
    ),
    "ods: two sheets of one name in other quotes": (
        "file.duplicate_sheet",
        ods_with(b"</table:table><table:table table:name='1'>"),
    ),
    "ods: two sheets of one name, escaped": (
        "file.duplicate_sheet",
        ods_with(b'</table:table><table:table table:name="&#49;">'),
    ),
    "ods: two sheets of one name": (
        "file.duplicate_sheet",
        ods_with(b'</table:table><table:table table:name="1">'),
    ),
}

# These need a process of their own, with limits: nothing that is quick to ask tells them from honest files.
KILLERS: dict[str, bytes | Make] = {
    "ods: a billion cells behind a bracket": ods_with(
        b'<table:table-row table:style-name=">" table:number-rows-repeated="1000000">%s</table:table-row>'
        % ods_cell(b'table:number-columns-repeated="1000"')
    ),
    "90 MB of one cell": sheet_with(
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>%s</t></is></c></row>' % (b"1" * 90_000_000)
    ),
}


def content(made: bytes | Make) -> bytes:
    return made if isinstance(made, bytes) else made()
