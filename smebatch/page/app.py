"""The application: its views, what every template needs, and the answers to what goes wrong."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, InternalServerError

from smebatch import __version__
from smebatch.batch.engine import keep_engines
from smebatch.common.text import clean_text, minute_text
from smebatch.issues.notice import Notice, ProblemError, notice_of
from smebatch.language.words import Words
from smebatch.page import collect, corrections, enterprises, files, forms, home, issues, language, reports, returns
from smebatch.page.job import BUSY
from smebatch.page.place import Place
from smebatch.page.readers import Readers
from smebatch.page.requests import now, place, sentence

NAVIGATION = ("home", "forms", "collect", "files", "issues", "enterprises", "corrections", "reports")
"""The blueprints that the top of each page leads to; their labels are the texts page.nav.home and so on."""


def make_app(place: Place) -> Flask:
    """The application for a round; whoever serves it protects it (see guard)."""
    keep_engines()
    app = Flask("smebatch.page")
    app.extensions["place"], app.extensions["readers"] = place, Readers()
    app.url_map.merge_slashes = False  # a path with an empty part is no other page's, but none
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.finalize = _shown
    for module in (home, forms, collect, files, issues, enterprises, corrections, reports, returns, language):
        app.register_blueprint(module.views)
    app.before_request(_choose_language)
    app.context_processor(_common_values)
    app.register_error_handler(ProblemError, _problem)
    app.register_error_handler(OSError, _problem)
    app.register_error_handler(HTTPException, _http_error)
    return app


def _choose_language() -> None:
    g.words = Words(language.chosen(request))


def _common_values() -> dict[str, Any]:
    if "words" not in g:  # the request was refused before anything was asked of it
        _choose_language()
    words: Words = g.words
    return {
        "t": words.text,
        "term": words.term,
        "say": sentence,
        "lang": words.language,
        "navigation": NAVIGATION,
        "printed_for": partial(_printed_for, words),
        "version": __version__,
        "csrf": current_app.extensions["guard"].csrf if "guard" in current_app.extensions else "",
    }


def _printed_for(words: Words) -> str:
    """What stands above a page on paper: which round it is of, and when it was printed."""
    try:
        region = place().settings().round.region
    except (ProblemError, OSError):  # the page itself says what is wrong with the settings
        region = ""
    return words.text("page.printed", region=region or "", at=minute_text(now().isoformat()))


def _shown(value: Any) -> Any:
    """A text that is put on a page, without what cannot be seen or turns the reading direction; markup is ours."""
    if isinstance(value, str) and not value.isprintable() and not isinstance(value, Markup):
        return "\n".join(map(clean_text, value.split("\n")))
    return value


def _problem(error: ProblemError | OSError) -> tuple[str, int]:
    """What keeps a page from being shown is one sentence on it; it comes by itself once another program is done."""
    notice = notice_of(error)
    waits = notice.code in BUSY and request.method == "GET"
    return render_template("problem.html", notice=notice, waits=waits), HTTPStatus.CONFLICT


def _http_error(error: HTTPException) -> tuple[str, int] | Response:
    code = error.code or HTTPStatus.BAD_REQUEST
    if isinstance(error, InternalServerError) and isinstance(met := error.original_exception, Exception):
        return render_template("problem.html", notice=notice_of(met)), code
    if code == HTTPStatus.NOT_FOUND:
        return render_template("problem.html", notice=Notice("page.not_found")), code
    return render_template("problem.html", notice=Notice("page.bad_request")), code
