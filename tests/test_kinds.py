"""Every kind of check and of question answers whoever asks: loader, validator, score, form, sampler, message, docs.

The first half drives those of the program through all of these. The second makes a kind of each, as one would add it,
and hands it to the registry.
"""

from __future__ import annotations

import inspect
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache, reduce
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import openpyxl
import pytest

from cases import EDITION, TINY, Return, assessment_of, form_bytes, judged_all, table
from office import convert
from smebatch.assess.bases import zero_base
from smebatch.assess.energy import contradicted
from smebatch.assess.score import score
from smebatch.form.cells import cells_of
from smebatch.form.layout import question_sheet
from smebatch.form.result_layout import RESULT_SHEET, STEPS, result_layout
from smebatch.issues.catalogue import ISSUES, IssueType, Severity
from smebatch.issues.docs_page import issues_page
from smebatch.sample.answers import make_answers
from smebatch.sample.faults import faults
from smebatch.sample.many import answers_of_return
from smebatch.standard.answer_rule import AnswerRule, finding
from smebatch.standard.check_soundness import check_checks
from smebatch.standard.checks import CHECKS
from smebatch.standard.checks.check import Check, Hint, checks_at, checks_of
from smebatch.standard.checks.docs_table import check_table
from smebatch.standard.fixed_point import MICRO
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import Edition, Header, Question
from smebatch.standard.questions import QUESTION_TYPES, type_of
from smebatch.standard.questions.docs_table import question_type_row
from smebatch.standard.questions.question_type import QuestionType
from smebatch.standard.score_units import scale_of
from smebatch.standard.toml_binding import EditionError, require

if TYPE_CHECKING:
    from smebatch.standard.backends import AnswerColumns, FormCells, Ints, ReportedElsewhere, SampleFigures
    from smebatch.standard.sample_values import SampleAnswers


class Reported:
    zero_base = staticmethod(zero_base)
    contradicted = staticmethod(contradicted)


def consistent(edition: Edition) -> Return:
    """A made-up return of an enterprise that has a year before."""
    made = (make_answers(edition, Random(i), serial=i) for i in range(100))
    return next(answers for answers in made if answers["no_base_year"] != "是")


@cache
def first_of_each_kind(edition: Edition) -> tuple[Check, ...]:
    return tuple({check.name: check for check in reversed(checks_of(edition))}.values())


def alerts(data: bytes, edition: Edition = EDITION, *, computed: bool = False) -> dict[str, str]:
    """What stands beside each row of the questions, by key: formulas, or what an office has computed."""
    place = question_sheet(edition)
    sheet = openpyxl.load_workbook(io.BytesIO(data), data_only=computed)[place.section]
    column = place.column["alert"] + 1
    return {keyed.key: str(sheet.cell(row + 1, column).value or "") for row, keyed in place.rows()}


class Said(NamedTuple):
    """What LibreOffice computes of a form: the alerts of its rows, and the steps that each question has reached."""

    alerts: dict[str, str]
    steps: dict[str, int]


def recalculated(folder: Path, edition: Edition, *returns: Return) -> list[Said]:
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{i}.xlsx" for i in range(len(returns))]
    for path, answers in zip(paths, returns, strict=True):
        path.write_bytes(form_bytes(answers, edition))
    said: list[Said] = []
    for path in convert(paths, "xlsx", folder / "out"):
        results = openpyxl.load_workbook(path, data_only=True)[RESULT_SHEET]
        rows = result_layout(edition).question_row
        steps = {question: int(str(results.cell(row + 1, STEPS + 1).value)) for question, row in rows.items()}
        said.append(Said(alerts(path.read_bytes(), edition, computed=True), steps))
    return said


# ------------------------------------------------------------------------------------------- the program's own kinds


def test_the_edition_has_every_kind() -> None:
    assert {check.name: type(check) for check in checks_of(EDITION)} == CHECKS
    assert {question.type for question in EDITION.questions} == set(QUESTION_TYPES)


