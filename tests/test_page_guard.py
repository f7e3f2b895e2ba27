"""Nobody but the browser that was given the token gets anything of the round, and nothing breaks the server."""

from __future__ import annotations

import re
import signal
import socket
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from page_client import CSRF, GUARD, PORT, page_client, stranger
from served import Served, serving
from smebatch.page.server import serve_page
from test_ctrl_c import drop

HOST = f"127.0.0.1:{PORT}"
REGION = "示例机密区"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "smebatch.toml").write_text(f'[round]\nregion = "{REGION}"\n', "utf-8")
    return tmp_path


@pytest.mark.parametrize("path", ["/", "/files/", "/static/page.css", "/no-such", "/?token=wrong", "/language"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"])
def test_without_the_cookie_there_is_nothing(folder: Path, path: str, method: str) -> None:
    answer = stranger(folder).open(path, method=method, headers={"Host": HOST})
    assert answer.status_code == 403
    assert REGION not in answer.text


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:1", "[::1]:8765", ""])
def test_another_host_is_somebodys_trick(folder: Path, host: str) -> None:
    client = page_client(folder)
    assert client.get("/", headers={"Host": host}).status_code == 403
    assert client.get(f"/?token={GUARD.token}", headers={"Host": host}).status_code == 403


def test_this_machine_has_two_names(folder: Path) -> None:
    client = page_client(folder)
    client.set_cookie(GUARD.cookie_name, GUARD.cookie, domain="localhost")
    assert client.get("/", base_url=f"http://localhost:{PORT}").status_code == 200


def test_the_token_gives_the_cookie_and_leads_to_the_same_page(folder: Path) -> None:
    client = stranger(folder)
    answer = client.get(f"/files/?token={GUARD.token}&status=counted", headers={"Host": HOST})
    assert (answer.status_code, answer.location) == (303, "/files/?status=counted")
    cookie = answer.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert GUARD.token not in cookie


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example", "/%0d%0aSet-Cookie:a=b"])
def test_the_token_leads_to_no_other_server(folder: Path, path: str) -> None:
    answer = stranger(folder).get(f"{path}?token={GUARD.token}", headers={"Host": HOST}, base_url=f"http://{HOST}")
    location = urlsplit(answer.headers.get("Location", "/"))
    assert (location.scheme, location.netloc) == ("", "")
    assert "a" not in {name for name, _ in answer.headers.items()}


@pytest.mark.parametrize("given", [{}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": GUARD.cookie}])
def test_a_change_bears_its_own_token(folder: Path, given: dict[str, str]) -> None:
    client = page_client(folder)
    assert client.post("/language", data={"language": "en", **given}).status_code == 403
    assert client.post("/language", data={"language": "en", **CSRF}).status_code == 303


def test_pages_let_no_script_of_others_in(folder: Path) -> None:
    answer = page_client(folder).get("/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert not re.findall(r"<script(?![^>]* src=)|<style|\son[a-z]+=|\sstyle=|javascript:", answer.text)


def test_what_does_not_exist_is_404(folder: Path) -> None:
    client = page_client(folder)
    for path in ("/no-such", "/files/x", "/static/../app.py", "/static/%2e%2e/app.py", "/static/no.css"):
        assert client.get(path).status_code == 404, path


# --- the server itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    with serving(folder) as page:
        yield page


def ask(port: int, raw: bytes) -> bytes:
    """The first line of the answer to a request as it is typed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(raw)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_it_is_told_to_stop(served: Served, number: signal.Signals) -> None:
    connection = HTTPConnection("127.0.0.1", served.port, timeout=20)
    connection.request("GET", urlsplit(served.address).path + "?" + urlsplit(served.address).query)
    answer = connection.getresponse()
    assert answer.status == 303
    cookie = str(answer.getheader("Set-Cookie")).split(";")[0]
    answer.read()
    connection.request("GET", "/", headers={"Cookie": cookie})
    assert connection.getresponse().status == 200
    connection.close()
    served.process.send_signal(number)
    assert served.process.wait(timeout=20) == 0


@pytest.mark.timeout(60)
def test_it_stops_wherever_python_is_when_it_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a finaliser as well, where Python drops what is raised."""
    monkeypatch.setattr(sys, "setswitchinterval", lambda _seconds: None)
    serve_page(folder, None, 0, lambda _address: drop(), browser=False)


def test_no_text_that_is_sent_is_answered_5xx(served: Served) -> None:
    host = f"Host: 127.0.0.1:{served.port}\r\n".encode()
    requests = [
        *(b"GET %b HTTP/1.1\r\n%b\r\n" % (path, host) for path in (b"/%ff", b"/\xff\xfe", b"/%00", b"/" + b"a" * 9000)),
        b"GET / HTTP/1.1\r\nHost: \xff\xff\r\n\r\n",
        b"GET / HTTP/1.1\r\n%bCookie: %b\r\n\r\n" % (host, b"\xff=\xfe; " * 50),
        b"GET /?token=%%ff HTTP/1.1\r\n%b\r\n" % host,
        b"POST /language HTTP/1.1\r\n%bContent-Length: x\r\n\r\n" % host,
        b"POST /language HTTP/1.1\r\n%bTransfer-Encoding: gzip\r\n\r\n" % host,
        b"POST /language HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\nzz\r\n" % host,
        b"BREW / HTTP/1.1\r\n%b\r\n" % host,
        b"GET / HTTP/9.9\r\n%b\r\n" % host,
        b"GET http://evil.example/ HTTP/1.1\r\n%b\r\n" % host,
        b"\x00\x01\x02\r\n\r\n",
        b"GET / HTTP/1.1\r\n%bX: %b\r\n\r\n" % (host, b"y" * 300_000),
    ]
    for raw in requests:
        line = ask(served.port, raw)
        assert not re.match(rb"HTTP/1\.[01] 5", line), (raw[:80], line)
