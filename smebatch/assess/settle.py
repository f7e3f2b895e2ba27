"""Which return of an enterprise counts: one status for every return of a batch (design, section 6)."""

from __future__ import annotations

import pandas as pd

from smebatch.issues import Finding
from smebatch.standard.model import Edition

IDENTITY = ["uscc", "phase", "assessment_kind"]
_ORDER = ["filled_on", "mtime_ns", "file"]


def settle(returns: pd.DataFrame) -> pd.DataFrame:
    """Settle the returns of a batch.

    ``returns``: a row per file that holds a return, with file, form_id (equal for equal bytes), mtime_ns, errors
    (how many), uscc, phase, assessment_kind and filled_on (NA where blank or not sure).
    Returns the rows' index with status, reason (a code of issues.REASONS), superseded_by (a file) and awaited (the
    later returns with errors, of the one that counts).

    Among those of one enterprise, phase and kind that have no errors the latest filled_on counts, then the latest file
    time, then the last file name; what is older than the one that counts is superseded by it, with errors or without.
    """
    frame = returns.sort_values(_ORDER, na_position="first")
    result = pd.DataFrame(
        {"status": "returned", "reason": "errors", "superseded_by": "", "awaited": ""}, index=frame.index, dtype="str"
    )
    kept = frame.groupby("form_id")["file"].transform("last")
    copies = frame["file"] != kept
    result.loc[copies, ["status", "reason"]] = ["superseded", "superseded.copy"]
    result.loc[copies, "superseded_by"] = kept[copies]

    known = frame[~copies].dropna(subset=[*IDENTITY, "filled_on"])
    known = known.assign(rank=range(len(known)))
    good = known[known["errors"] == 0]
    winners = good.groupby(IDENTITY).tail(1)
    result.loc[winners.index, ["status", "reason"]] = ["counted", "complete"]

    winner = known[[*IDENTITY]].merge(
        winners[[*IDENTITY, "file", "rank"]].rename(columns={"file": "winner", "rank": "winner_rank"}),
        on=IDENTITY,
        how="left",
    )
    winner.index = known.index
    older = winner["winner"].notna() & (known["rank"] < winner["winner_rank"])
    result.loc[older[older].index, ["status", "reason"]] = ["superseded", "superseded.later"]
    result.loc[older[older].index, "superseded_by"] = winner.loc[older, "winner"]

    later = known[winner["winner"].notna() & (known["rank"] > winner["winner_rank"])]
    awaited = later.assign(winner=winner.loc[later.index, "winner"]).groupby("winner")["file"].agg("、".join)
    files = frame.loc[winners.index, "file"]
    result.loc[winners.index, "awaited"] = [awaited.get(file, "") for file in files]
    return result.reindex(returns.index)


def awaiting_finding(edition: Edition, awaited: str) -> Finding:
    """The warning on a return that counts while a later one awaits correction."""
    label = next(field.label for field in edition.fields if field.key == "uscc")
    return Finding("return.later_awaits", "uscc", label, found=awaited)
