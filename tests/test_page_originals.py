"""Original files are given byte for byte from where they were read, and nothing else ever is."""

from __future__ import annotations

import datetime as dt
import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import fsspec
import pytest
from flask.testing import FlaskClient

from cases import EDITION, changed, form_bytes, zip_of
from hostile.hostile_files import HOSTILE, content
from hostile.test_hostile import DEAR
from page_client import page_client, reading_here
from page_links import crawl, listed, shown
from smebatch.batch.load import open_batch
from smebatch.page.files import download_name
from smebatch.workflow import IngestOptions, ingest_folder
from test_pipeline import enterprise, put
from test_text_stays_text import EVIL, TEXTS

NOW = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
PAGES = ("/files/", "/issues/", "/issues/list", "/enterprises/")
FORMS = {number: form_bytes(enterprise(number)) for number in range(1, 7)}


@pytest.fixture(autouse=True, scope="module")
def _here() -> Iterator[None]:
    with reading_here():
        yield


def tar_of(name: str, data: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def ingested(folder: Path) -> FlaskClient:
    ingest_folder(str(folder / "in"), folder / "batch.duckdb", EDITION, now=NOW)
    return page_client(folder)


def ledger(folder: Path) -> dict[str, str]:
    """The form_id of each entry, by its name."""
    database, _ = open_batch(folder / "batch.duckdb")
    with database:
        return dict(database.fetch_rows("SELECT file, form_id FROM files"))


def original(client: FlaskClient, file: str) -> tuple[int, bytes]:
    response = client.get("/files/original", query_string={"file": file})
    return response.status_code, response.data


# --- what is given ----------------------------------------------------------------------------------------------------


def test_a_file_is_given_wherever_it_lies(tmp_path: Path) -> None:
    put(tmp_path / "in", "区/甲.xlsx", FORMS[1])
    put(tmp_path / "in", "packed.zip", zip_of({"乙/乙.xlsx": FORMS[2]}))
    put(tmp_path / "in", "nested.zip", zip_of({"in.zip": zip_of({"丙.xlsx": FORMS[3]})}))
    put(tmp_path / "in", "packed.tar.gz", tar_of("丁.xlsx", FORMS[4]))
    put(tmp_path / "in", "说明.txt", b"what is this")
    expected = {
        "区/甲.xlsx": FORMS[1],
        "packed.zip/乙/乙.xlsx": FORMS[2],
        "nested.zip/in.zip/丙.xlsx": FORMS[3],
        "packed.tar.gz/丁.xlsx": FORMS[4],
        "说明.txt": b"what is this",
    }
    if os.name == "posix":  # elsewhere no name holds a backslash, which the ledger escapes
        put(tmp_path / "in", "戊\\x5c\n.xlsx", FORMS[5])
        expected["戊\\x5cx5c\\n.xlsx"] = FORMS[5]
    client = ingested(tmp_path)
    assert {file: original(client, file) for file in ledger(tmp_path)} == {
        file: (200, data) for file, data in expected.items()
    }
    for file, form_id in ledger(tmp_path).items():
        if form_id:
            assert shown(client.get(f"/enterprises/{form_id}")).having("data-cell"), file


def test_of_several_folders_each_is_looked_into(tmp_path: Path) -> None:
    put(tmp_path / "in", "a.xlsx", FORMS[1])
    put(tmp_path / "more", "a.xlsx", FORMS[2])
    ingested(tmp_path)
    ingest_folder(str(tmp_path / "more"), tmp_path / "batch.duckdb", EDITION, IngestOptions(add=True), now=NOW)
    client = page_client(tmp_path)
    assert original(client, "in/a.xlsx") == (200, FORMS[1])
    assert original(client, "more/a.xlsx") == (200, FORMS[2])
    assert original(client, "a.xlsx")[0] == 404


def test_from_a_folder_far_away_it_is_fetched(tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    files = {
        "区/甲.xlsx": FORMS[1],
        "packed.zip": zip_of({"乙.xlsx": FORMS[2]}),
        "nested.zip": zip_of({"in.zip": zip_of({"丙.xlsx": FORMS[3]})}),
    }
    for name, data in files.items():
        memory.pipe(f"/originals/{name}", data)
    ingest_folder("memory://originals", tmp_path / "batch.duckdb", EDITION, now=NOW)
    client = page_client(tmp_path)
    given = {file: original(client, file) for file in ledger(tmp_path)}
    assert given == {
        "区/甲.xlsx": (200, FORMS[1]),
        "packed.zip/乙.xlsx": (200, FORMS[2]),
        "nested.zip/in.zip/丙.xlsx": (200, FORMS[3]),
    }
    memory.rm("/originals", recursive=True)
    assert original(client, "区/甲.xlsx")[0] == 409


def test_an_original_is_downloaded_and_never_shown(tmp_path: Path) -> None:
    put(tmp_path / "in", '甲 "1".html', b"<script>alert(1)</script>")
    response = ingested(tmp_path).get("/files/original", query_string={"file": '甲 "1".html'})
    assert response.mimetype == "application/octet-stream"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"
    told = response.headers["Content-Disposition"]
    assert told.startswith("attachment; ")
    assert f"filename*=UTF-8''{quote('甲 1.html')}" in told


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("区/a.zip/b.xlsx", "b.xlsx"),
        ("a\r\nSet-Cookie: x=1.xlsx", "a Set-Cookie x=1.xlsx"),
        ("a.zip/..", "file"),
        ("a.zip/C:\\evil.exe", "Cevil.exe"),
        ("\u202eslx.exe", "slx.exe"),
        ("x.xlsx/", "x.xlsx"),
        ("长" * 500, "长" * 200),
    ],
)
def test_the_name_of_a_download_is_a_mere_name(file: str, name: str) -> None:
    assert download_name(file) == name


