"""Reference data that no edition owns: industries, size classes, the words of rosters, and the wording of the form."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from smebatch.standard.model import Quantity
from smebatch.standard.toml_binding import build


class Division(NamedTuple):
    """A division (大类) of GB/T 4754-2017 with its section (门类)."""

    code: str
    name: str
    section: str
    section_name: str

    @property
    def label(self) -> str:
        """Section letter, code and name: C33 金属制品业."""
        return f"{self.section}{self.code} {self.name}"


class Industries(NamedTuple):
    """The divisions of GB/T 4754-2017 by two-digit code; ``covered``: the sections that the standard addresses."""

    title: str
    covered: tuple[str, ...]
    divisions: dict[str, Division]

    def division(self, code: str) -> Division | None:
        """The division an industry code lies in, or None where the code names none.

        A code is a division, group or class (2 to 4 digits) with or without its section letter; a letter that is not
        the division's own names none, because then one of the two is wrong.

        >>> industries().division("C3391").label
        'C33 金属制品业'
        >>> industries().division("39").code
        '39'
        >>> industries().division("A3391") is None
        True
        """
        match = re.fullmatch(r"([A-Za-z]?)([0-9]{2})[0-9]{0,2}", code)
        division = self.divisions.get(match[2]) if match else None
        if match and division and match[1].upper() in ("", division.section):
            return division
        return None


@cache
def industries() -> Industries:
    """Load GB/T 4754-2017."""
    toml = _load("industry.toml")
    divisions = {
        code: Division(code, name, letter, section["name"])
        for letter, section in toml["section"].items()
        for code, name in section["divisions"].items()
    }
    return Industries(toml["title"], tuple(toml["covered"]), divisions)


class SizeClass(NamedTuple):
    """A size class with its two lower limits."""

    name: str
    staff: Quantity
    revenue: Quantity


class SizeRule(NamedTuple):
    """The size classes, largest first; ``smallest``: the name of the class below the last."""

    title: str
    source: str
    sections: tuple[str, ...]
    smallest: str
    classes: tuple[SizeClass, ...]


@cache
def size_rule() -> SizeRule:
    """Load the size classes of 国统字〔2017〕213号."""
    toml = _load("size.toml")
    toml["classes"] = toml.pop("class")
    return build(SizeRule, toml, "size")


class RosterWords(NamedTuple):
    """How offices write lists of enterprises. ``headings``: for each key the wordings of its heading, the surest first.

    ``totals`` and ``remarks``: regular expressions of lines that are no enterprise; ``counts``: one of a text in the
    column of names that is no name.
    """

    headings: dict[str, tuple[str, ...]]
    totals: tuple[str, ...]
    counts: str
    remarks: tuple[str, ...]


@cache
def roster_words() -> RosterWords:
    """Load the words of rosters."""
    toml = _load("roster.toml")
    headings = {key: tuple(wordings) for key, wordings in toml["headings"].items()}
    lines = toml["lines"]
    return RosterWords(headings, tuple(lines["totals"]), lines["counts"], tuple(lines["remarks"]))


class AdviceWords(NamedTuple):
    """The advice for a question without an answer; ``nothing``: wordings of options that say that there is nothing."""

    nothing: tuple[str, ...]
    multiple: dict[str, str]
    single: dict[str, str]


@cache
def advice_words() -> AdviceWords:
    """Load the words of advice."""
    toml = _load("advice.toml")
    return AdviceWords(tuple(toml["nothing"]), toml["multiple"], toml["single"])


class Legend(NamedTuple):
    """The short legend of the colours."""

    answer: str
    missing: str
    alert: str


class Notes(NamedTuple):
    """The note above the headings of each sheet."""

    enterprise: str
    questions: str
    scenes: str
    energy: str
    result: str


Texts = tuple[str, ...]


class SheetWords(NamedTuple):
    """For each sheet, what is to be filled in and by whom."""

    enterprise: Texts
    questions: Texts
    scenes: Texts
    energy: Texts
    result: Texts


class GuideTexts(NamedTuple):
    """The numbered paragraphs of 填报说明, and those that only some editions need."""

    how: Texts
    how_none: str
    how_scenes: str
    how_done: str
    protection: Texts
    sending: Texts


class GuideWords(NamedTuple):
    """The wording of 填报说明: titles of sections, headings of tables, colours and paragraphs."""

    subtitle: str
    purpose: str
    sheets: str
    how: str
    method: str
    rulings: str
    protection: str
    sending: str
    glossary: str
    overview_headings: Texts
    overview_item: str
    scene_headings: Texts
    sheet_headings: Texts
    colour_headings: Texts
    level_headings: Texts
    level_headings_without_scenes: Texts
    answer_colour: Texts
    missing_colour: Texts
    alert_colour: Texts
    locked_colour: Texts
    sheet: SheetWords
    texts: GuideTexts


class CorrectionWords(NamedTuple):
    """The wording of a correction copy: its sheet 退回说明, and the notes on marked cells."""

    title: str
    error: str
    warning: str
    to: str
    counted: str
    letter: str
    by: str
    soon: str
    deadline: str
    whom: str
    how: str
    headings: Texts
    legend_error: str
    legend_warning: str
    issue: str
    more: str


class NextRoundWords(NamedTuple):
    """The wording of a form of the next round. ``on_site``: the kinds of assessment that somebody makes on site."""

    title_end: str
    heading: str
    note: str
    year_before: str
    year_before_note: str
    unsure_level: str
    on_site: Texts
    on_site_note: str
    evidence: str
    signatures: str


class FormWords(NamedTuple):
    """The wording of the form that no edition changes."""

    optional: str
    computed: str
    by_ruling: str
    weight_by_ruling: str
    legend: Legend
    notes: Notes
    guide: GuideWords
    correction: CorrectionWords
    next_round: NextRoundWords


@cache
def form_words() -> FormWords:
    """Load the words of the form."""
    return build(FormWords, _load("form.toml"), "form")


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((resources.files("smebatch.standard") / "reference" / name).read_text("utf-8"))
