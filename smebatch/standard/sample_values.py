"""What a made-up return holds, before it is written into a form."""

from __future__ import annotations

from decimal import Decimal

SampleAnswers = dict[str, object]  # key → True (ticked), a text, a number, a date, or None (blank)
Number = int | Decimal
