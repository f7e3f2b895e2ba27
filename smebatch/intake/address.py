"""Where a cell stands: as Excel writes it, and as one number, for most of reading is looking cells up."""

from __future__ import annotations

WIDTH = 16_384  # columns of a sheet

Place = int
"""A cell's row × WIDTH + its column, both from 0."""


def place(address: str) -> Place:
    """The place of an address.

    >>> divmod(place("D14"), WIDTH)
    (13, 3)
    """
    letters = address.rstrip("0123456789")
    return (int(address[len(letters) :]) - 1) * WIDTH + column_number(letters)


def column_number(letters: str) -> int:
    """Column letters as a number from 0.

    >>> column_number("A"), column_number("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def cell_name(at: Place) -> str:
    """The address of a place.

    >>> cell_name(13 * WIDTH + 3), cell_name(27)
    ('D14', 'AB1')
    """
    row, column = divmod(at, WIDTH)
    letters, number = "", column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"
