"""What every view asks of its request: the place, the words, the open batch."""

from __future__ import annotations

import datetime as dt
from contextlib import AbstractContextManager
from typing import cast

from flask import current_app, g

from smebatch.issues.notice import Notice
from smebatch.language.words import MESSAGES, Words
from smebatch.page.place import OpenBatch, Place
from smebatch.page.readers import Readers


def place() -> Place:
    """The round that the page serves."""
    return cast(Place, current_app.extensions["place"])


def readers() -> Readers:
    """The reader processes of the server."""
    return cast(Readers, current_app.extensions["readers"])


def now() -> dt.datetime:
    """The time, with its zone, to the second."""
    return dt.datetime.now().astimezone().replace(microsecond=0)


def words() -> Words:
    """The texts in the user's language."""
    return cast(Words, g.words)


def sentence(notice: Notice) -> str:
    """What a notice says in the user's language: the page's own words, where the usual ones speak of commands."""
    code = f"page.{notice.code}"
    return words().text(code if code in MESSAGES else notice.code, **notice.values)


def open_batch() -> AbstractContextManager[OpenBatch | None]:
    """The batch of the round, None where there is none yet. Raises BatchError, SettingsError, OSError."""
    return place().open_batch()
