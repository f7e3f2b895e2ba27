"""退回: the copies and lists of the page are those that ``return`` writes; an explanation is decided, and counts."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from page_client import CSRF, page_client
from smebatch.batch.returned import sender_of
from smebatch.page.job import Stage
from smebatch.page.place import Place
from smebatch.sample import write_sample
from smebatch.settings.model import Settings
from smebatch.standard.loader import load_edition
from smebatch.workflow import ingest_folder, return_forms

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.UTC)


@pytest.fixture
def round_folder(tmp_path: Path) -> Path:
    write_sample(tmp_path / "returns", load_edition(), 40, 3)
    ingest_folder(str(tmp_path / "returns"), tmp_path / "batch.duckdb", load_edition(), now=NOW)
    return tmp_path


def form_ids(page: str) -> list[str]:
    return re.findall(r'data-form-id="([0-9a-f]{16})"', page)


def place_of(client: FlaskClient) -> Place:
    place: Place = client.application.extensions["place"]
    return place


def test_copies_are_those_that_the_command_writes(round_folder: Path, tmp_path: Path) -> None:
    client = page_client(round_folder)
    page = client.get("/corrections/").text
    listed = form_ids(page)
    assert f'data-total="{len(listed)}"' in page
    assert listed
    done = return_forms(round_folder / "batch.duckdb", tmp_path / "back", sender_of(Settings()), now=NOW)
    assert done.copies == len(listed)
    written = {path.read_bytes() for path in (tmp_path / "back").rglob("*_退回更正.xlsx")}
    assert {client.get(f"/corrections/copies/{form_id}").data for form_id in listed} == written
    names = {client.get(f"/corrections/copies/{form_id}").headers["Content-Disposition"] for form_id in listed}
    assert all(name.startswith("attachment") for name in names)


def test_they_are_found_by_name_and_by_district(round_folder: Path) -> None:
    client = page_client(round_folder)
    page = client.get("/corrections/").text
    everybody = form_ids(page)
    districts = set(re.findall(r'<option value="([^"]+)"', page))
    assert len(districts) > 1
    by_district = [form_ids(client.get("/corrections/", query_string={"district": each}).text) for each in districts]
    assert sorted(form_id for found in by_district for form_id in found) == sorted(everybody)
    names = dict(re.findall(r'/enterprises/([0-9a-f]{16})">([^<]+)</a></td>', page))
    for form_id in everybody[:3]:
        found = client.get("/corrections/", query_string={"q": names[form_id]}).text
        assert form_id in form_ids(found)
        assert f'data-total="{len(form_ids(found))}"' in found
    assert not form_ids(client.get("/corrections/", query_string={"q": "没有这家"}).text)


def test_the_lists_are_served_as_they_were_written(round_folder: Path) -> None:
    client = page_client(round_folder)
    assert "download>index.csv" not in client.get("/corrections/").text
    assert client.post("/corrections/write", data=CSRF).status_code == 303
    job = place_of(client).job
    job.wait(60)
    assert job.state.stage is Stage.DONE
    page = client.get("/corrections/").text
    for name in ("退回清单.xlsx", "待审定.xlsx", "index.csv"):
        assert f"download>{name}" in page
        assert client.get(f"/corrections/lists/{name}").data == (round_folder / "returned" / name).read_bytes()
    (round_folder / "returned" / "index.csv").write_text("somebody's own")
    assert client.get("/corrections/lists/index.csv").status_code == 404
    assert client.get("/corrections/lists/..%2Fbatch.duckdb").status_code == 404


def test_what_is_not_there_is_404(round_folder: Path) -> None:
    client = page_client(round_folder)
    for path in ("copies/0000000000000000", "copies/x", "lists/x", "lists/issues.csv"):
        assert client.get(f"/corrections/{path}").status_code == 404, path


def test_a_decision_that_cannot_be_taken_is_one_sentence(round_folder: Path) -> None:
    client = page_client(round_folder)
    assert client.get("/corrections/decisions").status_code == 200
    good = {"form_id": "0" * 16, "code": "x", "key": "q01", "reason": "r", "by": "b", "verdict": "accept"}
    for wrong in ({}, {"verdict": "maybe"}, {"reason": " "}, {"by": ""}, {"form_id": "<script>"}):
        answer = client.post("/corrections/decisions", data={**CSRF, **good, **wrong})
        assert answer.status_code == 409
        assert "<script>" not in answer.text.replace("<script src=", "")
