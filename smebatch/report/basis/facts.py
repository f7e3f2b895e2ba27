"""The facts of the counted returns, of what answered, of entries and of issues, by which tables group and count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from smebatch.assess.ways.upgrades import lever_keys
from smebatch.batch.load import ReportData
from smebatch.batch.targets import DISTRICT, TargetCondition
from smebatch.issues.catalogue import issue_name
from smebatch.report.basis.algebra import Basis, Fact, FactValue, Universe, equal
from smebatch.report.basis.progress_facts import progress_universes
from smebatch.report.basis.round_facts import round_universe
from smebatch.report.round_changes import since_first_phase
from smebatch.report.score_spread import bin_edges
from smebatch.report.section_groups import industry_division
from smebatch.report.section_lists import open_issues
from smebatch.report.section_rounds import RoundComparison, round_comparisons
from smebatch.report.section_scenes import scene_parts
from smebatch.report.section_upgrade import canonical_blocked
from smebatch.report.target_figures import asked_of, known_values, membership, standing
from smebatch.report.tiers import score_text, tier_names, tier_numbers
from smebatch.report.words import (
    SEVERITY_NAMES,
    STATUS_NAMES,
    blocked_name,
    choices,
    field_label,
    group_names,
    level_numbers,
    lever_name,
)
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

RETURNS, FILES, ISSUE_FILES, REPLIES = "returns", "files", "issue_files", "replies"
COVERED = equal("covered", 1)
"""That the report covers a return: it is of the phase and the kind that were selected."""

INSIDE, UNCLEAR, OUTSIDE = 2, 1, 0  # whether an enterprise is in the selection of a target
SURE, POSSIBLE, NOT = 2, 1, 0  # whether it reaches the level of a target
NOT_SAID = -1  # the level of a scene of which the return says that it does not apply
NOT_ASKED = -1  # the line on the roster of an enterprise that is not on it
_ANY_DISTRICT = TargetCondition(DISTRICT, "", DISTRICT, "")


@dataclass(frozen=True)
class ReportFacts:
    """The data of a report and its universes.

    ``rounds``: what each chapter on two rounds compares, by the beginning of its tables' ids.
    """

    batch: ReportData
    universes: Mapping[str, Universe]
    rounds: Mapping[str, RoundComparison]

    @property
    def covered(self) -> Basis:
        """All returns that the report covers."""
        return Basis(RETURNS, (COVERED,))


def facts_of(batch: ReportData, replies: pd.DataFrame | None = None) -> ReportFacts:
    """The facts of a report. ``replies``: see batch.response.REPLIES; None where there is no roster."""
    rounds = {pair.words.id: pair for pair in round_comparisons(batch)}
    universes = [
        _returns(batch),
        _files(batch),
        _issue_files(batch),
        *([_replies(batch, replies)] if replies is not None and batch.roster is not None else []),
        *(progress_universes(batch.progress) if batch.progress else []),
        *(round_universe(batch, pair) for pair in rounds.values()),
    ]
    return ReportFacts(batch, {universe.name: universe for universe in universes}, rounds)


# --- counted returns --------------------------------------------------------------------------------------------------


def _returns(batch: ReportData) -> Universe:
    """Every counted return, in the batch's order."""
    every = batch.all_counted
    whole = replace(batch, enterprises=every.enterprises, scores=every.scores)
    index = every.enterprises.index
    columns: dict[str, tuple[Fact, pd.Series]] = {}
    covered = pd.Series(index.isin(batch.scores.index), index).astype("int64")
    columns["covered"] = Fact("统计范围", {1: batch.selection.name or "全部计入的评测表"}), covered
    for key, name in (("phase", "phase"), ("kind", "assessment_kind")):
        columns[key] = Fact(field_label(batch.edition, name)), group_names(every.enterprises[name])
    parts = (
        *(_group_facts(whole), _score_facts(whole), _scene_facts(whole)),
        *(_target_facts(batch, index), _change_facts(batch, index), _upgrade_facts(batch, index)),
    )
    for part in parts:
        columns.update(part)
    frame = pd.DataFrame(
        {"form_id": pd.Series(index, dtype="str"), "file": every.enterprises["file"].to_numpy()}
        | {name: values.reindex(index).to_numpy() for name, (_, values) in columns.items()}
    )
    return Universe(RETURNS, frame, {name: fact for name, (fact, _) in columns.items()})


