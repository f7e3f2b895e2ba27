"""The standard as data: editions, reference tables, the keys and the integer scale derived from them."""
