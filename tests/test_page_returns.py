"""文件, 问题 and 企业: every entry, every issue and every return, down to the cell of the file."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient

from cases import EDITION, changed, choose, edited, form_bytes
from page_client import page_client, reading_here
from page_links import Page, crawl, listed, shown
from smebatch.batch.load import open_batch
from smebatch.batch.one_return import load_return
from smebatch.issues.catalogue import ISSUES
from smebatch.standard.keys import keys_of
from smebatch.workflow import IngestOptions, ingest_folder
from test_pipeline import enterprise, put

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "sample_data"
NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
HOUR = 3_600


@pytest.fixture(autouse=True, scope="module")
def _here() -> Iterator[None]:
    with reading_here():
        yield


def unsure_figure(workbook: openpyxl.Workbook) -> None:
    """Type 约700 where the return says what was spent last year."""
    for row in workbook["基础管理成效"].iter_rows():
        for cell in row:
            if cell.value == 700:
                cell.value = "约700"


WRONG = enterprise(2, district="城西区", **choose("q02", 5))
FORMS = {
    "城东区/甲.xlsx": form_bytes(enterprise(1)),
    "甲（重复）.xlsx": form_bytes(enterprise(1)),  # the same bytes
    "城西区/乙.xlsx": form_bytes(WRONG),  # q02 says over 60 %, 30 of 100 machines are 30 %
    "丙.xlsx": edited(form_bytes(enterprise(3, district=None)), unsure_figure),
    "丁 初评.xlsx": form_bytes(enterprise(1, assessment_kind="服务商初评")),
    "说明.xlsx": b"what is this",
}
"""甲 counts twice over, for two kinds of assessment; 乙 and 丙 (which names no district) go back; 说明 is nothing."""


@pytest.fixture(scope="module")
def round_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round of FORMS, where 乙 came again: q02 is right now, and the phone another, for which nobody asked."""
    folder = tmp_path_factory.mktemp("round")
    for name, data in FORMS.items():
        put(folder / "in", name, data)
    ingest_folder(str(folder / "in"), folder / "batch.duckdb", EDITION, now=NOW)
    mended = WRONG | choose("q02", 3) | {"phone": "13911111111"}
    put(folder / "in", "城西区/乙 更正.xlsx", form_bytes(mended), 1_790_000_000 + HOUR)
    ingest_folder(str(folder / "in"), folder / "batch.duckdb", EDITION, now=LATER)
    return folder


@pytest.fixture
def client(round_folder: Path) -> FlaskClient:
    return page_client(round_folder)


def form_id(folder: Path, file: str) -> str:
    database, _ = open_batch(folder / "batch.duckdb")
    with database:
        ((found,),) = database.fetch_rows("SELECT form_id FROM files WHERE file = ?", [file])
    return str(found)


def form_page(folder: Path, file: str, language: str = "zh") -> Page:
    return shown(page_client(folder, language=language).get(f"/enterprises/{form_id(folder, file)}"))


def text_of(page: Page) -> str:
    return next(element.text for element in page.elements if element.tag == "main")


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_link_leads_somewhere_and_every_figure_to_as_many_rows(round_folder: Path) -> None:
    for language in ("zh", "en"):
        client = page_client(round_folder, language=language)
        pages = dict(crawl(client, "/files/", "/issues/", "/enterprises/"))
        assert {response.status_code for response in pages.values()} == {200}
        for file in FORMS:
            assert f"/enterprises/{form_id(round_folder, file)}" in pages or file == "说明.xlsx"


@pytest.mark.slow
def test_so_they_do_on_the_sample_data(tmp_path: Path) -> None:
    shutil.copytree(SAMPLE, tmp_path / "data")
    returns, second = tmp_path / "data" / "returns", tmp_path / "data" / "second_round"
    batch, roster = tmp_path / "batch.duckdb", tmp_path / "data" / "roster.xlsx"
    ingest_folder(str(returns), batch, EDITION, IngestOptions(roster=roster), now=NOW)
    options = IngestOptions(add=True, decisions=second / "待审定.xlsx")
    ingest_folder(str(second / "更正表"), batch, EDITION, options, now=LATER)
    pages = dict(crawl(page_client(tmp_path), "/files/", "/issues/", "/enterprises/"))
    assert {response.status_code for response in pages.values()} == {200}
    assert sum(address.startswith("/files/original") for address in pages) >= 48  # every file that was read


