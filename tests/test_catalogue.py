"""The catalogue of issues, reasons and statuses, and the reader of its files."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from cases import EDITION, changed, form_bytes, listed
from smebatch.common.bilingual import Catalogue, Wording, fill, placeholders, read_texts
from smebatch.common.text import clean_text
from smebatch.intake.read_entry import read_entry
from smebatch.issues.catalogue import ISSUES, MESSAGE_FIELDS, REASONS, STATUSES, IssueType, Severity
from smebatch.issues.docs_page import issues_page
from smebatch.issues.finding import Finding
from smebatch.issues.rendering import reason_text, render

PACKAGE = Path(__file__).parent.parent / "smebatch"
ROOM = 'zh = "房间"\nen = "room"\n'


def read(monkeypatch: pytest.MonkeyPatch, toml: str, *also: str, flags: Collection[str] = ()) -> list[dict[str, Any]]:
    """The rows of a file that holds this text."""
    monkeypatch.setattr("pkgutil.get_data", lambda _package, _file: toml.encode())
    return read_texts("smebatch.issues", "made_up.toml", also, flags)


# --- the reader of texts


def test_a_file_is_read_into_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = read(monkeypatch, f'["room.one"]\n{ROOM}["room.two"]\n{ROOM}')
    assert rows == [{"code": code, "zh": "房间", "en": "room"} for code in ("room.one", "room.two")]


@pytest.mark.parametrize(
    ("toml", "named"),
    [
        (f'["room.one"]\n{ROOM}["room.one"]\n{ROOM}', r"room\.one"),  # a code twice
        (f"[room.one]\n{ROOM}", "quotes"),
        ('["room.one"]\nzh = "房间"\n', r"room\.one: its fields must be en, zh"),
        (f'["room.one"]\n{ROOM}severity = "error"\n', r"room\.one: its fields must be en, zh"),
        ('["room.one"]\nzh = "房间"\nen = " "\n', r"room\.one: en is blank"),
        ('["room.one"]\nzh = 1\nen = "room"\n', r"room\.one: zh is blank or no text"),
        (ROOM, "zh: its fields"),  # texts without a code
        ("room", "at end of document"),  # no TOML
    ],
)
def test_an_unsound_file_is_refused_by_name(toml: str, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=rf"smebatch\.issues/made_up\.toml: .*{named}"):
        read(monkeypatch, toml)


def test_a_missing_file_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"smebatch\.issues/made_up\.toml"):
        read_texts("smebatch.issues", "made_up.toml")


def test_a_field_that_is_asked_for_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="en, severity, zh"):
        read(monkeypatch, f'["room.one"]\n{ROOM}', "severity")


def test_a_flag_is_false_where_it_is_left_out_and_nothing_but_true_or_false(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = read(monkeypatch, f'["room.one"]\n{ROOM}["room.two"]\n{ROOM}large = true\n', flags=("large",))
    assert [row["large"] for row in rows] == [False, True]
    with pytest.raises(ValueError, match=r"room\.one: large is neither"):
        read(monkeypatch, f'["room.one"]\n{ROOM}large = "yes"\n', flags=("large",))


@pytest.mark.parametrize(
    ("zh", "en", "named"),
    [
        ("{n} 间", "rooms", "differ"),
        ("{n} 间", "{m} rooms", "differ"),
        ("{m} 间", "{m} rooms", "nothing fills m"),
        ("{n:,} 间", "{n:,} rooms", "brace"),
        ("{n!r} 间", "{n!r} rooms", "brace"),
        ("{n.real} 间", "{n.real} rooms", "brace"),
        ("{} 间", "{} rooms", "brace"),
        ("{{n}} 间", "{{n}} rooms", "brace"),
        ("{n 间", "{n rooms", "brace"),
    ],
)
def test_placeholders_are_plain_names_that_something_fills_in_both_languages(zh: str, en: str, named: str) -> None:
    catalogue = Catalogue(lambda: [Wording("room.many", zh, en)], {"n"})
    with pytest.raises(ValueError, match=rf"room\.many: .*{named}"):
        len(catalogue)


def test_a_catalogue_of_two_files_holds_a_code_once() -> None:
    catalogue = Catalogue(lambda: [Wording("room.one", "房间", "room"), Wording("room.one", "屋子", "room")])
    with pytest.raises(ValueError, match=r"room\.one: the code is taken"):
        catalogue["room.one"]


def test_a_catalogue_reads_once_and_not_before_it_is_asked() -> None:
    reads = []

    def entries() -> Iterator[Wording]:
        reads.append(1)
        yield Wording("room.many", "{n} 间", "{n} rooms")

    catalogue = Catalogue(entries)
    assert not reads
    assert [fill(catalogue["room.many"], language, {"n": 2}) for language in ("zh", "en")] == ["2 间", "2 rooms"]
    assert (list(catalogue), len(catalogue), len(reads)) == (["room.many"], 1, 1)


def test_reading_a_return_looks_no_text_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes that read pass codes on; the texts are read where something is said."""
    (tmp_path / "a.xlsx").write_bytes(form_bytes(changed(revenue_last="约1000")))
    (tmp_path / "b.xlsx").write_bytes(b"")
    monkeypatch.setattr(Catalogue, "__getitem__", lambda _self, code: pytest.fail(code))
    answered, refused = (read_entry(entry, EDITION) for entry in listed(tmp_path))
    assert answered.answers is not None
    assert [finding.code for finding in answered.answers.findings] == ["figure.unreadable"]
    assert refused.reason == "file.empty"


