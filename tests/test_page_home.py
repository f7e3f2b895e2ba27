"""本轮: its figures are the report's, its links lead to as many returns, and its form is as strict as the loader."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import time
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient

from page_client import CSRF, page_client
from smebatch.batch.at_a_glance import entries_by_district
from smebatch.batch.load import load_batch
from smebatch.common.text import clean_text
from smebatch.issues.notice import Notice
from smebatch.language.words import MESSAGES
from smebatch.page.home import SEGMENTS
from smebatch.page.kept import Kept, State
from smebatch.page.settings_form import form_of_document, form_of_request
from smebatch.report.words import group_names
from smebatch.sample import write_sample
from smebatch.settings.loader import load_settings, read_document
from smebatch.standard.loader import load_edition
from smebatch.workflow import IngestOptions, ingest_folder, settings_sha256

NOW = dt.datetime(2026, 11, 29, 8, 0, tzinfo=dt.UTC)
SAMPLE = Path(__file__).parent.parent / "sample_data"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A round with the roster of the sample data, of whose 44 enterprises some have answered."""
    folder = tmp_path_factory.mktemp("round")
    shutil.copytree(SAMPLE / "returns", folder / "returns")
    shutil.copy(SAMPLE / "roster.xlsx", folder)
    (folder / "smebatch.toml").write_text('[round]\nregion = "示例市"\nroster = "roster.xlsx"\n', "utf-8")
    options = IngestOptions(roster=folder / "roster.xlsx")
    ingest_folder(str(folder / "returns"), folder / "batch.duckdb", load_edition(), options, now=NOW)
    return folder


def glance_page(client: FlaskClient) -> str:
    """The first page, with the districts worked out."""
    client.get("/")
    kept: Kept[object] = client.application.extensions["glance"]
    kept.wait(60)
    answer = client.get("/")
    assert answer.status_code == 200
    return str(answer.text)


def links(page: str) -> list[tuple[str, int | None, int]]:
    """The figures that are links: address, data-n and figure."""
    found = re.findall(r'<a href="([^"]+)"(?: data-n="(\d+)")?>(\d+)</a>', page)
    return [(unescape(address), int(n) if n else None, int(figure)) for address, n, figure in found]


def listed(client: FlaskClient, address: str, mark: str = "<tr>") -> int:
    """How many rows the pages of a list have in all."""
    rows = 0
    while True:
        page = client.get(address).text
        rows += page.split("<tbody>")[1].count(mark)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            return rows
        address = urljoin(address, unescape(following[1]))


# --- the state --------------------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_report(sample: Path) -> None:
    client = page_client(sample)
    page, data = glance_page(client), load_batch(sample / "batch.duckdb")
    assert data.roster is not None
    asked, answered = len(data.roster), int(data.roster["answered"].sum())
    figures = links(page.split('class="figures"')[1].split("</dl>")[0])
    assert [figure for _, _, figure in figures[:3]] == [asked, answered, asked - answered]
    counts = data.files["status"].value_counts()
    assert {address: figure for address, _, figure in figures[3:]} == {
        f"/files/?status={status}": count for status, count in counts.items()
    }
    rows = {
        name: [int(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r'<td class="number">(.*?)</td>', cells)]
        for name, cells in re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    }
    for name, group in data.roster.groupby(group_names(data.roster["district"])):
        assert rows[str(name)][:3] == [len(group), group["answered"].sum(), (~group["answered"]).sum()]
    assert [sum(column) for column in zip(*rows.values(), strict=True)][:3] == [asked, answered, asked - answered]
    assert sum(sum(row[3:]) for row in rows.values()) == len(data.files)


def test_every_figure_leads_to_what_it_counts(sample: Path) -> None:
    client = page_client(sample)
    followed = set()
    for address, n, figure in links(glance_page(client)):
        if address.startswith("/roster"):
            assert n is None  # who has not answered has sent nothing
            assert listed(client, address) == figure, address
        elif address.startswith("/replies"):
            assert n is not None
            assert n >= figure  # an enterprise may send several
            assert listed(client, address, "data-form-id") == n, address
            assert f'data-total="{n}"' in client.get(address).text
        elif "district" not in address:
            assert n == figure
            assert f'data-total="{n}"' in client.get(address).text, address
        followed.add(address.split("?")[0])
    assert followed == {"/roster", "/replies", "/files/"}


