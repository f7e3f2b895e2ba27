"""报告 on the page: every figure of every table followed to the returns behind it, and the files to download."""

from __future__ import annotations

import io
import math
import re
import shutil
import signal
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from made_up_round import EDITION, NOW, OPTIONS, SETTINGS, make_round
from page_client import page_client
from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase, batch_files
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportOptions, open_batch
from smebatch.batch.report_pages import kept_state, page_heads, state_of
from smebatch.issues.notice import Notice
from smebatch.page.child import Child, ChildError
from smebatch.page.downloads import Downloads
from smebatch.page.place import Place
from smebatch.workflow import export_batch, prepare_report_pages, report_batch, report_by_district

SAMPLE = Path(__file__).parent.parent / "sample_data"


class Link(NamedTuple):
    """A link with its attributes and its text."""

    attributes: dict[str, str]
    text: str


class Seen(HTMLParser):
    """What a page has: its links, the rows of its tables, and the totals of those."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[Link] = []
        self.rows: list[dict[str, str]] = []
        self.totals: list[int] = []
        self._texts: list[str] = []
        self._open: dict[str, str] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "a":
            self._open, self._texts = found, []
        elif tag == "tr" and {"data-form-id", "data-file"} & set(found):
            self.rows.append(found)
        elif tag == "table" and "data-total" in found:
            self.totals.append(int(found["data-total"]))
        assert not ({"style", "onclick", "onload"} & set(found)), found  # a page allows none of these

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._open is not None:
            self.links.append(Link(self._open, "".join(self._texts)))
            self._open = None

    def after(self, address: str) -> str:
        """The address of the rows that go on after this page's, "" where there are none."""
        following = (link.attributes["href"] for link in self.links if link.attributes.get("rel") == "next")
        return next((urljoin(address, each) for each in following), "")


def client_of(folder: Path, **how: Any) -> FlaskClient:
    """A client of a folder; the pages of returns and entries are others' and only named here where they are missing."""
    client = page_client(folder, **how)
    app = client.application
    for rule, endpoint in (("/enterprises/<form_id>", "enterprises.form"), ("/files/entry", "files.entry")):
        if endpoint not in app.view_functions:
            app.add_url_rule(rule, endpoint, lambda **_: "")
    return client


