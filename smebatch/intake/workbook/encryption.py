"""Workbooks that Excel opens without asking, though they are encrypted: it tries a password of its own first.

So are saved those that are write-protected, or of which the structure is protected, by some versions.
"""

from __future__ import annotations

import io

from smebatch.intake.workbook.ole import OLE_MAGIC

_OF_EXCEL = "VelvetSweatshop"
_MOST_ROUNDS = 1_000_000  # of hashing until there is a key; Excel makes 100,000, and that takes 0.2 s


def without_excels_password(data: bytes) -> bytes:
    """What is encrypted by the password that Excel tries by itself; other bytes as they are.

    What comes out is no larger than the file.
    """
    if not data.startswith(OLE_MAGIC):
        return data
    import msoffcrypto

    try:
        file, opened = msoffcrypto.OfficeFile(io.BytesIO(data)), io.BytesIO()
        if not file.is_encrypted() or getattr(file, "info", {}).get("spinValue", 0) > _MOST_ROUNDS:
            return data
        # Whether it is the password the formats ask for in different ways; one of the old does so by itself.
        file.load_key(password=_OF_EXCEL, **({"verify_password": True} if file.format == "ooxml" else {}))
        file.decrypt(opened)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # another password, or whatever a damaged file makes a parser say
        return data
    return opened.getvalue()