def test_files_are_counted_by_status_and_reason(client: FlaskClient) -> None:
    """Counted are 甲, 丁 and 乙 更正; returned 丙; superseded 甲 (equal to 甲（重复）) and 乙; rejected 说明."""
    page = shown(client.get("/files/"))
    counts = {link["href"]: link.text for link in page.having("data-n") if "reason" not in link["href"]}
    assert counts == {
        "/files/?status=counted": "3",
        "/files/?status=returned": "1",
        "/files/?status=superseded": "2",
        "/files/?status=rejected": "1",
    }
    assert listed(client, "/files/?status=rejected") == (1, ["说明.xlsx"])
    assert listed(client, "/files/")[0] == 7


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        ("status=returned", {"丙.xlsx"}),
        ("reason=superseded.copy", {"城东区/甲.xlsx"}),
        ("district=城西区", {"城西区/乙.xlsx", "城西区/乙 更正.xlsx"}),
        ("district=未填", {"丙.xlsx"}),
        ("q=更正", {"城西区/乙 更正.xlsx"}),
        ("q=示例企业3", {"丙.xlsx"}),
        ("q=示例企业3&status=counted", set()),
    ],
)
def test_files_are_filtered_and_searched(asked: str, files: set[str], client: FlaskClient) -> None:
    page = shown(client.get(f"/files/?{asked}"))
    assert {row["data-file"] for row in page.having("data-file")} == files
    assert page.having("data-total")[0]["data-total"] == str(len(files))


def test_a_file_that_is_no_return_has_a_page_that_says_how_to_mend_it(client: FlaskClient) -> None:
    page = text_of(shown(client.get("/files/entry", query_string={"file": "说明.xlsx"})))
    assert "不予采用" in page


def test_issues_are_counted_by_code_and_by_district(client: FlaskClient, round_folder: Path) -> None:
    """乙 has one interval.contradiction, 丙 one figure.unreadable and no district, which is missing."""
    page = shown(client.get("/issues/"))
    links = {(link["href"], link["data-n"]) for link in page.having("data-n")}
    assert ("/enterprises/?issue=interval.contradiction&severity=error", "1") in links
    assert ("/enterprises/?issue=any&district=%E6%9C%AA%E5%A1%AB", "1") in links
    unreadable = listed(client, "/enterprises/?issue=figure.unreadable&severity=error")
    assert unreadable == (1, [form_id(round_folder, "丙.xlsx")])


def test_an_issue_leads_to_its_answer_on_the_page_of_its_form(client: FlaskClient, round_folder: Path) -> None:
    page = shown(client.get("/issues/list?code=figure.unreadable"))
    place = f"/enterprises/{form_id(round_folder, '丙.xlsx')}#row-cost_last"
    assert place in {link["href"] for link in page.having("href")}
    beside = shown(client.get(place.partition("#")[0]))
    assert "row-cost_last" in {element["id"] for element in beside.having("id")}


@pytest.mark.parametrize(
    ("asked", "n"),
    [
        ("severity=error&code=required.missing", 1),
        ("q=约700", 1),
        ("state=waived", 0),
        ("district=城西区&state=new", 1),
    ],
)
def test_issues_are_filtered_and_searched(asked: str, n: int, client: FlaskClient) -> None:
    assert listed(client, f"/issues/list?{asked}")[0] == n


@pytest.mark.parametrize(
    ("asked", "files"),
    [
        ("", {"城东区/甲.xlsx", "城西区/乙.xlsx", "城西区/乙 更正.xlsx", "丙.xlsx", "丁 初评.xlsx"}),
        ("status=counted&assessment_kind=服务商初评", {"丁 初评.xlsx"}),
        ("phase=改造前", set()),
        ("q=示例企业2", {"城西区/乙.xlsx", "城西区/乙 更正.xlsx"}),
        ("issue=any&severity=error", {"城西区/乙.xlsx", "丙.xlsx"}),
    ],
)
def test_returns_are_filtered_and_searched(
    asked: str, files: set[str], client: FlaskClient, round_folder: Path
) -> None:
    total, rows = listed(client, f"/enterprises/?{asked}")
    assert (total, {*rows}) == (len(files), {form_id(round_folder, file) for file in files})


def test_a_long_list_goes_on(tmp_path: Path) -> None:
    """51 files are two pages."""
    for number in range(51):
        put(tmp_path / "in", f"{number:02d}.xlsx", b"x")
    ingest_folder(str(tmp_path / "in"), tmp_path / "batch.duckdb", EDITION, now=NOW)
    client = page_client(tmp_path)
    assert listed(client, "/files/?q=xlsx") == (51, [f"{number:02d}.xlsx" for number in range(51)])


# --- the page of a form -----------------------------------------------------------------------------------------------


def in_cell(value: object) -> str:
    """What stands in a cell as a person writes it."""
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, int | float):
        return f"{Decimal(str(value)).normalize():f}"
    return "" if value is None else str(value)


@pytest.mark.parametrize("file", ["城东区/甲.xlsx", "城西区/乙 更正.xlsx", "丙.xlsx", "丁 初评.xlsx"])
def test_every_answer_holds_what_stands_in_its_cell(file: str, round_folder: Path) -> None:
    workbook = openpyxl.load_workbook(round_folder / "in" / file)
    answers = form_page(round_folder, file).having("data-key")
    assert [answer["data-key"] for answer in answers if "data-cell" not in answer.attributes] == []
    assert sorted(answer["data-key"] for answer in answers) == sorted(keys_of(EDITION))
    told = {answer["data-cell"]: answer.text for answer in answers}
    assert len(told) == len(answers)
    cells = {place: workbook[place.split("!")[0]][place.split("!")[1]].value for place in told}
    assert told == {place: in_cell(value) for place, value in cells.items()}
    assert sum(text != "" for text in told.values()) > 50


