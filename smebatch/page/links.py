"""Where the pages of returns and of entries are."""

from __future__ import annotations

from flask import url_for


def form_address(form_id: str) -> str:
    """The address of the page of a return."""
    return url_for("enterprises.form", form_id=form_id)


def entry_address(file: str) -> str:
    """The address of the page of an entry of the folders."""
    return url_for("files.entry", file=file)