def get(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.get_data(as_text=True)


def all_rows(client: FlaskClient, address: str) -> tuple[int, list[dict[str, str]]]:
    """The total of a list and the rows of all its pages."""
    rows: list[dict[str, str]] = []
    total, following = -1, address
    while following:
        seen = Seen(get(client, following))
        assert len(seen.totals) == 1
        total, rows = seen.totals[0], rows + seen.rows
        following = seen.after(following)
    return total, rows


def tables(client: FlaskClient) -> list[str]:
    """The addresses of all tables."""
    links = Seen(get(client, "/reports/")).links
    return [link.attributes["href"] for link in links if re.match("/reports/(?!download|$)", link.attributes["href"])]


def prepared(folder: Path) -> FlaskClient:
    """A client of a folder whose batch keeps the pages of its report."""
    client = client_of(folder)
    prepare_report_pages(folder / "batch.duckdb", options=OPTIONS)
    return client


@pytest.fixture(scope="module")
def round_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("round")
    make_round(folder, 40)
    (folder / "smebatch.toml").write_text(SETTINGS, "utf-8")
    return folder


@pytest.fixture(scope="module")
def client(round_folder: Path) -> FlaskClient:
    return prepared(round_folder)


# --- every figure is a link -------------------------------------------------------------------------------------------


def figures(client: FlaskClient) -> Iterator[tuple[str, Link]]:
    for table in tables(client):
        following = table
        while following:
            seen = Seen(get(client, following))
            yield from ((table, link) for link in seen.links if "data-n" in link.attributes)
            following = seen.after(following)


@pytest.mark.slow
def test_every_figure_of_the_sample_data_leads_to_as_many_returns_as_it_says(tmp_path: Path) -> None:
    ingest(SAMPLE / "returns", tmp_path / "batch.duckdb", EDITION, now=NOW, roster=SAMPLE / "roster.xlsx")
    prepare_report_pages(tmp_path / "batch.duckdb", ReportOptions())
    found = list(figures(client_of(tmp_path)))
    assert len(found) > 1_000
    follow(client_of(tmp_path), found)


@pytest.mark.slow
def test_figures_lead_to_as_many_returns_as_they_say(client: FlaskClient) -> None:
    """Of a round with everything, one in eleven; what each rests on is counted in test_basis."""
    follow(client, list(figures(client))[::11])


def follow(client: FlaskClient, found: list[tuple[str, Link]]) -> None:
    for table, link in found:
        answer = Seen(get(client, link.attributes["href"]))
        assert answer.totals == [int(link.attributes["data-n"])], (table, link)
        assert len(answer.rows) == min(50, answer.totals[0])


def test_the_settings_are_those_of_the_tests(round_folder: Path) -> None:
    assert ReportOptions.of(Place(round_folder).settings()) == OPTIONS


@pytest.mark.parametrize("table", ["levels", "district", "item_rates", "phases_transition", "progress_districts"])
def test_the_rows_behind_a_figure_are_each_there_once(client: FlaskClient, table: str) -> None:
    links = [link for link in Seen(get(client, f"/reports/{table}")).links if "data-n" in link.attributes]
    assert links
    for link in links[::5]:
        n = int(link.attributes["data-n"])
        total, rows = all_rows(client, link.attributes["href"])
        names = [row.get("data-form-id") or row.get("data-file") for row in rows]
        assert total == n == len(names) == len(set(names))


def test_a_count_of_returns_is_its_own_number(client: FlaskClient) -> None:
    """Of the levels: those who have each, and all."""
    links = [link for link in Seen(get(client, "/reports/levels")).links if "data-n" in link.attributes]
    counts = [link for link in links if "table=levels&" in link.attributes["href"] and "%" not in link.text]
    assert counts
    assert all(link.text == link.attributes["data-n"] for link in counts)


def test_figures_of_sentences_are_links_of_the_tables_that_have_them(client: FlaskClient) -> None:
    """In the leads of chapters and in 主要发现: the same text, the same number of returns, the same address."""
    pages = {table: get(client, table) for table in tables(client)}
    cells = {(link.text, *link.attributes.values()) for page in pages.values() for link in in_table(page)}
    stated = {(link.text, *link.attributes.values()) for page in pages.values() for link in in_sentences(page)}
    figures_stated = {each for each in stated if len(each) == 3}
    assert len(figures_stated) > 20
    assert figures_stated <= cells
    assert {address for _, address in stated - figures_stated} <= {*pages}  # tables that a sentence names


def in_table(page: str) -> list[Link]:
    return Seen(page[page.index("<table") :]).links


def in_sentences(page: str) -> list[Link]:
    return [
        link for each in re.findall('<p class="lead">.*?</p>|<section.*?</section>', page) for link in Seen(each).links
    ]


def test_files_that_are_no_returns_are_listed_by_their_names(client: FlaskClient) -> None:
    links = Seen(get(client, "/reports/files")).links
    rejected = next(link for link in links if link.attributes.get("data-n") == "1" and link.text == "1")
    _, (row,) = all_rows(client, rejected.attributes["href"])
    assert row == {"data-file": "notes.xlsx"}


def test_a_list_leads_to_each_return(client: FlaskClient) -> None:
    seen = Seen(get(client, "/reports/enterprises"))
    assert seen.rows
    assert all(row["data-form-id"] for row in seen.rows)
    named = [link for link in seen.links if link.attributes["href"].startswith("/enterprises/") and link.text]
    assert len(named) >= len(seen.rows)


def test_a_table_has_its_charts_beside_it_and_says_what_they_show(client: FlaskClient) -> None:
    page = get(client, "/reports/district")
    pictures = re.findall(r'<svg [^>]*role="img"[^>]*aria-label="([^"]+)"', page)
    assert any("平均得分" in title for title in pictures)
    assert len(pictures) == page.count("<figcaption>")


def test_every_page_is_reached_from_the_first(client: FlaskClient, round_folder: Path) -> None:
    database, _ = open_batch(round_folder / "batch.duckdb")
    with database:
        ids = [head.id for head in page_heads(database)]
    assert len(ids) == len(set(ids)) == len(tables(client))
    assert "/reports/" in {link.attributes["href"] for link in Seen(get(client, "/")).links}


@pytest.mark.usefixtures("client")  # which has the pages made
def test_in_english_too(round_folder: Path) -> None:
    english = client_of(round_folder, language="en")
    assert "Downloads" in get(english, "/reports/")
    link = next(link for link in Seen(get(english, "/reports/levels")).links if "data-n" in link.attributes)
    assert "it rests on these" in get(english, link.attributes["href"])


# --- what does not exist ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "/reports/nothing",
        "/reports/download/../batch.duckdb",
        "/reports/download/nothing.zip",
        "/returns/",
        "/returns/?of={of}&table=nothing&row=0&column=1",
        "/returns/?of={of}&table=levels&row=0&column=0",
        "/returns/?of={of}&table=levels&row=99999999&column=1",
        "/returns/?of={of}&table=levels&row=-1&column=x",
        "/returns/?of={of}&table=levels&row=%00&column=%27",
        "/returns/?of={of}&table=levels&row=99999999999999999999&column=1",
        "/returns/?of=another&table=levels&row=0&column=1",
    ],
)
def test_what_does_not_exist_is_404(client: FlaskClient, round_folder: Path, address: str) -> None:
    database, _ = open_batch(round_folder / "batch.duckdb")
    with database:
        of = kept_state(database)
    assert client.get(address.format(of=of)).status_code == 404


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999", "99999999999999999999"])
def test_a_page_that_is_none_is_the_first_or_the_last(client: FlaskClient, page: str) -> None:
    assert client.get(f"/reports/enterprises?page={page}").status_code == 200


