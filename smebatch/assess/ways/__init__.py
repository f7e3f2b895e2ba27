"""The shortest way of each return to its next level, proved."""
