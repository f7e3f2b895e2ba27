"""The pages as they are listed for pictures: they are all there are, fit on the screen, and have their pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cases import EDITION
from made_up_round import NOW
from make_page_pictures import MOST_BYTES, PICTURES, SAMPLE
from page_client import page_client
from page_views import FILES, STATES, VIEWS, open_view
from served import looking, serving
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportOptions
from smebatch.page.place import Place
from smebatch.workflow import prepare_report_pages
from test_page_browser import minded

TAKEN = Path(__file__).parent.parent / "docs" / "pictures" / "page"


def test_every_page_that_can_be_opened_is_a_view(tmp_path: Path) -> None:
    rules = page_client(tmp_path).application.url_map.iter_rules()
    opened = {rule.endpoint for rule in rules if "GET" in (rule.methods or ())}
    assert opened == {view.endpoint for view in VIEWS.values()} | {*FILES, *STATES}


def test_every_picture_is_there_and_together_they_are_small() -> None:
    pictures = {path.stem: path.stat().st_size for path in TAKEN.iterdir()}
    assert {*pictures} == {*PICTURES}
    assert sum(pictures.values()) <= MOST_BYTES


@pytest.mark.browser
@pytest.mark.slow
def test_no_page_is_wider_than_the_screen_and_axe_minds_none(tmp_path: Path) -> None:
    """In English, whose words are longer, on the narrowest screen; what is wide scrolls within the page."""
    shutil.copytree(SAMPLE, tmp_path, dirs_exist_ok=True)
    ingest(tmp_path / "returns", tmp_path / "batch.duckdb", EDITION, now=NOW, roster=tmp_path / "roster.xlsx")
    prepare_report_pages(tmp_path / "batch.duckdb", ReportOptions.of(Place(tmp_path).settings()))
    wide, found = [], []
    with serving(tmp_path) as served, looking(served, "en") as page:
        for name, view in VIEWS.items():
            open_view(page, view)
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append(name)
            found += minded(page)
    assert (wide, found) == ([], [])
