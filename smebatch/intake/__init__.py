"""A folder of workbooks becomes typed answers."""