def test_without_a_batch_the_page_says_what_to_do(tmp_path: Path) -> None:
    client = client_of(tmp_path)
    assert "empty" in get(client, "/reports/")
    assert client.get("/reports/levels").status_code == 200
    assert client.get("/returns/?table=levels").status_code == 404
    assert get(client, "/reports/state") == "ended"


# --- kept for a state -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    batch = tmp_path_factory.mktemp("read") / "batch.duckdb"
    ingest(SAMPLE / "returns" / "东湖区", batch, EDITION, now=NOW)
    return batch


@pytest.fixture
def small(read: Path, tmp_path: Path) -> Path:
    shutil.copy(read, tmp_path)
    return tmp_path


def wait(client: FlaskClient) -> None:
    """Until what is worked out in the background has ended."""
    end = time.monotonic() + 120
    while get(client, "/reports/state") == "busy":
        assert time.monotonic() < end
        time.sleep(0.2)


def test_pages_are_made_in_the_background_and_kept(small: Path) -> None:
    client = client_of(small)
    assert "data-wait" in get(client, "/reports/")
    wait(client)
    assert Seen(get(client, "/reports/levels")).links
    size = (small / "batch.duckdb").stat().st_size
    prepare_report_pages(small / "batch.duckdb", ReportOptions())  # they are there
    assert (small / "batch.duckdb").stat().st_size == size


def test_what_keeps_the_pages_from_being_made_is_said(small: Path) -> None:
    (small / "smebatch.toml").write_text('[round]\nphase = "改造前"\nkind = "服务商初评"\n', "utf-8")
    client = client_of(small)
    get(client, "/reports/")
    wait(client)
    answer = client.get("/reports/")
    assert answer.status_code == 409
    assert "服务商初评" in answer.get_data(as_text=True)


