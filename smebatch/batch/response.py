"""Compares the roster with the returns: which of the enterprises asked have answered, and which answered unasked.

Enterprises match by credit code, or else by name as an office compares names. Both queries take a phase and a kind of
assessment, blank for all, and count every readable return of these, whatever its status, but for versions that were
replaced because their credit code was wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

from smebatch.assess.office_names import normalized_name

# ``who`` identifies an enterprise: # and its code, or = and its name where no code is known. A line of the roster
# without a code takes the code of the only enterprise of its name, if there is one.
_ASKED = f"""
WITH listed AS (
    SELECT row_number() OVER () AS line, * EXCLUDE (uscc), nullif(upper(trim(uscc)), '') AS code,
           {normalized_name("name")} AS plain
    FROM (SELECT name, uscc, district, contact, phone FROM roster)
), code_by_name AS (
    SELECT plain, min(code) AS least, max(code) AS most FROM listed
    WHERE plain <> '' AND code IS NOT NULL GROUP BY plain
), asked AS (
    SELECT l.*, CASE WHEN code IS NOT NULL THEN '#' || code WHEN least = most THEN '#' || least
                     ELSE '=' || plain END AS who
    FROM listed l LEFT JOIN code_by_name USING (plain) WHERE code IS NOT NULL OR plain <> ''
)
"""
_MATCHED = f"""{_ASKED}, codes AS (
    SELECT DISTINCT code, who FROM asked WHERE code IS NOT NULL
), asked_by_name AS (
    SELECT plain, min(who) AS least, max(who) AS most FROM asked WHERE plain <> '' GROUP BY plain
), threads AS (
    SELECT thread, arg_max(uscc, version) AS code FROM versions JOIN answers USING (form_id)
    WHERE status <> 'gone' AND EXISTS (FROM roster) GROUP BY thread
), returns AS (
    SELECT f.file, f.form_id, f.status, a.name, a.uscc AS code, a.district, {normalized_name("a.name")} AS plain
    FROM files f JOIN answers a USING (form_id) JOIN versions v USING (form_id) JOIN threads t USING (thread),
         (SELECT ?::VARCHAR AS phase, ?::VARCHAR AS kind) chosen
    WHERE EXISTS (FROM roster) AND f.reason <> 'superseded.copy'
        AND (f.status <> 'superseded' OR coalesce(t.code, a.uscc) IS NOT DISTINCT FROM a.uscc)
        AND chosen.phase IN ('', a.phase) AND chosen.kind IN ('', a.assessment_kind)
), matched AS (
    SELECT s.*, coalesce(c.who, CASE WHEN n.least = n.most THEN n.least END) AS who,
           c.who IS NULL AND coalesce(n.least <> n.most, false) AS several
    FROM returns s LEFT JOIN codes c USING (code) LEFT JOIN asked_by_name n USING (plain)
)
"""


def _first(column: str) -> str:
    """SQL of the first value of a column in a group that is not NULL, by line."""
    return f"arg_min({column}, line) FILTER ({column} IS NOT NULL)"


ASKED_ENTERPRISES = f"""{_MATCHED}, replies AS (
    SELECT who, bool_or(status = 'counted') AS counted FROM matched WHERE who IS NOT NULL GROUP BY who
), doubts AS (
    SELECT DISTINCT plain FROM matched WHERE several
)
SELECT e.* EXCLUDE (who, line), r.who IS NOT NULL AS answered, coalesce(r.counted, false) AS counted
FROM (
    SELECT who, min(line) AS line, {_first("name")} AS name, {_first("code")} AS uscc, {_first("district")} AS district,
           {_first("contact")} AS contact, {_first("phone")} AS phone,
           bool_or(plain IN (SELECT plain FROM doubts)) AS doubt
    FROM asked GROUP BY who
) e LEFT JOIN replies r USING (who) ORDER BY line
"""
"""SQL of the enterprises asked, each once, in the roster's order.

