"""The marks in a form by which the program recognises it and finds its answers."""

from __future__ import annotations

FORM_VERSION = "2"
# The version changes when the reader would need to: with the keys, the marks below, or what counts as a tick. Layout,
# styles and wording may change without a new version, because the reader finds answers by their keys alone.
# Forms of earlier versions can still be read; those of version 1 have no keys on 能耗折算.
EARLIER_VERSIONS = ("1",)

# Stands in the cell where the key column meets the key row.
MARKER = "#smebatch"
# Prefix of an answer column's cell in the key row; the suffix of its keys follows.
ANSWER = "#"
# What the key row says above the columns with the printed code and label of each row.
CODE = "code"
LABEL = "label"

# The first sheet of a correction copy lists the issues of the return, a row each, with keys of their own: e001, e002….
# Beside its key column stand what the enterprise says of the issue, and hidden the code and the key of the issue.
CORRECTION_SHEET = "退回说明"
EXPLANATION = f"{ANSWER}_text"
ISSUE_CODE = "issue_code"
ISSUE_KEY = "issue_key"

META_SHEET = "_meta"
# The name in META_SHEET beside which stands which return a correction copy corrects, by its form_id.
CORRECTS = "corrects"
LISTS_SHEET = "lists"

TICK = "√"

# What people write for a tick and for no tick, after NFKC and in lower case.
TICKED = ("√", "✓", "✔", "☑", "■", "●", "是", "有", "y", "yes", "t", "true", "1")
# Ticks that keyboards write with a variation selector behind them, and these selectors: as a picture, as a text.
SELECTED, SELECTORS = ("✔", "☑"), ("\ufe0f", "\ufe0e")
UNTICKED = ("×", "✗", "☐", "□", "○", "否", "无", "n", "no", "f", "false", "0", "-", "/")
