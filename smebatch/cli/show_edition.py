"""Shows an edition: everything that it says, each number with its unit and clause."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.table import Table

from smebatch.cli.console import console, make_table, printable
from smebatch.cli.words import CliWords
from smebatch.common.text import clean_text
from smebatch.standard.model import Bounds, Edition, Quantity, Question, Ranges
from smebatch.standard.questions import type_of


def print_edition(edition: Edition, words: CliWords) -> None:
    """Print an edition as tables."""
    screen = console()
    for line in (edition.header.title, f"id {edition.id}  sha256 {edition.sha256}"):
        screen.print(printable(clean_text(line), style="bold"))
    for listed in _tables(edition, words):
        screen.print(listed)


def _tables(edition: Edition, words: CliWords) -> Iterable[Table]:
    def listed(name: str, headings: str, rows: Iterable[Sequence[object]]) -> Table:
        """A table by the codes of its title and its headings; a dot is no heading."""
        titles = ["" if heading == "." else words.text(f"show.{heading}") for heading in headings.split()]
        return make_table(words.text(f"show.{name}"), titles, rows)

    printed = {name: getattr(edition.header, name) for name in ("score_overview", "scene_overview", "glossary_note")}
    sentences = [(name, said.text, said.clause) for name, said in printed.items() if said]
    yield listed("rules", ". . clause", [*sentences, *((r.id, r.text, r.clause) for r in edition.rules)])
    yield listed("levels", "levels score scene binding requirement description clause", _level_rows(edition))
    yield listed("indicators", "first weight second weight clause", _indicator_rows(edition))
    yield listed(
        "questions", "number first second questions title type options figures clause", _question_rows(edition)
    )
    if edition.scenes:
        groups = {g.id: g.name for g in edition.scene_groups}
        headings = [
            *(words.text(f"show.{name}") for name in ("scene", "first", "second")),
            *(g.name for g in edition.levels),
        ]
        rows = [(s.id, groups[s.group], s.printed_name, *s.levels, s.clause) for s in edition.scenes]
        yield make_table(words.text("show.scenes"), [*headings, words.text("show.clause")], rows)
    if edition.energies:
        energies = [(x.name, x.unit, _number(x.coefficient), x.coefficient.clause) for x in edition.energies]
        yield listed("energies", "energy unit coefficient clause", energies)
    yield listed("glossary", "term meaning", [(t.term, t.text) for t in edition.glossary])
    yield listed("checks", "kind content clause", [(c.kind, _check_text(c), c.clause) for c in edition.checks])
    yield listed(
        "rulings", ". gap choice reason clause", [(r.id, r.gap, r.choice, r.reason, r.clause) for r in edition.rulings]
    )


def _level_rows(edition: Edition) -> Iterable[Sequence[str]]:
    for g in edition.levels:
        conditions = (f"≥ {_number(quantity)}" if quantity else "" for quantity in (g.score, g.scenes, g.binding))
        yield g.full_name, *conditions, g.requirement, g.description, g.score.clause


def _indicator_rows(edition: Edition) -> Iterable[Sequence[str]]:
    for i in edition.indicators:
        d = edition.dimension[i.dimension]
        yield d.name, _number(d.weight), i.name, _number(i.weight), _clauses(d.weight.clause, i.weight.clause)


def _question_rows(edition: Edition) -> Iterable[Sequence[str]]:
    for q in edition.questions:
        yield (
            q.id,
            *(f"{part.name} {_number(part.weight)}" for part in edition.question_path(q)[:2]),
            f"{q.item} {_number(q.weight)}",
            q.title,
            type_of(q).label(edition.header),
            "\n".join(f"{i} {option}" for i, option in enumerate(q.options, 1)),
            "\n".join((*(f"{f.label}（{f.unit}）" for f in q.figures), *_ratio_and_remarks(q))),
            _clauses(q.clause, q.weight.clause),
        )


def _ratio_and_remarks(question: Question) -> Iterable[str]:
    """The rate that follows from figures, and what the form remarks."""
    if ratio := question.ratio:
        yield f"{ratio.label}（%） = {ratio.part} ÷ {ratio.whole}"
    yield from (" ".join(filter(None, (remark.text, remark.ruling))) for remark in question.remarks)


def _number(quantity: Quantity) -> str:
    return " ".join(filter(None, (str(quantity.value), quantity.unit, quantity.ruling)))


def _clauses(*clauses: str) -> str:
    return "；".join(dict.fromkeys(clauses))


def _check_text(check: Any) -> str:
    parts = []
    for name in check._fields:
        value = getattr(check, name)
        if name in ("kind", "clause") or not value:
            continue
        if isinstance(value, Bounds | Ranges):
            value = f"{', '.join(_text_of_value(v) for v in value.value)} {value.unit}"
        elif isinstance(value, Quantity):
            value = _number(value)
        parts.append(f"{name}: {_text_of_value(value)}")
    return "\n".join(parts)


def _text_of_value(value: object) -> str:
    return "–".join(str(v) for v in value) if isinstance(value, tuple) else str(value)
