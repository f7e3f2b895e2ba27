"""Texts in Chinese and English, read from a TOML file that holds both languages side by side.

A file has one table for each text. The table's name is the text's code, in quotes, for codes have dots::

    ["roster.empty"]
    zh = "名单 {path} 中没有企业。"
    en = "the roster {path} lists nobody"

A name in braces is a placeholder; both languages have the same ones. :func:`read_texts` reads the rows of a file.
:class:`Catalogue` holds texts by their codes. It reads its files when the first text is asked for, so that a process
that says nothing does not pay for it (5 ms for 250 texts). The owner of a file says::

    MESSAGES = Catalogue(lambda: [Wording(**row) for row in read_texts("smebatch.language", "messages.toml")])

    fill(MESSAGES["roster.empty"], "zh", {"path": path})
"""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

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


_Entry = TypeVar("_Entry", bound=Bilingual)


class Wording(NamedTuple):
    """A text in both languages under its code; names in braces are placeholders."""

    code: str
    zh: str
    en: str


class Catalogue(Mapping[str, _Entry], Generic[_Entry]):
    """Entries with texts by their codes, in the order of their files, which are read when the first is asked for.

    ``read`` returns the entries of the files; it is called once, or by each of several threads that ask at once.
    ``placeholders`` names all placeholders that the texts may have; by default any. The first look-up raises ValueError
    for a code that stands twice and for texts that :func:`check_texts` refuses.
    """

    def __init__(self, read: Callable[[], Iterable[_Entry]], placeholders: Collection[str] | None = None) -> None:
        self._read = read
        self._placeholders = placeholders
        self._added: dict[str, _Entry] = {}

    @cached_property
    def _of_files(self) -> dict[str, _Entry]:
        return self._checked(self._read(), reserved=())

    def _checked(self, entries: Iterable[_Entry], reserved: Collection[str]) -> dict[str, _Entry]:
        """The entries by their codes, none of which may be among ``reserved``."""
        checked: dict[str, _Entry] = {}
        for entry in entries:
            if entry.code in reserved or entry.code in checked:
                raise ValueError(f"{entry.code}: the code is taken")
            check_texts(entry, self._placeholders)
            checked[entry.code] = entry
        return checked

    def __getitem__(self, code: str) -> _Entry:
        added = self._added.get(code)
        return self._of_files[code] if added is None else added

    def __iter__(self) -> Iterator[str]:
        yield from self._of_files
        yield from self._added

    def __len__(self) -> int:
        return len(self._of_files) + len(self._added)

    @contextmanager
    def including(self, *entries: _Entry) -> Iterator[None]:
        """Hold further entries, in this process, until the block ends; raises ValueError as the first look-up does."""
        added = self._checked(entries, reserved=self)
        self._added |= added
        try:
            yield
        finally:
            for code in added:
                del self._added[code]


def fill(entry: Bilingual, language: str, values: Mapping[str, object]) -> str:
    """The text in ``zh`` or ``en`` with its placeholders filled; raises KeyError if a value is missing.

    >>> fill(Wording("roster.empty", "名单 {path} 中没有企业。", "the roster {path} lists nobody"), "en", {"path": "a"})
    'the roster a lists nobody'
    """
    return (entry.zh if language == "zh" else entry.en).format_map(values)


def read_texts(
    package: str, file: str, also: Collection[str] = (), flags: Collection[str] = ()
) -> list[dict[str, Any]]:
    """The rows of a TOML file of a package: texts under ``code``, ``zh``, ``en`` and the names in ``also``.

    ``flags``: names of fields that are true or false, and false where they are left out.

    Raises ValueError, which names the file, if the file is missing or no TOML, if a code stands twice, if a text is
    missing, unknown or blank, or a flag is neither true nor false.
    """
    import tomllib  # here, because a process that asks for no text does not need it

    try:
        data = pkgutil.get_data(package, file)  # costs 5 ms less than importlib.resources
        if data is None:
            raise ValueError("no such package")
        fields = {"zh", "en", *also}
        return [_row(code, table, fields, flags) for code, table in tomllib.loads(data.decode("utf-8")).items()]
    except (OSError, ValueError) as error:
        raise ValueError(f"{package}/{file}: {error}") from error


def _row(code: str, table: object, fields: set[str], flags: Collection[str]) -> dict[str, Any]:
    if not isinstance(table, dict) or table.keys() - {*flags} != fields:
        raise ValueError(f"{code}: its fields must be {', '.join(sorted(fields))}; a code with dots stands in quotes")
    flagged = {flag: table.get(flag, False) for flag in flags}
    if unsound := [flag for flag, value in flagged.items() if not isinstance(value, bool)]:
        raise ValueError(f"{code}: {unsound[0]} is neither true nor false")
    for field in fields:
        if not isinstance(table[field], str) or not table[field].strip():
            raise ValueError(f"{code}: {field} is blank or no text")
    return {"code": code, **table, **flagged}


def check_texts(entry: Bilingual, allowed: Collection[str] | None = None) -> None:
    """Raise ValueError if the languages differ in their placeholders, or have others than those allowed.

    A placeholder is a plain name: no format, no conversion, no attribute and no item of a value, so that a translator
    needs to know nothing of Python. Other braces are refused.

    >>> check_texts(Wording("roster.empty", "名单 {path} 中没有企业。", "the roster {file} lists nobody"))
    Traceback (most recent call last):
    ValueError: roster.empty: the languages differ in their placeholders
    """
    names = placeholders(entry.code, entry.zh)
    if names != placeholders(entry.code, entry.en):
        raise ValueError(f"{entry.code}: the languages differ in their placeholders")
    if allowed is not None and not names <= set(allowed):
        raise ValueError(f"{entry.code}: nothing fills {', '.join(sorted(names.difference(allowed)))}")


def placeholders(code: str, text: str) -> set[str]:
    """The names in braces of a text; raises ValueError, which names the code, for braces around anything else."""
    names = _PLACEHOLDER.findall(text)
    if not text.count("{") == text.count("}") == len(names):
        raise ValueError(f"{code}: a brace belongs to no plain placeholder")
    return set(names)
