"""Which returns are versions of one another, and in which order: a thread is the line of versions of one return.

A correction copy follows the return that it corrects, whatever its name, its credit code and its date say; other
returns of one credit code, phase and kind of assessment follow one another by date. The work is done in SQL, for there
may be a million returns; only the few that correct others pass through Python.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from smebatch.assess.office_names import name_hash


class Tables(Protocol):
    """A database of which the steps below read and write tables."""

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> object:
        """Execute a statement."""
        ...

    def fetch_rows(self, query: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        ...


def make_tables(tables: Tables, queries: dict[str, str]) -> None:
    """Store each query in a temporary table of its name. One query for all would need all of them in memory at once."""
    for name, query in queries.items():
        tables.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")


def drop_tables(tables: Tables, names: Iterable[str]) -> None:
    """Drop temporary tables, to free memory for what follows."""
    for name in names:
        tables.execute(f"DROP TABLE temp.{name}")


# A return without a date takes the latest date among the returns of its enterprise, phase and kind that were saved
# before it.
_UNDATED = """
SELECT line, max(day) OVER before AS assumed_day
FROM (
    SELECT line, file, mtime_ns, uscc, phase, assessment_kind, filled_on, CASE WHEN NOT future THEN filled_on END AS day
    FROM returns SEMI JOIN (SELECT uscc, phase, assessment_kind FROM returns WHERE filled_on IS NULL) without_date
    USING (uscc, phase, assessment_kind)
)
WINDOW before AS (
    PARTITION BY uscc, phase, assessment_kind ORDER BY mtime_ns, file ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
)
QUALIFY filled_on IS NULL
"""
# A date in the future counts as no date, so that it never ranks a return above others.
_DATED = """
SELECT line, form_id, row_number() OVER (
    ORDER BY coalesce(CASE WHEN NOT future THEN filled_on END, assumed_day) NULLS FIRST, mtime_ns, file, form_id
)::INTEGER AS rank
FROM returns LEFT JOIN undated USING (line)
"""
# Of equal files the last one stands for their return. Copies follow what they correct, where that is known.
_CORRECTIONS = f"""
WITH kept AS (
    SELECT line, form_id, rank, corrects, uscc, {name_hash("name")} AS plain
    FROM dated JOIN returns USING (line, form_id) QUALIFY rank = max(rank) OVER (PARTITION BY form_id)
)
SELECT copy.line, copy.form_id, copy.rank, original.line AS original, original.rank AS original_rank,
       copy.uscc, copy.plain, original.uscc AS original_uscc, original.plain AS original_plain
FROM kept copy JOIN kept original ON original.form_id = copy.corrects AND original.form_id <> copy.form_id
"""
_ORDERED = """
SELECT line, form_id,
       row_number() OVER (ORDER BY coalesce(m.major, d.rank), coalesce(m.step, 0), d.rank)::INTEGER AS rank
FROM dated d LEFT JOIN moved m USING (line)
"""
_KEPT = "SELECT form_id, max(rank) AS kept FROM ordered GROUP BY form_id"
_IDENTIFIED = f"""
SELECT rank, uscc, phase, assessment_kind, {name_hash("name")} AS plain
FROM ordered JOIN kept ON kept = rank JOIN returns USING (line)
WHERE NOT (uscc IS NULL OR phase IS NULL OR assessment_kind IS NULL)
"""
_CODES_OF_SEVERAL_NAMES = f"""
SELECT uscc, latest,
       uscc IN (SELECT r.uscc FROM roster r WHERE r.uscc = n.uscc AND {name_hash("r.name")} = latest) AS changed
