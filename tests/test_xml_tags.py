"""Fragments of XML are read tag by tag, strictly; whatever else XML may hold is left to a full reader."""

from __future__ import annotations

import pytest

from smebatch.intake.workbook.xml_tags import UnsupportedXmlError, XmlTag, parse_attributes, parse_tags, unescape


def test_a_fragment_is_its_tags_with_the_texts_behind_them() -> None:
    tags = parse_tags(b" <c r=\"A1\" t='str'>\n<v>&lt;1<![CDATA[<2>]]></v><f/></c>\n")
    assert list(tags) == [
        XmlTag(closing=False, name="c", attributes=""" r="A1" t='str'""", closed=False, text="\n"),
        XmlTag(closing=False, name="v", attributes="", closed=False, text="&lt;1<![CDATA[<2>]]>"),
        XmlTag(closing=True, name="v", attributes="", closed=False, text=""),
        XmlTag(closing=False, name="f", attributes="", closed=True, text=""),
        XmlTag(closing=True, name="c", attributes="", closed=False, text=""),
    ]
    assert parse_attributes(""" r="A&#49;" t='"str"'""") == {"r": "A1", "t": '"str"'}


@pytest.mark.parametrize(("text", "blank"), [("", True), (" \t\r\n", True), (" .", False), ("\u3000", False)])
def test_only_white_space_of_xml_is_blank(text: str, blank: bool) -> None:
    assert XmlTag(closing=True, name="v", attributes="", closed=False, text=text).blank is blank


def test_nothing_has_no_tags() -> None:
    assert [*parse_tags(b""), *parse_tags(b" \n")] == []


@pytest.mark.parametrize(
    "xml",
    [
        "<v>\u7532</v>".encode("gb18030"),  # not UTF-8
        b"<v>\x02</v>",  # a character that XML forbids
        "<v>\uffff</v>".encode(),
        b"1<v>2</v>",  # a text before the first tag
        b"<v>1</v",
        b"<v <c>>",
        b'<v a="<">',
        b'<v a="1>',
        b"<v a=1>",
        b'<v a="1"b="2">',
        b"<v>1</v a='1'>",  # an end with attributes
        b"<v>1</v/>",
        b"< v>",
        b"<!-- -->",
        b"<?xml?>",
        b"<v><![CDATA[1]]</v>",  # CDATA without an end
    ],
)
def test_what_is_no_tag_is_left_to_a_full_reader(xml: bytes) -> None:
    with pytest.raises(UnsupportedXmlError):
        list(parse_tags(xml))


def test_an_attribute_stands_once() -> None:
    with pytest.raises(UnsupportedXmlError):
        parse_attributes(' r="A1" r="A2"')


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"),
        ("&#30002;&#x7532;&#x10FFFF;", "\u7532\u7532\U0010ffff"),
        ("&amp;lt;", "&lt;"),  # once, and not again
    ],
)
def test_references_are_replaced(written: str, text: str) -> None:
    assert unescape(written) == text


@pytest.mark.parametrize("written", ["&nbsp;", "&amp", "&lt1;", "&#65", "&#x110000;", "&#1114112;"])
def test_a_reference_without_a_character_is_left_to_a_full_reader(written: str) -> None:
    with pytest.raises(UnsupportedXmlError):
        unescape(written)