def test_answers_stand_in_the_order_of_the_form(round_folder: Path) -> None:
    rows = [e["id"].removeprefix("row-") for e in form_page(round_folder, "丙.xlsx").having("id") if "row-" in e["id"]]
    assert rows == list(dict.fromkeys(key.row for key in keys_of(EDITION).values()))


def test_what_could_not_be_read_stands_there_as_it_was_typed(round_folder: Path) -> None:
    page = form_page(round_folder, "丙.xlsx")
    assert {a["data-key"]: a.text for a in page.having("data-key")}["cost_last"] == "约700"


def test_a_score_is_shown_with_its_working(round_folder: Path) -> None:
    """q04 has 2 of 14 ticks: 100×2/14 × 50% × 20% × 100%, as check shows it."""
    page = text_of(form_page(round_folder, "城东区/甲.xlsx"))
    assert "100×2/14 × " in page
    database, edition = open_batch(round_folder / "batch.duckdb")
    with database:
        one = load_return(database, edition, form_id(round_folder, "城东区/甲.xlsx"))
    assert one is not None
    assert one.working is not None
    assert one.version is not None
    assert one.working.units == one.version["score_units"]


def test_there_is_no_score_while_errors_are_left(round_folder: Path) -> None:
    assert "×" not in text_of(form_page(round_folder, "丙.xlsx"))


def test_issues_stand_beside_their_answers_in_the_language_of_the_page(round_folder: Path) -> None:
    for language, words in (("zh", "新出现"), ("en", "new")):
        page = form_page(round_folder, "城西区/乙.xlsx", language)
        place = [e.attributes.get("id") or e.attributes.get("class") for e in page.elements if e.tag == "tr"]
        beside = place.index("beside")
        assert place[beside - 1] == "row-q02"
        row = [e for e in page.elements if e.tag == "tr"][beside]
        assert words in row.text
        assert ISSUES["interval.contradiction"].code in row.text


def test_versions_and_what_they_changed(round_folder: Path) -> None:
    """乙 更正 ticks the third option of q02 in place of the fifth, for which it was asked; nobody asked for a phone."""
    page = form_page(round_folder, "城西区/乙 更正.xlsx")
    (changes,) = [e for e in page.elements if e.tag == "details" and "open" in e.attributes]
    rows = [e.text for e in page.elements if e.tag == "tr" and e.text in changes.text]
    assert "联系电话1390000000013911111111没有要求" in rows
    assert sum(row.endswith("要求的") for row in rows) == 2
    before = f"/enterprises/{form_id(round_folder, '城西区/乙.xlsx')}"
    assert before in {link["href"] for link in page.having("href")}
    assert "已改正" in text_of(page)


def test_other_returns_of_the_enterprise_are_named(round_folder: Path) -> None:
    page = form_page(round_folder, "城东区/甲.xlsx")
    assert f"/enterprises/{form_id(round_folder, '丁 初评.xlsx')}" in {link["href"] for link in page.having("href")}


def test_a_renamed_sheet_is_called_as_it_is_in_the_file(tmp_path: Path) -> None:
    def rename(workbook: openpyxl.Workbook) -> None:
        workbook["企业信息"].title = "我们"

    put(tmp_path / "in", "a.xlsx", edited(form_bytes(enterprise(1)), rename))
    ingest_folder(str(tmp_path / "in"), tmp_path / "batch.duckdb", EDITION, now=NOW)
    page = form_page(tmp_path, "a.xlsx")
    assert {a["data-key"]: a["data-cell"] for a in page.having("data-cell")}["name"] == "我们!D5"


def test_a_version_without_a_file_still_has_its_page(tmp_path: Path) -> None:
    put(tmp_path / "in", "a.xlsx", form_bytes(changed(**choose("q02", 5))))
    ingest_folder(str(tmp_path / "in"), tmp_path / "batch.duckdb", EDITION, now=NOW)
    first = form_id(tmp_path, "a.xlsx")
    put(tmp_path / "in", "a.xlsx", form_bytes(changed()), 1_790_000_000 + HOUR)
    ingest_folder(str(tmp_path / "in"), tmp_path / "batch.duckdb", EDITION, now=LATER)
    page = shown(page_client(tmp_path).get(f"/enterprises/{first}"))
    assert "文件已不在" in text_of(page)
    assert (len(page.having("data-key")), page.having("data-cell")) == (314 - _energies(), [])


def _energies() -> int:
    """Of a file that is not there nobody knows whether it has 能耗折算, so that sheet is left out where it is blank."""
    return sum(key.unassessed for key in keys_of(EDITION).values())
