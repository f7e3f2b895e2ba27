"""Worker processes that read files, and may die of one."""
