"""The answers that an issue is about: whether they have changed tells a mended issue from one that still stands."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from functools import cache

from smebatch.assess.validate import rules_of
from smebatch.standard.fixed_point import show_figure
from smebatch.standard.keys import cells_of_rows, keys_of
from smebatch.standard.model import Edition

_BETWEEN = {"uscc.two_names": ("uscc", "name")}  # what is compared with other returns


@cache
def _rule_inputs(edition: Edition) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """What each rule reads, by the code and the key of its issue; the day of reading makes no difference."""
    return {(rule.code, rule.key): rule.inputs for rule in rules_of(edition, dt.date.max)}


def keys_read(edition: Edition, code: str, key: str) -> tuple[str, ...]:
    """The keys of the answers that an issue is about.

    Of an issue that compares answers, all that its check reads; else the answer at its key, which for a question or a
    scene is its ticks and state. None for an issue without a key.
    """
    inputs = _rule_inputs(edition).get((code, key)) or _BETWEEN.get(code) or cells_of_rows(edition).get(key, (key,))
    return tuple(dict.fromkeys(name for name in inputs if name in keys_of(edition)))


def answers_text(edition: Edition, keys: Iterable[str], values: Mapping[str, object], typed: Mapping[str, str]) -> str:
    """The answers to some keys as JSON, pairs of key and text; blank ones are left out.

    ``values``: typed answers, figures in millionths. ``typed``: the contents of cells that could not be read surely.
    Equal texts mean equal answers.
    """
    pairs: list[tuple[str, ...]] = []
    for key in keys:
        if key in typed:
            pairs.append((key, "", typed[key]))  # no answer, whatever it looks like
        elif (value := values.get(key)) is not None and value is not False:
            pairs.append((key, answer_text(edition, key, value)))
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))


def answer_text(edition: Edition, key: str, value: object) -> str:
    """One answer as exports write it: a tick 1, a figure as a decimal in its unit, a day in ISO 8601."""
    if value is True:
        return "1"
    if isinstance(value, int) and keys_of(edition)[key].kind.is_figure:
        return show_figure(value)
    return value.isoformat() if isinstance(value, dt.date) else str(value)
