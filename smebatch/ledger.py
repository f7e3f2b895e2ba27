"""The ledger of a batch: every entry with the status it has been given, stored."""

from __future__ import annotations

from smebatch.assess.settle import IDENTITY, awaiting_finding, settle
from smebatch.issues import reason_text
from smebatch.standard.model import Edition
from smebatch.store import Store
from smebatch.verdict import finding_rows, findings_frame

AFTER_ALL = 1_000_000  # number of findings that come of comparing returns: behind those of the return itself


def settle_ledger(store: Store, edition: Edition) -> None:
    """Give every return its status, and store the ledger of all entries."""
    identity = ", ".join(f"a.{column}" for column in (*IDENTITY, "filled_on"))
    returns = store.frame(
        f"""SELECT e.file, e.form_id, e.mtime_ns, f.errors, {identity}
        FROM entries e JOIN forms f USING (form_id) JOIN answers a USING (form_id) ORDER BY e.file"""
    )
    ledger = returns[["file"]].join(settle(returns))
    ledger["detail"] = [
        reason_text(reason, "zh", n=int(errors))
        for reason, errors in zip(ledger["reason"], returns["errors"], strict=True)
    ]
    ledger = ledger.astype("str")  # even where there is none
    awaited = ledger["awaited"] != ""
    rows = [
        row
        for form_id, files in zip(returns["form_id"][awaited], ledger["awaited"][awaited], strict=True)
        for row in finding_rows(form_id, [awaiting_finding(edition, files)], start=AFTER_ALL)
    ]
    store.put("awaiting", findings_frame(rows))
    store.put_files(ledger)
