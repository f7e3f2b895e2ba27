"""What is said of an exception outside a request, so that the page goes on whatever it was."""

from __future__ import annotations

import traceback

from smebatch.issues.notice import Notice, ProblemError, notice_of


def notice_of_any(error: Exception) -> Notice:
    """What to say of an exception; of one that nobody foresaw the console of the server shows where it came from."""
    if not isinstance(error, ProblemError | OSError):
        traceback.print_exception(error)
    return notice_of(error)
