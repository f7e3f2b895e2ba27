"""The facts of 更正进度: threads by the issues that they have had, their versions, and what was sent again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from smebatch.batch.correction_progress import CorrectionProgress
from smebatch.issues.catalogue import issue_name
from smebatch.report.basis.algebra import Fact, Universe
from smebatch.report.progress_figures import END_NAMES, ENDS, ROUND_ENDS, issue_ends, thread_frame
from smebatch.report.words import SEVERITY_NAMES, STATE_NAMES

THREADS, VERSIONS, RESENT = "threads", "versions", "resent"
ANY_CODE = ""
"""The code of the rows that tell of all issues of a severity together."""

_COUNTS = ("before", *ROUND_ENDS, "after")


def progress_universes(progress: CorrectionProgress) -> Iterator[Universe]:
    """threads, versions and resent."""
    threads = _threads(progress)
    codes: dict[Any, str] = {code: issue_name(code) for code in threads["code"].unique() if code != ANY_CODE}
    severities: dict[Any, str] = dict(SEVERITY_NAMES)
    shared = {
        "severity": Fact("级别", severities),
        "code": Fact("问题", codes | {ANY_CODE: "各种"}),
        "group:district": Fact("区县"),
        "through": Fact("最后一次报送", {1: "已计入", 0: "尚未计入"}),
    }
    ends = {f"end:{end}": Fact(f"{END_NAMES[end]}（项）") for end in ENDS}
    facts = shared | {"corrections": Fact("更正（次）"), "found": Fact("共发现（项）")} | ends
    yield Universe(THREADS, threads[["form_id", "file", *facts]], facts)
    versions = progress.versions[["thread", "version", "form_id", "file"]]
    every = threads.drop(columns=["form_id", "file"]).merge(versions, on="thread")
    facts = {**shared, "version": Fact("版次")}
    yield Universe(VERSIONS, every[["form_id", "file", *facts]], facts)
    yield _resent(progress)


def _threads(progress: CorrectionProgress) -> pd.DataFrame:
    """A row for each thread, severity and code of its issues, and one for each thread and severity with ANY_CODE.

    ``form_id`` and ``file`` are those of its last version.
    """
    ends = issue_ends(progress)
    flags = {f"end:{end}": (ends["end"] == end).astype("int64") for end in ENDS}
    of_code = ends[["thread", "severity", "code"]].assign(found=1, **flags)
    both = pd.concat([of_code, of_code.assign(code=ANY_CODE)], ignore_index=True)
    sums = both.groupby(["thread", "severity", "code"], sort=False).sum().reset_index()
    last = progress.versions[progress.versions["last"]].set_index("thread")[["form_id", "file"]]
    every = thread_frame(progress).rename(columns={"district": "group:district"}).join(last)
    frame = sums.join(every[["form_id", "file", "group:district", "through", "corrections"]], on="thread")
    order = pd.Series(range(len(last)), last.index)
    frame = frame.assign(place=frame["thread"].map(order)).sort_values("place", kind="stable", ignore_index=True)
    texts = dict.fromkeys(("thread", "severity", "code", "form_id", "file", "group:district"), "str")
    return frame.drop(columns="place").astype({**texts, "through": "int64"})


def _resent(progress: CorrectionProgress) -> Universe:
    """Every version that was sent again, with how many errors each figure of 历次更正 counts of it."""
    errors = progress.issues[progress.issues["severity"] == "error"]
    key = ["thread", "version"]
    again = progress.versions.loc[progress.versions["version"] > 1, [*key, "form_id", "file"]]
    open_ones = errors[errors["state"] != "closed"]
    after = open_ones.groupby(key).size()
    before = open_ones.assign(version=open_ones["version"] + 1).groupby(key).size()
    ends = errors["state"].mask(errors["state"] == "waived", "waived_new")
    ends = ends.mask((errors["state"] == "waived") & errors["stood_before"], "waived_before")
    counts = {end: errors[ends == end].groupby(key).size() for end in ROUND_ENDS}
    frame = again.set_index(key)
    for name, values in {"before": before, **counts, "after": after}.items():
        frame[name] = values.reindex(frame.index).fillna(0).astype("int64")
    frame = frame.reset_index().astype({"form_id": "str", "file": "str", "version": "int64"})
    names = {
        "before": "更正前的错误",
        "after": "更正后的错误",
        "waived_before": "原有经审定",
        "waived_new": "新现经审定",
    }
    facts = {
        "version": Fact("版次"),
        **{name: Fact(f"{names.get(name) or STATE_NAMES[name]}（项）") for name in _COUNTS},
    }
    return Universe(RESENT, frame[["form_id", "file", *facts]], facts)
