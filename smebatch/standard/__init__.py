"""The standard as data, with the keys and integer units that follow."""
