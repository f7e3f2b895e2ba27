"""A folder of workbooks becomes rows: finding files, opening them, and typing every cell at the edge."""
