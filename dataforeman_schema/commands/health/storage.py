"""Are tables vacuumed, and do their sequences have numbers left?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.commands.findings import Check, Finding, Note
from dataforeman_schema.commands.services import failure
from dataforeman_schema.printable import requote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import Row

    from dataforeman_schema.commands.context import VerifyContext

# A hypertable hands its options on to its chunks, also what is reset. Of thousands of
# chunks hardly one has options of its own: what has any comes first.
_UNVACUUMED: Final = """
WITH ours AS (SELECT oid, relname FROM pg_class
  WHERE relnamespace = quote_ident(current_schema())::regnamespace
  AND relkind IN ('r', 'p') AND relname = ANY (:tables)),
parts AS (SELECT relname, oid FROM ours
  UNION ALL SELECT relname, inhrelid FROM ours
  JOIN pg_inherits ON inhparent = ours.oid),
off AS MATERIALIZED (SELECT oid, split_part(item, '=', 1) AS option
  FROM pg_class CROSS JOIN unnest(reloptions) AS item
  WHERE reloptions IS NOT NULL AND item ~ '^autovacuum_enabled='
  AND NOT split_part(item, '=', 2)::boolean)
SELECT parts.relname, option FROM off JOIN parts USING (oid)
UNION SELECT parts.relname, 'toast.' || option
FROM off JOIN pg_class AS p ON reltoastrelid = off.oid
JOIN parts ON parts.oid = p.oid
ORDER BY 1, 2
"""
_SEQUENCES: Final = """
SELECT * FROM (
  SELECT c.relname AS "table", attname AS "column", s.oid::regclass::text AS name,
    atttypid::regtype::text AS type, last_value, max_value, CASE atttypid
      WHEN 'int2'::regtype THEN 32767 WHEN 'int4'::regtype THEN 2147483647
      WHEN 'int8'::regtype THEN 9223372036854775807 ELSE max_value END AS largest
  FROM pg_sequences JOIN pg_class AS s ON relname = sequencename
  AND relnamespace = quote_ident(schemaname)::regnamespace
  JOIN pg_depend ON objid = s.oid AND deptype IN ('a', 'i')
  AND classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass
  JOIN pg_class AS c ON c.oid = refobjid
  JOIN pg_attribute ON attrelid = c.oid AND attnum = refobjsubid
  WHERE schemaname = current_schema() AND c.relname = ANY (:tables) AND NOT cycle
) AS sequences WHERE last_value > 0.8 * least(max_value, largest) ORDER BY 1, 2
"""


def check_autovacuum(context: VerifyContext) -> Iterator[Finding]:
    """Find tables that are never vacuumed."""
    tables = [*context.metadata.tables, *BOOKKEEPING_TABLES]
    for table, option in context.rows(_UNVACUUMED, tables=tables):
        yield Finding(
            Check.TABLE,
            f"table {table}",
            f"autovacuum is off for it, or for chunks of it: {option}",
            "dead rows pile up and plans go bad: queries get ever slower",
            f"ALTER TABLE {quote(table)} RESET ({option});",
        )


def check_sequences_left(context: VerifyContext) -> Iterator[Finding | Note]:
    """Find sequences of which more than four fifths are used."""
    for row in context.rows(_SEQUENCES, tables=[*context.metadata.tables]):
        limit = min(row.max_value, row.largest)
        where = f"column {row.column} of table {row.table}"
        left = limit - row.last_value
        what = f"its sequence is at {row.last_value}; numbers left: {left}"
        yield (
            _limited(row, where, what)
            if limit < row.largest
            else Note(
                # Numbers of rows that are gone may be known to other tables and to tag
                # values: no remedy can give them out again, and only a revision widens.
                Check.PRIMARY_KEY,
                where,
                f"{what}; only a release can widen the column: report it in time",
            )
        )


def _limited(row: Row[*tuple[Any, ...]], where: str, what: str) -> Finding:
    """Give a sequence all numbers that its column can hold."""
    return Finding(
        Check.PRIMARY_KEY,
        where,
        f"{what}, though the column can hold up to {row.largest}",
        f"then new rows are refused: {failure(row.table)}",
        f"ALTER SEQUENCE {requote(row.name)} AS {row.type} NO MAXVALUE;",
    )
