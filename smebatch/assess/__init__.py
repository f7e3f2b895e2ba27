"""Rows become verdicts: the pandera schema with its cross-checks, the exact score, the level and the gap to the next."""
