"""The figures of 更正进度: what has become of each issue, and what was changed though nothing asked for it."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import pandas as pd

from smebatch.batch.correction_progress import CorrectionProgress
from smebatch.batch.load import ReportData
from smebatch.issues.catalogue import issue_name
from smebatch.report.exact_statistics import display_number, display_points
from smebatch.report.words import GONE, MISSING, STATE_NAMES, STATUS_NAMES, TOTAL, group_names, level_numbers
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

AWAITED = "awaited"
"""The end of an issue of a return that has not been sent again: its state is ``new``, but nothing came back yet."""

ENDS = ("closed", "waived", "unchanged", "miscorrected", "new", AWAITED)
"""What can have become of an issue; each issue has come to exactly one end."""

ROUND_ENDS = ("closed", "miscorrected", "unchanged", "waived_before", "new", "waived_new")
"""What can have become of an issue when its return was sent again; the first four stood before."""

END_NAMES = {**STATE_NAMES, AWAITED: "尚未重报"}


def issue_ends(progress: CorrectionProgress) -> pd.DataFrame:
    """Every issue once, RangeIndex: thread, code, key, severity, and end (of ENDS), as of the last version.

    An issue that was closed and found again later is one issue.
    """
    # The rows are in the order of versions, and no version after the one that closed an issue mentions it.
    last = progress.issues.drop_duplicates(["thread", "code", "key"], keep="last", ignore_index=True)
    first_sent = (last["state"] == "new") & (last["version"] == 1)
    return last[["thread", "code", "key", "severity"]].assign(end=last["state"].mask(first_sent, AWAITED))


def thread_frame(progress: CorrectionProgress) -> pd.DataFrame:
    """Every thread, index thread: versions (how many), district, through (bool) and corrections (int64).

    It is through where its last version counts. ``corrections``: how often it was sent back until then, which is the
    number of its last version with errors; 0 where its errors were waived without a correction.
    """
    versions = progress.versions
    last = versions[versions["last"]].set_index("thread")
    wrong = versions[versions["errors"] > 0].groupby("thread")["version"].max()
    return pd.DataFrame(
        {
            "versions": last["version"],
            "district": group_names(last["district"]),
            "through": last["status"] == "counted",
            "corrections": wrong.reindex(last.index, fill_value=0).astype("int64"),
        }
    )


def group_progress(ends: pd.DataFrame, threads: pd.DataFrame, by: pd.Series[str]) -> pd.DataFrame:
    """One row for each group of issues, in the order of names, and the whole as the last row; none without issues.

    ``ends``, ``threads``: see issue_ends and thread_frame. ``by``: the group of each issue. Columns: group, threads,
    versions, found, then each of ENDS (which add up to found), through, open, mean and most (of the corrections of the
    threads that are through; NA where there are none). A thread with issues of several groups is in each of them.
    """
    everything = pd.Series(TOTAL, index=ends.index, dtype="str")
    return pd.concat([_group_sums(ends, threads, by), _group_sums(ends, threads, everything)], ignore_index=True)


def _group_sums(ends: pd.DataFrame, threads: pd.DataFrame, by: pd.Series[str]) -> pd.DataFrame:
    concerned = pd.DataFrame({"group": by, "thread": ends["thread"]}).drop_duplicates().join(threads, on="thread")
    parts = pd.DataFrame(
        {
            "group": concerned["group"],
            "threads": 1,
            "versions": concerned["versions"],
            "through": concerned["through"].astype("int64"),
            "took": concerned["corrections"].where(concerned["through"], 0),
        }
    )
    sums = parts.groupby("group").sum().astype("int64")
    most = concerned[concerned["through"]].groupby("group")["corrections"].max()
    counts = pd.DataFrame({end: (ends["end"] == end).astype("int64") for end in ENDS}).groupby(by.to_numpy()).sum()
    means = [
        display_number(Fraction(took, through)) if through else None
        for took, through in zip(sums["took"].tolist(), sums["through"].tolist(), strict=True)
    ]
    frame = pd.DataFrame(
        {
            "threads": sums["threads"],
            "versions": sums["versions"],
            "found": counts.sum(axis=1),
            **{end: counts[end] for end in ENDS},
            "through": sums["through"],
            "open": sums["threads"] - sums["through"],
            "mean": pd.Series(means, index=sums.index, dtype="float64"),
            "most": most.reindex(sums.index).astype("Int64"),
        }
    )
    return frame.rename_axis("group").reset_index()


def district_frame(progress: CorrectionProgress) -> pd.DataFrame:
    """The errors by the district that the last version of their return names: see group_progress; 未填 comes last."""
    threads, ends = thread_frame(progress), issue_ends(progress)
    errors = ends[ends["severity"] == "error"]
    frame = group_progress(errors, threads, errors["thread"].map(threads["district"]))
    place = frame["group"].map({MISSING: 1, TOTAL: 2}).fillna(0)
    return frame.iloc[place.argsort(kind="stable")].reset_index(drop=True)


def code_frame(batch: ReportData, progress: CorrectionProgress, severity: str) -> pd.DataFrame:
    """The issues of a severity by code: see group_progress; the most frequent first.

    Further columns: name (of the code), code (blank in the total) and message (of an example).
    """
    ends = issue_ends(progress)
    ends = ends[ends["severity"] == severity]
    frame = group_progress(ends, thread_frame(progress), ends["code"])
    frame = pd.concat([frame[:-1].sort_values("found", ascending=False, kind="stable"), frame[-1:]], ignore_index=True)
    examples = batch.issues.drop_duplicates("code").set_index("code")["message"]
    names = {code: issue_name(code) for code in frame["group"]}  # that of the total is its own
    codes = frame["group"].where(frame["group"] != TOTAL, "")
    return frame.assign(name=frame["group"].map(names), code=codes, message=frame["group"].map(examples).astype("str"))


def round_frame(progress: CorrectionProgress) -> pd.DataFrame:
    """What became of the errors each time returns were sent again: a row for each time, and their sums as the last row.

    Columns: group, n (returns that were sent for that time), before (errors of the versions before), closed,
    miscorrected, unchanged, waived_before (those waived that the version before had; these four add up to ``before``),
    new, waived_new (the other waived ones), after (errors of these versions, those waived included: the sum of
    miscorrected, unchanged and all waived and new ones).
    """
    errors = progress.issues[progress.issues["severity"] == "error"]
    standing = errors[errors["state"] != "closed"].groupby("version").size()
    again = progress.versions[progress.versions["version"] > 1].groupby("version").size()
    following = progress.versions[~progress.versions["last"]]
    # Only those versions have a version after them whose thread goes on.
    goes_on = errors[errors["state"] != "closed"].merge(following[["thread", "version"]], on=["thread", "version"])
    before = goes_on.groupby("version").size()
    ends = errors["state"].mask(errors["state"] == "waived", "waived_new")
    ends = ends.mask((errors["state"] == "waived") & errors["stood_before"], "waived_before")
    counts = errors.assign(end=ends).groupby(["version", "end"]).size()
    rows = [
        {
            "group": f"第 {version - 1} 次更正",
            "n": int(again[version]),
            "before": int(before.get(version - 1, 0)),
            **{end: int(counts.get((version, end), 0)) for end in ROUND_ENDS},
            "after": int(standing.get(version, 0)),
        }
        for version in again.index
    ]
    frame = pd.DataFrame(rows, columns=["group", "n", "before", *ROUND_ENDS, "after"])
    total = frame.drop(columns="group").sum().to_frame().T.assign(group=TOTAL)
    return pd.concat([frame, total], ignore_index=True).astype({key: "int64" for key in frame if key != "group"})


def unasked_frame(edition: Edition, progress: CorrectionProgress) -> pd.DataFrame:
    """Every version whose score or level rests on changes that no issue asked for; all of them, in the batch's order.

    Columns: name, district, uscc, phase, assessment_kind, filled_on, version, status_name, file, score and
    score_without (points), level_name and level_without (names), score_gained (points), level_gained, n (unasked
    changes) and keys (what they are).
    """
    scale = scale_of(edition)
    names = {g: edition.level_name(g) for g in level_numbers(edition)}
    frame = progress.taken_back[["form_id", "score_units", "level"]].merge(
        progress.versions, on="form_id", suffixes=("_without", "")
    )
    changes = progress.unasked_changes.groupby("form_id", sort=False)
    keys = {form_id: changed_keys(edition, zip(c["key"], c["after"], strict=True)) for form_id, c in changes}
    units = {name: frame[name].astype("int64") for name in ("score_units", "score_units_without")}
    gained = units["score_units"] - units["score_units_without"]
    sign = gained.where(gained >= 0, -1).clip(upper=1)
    return frame.assign(
        status_name=frame["status"].map({**STATUS_NAMES, "gone": GONE}),
        score=display_points(units["score_units"], scale.units_per_point),
        score_without=display_points(units["score_units_without"], scale.units_per_point),
        score_gained=sign * display_points(gained.abs(), scale.units_per_point),
        level_name=frame["level"].map(names),
        level_gained=frame["level"] - frame["level_without"],
        level_without=frame["level_without"].map(names),
        n=frame["form_id"].map(changes.size()),
        keys=frame["form_id"].map(keys),
    )


def changed_keys(edition: Edition, changes: Iterable[tuple[str, str]]) -> str:
    """Name the answers of some changes, each given by its key and the answer after it.

    A tick has ＋ before it where it was set and － where it was taken away.
    """
    keys = keys_of(edition)
    ticks = {name for name, key in keys.items() if key.kind is Kind.TICK}
    return "；".join(("＋" if after == "1" else "－") * (key in ticks) + keys[key].label for key, after in changes)
