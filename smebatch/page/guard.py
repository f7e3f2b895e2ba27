"""Who may ask the page for anything: the browser that was given the token, and nobody else.

The server listens on 127.0.0.1 alone. That keeps out other machines, but not the pages of other servers that are open
in the same browser; so every request needs the cookie that the first one was given for its token, names this server
(another name that leads to 127.0.0.1 is somebody's trick), and every change bears a second token, which only our own
pages hold.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import quote, urlencode

from flask import Flask, Response, redirect, request

_READING = frozenset({"GET", "HEAD"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"


def _secret() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True)
class Guard:
    """The secrets of one server on a port; all of them are new whenever it starts.

    ``token``: what the address that is announced bears. ``cookie``: what the browser is given for it. ``csrf``: what
    every change must bear.
    """

    port: int
    token: str = field(default_factory=_secret)
    cookie: str = field(default_factory=_secret)
    csrf: str = field(default_factory=_secret)

    @property
    def cookie_name(self) -> str:
        """Cookies know no ports, so two servers need two names."""
        return f"smebatch_{self.port}"

    @property
    def address(self) -> str:
        """The address that leads in."""
        return f"http://127.0.0.1:{self.port}/?token={self.token}"

    def protect(self, app: Flask) -> None:
        """Let an app answer only what is allowed to ask."""
        app.before_request(self._check)
        app.after_request(_with_headers)

    def _check(self) -> Response | None:
        """The answer to a request that may not pass: 403 with nothing of the round, or the way in for the token."""
        if request.host not in (f"127.0.0.1:{self.port}", f"localhost:{self.port}"):
            return _refused()
        token = request.args.get("token")
        if token is not None and request.method == "GET" and _same(token, self.token):
            return self._let_in()
        if not _same(request.cookies.get(self.cookie_name, ""), self.cookie):
            return _refused()
        if request.method not in _READING and not self._bears_csrf():
            return _refused()
        return None

    def _let_in(self) -> Response:
        rest = [(name, value) for name, value in request.args.items(multi=True) if name != "token"]
        # The path is quoted anew, and begins with one stroke, so that it cannot lead to another server.
        target = f"/{quote(request.path.lstrip('/'))}" + (f"?{urlencode(rest)}" if rest else "")
        response = redirect(target, HTTPStatus.SEE_OTHER)
        response.set_cookie(self.cookie_name, self.cookie, httponly=True, samesite="Strict", path="/")
        return Response(response.response, response.status, response.headers)

    def _bears_csrf(self) -> bool:
        """The token comes in a header, or with a form; a form is read only where there is no header."""
        given = request.headers.get(CSRF_HEADER) or request.form.get(CSRF_FIELD, "")
        return _same(given, self.csrf)


def _same(given: str, secret: str) -> bool:
    """Compare without telling by the time how much is right."""
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), secret.encode())


def _refused() -> Response:
    return Response("403\n", HTTPStatus.FORBIDDEN, content_type="text/plain; charset=utf-8")


def _with_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response
