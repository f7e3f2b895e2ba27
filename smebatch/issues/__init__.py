"""Everything that can be wrong with a file, a return or a run; the wording of files and returns is data."""