def test_a_job_whose_result_another_page_has_taken_is_over() -> None:
    child = Child(math.sqrt, 4.0)
    assert child.result() == 2
    assert not child.running


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX signal")
def test_a_job_that_is_killed_is_a_problem_and_no_wait() -> None:
    child = Child(signal.raise_signal, signal.SIGKILL)
    with pytest.raises(ChildError) as died:
        child.result()
    assert died.value.code == "page.job.died"


def fail() -> None:
    raise ZeroDivisionError("odd")


def test_what_nobody_foresaw_in_a_job_is_said() -> None:
    with pytest.raises(ChildError) as met:
        Child(fail).result()
    assert met.value.code == "unforeseen"
    assert "odd" in str(met.value.values["what"])


def refuse() -> None:
    raise BatchError("batch.busy_with", path=Path("b.duckdb"), what=Notice("job.ingest"), since="14:02")


def test_what_kept_a_job_from_being_done_is_said_as_it_was() -> None:
    with pytest.raises(BatchError) as refused:
        Child(refuse).result()
    assert (refused.value.code, refused.value.values["what"]) == ("batch.busy_with", Notice("job.ingest"))


class Idle:
    """Stands in for the preparation, so that nothing else has the batch open."""

    def ensure(self, *_: object) -> None:
        """Do nothing."""


def idle_client(folder: Path) -> FlaskClient:
    client = client_of(folder)
    client.application.extensions["preparation"] = Idle()
    return client


@pytest.mark.slow
def test_another_state_has_other_pages(small: Path) -> None:
    batch, client = small / "batch.duckdb", idle_client(small)
    before = prepare_report_pages(batch, ReportOptions())
    link = next(link for link in Seen(get(client, "/reports/levels")).links if "data-n" in link.attributes)
    (small / "smebatch.toml").write_text("[round]\nsmall_group = 3\n", "utf-8")
    assert "data-wait" in get(client, "/reports/levels")
    after = prepare_report_pages(batch, ReportOptions(small_group=3))
    assert before != after
    assert client.get(link.attributes["href"]).status_code == 404  # it was of the state before
    (small / "smebatch.toml").unlink()
    prepare_report_pages(batch, ReportOptions())
    assert client.get(link.attributes["href"]).status_code == 200


@pytest.mark.slow
def test_reading_anew_leaves_no_page_of_the_state_before(small: Path) -> None:
    batch = small / "batch.duckdb"
    state = prepare_report_pages(batch, ReportOptions())
    done = ingest(SAMPLE / "returns" / "东湖区", batch, EDITION, now=NOW.replace(hour=13))
    assert done.read == 0  # what is kept of the report forces nothing to be read anew
    database, _ = open_batch(batch)
    with database:
        assert kept_state(database) == state
        assert state_of(database.meta, ReportOptions()) != state
    assert "data-wait" in get(idle_client(small), "/reports/")
    assert prepare_report_pages(batch, ReportOptions()) != state


