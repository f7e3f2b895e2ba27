"""Every figure of the report against the returns that it is said to rest on: they are as many, and they add up to it.

What a figure is, is told here by its table and column, apart from the rules; a figure of the report that is told by
neither a rule nor a reason fails, and so does one that nothing here adds up again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from made_up_round import NOW, OPTIONS, make_round
from small_batch import small_batch
from smebatch.batch.ingest import ingest
from smebatch.batch.load import ReportData, ReportOptions, load_batch, open_batch
from smebatch.batch.response import REPLIES
from smebatch.report.basis.algebra import Basis, BasisCounter, equal
from smebatch.report.basis.facts import ReportFacts, facts_of
from smebatch.report.basis.rules import EXEMPT, FIGURES, bases_of, is_exempt
from smebatch.report.document import Format, Table
from smebatch.report.exact_statistics import display_number, quartile
from smebatch.report.round_figures import display_mean
from smebatch.report.section_groups import full_mark_units
from smebatch.report.sections import report_sheets
from smebatch.standard.loader import load_edition
from smebatch.standard.score_units import scale_of

SAMPLE = Path(__file__).parent.parent / "sample_data"
GROUPS = "district|industry|size|above_scale|specialised|group_.+"

# Counts of returns, of entries and of versions: as many rows as the figure says.
COUNTS = (
    ("levels", "n|reach"),
    ("scores", "n"),
    ("phases", "n|level_."),
    ("files", ".*"),
    (f"({GROUPS})(_spread|_levels)?", "n|level_.|tier_.*|matched"),
    ("district_shares", "n|reach"),
    ("tiers|district_tiers", "n|tier_.*"),
    ("histogram", "n"),
    (".*_rates", "zero|top"),
    ("scenes", "not_applicable|level_."),
    (".*coverage", "n|matched|only|by_.*"),
    ("blocked|limits|steps|district_levers", ".*"),
    ("warning_costs", "n|longer|forced|barred"),
    ("levers", "n|one|more|to_."),
    ("issue_groups", "files"),
    ("unasked", "n"),
    ("progress_.*", "threads|versions|through|open|n"),
    ("phases_levels", "before|after"),
)
# Counts of enterprises that were matched: two returns each.
PAIRS = (
    ("phases_(score|items|scenes|group.*)", "n|rose|same|fell|risers|fallers"),
    ("phases_parts.*", "n"),
    ("claims_.*_group.", "n|level_over|level_under"),
)
# Counts of issues, scenes or answers: what each row shows of them, added up.
TALLIES = (
    ("issue_groups", "n"),
    ("scene_groups", "not_applicable|level_."),
    ("warning_costs", "more"),
    ("progress_(districts|.*_codes)", "found|closed|waived|unchanged|miscorrected|new|awaited"),
    ("progress_rounds", "before|closed|miscorrected|unchanged|waived_before|new|waived_new|after"),
)
# Answers of claims, of pairs: what both rows of a pair show, added up, is twice the figure.
PAIR_TALLIES = (("claims_.*_group.", "over|under|agree"),)
# Means of what the rows show.
MEANS = (
    (f"(({GROUPS})(_spread)?|phases|scores|.*_rates)", "mean"),
    (f"({GROUPS})", "change"),
    ("phases_(score|items|scenes|group.*)", "before|after"),
)
QUARTILES = (("scores|.*_spread", "lowest|q1|median|q3|highest"),)
# Parts of the rows: those that show what the column's heading says.
SHARES = (
    (f"(({GROUPS})(_levels)?|phases|district_tiers)", "share_.*|reach_share_."),
    ("district_shares|levers", "share"),
    ("levels|tiers|histogram|phases_levels", ".*share"),
    ("coverage|industry_coverage|scenes", "(?!n$|not_app|level|mean).*"),
)
# What rests on rows that are listed, without being their sum: each has a test of its own below.
OTHERS = (
    ("response|targets.*", "asked|answered|share|counted|pending|silent|unclear|confirmed|at_most"),
    ("scores", "enterprises"),
    (f"({GROUPS})", "rate_.*"),
    (".*_rates", "rate|.*_share"),
    ("scenes|scene_groups", "mean|cover_."),
    ("progress_.*", "mean|most"),
    (".*_transition", ".*"),
    ("phases_.*", "change.*|goal_.*"),
    ("phases_parts.*", "[qs].*"),
    ("claims_.*_(items|scenes)", ".*"),
    ("claims_.*_group.", "compared|.*_steps|.*_share"),
)
ALL = (*COUNTS, *PAIRS, *TALLIES, *PAIR_TALLIES, *MEANS, *QUARTILES, *SHARES, *OTHERS)


class Figure(NamedTuple):
    """A cell of a table and what it rests on."""

    table: Table
    key: str
    row: int
    value: float | None
    basis: Basis | None

    @property
    def where(self) -> str:
        return f"{self.table.id} {self.key} {self.row}"


class Made(NamedTuple):
    """A report and its facts."""

    data: ReportData
    facts: ReportFacts
    tables: list[Table]
    replies: pd.DataFrame
    counter: BasisCounter
    seen: dict[Basis, pd.DataFrame]

    def rows(self, basis: Basis) -> pd.DataFrame:
        """The rows of a basis, looked up once for all tests."""
        found = self.seen.get(basis)
        if found is None:
            universe = self.facts.universes[basis.universe]
            columns = dict.fromkeys(("form_id", "file", *({"side", "matched"} & set(universe.facts)), *basis.shows))
            mask = self.counter.mask(basis)
            found = self.seen[basis] = pd.DataFrame({name: universe.frame[name].to_numpy()[mask] for name in columns})
        return found

    def figures(self, *kinds: tuple[tuple[str, str], ...]) -> Iterator[Figure]:
        """The cells of figures that rest on something, of the kinds named."""
        for table in self.tables:
            bases = bases_of(self.facts, table)
            for column in table.columns:
                if column.format not in FIGURES or column.key not in bases:
                    continue
                if any(told(kind, table.id, column.key) for kind in kinds):
                    cells = zip(table.frame[column.key], bases[column.key], strict=True)
                    for row, (value, basis) in enumerate(cells):
                        shown = None if pd.isna(value) else value
                        yield Figure(table, column.key, row, shown, basis)


def told(kind: tuple[tuple[str, str], ...], table: str, key: str) -> bool:
    return any(re.fullmatch(tables, table) and re.fullmatch(keys, key) for tables, keys in kind)


def made(batch: Path, options: ReportOptions) -> Made:
    data = load_batch(batch, options=options)
    database, _ = open_batch(batch)
    with database:
        replies = database.fetch_frame(REPLIES, [data.selection.phase, data.selection.kind])
    tables = [block for sheet in report_sheets(data) for block in sheet.blocks if isinstance(block, Table)]
    facts = facts_of(data, replies)
    return Made(data, facts, tables, replies, BasisCounter(facts.universes.values()), {})


@cache
def _made(name: str, folder: Path) -> Made:
    if name == "sample":
        batch = folder / "sample.duckdb"
        ingest(SAMPLE / "returns", batch, load_edition(), now=NOW, roster=SAMPLE / "roster.xlsx")
        return made(batch, ReportOptions())
    folder = folder / name
    folder.mkdir()
    return made(make_round(folder, int(name)), OPTIONS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("basis")


@pytest.fixture(params=["40", *(pytest.param(name, marks=pytest.mark.slow) for name in ("sample", "300"))])
def report(request: pytest.FixtureRequest, folder: Path) -> Made:
    return _made(request.param, folder)


# --- nothing is left out ----------------------------------------------------------------------------------------------


def test_every_column_of_figures_has_a_rule_or_a_reason(report: Made) -> None:
    without, untold = [], []
    for table in report.tables:
        bases = bases_of(report.facts, table)
        for column in table.columns:
            if column.format in FIGURES and not is_exempt(table, column.key):
                without += [(table.id, column.key)] if column.key not in bases else []
                untold += [(table.id, column.key)] if not told(ALL, table.id, column.key) else []
        assert all(len(cells) == len(table.frame) for cells in bases.values()), table.id
    assert without == []
    assert untold == []


def test_every_reason_is_needed(folder: Path) -> None:
    tables = _made("40", folder).tables
    keys = [(table.id, column.key) for table in tables for column in table.columns]
    unused = [e.tables for e in EXEMPT if not any(told(((e.tables, e.columns),), *key) for key in keys)]
    assert unused == []


def test_the_round_has_every_kind_of_table(folder: Path) -> None:
    """So that what is tested of all tables is tested of each."""
    ids = {table.id for table in _made("40", folder).tables}
    wanted = {"targets", "targets_2", "response", "phases", "tiers", "district_tiers", "group_1", "unasked", "silent"}
    wanted |= {"progress_districts", "progress_rounds", "progress_error_codes", "waivers", "issue_groups"}
    wanted |= {"phases_score", "phases_parts1", "phases_list", "claims_自评_items", "claims_自评_group0"}
    assert wanted <= ids


def test_facts_have_no_blanks_and_all_have_titles(report: Made) -> None:
    for universe in report.facts.universes.values():
        assert set(universe.frame) == {"form_id", "file", *universe.facts}
        assert not universe.frame.isna().to_numpy().any(), universe.name
        assert all(fact.title for fact in universe.facts.values())


# --- they are as many as it says --------------------------------------------------------------------------------------


def test_a_count_of_returns_has_as_many_rows(report: Made) -> None:
    figures = [figure for figure in report.figures(COUNTS) if figure.value is not None]
    assert len(figures) > 300
    for figure in figures:
        assert figure.value == (len(report.rows(figure.basis)) if figure.basis else 0), figure.where


def test_rows_are_returns_each_once(report: Made) -> None:
    """A version, an entry, or a return is listed once; only of entries that hold none there is no form_id."""
    for figure in report.figures(ALL):
        if figure.basis:
            rows = report.rows(figure.basis)
            assert not rows[["form_id", "file"]].duplicated().any(), figure.where
            assert (rows["form_id"] != "").all() or figure.basis.universe in ("files", "issue_files"), figure.where


def test_every_basis_can_be_said_in_words(report: Made) -> None:
    for figure in report.figures(ALL):
        if figure.basis:
            assert report.counter.count(figure.basis) == len(report.rows(figure.basis)), figure.where
            assert all("：" in text or "≥" in text or "＜" in text for text in words_of(report, figure.basis))


def words_of(report: Made, basis: Basis) -> tuple[str, ...]:
    return report.facts.universes[basis.universe].words(basis)


def test_an_enterprise_that_was_matched_is_two_returns(report: Made) -> None:
    for figure in report.figures(PAIRS):
        assert figure.basis
        rows = report.rows(figure.basis)
        assert len(rows) == 2 * (figure.value or 0), figure.where
        assert rows["side"].tolist() == ["before", "after"] * (len(rows) // 2)


# --- they add up to it ------------------------------------------------------------------------------------------------


def test_issues_scenes_and_answers_add_up(report: Made) -> None:
    for kind, times in ((TALLIES, 1), (PAIR_TALLIES, 2)):
        for figure in report.figures(kind):
            if figure.value is not None:
                assert figure.basis
                (shown,) = figure.basis.shows
                rows = report.rows(figure.basis)
                assert rows[shown].sum() == times * figure.value, figure.where
                assert (rows[shown] > 0).all(), figure.where


def test_means_and_quartiles_are_those_of_what_is_shown(report: Made) -> None:
    per = scale_of(report.data.edition).units_per_point
    for figure in report.figures(MEANS):
        if figure.value is not None:
            assert figure.basis
            (shown,) = figure.basis.shows
            values = report.rows(figure.basis)[shown]
            scale = 1 if shown[5:] in report.data.edition.scene else per
            assert display_mean(int(values.sum()), len(values) * scale) == figure.value, figure.where
    for figure in report.figures(QUARTILES):
        if figure.value is not None:
            assert figure.basis
            units = sorted(report.rows(figure.basis)["score_units"].tolist())
            number = ("lowest", "q1", "median", "q3", "highest").index(figure.key)
            assert display_number(quartile(units, number) / per) == figure.value, figure.where


def test_a_share_is_the_part_of_the_rows_that_its_count_has(report: Made) -> None:
    """≥二级占比 of a district is the rows that show 二级 or more, of all rows."""
    goal = 2
    checked = 0
    for figure in report.figures(SHARES):
        if figure.value is None or not figure.basis:
            continue
        rows, (shown,) = report.rows(figure.basis), figure.basis.shows
        if match := re.fullmatch(r"(share|reach_share|cover)_(\d)", figure.key):
            g, at_least = int(match[2]), match[1] != "share"
            part = (rows[shown] >= g).sum() if at_least else (rows[shown] == g).sum()
        elif figure.table.id.endswith("coverage"):
            part = (rows[shown] >= goal).sum()
        elif match := re.fullmatch(r"share_(tier_.*)", figure.key):
            part = figure.table.frame[match[1]][figure.row]
        else:
            n = "reach" if figure.table.id == "district_shares" else "n"
            count = {"share": n, "reach_share": "reach"}.get(figure.key, figure.key.removesuffix("_share"))
            part = figure.table.frame[count][figure.row]
            if pd.isna(part):
                continue
        assert float(part / len(rows)) == pytest.approx(figure.value, abs=1e-12), figure.where
        checked += 1
    assert checked > 100


def test_rates_are_means_of_full_marks(report: Made) -> None:
    full = full_mark_units(report.data.edition)
    for figure in report.figures(((GROUPS, "rate_.*"), ("(dimension|item)_rates", "rate"))):
        if figure.value is None or not figure.basis:
            continue
        (shown,) = figure.basis.shows
        values = report.rows(figure.basis)[shown]
        expected = Fraction(int(values.sum()), len(values) * full[shown.removeprefix("part:")])
        assert figure.value == pytest.approx(float(expected)), figure.where


def test_changes_are_what_the_later_returns_have_more(report: Made) -> None:
    per = scale_of(report.data.edition).units_per_point
    kinds = (("phases_(score|items|scenes)", "change"), ("phases_group.", "change.*"))
    for figure in report.figures(kinds):
        assert figure.basis
        side, shown = figure.basis.shows
        rows = report.rows(figure.basis)
        before, after = (rows.loc[rows[side] == each, shown].sum() for each in ("before", "after"))
        scale = 1 if shown[5:] in report.data.edition.scene else per
        assert display_mean(int(after - before), len(rows) // 2 * scale) == figure.value, figure.where


def test_the_margins_of_a_transition_are_returns_and_the_rest_is_pairs(report: Made) -> None:
    for figure in report.figures(((".*_transition", ".*"),)):
        n = len(report.rows(figure.basis)) if figure.basis else 0
        within = figure.key.startswith("level_") and figure.row < figure.table.body - 1
        if figure.key == "n" and figure.row == figure.table.body:  # pairs, and those of one round alone
            matched = report.rows(figure.basis)["matched"].sum() if figure.basis else 0
            assert n - matched // 2 == figure.value, figure.where
        else:
            assert n == (figure.value or 0) * (2 if within else 1), figure.where


def test_claims_are_counted_by_part_and_added_up_in_the_total(report: Made) -> None:
    for figure in report.figures((("claims_.*_(items|scenes)", "over|under|agree"),)):
        rows = report.rows(figure.basis) if figure.basis else pd.DataFrame()
        if figure.row < figure.table.body:
            assert len(rows) == 2 * (figure.value or 0), figure.where
        elif figure.basis:
            (tally,) = figure.basis.shows
            assert rows[tally].sum() == 2 * (figure.value or 0), figure.where


def test_corrections_are_averaged_over_those_that_are_through(report: Made) -> None:
    for figure in report.figures((("progress_.*", "mean|most"),)):
        if figure.value is None or not figure.basis:
            continue
        (shown,) = figure.basis.shows
        values = report.rows(figure.basis)[shown]
        expected = values.max() if figure.key == "most" else display_number(Fraction(int(values.sum()), len(values)))
        assert figure.value == expected, figure.where


def test_enterprises_of_the_roster_are_those_of_the_returns(report: Made) -> None:
    """Whoever has sent something is told by what was sent; of 应报 and 至多 some have sent nothing."""
    lines = report.replies.set_index("form_id")["line"]
    of_all = {"answered", "share", "counted", "pending", "confirmed"}
    for figure in report.figures((("response|targets.*", ".*"),)):
        if figure.key == "silent":
            assert figure.basis is None
        elif figure.key == "share":
            assert figure.basis
        elif figure.basis:
            enterprises = lines.reindex(report.rows(figure.basis)["form_id"]).dropna().nunique()
            if figure.key in of_all:
                assert enterprises == figure.value, figure.where
            assert enterprises <= (figure.value or 0), figure.where


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_three_returns_by_hand() -> None:
    """Two of 城东区, one at 铜; the third of nowhere. 甲 60 of 120 units is half of 20 points: 10 points."""
    batch = small_batch(
        {"district": "城东区", "level": 1, "score_units": 180, "q01": 60, "base": 60},
        {"district": "城东区", "level": 0, "score_units": 120, "q01": 0},
        {"level": 1, "score_units": 240, "q01": 120, "base": 120},
    )
    facts = facts_of(batch)
    tables = {b.id: b for sheet in report_sheets(batch) for b in sheet.blocks if isinstance(b, Table)}

    def forms(table: str, key: str, row: int) -> list[str]:
        basis = bases_of(facts, tables[table])[key][row]
        return facts.universes[basis.universe].rows(basis)["form_id"].tolist() if basis else []

    groups = tables["district"].frame["group"].tolist()
    east, nowhere = groups.index("城东区"), groups.index("未填")
    assert forms("district", "n", east) == ["f0", "f1"]
    assert forms("district_levels", "level_1", east) == ["f0"]
    assert forms("district", "mean", nowhere) == ["f2"]
    assert forms("levels", "reach", 1) == ["f0", "f2"]
    items = tables["item_rates"].frame["id"].tolist()
    assert forms("item_rates", "zero", items.index("q01")) == ["f1"]
    assert forms("item_rates", "top", items.index("q01")) == ["f2"]
    universe = facts.universes["returns"]
    basis = Basis("returns", (equal("level", 1), equal("part:q01", 60)))
    assert universe.words(basis) == ("等级：铜", "题1 甲得分：10")


def test_a_report_on_nothing_rests_on_nothing() -> None:
    batch = small_batch()
    facts = facts_of(batch)
    for sheet in report_sheets(batch):
        for table in sheet.blocks:
            if isinstance(table, Table):
                for key, cells in bases_of(facts, table).items():
                    counts = [len(facts.universes[b.universe].rows(b)) for b in cells if b]
                    assert not any(counts), (table.id, key)
    assert Format.ORDINAL not in FIGURES  # a place in an order rests on all that are ordered