FROM (
    SELECT uscc, arg_max(plain, rank) FILTER (plain IS NOT NULL) AS latest FROM identified
    GROUP BY uscc HAVING min(plain) <> max(plain)
) n
"""
# ``party`` tells apart the names of a code that are nobody's earlier or later name.
_IN_PARTIES = """
SELECT i.*, CASE WHEN n.uscc IS NULL OR plain IS NULL THEN '' WHEN NOT changed THEN 'two'
                 WHEN plain = latest THEN 'changed' ELSE '' END AS names,
       CASE WHEN names = 'two' THEN coalesce(s.party, plain) ELSE 0 END AS party
FROM identified i LEFT JOIN codes_of_several_names n USING (uscc) LEFT JOIN same_party s USING (uscc, plain)
"""
# The returns of one group are of one thread; a copy and what it corrects may be of two groups.
_GROUPED = """
SELECT kept AS rank, coalesce(min(kept) OVER same, kept) AS grp, uscc, plain, coalesce(names, '') AS names, party
FROM kept LEFT JOIN in_parties p ON p.rank = kept
WINDOW same AS (PARTITION BY uscc, phase, assessment_kind, party, CASE WHEN p.rank IS NULL THEN kept END)
"""
_VERSIONS = """
SELECT g.rank, o.line, o.form_id, first_value(o.form_id) OVER of_thread AS thread,
       (row_number() OVER of_thread)::INTEGER AS version, lag(o.form_id) OVER of_thread AS previous_form_id,
       r.gone, g.uscc, g.names, min(g.party) OVER (PARTITION BY coalesce(root, grp), g.uscc) AS party
FROM grouped g JOIN ordered o USING (rank) JOIN returns r USING (line) LEFT JOIN joined USING (grp)
WINDOW of_thread AS (PARTITION BY coalesce(root, grp) ORDER BY g.rank)
"""


class _Correction(NamedTuple):
    """A copy and the return that it corrects, each by its line and rank, with credit codes and hashes of names."""

    line: int
    form_id: str
    rank: int
    original: int
    original_rank: int
    uscc: str | None
    plain: int | None
    original_uscc: str | None
    original_plain: int | None

    @property
    def passed_on(self) -> bool:
        """Whether another enterprise has filled in the copy: both its name and its credit code are another's."""
        return _differ(self.uscc, self.original_uscc) and _differ(self.plain, self.original_plain)


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def make_threads(tables: Tables) -> None:
    """Store the table ``thread_versions`` of all returns.

    Reads ``returns``, a row for each file that holds a return and for each return whose files are gone, with line
    (a number of its own), file, form_id (equal for equal bytes), gone (whether no file holds it any more), mtime_ns,
    name, uscc, phase, assessment_kind, filled_on (NULL where blank or not sure), future (whether filled_on is after the
    day of reading) and corrects (the form_id that a copy corrects, blank for none); and ``roster``, with uscc and name.

    ``thread_versions`` has a row for each form_id: rank (of all returns, the latest has the highest), line (of the file
    that stands for it), form_id, thread (the form_id of the first version), version (from 1), previous_form_id (NULL
    for the first), gone, uscc, names (``two`` where another name stands under the code as well, ``changed`` where the
    roster says that this name is the later one, else blank) and party (equal for names of a code that are one
    enterprise's).

    Stored are as well ``ordered`` (line, form_id, rank), ``kept`` (form_id, kept: the rank that stands for it),
    ``corrected`` (the lines of copies and of what they correct: line, original) and ``passed_on`` (the same of copies
    that another enterprise has filled in, which belong to no thread but their own code's).

    A return is later by filled_on, then by file time, then by file name; a copy is later than what it corrects. Where
    two names stand under one code, each name has threads of its own, unless a copy joins them or the roster has the
    latest.
    """
    make_tables(tables, {"undated": _UNDATED, "dated": _DATED})
    corrections = [_Correction(*row) for row in tables.fetch_rows(f"{_CORRECTIONS} ORDER BY copy.rank, copy.line")]
    valid = [correction for correction in corrections if not correction.passed_on]
    passed_on = [correction for correction in corrections if correction.passed_on]
    for name, copies in (("corrected", valid), ("passed_on", passed_on)):
        _store(tables, name, "line INTEGER, original INTEGER", [(c.line, c.original) for c in copies])
    _store(tables, "moved", "line INTEGER, major INTEGER, step INTEGER", _moves(valid))
    _store(tables, "same_party", "uscc VARCHAR, plain UBIGINT, party UBIGINT", _same_parties(valid))
    make_tables(
        tables,
        {
            "ordered": _ORDERED,
            "kept": _KEPT,
            "identified": _IDENTIFIED,
            "codes_of_several_names": _CODES_OF_SEVERAL_NAMES,
            "in_parties": _IN_PARTIES,
            "grouped": _GROUPED,
        },
    )
    links = tables.fetch_rows(
        """SELECT copy.grp, original.grp FROM corrected c
        JOIN ordered a ON a.line = c.line JOIN grouped copy ON copy.rank = a.rank
        JOIN ordered b ON b.line = c.original JOIN grouped original ON original.rank = b.rank"""
    )
    _store(tables, "joined", "grp INTEGER, root INTEGER", list(_roots(links).items()))
    make_tables(tables, {"thread_versions": _VERSIONS})
    drop_tables(
        tables,
        (
            *("undated", "dated", "moved", "same_party", "identified"),
            *("codes_of_several_names", "in_parties", "grouped", "joined"),
        ),
    )


