"""The language of the page: what the user has chosen, else what the browser asks for."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote, urlsplit

from flask import Blueprint, Request, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from smebatch.language.words import Language

views = Blueprint("language", __name__)
_COOKIE = "smebatch_language"
_YEAR = 366 * 24 * 60 * 60  # seconds


def chosen(asked: Request) -> Language:
    """The language of a request; what is neither is Chinese."""
    kept = asked.cookies.get(_COOKIE)
    if kept in ("zh", "en"):
        return "en" if kept == "en" else "zh"
    return "en" if asked.accept_languages.best_match(["zh", "en"], "zh") == "en" else "zh"


@views.post("/language")
def switch() -> BaseResponse:
    """Keep the other language, and show the same page again."""
    language = "en" if request.form.get("language") == "en" else "zh"
    back = urlsplit(request.form.get("back", "/"))
    target = f"/{quote(back.path.lstrip('/'), safe='/%')}" + (f"?{back.query}" if back.query else "")
    response: Response | BaseResponse = redirect(target, HTTPStatus.SEE_OTHER)
    response.set_cookie(_COOKIE, language, max_age=_YEAR, httponly=True, samesite="Strict")
    return response
