"""The workbook of an enterprise, every answer addressed by its key."""
