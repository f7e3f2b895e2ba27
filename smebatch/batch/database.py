"""The batch: one DuckDB file that any SQL tool can read, consistent whenever the program is killed.

Tables: ``meta`` (name, value), ``entries`` (what was found and read), ``forms`` (errors and warnings of a return),
``answers``, ``findings``, ``scores`` (by form_id), ``roster``, ``files``, the settled ledger, ``history``, the lines of
files that have since been removed or changed, and ``inside``, what containers held when they were opened.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

import duckdb

from smebatch.batch.batch_file import BatchError, check_place, is_damage, refusal, why
from smebatch.standard.columns import HISTORY, META, TABLES
from smebatch.standard.fixed_point import DECIMALS
from smebatch.standard.keys import Kind, keys_of
from smebatch.standard.model import Edition

if TYPE_CHECKING:
    import pandas as pd

    from smebatch.batch.portion import Portion
    from smebatch.intake.roster import Roster

LAYOUT = "4"  # of the tables; a batch of another layout is read anew


_Result = TypeVar("_Result")


_OUTLIVES = ("folders", "written", "filed_to", "roster", "roster_at")  # of the meta, even a batch that is read anew
_MADE_BY = "smebatch"
_OLDER = re.compile(r"\d+ \S+ \S+ [0-9a-f]{64}")  # made_with: what batches had before they said who made them
_FIGURE = f"DECIMAL(18,{DECIMALS})"
_MICRO = f"{10**-DECIMALS:.{DECIMALS}f}"
# What the contract calls issues: the findings of every return, named by the file that stands for it.
_ISSUES_VIEW = """
CREATE OR REPLACE VIEW issues AS
SELECT f.file, i.form_id, i.sheet, i.cell, i.key, i.code, i.severity, i.found, i.expected, i.message, i.message_en,
       i.clause, i.number