_Facts = Iterator[tuple[str, tuple[Fact, pd.Series]]]


def _group_facts(batch: ReportData) -> _Facts:
    """group:<id of the table>: the group of a return in the table of that id."""
    who, edition = batch.enterprises, batch.edition
    yield "group:district", (Fact(field_label(edition, "district")), group_names(who["district"]))
    yield "group:industry", (Fact("行业大类"), industry_division(who["industry_code"]))
    for key in ("size", "above_scale", "specialised"):
        yield f"group:{key}", (Fact(field_label(edition, key)), group_names(who[key]))
    for i, name in enumerate(batch.options.report.group_by, 1):
        if batch.columns is not None:
            label = next((f.label for f in edition.fields if name in (f.key, f.label)), name)
            yield f"group:group_{i}", (Fact(label), group_names(batch.columns[name].reindex(who.index)))


def _score_facts(batch: ReportData) -> _Facts:
    """Levels, blocked, the score and its parts in units (part:<id>), bin and tier."""
    scores, edition, scale = batch.scores, batch.edition, scale_of(batch.edition)
    levels: dict[Any, str] = {g: edition.level_name(g) for g in level_numbers(edition)}
    per = scale.units_per_point
    titles = {"level": "等级", "score_level": "得分达到", **({"scene_level": "场景达到"} if edition.scenes else {})}
    for name, title in titles.items():
        yield name, (Fact(title, levels), scores[name])
    blocked = canonical_blocked(scores["blocked_by"])
    names: dict[Any, str] = {key: blocked_name(key) or "无" for key in blocked.unique()}
    yield "blocked", (Fact("未满足的条件", names), blocked)
    yield "score_units", (Fact("得分", per=per), scores["score_units"])
    for dimension in edition.dimensions:
        yield f"part:{dimension.id}", (Fact(f"{dimension.name}得分", per=per), scores[dimension.id])
    for indicator in edition.indicators:
        members = [q.id for q in edition.questions if edition.question_path(q)[1].id == indicator.id]
        yield f"part:{indicator.id}", (Fact(f"{indicator.name}得分", per=per), scores[members].sum(axis=1))
    for q in edition.questions:
        yield f"part:{q.id}", (Fact(f"题{q.number} {q.item}得分", per=per), scores[q.id])
    bins = score_bins(edition)
    lows = np.array([low for low, _ in bins], dtype="int64")
    number = np.searchsorted(lows, scores["score_units"].to_numpy(dtype="int64"), side="right") - 1
    named: dict[Any, str] = {i: text for i, (_, text) in enumerate(bins)}
    yield "bin", (Fact("得分（分）", named), pd.Series(number, scores.index, dtype="int64"))
    if batch.options.report.tiers:
        tiers: dict[Any, str] = dict(enumerate(tier_names(batch)))
        yield "tier", (Fact("梯队", tiers), tier_numbers(batch))


def score_bins(edition: Edition) -> list[tuple[int, str]]:
    """The bins of the histogram from the lowest: the least units of each, and its edges in points."""
    per = scale_of(edition).units_per_point
    return [
        (ceil(low * per), f"{score_text(low)}–{score_text(high)}")
        for part in bin_edges(edition)
        for low, high in pairwise(part)
    ]