# --- what is not ------------------------------------------------------------------------------------------------------


def test_what_has_gone_or_changed_is_said(tmp_path: Path) -> None:
    for name, number in (("gone.xlsx", 1), ("changed.xlsx", 2), ("packed.zip", 0)):
        put(tmp_path / "in", name, FORMS[number] if number else zip_of({"a.xlsx": FORMS[3]}))
    client = ingested(tmp_path)
    (tmp_path / "in" / "gone.xlsx").unlink()
    put(tmp_path / "in", "changed.xlsx", FORMS[4])
    put(tmp_path / "in", "packed.zip", zip_of({"a.xlsx": FORMS[5]}))
    for file, form_id in ledger(tmp_path).items():
        assert original(client, file)[0] == 409
        sentence = "已经不在" if file == "gone.xlsx" else "又改动过"
        for page in (f"/enterprises/{form_id}", f"/files/entry?file={file}"):
            elements = shown(client.get(page))
            assert sentence in elements.elements[0].text
            assert elements.having("data-cell") == elements.having("download") == []
        assert shown(client.get(f"/enterprises/{form_id}")).having("data-key")


def test_what_was_never_read_is_not_given(tmp_path: Path) -> None:
    put(tmp_path / "in", "~$a.xlsx", b"a lock")
    client = ingested(tmp_path)
    assert original(client, "~$a.xlsx")[0] == 409
    assert shown(client.get("/files/entry", query_string={"file": "~$a.xlsx"})).having("download") == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_no_link_is_followed(tmp_path: Path) -> None:
    """Though what it leads to has the very same bytes."""
    put(tmp_path / "in", "区/a.xlsx", FORMS[1])
    put(tmp_path / "in", "b.xlsx", FORMS[2])
    client = ingested(tmp_path)
    (tmp_path / "in" / "区").rename(tmp_path / "outside")
    (tmp_path / "in" / "区").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "b.xlsx").rename(tmp_path / "outside" / "b.xlsx")
    (tmp_path / "in" / "b.xlsx").symlink_to(tmp_path / "outside" / "b.xlsx")
    assert [original(client, file)[0] for file in ("区/a.xlsx", "b.xlsx")] == [409, 409]


TRICKS = [
    *("../secret.txt", "..\\secret.txt", "in/../../secret.txt", "/etc/passwd", "C:\\secret.txt", "C:secret.txt"),
    *("a.xlsx\0", "\0", "", ".", "..", "a.xlsx/..", "a.xlsx/../a.xlsx", "//a.xlsx", "./a.xlsx", "~/secret.txt"),
    *("\ud800", "'; DROP TABLE files; --", "a" * 100_000),
]


@pytest.fixture(scope="module")
def beside_a_secret(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("secret")
    put(folder, "secret.txt", b"secret")
    put(folder / "in", "a.xlsx", FORMS[1])
    return ingested(folder)


@pytest.mark.parametrize("trick", TRICKS, ids=range(len(TRICKS)))
def test_no_trick_leads_to_a_file(trick: str, beside_a_secret: FlaskClient) -> None:
    client = beside_a_secret
    written = quote(trick, safe="", errors="surrogatepass")
    for address in (
        f"/files/original?file={written}",
        f"/files/entry?file={written}",
        *([f"/files/{written}", f"/static/{written}", f"/enterprises/{written}"] if trick.strip("./") else []),
    ):
        response = client.get(address)
        assert response.status_code == 404, address
    names = ("status", "district", "q", "page", "code", "issue", "severity", "level", "phase", "endpoint", "_scheme")
    for address in PAGES:
        assert client.get(f"{address}?{'&'.join(f'{name}={written}' for name in names)}").status_code == 200, address


def test_a_member_of_an_archive_may_be_called_anything(tmp_path: Path) -> None:
    """It is given as what the archive holds, whatever its name would lead to as a path."""
    put(tmp_path / "in", "a.zip", zip_of({"../../secret.xlsx": FORMS[1], "/etc/b.xlsx": FORMS[2]}))
    client = ingested(tmp_path)
    given = {data for file in ledger(tmp_path) for status, data in [original(client, file)] if status == 200}
    assert given == {FORMS[1], FORMS[2]}


# --- what enterprises write -------------------------------------------------------------------------------------------

SCRIPT = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}" + EVIL