FROM (SELECT * FROM findings UNION ALL SELECT * FROM awaiting) i
JOIN files f ON f.form_id = i.form_id AND f.reason <> 'superseded.copy'
"""


_PASSING = {"file.lock", "file.system"}  # reasons of files that nobody misses
BY_FORM = ("forms", "answers", "findings", "scores")  # tables of what one return says, by form_id


# DuckDB takes for its pages what memory it is given, be they needed or not, and every thread has pages of its own.
_THREADS = 1
_MEMORY, _MEMORY_TO_READ = 64_000_000, 160_000_000  # bytes
_MEMORY_A_FILE = 256  # bytes, for settling: beyond 250,000 files
_ROW_GROUP = 16_384  # rows written anew when some are added: an eighth of what is usual


def files_of(batch: Path) -> list[Path]:
    """The batch and what DuckDB keeps beside it, some of it in a folder."""
    files = [batch.with_name(f"{batch.name}{made}{new}") for made in ("", _ANEW) for new in ("", _NEW)]
    return [file.with_name(f"{file.name}{ending}") for file in files for ending in ("", ".wal", ".tmp")]


_NEW, _ANEW = ".new", ".anew"


def _make(batch: Path) -> None:
    """Make a batch with nothing in it; elsewhere, for DuckDB makes a file piece by piece, and may be killed."""
    new = batch.with_name(batch.name + _NEW)
    new.unlink(missing_ok=True)
    duckdb.connect(str(new)).close()
    try:
        os.link(new, batch)
    except FileExistsError:
        pass  # another run was faster
    except OSError:  # no file system for it
        new.replace(batch)
    new.unlink(missing_ok=True)


class _ShortError(BatchError):
    """DuckDB has too little memory."""


class Store:
    """An open batch. Use as a context manager."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        check_place(path)
        if read_only and not path.exists():
            raise BatchError("batch.missing", path=path)
        self.path = path
        self._before: dict[str, str] = {}  # the meta of the batch beside which another is made
        memory = _MEMORY_TO_READ if read_only else _MEMORY
        self._db = duckdb.connect(
            config={
                "threads": _THREADS,
                "memory_limit": f"{memory} B",
                "temp_directory": f"{path}.tmp",
                # A file is what it is: nothing is fetched from anywhere to make a batch of it.
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )
        try:
            self.meta = self._use(path, "batch", read_only=read_only)
        except BaseException:
            self._db.close()
            raise

    def expect(self, files: int) -> None:
        """Give DuckDB the memory that so many files take."""
        self._db.execute(f"SET memory_limit = '{max(_MEMORY, files * _MEMORY_A_FILE)} B'")

    def _use(self, path: Path, name: str, *, read_only: bool = False) -> dict[str, str]:
        """Go on with a file, by this name. Returns its meta."""
        try:
            if not path.exists():
                _make(path)
            options = f"ROW_GROUP_SIZE {_ROW_GROUP}" + (", READ_ONLY" if read_only else "")
            self._db.execute(f"ATTACH {_quoted(path)} AS {name} ({options}); USE {name}")
            return self._read_meta(read_only)
        except duckdb.Error as error:
            raise refusal(path, error) from error

    def _read_meta(self, read_only: bool) -> dict[str, str]:
        mine = "SELECT table_name FROM duckdb_tables() WHERE database_name = current_database()"
        tables = {name for (name,) in self._db.execute(mine).fetchall()}
        if not tables and read_only:
            return {}
        if not tables:
            self._db.execute(f"CREATE TABLE meta ({declared(META)}); INSERT INTO meta VALUES ('made_by', '{_MADE_BY}')")
        meta = self._meta()
        ours = meta and (meta.get("made_by") == _MADE_BY or _OLDER.fullmatch(meta.get("made_with", "")))
        begun = meta == {} and tables <= {"meta", "entries"}  # by a run that was killed at once
        if not ours and not begun:
            raise BatchError("batch.foreign", path=self.path)  # somebody's own data, not to be touched
        return meta or {}

    def _meta(self) -> dict[str, str] | None:
        """What the batch says of itself; None where it has no such table, or somebody else's bears the name."""
        columns = "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = 'meta' AND database_name = ?"
        (name,) = self._db.execute("SELECT current_database()").fetchone() or ("",)
        if self.rows(columns, [name]) != [("name", "VARCHAR"), ("value", "VARCHAR")]:
            return None
        return dict(self._db.execute("SELECT name, value FROM meta").fetchall())

    def has_table(self, table: str) -> bool:
        """Whether the batch has a table of this name."""
        named = "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ?"
        return self.rows(named, [table]) != [(0,)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def cut_short(self) -> bool:
        """Whether an ingest has begun since the ledger was settled and has not ended: the ledger knows none of it."""
        return self.meta.get("under_way") == "yes" or self._beside.exists()

    @property
    def _beside(self) -> Path:
        """Where what is made anew is made."""
        return self.path.with_name(self.path.name + _ANEW)

    @contextmanager
    def kept_until_made_anew(self, made_with: str) -> Iterator[None]:
        """Where the batch tells something and was made with something else: what is made within is made beside it.

        It takes the batch's place at the end. Raises BatchError.
        """
        beside = self._beside
        if self.meta.get("settled") != "yes" or self.meta.get("made_with") == made_with:
            for ending in ("", ".wal"):  # of a program or an edition that was tried in between
                beside.with_name(beside.name + ending).unlink(missing_ok=True)
            yield
            return
        self._before = self.meta
        self.meta = self._use(beside, "anew")
        yield
        with self._writing():
            self._db.execute("CHECKPOINT anew; CHECKPOINT batch; USE memory; DETACH anew; DETACH batch")
            beside.replace(self.path)
        self.meta = self._use(self.path, "batch")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is done within. Raises BatchError where it cannot be written: on a full disk."""
        with self._writing():
            self._db.begin()
            try:
                yield
            except BaseException:
                with suppress(duckdb.Error):  # what went wrong may have ended the transaction
                    self._db.rollback()
                raise
            self._db.commit()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except duckdb.OutOfMemoryException as error:
            raise _ShortError("batch.memory", path=self.path) from error
        except (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
            raise BatchError("batch.unwritable", path=self.path, error=why(error)) from error
        except duckdb.Error as error:  # of any class where what the file holds is not what was written
            if is_damage(error):
                raise refusal(self.path, error) from error
            raise

    def set_meta(self, **values: str) -> None:
        """Remember values by name."""
        for name, value in values.items():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", [name, value])
            self.meta[name] = value

    def forget(self) -> None:
        """Know of no entry that has been read. Raises BatchError where it cannot be written."""
        self.run(f"CREATE OR REPLACE TABLE entries ({declared(TABLES['entries'])})")

    def reset(self, edition: Edition, score_columns: Sequence[str], made_with: str) -> None:
        """Make the tables anew and empty, for an edition and what else the batch is made with."""
        answers = ", ".join(f'"{name}" {_sql_type(key.kind)}' for name, key in keys_of(edition).items())
        scores = ", ".join(f'"{name}" {"VARCHAR" if name == "blocked_by" else "BIGINT"}' for name in score_columns)
        tables = {table: declared(columns) for table, columns in TABLES.items()} | {
            "answers": f"form_id VARCHAR, {answers}",
            "scores": f"form_id VARCHAR, {scores}",
            "roster": ", ".join(f'"{field.key}" VARCHAR' for field in edition.fields),
        }
        with self.transaction():
            self._db.execute("DROP VIEW IF EXISTS issues")
            for name, columns in tables.items():
                self._db.execute(f"DROP TABLE IF EXISTS {name}")
                self._db.execute(f"CREATE TABLE {name} ({columns})")
            self._db.execute(_ISSUES_VIEW)
            # Outlives even a batch that is read anew.
            self._db.execute(f"CREATE TABLE IF NOT EXISTS history ({declared(HISTORY)})")
            for table in ("history", "roster", "files"):
                self._carry_over(table)
            before = self._before | self.meta
            outlives = {name: before[name] for name in _OUTLIVES if name in before}
            self._db.execute("DELETE FROM meta")
            self.meta.clear()
            self.set_meta(made_by=_MADE_BY, made_with=made_with, edition=edition.text, **outlives)

    def _carry_over(self, table: str) -> None:
        """Take what stands in a table of the batch there is, where another is made beside it."""
        named = "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND database_name = ?"
        old, new = ({name for (name,) in self.rows(named, [table, database])} for database in ("batch", "anew"))
        if table == "roster" and new:  # its further columns are the list's own
            for name in sorted(old - new):
                self._db.execute(f"ALTER TABLE roster ADD COLUMN {_identifier(name)} VARCHAR")
            new |= old
        if both := ", ".join(_identifier(name) for name in sorted(old & new)):
            self._db.execute(f"INSERT INTO {table} ({both}) SELECT {both} FROM batch.{table}")

    def with_memory(self, job: Callable[[], _Result]) -> _Result:
        """Do a job; where DuckDB has too little memory for it, once more with all there is. Raises BatchError."""
        try:
            with self._writing():
                return job()
        except _ShortError:
            self._db.execute("RESET memory_limit")
        with self._writing():
            return job()

    def run(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Carry out a statement. Raises BatchError where it cannot be written."""
        with self._writing():
            self._db.execute(statement, list(parameters))

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises BatchError where there is no room to find them."""
        with self._writing():
            return self._db.execute(query, list(parameters)).fetchall()

    def frame(self, query: str, parameters: Sequence[object] = ()) -> pd.DataFrame:
        """The result of a query as a frame, in which equal texts of a column are one."""
        frame = self._db.execute(query, list(parameters)).df()
        for name in frame.columns[frame.dtypes == "str"]:
            frame[name] = frame[name].astype("category").astype("str")
        return frame

    def copy(self, select: str, path: Path, options: str) -> None:
        """Write the result of a query to a file. Raises OSError where it cannot be written."""

        def copied() -> None:
            try:
                self._db.execute(f"COPY ({select}) TO {_quoted(path)} ({options})")
            except duckdb.IOException as error:
                reason = why(error)
                raise (reason if isinstance(reason, OSError) else OSError(reason.values["said"])) from error

        self.with_memory(copied)

    def drop(self, table: str, key: str, values: Collection[str]) -> None:
        """Delete the rows whose key is one of the values."""
        if len(values):
            self._db.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT unnest(?::VARCHAR[]))", [list(values)])

    def add(self, table: str, frame: pd.DataFrame) -> None:
        """Add a frame's rows to a table; columns go by name."""
        if len(frame):
            self._db.register("incoming", frame)
            columns = ", ".join(f'"{column}"' for column in frame.columns)
            self._db.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming")
            self._db.unregister("incoming")

    def add_portion(self, edition: Edition, portion: Portion) -> None:
        """Store what a portion brings in the place of what it replaces, in one transaction."""
        self.with_memory(lambda: self._add_portion(edition, portion))

    def _add_portion(self, edition: Edition, portion: Portion) -> None:
        with self.transaction():
            self.drop("entries", "file", portion.entries["file"])
            for table in BY_FORM:
                self.drop(table, "form_id", portion.forms["form_id"])
            self.add("entries", portion.entries)
            self.add("forms", portion.forms)
            self.add_answers(edition, portion.answers)
            self.add("findings", portion.findings)
            self.add("scores", portion.scores)
            if len(portion.unchanged):
                self._db.register("unchanged", portion.unchanged)
                self._db.execute(
                    "UPDATE entries e SET mtime_ns = u.mtime_ns, stamp = u.stamp FROM unchanged u WHERE e.file = u.file"
                )
                self._db.unregister("unchanged")

    def put_roster(self, edition: Edition, roster: Roster) -> None:
        """Put a roster in the place of the one there is: a column for each key, and one for each further heading."""
        keys = [field.key for field in edition.fields]
        columns = [[None if e.get(key) is None else str(e[key]) for e in roster.enterprises] for key in keys]
        columns += [[row[i] for row in roster.extra_values] for i in range(len(roster.extra_headings))]
        names = [_identifier(name) for name in (*keys, *roster.extra_headings)]
        self.run(f"CREATE OR REPLACE TABLE roster ({', '.join(f'{name} VARCHAR' for name in names)})")
        self.run(f"INSERT INTO roster SELECT {', '.join(['unnest(?::VARCHAR[])'] * len(columns))}", columns)

    def add_answers(self, edition: Edition, frame: pd.DataFrame) -> None:
        """Add answers (index form_id, figures in millionths); they are stored as exact decimals in their unit."""
        if not len(frame):
            return
        self._db.register("incoming", frame.reset_index())
        columns = ["form_id", *(f'"{name}"' for name in keys_of(edition))]
        # A product of decimals is exact where a quotient would be a double.
        values = [
            f'(CAST("{name}" AS DECIMAL(24,0)) * {_MICRO})::{_FIGURE}' if key.kind.is_figure else f'"{name}"'
            for name, key in keys_of(edition).items()
        ]
        self._db.execute(
            f"INSERT INTO answers ({', '.join(columns)}) SELECT form_id, {', '.join(values)} FROM incoming"
        )
        self._db.unregister("incoming")

    def forget_entries(self, beginning: str) -> None:
        """Know no entry whose name begins so."""
        self._db.execute("DELETE FROM entries WHERE starts_with(file, ?)", [beginning])

    def doubt(self, beginning: str) -> None:
        """Let the hash alone say whether entries whose names begin so are what they were."""
        self._db.execute("UPDATE entries SET stamp = -1 WHERE starts_with(file, ?)", [beginning])

    def rename(self, old: str, new: str) -> None:
        """Let the entries' names that begin with ``old`` begin with ``new``."""
        for table in filter(self.has_table, ("entries", "files")):
            self._db.execute(
                f"UPDATE {table} SET file = ? || substr(file, ?) WHERE starts_with(file, ?)", [new, len(old) + 1, old]
            )

    def keep_history(self, noticed_at: str) -> list[str]:
        """Keep the ledger's lines of files that have left or changed since it was settled.

        Returns the names of those that have left: whose bytes lie under no other name either.
        """
        kept = self.rows(
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
        return sorted(file for file, became, reason in kept if became == "removed" and reason not in _PASSING)

    def sweep(self) -> None:
        """Drop forms that no entry holds any more."""
        for table in BY_FORM:
            self._db.execute(f"DELETE FROM {table} WHERE form_id NOT IN (SELECT form_id FROM entries)")


def declared(types: Mapping[str, str]) -> str:
    """Columns as a table is created with them."""
    return ", ".join(f"{name} {sql}" for name, sql in types.items())


def _quoted(path: Path) -> str:
    apostrophes = str(path).replace("'", "''")
    return f"'{apostrophes}'"


def _identifier(name: str) -> str:
    quotes = name.replace('"', '""')
    return f'"{quotes}"'


def _sql_type(kind: Kind) -> str:
    if kind.is_figure:
        return _FIGURE
    return {Kind.TICK: "BOOLEAN", Kind.DATE: "DATE"}.get(kind, "VARCHAR")
