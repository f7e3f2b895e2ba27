"""本轮: the state of the round at a glance, what to do next, and the settings as a form."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple, cast

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from smebatch.batch.at_a_glance import count_statuses
from smebatch.batch.batch_file import BatchError
from smebatch.batch.ingest import STATUSES
from smebatch.batch.load import Selection
from smebatch.batch.returned import count_pending
from smebatch.issues.notice import Notice, notice_of
from smebatch.page.forms import lists_in
from smebatch.page.glance import DistrictReplies, Glance, state_of, take_glance
from smebatch.page.job import BUSY
from smebatch.page.kept import Kept, State, all_kept
from smebatch.page.listing import ROWS, Listing, page_number, page_within
from smebatch.page.place import OpenBatch
from smebatch.page.requests import open_batch, place, sentence, words
from smebatch.page.settings_form import SettingsForm, form_of_document, form_of_request
from smebatch.settings.choices import choices
from smebatch.settings.loader import SettingsError, read_document, settings_of
from smebatch.settings.model import Settings
from smebatch.standard.loader import edition_ids
from smebatch.workflow import save_settings, settings_sha256

views = Blueprint("home", __name__)

SEGMENTS = ("counted", "returned", "superseded", "rejected")
"""The statuses of a bar where there is no roster, in this order."""

_BLANK_ROWS = 1  # of tiers, and of a target's conditions


@views.record_once
def _begin(state: BlueprintSetupState) -> None:
    state.app.extensions["glance"] = Kept[Glance]()


def _kept() -> Kept[Glance]:
    return cast("Kept[Glance]", current_app.extensions["glance"])


# --- at a glance ------------------------------------------------------------------------------------------------------


class Bar(NamedTuple):
    """A district: its entries by status, its enterprises, and the widths of its bar in per mille, by name."""

    district: str
    entries: dict[str, int]
    replies: DistrictReplies | None
    widths: list[tuple[str, float, float]]


@views.get("/")
def show() -> str:
    """What became of the round so far, by district, and what to do next."""
    problem, settings = _settings()
    shown: dict[str, Any] = {"settings_problem": problem, "statuses": STATUSES, "counts": {}, "glance": None}
    try:
        if not problem:
            shown |= _of_batch(Selection.of(settings))
    except BatchError as error:
        if error.code in BUSY:
            raise
        shown["batch_problem"] = notice_of(error)  # what to do about it is found from this page
    return render_template(
        "home.html",
        **shown,
        settings=settings,
        steps=list(_steps(settings, problem, shown)),
        region=settings.round.region,
    )


def _of_batch(selection: Selection) -> dict[str, Any]:
    """What the page shows of the batch; nothing where there is none. Raises BatchError."""
    with open_batch() as batch:
        if batch is None:
            return {}
        glance = _glance(batch, selection)
        shown: dict[str, Any] = {"counts": count_statuses(batch.database), "at": batch.database.meta["read_at"]}
        shown |= {"cut_short": batch.database.cut_short, "pending": count_pending(batch.database)}
    if isinstance(glance, Glance):
        return {**shown, "waiting": False, "glance": glance, **_districts(glance)}
    return {**shown, "waiting": glance is None, "failure": glance}


@views.get("/use")
def batch_use() -> Response:
    """Whether another program has the batch, for a page that waits for it."""
    said = "ended"
    try:
        with open_batch():
            pass
    except BatchError as error:
        said = "busy" if error.code in BUSY else "ended"
    return Response(said, content_type="text/plain; charset=utf-8")


@views.get("/state")
def state() -> dict[str, Any]:
    """Whether something is being worked out, for a page that watches."""
    running = any(kept.running for kept in all_kept(current_app.extensions))
    return {"running": running, "done": 0, "total": 0, "said": [words().text("page.home.working")] if running else []}


@views.get("/roster")
def roster() -> str:
    """The enterprises that were asked to answer, of a district, and those who have not."""
    answered = {"yes": True, "no": False}.get(request.args.get("answered", ""))
    return _list("asked", _of_district() | ({} if answered is None else {"answered": answered}), "roster.html")


@views.get("/replies")
def replies() -> str:
    """The returns of enterprises on the roster."""
    return _list("returns", _of_district(), "replies.html")


def _of_district() -> dict[str, object]:
    return {"district": value} if (value := request.args.get("district")) else {}


def _list(table: str, conditions: dict[str, object], template: str) -> str:
    selection = Selection.of(place().settings())
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.home", what="page.empty.batch")
        glance = _glance(batch, selection)
    if not isinstance(glance, Glance):
        return render_template("working.html", failure=glance)
    if glance.lists is None:
        return render_template("empty.html", title="page.nav.home", what="page.home.no_roster")
    listing = glance.lists.page(table, conditions, page_number(request.args.get("page")))
    return render_template(template, listing=listing, district=conditions.get("district", ""))


def _glance(batch: OpenBatch, selection: Selection) -> Glance | Notice | None:
    """What is kept of a batch; None while it is worked out, and why where it cannot be."""
    where = place()

    def work() -> tuple[State, Glance] | None:
        with where.open_batch() as opened:
            return (state_of(opened, selection), take_glance(opened, selection)) if opened else None

    return _kept().get(state_of(batch, selection), work)


def _settings() -> tuple[Notice | None, Settings]:
    """The settings; where they cannot be used, why, and none."""
    try:
        return None, place().settings()
    except SettingsError as error:
        return Notice(error.code, error.values), Settings()


def _districts(glance: Glance) -> dict[str, Any]:
    """A page of the districts, and all of them together."""
    total = len(glance.districts)
    number = page_within(page_number(request.args.get("page")), total)
    names = glance.districts[(number - 1) * ROWS : number * ROWS]
    bars = [_bar(name, glance) for name in names]
    whole = DistrictReplies(*map(sum, zip(*glance.replies.values(), strict=True))) if glance.replies else None
    return {"bars": bars, "whole": whole, "listing": Listing((), [], total, number)}


def _bar(district: str, glance: Glance) -> Bar:
    entries = dict(glance.entries.get(district, {}))
    found = glance.replies.get(district, DistrictReplies()) if glance.replies is not None else None
    if found is not None:
        parts = {"counted": found.counted, "pending": found.answered - found.counted, "silent": found.silent}
    else:
        parts = {status: entries.get(status, 0) for status in SEGMENTS}
    whole, at, widths = sum(parts.values()) or 1, 0.0, []
    for name, count in parts.items():
        width = 1000 * count / whole
        widths.append((name, at, width))
        at += width
    return Bar(district, entries, found, widths)


def _steps(settings: Settings, problem: Notice | None, shown: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What to do next: the code of a text, and the address that it leads to. The most urgent comes first."""
    yield from _steps_before(settings, problem, cut_short=shown.get("cut_short", False))
    counts = shown["counts"]
    if not counts:
        yield "page.home.next.forms", url_for("forms.show")
        yield "page.home.next.collect", url_for("collect.show")
        return
    if counts.get("rejected"):
        yield "page.home.next.rejected", url_for("files.show", status="rejected")
    if shown["pending"]:
        yield "page.home.next.decide", url_for("corrections.decisions")
    if counts.get("returned"):
        yield "page.home.next.returned", url_for("corrections.show")
    if (whole := shown.get("whole")) and whole.silent:
        yield "page.home.next.silent", url_for("home.roster", answered="no")
    if counts.get("counted"):
        yield "page.home.next.report", url_for("reports.show")