# --- an issue that is brought along

MADE_UP = IssueType("made_up.code", Severity.WARNING, "{label}：{found}", "{label}: {found}", name="假想的问题")


def test_an_issue_brought_along_has_its_severity_message_and_row() -> None:
    with ISSUES.including(MADE_UP, MADE_UP._replace(code="made_up.other", waivable=True)):
        finding = Finding("made_up.code", label="营业收入", found="5")
        assert finding.severity is Severity.WARNING
        assert render(finding) == ("营业收入：5", "营业收入: 5")
        assert "| `made_up.code` | warning | 假想的问题 | {label}：{found} | {label}: {found} |" in issues_page()
        assert "| `made_up.other` | warning, waivable |" in issues_page()
    assert "made_up.code" not in ISSUES


@pytest.mark.parametrize(
    "issue",
    [MADE_UP._replace(code="key.missing"), MADE_UP._replace(en="{label}"), MADE_UP._replace(zh="{n}", en="{n}")],
    ids=["taken", "languages differ", "nothing fills n"],
)
def test_an_unsound_issue_is_not_taken_along(issue: IssueType) -> None:
    before = dict(ISSUES)
    with pytest.raises(ValueError, match=re.escape(issue.code)), ISSUES.including(MADE_UP._replace(code="a.b"), issue):
        pass
    assert dict(ISSUES) == before


# --- the catalogue and the code


def literals() -> dict[str, set[str]]:
    """What the code below the command line says like a code, with the modules that say it; * stands for a value.

    A whole text, or one in quotes within SQL: uscc.two_names, *.missing.
    """
    said: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "cli":  # speaks of options and commands; its codes are tested with it
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
            for code in re.findall(r"^(?:[a-z_]+|\*)\.[a-z_0-9]+$|(?<=')[a-z_]+\.[a-z_0-9]+(?=')", text):
                said.setdefault(code, set()).add(str(path.relative_to(PACKAGE)))
    return said


FILE = re.compile(r".*\.(toml|xml|rar|db)")
ELSEWHERE = {
    "edition.full_marks",  # a field of an edition
    *("edition.unwritable", "edition.missing", "edition.unsound"),  # messages of the faces
}


def test_every_code_in_the_code_is_in_the_catalogue() -> None:
    known = {*ISSUES, *REASONS}
    rooms = {code.split(".")[0] for code in known}
    unknown = {
        code: modules
        for code, modules in literals().items()
        if code.split(".")[0] in rooms and code not in known | ELSEWHERE and not FILE.fullmatch(code)
    }
    assert unknown == {}


# What a batch of threads of versions will say; to be taken out with the code that says it.
AWAITED = {"decision.not_waivable", "decision.dead", "return.passed_on", "returned.unchanged"}


def test_every_code_of_the_catalogue_is_in_the_code() -> None:
    said = literals()
    unused = {code for code in [*ISSUES, *REASONS] if "." in code and code not in said} - AWAITED
    assert {code for code in unused if f"*.{code.split('.')[1]}" not in said} == set()


def finding_calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call that makes a finding of a code that stands there; the code first."""
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Finding" and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, node


def test_findings_fill_the_messages_of_their_codes() -> None:
    fields = list(Finding.__dataclass_fields__)
    calls = list(finding_calls())
    assert calls
    for code, call in calls:
        filled = {*fields[: len(call.args)], *(keyword.arg for keyword in call.keywords)}
        assert placeholders(code, ISSUES[code].zh) <= filled, code


def test_only_two_reasons_have_values() -> None:
    values = {code: placeholders(code, reason.zh) for code, reason in REASONS.items()}
    assert {code: names for code, names in values.items() if names} == {
        "errors": {"n"},
        "edition.wrong": {"found", "expected"},
    }
    assert reason_text("errors", "en", n=3) == "3 errors must be corrected."


def test_the_fields_of_a_message_are_fields_of_a_finding() -> None:
    assert set(MESSAGE_FIELDS) <= set(Finding.__dataclass_fields__)


@pytest.mark.parametrize("catalogue", [ISSUES, REASONS, STATUSES], ids=["issues", "reasons", "statuses"])
def test_texts_hold_nothing_that_cannot_be_printed(catalogue: Catalogue[Wording]) -> None:
    assert len(catalogue) > 0
    for entry in catalogue.values():
        assert (clean_text(entry.zh), clean_text(entry.en)) == (entry.zh, entry.en)
