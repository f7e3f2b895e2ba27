"""From a folder of files to typed answers: list the entries, open the workbooks, read and type the cells."""
