"""Everything that can be wrong, as data in two languages."""