def _scene_facts(batch: ReportData) -> _Facts:
    """scene:<id>, the level of a scene or NOT_SAID; scenes:<part>:<level>, how many scenes of a subtotal are at it."""
    edition = batch.edition
    if not edition.scenes:
        return
    said, levels = batch.not_applicable, {}
    names: dict[Any, str] = {g: edition.scene_level_name(g) for g in level_numbers(edition)}
    names[NOT_SAID] = edition.header.not_applicable or ""
    for scene in edition.scenes:
        level = batch.scores[scene.id].astype("int64")
        if said is not None:
            level = level.mask((level == 0) & said[scene.id].reindex(level.index, fill_value=False), NOT_SAID)
        levels[scene.id] = level
        yield f"scene:{scene.id}", (Fact(f"场景{scene.number} {scene.printed_name}", names), level)
    for part, (title, scenes) in enumerate(scene_parts(edition).items()):
        for g in (NOT_SAID, *level_numbers(edition)):
            counts = sum((levels[name] == g).astype("int64") for name in scenes)
            yield f"scenes:{part}:{g}", (Fact(f"{title}中“{names[g]}”的场景数"), pd.Series(counts))


def _change_facts(batch: ReportData, returns: pd.Index) -> _Facts:
    """since:matched, whether a covered return has one of the first phase beside it (0 or 1); since:change in units."""
    c = since_first_phase(batch)
    if c is None:
        return
    gain = (c.scores_after["score_units"] - c.scores_before["score_units"]).to_numpy()
    change = pd.Series(gain, pd.Index(c.pairs["after"])).reindex(returns)
    matched: dict[Any, str] = {1: "对应得上", 0: "对应不上"}
    yield (
        "since:matched",
        (Fact(f"{choices(batch.edition, 'phase')[0]}的评测表", matched), change.notna().astype("int64")),
    )
    per = scale_of(batch.edition).units_per_point
    yield "since:change", (Fact("得分变化", per=per), change.fillna(0).astype("int64"))


def _upgrade_facts(batch: ReportData, returns: pd.Index) -> _Facts:
    """Of the way up of a covered return: upgrade:steps, :locked, :detour, :forced and :barred, 0 at the highest level.

    alone:<key>: the steps of a question or scene that lift it alone, 0 where none do; alone:any, how many of them lift
    it at all, and alone:one, how many by a single step.
    """
    edition, upgrades = batch.edition, batch.upgrades
    if upgrades is None:
        return
    every = upgrades.drop(columns="changes").reindex(returns, fill_value=0)
    lifting = every[lever_keys(edition)]
    named: tuple[tuple[str, str, Mapping[Any, str]], ...] = (
        ("steps", "离下一等级的步数", {0: "没有走法"}),
        ("locked_steps", "走法中不能自行决定的步数", {}),
        ("detour", "因提示多走的步数", {}),
        ("forced", "因提示须动不能自行决定的", {1: "是", 0: "否"}),
        ("barred", "因提示没有走法", {1: "是", 0: "否"}),
    )
    for name, title, names in named:
        yield f"upgrade:{name}", (Fact(title, names), every[name])
    for key in lever_keys(edition):
        yield f"alone:{key}", (Fact(f"只提升“{lever_name(edition, key)}”即可升级的步数", {0: "不能升级"}), every[key])
    yield "alone:any", (Fact("能单独使其升级的项数"), (lifting > 0).sum(axis=1))
    yield "alone:one", (Fact("只需 1 步就能单独使其升级的项数"), (lifting == 1).sum(axis=1))


# --- targets ----------------------------------------------------------------------------------------------------------