def _steps_before(settings: Settings, problem: Notice | None, *, cut_short: bool) -> Iterator[tuple[str, str]]:
    """What comes before everything else: settings, what is under way, and a roster."""
    if problem or settings.path is None:
        yield "page.home.next.mend" if problem else "page.home.next.settings", url_for("home.settings")
    if place().job.state.running:
        yield "page.home.next.watch", url_for("collect.show")
    elif cut_short:
        yield "page.home.next.resume", url_for("collect.show")
    roster = settings.round.roster
    if not problem and (roster is None or not (place().folder / roster).exists()):
        yield "page.home.next.roster" if roster is None else "page.home.next.no_roster", url_for("forms.show")


# --- settings ---------------------------------------------------------------------------------------------------------


@views.get("/settings")
def settings() -> str:
    """The settings, to be changed. What a file says that cannot be used stands there as well, with what is wrong."""
    path, problem = place().settings_path, None
    seen = settings_sha256(path)
    form = SettingsForm()
    if seen:
        try:
            document = read_document(path)
            form = form_of_document(document)
            settings_of(path, document)
        except SettingsError as error:
            problem = Notice(error.code, error.values)
            form.entered(path)  # says beside the fields what is wrong
    else:
        form = form_of_document({})
    return _show_form(form, seen, [problem] if problem else _saved())