def test_bars_are_made_of_what_the_columns_say(sample: Path) -> None:
    bars = re.findall(r"<svg viewBox.*?</svg>", glance_page(page_client(sample)), re.DOTALL)
    for bar in bars:
        widths = [float(width) for width in re.findall(r'width="([0-9.]+)" height="16" class="part', bar)]
        assert not widths or sum(widths) == pytest.approx(1000, abs=0.2)
    assert 'style="' not in "".join(bars)


def test_without_a_roster_there_are_entries_alone(tmp_path: Path) -> None:
    write_sample(tmp_path / "returns", load_edition(), 12, 1)
    ingest_folder(str(tmp_path / "returns"), tmp_path / "batch.duckdb", load_edition(), now=NOW)
    client = page_client(tmp_path)
    page = glance_page(client)
    assert "/replies" not in page
    assert "page.home.next.roster" not in page
    assert all(f'class="part {status}"' in page for status in SEGMENTS)
    assert client.get("/roster").status_code == 200
    assert "data-total" not in client.get("/replies").text


def test_what_names_districts_is_text(tmp_path: Path) -> None:
    from cases import form_bytes
    from test_pipeline import enterprise, put

    put(tmp_path / "returns", "1.xlsx", form_bytes(enterprise(1) | {"district": '"><script>alert(1)</script>'}))
    ingest_folder(str(tmp_path / "returns"), tmp_path / "batch.duckdb", load_edition(), now=NOW)
    page = glance_page(page_client(tmp_path))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_new_state_is_worked_out_anew(tmp_path: Path) -> None:
    write_sample(tmp_path / "returns", load_edition(), 5, 1)
    ingest_folder(str(tmp_path / "returns"), tmp_path / "batch.duckdb", load_edition(), now=NOW)
    client = page_client(tmp_path)
    before = sum(figure for address, _, figure in links(glance_page(client)) if "district" not in address)
    write_sample(tmp_path / "returns" / "more", load_edition(), 4, 9)
    later = NOW + dt.timedelta(hours=1)
    ingest_folder(str(tmp_path / "returns"), tmp_path / "batch.duckdb", load_edition(), now=later)
    after = sum(figure for address, _, figure in links(glance_page(client)) if "district" not in address)
    assert (before, after) == (5, 9)
    from smebatch.batch.load import open_batch

    with open_batch(tmp_path / "batch.duckdb")[0] as database:
        assert sum(sum(counts.values()) for counts in entries_by_district(database).values()) == 9


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_what_takes_long_is_said_to_be_under_way_and_done_once() -> None:
    kept, calls = Kept[str](), list[int]()

    def work() -> tuple[State, str]:
        calls.append(1)
        time.sleep(0.5)
        return (1,), "done"

    assert kept.get((1,), work) is None
    assert kept.get((1,), work) is None
    assert kept.running
    kept.wait(20)
    assert kept.get((1,), work) == "done"
    assert len(calls) == 1


def test_what_fails_is_said_and_not_tried_at_every_look() -> None:
    kept, calls = Kept[str](), list[int]()

    def work() -> tuple[State, str]:
        calls.append(1)
        raise ZeroDivisionError("odd")

    for _ in range(3):
        found = kept.get((1,), work)
        assert isinstance(found, Notice)
        assert found.code == "unforeseen"
    assert len(calls) == 1


# --- what to do next --------------------------------------------------------------------------------------------------


def steps(client: FlaskClient) -> list[str]:
    return re.findall(r'<li><a href="([^"]+)">', glance_page(client).split('class="steps"')[1].split("</ol>")[0])


def test_what_to_do_next_follows_from_the_state(tmp_path: Path, sample: Path) -> None:
    client = page_client(tmp_path)
    assert steps(client) == ["/settings", "/forms/", "/forms/", "/collect/"]
    (tmp_path / "smebatch.toml").write_text('[round]\nroster = "none.xlsx"\n', "utf-8")
    assert steps(client) == ["/forms/", "/forms/", "/collect/"]  # the roster is not there
    shutil.copy(SAMPLE / "roster.xlsx", tmp_path / "none.xlsx")
    assert steps(client) == ["/forms/", "/collect/"]
    done = steps(page_client(sample))
    assert done == ["/files/?status=rejected", "/corrections/", "/roster?answered=no", "/reports/"]


