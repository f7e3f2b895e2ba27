"""Answers become verdicts: rules, exact score, level."""
