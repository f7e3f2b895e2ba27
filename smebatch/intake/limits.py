"""What reading one entry may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """What one entry may use before its reader is stopped.

    CPU time decides alike under load; wall-clock time is the backstop. Honest returns take milliseconds and megabytes.
    """

    cpu_seconds: int = 20
    memory_mb: int = 1024
    wall_seconds: int = 120