@pytest.mark.parametrize("kind", CHECKS.values(), ids=list(CHECKS))
def test_a_kind_of_check_answers_all_questions(kind: type[Check]) -> None:
    assert not inspect.isabstract(kind)
    assert kind.meaning
    assert kind.codes
    assert set(kind.codes) <= set(ISSUES)
    answered = {name for name, asked in vars(Check).items() if name in vars(kind) and not name.startswith("_")}
    hints = {"question_hint", "figure_hints", "option_hint"}
    assert answered & hints, "the form says nothing"


@pytest.mark.parametrize("check", first_of_each_kind(EDITION), ids=lambda check: check.name)
def test_a_check_that_names_what_is_not_there_is_refused(check: Check) -> None:
    row: Any = check
    values = {name: getattr(row, name) for name in check.substance if name != "kind"}
    texts: dict[str, object] = {name: "nowhere" for name, value in values.items() if isinstance(value, str)}
    lists = {name: value for name, value in values.items() if type(value) is tuple and isinstance(value[0], str)}
    texts |= {name: ("nowhere",) * len(value) for name, value in lists.items()}
    assert texts
    for name, text in texts.items():
        with pytest.raises(EditionError, match=rf"check\[1\] \({check.name}\): .*"):
            check_checks(replace(EDITION, checks=(row._replace(**{name: text}),)))


@pytest.mark.parametrize("check", checks_of(EDITION), ids=lambda check: f"{check.name}-{check.place}")
def test_a_check_raises_its_own_issues_only(check: Check) -> None:
    row: Any = check
    rules = list(check.rules(EDITION, Reported()))
    assert rules
    assert {rule.code for rule in rules} <= set(check.codes)
    assert {rule.clause for rule in rules} == {row.clause}


@pytest.mark.parametrize("check", first_of_each_kind(EDITION), ids=lambda check: check.name)
def test_a_check_is_reported_at_what_it_names(check: Check) -> None:
    assert check.place in {*check.figures, *check.questions}
    assert check in checks_at(EDITION, check.place)


@pytest.mark.parametrize("edition", [EDITION, load_edition(TINY)], ids=lambda edition: edition.id)
def test_a_made_up_return_obeys_every_check_and_breaks_any(edition: Edition) -> None:
    obedient, checks = consistent(edition), checks_of(edition)
    kept, *broken = judged_all(obedient, *(check.break_in(edition, obedient) for check in checks), edition=edition)
    assert kept == []
    for check, findings in zip(checks, broken, strict=True):
        assert {code for code, _ in findings} & set(check.codes), (check.name, check.place)


def test_a_part_that_nothing_else_decides_is_drawn_as_a_share_of_its_whole() -> None:
    tiny = load_edition(TINY)
    alone = replace(tiny, checks=tuple(check for check in checks_of(tiny) if check.name == "part_of_whole"))
    drawn: list[Any] = [make_answers(alone, Random(i)) for i in range(40)]
    shares = {Fraction(answers["devices_linked"], answers["devices_total"]) for answers in drawn}
    assert len(shares) > 20
    assert all(0 <= share <= 1 for share in shares)


def test_every_check_stands_in_the_form() -> None:
    cells, alert = cells_of(EDITION), alerts(form_bytes())
    for check in checks_of(EDITION):
        others = [hint for other in checks_at(EDITION, check.place) if (hint := given_way(other, cells))]
        hint = check.question_hint(cells, others if check.decides else ())
        formulas = [(check.place, hint.formula)] if hint else []
        formulas += [(key, text) for key in EDITION.figures for _, text in check.figure_hints(cells, key)]
        ticks = [tick for question in EDITION.questions for tick in question.ticks]
        formulas += [(tick, hint.formula) for tick in ticks if (hint := check.option_hint(cells, tick))]
        assert formulas, (check.name, check.place)
        assert all(formula in alert[key] for key, formula in formulas), (check.name, check.place)


def given_way(check: Check, cells: FormCells) -> Hint | None:
    return check.question_hint(cells, ()) if check.gives_way else None


