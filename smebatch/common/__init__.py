"""What every room needs; it knows nothing of smebatch."""
