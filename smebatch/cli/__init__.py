"""The command line: parses, calls the jobs, shows results."""