def _target_facts(batch: ReportData, returns: pd.Index) -> _Facts:
    """What a covered return tells of each target (numbered from 1), by the enterprise of the roster that sent it.

    target:<i>:in and :reach, of the whole; target:<i>:there, of the selection of a district: who may be in it but has
    no district is unclear in each; target:<i>:district, "" where none is known.
    """
    asked = asked_of(batch)
    if asked is None:
        return

    def told(values: np.ndarray, blank: FactValue) -> pd.Series:
        """What holds of the enterprise of each return; blank where that is not on the roster."""
        of_lines = pd.Series(values[asked.lines.to_numpy()], asked.lines.index)
        return of_lines.reindex(returns, fill_value=blank)

    membership_names: dict[Any, str] = {INSIDE: "属于", UNCLEAR: "未明", OUTSIDE: "不属于"}
    reach_names: dict[Any, str] = {SURE: "已确认达到", POSSIBLE: "可能达到", NOT: "未达到"}
    district = known_values(asked, _ANY_DISTRICT) if batch.targets.targets else pd.Series(dtype="str")
    for i, target in enumerate(batch.targets.targets, 1):
        stands = standing(asked, target.level)
        members = membership(asked.n, target.conditions, [known_values(asked, c) for c in target.conditions])
        placed = district.notna().to_numpy()
        inside = np.select([members.inside, members.unclear], [INSIDE, UNCLEAR], OUTSIDE)
        there = np.where((inside != OUTSIDE) & ~placed, UNCLEAR, inside)
        reach = np.select([stands.sure, stands.possible], [SURE, POSSIBLE], NOT)
        name = target.target.name
        yield f"target:{i}:in", (Fact(f"“{name}”的范围", membership_names), told(inside, OUTSIDE))
        yield f"target:{i}:there", (Fact(f"“{name}”的范围", membership_names), told(there, OUTSIDE))
        yield f"target:{i}:reach", (Fact("企业的等级", reach_names), told(reach, NOT))
        places = district.fillna("").to_numpy()
        yield f"target:{i}:district", (Fact("区县", {"": "不知"}), told(places, ""))


# --- entries, issues, answers of those asked --------------------------------------------------------------------------


def _files(batch: ReportData) -> Universe:
    """Every entry of the folders."""
    files = batch.files
    frame = pd.DataFrame(
        {
            "form_id": files["form_id"].fillna("").astype("str"),
            "file": files["file"].astype("str"),
            "status": files["status"].astype("str"),
        }
    ).reset_index(drop=True)
    names: dict[Any, str] = dict(STATUS_NAMES)
    return Universe(FILES, frame, {"status": Fact("处理结果", names)})


def _issue_files(batch: ReportData) -> Universe:
    """Every entry with open issues of a code: severity, code and n (how many)."""
    groups = open_issues(batch).groupby(["severity", "code", "file"], sort=False, dropna=False)
    frame = groups.agg(n=("file", "size"), form_id=("form_id", "first")).reset_index()
    frame = frame.astype({"severity": "str", "code": "str", "file": "str", "n": "int64"})
    frame["form_id"] = frame["form_id"].astype("str").fillna("")
    names: dict[Any, str] = dict(SEVERITY_NAMES)
    codes: dict[Any, str] = {code: issue_name(code) for code in frame["code"].unique()}
    facts = {"severity": Fact("级别", names), "code": Fact("问题", codes), "n": Fact("问题数（处）")}
    return Universe(ISSUE_FILES, frame[["form_id", "file", *facts]], facts)


def _replies(batch: ReportData, replies: pd.DataFrame) -> Universe:
    """Every readable return of the report's phase and kind, by the enterprise of the roster that it is of.

    district (of the roster), asked (0 or 1), counted (whether any return of the enterprise counts), status, and
    outsider: where the enterprise is not on the roster, the first file of its returns.
    """
    roster = batch.roster if batch.roster is not None else pd.DataFrame()
    line = replies["line"].fillna(NOT_ASKED).astype("int64")
    known = line != NOT_ASKED
    place = line.where(known, 0).to_numpy()
    named = group_names(roster["district"]).to_numpy(dtype="str")[place]
    counted = roster["counted"].to_numpy()[place]
    frame = pd.DataFrame(
        {
            "form_id": replies["form_id"].astype("str"),
            "file": replies["file"].astype("str"),
            "asked": known.astype("int64"),
            "group:district": pd.Series(named, dtype="str").where(known, ""),
            "counted": (known & pd.Series(counted)).astype("int64"),
            "status": replies["status"].astype("str"),
            "outsider": replies["outsider"].astype("str").fillna(""),
        }
    )
    statuses: dict[Any, str] = dict(STATUS_NAMES)
    facts = {
        "asked": Fact("名单", {1: "名单中的企业", 0: "名单以外"}),
        "group:district": Fact("名单所列区县"),
        "counted": Fact("企业", {1: "有评测表计入", 0: "没有评测表计入"}),
        "status": Fact("处理结果", statuses),
        "outsider": Fact("名单以外的企业，首份文件"),
    }
    return Universe(REPLIES, frame, facts)
