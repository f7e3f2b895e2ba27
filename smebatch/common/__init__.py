"""Helpers for every room; they import nothing of smebatch."""
