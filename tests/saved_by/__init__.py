"""Returns as the programs that people use save them."""