def executed(html: str) -> bool:
    """Whether a page holds markup that came out of a return."""
    scripts = html.count("<script")
    return scripts != html.count('<script src="/static/page.js" defer>') or "<img" in html or "49\"'" in html


@pytest.mark.slow
@pytest.mark.parametrize("one_of", [20, 1])
def test_hostile_returns_are_text_on_every_page(one_of: int, tmp_path: Path) -> None:
    """One of twenty hostile files, or all of them, beside returns whose answers and names are hostile."""
    cheap = [name for name in HOSTILE if name not in DEAR][::one_of]
    for number, name in enumerate(cheap):
        put(tmp_path / "in", f"{number}<script>alert(1)<\u2215script>.xlsx", content(HOSTILE[name][1]))
    evil = dict.fromkeys(TEXTS, SCRIPT)
    put(tmp_path / "in", "<img src=x onerror=alert(1)>&quot;'.xlsx", form_bytes(changed(**evil)))
    broken = changed(**evil, size=SCRIPT, phone=SCRIPT, revenue_last=SCRIPT, uscc=SCRIPT, q02_o01=SCRIPT)
    put(tmp_path / "in", "\u202e\x1b[31m%0d%0aSet-Cookie: a=b.xlsx", form_bytes(broken))
    put(tmp_path / "in", "long.xlsx", form_bytes(changed(uscc=None, name="长" * 30_000, district="=" * 30_000)))
    client = ingested(tmp_path)
    opened = dict(crawl(client, "/files/", "/issues/", "/enterprises/"))
    assert {response.status_code for response in opened.values()} == {200}
    assert sum(address.startswith("/enterprises/") for address in opened) >= 3
    assert sum(address.startswith("/files/entry") for address in opened) >= len(cheap)
    for address, response in opened.items():
        if response.mimetype == "text/html":
            assert not executed(response.get_data(as_text=True)), address
        assert "Set-Cookie" not in response.headers, address
        assert all("\r" not in value and "\n" not in value for value in response.headers.values()), address


# --- batches that cannot be shown -------------------------------------------------------------------------------------


def test_without_a_batch_a_page_says_what_to_do(tmp_path: Path) -> None:
    client = page_client(tmp_path)
    for address in PAGES:
        (sentence,) = [e.text for e in shown(client.get(address)).elements if e.attributes.get("class") == "empty"]
        assert sentence
    for address in ("/enterprises/0123456789abcdef", "/files/entry?file=a.xlsx", "/files/original?file=a.xlsx"):
        assert client.get(address).status_code == 404


def damaged(batch: Path) -> None:
    batch.write_bytes(batch.read_bytes()[:100])


def of_a_later_program(batch: Path) -> None:
    with duckdb.connect(str(batch)) as database:
        database.execute("UPDATE meta SET value = '99' || substr(value, 2) WHERE name = 'made_with'")


def somebody_elses(batch: Path) -> None:
    batch.unlink()
    with duckdb.connect(str(batch)) as database:
        database.execute("CREATE TABLE mine (a INTEGER)")


def unfinished(batch: Path) -> None:
    with duckdb.connect(str(batch)) as database:
        database.execute("DELETE FROM meta WHERE name = 'settled'")


@pytest.mark.parametrize("spoil", [damaged, of_a_later_program, somebody_elses, unfinished])
def test_a_batch_that_cannot_be_read_is_one_sentence(spoil: Callable[[Path], None], tmp_path: Path) -> None:
    put(tmp_path / "in", "a.xlsx", FORMS[1])
    client = ingested(tmp_path)
    spoil(tmp_path / "batch.duckdb")
    for address in (*PAGES, "/enterprises/0123456789abcdef", "/files/original?file=a.xlsx"):
        response = client.get(address)
        assert response.status_code == 409
        html = response.get_data(as_text=True)
        assert html.count('role="alert"') == 1
        assert "Traceback" not in html


@pytest.mark.parametrize("layout", range(1, 6))
def test_a_batch_of_an_earlier_layout_is_shown_as_it_was_judged(layout: int, tmp_path: Path) -> None:
    """Its folder is not here, so no file is given, and no cell is named."""
    with zipfile.ZipFile(Path(__file__).parent / "older_batches" / f"layout_{layout}.zip") as archive:
        archive.extract("batch.duckdb", tmp_path)
    client = page_client(tmp_path)
    for address in PAGES:
        shown(client.get(address))
    total, form_ids = listed(client, "/enterprises/")
    assert total > 0
    page = shown(client.get(f"/enterprises/{form_ids[0]}"))
    assert (page.having("data-key") != [], page.having("data-cell"), page.having("download")) == (True, [], [])
