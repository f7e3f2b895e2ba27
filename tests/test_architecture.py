"""docs/architecture.md and its picture are in step with the house."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from house import FLOORS, PACKAGE
from make_architecture import drawn

DOCS = Path(__file__).parent.parent / "docs"
PAGES = (DOCS / "architecture.md", DOCS.parent / "SECURITY.md", DOCS / "decisions.md")


def test_the_picture_is_what_the_imports_draw() -> None:
    assert (DOCS / "architecture.svg").read_text("utf-8") == "\n".join(line for line in drawn() if line) + "\n"


def test_every_room_is_in_the_picture() -> None:
    picture = (DOCS / "architecture.svg").read_text("utf-8")
    for room in {name for rooms in FLOORS for name in rooms}:
        assert f">{room}/<" in picture or f">{room}.py<" in picture


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_place_that_is_named_is_there(page: Path) -> None:
    """`assess/score.py` and `intake/workbook` in a page are a module and a folder of the package."""
    rooms = "|".join(name for rooms in FLOORS for name in rooms)
    places = re.findall(rf"`((?:{rooms})/[\w/*]+(?:\.\w+)?)`", page.read_text("utf-8"))
    assert places
    assert [place for place in places if not any(PACKAGE.glob(place))] == []
