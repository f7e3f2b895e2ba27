"""A whole round on the page, as its clerk drives it: nothing is done elsewhere but editing a downloaded file."""

from __future__ import annotations

import base64
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from playwright.sync_api import Locator, Page, expect

from cases import EDITION, Return, changed, choose, good_answers
from command_line import DONE, Inside
from served import looking, serving
from smebatch.form.layout import answer_cells
from smebatch.language.words import Language, Words
from smebatch.standard.keys import titles_of
from smebatch.standard.reference import form_words
from smebatch.standard.uscc import check_character
from test_page_browser import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CELLS = answer_cells(EDITION)
KEYS = {cell: key for key, cell in CELLS.items()}
TICK = "√"
PLACE = re.compile(r"\w+![A-Z]+\d+(:[A-Z]+\d+)?")  # of one cell, or of several below one another


def _uscc(number: int) -> str:
    code = f"91990001{number:07d}AB"
    return code + check_character(code)


class Enterprise(NamedTuple):
    """An enterprise of the roster, and how it fills in its form; None: it sends nothing."""

    name: str
    uscc: str
    district: str
    answers: Return | None


WRONG = changed(revenue_last=None, **choose("q02", 1))  # no revenue; and 30 % of the machines digital is not 1 to 20 %
ENTERPRISES = (
    Enterprise("甲机械有限公司", _uscc(1), "城东区", good_answers()),
    Enterprise("乙电器有限公司", _uscc(2), "城东区", changed(q01_o03=True, q01_o04=True)),
    Enterprise("丙纺织有限公司", _uscc(3), "城东区", WRONG),
    Enterprise("丁食品有限公司", _uscc(4), "城西区", changed(**choose("q02", 1))),
    Enterprise("戊家具有限公司", _uscc(5), "城西区", None),
)
A, B, C, D, E = ENTERPRISES
HEADINGS = ("企业名称", "统一社会信用代码", "区县", "联系人", "联系电话")
WHY = "新设备年底投产，按年初台数选"
SETTINGS = {
    "bureau.name": "示例市工业和信息化局",
    "bureau.contact": "李科员",
    "bureau.phone": "0000-1234567",
    "round.region": "示例市",
    "round.deadline": "2026-12-31",
    "round.roster": "roster.xlsx",
    "round.folder": "收到的评测表",
}
PREFILLED = ("name", "uscc", "district", "contact", "phone")


