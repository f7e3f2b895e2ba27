"""Follows the links of the page, and compares what a figure says with the list that it leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    """An element of a page: its attributes, and the text within it."""

    tag: str
    attributes: dict[str, str]
    text: str = ""

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]


class Page(HTMLParser):
    """A page by its elements, in the order in which they begin. Every element that is not void has its end."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(html)
        self.close()
        assert self._open == [], [element.tag for element in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1].tag == tag, f"</{tag}> ends {self._open[-1].tag}"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def having(self, attribute: str) -> list[Element]:
        """The elements with an attribute."""
        return [element for element in self.elements if attribute in element.attributes]


def shown(response: TestResponse) -> Page:
    """A page that was asked for and is there."""
    assert response.status_code == 200, response.request.path
    return Page(response.get_data(as_text=True))


def listed(client: FlaskClient, address: str) -> tuple[int, list[str]]:
    """The total of the list at an address, and what its rows stand for, on all of its pages."""
    total, rows = -1, []
    while address:
        page = shown(client.get(address))
        (table,) = page.having("data-total")
        assert total in (-1, int(table["data-total"]))
        total = int(table["data-total"])
        named = (row.attributes for row in page.elements if {"data-form-id", "data-file"} & {*row.attributes})
        rows += [row.get("data-form-id") or row["data-file"] for row in named]
        onwards = [element["href"] for element in page.having("rel") if element["rel"] == "next"]
        address = urljoin(address, onwards[0]) if onwards else ""
    return total, rows


def crawl(client: FlaskClient, *first: str) -> Iterator[tuple[str, TestResponse]]:
    """Every page and file that links lead to from the first ones, once each; each link leads to something.

    A link within a page leads to an element of it, and a link with data-n to a list of so many rows.
    """
    seen: set[str] = set()
    totals: dict[str, int] = {}
    wanted: list[tuple[str, int]] = []
    waiting = list(first)
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        response = client.get(address)
        yield address, response
        if response.mimetype != "text/html":
            continue
        page = shown(response)
        anchors = {element["id"] for element in page.having("id")}
        assert len(anchors) == len(page.having("id")), address
        if lists := page.having("data-total"):
            totals[address] = int(lists[0]["data-total"])
            assert len(lists) == 1
        for link in page.having("href"):
            target, _, anchor = urljoin(address, link["href"]).partition("#")
            if link["href"].startswith("#"):
                assert anchor in anchors, (address, anchor)
            elif link.tag == "a":
                waiting.append(target)
            if "data-n" in link.attributes:
                wanted.append((target, int(link["data-n"])))
    assert [(target, n, totals.get(target)) for target, n in wanted if totals.get(target) != n] == []