def test_every_question_is_answered_as_its_kind_says_or_breaks_it() -> None:
    obedient, alert = consistent(EDITION), alerts(form_bytes())
    spoilt = [type_of(question).break_in(Random(1), question, obedient) for question in EDITION.questions]
    for question, findings in zip(EDITION.questions, judged_all(*spoilt), strict=True):
        kind = type_of(question)
        assert {rule.code for rule in kind.rules(question)} <= set(kind.codes) <= set(ISSUES)
        assert {code for code, key in findings if key == question.id} & set(kind.codes)
        assert kind.advice(EDITION, question) in alert[question.id].replace('"&"', "")
        assert kind.contradiction_hint(question) in alert[question.id]


def test_whoever_aims_at_all_steps_gets_full_marks() -> None:
    best: Return = {}
    for question in EDITION.questions:
        kind, options = type_of(question), range(len(question.options))
        drawn = kind.draw(Random(1), question, kind.most_steps(question), options)
        best |= {question.ticks[option]: True for option in drawn}
    assert score(table(best))["score_units"].tolist() == [scale_of(EDITION).full]


@pytest.mark.office
def test_what_breaks_a_check_is_said_beside_the_row(tmp_path: Path) -> None:
    checks, obedient = first_of_each_kind(EDITION), consistent(EDITION)
    types = {question.type: question for question in EDITION.questions}.values()
    broken = [check.break_in(EDITION, obedient) for check in checks]
    broken += [type_of(question).break_in(Random(1), question, obedient) for question in types]
    kept, *said = recalculated(tmp_path, EDITION, obedient, *broken)
    assert not any(kept.alerts.values())
    for place, form in zip([check.place for check in checks] + [q.id for q in types], said, strict=True):
        assert any(text for key, text in form.alerts.items() if key == place or key.startswith(f"{place}_o")), place


# ------------------------------------------------------------------------------------------------ kinds made here


class _AtLeastRow(NamedTuple):
    kind: str
    figure: str
    least: int
    clause: str


class AtLeast(_AtLeastRow, Check):
    """A figure may not be below a number."""

    __slots__ = ()
    name = "at_least"
    meaning = "a figure may not be below `least`: error"
    codes = ("figure.below_least",)
    substance = ("kind", "figure", "least")
    wording = ("clause",)
    fault = "too_few"
    draw_turn = -1

    @property
    def place(self) -> str:
        return self.figure

    @property
    def figures(self) -> tuple[str, ...]:
        return (self.figure,)

    def require_sound(self, edition: Edition, where: str) -> None:
        require(self.least > 0, f"{where}: least must be above 0")

    def rules(self, edition: Edition, reported: ReportedElsewhere) -> Iterator[AnswerRule]:
        yield AnswerRule(
            "figure.below_least",
            self.figure,
            self.clause,
            (self.figure,),
            lambda answers: answers.sound(self.figure) & (answers.figure(self.figure) < self.least * MICRO),
            lambda broken: finding(broken.shown(self.figure), str(self.least)),
        )

    def figure_hints(self, cells: FormCells, figure: str) -> Iterator[tuple[str, str]]:
        if figure == self.figure:
            yield f"{cells.figure(figure)}<{self.least}", f"不足 {self.least}，请更正。"

    def draw(self, figures: SampleFigures) -> None:
        figures.values[self.figure] = self.least + figures.rng.randrange(100)

    def break_in(self, edition: Edition, answers: SampleAnswers) -> SampleAnswers:
        return answers | {self.figure: self.least - 1}


MADE_HERE: type[Check] = AtLeast
AT_LEAST = """
[[check]]
kind = "at_least"
figure = "devices_total"
least = 120
clause = "一 题2"
"""
BELOW = IssueType(
    "figure.below_least", Severity.ERROR, "{label}（{found}）不足 {expected}。", "{label} ({found}) < {expected}"
)


