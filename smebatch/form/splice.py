"""Many forms with answers: one is written as a pattern, and in it each answer cell and each shared text is replaced.

The texts of a workbook stand once, in a part of their own, numbered in the order in which they are first written; a
cell holds the number. So a text more in one cell changes the numbers in all cells written later. That is done too: the
parts of a spliced form hold, byte for byte, what write_form writes, and only their compression differs.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain, zip_longest
from typing import SupportsFloat
from zipfile import ZipInfo

from xlsxwriter.sharedstrings import SharedStrings
from xlsxwriter.utility import _datetime_to_excel_datetime

from smebatch.form.answers import checked
from smebatch.form.layout import answer_cells
from smebatch.form.parts import Part, deflated, packed, unzipped, zipped
from smebatch.form.sheet import FormError, finite, written
from smebatch.form.writer import write_form
from smebatch.standard.keys import keys_of
from smebatch.standard.model import Edition

_TEXTS = "xl/sharedStrings.xml"
_SHEETS = "xl/worksheets/"
_BEGIN, _END = "\ue000", "\ue001"  # around a key, a stand-in; for private use, so that no form prints them
_STAND_IN = re.compile(f"<si><t>{_BEGIN}(.*){_END}</t></si>".encode())
_ITEM = re.compile(rb"<si>.*?</si>", re.DOTALL)
_COUNTS = re.compile(rb'count="\d+" uniqueCount="\d+"')
_NUMBERED = re.compile(rb' t="s"><v>(\d+)</v></c>')
# How a cell ends, from where its address and its style have been said.
_TEXT_END, _NUMBER_END, _BLANK_END = b' t="s"><v>%d</v></c>', b"><v>%b</v></c>", b"/>"
_REMEMBERED = 64  # frames, of 85 KB each

_Shape = tuple[tuple[int, int | bytes], ...]
"""The answer cells that are not blank, by the number of their stand-in. Each holds a number as it is written, or a
text: one that the form prints by its number in the pattern, the form's own from −1 downwards."""


class Splicer:
    """Writes forms of an edition with answers."""

    def __init__(self, edition: Edition) -> None:
        self._edition = edition
        self._keys = keys_of(edition)
        self._where = answer_cells(edition)

    def form(self, answers: Mapping[str, object]) -> bytes:
        """What write_form writes, part by part. Raises what write_form raises."""
        given = checked(self._edition, answers)
        contents = ((name, given.content(self._keys[name])) for name in answers)
        filled = {name: self._held(name, content) for name, content in contents if content != ""}
        return self._pattern.filled(filled) if filled else self._blank

    def _held(self, name: str, content: str | dt.date | SupportsFloat) -> str | float:
        """What the cell of an answer holds: a text, or the number that stands for a figure or a date."""
        if isinstance(content, str):
            return written(content)
        if isinstance(content, dt.date):
            return float(_datetime_to_excel_datetime(content, date_1904=False, remove_timezone=False))
        return finite(content, self._where[name])

    @cached_property
    def _blank(self) -> bytes:
        return _form(self._edition, {})

    @cached_property
    def _pattern(self) -> _Pattern:
        return _Pattern(_form(self._edition, {name: f"{_BEGIN}{name}{_END}" for name in self._keys}), self._keys)


def _form(edition: Edition, answers: Mapping[str, object]) -> bytes:
    stream = io.BytesIO()
    write_form(stream, edition, answers)
    return stream.getvalue()


@dataclass(frozen=True, slots=True)
class _Frame:
    """What forms of one shape share: the parts, and of the shared texts what stands between and behind their own."""

    parts: dict[str, Part]
    before: Sequence[bytes]  # each of the form's own texts
    behind: bytes
    behind_deflated: bytes


