"""The report as a workbook of Excel."""
