"""Reading in processes that may die of a file."""
