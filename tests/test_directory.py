"""The usual directory of a zip is what zipfile makes of it, or left to that."""

from __future__ import annotations

import io
import random
import zipfile

import pytest

from cases import form_bytes, good_answers
from hostile.hostile_files import HOSTILE, content
from hostile.mutations import flip
from hostile.test_hostile import ODDITIES
from smebatch.intake.workbook.zip_directory import DirectoryEntry, read_plain_directory

GOOD = form_bytes(good_answers())


def listed(data: bytes) -> list[DirectoryEntry]:
    """What zipfile finds, where it finds one zip and no more. Raises BadZipFile."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [
            DirectoryEntry(*(getattr(info, name) for name in DirectoryEntry._fields)) for info in archive.infolist()
        ]
        sizes = (46 + len(info.filename) + len(info.extra) for info in archive.infolist())
        assert archive.start_dir + sum(sizes) + 22 == len(data)
        assert min(member.header_offset for member in members) == 0
        return members


def test_the_directory_of_a_form_is_usual() -> None:
    assert read_plain_directory(GOOD) == listed(GOOD)


def with_fields(field: bytes) -> bytes:
    """The form with a further field in each member of its directory."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(GOOD)) as form, zipfile.ZipFile(out, "w") as book:
        for info in form.infolist():
            data = form.read(info)
            info.extra = field
            book.writestr(info, data)
    return out.getvalue()


def test_a_member_may_say_when_it_was_changed() -> None:  # as Gnumeric's do
    data = with_fields(b"UT\5\0\1abcd")
    assert read_plain_directory(data) == listed(data)


@pytest.mark.parametrize("field", [b"UT\6\0\1abcd", b"UT\5\0\1abc", b"up\5\0\1abcd", b"\1\0\0\0"])
def test_other_fields_are_left_to_zipfile(field: bytes) -> None:
    assert read_plain_directory(with_fields(field)) is None


@pytest.mark.parametrize("name", [*HOSTILE, *ODDITIES])
def test_whatever_is_usual_is_what_zipfile_finds(name: str) -> None:
    data = content(HOSTILE[name][1] if name in HOSTILE else ODDITIES[name])
    usual = read_plain_directory(data)
    assert usual is None or usual == listed(data)


def test_accidents_make_no_difference() -> None:
    usual = 0
    for seed in range(2_000):
        data = flip(GOOD, random.Random(seed))
        found = read_plain_directory(data)
        if found is not None:
            usual += 1
            assert found == listed(data)
    assert usual > 1_000  # most bits are those of the parts


@pytest.mark.parametrize("behind", [b"\0", b"\r\n", b"PK\5\6" + bytes(18)])
def test_what_stands_behind_is_left_to_zipfile(behind: bytes) -> None:
    assert read_plain_directory(GOOD + behind) is None
    assert read_plain_directory(b"x" + GOOD) is None
    assert read_plain_directory(b"") is None
