"""Stores a batch, decides which returns count, exports results."""
