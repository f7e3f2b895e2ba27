"""The public edition (公开版): what of a report may leave the house."""
