"""The messages of the program in one language (messages.toml, page.toml), for whichever face says them."""

from __future__ import annotations

import errno
import locale
from collections.abc import Mapping, Sequence
from typing import Literal

from smebatch.common.bilingual import Catalogue, Wording, fill, read_texts
from smebatch.issues.catalogue import TERMS
from smebatch.issues.notice import Notice

Language = Literal["zh", "en"]

_MOST_NAMED = 10  # files in one sentence
_FILES = ("messages.toml", "page.toml")
MESSAGES = Catalogue(lambda: [Wording(**row) for file in _FILES for row in read_texts("smebatch.language", file)])


def language_of(environment: Mapping[str, str]) -> Language:
    """The user's language: SMEBATCH_LANG, else the locale, chooses; whatever is not Chinese is English."""
    chosen = environment.get("SMEBATCH_LANG") or environment.get("LC_ALL") or environment.get("LANG")
    if not chosen:
        chosen = locale.getlocale()[0] or ""
    return "zh" if chosen.lower().startswith(("zh", "chinese")) else "en"


class Words:
    """The texts of one language, by their codes. A code that is not in the files raises KeyError."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def text(self, code: str, /, **values: object) -> str:
        """The message of a code. Values that are a Notice, several, or an OSError are put into words as well."""
        return fill(MESSAGES[code], self.language, {name: self._value(value) for name, value in values.items()})

    def term(self, kind: str, code: str, /) -> str:
        """The name of a status, state, severity or decision."""
        return fill(TERMS[f"{kind}.{code}"], self.language, {})

    def first_names(self, names: Sequence[str]) -> str:
        """The first of some names, and a word that tells whether there are others."""
        more = self.text("ingest.more") if len(names) > _MOST_NAMED else ""
        return "、".join(names[:_MOST_NAMED]) + more

    def _value(self, value: object) -> object:
        if isinstance(value, Notice):
            return self.text(value.code, **value.values)
        if isinstance(value, tuple):
            return "、".join(str(self._value(each)) for each in value)
        return self._system_reason(value) if isinstance(value, OSError) else value

    def _system_reason(self, error: OSError) -> str:
        """Why the system refuses something: in our words where they are known, else in its own behind ours."""
        code = f"system.{errno.errorcode.get(error.errno or 0)}"
        return self.text(code) if code in MESSAGES else self.text("system.other", said=error.strerror or str(error))
