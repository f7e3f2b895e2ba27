"""A workbook from its bytes: what file it is, whether it is safe to open, and its cells."""
