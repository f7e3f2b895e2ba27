"""Registries are plain dicts, filled where they are made; an entry may be added for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def registered(registry: dict[str, T], name: str, entry: T) -> Iterator[None]:
    """Let a registry have one more entry, as its last. Raises ValueError where the name is taken."""
    if name in registry:
        raise ValueError(f"{name} is registered already")
    registry[name] = entry
    try:
        yield
    finally:
        del registry[name]
