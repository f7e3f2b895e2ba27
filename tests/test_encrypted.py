"""A workbook that Excel opens without asking for a password is read, though it is encrypted; another is not."""

from __future__ import annotations

import csv
import io
import struct
from collections.abc import Callable
from functools import cache
from hashlib import md5
from pathlib import Path

import olefile
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from msoffcrypto.format.xls97 import Xls97File
from msoffcrypto.method.rc4 import DocumentRC4
from msoffcrypto.method.xor_obfuscation import DocumentXOR

from cases import EDITION
from hostile.hostile_files import GOOD, records
from hostile.mutations import original
from office import convert
from smebatch.intake.read_entry import read_bytes
from smebatch.intake.return_answers import NotAReturnError
from smebatch.intake.workbook.encryption import decrypt_default_password
from smebatch.intake.workbook.ole import OleFile

OF_EXCEL = "VelvetSweatshop"
FILEPASS, WRITTEN_BY, SALT = 0x2F, 0x5C, bytes(range(16))


@cache
def xlsx(password: str) -> bytes:
    OOXMLFile(io.BytesIO(GOOD)).encrypt(password, target := io.BytesIO())
    return target.getvalue()


def with_stream(data: bytes, stream: bytes) -> bytes:
    with olefile.OleFileIO(file := io.BytesIO(data), write_mode=True) as ole:
        ole.write_stream("Workbook", stream)
    return file.getvalue()


def rc4(password: str, data: bytes) -> bytes:
    stream: io.BytesIO = DocumentRC4.decrypt(password, SALT, io.BytesIO(data))  # there and back it is the same
    return stream.read()


def xls(password: str, *, by_xor: bool = False) -> bytes:
    """The .xls of the samples, with what says how it is encrypted in the place of who wrote it."""
    data = original("xls")
    stream = OleFile(data).read_stream("Workbook")
    start = stream.index(struct.pack("<HH", WRITTEN_BY, 112))
    if by_xor:
        verifier = next(number for number in range(1 << 16) if DocumentXOR.verifypw(password, number))
        said = struct.pack("<HHH", 0, DocumentXOR.create_xor_key_method1(password), verifier)
    else:
        said = struct.pack("<HHH", 1, 1, 1) + SALT + rc4(password, SALT + md5(SALT).digest())  # noqa: S324  (RC4's own)
    filepass = records((FILEPASS, said))
    filler = records((WRITTEN_BY, bytes(116 - len(filepass) - 4)))
    plain = stream[:start] + filepass + filler + stream[start + 116 :]
    file = Xls97File(io.BytesIO(with_stream(data, plain)))
    file.load_key(password)
    file.decrypt(target := io.BytesIO())
    turned = OleFile(target.getvalue()).read_stream("Workbook")
    if by_xor:  # it comes back by another way: x ^ key, turned by five bits, against the other order
        keys = bytes(one ^ DocumentXOR.ror(other, 5, 8) for one, other in zip(turned, plain, strict=True))
        turned = bytes(DocumentXOR.rol(one ^ key, 5, 8) for one, key in zip(plain, keys, strict=True))
    return with_stream(data, turned[:start] + filepass + turned[start + len(filepass) :])


KINDS: dict[str, Callable[[str], bytes]] = {
    "xlsx": xlsx,
    "xls by RC4": xls,
    "xls by XOR": lambda password: xls(password, by_xor=True),
}


def truth(kind: str) -> dict[str, object]:
    return dict(read_bytes(GOOD if kind == "xlsx" else original("xls"), EDITION).values)


@pytest.mark.parametrize("kind", KINDS)
def test_what_excel_opens_without_asking_is_read(kind: str) -> None:
    assert read_bytes(KINDS[kind](OF_EXCEL), EDITION).values == truth(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_another_password_is_asked_for(kind: str) -> None:
    with pytest.raises(NotAReturnError, match=r"file\.password"):
        read_bytes(KINDS[kind]("123456"), EDITION)


def test_a_key_that_takes_minutes_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    data = xlsx(OF_EXCEL)
    monkeypatch.setattr(OOXMLFile, "load_key", lambda *_, **__: pytest.fail("a key is made"))
    monkeypatch.setattr("smebatch.intake.workbook.encryption._MAX_HASH_ROUNDS", 99_999)
    assert decrypt_default_password(data) is data


def test_what_is_not_encrypted_stays_as_it_is() -> None:
    for data in (GOOD, original("xls"), b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        assert decrypt_default_password(data) is data


@pytest.mark.office
def test_libreoffice_opens_them_without_asking_as_well(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.{kind[:4].strip()}" for number, kind in enumerate(KINDS)]
    for path, made in zip(paths, KINDS.values(), strict=True):
        path.write_bytes(made(OF_EXCEL))
    for path in convert(paths, "csv:Text - txt - csv (StarCalc):44,34,76", tmp_path / "csv"):
        assert len(list(csv.reader(path.read_text("utf-8").splitlines()))) > 10
