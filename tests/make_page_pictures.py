"""Take the pictures of the page: python tests/make_page_pictures.py FOLDER. Needs Chromium.

The round of the sample data is driven on the page itself, up to the second round of corrections.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect

from command_line import environment
from page_views import VIEWS, open_view
from served import WIDTH, looking, serving

SAMPLE = Path(__file__).parent.parent / "sample_data"
NAME = "示例市"
HEIGHT = 1500  # pixels of a picture, at most
QUALITY = 40
PATIENCE = 600_000  # ms
MOST_BYTES = 1_500_000  # of all pictures
ENGLISH = ("home", "district", "returned_form")
ON_THE_WAY = ("begin", "reading", "preparing")  # before everything is there
PICTURES = (*ON_THE_WAY, *VIEWS, *(f"{name}_en" for name in ENGLISH))
_CLEAN = """(place) => {
  const clean = (text) => text.replaceAll(place, "");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) walker.currentNode.data = clean(walker.currentNode.data);
  for (const field of document.querySelectorAll("input, textarea")) field.value = clean(field.value);
  return document.documentElement.scrollHeight;
}"""


def take(page: Page, folder: Path, target: Path) -> None:
    """Take a picture of a page, without the place where the round lies on this machine."""
    height = page.evaluate(_CLEAN, str(folder.parent))
    clip = {"x": 0, "y": 0, "width": WIDTH, "height": min(height, HEIGHT), "scale": 1}
    devtools = page.context.new_cdp_session(page)
    taken = devtools.send(
        "Page.captureScreenshot",
        {"format": "webp", "quality": QUALITY, "clip": clip, "captureBeyondViewport": True},
    )
    target.write_bytes(base64.b64decode(taken["data"]))


def draw(target: Path) -> None:
    """Take all pictures."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch).resolve() / NAME
        shutil.copytree(SAMPLE, folder)
        with serving(folder) as served:
            with looking(served) as page:
                take(page, folder, target / "begin.webp")
                page.get_by_role("link", name="收表", exact=True).click()
                page.get_by_role("button", name="开始读取").click()
                take(page, folder, target / "reading.webp")
                expect(page.get_by_text("67 个文件：已计入 57")).to_be_visible(timeout=PATIENCE)
                second = [sys.executable, "-m", "smebatch", "ingest", "second_round/更正表", "--add"]
                subprocess.run(second, cwd=folder, env=environment(), check=True, capture_output=True)
                page.get_by_role("link", name="报告", exact=True).click()
                take(page, folder, target / "preparing.webp")
                expect(page.get_by_role("heading", name="各表")).to_be_visible(timeout=PATIENCE)
                page.get_by_role("link", name="退回", exact=True).click()
                page.get_by_role("button", name="份退回更正表和清单").click()
                expect(page.get_by_role("link", name="退回清单.xlsx")).to_be_visible(timeout=PATIENCE)
                for name, view in VIEWS.items():
                    open_view(page, view)
                    take(page, folder, target / f"{name}.webp")
            with looking(served, "en") as page:
                for name in ENGLISH:
                    open_view(page, VIEWS[name])
                    take(page, folder, target / f"{name}_en.webp")


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
