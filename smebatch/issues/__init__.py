"""Everything that can be wrong with a file, a return or a run, as data with its wording."""