@views.post("/settings")
def save() -> tuple[str, int] | Response:
    """Save the settings that are entered, or add and remove rows of the form."""
    path, seen = place().settings_path, request.form.get("seen", "")
    form = form_of_request(request.form)
    add, remove = request.form.get("add", ""), request.form.get("remove", "")
    if add or remove:
        form.change_rows(add, remove)
        return _show_form(form, seen, [], blank_rows=0), HTTPStatus.OK
    form = form.without_blank_rows()
    entered = form.entered(path)
    if entered is None:
        return _show_form(form, seen, [Notice("page.home.not_saved")]), HTTPStatus.UNPROCESSABLE_ENTITY
    notices: list[Notice] = []
    try:
        save_settings(entered, seen=seen, notify=notices.append)
    except SettingsError as error:
        problem = Notice(error.code, error.values)
        changed = error.code == "settings.changed"
        return _show_form(form, settings_sha256(path), [problem], changed=changed), HTTPStatus.CONFLICT
    aside = [Path(str(notice.values["aside"])).name for notice in notices]
    return redirect(url_for("home.settings", saved="yes", aside=aside), HTTPStatus.SEE_OTHER)


def _saved() -> list[Notice]:
    """What is said after saving. ``aside``: the name of the file that was set aside beside the new one."""
    path = place().settings_path
    if request.args.get("saved") != "yes":
        return []
    aside = next((each.name for each in path.parent.iterdir() if each.name == request.args.get("aside")), "")
    return [
        Notice("page.home.saved", {"path": path}),
        *([Notice("output.aside", {"path": path, "aside": aside})] if aside else []),
    ]


def _show_form(
    form: SettingsForm, seen: str, said: list[Notice], *, changed: bool = False, blank_rows: int = _BLANK_ROWS
) -> str:
    """The form with blank rows at its ends. ``seen``: the hash of the file it was made from."""
    for _ in range(blank_rows):
        form.change_rows("tiers", "")
        for number in range(len(form.targets)):
            form.change_rows(f"where.{number}", "")
    return render_template(
        "settings.html",
        form=form,
        problems={name: _sentence(notice) for name, notice in form.problems.items()},
        said=said,
        seen=seen,
        changed=changed,
        path=place().settings_path.absolute(),
        phases=choices("phase"),
        kinds=choices("kind"),
        editions=edition_ids(),
        rosters=lists_in(place().folder),
    )


def _sentence(notice: Notice) -> str:
    """What is wrong with a field, in words for a form: nobody types quotes or brackets there."""
    values = dict(notice.values)
    if notice.code in ("settings.lacks", "settings.one_of"):
        names = str(values["key"]).split(" / ")
        values["key"] = " / ".join(words().text(f"page.home.targets.{name}") for name in names)
    return sentence(Notice(notice.code, values))
