"""发表: what is downloaded is what the commands write, nothing is replaced, and nothing lands outside the round."""

from __future__ import annotations

import datetime as dt
import io
import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient

from page_client import CSRF, page_client
from smebatch.batch.load import Selection
from smebatch.page.job import Job, Stage
from smebatch.page.kept import Kept
from smebatch.sample import write_sample
from smebatch.settings.loader import load_settings
from smebatch.standard.loader import load_edition
from smebatch.workflow import ingest_folder, write_next_round_forms, write_prefilled_forms, write_template

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.UTC)
ROSTER = "企业名单 甲.xlsx"
HEADINGS = ["企业名称", "信用代码", "所属区县", "服务商", "<b>备注</b>", None]
ROWS = [
    ["甲/公司", "91110000101623741K", "东区", "某公司", "", "无题"],
    ["乙公司", None, "西区", None, "=1+1", None],
    ["合计", None, None, None, None, None],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A round with a roster of two enterprises, whose name has a blank."""
    (tmp_path / "round").mkdir()
    workbook = openpyxl.Workbook()
    for row in (HEADINGS, *ROWS):
        workbook.active.append(row)
    workbook.save(tmp_path / "round" / ROSTER)
    return tmp_path / "round"


def job_of(client: FlaskClient) -> Job:
    job: Job = client.application.extensions["place"].job
    return job


def roster_page(client: FlaskClient, name: str = ROSTER) -> str:
    """The page with the columns of a roster."""
    client.get("/forms/", query_string={"roster": name})
    kept: Kept[object] = client.application.extensions["roster_summary"]
    kept.wait(60)
    answer = client.get("/forms/", query_string={"roster": name})
    assert answer.status_code == 200
    return str(answer.text)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def download(client: FlaskClient, address: str, **query: str) -> bytes:
    """What is downloaded; the file that was made for it is gone afterwards."""
    with client.get(address, query_string=query) as answer:
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return bytes(answer.data)


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_blank_form_is_the_one_that_template_writes(folder: Path, tmp_path: Path) -> None:
    write_template(tmp_path / "form.xlsx", load_edition())
    assert download(page_client(folder), "/forms/blank") == (tmp_path / "form.xlsx").read_bytes()


# --- rosters ----------------------------------------------------------------------------------------------------------


def test_the_columns_of_a_roster_are_shown_and_what_is_left_out_is_named(folder: Path) -> None:
    page = roster_page(page_client(folder))
    rows = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td></tr>", page)
    assert rows == [
        ("企业名称", "企业名称"),
        ("信用代码", "统一社会信用代码"),
        ("所属区县", "区县"),
    ]
    assert re.findall(r'<tr><td>([^<]*)</td><td class="empty"', page) == ["服务商", "&lt;b&gt;备注&lt;/b&gt;"]
    notices = page.split('class="notices"')[1].split("</ul>")[0]
    assert "F" in notices  # the column that has no heading
    assert "4" in notices  # the line that is a total
    assert f"{ROSTER}：2 家企业" in page


def test_a_roster_that_cannot_be_used_is_one_sentence(folder: Path) -> None:
    (folder / "x.csv").write_text("a,b\n1,2\n", "utf-8")
    page = roster_page(page_client(folder), "x.csv")
    assert 'role="alert"' in page
    assert page_client(folder).get("/forms/prefilled.zip?roster=x.csv").status_code == 409


def test_an_uploaded_roster_replaces_nothing(folder: Path) -> None:
    client, before = page_client(folder), (folder / ROSTER).read_bytes()
    for name in (ROSTER, f"../../{ROSTER}", f"..\\{ROSTER}"):
        answer = client.post("/forms/roster", data={**CSRF, "file": (io.BytesIO(b"name\n\xe7\x94\xb2\n"), name)})
        assert answer.status_code == 303
    assert (folder / ROSTER).read_bytes() == before
    assert sorted(contents(folder)) == sorted([ROSTER, *(f"企业名单 甲_{n}.xlsx" for n in (2, 3, 4))])
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", ["x.exe", "x", "", "x.xlsx.html"])
def test_what_is_no_list_is_not_kept(name: str, folder: Path) -> None:
    answer = page_client(folder).post("/forms/roster", data={**CSRF, "file": (io.BytesIO(b"x"), name)})
    assert answer.status_code == 409
    assert list(contents(folder)) == [ROSTER]


def test_a_list_is_made_the_roster_of_the_round(folder: Path) -> None:
    client = page_client(folder)
    mine = '# 备注\n[round]\nregion = "示例市"\n'
    (folder / "smebatch.toml").write_text(mine, "utf-8")
    answer = client.post("/forms/choose", data={**CSRF, "roster": ROSTER})
    assert answer.status_code == 303
    stated = load_settings(None, folder).round
    assert (stated.region, stated.roster) == ("示例市", folder / ROSTER)
    (aside,) = folder.glob("smebatch_*.toml")
    assert aside.read_text("utf-8") == mine
    assert aside.name in client.get(answer.location).text
    assert "/forms/choose" not in roster_page(client)


@pytest.mark.parametrize(
    "name", ["../secret.csv", "/etc/passwd", "..\\secret.csv", "link.csv", ".csv", "none.csv", "\0"]
)
def test_no_list_of_another_folder_is_read(name: str, folder: Path) -> None:
    (folder.parent / "secret.csv").write_text("企业名称\n密\n", "utf-8")
    (folder / "link.csv").symlink_to(folder.parent / "secret.csv")
    client = page_client(folder)
    for address in ("/forms/", "/forms/prefilled.zip"):
        answer = client.get(address, query_string={"roster": name})
        assert (answer.status_code, "密" in answer.text) == (404, False)
    for address in ("/forms/prefilled", "/forms/choose"):
        assert client.post(address, data={**CSRF, "roster": name}).status_code == 404


def test_the_roster_of_the_settings_may_lie_elsewhere(folder: Path) -> None:
    shutil.move(folder / ROSTER, folder.parent / "list.xlsx")
    (folder / "smebatch.toml").write_text('[round]\nroster = "../list.xlsx"\n', "utf-8")
    client = page_client(folder)
    assert "2 家企业" in roster_page(client, str(folder / "../list.xlsx"))
    (folder.parent / "list.xlsx").unlink()
    assert 'role="alert"' in client.get("/forms/").text


# --- folders and zips -------------------------------------------------------------------------------------------------


def test_prefilled_forms_are_those_that_template_writes(folder: Path, tmp_path: Path) -> None:
    client = page_client(folder)
    write_prefilled_forms(folder / ROSTER, tmp_path / "expected", load_edition())
    expected = contents(tmp_path / "expected")
    assert sorted(expected) == ["1_甲公司.xlsx", "2_乙公司.xlsx"]
    first, second = (download(client, "/forms/prefilled.zip", roster=ROSTER) for _ in range(2))
    assert unpacked(first) == expected
    assert second == first
    for name in ("预填表", "预填表_2"):  # what was filled in meanwhile stays
        assert client.post("/forms/prefilled", data={**CSRF, "roster": ROSTER}).status_code == 303
        job_of(client).wait(60)
        assert job_of(client).state.stage is Stage.DONE
        assert (job_of(client).state.done, job_of(client).state.total) == (2, 2)
        assert contents(folder / name) == expected
    assert "预填表_2" in client.get("/forms/").text
    assert not list(folder.glob("*.part"))


def test_forms_of_the_next_round_are_those_that_template_writes(folder: Path, tmp_path: Path) -> None:
    write_sample(folder / "returns", load_edition(), 6, 1, faults=False)
    ingest_folder(str(folder / "returns"), folder / "batch.duckdb", load_edition(), now=NOW)
    write_next_round_forms(
        folder / "batch.duckdb", tmp_path / "expected", load_edition(), Selection("", "现场评定"), Selection()
    )
    expected = contents(tmp_path / "expected")
    assert expected
    client = page_client(folder)
    page = client.get("/forms/?kind=现场评定").text
    (address,) = re.findall(r'href="(/forms/next.zip[^"]*)" download', page)
    assert address == "/forms/next.zip?phase=&amp;kind=%E7%8E%B0%E5%9C%BA%E8%AF%84%E5%AE%9A"
    assert unpacked(download(client, "/forms/next.zip", kind="现场评定")) == expected
    assert client.post("/forms/next", data={**CSRF, "kind": "现场评定"}).status_code == 303
    job_of(client).wait(60)
    assert contents(folder / "现场评定") == expected


@pytest.mark.parametrize("asked", ["", "phase=x", "kind=../../x", "phase=%00"])
def test_a_next_round_has_to_be_one(asked: str, folder: Path) -> None:
    client = page_client(folder)
    assert client.get(f"/forms/next.zip?{asked}").status_code == 409
    assert client.post(f"/forms/next?{asked}", data=CSRF).status_code == 409
    assert client.get(f"/forms/?{asked}").status_code == 200
    assert list(contents(folder)) == [ROSTER]


def test_without_returns_there_is_no_next_round(folder: Path) -> None:
    client = page_client(folder)
    assert "/forms/next" not in client.get("/forms/?phase=改造后").text
    assert client.get("/forms/next.zip?phase=改造后").status_code == 409


def test_downloads_are_links_with_download(folder: Path) -> None:
    page = roster_page(page_client(folder))
    addresses = re.findall(r'<a class="button" href="([^"]+)" download>', page)
    assert [address.split("?")[0] for address in addresses] == ["/forms/blank", "/forms/prefilled.zip"]
