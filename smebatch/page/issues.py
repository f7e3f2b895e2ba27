"""问题: what is wrong with the returns, by code, by district, and one by one."""

from __future__ import annotations

from flask import Blueprint, render_template

from smebatch.issues.catalogue import Severity, issue_name
from smebatch.page.anchors import anchor_in
from smebatch.page.filters import ANY, DISTRICT, asked, district_choices, term_choices
from smebatch.page.listing import Where, containing, list_rows, page_number
from smebatch.page.requests import open_batch, readers, words
from smebatch.standard.keys import titles_of

views = Blueprint("issues", __name__, url_prefix="/issues")

_JOIN = "LEFT JOIN answers a USING (form_id)"
_SOURCE = f"issues i {_JOIN}"
# Both counts in one.
_COUNTS = f"""
SELECT i.code, i.severity, {DISTRICT} AS district, count(*), count(*) FILTER (i.form_id <> ''),
       count(DISTINCT i.form_id) FILTER (i.form_id <> ''), grouping(i.code)
FROM {_SOURCE} WHERE {{where}} GROUP BY GROUPING SETS ((i.code, i.severity), ({DISTRICT}))
ORDER BY 2, 6 DESC, 1, 3
"""
_LISTED = ("file", "form_id", "sheet", "cell", "key", "code", "severity", "found", "expected", "message", "message_en")
_COLUMNS = (
    *((name, f"i.{name}") for name in (*_LISTED, "clause", "state", "explanation", "decision")),
    ("name", "a.name"),
)
_SEARCHED = ("i.file", "i.message", "i.message_en", "i.found", "i.explanation")
_CODES = "SELECT DISTINCT code FROM issues ORDER BY code"
STATES = ("new", "unchanged", "miscorrected", "waived")
"""What an issue of a version may be, of those that are still there."""


@views.get("/")
def show() -> str:
    """How many issues there are of each code and in each district, and how many returns have them."""
    conditions = _conditions("code", "severity", "district")
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.issues", what="page.empty.batch")
        where = " AND ".join(each.sql for each in conditions) or "true"
        values = [value for each in conditions for value in each.parameters]
        counts = batch.database.recall_rows(_COUNTS.format(where=where), values)
        choices = {"districts": district_choices(batch.database), "severities": term_choices("severity", Severity)}
    # Issues of a decisions file are of no return, and so of no district.
    by_code = [(code, severity, n, returns) for code, severity, _, n, _, returns, other in counts if not other]
    by_district = [(district, n, returns) for *_, district, _, n, returns, other in counts if other and n]
    tables = {"by_code": by_code, "by_district": by_district}
    return render_template("issues.html", **tables, **choices, any_code=ANY)


@views.get("/list")
def each() -> str:
    """The issues one by one."""
    conditions = _conditions("code", "severity", "district", "state", "q")
    with open_batch() as batch:
        if batch is None:
            return render_template("empty.html", title="page.nav.issues", what="page.empty.batch")
        number, order = page_number(asked("page")), "i.file, i.number, i.code, i.key, i.cell"
        source, joins = (_SOURCE, "") if asked("district") else ("issues i", _JOIN)
        listing = list_rows(batch.database, _COLUMNS, source, conditions, order, number, joins)
        codes = batch.database.recall_rows(_CODES)
        named, titles = district_choices(batch.database), titles_of(batch.edition)
        anchor = anchor_in(batch.edition)
        readers().expect(batch.edition)
    choices = {
        "codes": [(code, f"{issue_name(code, words().language)} {code}") for (code,) in codes],
        "severities": term_choices("severity", Severity),
        "states": term_choices("state", STATES),
        "districts": named,
    }
    return render_template("issue_list.html", listing=listing, titles=titles, anchor=anchor, **choices)


def _conditions(*names: str) -> list[Where]:
    """The conditions that are asked for, of those of these names."""
    columns = {"code": "i.code", "severity": "i.severity", "state": "i.state", "district": DISTRICT}
    conditions = [Where(f"{columns[name]} = ?", (value,)) for name in names if name != "q" and (value := asked(name))]
    if "q" in names and (text := asked("q").strip()):
        conditions.append(_with_text(text))
    return conditions


def _with_text(text: str) -> Where:
    """A text of the issue, or the name of the enterprise, holds this text."""
    name, *texts = (containing(column, text) for column in ("name", *_SEARCHED))
    # Column by column, for many issues say the same, and each text is looked at once; so is each name.
    places = [*texts, name._replace(sql=f"i.form_id IN (SELECT form_id FROM answers WHERE {name.sql})")]
    return Where(" OR ".join(place.sql for place in places), tuple(v for place in places for v in place.parameters))


views.add_app_template_global(issue_name)