def _moves(corrections: Sequence[_Correction]) -> list[tuple[int, int, int]]:
    """The place in the order of each copy: its line, the rank that it takes, and how many steps behind that rank.

    A copy keeps its own rank, or stands one step behind what it corrects where that is later.
    """
    by_line = {correction.line: correction for correction in corrections}
    places: dict[int, tuple[int, int]] = {}
    for correction in corrections:
        chain = [correction]  # copies of copies; no file can name one that was made from it
        while (before := by_line.get(chain[-1].original)) and before.line not in places and before not in chain:
            chain.append(before)
        for each in reversed(chain):
            rank, step = places.get(each.original, (each.original_rank, 0))
            places[each.line] = max((each.rank, 0), (rank, step + 1))
    return [(line, *place) for line, place in places.items()]


def _same_parties(corrections: Sequence[_Correction]) -> list[tuple[str, int, int]]:
    """Names of a code that copies join: the code, the hash of the name, and that of the name that stands for all."""
    links = [
        ((c.uscc, c.plain), (c.original_uscc, c.original_plain))
        for c in corrections
        if c.uscc is not None and c.uscc == c.original_uscc and c.plain is not None and c.original_plain is not None
    ]
    return [(str(uscc), plain, party) for (uscc, plain), (_, party) in _roots(links).items()]


_Node = TypeVar("_Node", bound=Hashable)


def _roots(links: Iterable[tuple[_Node, _Node]]) -> dict[_Node, _Node]:
    """What is linked, directly or through others, has one root.

    >>> _roots([(1, 2), (3, 4), (4, 2), (5, 5)])
    {1: 2, 2: 2, 3: 2, 4: 2, 5: 5}
    """
    parents: dict[_Node, _Node] = {}

    def root(node: _Node) -> _Node:
        while (parent := parents.setdefault(node, node)) != node:
            parents[node] = parents.setdefault(parent, parent)
            node = parent
        return node

    for one, other in links:
        one_root, other_root = root(one), root(other)
        parents[one_root] = other_root
    return {node: root(node) for node in parents}


def _store(tables: Tables, name: str, columns: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Store rows in a temporary table of its own."""
    tables.execute(f"CREATE OR REPLACE TEMP TABLE {name} ({columns})")
    if rows:
        types = [column.split()[1] for column in columns.split(", ")]
        unnested = ", ".join(f"unnest(?::{each}[])" for each in types)
        tables.execute(f"INSERT INTO {name} SELECT {unnested}", list(map(list, zip(*rows, strict=True))))
