"""Rows become verdicts: the pandera schema and its cross-checks, the exact score, the level, the gap to the next."""
