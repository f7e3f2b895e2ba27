"""The texts of the command line in one language: what every face says, and its help (help.toml)."""

from __future__ import annotations

from smebatch.common.bilingual import Catalogue, Wording, fill, read_texts
from smebatch.language.words import Words

HELP = Catalogue(lambda: [Wording(**row) for row in read_texts("smebatch.cli", "help.toml")])


class CliWords(Words):
    """The texts of one language, by their codes. A code that is not in the files raises KeyError."""

    def help(self, code: str, /, **values: object) -> str:
        """The help text of a command or an option."""
        return fill(HELP[code], self.language, values)
