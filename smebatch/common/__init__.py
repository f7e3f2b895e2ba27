"""Helpers for every folder of the package; they import nothing else of it."""
