"""Assesses answers: checks them by rules, and computes the exact score and the level."""
