"""A batch becomes tables, charts and a workbook."""
