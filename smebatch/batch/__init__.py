"""Stores a batch of returns in a database, decides which of them count, and exports the results."""
