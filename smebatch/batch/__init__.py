"""Verdicts are kept: tables, settling which return counts, export."""
