"""Times the page as `smebatch page` serves it: every kind of page of 100,000 returns, readers beside an ingest (Linux).

python benchmarks/page.py [N [M]]: a round of N returns (100,000): some that were really ingested, copied with credit
codes, names and files of their own (million.py); the copies' files are links to theirs, so that an ingest lists all of
them and reads none again. Asked over HTTP, one page after the other, in both languages in turn. Then an ingest of M
further workbooks (10,000), no two alike, begun on the page itself, alone and beside 20 readers, who each open a page of
any kind every 5 seconds; alone once more.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from random import Random
from statistics import mean, median
from threading import Event
from typing import NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import duckdb

from million import NOW, copied, settle
from scale import children, peak
from smebatch.batch.ingest import ingest
from smebatch.form.prefill import Splicer
from smebatch.sample.faults import FAULTS
from smebatch.sample.many import answers_of_return, write_many
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition
from smebatch.standard.sample_values import SampleAnswers

AFTER, BEFORE, AGAIN = 1_200, 600, 200  # returns that are ingested: of two phases, and second versions
FAULTY = 0.7
SILENT = 20  # of a hundred enterprises that were asked
TIMES = 20  # addresses of each kind of page, in each language
READERS, EVERY = 20, 5.0  # seconds
BAR, BAR_BESIDE, BAR_INGEST = 200, 500, 1.25  # ms, ms, times
PHASES = ("改造前", "改造后")
LANGUAGES = ("zh", "en")
SETTINGS = """
[round]
region = "示例市"
folder = ["{returns}"]
batch = "batch.duckdb"
[report]
group_by = ["specialised"]
[[targets]]
name = "规上二级"
level = "二级"
share = "60%"
where = {above_scale = "是"}
"""
# Some errors are explained, as on correction copies.
EXPLAINED = """INSERT INTO explanations
SELECT DISTINCT form_id, code, key, '设备已报废，见附件' FROM findings
WHERE severity = 'error' AND hash(form_id) % 4 = 0"""
ASKED = """INSERT INTO roster BY NAME
SELECT any_value(name) AS name, uscc, any_value(district) AS district FROM answers WHERE uscc <> '' GROUP BY uscc
UNION ALL BY NAME SELECT '未报' || n || '有限公司' AS name, '' AS uscc, '城东区' AS district FROM range(?) silent(n)"""


# --- a round ----------------------------------------------------------------------------------------------------------


def made_returns(edition: Edition) -> Iterator[tuple[str, SampleAnswers]]:
    """The returns that are really ingested: of a phase, half of them of the one before as well, and some once more."""
    for serial in range(AFTER):
        answers = answers_of_return(edition, serial) | {"assessment_kind": "自评", "phase": PHASES[1]}
        rng = Random(serial)
        sent = rng.choice(list(FAULTS.values()))(edition, rng, answers) if rng.random() < FAULTY else answers
        yield f"{PHASES[1]}/{serial:05}.xlsx", sent
        if serial < BEFORE:
            yield f"{PHASES[0]}/{serial:05}.xlsx", answers | {"phase": PHASES[0]}
        if serial < AGAIN:
            yield f"更正/{serial:05}.xlsx", answers | {"phone": "13911111111"}


def make_round(folder: Path, n: int) -> None:
    """A round of n returns in a folder, settled, with a roster, explanations and settings."""
    edition = load_edition()
    splicer, returns, batch = Splicer(edition), folder / "returns", folder / "few.duckdb"
    for name, answers in made_returns(edition):
        path = returns / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(splicer.form(answers))
    ingest(returns, batch, edition, now=NOW, jobs=2)
    copied(batch, folder / "batch.duckdb", n)
    files = [path for path in returns.rglob("*.xlsx") if path.is_file()]
    for path in files:
        for copy in range(1, n // len(files)):
            os.link(path, path.with_stem(f"{path.stem}_{copy}"))
    with duckdb.connect(str(folder / "batch.duckdb")) as db:
        db.execute(EXPLAINED)
        db.execute(ASKED, [n * SILENT // 100])
    settle(folder / "batch.duckdb", n)
    (folder / "smebatch.toml").write_text(SETTINGS.replace("{returns}", str(returns)), "utf-8")


# --- asking -----------------------------------------------------------------------------------------------------------


class Answered(NamedTuple):
    """A page that was asked for: its status, its text, and the milliseconds until all of it was there."""

    status: int
    text: str
    ms: float


class Browser:
    """Asks the server as a browser does that was let in."""

    def __init__(self, address: str) -> None:
        self.parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(self.parts.netloc, timeout=120)
        self._connection.request("GET", f"{self.parts.path}?{self.parts.query}")
        response = self._connection.getresponse()
        response.read()
        self._cookie = response.headers["Set-Cookie"].partition(";")[0]

    def get(self, address: str, language: str = "zh") -> Answered:
        """Ask for a page."""
        begun = time.perf_counter()
        self._connection.request("GET", address, headers={"Cookie": f"{self._cookie}; smebatch_language={language}"})
        response = self._connection.getresponse()
        text = response.read().decode()
        return Answered(response.status, text, 1000 * (time.perf_counter() - begun))

    def post(self, address: str, **fields: str) -> None:
        """Send a form. Raises ValueError where it is not taken."""
        csrf = re.findall(r'name="csrf" content="([^"]+)"', self.get("/").text)[0]
        headers = {"Cookie": self._cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self._connection.request("POST", address, urlencode(fields | {"csrf": csrf}), headers)
        response = self._connection.getresponse()
        response.read()
        if response.status != http.client.SEE_OTHER:
            raise ValueError(f"{address}: {response.status}")


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """Serve a round; the address that leads in, and the number of the process."""
    command = [sys.executable, "-m", "smebatch", "page", "--no-browser"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield next(iter(process.stdout or ())).strip(), process.pid
        finally:
            process.terminate()


def links(page: str, beginning: str) -> list[str]:
    """The addresses that begin so to which a page leads, once each."""
    found = re.findall(rf'href="({re.escape(beginning)}[^"#]*)', page)
    return list(dict.fromkeys(map(unescape, found)))


def choices(page: str, name: str) -> list[str]:
    """What can be chosen in a field of a page."""
    field = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.DOTALL)
    return [unescape(each) for each in re.findall(r'value="([^"]+)"', field[0])] if field else []


def total(page: str) -> int:
    """How many rows the list of a page has on all its pages."""
    return int(re.findall(r'data-total="(\d+)"', page)[0])


# --- the kinds of pages -----------------------------------------------------------------------------------------------


def kinds_of_pages(browser: Browser) -> dict[str, list[str]]:
    """The addresses of each kind of page, as one finds them by following links and choosing filters."""

    def text(address: str) -> str:
        return browser.get(address).text

    def later(address: str) -> list[str]:
        """The second, the two hundredth and the last page of a list; the last one is shown for any beyond it."""
        joint = "&" if "?" in address else "?"
        return [f"{address}{joint}page={number}" for number in (2, 200, 99_999_999)]

    def filtered(address: str, *names: str) -> list[str]:
        page = text(address)
        return [f"{address}?{urlencode({name: each})}" for name in names for each in choices(page, name)[:4]]

    one = text("/files/?status=returned")
    forms = [*links(text("/enterprises/"), "/enterprises/")[-10:], *links(one, "/enterprises/")[-10:]]
    districts = choices(text("/files/"), "district")[:4]
    tables = links(text("/reports/"), "/reports/")
    tables = [address for address in tables if address != "/reports/" and "download" not in address]
    long = [address for address in tables if 'rel="next"' in text(address)]
    figures = [each for address in tables for each in links(text(address), "/returns/")[:40:8]]
    many = [address for address in figures if 'rel="next"' in text(address)]
    return {
        "本轮": ["/"],
        "本轮 roster, replies": [
            *("/roster", "/roster?answered=no", "/replies", "/roster?page=1000", "/replies?page=500"),
            *(f"/{name}?district={quote(each)}" for name in ("roster", "replies") for each in districts),
        ],
        "本轮 settings": ["/settings"],
        "发表": ["/forms/", "/forms/?roster=roster.csv", f"/forms/?phase={quote(PHASES[1])}"],
        "收表": ["/collect/"],
        "文件": ["/files/"],
        "文件 filtered": filtered("/files/", "status", "reason", "district"),
        "文件 searched": [f"/files/?q={quote(each)}" for each in ("00123", "第77号", "改造后/0100", "没有")],
        "文件 later pages": [*later("/files/"), *later("/files/?status=returned")],
        "文件 one entry": [f"/files/entry?file={quote(f'{PHASES[1]}/{n:05}.xlsx')}" for n in range(20)],
        "问题": ["/issues/"],
        "问题 filtered": filtered("/issues/", "severity", "district"),
        "问题 one by one": ["/issues/list"],
        "问题 one by one, filtered": filtered("/issues/list", "code", "severity", "state", "district"),
        "问题 one by one, searched": [f"/issues/list?q={quote(each)}" for each in ("00123", "设备", "第77号", "没有")],
        "问题 one by one, later": [*later("/issues/list"), *later("/issues/list?severity=error")],
        "企业": ["/enterprises/"],
        "企业 filtered": [
            *filtered("/enterprises/", "status", "district", "phase", "assessment_kind", "level"),
            *links(text("/issues/"), "/enterprises/")[:6],
        ],
        "企业 searched": [f"/enterprises/?q={quote(each)}" for each in ("00123", "第77号", "0000010000", "没有")],
        "企业 later pages": [*later("/enterprises/"), *later("/enterprises/?status=counted")],
        "企业 one return": forms,
        "退回": ["/corrections/", *later("/corrections/")],
        "退回 decisions": ["/corrections/decisions", *later("/corrections/decisions")],
        "报告": ["/reports/"],
        "报告 a table": tables,
        "报告 lists, later pages": [each for address in long for each in later(address)],
        "报告 behind a figure": figures,
        "报告 behind a figure, later": [each for address in many[::4] for each in later(address)],
    }


def when_ready(browser: Browser) -> float:
    """Wait until all that is worked out in the background is there; the seconds."""
    begun = time.monotonic()
    for address in ("/", "/forms/?roster=roster.csv", "/reports/"):
        while re.search(r'data-(wait|watch)="[^"]', browser.get(address).text):
            time.sleep(0.5)
    return time.monotonic() - begun


# --- measuring --------------------------------------------------------------------------------------------------------


def cpu(pid: int) -> float:
    """Milliseconds of CPU that a process has used, without those of processes that it started."""
    fields = Path("/proc", str(pid), "stat").read_text().rpartition(")")[2].split()
    return 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of all lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def line(name: str, values: Sequence[float], used: float, bar: float) -> str:
    """A row of the table; an exclamation mark follows what misses the bar. ``used``: CPU for all of them."""
    p95 = quantile(values, 0.95)
    missed = "!" if p95 > bar else " "
    wide = sum(ord(letter) > 0x2E80 for letter in name)
    cells = f"{median(values):7.0f} {p95:7.0f}{missed} {max(values):7.0f} {used / len(values):7.0f}"
    return f"{name:{34 - wide}} {len(values):5} {cells}"


HEAD = f"{'milliseconds':34}     n     p50     p95      max     CPU"


def idle(browser: Browser, pid: int, kinds: dict[str, list[str]]) -> None:
    """Ask for pages of every kind, one after the other."""
    print(HEAD)
    every, first = list[float](), cpu(pid)
    for kind, addresses in kinds.items():
        rng = Random(kind)
        chosen = rng.sample(addresses, TIMES) if len(addresses) > TIMES else rng.choices(addresses, k=TIMES)
        taken, before = [], cpu(pid)
        for address in chosen:
            for language in LANGUAGES:
                answered = browser.get(address, language)
                if answered.status != http.client.OK:
                    raise ValueError(f"{address}: {answered.status}")
                taken.append(answered.ms)
        every += taken
        print(line(kind, taken, cpu(pid) - before, BAR), flush=True)
    print(line("all of these", every, cpu(pid) - first, BAR), flush=True)


def ingested(browser: Browser, folder: Path) -> float:
    """Begin an ingest of a further folder on the page, and wait for its end; the seconds that it takes."""
    begun = time.monotonic()
    browser.post("/collect/start", folder=str(folder), change="add")
    while '"running":true' in browser.get("/collect/state").text.replace(" ", ""):
        time.sleep(0.25)
    taken = time.monotonic() - begun
    if '"stage":"done"' not in browser.get("/collect/state").text.replace(" ", ""):
        raise ValueError(browser.get("/collect/state").text)
    return taken


class Reader(NamedTuple):
    """Somebody who opens pages as long as an ingest runs: what it took, and how many rows 文件 had."""

    ms: list[float]
    totals: list[int]


def reading(address: str, kinds: dict[str, list[str]], number: int, ended: Event) -> Reader:
    """Open a page of any kind every few seconds."""
    browser, rng, reader = Browser(address), Random(number), Reader([], [])
    names = list(kinds)
    due = time.monotonic() + EVERY * number / READERS
    while not ended.wait(max(0.0, due - time.monotonic())):
        due += EVERY
        kind = rng.choice(names)
        answered = browser.get(rng.choice(kinds[kind]), rng.choice(LANGUAGES))
        if answered.status != http.client.OK:
            raise ValueError(f"{kind}: {answered.status}")
        if not ended.is_set():
            reader.ms.append(answered.ms)
            if kind == "文件":
                reader.totals.append(total(answered.text))
    return reader


def beside(address: str, kinds: dict[str, list[str]], job: Callable[[], float]) -> tuple[float, list[Reader]]:
    """Do a job while READERS read; returns what it returns, and what they saw."""
    ended = Event()
    with ThreadPoolExecutor(READERS) as pool:
        readers = [pool.submit(reading, address, kinds, number, ended) for number in range(READERS)]
        try:
            taken = job()
        finally:
            ended.set()
        return taken, [reader.result() for reader in readers]


def ingesting(folder: Path, more: Path, kinds: dict[str, list[str]] | None) -> tuple[float, list[Reader], int]:
    """Serve a copy of a round, ingest a further folder, beside readers of these pages or alone.

    Returns the seconds, what the readers saw, and the peak memory of the server in MB.
    """
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        place = Path(scratch)
        for name in ("batch.duckdb", "smebatch.toml", "roster.csv"):
            shutil.copyfile(folder / name, place / name)
        with serving(place) as (address, pid):
            browser = Browser(address)
            when_ready(browser)
            if kinds is None:
                taken, readers = ingested(browser, more), list[Reader]()
            else:
                taken, readers = beside(address, kinds, lambda: ingested(browser, more))
            return taken, readers, peak(Path("/proc", str(pid)))


def write_roster(folder: Path, n: int) -> None:
    """A list to be chosen for forms."""
    lines = "".join(f"示例第{number}号有限公司,城东区\n" for number in range(n))
    (folder / "roster.csv").write_text("企业名称,所在区县\n" + lines, "utf-8")


def measure(folder: Path, more: Path, m: int) -> None:
    """Measure the pages of a round, and beside an ingest of m further returns; print what came of it."""
    with serving(folder) as (address, pid):
        browser, process = Browser(address), Path("/proc", str(pid))
        ready = when_ready(browser)
        kinds = kinds_of_pages(browser)
        print(f"{total(browser.get('/files/').text):,} files; the tables of 报告 were there after {ready:.0f} s")
        idle(browser, pid, kinds)
        largest = max(map(peak, children(pid)), default=0)
        print(f"peak memory of the server {peak(process)} MB, of a process that it keeps {largest} MB", flush=True)
    write_many(more, load_edition(), m, seed=7, notes=0.5, faults=True)
    first, _, _ = ingesting(folder, more, None)
    print(f"ingest of {m:,} more on the page: alone {first:.1f} s", end=", ", flush=True)
    taken, readers, memory = ingesting(folder, more, kinds)
    print(f"beside {READERS} readers {taken:.1f} s", end=", ", flush=True)
    last, _, _ = ingesting(folder, more, None)
    times = taken / mean((first, last))
    print(f"alone again {last:.1f} s; {times:.2f} ×{'!' if times > BAR_INGEST else ''}")
    ms = [each for reader in readers for each in reader.ms]
    p95 = quantile(ms, 0.95)
    missed = "!" if p95 > BAR_BESIDE else ""
    print(f"{len(ms)} pages beside it: {median(ms):.0f} ms, p95 {p95:.0f}{missed}, at most {max(ms):.0f}")
    seen = {files for reader in readers for files in reader.totals}
    print(f"files that the readers saw: {seen}; peak memory of the server {memory} MB")


def main(n: int = 100_000, m: int = 10_000) -> None:
    """Print the milliseconds of every kind of page, and those beside an ingest."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, more = Path(scratch, "round"), Path(scratch, "more")
        folder.mkdir()
        make_round(folder, n)
        write_roster(folder, m)
        measure(folder, more, m)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