def test_a_batch_that_others_hold_is_left_alone(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smebatch.batch.use.PATIENCE", 0.1)
    batch = small / "batch.duckdb"
    with BatchDatabase(batch), pytest.raises(BatchError) as refused:
        prepare_report_pages(batch, ReportOptions())
    assert refused.value.code in {"batch.busy", "batch.unusable"}


# --- hostile texts ----------------------------------------------------------------------------------------------------


def test_texts_of_returns_stay_texts(tmp_path: Path) -> None:
    from cases import changed, form_bytes

    evil = "<script>alert(1)</script>\"'&"
    for i in range(3):
        (tmp_path / "in").mkdir(exist_ok=True)
        form = form_bytes(changed(name=f"{evil}{i}", district=f"{evil}区"))
        (tmp_path / "in" / f"{i}.xlsx").write_bytes(form)
    ingest(tmp_path / "in", tmp_path / "batch.duckdb", EDITION, now=NOW)
    prepare_report_pages(tmp_path / "batch.duckdb", ReportOptions())
    client = client_of(tmp_path)
    shown = [get(client, table) for table in tables(client)]
    assert any("&lt;script&gt;" in page for page in shown)
    for page in shown:
        assert "<script>" not in page
        for link in Seen(page).links[:40]:
            if "data-n" in link.attributes:
                assert "<script>" not in get(client, link.attributes["href"])


# --- downloads --------------------------------------------------------------------------------------------------------


def downloaded(client: FlaskClient, address: str) -> bytes:
    with client.get(address) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f"attachment; filename={address.rpartition('/')[2]}"
        data: bytes = answer.get_data()
    return data


@pytest.mark.slow
def test_downloads_are_what_the_commands_write(round_folder: Path, client: FlaskClient, tmp_path: Path) -> None:
    batch = round_folder / "batch.duckdb"
    links = [link for link in Seen(get(client, "/reports/")).links if "download" in link.attributes]
    assert len(links) == 10
    made = {link.attributes["download"]: downloaded(client, link.attributes["href"]) for link in links}
    written = {"summary.xlsx": tmp_path / "summary.xlsx", "report.docx": tmp_path / "report.docx"}
    report_batch(batch, {path.suffix[1:]: path for path in written.values()}, options=OPTIONS)
    public = {name: tmp_path / name for name in ("public.xlsx", "public.docx")}
    report_batch(batch, {path.suffix[1:]: path for path in public.values()}, options=OPTIONS, public=True)
    for name, path in (written | public).items():
        assert made[name] == path.read_bytes(), name
    packed = zipfile.ZipFile(io.BytesIO(made["districts.zip"]))
    by_district = report_by_district(batch, tmp_path / "districts", options=OPTIONS)
    assert sorted(packed.namelist()) == sorted(path.name for path in by_district.values())
    for path in by_district.values():
        assert packed.read(path.name) == path.read_bytes()
    everything = zipfile.ZipFile(io.BytesIO(made["everything.zip"]))
    for name, path in (written | public).items():
        assert everything.read(name) == path.read_bytes(), name
    for file_format in ("csv", "json", "parquet"):
        folder = tmp_path / file_format
        folder.mkdir()
        exported = export_batch(batch, folder, file_format)
        packed = zipfile.ZipFile(io.BytesIO(made[f"exports-{file_format}.zip"]))
        assert {name: packed.read(name) for name in packed.namelist()} == {p.name: p.read_bytes() for p in exported}
    assert not [
        path for path in round_folder.iterdir() if path.suffix in {".xlsx", ".docx", ".zip"} and path.stem != "roster"
    ]


def test_a_download_is_made_once_and_not_remembered(small: Path) -> None:
    client, address = client_of(small), "/reports/download/exports-csv.zip"
    first = downloaded(client, address)
    (kept,) = (small / "batch.duckdb.page").glob("*/*")
    made_at = kept.stat().st_mtime_ns
    assert downloaded(client, address) == first
    assert kept.stat().st_mtime_ns == made_at
    database, _ = open_batch(small / "batch.duckdb")
    with database:
        assert "exports" not in database.meta.get("written", "")
    assert {path.name for path in small.iterdir()} == {"batch.duckdb", "batch.duckdb.page"}
    done = ingest(small, small / "other.duckdb", EDITION, now=NOW, ignore=batch_files(small / "batch.duckdb"))
    assert sum(done.statuses.values()) == 0  # no file of ours is taken for a return
    ingest(SAMPLE / "returns" / "东湖区", small / "batch.duckdb", EDITION, now=NOW.replace(hour=14))
    assert downloaded(client, address)
    assert not kept.exists()


class Here:
    """Does the job of a Child without a process."""

    def __init__(self, job: Callable[..., object], *arguments: object) -> None:
        self.result = partial(job, *arguments)


def test_a_download_stays_while_somebody_takes_it(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smebatch.page.downloads.Child", Here)
    downloads = Downloads()
    file = partial(downloads.file, "exports-csv.zip", small / "batch.duckdb", options=ReportOptions())
    with file(state="1") as first:
        with file(state="2") as second:
            assert first.exists()
            assert second.exists()
        with file(state="3") as third:
            assert (first.exists(), second.exists(), third.exists()) == (True, False, True)
