"""Registries: plain dicts of kinds by name. This module adds an entry for the duration of a ``with`` block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def registered(registry: dict[str, T], name: str, entry: T) -> Iterator[None]:
    """Add an entry, as the last one, until the block ends. Raises ValueError where the name is taken."""
    if name in registry:
        raise ValueError(f"{name} is registered already")
    registry[name] = entry
    try:
        yield
    finally:
        del registry[name]