class Highest(QuestionType):
    """Several options may be ticked, of which the last counts; the first excludes the others."""

    name = "highest"
    meaning = "the last option ticked scores, as if it were ticked alone"
    codes = ("highest.first_with_others",)
    fault = "first_and_last"

    def label(self, header: Header) -> str:
        return "最高项"

    def require_sound(self, question: Question) -> None:
        require(len(question.options) > 2, f"question {question.id}: a highest question needs three options")

    def advice(self, edition: Edition, question: Question) -> str:
        return "请勾选所有做到的"

    def steps(self, answers: AnswerColumns, question: Question) -> Ints:
        columns = enumerate(answers.ticks(question.ticks).T)
        return reduce(lambda steps, column: steps * ~column[1] + column[0] * column[1], columns, answers.zeros())

    def rules(self, question: Question) -> Iterator[AnswerRule]:
        first = question.ticks[:1]
        yield AnswerRule(
            "highest.first_with_others",
            question.id,
            question.clause,
            question.ticks,
            lambda answers: (answers.count(first) > 0) & (answers.count(question.ticks) > 1),
            lambda broken: finding(broken.ticked(question)),
        )

    def steps_formula(self, cells: FormCells, question: Question, count: str) -> str:
        return f"MAX({','.join(f'{i}*({cells.tick_count(tick)}>0)' for i, tick in enumerate(question.ticks))})"

    def contradiction(self, cells: FormCells, question: Question, count: str) -> tuple[str, ...]:
        return (f"{count}>1", f"{cells.tick_count(question.ticks[0])}>0")

    def contradiction_hint(self, question: Question) -> str:
        return f"选了“{question.options[0]}”，又选了更高的，请更正。"

    def draw(self, rng: Random, question: Question, aim: int, options: Sequence[int]) -> list[int]:
        return [option for option in options if 0 < option <= aim] or [0]

    def can_break(self, question: Question) -> bool:
        return True

    def break_in(self, rng: Random, question: Question, answers: SampleAnswers) -> SampleAnswers:
        return answers | {question.ticks[0]: True, question.ticks[-1]: True}


TWICE = IssueType("highest.first_with_others", Severity.ERROR, "{label}自相矛盾：{found}。", "{label}: {found}.")


T = TypeVar("T")


@contextmanager
def registered(registry: dict[str, T], name: str, entry: T) -> Iterator[None]:
    """Add an entry, as the last one, until the block ends. Raises ValueError where the name is taken."""
    if name in registry:
        raise ValueError(f"{name} is registered already")
    registry[name] = entry
    try:
        yield
    finally:
        del registry[name]


@pytest.fixture
def at_least() -> Iterator[Edition]:
    """The tiny edition with a check of the kind made here."""
    with registered(CHECKS, AtLeast.name, MADE_HERE), ISSUES.including(BELOW):
        yield parse_edition((TINY.read_text("utf-8") + AT_LEAST).encode())


@pytest.fixture
def highest() -> Iterator[Edition]:
    """The tiny edition, whose 题5 is of the kind made here."""
    text = TINY.read_text("utf-8")
    before, after = text.split('title = "设备是否有专人维护"\n')
    with registered(QUESTION_TYPES, Highest.name, Highest()), ISSUES.including(TWICE):
        after = after.replace('type = "single"', 'type = "highest"', 1)
        yield parse_edition(f'{before}title = "设备是否有专人维护"\n{after}'.encode())


def messages(edition: Edition, answers: Return) -> dict[str, str]:
    """What is found in a return read from its form: codes with their messages in both languages."""
    found = assessment_of(form_bytes(answers, edition), edition=edition).findings
    return {row["code"]: f"{row['message']} {row['message_en']}" for row in found.to_dict("records")}


def is_drawn(fault: str, edition: Edition) -> bool:
    """Whether returns of a sample carry the fault."""
    spoil = faults()[fault]
    made = ((answers_of_return(edition, i), answers_of_return(edition, i, faults=True)) for i in range(1_000))
    return any(sent != sound and sent == spoil(edition, Random(1), sound) for sound, sent in made)


