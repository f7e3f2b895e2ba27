"""Every page that can be opened, once read: its view, and how a person gets there. Pictures are taken of them."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urljoin

from playwright.sync_api import Page, expect


class View(NamedTuple):
    """A page of a round that has been read: its endpoint, where to begin, and the links to follow from there.

    ``links``: selectors in CSS, of each of which the first link is followed.
    """

    endpoint: str
    address: str
    links: tuple[str, ...] = ()


VIEWS = {
    "home": View("home.show", "/"),
    "settings": View("home.settings", "/settings"),
    "silent": View("home.roster", "/", ("a[href*='answered=no']",)),
    "replies": View("home.replies", "/", (".districts a[href*='/replies']",)),
    "forms": View("forms.show", "/forms/?phase=改造后&kind=现场评定"),
    "collect": View("collect.show", "/collect/"),
    "files": View("files.show", "/files/"),
    "entry": View("files.entry", "/files/?status=rejected", ("tr[data-file] a",)),
    "issues": View("issues.show", "/issues/"),
    "issue_list": View("issues.each", "/issues/", ("tbody a[href*='/list']",)),
    "enterprises": View("enterprises.show", "/enterprises/"),
    "returned_form": View("enterprises.form", "/enterprises/?status=returned", ("tr[data-form-id] a",)),
    "counted_form": View("enterprises.form", "/enterprises/?status=counted", ("tr[data-form-id] a",)),
    "corrections": View("corrections.show", "/corrections/"),
    "decisions": View("corrections.decisions", "/corrections/decisions"),
    "report": View("reports.show", "/reports/"),
    "overview": View("reports.show_table", "/reports/", (".sheets a",)),
    "district": View("reports.show_table", "/reports/district"),
    "list": View("reports.show_table", "/reports/enterprises"),
    "behind": View("returns.show", "/reports/district", ("td a[data-n]",)),
}
"""By the name of its picture."""

FILES = (
    *("reports.download", "forms.blank", "forms.prefilled_zip", "forms.next_zip", "files.original"),
    *("corrections.copy", "corrections.written_list", "static"),
)
STATES = ("collect.choosing", "collect.no_room", "collect.state", "home.batch_use", "home.state", "reports.state")
"""What is fetched and is no page: files to download, and what the script of a page asks for."""


_WATCHING = "[data-wait], [data-watch]:not([data-watch=''])"


def settled(page: Page) -> None:
    """Wait until a page is not waiting for anything itself: such a page loads itself again."""
    expect(page.locator(_WATCHING)).to_have_count(0, timeout=180_000)


def open_view(page: Page, view: View) -> None:
    """Open a page as a person does, and wait until it is not waiting for anything itself."""
    address = view.address
    for link in ("", *view.links):
        page.goto(urljoin(page.url, (page.locator(link).first.get_attribute("href") or "") if link else address))
        settled(page)
