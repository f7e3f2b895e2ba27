"""The standard as data (editions), and the keys of answers and the integer units of scores that follow from it."""
