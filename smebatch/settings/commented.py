"""The smebatch.toml that ``init`` writes: every key with a comment and an example, none of them in force."""

from __future__ import annotations

import pkgutil


def commented_settings() -> str:
    """The text of the file. A line that begins with # and a key is an example; other comments explain."""
    return (pkgutil.get_data("smebatch.settings", "commented.toml") or b"").decode("utf-8").replace("\r\n", "\n")
