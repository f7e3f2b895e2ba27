"""The page as a person sees it in a browser: found by roles and labels, in both languages; axe minds nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from page_views import settled
from served import Served, looking, serving

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SAMPLE = Path(__file__).parent.parent / "sample_data"
NAMES = {
    "zh": ("本轮", "发表", "收表", "文件", "问题", "企业", "退回", "报告"),
    "en": ("This round", "Forms", "Collect", "Files", "Issues", "Enterprises", "Corrections", "Report"),
}
PATIENCE = 120_000  # ms, for what is read or worked out


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("round")
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    with serving(folder) as page:
        yield page


def minded(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    violations = Axe().run(page).response["violations"]
    serious = (each for each in violations if each["impact"] in ("serious", "critical"))
    return [f"{page.url} {each['id']}: {each['nodes'][0]['html'][:200]}" for each in serious]


def read_returns(page: Page) -> None:
    """Start reading on 收表, and wait until it says that it is done."""
    page.get_by_role("link", name="收表", exact=True).click()
    page.get_by_role("button", name="开始读取").click()
    expect(page.get_by_text("67 个文件：已计入 57")).to_be_visible(timeout=PATIENCE)


def test_a_folder_is_read_and_an_answer_is_followed_to_its_cell(served: Served) -> None:
    with looking(served) as page:
        read_returns(page)
        page.get_by_role("link", name="问题", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("问题")
        page.get_by_role("link", name="企业", exact=True).click()
        page.locator("tr[data-form-id] a").first.click()
        ticks = page.locator("[data-key][data-cell]", has_text="√")
        assert ticks.count() > 10
        assert "!" in str(ticks.first.get_attribute("data-cell"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1280, 1920])
def test_every_page_is_one_that_everybody_can_use(served: Served, language: str, width: int) -> None:
    found = []
    with looking(served, language, width=width) as page:
        for name in NAMES[language]:
            page.get_by_role("navigation").first.get_by_role("link", name=name, exact=True).click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            settled(page)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name
            found += minded(page)
    assert found == []


def test_a_page_can_be_reached_by_the_keyboard(served: Served) -> None:
    with looking(served) as page:
        page.keyboard.press("Tab")
        expect(page.get_by_text("跳到正文")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("发表")