def test_settings_that_cannot_be_used_come_first(tmp_path: Path) -> None:
    (tmp_path / "smebatch.toml").write_text("[nothing]\n", "utf-8")
    client = page_client(tmp_path)
    assert steps(client)[0] == "/settings"
    assert 'role="alert"' in client.get("/").text


# --- settings ---------------------------------------------------------------------------------------------------------

ENTERED = {
    "bureau.name": "示例局",
    "round.region": "示例市",
    "round.deadline": "2026-12-31",
    "round.folder": "东区\r\n西区\r\n",
    "round.small_group": "7",
    "round.phase": "改造前",
    "report.group_by": "服务商",
    "tiers.0.name": "高",
    "tiers.0.score": "62.5",
    "tiers.1.name": "低",
    "tiers.1.score": "40",
    "tiers.2.name": "",
    "tiers.2.score": "",
    "targets.0.name": "规上二级",
    "targets.0.level": "二级",
    "targets.0.share": "80%",
    "targets.0.by": "2026-12-31",
    "targets.0.where.0.column": "above_scale",
    "targets.0.where.0.value": "是",
    "targets.0.where.1.column": "",
    "targets.0.where.1.value": "",
}
WRITTEN = {
    "bureau": {"name": "示例局"},
    "round": {
        "region": "示例市",
        "deadline": dt.date(2026, 12, 31),
        "folder": ["东区", "西区"],
        "phase": "改造前",
        "small_group": 7,
    },
    "report": {"group_by": ["服务商"], "tiers": [{"name": "高", "score": 62.5}, {"name": "低", "score": 40}]},
    "targets": [
        {
            "name": "规上二级",
            "level": "二级",
            "share": "80%",
            "where": {"above_scale": "是"},
            "by": dt.date(2026, 12, 31),
        }
    ],
}


def save(client: FlaskClient, folder: Path, **changed: str) -> tuple[int, str]:
    seen = settings_sha256(folder / "smebatch.toml")
    answer = client.post("/settings", data={**CSRF, "seen": seen, **ENTERED, **changed})
    return answer.status_code, answer.text


def value_of(page: str, name: str) -> str:
    """What stands in a field."""
    found = re.search(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"', page)
    return unescape(found[1]) if found else "there is no such field"


def test_what_is_entered_is_what_the_file_says(tmp_path: Path) -> None:
    client = page_client(tmp_path)
    assert save(client, tmp_path)[0] == 303
    document = read_document(tmp_path / "smebatch.toml")
    assert document == WRITTEN
    page = client.get("/settings").text
    assert all(
        value_of(page, name) == text for name, text in ENTERED.items() if name.endswith((".name", ".score", ".by"))
    )
    assert "东区\n西区" in page
    assert form_of_document(document).entered(tmp_path / "smebatch.toml") == load_settings(None, tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "at"),
    [
        ("round.region", "甲\u202e", "round.region"),
        ("round.deadline", "2026-02-30", "round.deadline"),
        ("round.folder", "a\na", "round.folder"),
        ("round.phase", "改造中", "round.phase"),
        ("round.small_group", "0", "round.small_group"),
        ("round.small_group", "七", "round.small_group"),
        ("report.group_by", "a\na", "report.group_by"),
        ("tiers.0.score", "30", "tiers"),
        ("tiers.0.score", "1e1", "tiers"),
        ("tiers.1.name", "高", "tiers"),
        ("targets.0.level", "", "targets.0"),
        ("targets.0.count", "3", "targets.0"),
        ("targets.0.share", "101%", "targets.0.share"),
        ("targets.0.by", "soon", "targets.0.by"),
        ("targets.0.where.0.value", "", "targets.0.where"),
        ("targets.0.where.1.column", "above_scale", "targets.0.where"),
    ],
)
def test_what_the_loader_would_refuse_stands_beside_its_field(name: str, text: str, at: str, tmp_path: Path) -> None:
    client = page_client(tmp_path)
    code, page = save(client, tmp_path, **{name: text})
    assert code == 422
    assert re.findall(r'class="wrong" id="([^"]+)-wrong"', page) == [at]
    assert not (tmp_path / "smebatch.toml").exists()
    assert value_of(page, "targets.0.name") == "规上二级"  # what was typed is kept
    if "folder" not in name and "group_by" not in name and "phase" not in name:
        assert value_of(page, name) == clean_text(text)  # all that a page shows is clean