def test_a_kind_of_check_reaches_loader_validator_form_sampler_message_and_docs(at_least: Edition) -> None:
    obedient = consistent(at_least)
    (check,) = checks_at(at_least, "devices_total")
    # loader
    assert isinstance(check, AtLeast)
    for old, new, complaint in (
        ('"devices_total"\nleast', '"devices"\nleast', "no figure devices"),
        ("least = 120", "least = 0", "least must be above 0"),
    ):
        wrong = at_least.text.replace(old, new)
        with pytest.raises(EditionError, match=rf"check\[4\] \(at_least\): {complaint}"):
            parse_edition(wrong.encode())
    assert parse_edition(at_least.text.replace("least = 120", "least = 121").encode()).sha256 != at_least.sha256
    # sampler, validator, message
    assert int(str(obedient["devices_total"])) >= 120
    assert messages(at_least, obedient) == {}
    said = messages(at_least, faults()["too_few"](at_least, Random(1), obedient))
    assert said["figure.below_least"] == "题2 设备数量（119 台）不足 120。 题2 设备数量 (119 台) < 120"
    assert is_drawn("too_few", at_least)
    # form
    alert = alerts(form_bytes({}, at_least), at_least)["devices_total"]
    assert "<120" in alert
    assert "不足 120，请更正。" in alert
    # docs
    assert "| `at_least` | `figure` `least` | a figure may not be below `least`: error |" in check_table()
    assert "`figure.below_least`" in issues_page()


def test_a_kind_of_question_reaches_loader_score_validator_form_sampler_message_and_docs(highest: Edition) -> None:
    obedient, question = consistent(highest), highest.question["q05"]
    # loader
    assert type_of(question).label(highest.header) == "最高项"
    two = highest.text.replace('["无人", "兼职", "专职"]', '["无人", "专职"]')
    with pytest.raises(EditionError, match="q05: a highest question needs three options"):
        parse_edition(two.replace("[4, 4, 3, 2, 3]", "[4, 4, 3, 2, 2]").encode())
    # score
    ticked = [{question.ticks[i]: True for i in options} for options in ((), (0,), (1,), (1, 2), (2,))]
    assert (score(table(*ticked, edition=highest))["q05"] / scale_of(highest).step["q05"]).tolist() == [0, 0, 1, 2, 2]
    # sampler, validator, message
    assert messages(highest, obedient) == {}
    said = messages(highest, faults()["first_and_last"](highest, Random(1), obedient))
    assert "题5 备用自相矛盾：无人、" in said["highest.first_with_others"]
    assert is_drawn("first_and_last", highest)
    # form
    alert = alerts(form_bytes({}, highest), highest)["q05"]
    assert "请勾选所有做到的" in alert
    assert "又选了更高的，请更正。" in alert
    # docs
    assert "`highest`: the last option ticked scores, as if it were ticked alone |" in question_type_row()
    assert "`highest.first_with_others`" in issues_page()


@pytest.mark.office
def test_the_formulas_of_kinds_made_here_are_right(at_least: Edition, highest: Edition, tmp_path: Path) -> None:
    for edition, key, fault in ((at_least, "devices_total", "too_few"), (highest, "q05", "first_and_last")):
        obedient = consistent(edition)
        broken = faults()[fault](edition, Random(1), obedient)
        kept, said = recalculated(tmp_path / key, edition, obedient, broken)
        assert not any(kept.alerts.values())
        assert said.alerts[key]
        for form, answers in ((kept, obedient), (said, broken)):
            scores = score(table(answers, edition=edition))
            assert form.steps == {q: scores[q].iloc[0] / step for q, step in scale_of(edition).step.items()}


def test_what_is_added_for_a_while_is_gone_afterwards() -> None:
    with registered(CHECKS, AtLeast.name, MADE_HERE), pytest.raises(ValueError, match=AtLeast.name):
        registered(CHECKS, AtLeast.name, MADE_HERE).__enter__()
    assert AtLeast.name not in CHECKS
    with pytest.raises(EditionError, match="unknown kind 'at_least'; allowed: part_of_whole, interval,"):
        parse_edition((TINY.read_text("utf-8") + AT_LEAST + "# unknown\n").encode())