class Clerk:
    """Who sits before the page: goes by its labels, in one language, and keeps what is downloaded in a folder."""

    def __init__(self, page: Page, language: Language, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.words = Words(language)
        self.say = self.words.text

    def go(self, blueprint: str) -> None:
        """Choose a section of the page."""
        name = self.say(f"page.nav.{blueprint}")
        self.page.get_by_role("navigation").first.get_by_role("link", name=name, exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(re.compile(f"^{name}"))

    def follow(self, code: str) -> None:
        """Follow the link of a text."""
        self.page.get_by_role("link", name=self.say(code), exact=True).click()

    def press(self, code: str, **values: object) -> None:
        """Press the button of a text."""
        self.button(code, **values).click()

    def button(self, code: str, **values: object) -> Locator:
        """The button of a text, the first where there are two."""
        return self.page.get_by_role("button", name=self.say(code, **values), exact=True).first

    def field(self, code: str) -> Locator:
        """The field of a label."""
        return self.page.get_by_label(self.say(code), exact=True)

    def row(self, text: str) -> Locator:
        """The row of a table that says this."""
        return self.page.get_by_role("row").filter(has_text=text)

    def download(self, link: Locator) -> Path:
        """Download what a link names."""
        with self.page.expect_download(timeout=PATIENCE) as started:
            link.click()
        path = self.folder / started.value.suggested_filename
        started.value.save_as(path)
        return path

    def sees(self, text: str) -> None:
        """Wait until the page says this."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE)


# --- what the enterprises do ------------------------------------------------------------------------------------------


def write_roster(path: Path) -> None:
    """The only thing that is there at first."""
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    for number, each in enumerate(ENTERPRISES):
        book.active.append((each.name, each.uscc, each.district, f"联系人{number}", f"1390000000{number}"))
    book.save(path)


def enter(form: Path, answers: Mapping[str, object], target: Path) -> Path:
    """Enter answers into the cells of a form, as a person does, and save it under another name."""
    book = openpyxl.load_workbook(form)
    for key, value in answers.items():
        sheet, _, cell = CELLS[key].partition("!")
        book[sheet][cell] = {True: TICK, False: None}[value] if isinstance(value, bool) else value
    book.save(target)
    return target


def fill_in(forms: Path, folder: Path) -> list[Path]:
    """The forms out of a zip, filled in by those who answer, and a file that cannot be read."""
    with zipfile.ZipFile(forms) as packed:
        packed.extractall(folder / "forms")
    sent = []
    for each in ENTERPRISES:
        (form,) = (path for path in (folder / "forms").rglob("*.xlsx") if each.name in path.name)
        cells = openpyxl.load_workbook(form)["企业信息"]
        assert [cells[CELLS[key].partition("!")[2]].value for key in PREFILLED[:3]] == [*each[:3]]
        if each.answers:
            answers = {key: value for key, value in each.answers.items() if key not in PREFILLED}
            sent.append(enter(form, answers, folder / f"{each.name}（已填）.xlsx"))
    broken = folder / "己印刷有限公司.xlsx"
    broken.write_bytes(b"PK\x03\x04 half a file")
    return [*sent, broken]


def explain(copy: Path, why: str, target: Path) -> Path:
    """Say beside the first issue of a correction copy why it stays as it is."""
    book = openpyxl.load_workbook(copy)
    heading = form_words().correction.headings[-1]
    (head,) = (cell for row in book.worksheets[0] for cell in row if cell.value == heading)
    head.offset(1).value = why
    book.save(target)
    return target


def mend(copy: Path, answers: Mapping[str, object], target: Path) -> tuple[list[str], Path]:
    """Enter the right answers into the cells that a correction copy names; returns their keys."""
    sheet: Worksheet = openpyxl.load_workbook(copy).worksheets[0]
    named = [text for row in sheet.values for text in map(str, row) if PLACE.fullmatch(text)]
    cells = [(place.partition("!")[0], cell) for place in named for cell in _cells(sheet, place.partition("!")[2])]
    keys = [KEYS[f"{name}!{cell}"] for name, cell in cells]
    return keys, enter(copy, {key: answers.get(key, False) for key in keys}, target)


def _cells(sheet: Worksheet, area: str) -> list[str]:
    found = sheet[area]
    return [cell.coordinate for row in found for cell in row] if isinstance(found, tuple) else [area]


# --- what the clerk does ----------------------------------------------------------------------------------------------


def state_the_round(clerk: Clerk, folder: Path) -> None:
    """The settings are entered into a form, and are the file that the commands read."""
    clerk.follow("page.home.next.settings")
    for code, text in SETTINGS.items():
        clerk.field(f"page.home.{code}").fill(text)
    clerk.press("page.home.save")
    clerk.sees(clerk.say("page.home.saved", path="").strip())
    stated = tomllib.loads((folder / "smebatch.toml").read_text("utf-8"))
    assert {f"{table}.{key}": str(value) for table, keys in stated.items() for key, value in keys.items()} == SETTINGS


def hand_out(clerk: Clerk) -> Path:
    """The forms of the enterprises of the roster, as a zip."""
    clerk.go("home")
    clerk.follow("page.home.next.forms")
    clerk.sees(clerk.say("page.forms.summary", name="roster.xlsx", n=len(ENTERPRISES)))
    return clerk.download(clerk.page.get_by_role("link", name=clerk.say("page.forms.zip"), exact=True))


def choose_files(clerk: Clerk, files: Sequence[Path]) -> None:
    """Choose files in the field for them."""
    clerk.field("page.collect.files").set_input_files(files)


def drop_files(clerk: Clerk, files: Sequence[Path]) -> None:
    """Drop files onto the page, as out of a window of the system."""
    target = clerk.page.get_by_role("heading", level=1)
    transfer = target.evaluate_handle(
        """(_, files) => {
            const transfer = new DataTransfer();
            for (const [name, data] of files)
                transfer.items.add(new File([Uint8Array.from(atob(data), (c) => c.charCodeAt(0))], name));
            return transfer;
        }""",
        [(path.name, base64.b64encode(path.read_bytes()).decode()) for path in files],
    )
    for event in ("dragenter", "dragover", "drop"):
        target.dispatch_event(event, {"dataTransfer": transfer})
    expect(clerk.button("page.collect.drop")).to_be_focused()


def collect(clerk: Clerk, give: Callable[[Clerk, Sequence[Path]], None], files: Sequence[Path], **n: int) -> None:
    """Give files to the page, and watch until they are read. ``n``: how many entries there are then, by status."""
    clerk.go("collect")
    give(clerk, files)
    clerk.press("page.collect.drop")
    expect(clerk.page.get_by_role("progressbar")).to_be_visible()
    clerk.sees(clerk.say("ingest.done", **n))


def see_who_is_silent(clerk: Clerk) -> None:
    """What to do next leads from what was read to the enterprises that sent nothing."""
    clerk.follow("page.to_next")
    clerk.follow("page.home.next.silent")
    expect(clerk.row(E.name)).to_be_visible()
    expect(clerk.row(A.name)).to_have_count(0)


def follow_an_issue(clerk: Clerk) -> None:
    """From the kinds of issues to one, to its enterprise and its cell."""
    clerk.go("issues")
    kind = clerk.row("required.missing")
    assert kind.locator("[data-n]").first.get_attribute("data-n") == "1"
    kind.get_by_role("link", name=clerk.say("page.issues.each"), exact=True).click()
    issue = clerk.row(C.name)
    expect(issue).to_contain_text(CELLS["revenue_last"])
    issue.get_by_role("link", name=titles_of(EDITION)["revenue_last"], exact=True).click()
    expect(clerk.page.get_by_role("heading", level=1)).to_have_text(C.name)
    answer = clerk.page.locator("[data-key='revenue_last']")
    expect(answer).to_be_in_viewport()
    assert (answer.get_attribute("data-cell"), answer.inner_text().strip()) == (CELLS["revenue_last"], "")
    assert answer_of(clerk.page, "q02_o01") == TICK
    assert answer_of(clerk.page, "equipment_digital") == "30"


def answer_of(page: Page, key: str) -> str:
    answer = page.locator(f"[data-key='{key}'][data-cell='{CELLS[key]}']")
    return answer.inner_text().strip()


def fetch_copies(clerk: Clerk, *enterprises: Enterprise) -> list[Path]:
    """The correction copies of all that have to correct something, each with a text to send along."""
    clerk.go("corrections")
    expect(clerk.page.locator(f"table[data-total='{len(enterprises)}']")).to_be_visible()
    copies = []
    for row in (clerk.row(each.name) for each in enterprises):
        message = row.get_by_label(clerk.say("page.corrections.message")).input_value()
        assert SETTINGS["bureau.phone"] in message
        copies.append(clerk.download(row.get_by_role("link", name=clerk.say("page.corrections.download"))))
    return copies


def accept_an_explanation(clerk: Clerk) -> None:
    """What an enterprise has explained is accepted, and its return counts."""
    clerk.go("corrections")
    clerk.row(D.name).get_by_role("link", name=clerk.say("page.corrections.explained", n=1)).click()
    expect(clerk.page.get_by_role("form").filter(has_text=D.name)).to_contain_text(WHY)
    clerk.field("page.corrections.reason").fill("已核实")
    clerk.field("page.corrections.by").fill(SETTINGS["bureau.contact"])
    clerk.press("page.corrections.accept")
    clerk.sees(clerk.say("page.corrections.none_pending"))


def see_it_closed(clerk: Clerk) -> None:
    """The mended return counts; of its version before every issue is closed."""
    clerk.go("enterprises")
    counted = clerk.words.term("status", "counted")
    clerk.row(C.name).filter(has_text=counted).get_by_role("link", name=C.name).click()
    assert answer_of(clerk.page, "revenue_last") == "1000"
    assert answer_of(clerk.page, "q02_o03") == TICK
    clerk.page.get_by_text(clerk.say("page.enterprises.states"), exact=True).last.click()
    for code in ("required.missing", "interval.contradiction"):
        expect(clerk.row(code).filter(has_text=clerk.words.term("state", "closed"))).to_be_visible()


def re_add_a_mean(clerk: Clerk, district: str, counted: Sequence[Enterprise]) -> None:
    """The mean score of a district is that of the returns that it leads to, which are all that were counted there."""
    clerk.go("reports")
    clerk.page.get_by_role("link", name="分区县评测结果", exact=True).click(timeout=PATIENCE)
    table = clerk.page.get_by_role("table")
    headings = table.get_by_role("columnheader").all_inner_texts()
    figure = clerk.row(district).get_by_role("cell").nth(headings.index("平均得分")).get_by_role("link")
    text, n = figure.inner_text(), int(figure.get_attribute("data-n") or 0)
    figure.click()
    expect(clerk.page.locator(f"table[data-total='{n}']")).to_be_visible()
    expect(clerk.page.get_by_text(clerk.say("page.returns.figure", value=text, n=n))).to_be_visible()
    expect(clerk.page.get_by_text(clerk.say("page.returns.rounded"))).to_be_visible()
    scores = list(column_of_all_pages(clerk, "得分"))
    assert n == len(scores) == sum(each.district == district for each in counted)
    assert abs(sum(scores, Fraction()) / n - Fraction(text)) <= Fraction(1, 100)  # which is as exactly as each is shown


def column_of_all_pages(clerk: Clerk, heading: str) -> Iterator[Fraction]:
    """The numbers of a column of a list, on all of its pages."""
    while True:
        headings = clerk.page.get_by_role("columnheader").all_inner_texts()
        for row in clerk.page.locator("tr[data-form-id]").all():
            yield Fraction(row.get_by_role("cell").nth(headings.index(heading)).inner_text())
        onwards = clerk.page.locator("[rel='next']")
        if not onwards.count():
            return
        onwards.click()


# --- the round --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_whole_round(language: Language, tmp_path: Path, inside: Inside) -> None:
    """In English as far as the report; in Chinese with a correction, a figure re-added and the command's own file."""
    folder, desk = tmp_path / "round", tmp_path / "desk"
    folder.mkdir()
    desk.mkdir()
    write_roster(folder / "roster.xlsx")
    with serving(folder) as served, looking(served, language) as page:
        clerk = Clerk(page, language, desk)
        state_the_round(clerk, folder)
        filled_in = fill_in(hand_out(clerk), desk)
        collect(clerk, drop_files, filled_in, entries=5, counted=2, returned=2, superseded=0, rejected=1)
        see_who_is_silent(clerk)
        if language == "en":
            re_add_a_mean(clerk, "城东区", (A, B))
            return
        follow_an_issue(clerk)
        to_mend, to_explain = fetch_copies(clerk, C, D)
        keys, mended = mend(to_mend, good_answers(), desk / f"{C.name}（已改）.xlsx")
        assert {"revenue_last", "q02_o01", "q02_o03"} <= {*keys}
        sent = [mended, explain(to_explain, WHY, desk / f"{D.name}（说明）.xlsx")]
        collect(clerk, choose_files, sent, entries=7, counted=3, returned=1, superseded=2, rejected=1)
        see_it_closed(clerk)
        accept_an_explanation(clerk)
        re_add_a_mean(clerk, "城东区", (A, B, C))
        re_add_a_mean(clerk, "城西区", (D,))
        clerk.go("reports")
        summary = clerk.download(page.get_by_role("link", name=clerk.say("page.download.summary.xlsx"), exact=True))
    written = desk / "written.xlsx"
    assert inside("report", "-b", folder / "batch.duckdb", "-o", written, cwd=folder).code == DONE
    assert summary.read_bytes() == written.read_bytes()
