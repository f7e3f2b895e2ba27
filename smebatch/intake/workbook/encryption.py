"""Encrypted workbooks that Excel opens without asking, because it tries a password of its own first.

Some versions save workbooks in this way that are write-protected, or whose structure is protected.
"""

from __future__ import annotations

import io

from smebatch.intake.workbook.signatures import OLE_MAGIC

_TRIED_BY_EXCEL = "VelvetSweatshop"
_MAX_HASH_ROUNDS = 1_000_000  # rounds of hashing that make the key; Excel uses 100,000, which take 0.2 s


def decrypt_default_password(data: bytes) -> bytes:
    """Decrypt a file that is encrypted with the password that Excel tries by itself; return any other file as it is.

    The result is no larger than the file. Raises MemoryError.
    """
    if not data.startswith(OLE_MAGIC):
        return data
    import msoffcrypto

    try:
        file, opened = msoffcrypto.OfficeFile(io.BytesIO(data)), io.BytesIO()
        if not file.is_encrypted() or getattr(file, "info", {}).get("spinValue", 0) > _MAX_HASH_ROUNDS:
            return data
        # The password has to be verified: OOXML does so on request, the older formats always.
        file.load_key(password=_TRIED_BY_EXCEL, **({"verify_password": True} if file.format == "ooxml" else {}))
        file.decrypt(opened)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # another password, or whatever a damaged file makes a parser say
        return data
    return opened.getvalue()