Columns: name, uscc, district, contact, phone (of several lines the first value that is given), doubt (whether a return
bears a name that it shares with another enterprise, and the code of neither), answered, and counted (whether a return
of it counts).
"""

ASKED_RETURNS = f"""{_MATCHED}
SELECT form_id, line FROM matched JOIN (
    SELECT who, row_number() OVER (ORDER BY min(line)) - 1 AS line FROM asked GROUP BY who
) USING (who)
WHERE status = 'counted' ORDER BY file
"""
"""SQL of the counted returns of enterprises on the roster: form_id, and line, the row of ASKED_ENTERPRISES, from 0."""


ASKED_REPLIES = f"""{_MATCHED}
SELECT form_id, file, status, r.name, w.district FROM matched r JOIN (
    SELECT who, {_first("district")} AS district FROM asked GROUP BY who
) w USING (who) ORDER BY file
"""
"""SQL of the returns, counted or not, by which enterprises of the roster have answered.

Columns: form_id, file, status, name (as the return states it), and district (as the roster does).
"""


def asked_columns(columns: Sequence[str]) -> str:
    """SQL of further columns of the roster, in the rows of ASKED_ENTERPRISES.

    ``columns``: their names in SQL. The query's columns are c0, c1 and so on: texts without blanks around them, of
    several lines of an enterprise the first that is given, NULL where none is.
    """
    taken = ", ".join(f"nullif(trim({column}), '') AS c{i}" for i, column in enumerate(columns))
    firsts = ", ".join(f"{_first(f'c{i}')} AS c{i}" for i in range(len(columns)))
    return f"""{_ASKED}
SELECT {firsts} FROM asked JOIN (SELECT row_number() OVER () AS line, {taken} FROM roster) USING (line)
GROUP BY who ORDER BY min(line)
"""


_UNASKED = f"""{_MATCHED}, rivals AS (
    SELECT plain, list_sort(list(DISTINCT substr(who, 2))) AS whose
    FROM asked WHERE plain IN (SELECT plain FROM matched WHERE several) GROUP BY plain
), others AS (
    SELECT * EXCLUDE (who), file AS line FROM matched WHERE who IS NULL
), unasked_code_by_name AS (
    SELECT plain, min(code) AS least, max(code) AS most FROM others
    WHERE plain <> '' AND code IS NOT NULL GROUP BY plain
), identified AS (
    SELECT o.*, r.whose, CASE WHEN code IS NOT NULL THEN '#' || code WHEN least = most THEN '#' || least
                              WHEN plain <> '' THEN '=' || plain ELSE '?' || file END AS who
    FROM others o LEFT JOIN unasked_code_by_name USING (plain) LEFT JOIN rivals r USING (plain)
)
"""

UNASKED_ENTERPRISES = f"""{_UNASKED}
SELECT {_first("name")} AS name, {_first("code")} AS uscc, {_first("district")} AS district,
       min(file) AS file, count(*) AS n,
       CASE WHEN who LIKE '?%' THEN 'unknown' WHEN bool_or(whose IS NOT NULL) THEN 'several' ELSE 'outside' END AS why,
       coalesce(max(len(whose)), 0) AS rivals,
       coalesce(array_to_string(list_slice(any_value(whose), 1, 3), '、'), '') AS whose
FROM identified GROUP BY who ORDER BY district NULLS LAST, name NULLS LAST, uscc NULLS LAST, file
"""
"""SQL of the enterprises that answered and are not on the roster, each once; none where there is no roster.

Columns: name, uscc, district, file (the first of its returns), n (how many returns), why (``outside``: the roster has
neither its code nor its name; ``several``: several enterprises of the roster have its name, none has its code;
``unknown``: the return gives neither), rivals (how many of the roster have its name) and whose (the codes of the first
three of them).
"""

REPLIES = f"""{_UNASKED}, lines AS (
    SELECT who, row_number() OVER (ORDER BY min(line)) - 1 AS line FROM asked GROUP BY who
)
SELECT form_id, file, status, line, '' AS outsider FROM matched JOIN lines USING (who)
UNION ALL
SELECT form_id, file, status, NULL, min(file) OVER (PARTITION BY who) FROM identified
ORDER BY file, form_id
"""
"""SQL of the readable returns that ASKED_ENTERPRISES and UNASKED_ENTERPRISES count: form_id, file, status, line.

line: the row of ASKED_ENTERPRISES, from 0, NULL for who is not on the roster; then outsider is the file that
UNASKED_ENTERPRISES names, else "".
"""
