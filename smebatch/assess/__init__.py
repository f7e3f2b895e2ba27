"""Checks answers by rules, and computes the exact score and level."""