def test_a_file_changed_by_hand_is_not_replaced_without_being_asked(tmp_path: Path) -> None:
    client, path = page_client(tmp_path), tmp_path / "smebatch.toml"
    seen = value_of(client.get("/settings").text, "seen")
    mine = '# 王老师的备注\n[round]\nregion = "手改"\n'
    path.write_text(mine, "utf-8")
    answer = client.post("/settings", data={**CSRF, "seen": seen, **ENTERED})
    assert answer.status_code == 409
    assert path.read_text("utf-8") == mine
    assert value_of(answer.text, "round.region") == "示例市"
    again = client.post("/settings", data={**CSRF, "seen": value_of(answer.text, "seen"), **ENTERED})
    assert again.status_code == 303
    assert load_settings(path, tmp_path).round.region == "示例市"
    (aside,) = tmp_path.glob("smebatch_*.toml")
    assert aside.read_text("utf-8") == mine
    assert aside.name in client.get(again.location).text  # and it is said
    assert client.post("/settings", data={**CSRF, "seen": seen, **ENTERED}).status_code == 409


def test_a_faulty_file_is_shown_with_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "smebatch.toml").write_text(
        '[round]\nregion = "甲"\nsmall_group = 0\n[[targets]]\nlevel = 1\n', "utf-8"
    )
    page = page_client(tmp_path).get("/settings").text
    assert value_of(page, "round.region") == "甲"
    assert re.findall(r'id="([^"]+)-wrong"', page) == ["round.small_group", "targets.0"]
    (tmp_path / "smebatch.toml").write_bytes(b"\xff")
    answer = page_client(tmp_path).get("/settings")
    assert answer.status_code == 200
    assert 'class="problem"' in answer.text


def test_rows_are_added_and_removed_without_saving(tmp_path: Path) -> None:
    client = page_client(tmp_path)
    code, page = save(client, tmp_path, add="targets")
    assert (code, value_of(page, "targets.1.name"), value_of(page, "targets.0.name")) == (200, "", "规上二级")
    assert value_of(save(client, tmp_path, add="where.0")[1], "targets.0.where.2.column") == ""
    code, page = save(client, tmp_path, remove="tiers.0")
    assert (value_of(page, "tiers.0.name"), "tiers.2.name" in page) == ("低", False)
    assert "targets.0.name" not in save(client, tmp_path, remove="targets.0")[1]
    for odd in ("targets.9", "tiers.-1", "round.0", "x"):
        assert save(client, tmp_path, remove=odd)[0] == 200
        assert save(client, tmp_path, add=odd)[0] == 200
    assert not (tmp_path / "smebatch.toml").exists()


@pytest.mark.parametrize("text", ["\0", "\ud800", "1" * 5000, "<script>", "{{1}}", "9" * 9])
def test_no_text_breaks_the_form(text: str, tmp_path: Path) -> None:
    client = page_client(tmp_path)
    for name in ENTERED:
        sent = form_of_request({**ENTERED, name: text}).without_blank_rows()
        sent.entered(tmp_path / "smebatch.toml")
    code, page = save(client, tmp_path, **{"round.deadline": text.encode("utf-8", "replace").decode()})
    assert code == 422
    assert "<script>" not in page


@pytest.mark.parametrize("text", ["\0", "%00", "../", "a" * 3000, "\u202e", "'; DROP TABLE asked;--", "-1", "9" * 30])
def test_no_text_in_an_address_is_answered_5xx(text: str, sample: Path) -> None:
    client = page_client(sample)
    names = ("district", "answered", "page", "roster", "phase", "kind", "saved", "aside")
    for address in ("/", "/state", "/roster", "/replies", "/settings", "/forms/", "/forms/prefilled.zip"):
        with client.get(address, query_string=dict.fromkeys(names, text)) as answer:
            assert answer.status_code in (200, 404, 409), address


def test_every_refusal_has_words_for_a_form() -> None:
    """Those of the file speak of quotes and brackets, which nobody types in a field."""
    expected = {code for code in MESSAGES if code.startswith("settings.expected.")}
    assert {f"page.{code}" for code in expected} <= MESSAGES.keys()
