"""Verdicts become a summary workbook: tables (pure pandas) and the book that prints them (XlsxWriter)."""
