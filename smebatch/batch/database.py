"""The database of a batch: one DuckDB file that any SQL tool can read, consistent whenever the program is killed.

:mod:`smebatch.batch.schema` declares its tables and columns.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from copy import copy
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import duckdb

from smebatch.batch.batch_file import BatchError, check_batch_path, duckdb_reason, is_damage, refusal_error
from smebatch.batch.engine import keep_engine, quoted, start_engine
from smebatch.batch.recall import recall, trusted_state
from smebatch.batch.schema import (
    BY_FORM,
    DECISION_ISSUES,
    ENTRIES,
    FIGURE,
    FIXED_TABLES,
    ISSUES,
    LASTING_TABLES,
    META,
    declared,
    tables_of,
)
from smebatch.batch.use import note_path
from smebatch.standard.fixed_point import DECIMALS
from smebatch.standard.keys import keys_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from smebatch.batch.portion import Portion
    from smebatch.intake.roster import Roster

_VECTORS = 8  # of 2,048 rows each, that are turned into objects at a time
_Result = TypeVar("_Result")
_Columns = dict[str, dict[str, str]]  # the SQL types of the columns of tables, by their names


# Values that are kept when a batch is read anew; targets are what the sheet 目标 of the roster's workbook states.
_LASTING_META = ("folders", "written", "filed_to", "roster", "roster_at", "targets")
_MADE_BY = "smebatch"
_OLDER_MADE_WITH = re.compile(r"\d+ \S+ \S+ [0-9a-f]{64}")  # of batches from before the value made_by was written
_MICRO = f"{10**-DECIMALS:.{DECIMALS}f}"
_SOURCES = {"file": "f", "state": "s", "explanation": "s", "decision": "s"}  # of columns of the table issues
# Several files may hold the same return. Its issues are listed for one of them; equal copies are left out.
_CREATE_ISSUES = f"""
CREATE OR REPLACE TABLE issues AS
SELECT {", ".join(f"{_SOURCES.get(name, 'i')}.{name}" for name in ISSUES.names)}
FROM (SELECT * FROM findings UNION ALL SELECT * FROM awaiting) i
JOIN files f ON f.form_id = i.form_id AND f.reason <> 'superseded.copy'
LEFT JOIN issue_states s ON s.form_id = i.form_id AND s.code = i.code AND s.key = i.key AND s.state <> 'closed'
UNION ALL
SELECT {", ".join(name if name in DECISION_ISSUES.names else f"'' AS {name}" for name in ISSUES.names)}
FROM decision_issues
"""

_TRANSIENT_REASONS = {"file.lock", "file.system"}  # of temporary files, whose disappearance is not reported

_MEMORY, _MEMORY_TO_READ = 64_000_000, 160_000_000  # bytes
_MEMORY_A_FILE = 256  # bytes that settling needs for each file; more than _MEMORY beyond 250,000 files
_ROW_GROUP = 16_384  # rows that are rewritten when some are added: an eighth of DuckDB's default

# Files beside the batch, by what follows its name: an empty batch while DuckDB makes it, and a batch being rebuilt.
_NEW, _REBUILT = ".new", ".anew"
SHOWN = ".shown"
"""What follows the name of a batch in that of the copy which a page shows while it reads into the batch."""


def page_folder(batch: Path) -> Path:
    """The folder beside a batch in which the page keeps files for download; it can be made anew at any time."""
    return batch.with_name(f"{batch.name}.page")


def batch_files(batch: Path) -> list[Path]:
    """The paths of a batch and of all that DuckDB or we may keep beside it; those in .tmp and .page are folders."""
    files = [batch.with_name(f"{batch.name}{rebuilt}{new}") for rebuilt in ("", _REBUILT) for new in ("", _NEW)]
    files.append(batch.with_name(f"{batch.name}{SHOWN}"))
    beside = [file.with_name(f"{file.name}{ending}") for file in files for ending in ("", ".wal", ".tmp")]
    return [*beside, note_path(batch), page_folder(batch)]


def _create(batch: Path) -> None:
    """Create an empty batch. DuckDB writes it under another name first, because it may be killed while it writes."""
    new = batch.with_name(batch.name + _NEW)
    new.unlink(missing_ok=True)
    duckdb.connect(str(new)).close()
    try:
        os.link(new, batch)
    except FileExistsError:
        pass  # another run has created it in the meantime
    except OSError:  # the file system has no links
        new.replace(batch)
    new.unlink(missing_ok=True)


class _MemoryShortError(BatchError):
    """DuckDB has too little memory."""


def _sharing(values: pd.Series[str], known: dict[str, str]) -> pd.Series[str]:
    """The same texts, of equal ones the object that is ``known`` first."""
    import numpy as np
    import pandas as pd

    codes, texts = values.factorize()
    objects = np.array([*(known.setdefault(text, text) for text in texts), None], dtype=object)
    return pd.Series(objects[codes], values.index, dtype="str")  # −1, the last, stands for NA


class BatchDatabase:
    """The open database of a batch; a context manager, which closes it.

    ``meta`` holds the values of the table meta, all texts, by name. Methods that read or write raise BatchError where
    the file cannot be read or written.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open a batch, or create it unless it is to be read only.

        Raises BatchError where there is none, or what stands there is none or is in use; OSError.
        """
        check_batch_path(path)
        if read_only and not path.exists():
            raise BatchError("batch.missing", path=path)
        self.path = path
        self._meta_before: dict[str, str] = {}  # of the batch that is being rebuilt
        self._columns: _Columns = {}  # of the file when it was opened
        memory = _MEMORY_TO_READ if read_only else _MEMORY
        self._read_only = read_only
        self._state = trusted_state(path) if read_only else None
        self._engine = start_engine(memory, f"{path}.tmp")
        self._db = self._engine.connection.cursor()
        self._texts: dict[str, str] = {}
        try:
            self.meta = self._attach(path, "batch", read_only=read_only)
        except BaseException:
            self.close()
            raise

    def allow_memory_for(self, files: int) -> None:
        """Give DuckDB the memory that settling so many files takes."""
        self._db.execute(f"SET memory_limit = '{max(_MEMORY, files * _MEMORY_A_FILE)} B'")

    def _attach(self, path: Path, name: str, *, read_only: bool = False) -> dict[str, str]:
        """Attach a file under a name and use it from now on; returns its meta. Creates the file where it is missing."""
        try:
            if not path.exists():
                _create(path)
            options = f"ROW_GROUP_SIZE {_ROW_GROUP}" + (", READ_ONLY" if read_only else "")
            self._db.execute(f"ATTACH {quoted(path)} AS {name} ({options}); USE {name}")
            self._columns, meta = recall(self._state, "meta", partial(self._read_meta, read_only))
            return {**meta}
        except duckdb.Error as error:
            raise refusal_error(path, error) from error

    def _read_meta(self, read_only: bool) -> tuple[_Columns, dict[str, str]]:
        """The columns and the meta of the database in use; an empty database gets the table.

        Raises BatchError for foreign data.
        """
        columns = self._columns_held()
        if not columns and read_only:
            return columns, {}
        if not columns:
            made_by = f"INSERT INTO meta VALUES ('made_by', '{_MADE_BY}')"
            self._db.execute(f"CREATE TABLE meta ({declared(META.columns)}); {made_by}")
            return columns, self._meta()
        meta = self._meta() if columns.get("meta") == {"name": "VARCHAR", "value": "VARCHAR"} else None
        ours = meta and (meta.get("made_by") == _MADE_BY or _OLDER_MADE_WITH.fullmatch(meta.get("made_with", "")))
        just_begun = meta == {} and columns.keys() <= {"meta", "entries"}  # left by a run that was killed at its start
        if meta is None or not (ours or just_begun):
            raise BatchError("batch.foreign", path=self.path)  # somebody's own data, not to be touched
        return columns, meta

    def _meta(self) -> dict[str, str]:
        """The values of the table meta."""
        return dict(self._db.execute("SELECT name, value FROM meta").fetchall())

    def has_table(self, table: str) -> bool:
        """Whether the database has a table of this name."""
        query = "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ?"
        return self.fetch_rows(query, [table]) != [(0,)]

    def has_column(self, table: str, column: str) -> bool:
        """Whether a table of the database has a column of this name."""
        query = """SELECT count(*) FROM duckdb_columns()
            WHERE database_name = current_database() AND table_name = ? AND column_name = ?"""
        return self.fetch_rows(query, [table, column]) != [(0,)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def cut_short(self) -> bool:
        """Whether an ingest was begun and did not end, so that the ledger is older than what was read."""
        return self.meta.get("under_way") == "yes" or self._rebuilt_path.exists()

    @property
    def _rebuilt_path(self) -> Path:
        return self.path.with_name(self.path.name + _REBUILT)

    @contextmanager
    def rebuilding(self, made_with: str) -> Iterator[None]:
        """Work on a new file within the block where the batch was made with something other than ``made_with``.

        The new file replaces the batch at the end, so that a run that is killed leaves the batch as it was. A batch
        that is up to date, or was never settled, is worked on in place. ``made_with`` names the layout, program, form
        and edition of this run. Raises BatchError.
        """
        rebuilt = self._rebuilt_path
        if self.meta.get("settled") != "yes" or self.meta.get("made_with") == made_with:
            for ending in ("", ".wal"):  # left by a rebuilding that was cut short and is not wanted any more
                rebuilt.with_name(rebuilt.name + ending).unlink(missing_ok=True)
            yield
            return
        self._meta_before = self.meta
        self.meta = self._attach(rebuilt, "anew")
        yield
        with self._writing():
            self._db.execute("CHECKPOINT anew; CHECKPOINT batch; USE memory; DETACH anew; DETACH batch")
            rebuilt.replace(self.path)
        self.meta = self._attach(self.path, "batch")

    @contextmanager
    def beside(self) -> Iterator[Self]:
        """The same open batch within the block, to be read in another thread meanwhile. Raises BatchError."""
        other = copy(self)
        with self._engine.connection.cursor() as cursor:
            cursor.execute("USE batch")
            vars(other)["_db"] = cursor
            yield other

    def close(self) -> None:
        """Close the file."""
        self._texts.clear()
        self._db.close()
        if self._read_only:
            keep_engine(self._engine, "batch")
        else:
            self._engine.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything done in the block, or nothing. Raises BatchError where it cannot be written (disk full)."""
        with self._writing():
            self._db.begin()
            try:
                yield
            except BaseException:
                with suppress(duckdb.Error):  # the error may have ended the transaction
                    self._db.rollback()
                raise
            self._db.commit()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Turn the errors that DuckDB raises in the block into BatchError."""
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise _MemoryShortError("batch.memory", path=self.path) from error
        except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
            raise BatchError("batch.unwritable", path=self.path, error=duckdb_reason(error)) from error
        except duckdb.Error as error:  # where a file is damaged, DuckDB may raise an error of any class
            if is_damage(error):
                raise refusal_error(self.path, error) from error
            raise

    def set_meta(self, **values: str) -> None:
        """Store values by name in the table meta."""
        for name, value in values.items():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])
            self.meta[name] = value

    def is_of_edition(self, edition: Edition) -> bool:
        """Whether the batch is of an edition of the same id, or of none yet."""
        return _is_of_edition(self.meta, edition)

    def forget_all_entries(self) -> None:
        """Empty the table of entries, so that all are read anew. Raises BatchError where it cannot be written."""
        self.execute(f"CREATE OR REPLACE TABLE entries ({declared(ENTRIES.columns)})")

    def reset(self, edition: Edition, made_with: str) -> None:
        """Create the tables of an edition, empty; keep what cannot be read from files again (history, roster, ledger).

        ``made_with`` is stored, see :meth:`rebuilding`. Decisions, and versions that no file holds any more, pass only
        into a batch of the same edition. Raises BatchError where it cannot be written.
        """
        before = self._meta_before | self.meta
        same_edition = _is_of_edition(before, edition)
        with self.transaction():
            self._drop_issues()
            for table in tables_of(edition):
                self._db.execute(f"DROP TABLE IF EXISTS {table.name}")
                self._db.execute(f"CREATE TABLE {table.name} ({declared(table.columns)})")
            for table in LASTING_TABLES:
                self._db.execute(f"CREATE TABLE IF NOT EXISTS {table.name} ({declared(table.columns)})")
            for name in ("history", "roster", "files"):
                self._carry_over(name)
            if same_edition:
                for name in ("sightings", "decisions", "decision_issues"):
                    self._carry_over(name)
            lasting = {name: before[name] for name in _LASTING_META if name in before}
            self._db.execute("DELETE FROM meta")
            self.meta.clear()
            self.set_meta(made_by=_MADE_BY, made_with=made_with, edition=edition.text, **lasting)

    def lacks_columns(self, edition: Edition) -> bool:
        """Whether a table or a column was missing, when the file was opened, that a batch of this edition has today."""
        tables = (*tables_of(edition), *LASTING_TABLES)
        return any(not self._columns.get(table.name, {}).keys() >= {*table.names} for table in tables)

    def complete_tables(self, edition: Edition) -> None:
        """Add the tables and columns that a batch of an earlier layout lacks, blank; the table issues is to be stored.

        Raises BatchError where scores are missing, which nobody may take for blanks.
        """
        self._drop_issues()
        held = self._columns_held()
        for table in (*tables_of(edition), *LASTING_TABLES):
            self._db.execute(f"CREATE TABLE IF NOT EXISTS {table.name} ({declared(table.columns)})")
            missing = [c for c in table.columns if table.name in held and c.name not in held[table.name]]
            if missing and table.name == "scores":
                raise BatchError("batch.outdated", path=self.path)
            for column in missing:
                blank = " DEFAULT ''" if table in FIXED_TABLES and column.sql == "VARCHAR" else ""
                self._db.execute(f'ALTER TABLE {table.name} ADD COLUMN "{column.name}" {column.sql}{blank}')

    def store_issues(self) -> None:
        """Make the table issues of what its sources hold now. Raises BatchError where it cannot be written."""
        self._drop_issues()
        self.execute(_CREATE_ISSUES)

    def _drop_issues(self) -> None:
        """Drop the table issues; in a batch of an earlier program it is a view."""
        kind = "TABLE" if self.has_table("issues") else "VIEW"
        self.execute(f"DROP {kind} IF EXISTS issues")

    def _columns_held(self) -> _Columns:
        """The columns of each table and view of the database in use."""
        held: _Columns = {}
        query = (
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = current_database()"
        )
        for table, column, sql in self.fetch_rows(query):
            held.setdefault(table, {})[column] = sql
        return held

    def carry_over_gone_versions(self) -> None:
        """Copy what the old file has of versions that no file holds any more; only where the batch is being rebuilt."""
        if self._meta_before:
            for table in BY_FORM:
                lost = "SELECT form_id FROM sightings WHERE form_id NOT IN (SELECT form_id FROM entries)"
                self._carry_over(table, f"WHERE form_id IN ({lost})")

    def _carry_over(self, table: str, condition: str = "") -> None:
        """Copy the rows of a table from the old file to the new one; does nothing unless the batch is being rebuilt."""
        query = "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND database_name = ?"
        old, new = ({name for (name,) in self.fetch_rows(query, [table, attached])} for attached in ("batch", "anew"))
        if table == "roster" and new:  # the list may have had columns beside the edition's
            for name in sorted(old - new):
                self._db.execute(f"ALTER TABLE roster ADD COLUMN {identifier(name)} VARCHAR")
            new |= old
        if columns := ", ".join(identifier(name) for name in sorted(old & new)):
            self._db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM batch.{table} {condition}")

    def run_with_memory(self, job: Callable[[], _Result]) -> _Result:
        """Run a job; if DuckDB runs out of its memory, lift the limit and run it again. Raises BatchError."""
        try:
            with self._writing():
                return job()
        except _MemoryShortError:
            self._db.execute("RESET memory_limit")
            self._engine = self._engine._replace(memory=0)  # it is to be limited anew for the next file
        with self._writing():
            return job()

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Execute a statement. Raises BatchError where the file cannot be written."""
        with self._writing():
            self._db.execute(statement, list(parameters))

    def fetch_rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises BatchError where there is too little memory or disk to compute them."""
        with self._writing():
            return self._db.execute(query, list(parameters)).fetchall()

    def fetch_records(self, query: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The same, each row by the names of its columns: to name hundreds takes DuckDB longer than to read them all.

        Raises BatchError as ``fetch_rows`` does.
        """
        with self._writing():
            self._db.execute(query, list(parameters))
            names = [name for name, *_ in self._db.description or ()]
            return [dict(zip(names, row, strict=True)) for row in self._db.fetchall()]

    def recall_rows(self, query: str, parameters: Sequence[Hashable] = ()) -> list[tuple[Any, ...]]:
        """The same, remembered until somebody writes to the file: for few rows, which the caller leaves as they are."""
        return self.recall((query, *parameters), lambda: self.fetch_rows(query, parameters))

    def recall(self, what: Hashable, find: Callable[[], _Result]) -> _Result:
        """What was found in the file, remembered until somebody writes to it; the caller leaves it as it is."""
        return recall(self._state, what, find)

    def fetch_frame(self, query: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """The result of a query as a frame, in which equal texts share one object to save memory.

        So do those of further frames, until the file is closed. Raises BatchError as ``fetch_rows`` does.
        """
        import pandas as pd

        parts: list[pd.DataFrame] = []
        with self._writing():
            self._db.execute(query, list(parameters))
            while not parts or len(parts[-1]):  # the last part is empty
                part = self._db.fetch_df_chunk(_VECTORS)
                for name in part.columns[part.dtypes == "str"]:
                    part[name] = _sharing(part[name], self._texts)
                parts.append(part)
        return pd.concat(parts[:-1], ignore_index=True) if len(parts) > 2 else parts[0]

    def fetch_arrays(self, query: str, parameters: Sequence[object] = ()) -> dict[str, npt.NDArray[Any]]:
        """The columns of a query's result as arrays by name, masked where they are NULL: of many columns the fastest.

        Raises BatchError as ``fetch_rows`` does.
        """
        with self._writing():
            return cast("dict[str, npt.NDArray[Any]]", self._db.execute(query, list(parameters)).fetchnumpy())

    def copy_to_file(self, select: str, path: Path, options: str) -> None:
        """Write the result of a query to a file, with DuckDB's COPY options. Raises OSError where that fails."""

        def copy() -> None:
            try:
                self._db.execute(f"COPY ({select}) TO {quoted(path)} ({options})")
            except duckdb.IOException as error:
                reason = duckdb_reason(error)
                raise (reason if isinstance(reason, OSError) else OSError(reason.values["said"])) from error

        self.run_with_memory(copy)

    def delete_rows(self, table: str, key: str, values: Collection[str]) -> None:
        """Delete the rows whose key is one of the values."""
        if len(values):
            self._db.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT unnest(?::VARCHAR[]))", [list(values)])

    def insert_frame(self, table: str, frame: pd.DataFrame) -> None:
        """Add a frame's rows to a table; columns go by name."""
        if len(frame):
            self._db.register("incoming", frame)
            columns = ", ".join(f'"{column}"' for column in frame.columns)
            self._db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")
            self._db.unregister("incoming")

    def store_frame(self, table: str, frame: pd.DataFrame, *, new: bool) -> None:
        """Make a table of a frame's columns and rows, in their order, or add to it if it is not ``new``."""
        self._db.register("incoming", frame)
        how = f"CREATE TABLE {identifier(table)} AS" if new else f"INSERT INTO {identifier(table)}"
        self._db.execute(f"{how} SELECT * FROM incoming")
        self._db.unregister("incoming")

    def add_portion(self, edition: Edition, portion: Portion) -> None:
        """Store the rows of a portion instead of those they replace, in one transaction. Raises BatchError."""
        self.run_with_memory(lambda: self._add_portion(edition, portion))

    def _add_portion(self, edition: Edition, portion: Portion) -> None:
        with self.transaction():
            self.delete_rows("entries", "file", portion.entries["file"])
            for table in BY_FORM:
                self.delete_rows(table, "form_id", portion.forms["form_id"])
            self.insert_frame("entries", portion.entries)
            self.insert_frame("forms", portion.forms)
            self.add_answers(edition, portion.answers)
            self.insert_frame("typed", portion.typed)
            self.insert_frame("explanations", portion.explanations)
            self.delete_rows("compared", "form_id", portion.forms["form_id"])
            self.delete_rows("compared", "previous_form_id", portion.forms["form_id"])
            self.insert_frame("findings", portion.findings)
            self.insert_frame("scores", portion.scores)
            if len(portion.unchanged):
                self._db.register("unchanged", portion.unchanged)
                self._db.execute(
                    "UPDATE entries e SET mtime_ns = u.mtime_ns, stamp = u.stamp FROM unchanged u WHERE e.file = u.file"
                )
                self._db.unregister("unchanged")

    def replace_roster(self, edition: Edition, roster: Roster) -> None:
        """Replace the roster: a column for each field of the edition, and one for each further heading of the list."""
        keys = [field.key for field in edition.fields]
        columns = [[None if e.get(key) is None else str(e[key]) for e in roster.enterprises] for key in keys]
        columns += [[row[i] for row in roster.extra_values] for i in range(len(roster.extra_headings))]
        names = [identifier(name) for name in (*keys, *roster.extra_headings)]
        self.execute(f"CREATE OR REPLACE TABLE roster ({', '.join(f'{name} VARCHAR' for name in names)})")
        self.execute(f"INSERT INTO roster SELECT {', '.join(['unnest(?::VARCHAR[])'] * len(columns))}", columns)

    def add_answers(self, edition: Edition, frame: pd.DataFrame) -> None:
        """Add answers as of Answers.stored(); figures in millionths are stored as exact decimals in their unit."""
        if not len(frame):
            return
        self._db.register("incoming", frame.reset_index())
        columns = ["form_id", *(f'"{name}"' for name in keys_of(edition))]
        # DuckDB multiplies decimals exactly, but a division would give a double.
        values = [
            f'(CAST("{name}" AS DECIMAL(24,0)) * {_MICRO})::{FIGURE}' if key.kind.is_figure else f'"{name}"'
            for name, key in keys_of(edition).items()
        ]
        self._db.execute(
            f"INSERT INTO answers ({', '.join(columns)}) SELECT form_id, {', '.join(values)} FROM incoming"
        )
        self._db.unregister("incoming")

    def forget_entries(self, beginning: str) -> None:
        """Delete the entries whose names begin so, so that they are read anew."""
        self._db.execute("DELETE FROM entries WHERE starts_with(file, ?)", [beginning])

    def distrust_stamps(self, beginning: str) -> None:
        """Make the next comparison hash the entries whose names begin so, because their times prove nothing."""
        self._db.execute("UPDATE entries SET stamp = -1 WHERE starts_with(file, ?)", [beginning])

    def rename_entries(self, old: str, new: str) -> None:
        """Rename the entries whose names begin with ``old``, so that they begin with ``new``."""
        returns_only = {"issues": " AND form_id <> ''"}  # its other files are those of decisions
        for table in filter(self.has_table, ("entries", "files", "issues")):
            where = f"starts_with(file, ?){returns_only.get(table, '')}"
            self._db.execute(f"UPDATE {table} SET file = ? || substr(file, ?) WHERE {where}", [new, len(old) + 1, old])

    def keep_history(self, noticed_at: str) -> list[str]:
        """Copy to the table history the ledger's lines of files that have been removed, renamed or changed since.

        ``noticed_at`` is the time of the ingest, ISO 8601. Returns the names of the removed files: no other file has
        their bytes.
        """
        copied = self.fetch_rows(
            """INSERT INTO history
            SELECT f.file, f.sha256, f.bytes, f.form_id, f.status, f.reason, f.detail,
                   CASE WHEN e.file IS NOT NULL THEN 'changed'
                        WHEN f.sha256 <> '' AND f.sha256 IN (SELECT sha256 FROM entries) THEN 'renamed'
                        ELSE 'removed' END AS became, ?
            FROM files f LEFT JOIN entries e USING (file)
            WHERE e.file IS NULL OR e.sha256 <> f.sha256 ORDER BY f.file
            RETURNING file, became, reason""",
            [noticed_at],
        )
        return sorted(
            file for file, became, reason in copied if became == "removed" and reason not in _TRANSIENT_REASONS
        )

    def drop_orphans(self) -> None:
        """Delete the stored rows of returns that no entry holds, and that were never settled."""
        seen = "SELECT form_id FROM entries UNION ALL SELECT form_id FROM sightings"
        for table in BY_FORM:
            self._db.execute(f"DELETE FROM {table} WHERE form_id NOT IN ({seen})")


def _is_of_edition(meta: Mapping[str, str], edition: Edition) -> bool:
    """Whether a batch with this meta is of an edition of the same id, or of none yet."""
    stored = tomllib.loads(meta.get("edition", ""))
    return not stored or stored.get("edition", {}).get("id") == edition.id


def identifier(name: str) -> str:
    """A name as SQL takes it, whatever characters it has."""
    quotes = name.replace('"', '""')
    return f'"{quotes}"'
