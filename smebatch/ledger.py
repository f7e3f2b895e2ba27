"""The ledger of a batch: every entry with the status it has been given, stored."""

from __future__ import annotations

from smebatch.assess.settle import IDENTITY, awaiting_finding, settle
from smebatch.issues import reason_text
from smebatch.standard.model import Edition
from smebatch.store import Store
from smebatch.verdict import finding_rows, findings_frame

AFTER_ALL = 1_000_000  # number of findings that come of comparing returns: behind those of the return itself


def settle_ledger(store: Store, edition: Edition) -> dict[str, str]:
    """Give every entry its status and store the ledger; returns the statuses by file."""
    identity = ", ".join(f"a.{column}" for column in (*IDENTITY, "filled_on"))
    ledger = store.frame(
        f"""SELECT e.*, f.errors, f.warnings, {identity}
        FROM entries e LEFT JOIN forms f USING (form_id) LEFT JOIN answers a USING (form_id) ORDER BY e.file"""
    )
    ledger["status"], ledger["superseded_by"], ledger["awaited"] = "rejected", "", ""
    readable = ledger["form_id"] != ""
    settled = settle(ledger[readable])
    for column in settled.columns:
        ledger.loc[readable, column] = settled[column]
    ledger.loc[readable, "detail"] = [
        reason_text(reason, "zh", n=int(errors))
        for reason, errors in zip(ledger["reason"][readable], ledger["errors"][readable], strict=True)
    ]
    awaited = ledger[ledger["awaited"] != ""]
    rows = [
        row
        for form_id, files in zip(awaited["form_id"], awaited["awaited"], strict=True)
        for row in finding_rows(form_id, [awaiting_finding(edition, files)], start=AFTER_ALL)
    ]
    store.put("awaiting", findings_frame(rows))
    ledger["warnings"] = ledger["warnings"].fillna(0).astype("int64") + (ledger["awaited"] != "")
    files = ledger[["file", "sha256", "bytes", "status", "reason", "detail", "form_id", "superseded_by", "warnings"]]
    store.put("files", files)
    return dict(zip(files["file"], files["status"], strict=True))
