"""The kinds of questions as docs/editions.md has them."""

from __future__ import annotations

from smebatch.standard.questions import QUESTION_TYPES


def question_type_row() -> str:
    """The row in Markdown of the key ``type``: each kind and what it means."""
    return f"| `type` | {'; '.join(f'`{name}`: {kind.meaning}' for name, kind in QUESTION_TYPES.items())} |\n"
