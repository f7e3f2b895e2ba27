"""The manners (scripts that imitate how a program saves a return), by the names of the programs."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from saved_by import excel, libreoffice, poi, tencent, wps
from saved_by.stoppers import STOPPERS, with_stopper

__all__ = ["MANNERS", "STOPPERS", "Manner", "with_stopper"]

Manner = Callable[[bytes, Random], bytes]
"""Turns a return that this program has written into what another program would have saved; choices are random."""


def _unchanged(data: bytes, _rng: Random) -> bytes:
    return data


MANNERS: dict[str, Manner] = {
    "smebatch": _unchanged,
    "Excel": excel.save,
    "WPS": wps.save,
    "LibreOffice": libreoffice.save,
    "Tencent Docs": tencent.save,
    "Apache POI": poi.save,
}
