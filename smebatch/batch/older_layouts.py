"""Reads a batch of an earlier layout through a copy that is brought up to date; the file itself stays as it is.

What later layouts added, no earlier program has recorded, so it is blank in the copy, but for two tables that can be
told from the ledger: before layout 5 no batch followed the versions of a return, so each return is the only version of
its thread, and each of its issues is new. Statuses, scores and issues stay as they were judged at the time.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from smebatch.batch.batch_file import BatchError
from smebatch.batch.database import BatchDatabase
from smebatch.batch.schema import LAYOUT, RESERVED
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.toml_binding import EditionError

_FIRST_WITH_VERSIONS = 5
# Editions of before layout 5 list energies without what their amounts are stored under; no answer refers to them.
_ENERGY_TABLES = ("energy", "energy_example")
_ENERGIES = re.compile(rf"^\[\[?(?:{'|'.join(_ENERGY_TABLES)})\]\]?.*\n?(?:(?!\[).*\n?)*", re.MULTILINE)

_INSERT_VERSIONS = """
INSERT INTO versions
SELECT f.form_id, 1, f.form_id, '', f.file, f.status, o.errors + coalesce(w.errors, 0), f.warnings, 0,
       CASE WHEN o.errors + coalesce(w.errors, 0) = 0 THEN s.score_units END,
       CASE WHEN o.errors + coalesce(w.errors, 0) = 0 THEN s.level END, ?
FROM files f JOIN forms o USING (form_id) LEFT JOIN scores s USING (form_id)
LEFT JOIN (SELECT form_id, count(*) AS errors FROM awaiting WHERE severity = 'error' GROUP BY form_id) w USING (form_id)
WHERE f.reason <> 'superseded.copy'
QUALIFY row_number() OVER (PARTITION BY f.form_id ORDER BY f.file) = 1
"""
# What returns say of one another has no state, but for two names under one code, as ever.
_INSERT_ISSUE_STATES = """
INSERT INTO issue_states (thread, form_id, previous_form_id, code, key, severity, state, found_before, found,
                          explanation, decision, reason, decided_by, decided_on)
SELECT form_id, form_id, '', code, key, arg_min(severity, number), 'new', '', arg_min(found, number), '', '', '', '', ''
FROM (FROM findings UNION ALL FROM awaiting WHERE code = 'uscc.two_names') SEMI JOIN versions USING (form_id)
GROUP BY form_id, code, key
"""


def layout_of(database: BatchDatabase) -> int:
    """The number of a batch's layout: today's where it says none yet, a later one where it says no number."""
    layout = database.meta.get("made_with", LAYOUT).split(" ")[0]
    return int(layout) if layout.isdecimal() else int(LAYOUT) + 1


def is_older(database: BatchDatabase) -> bool:
    """Whether a settled batch must be brought up to date before it can be read.

    It is of an earlier layout, or of an early state of today's, which lacks a table or a column.
    """
    if layout_of(database) != int(LAYOUT):
        return layout_of(database) < int(LAYOUT)
    try:
        return database.lacks_columns(_edition(database))
    except EditionError:
        return False  # the program that made it took other editions; reading says so


def _edition(database: BatchDatabase) -> Edition:
    return parse_edition(database.meta["edition"].encode("utf-8"), RESERVED)


class UpdatedCopy(BatchDatabase):
    """A copy of a batch of an earlier layout, brought up to date, in a temporary folder; closing it removes the copy.

    Its ``path`` is that of the batch itself, to which nothing is ever written.
    """

    def __init__(self, original: BatchDatabase) -> None:
        """Copy an open batch. Raises BatchError where it cannot be brought up to date, OSError."""
        self._folder = TemporaryDirectory(prefix="smebatch-", ignore_cleanup_errors=True)
        try:
            copy = Path(self._folder.name, original.path.name)
            for ending in ("", ".wal"):  # what a run that was killed has not yet put into the file itself
                source = original.path.with_name(original.path.name + ending)
                if source.exists():
                    shutil.copyfile(source, copy.with_name(copy.name + ending))
            super().__init__(copy)
        except BaseException:
            self._folder.cleanup()
            raise
        self.path = original.path
        try:
            self.run_with_memory(self._bring_up_to_date)
        except BaseException:
            self.close()
            raise

    def _bring_up_to_date(self) -> None:
        with self.transaction():
            if layout_of(self) < _FIRST_WITH_VERSIONS:
                self.set_meta(edition=without_energies(self.meta["edition"]))
            try:
                edition = _edition(self)
            except EditionError:
                raise BatchError("batch.outdated", path=self.path) from None
            self.complete_tables(edition)
            if layout_of(self) < _FIRST_WITH_VERSIONS:
                self.execute(_INSERT_VERSIONS, [self.meta["read_at"]])
                self.execute(_INSERT_ISSUE_STATES)
            self.store_issues()

    def close(self) -> None:
        """Close the copy, and remove it."""
        super().close()
        self._folder.cleanup()


def without_energies(text: str) -> str:
    """The TOML text of an edition without its tables of energies; unchanged where more than these would go.

    >>> without_energies('a = 1\\n[[energy]]\\nname = "煤"\\n[x]\\nb = 2\\n')
    'a = 1\\n[x]\\nb = 2\\n'
    """
    tables = tomllib.loads(text)
    if "energy_total" in tables:  # an edition of a later program of layout 4, which says where amounts are stored
        return text
    shorter = _ENERGIES.sub("", text)
    wanted = {name: table for name, table in tables.items() if name not in _ENERGY_TABLES}
    try:
        return shorter if tomllib.loads(shorter) == wanted else text
    except tomllib.TOMLDecodeError:
        return text
