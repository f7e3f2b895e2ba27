"""Cell addresses as Excel writes them."""

from __future__ import annotations


def column_number(letters: str) -> int:
    """Column letters as a number from 0.

    >>> column_number("A"), column_number("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_name(row: int, column: int) -> str:
    """A cell's address from its row and column, both from 0.

    >>> cell_name(13, 3), cell_name(0, 27)
    ('D14', 'AB1')
    """
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
