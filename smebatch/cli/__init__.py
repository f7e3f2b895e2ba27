"""The command line: parses arguments, calls the jobs of workflow, and shows their results."""
