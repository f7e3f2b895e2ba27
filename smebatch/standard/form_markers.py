"""The marks by which a form is known and read: design, section 4."""

from __future__ import annotations

FORM_VERSION = "2"
# It changes with what is read: keys, the marks below, what counts as a tick. Where things stand, how they look and what
# is said around them may change without it, for the reader finds answers by their keys alone.
# Forms of these versions are read as they ever were: those of 1 have no keys on 能耗折算.
EARLIER_VERSIONS = ("1",)

# Where the key column meets the key row.
MARKER = "#smebatch"
# Prefix of an answer column's cell in the key row; the suffix of its keys follows.
ANSWER = "#"
# Cells of the key row over the columns that print a row's code and label.
CODE = "code"
LABEL = "label"

META_SHEET = "_meta"
LISTS_SHEET = "lists"

TICK = "√"

# What people write for a tick and for no tick, after NFKC and in lower case.
TICKED = ("√", "✓", "✔", "☑", "■", "●", "是", "有", "y", "yes", "t", "true", "1")
# Of these, the ones that keyboards write with a selector behind them, as a picture or as a text.
SELECTED, SELECTORS = ("✔", "☑"), ("\ufe0f", "\ufe0e")
UNTICKED = ("×", "✗", "☐", "□", "○", "否", "无", "n", "no", "f", "false", "0", "-", "/")
