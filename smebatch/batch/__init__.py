"""Verdicts are kept: database, settling which return counts, export."""
