"""The catalogue of issues, reasons and statuses: what its files must hold, and that it and the code know the same codes."""