class _Pattern:
    """A form with a stand-in in each answer cell. Raises FormError where these do not stand once each."""

    def __init__(self, data: bytes, keys: Iterable[str]) -> None:
        self._parts: dict[str, Part] = {}
        self._infos: dict[str, ZipInfo] = {}
        sheets: dict[str, list[bytes]] = {}
        for info, content, part in unzipped(data):
            self._parts[info.filename], self._infos[info.filename] = part, info
            if info.filename == _TEXTS:
                self._items = _ITEM.findall(content)
                self._head, self._tail = content[: content.index(b"<si>")], content[content.rindex(b"</si>") + 5 :]
            elif info.filename.startswith(_SHEETS):
                sheets[info.filename] = _NUMBERED.split(content)
        found = ((_STAND_IN.fullmatch(item), number) for number, item in enumerate(self._items))
        self._cells = {match[1].decode(): number for match, number in found if match}
        self._printed = {item: number for number, item in enumerate(self._items)}
        self._stand_ins = frozenset(self._cells.values())
        numbers = [int(number) for pieces in sheets.values() for number in pieces[1::2]]
        if set(self._cells) != set(keys) or sorted(self._stand_ins) != sorted(
            n for n in numbers if n in self._stand_ins
        ):
            raise FormError(place=_TEXTS, why="an answer cell does not stand once in the form")
        self._always = len(numbers) - len(self._stand_ins)  # cells with a text whatever is answered
        # What was written before the first answer cell keeps its number, and a sheet of nothing else stays as it is.
        self._sheets = {
            name: (pieces[::2], [int(number) for number in pieces[1::2]])
            for name, pieces in sheets.items()
            if any(int(number) >= min(self._stand_ins) for number in pieces[1::2])
        }
        self._frame: Callable[[_Shape], _Frame] = lru_cache(maxsize=_REMEMBERED)(self._framed)

    def filled(self, cells: Mapping[str, str | float]) -> bytes:
        """The form with these in its answer cells, by key."""
        shape: list[tuple[int, int | bytes]] = []
        own: dict[str, int] = {}
        items: dict[str, bytes] = {}
        for at, value in sorted((self._cells[key], value) for key, value in cells.items()):
            if not isinstance(value, str):
                shape.append((at, f"{value:.16G}".encode()))  # as XlsxWriter does
                continue
            if value not in items:
                items[value] = _item(value)
            printed = self._printed.get(items[value])
            shape.append((at, own.setdefault(value, ~len(own)) if printed is None else printed))
        frame = self._frame(tuple(shape))
        texts = _between(frame.before, [items[text] for text in own])
        part = packed(self._infos[_TEXTS], texts, frame.behind, frame.behind_deflated)
        return zipped((frame.parts | {_TEXTS: part}).values())

    def _framed(self, shape: _Shape) -> _Frame:
        held: list[int | bytes | None] = [None if at in self._stand_ins else at for at in range(len(self._items))]
        for at, value in shape:
            held[at] = value
        # A text's number is its place in the order of first use, in which the pattern has the stand-ins, too.
        texts = dict.fromkeys(value for value in held if isinstance(value, int))
        ends: dict[int | bytes | None, bytes] = {text: _TEXT_END % number for number, text in enumerate(texts)}
        ends |= {value: _NUMBER_END % value for _, value in shape if isinstance(value, bytes)} | {None: _BLANK_END}
        parts = self._parts | {
            name: packed(self._infos[name], _between(pieces, [ends[held[at]] for at in inside]))
            for name, (pieces, inside) in self._sheets.items()
        }
        uses = self._always + sum(isinstance(value, int) for _, value in shape)
        runs = [[_COUNTS.sub(b'count="%d" uniqueCount="%d"' % (uses, len(texts)), self._head)]]
        for text in texts:
            if text < 0:
                runs.append([])
            else:
                runs[-1].append(self._items[text])
        runs[-1].append(self._tail)
        *before, behind = (b"".join(run) for run in runs)
        return _Frame(parts, before, behind, deflated(behind))


def _between(pieces: Sequence[bytes], fillings: Sequence[bytes]) -> bytes:
    return b"".join(chain.from_iterable(zip_longest(pieces, fillings, fillvalue=b"")))


def _item(text: str) -> bytes:
    """A shared text as XlsxWriter itself writes it."""
    writer = SharedStrings()
    writer.fh = stream = io.StringIO()
    writer._write_si(text)  # noqa: SLF001  # XlsxWriter offers no other way to the XML of a text in runs
    return stream.getvalue().encode()
