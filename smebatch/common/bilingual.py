"""Texts in Chinese and English, read from a TOML file that holds both languages side by side.

A file has one table for each text. The table's name is the text's code, in quotes, for codes have dots::

    ["roster.empty"]
    zh = "名单 {path} 中没有企业。"
    en = "the roster {path} lists nobody"

A name in braces is a placeholder; both languages have the same ones. :func:`read_texts` reads a file and refuses what
breaks these rules. :class:`Catalogue` holds the texts of a file by their codes. It reads the file when the first text
is asked for, so that a process that says nothing does not pay for it (5 ms for 250 texts). The owner of a file says::

    MESSAGES = Catalogue(lambda: [Wording(**row) for row in read_texts("smebatch.cli", "messages.toml")])

    fill(MESSAGES["roster.empty"], "zh", {"path": path})
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Generic, NamedTuple, Protocol, TypeVar

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Bilingual(Protocol):
    """Whatever has a stable code and a template in each language."""

    @property
    def code(self) -> str:
        """The stable code that programs use."""

    @property
    def zh(self) -> str:
        """The template in Chinese."""

    @property
    def en(self) -> str:
        """The template in English."""


Entry = TypeVar("Entry", bound=Bilingual)


class Wording(NamedTuple):
    """A text in both languages under its code; names in braces are placeholders."""

    code: str
    zh: str
    en: str


class Catalogue(Mapping[str, Entry], Generic[Entry]):
    """The entries of a file by their codes, in the file's order; the file is read when the first entry is asked for.

    ``read`` returns the entries. It is called once.
    """

    def __init__(self, read: Callable[[], Iterable[Entry]]) -> None:
        self._read = read
        self._added: dict[str, Entry] = {}

    @cached_property
    def _of_file(self) -> dict[str, Entry]:
        return {entry.code: entry for entry in self._read()}

    def __getitem__(self, code: str) -> Entry:
        added = self._added.get(code)
        return self._of_file[code] if added is None else added

    def __iter__(self) -> Iterator[str]:
        yield from self._of_file
        yield from self._added

    def __len__(self) -> int:
        return len(self._of_file) + len(self._added)

    @contextmanager
    def including(self, *entries: Entry) -> Iterator[None]:
        """Hold further entries, in this process, until the block ends.

        Raises ValueError if the code of one is taken, or if its languages differ in their placeholders.
        """
        for entry in entries:
            if entry.code in self:
                raise ValueError(f"{entry.code}: the code is taken")
            check_texts(entry.code, entry.zh, entry.en)
        self._added.update({entry.code: entry for entry in entries})
        try:
            yield
        finally:
            for entry in entries:
                del self._added[entry.code]


def fill(entry: Bilingual, language: str, values: Mapping[str, object]) -> str:
    """The text in ``zh`` or ``en`` with its placeholders filled; raises KeyError if a value is missing.

    >>> fill(Wording("roster.empty", "名单 {path} 中没有企业。", "the roster {path} lists nobody"), "en", {"path": "a"})
    'the roster a lists nobody'
    """
    return (entry.zh if language == "zh" else entry.en).format_map(values)


def read_texts(
    package: str, file: str, *, also: Collection[str] = (), placeholders: Collection[str] | None = None
) -> list[dict[str, str]]:
    """The rows of a TOML file of a package: ``code``, ``zh``, ``en`` and the fields named by ``also``, all filled.

    ``placeholders`` names all placeholders that a text may have; by default any. Raises ValueError, which names the
    file and the code, if the file is no TOML or has a code twice, if a field is missing, unknown or blank, if a
    placeholder is not allowed, or if the languages differ in their placeholders.
    """
    import tomllib  # here, for a process that asks for no text does not need it

    data = pkgutil.get_data(package, file) or b""
    try:
        tables = tomllib.loads(data.decode("utf-8"))
        fields = {"zh", "en", *also}
        return [_row(code, table, fields, placeholders) for code, table in tables.items()]
    except ValueError as error:
        raise ValueError(f"{package}/{file}: {error}") from error


def _row(code: str, table: object, fields: set[str], placeholders: Collection[str] | None) -> dict[str, str]:
    if not isinstance(table, dict) or table.keys() != fields:
        raise ValueError(f"{code}: its fields must be {', '.join(sorted(fields))}; a code with dots stands in quotes")
    for field, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"{code}: {field} is blank or no text")
    check_texts(code, table["zh"], table["en"], placeholders)
    table["code"] = code
    return table


def check_texts(code: str, zh: str, en: str, placeholders: Collection[str] | None = None) -> None:
    """Raise ValueError if the languages differ in their placeholders, or have others than ``placeholders``.

    A placeholder is a plain name: no format, no conversion, no attribute and no item of a value, so that a
    translator needs to know nothing of Python. Other braces are refused.

    >>> check_texts("roster.empty", "名单 {path} 中没有企业。", "the roster {file} lists nobody")
    Traceback (most recent call last):
    ValueError: roster.empty: the languages differ in their placeholders
    """
    names = _placeholders(code, zh)
    if names != _placeholders(code, en):
        raise ValueError(f"{code}: the languages differ in their placeholders")
    if placeholders is not None and not names <= set(placeholders):
        raise ValueError(f"{code}: nothing fills {', '.join(sorted(names.difference(placeholders)))}")


def _placeholders(code: str, text: str) -> set[str]:
    """The names in braces of a text."""
    names = _PLACEHOLDER.findall(text)
    if not text.count("{") == text.count("}") == len(names):
        raise ValueError(f"{code}: a brace belongs to no plain placeholder")
    return set(names)
