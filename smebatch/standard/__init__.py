"""What the standard says, as data, and the keys and integer units that follow from it."""
