"""Shows the history of an enterprise: the versions of its returns, and what has become of each issue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from smebatch.batch.thread_history import VersionHistory
from smebatch.cli.console import console, make_table, printable
from smebatch.cli.words import CliWords
from smebatch.common.text import clean_text, minute_text, shown_text
from smebatch.standard.keys import titles_of
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of
from smebatch.workflow import History

_ROOM = 60  # characters of an answer in a cell of a table


def history_document(versions: Sequence[VersionHistory]) -> list[dict[str, Any]]:
    """The versions as data: each with its columns, and its issues with theirs."""
    return [history.version | {"issues": history.issues} for history in versions]


def print_history(history: History, words: CliWords) -> None:
    """Print the versions, thread by thread."""
    screen = console()
    thread = ""
    for version in history.versions:
        if version.version["thread"] != thread:
            thread = version.version["thread"]
            who = "　".join(filter(None, (clean_text(version.name), clean_text(version.uscc), thread)))
            screen.print(printable(words.text("history.thread", who=who), style="bold"))
        screen.print(*_blocks(version, history.edition, words), sep="\n")


def _blocks(history: VersionHistory, edition: Edition, words: CliWords) -> Iterator[Table | Text]:
    """What is shown of a version: its line, its score, its issues and what was changed unasked."""
    version = history.version
    line = words.text(
        "history.version",
        number=version["version"],
        file=clean_text(version["file"]),
        status=words.term("status", version["status"]),
        form_id=version["form_id"],
        read_at=minute_text(version["read_at"]),
    )
    yield printable(line, style="bold")
    if version["score_units"] is None:
        yield printable(words.text("history.errors", errors=version["errors"], warnings=version["warnings"]))
    else:
        yield printable(_score(version["score_units"], version["level"], "history.score", edition, words))
    if history.issues:
        yield _issue_table(history.issues, edition, words)
    unasked = [change for change in history.changes if change["asked"] == "no"]
    if unasked:
        yield _change_table(unasked, edition, words)
    if history.without_unasked:
        yield printable(_score(*history.without_unasked, "history.without_unasked", edition, words))


def _score(units: int, level: int, code: str, edition: Edition, words: CliWords) -> str:
    return words.text(code, score=scale_of(edition).points(units), level=edition.level_name(level))


def _issue_table(issues: Iterable[dict[str, Any]], edition: Edition, words: CliWords) -> Table:
    titles = titles_of(edition)
    names = ("state", "severity", "code", "key", "title", "found_before", "found", "explanation", "decision")
    rows = (
        (
            words.term("state", issue["state"]),
            words.term("severity", issue["severity"]),
            *(issue["code"], issue["key"], titles.get(issue["key"], "")),
            *(shown_text(issue[name], _ROOM) for name in ("found_before", "found", "explanation")),
            _decision(issue, words),
        )
        for issue in issues
    )
    return make_table("", [words.text(f"history.{name}") for name in names], rows)


def _decision(issue: dict[str, Any], words: CliWords) -> str:
    if not issue["decision"]:
        return ""
    decided = (words.term("decision", issue["decision"]), issue["reason"], issue["decided_by"], issue["decided_on"])
    return "，".join(filter(None, decided))


def _change_table(changes: Iterable[dict[str, Any]], edition: Edition, words: CliWords) -> Table:
    titles = titles_of(edition)
    rows = (
        (change["key"], titles[change["key"]], *(shown_text(change[name], _ROOM) for name in ("before", "after")))
        for change in changes
    )
    headings = [words.text(f"history.{name}") for name in ("key", "title", "before", "after")]
    return make_table(words.text("history.unasked"), headings, rows)
