"""Limits of what reading one entry may cost."""

from __future__ import annotations

from dataclasses import dataclass

MAX_BYTES = 20_000_000  # of a file: returns have 0.05 MB, with pasted photographs a few MB
MAX_MEMBERS = 100_000  # of a container, at all depths
MAX_UNPACKED = 2_000_000_000  # bytes written to disk in opening one container once


@dataclass(frozen=True, slots=True)
class Limits:
    """What one entry may use before its worker is stopped.

    CPU time is the same under load; wall-clock time is the backstop. Honest returns take milliseconds and megabytes.
    """

    cpu_seconds: int = 20
    memory_mb: int = 1024
    wall_seconds: int = 120
