"""Sequences that give numbers which rows have already, as after a partial restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.catalog.words import literal_line
from dataforeman_schema.commands.findings import LAST, Check, Finding
from dataforeman_schema.commands.services import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Row

    from dataforeman_schema.commands.context import VerifyContext

# Those that can be read, of columns that still hold numbers. CASE keeps the server from
# asking for the right to a sequence where there is something else.
_SERIALS: Final = """
SELECT c.relname AS "table", attname AS "column", s.oid::regclass::text AS sequence,
  format('%I.%I', n.nspname, s.relname) AS place,
  seqincrement AS step
FROM pg_attrdef AS d JOIN pg_depend AS p ON p.classid = 'pg_attrdef'::regclass
AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
JOIN pg_class AS s ON s.oid = p.refobjid
JOIN pg_namespace AS n ON n.oid = s.relnamespace JOIN pg_sequence ON seqrelid = s.oid
JOIN pg_class AS c ON c.oid = adrelid
JOIN pg_attribute ON attrelid = adrelid AND attnum = adnum
WHERE c.relname = ANY (:tables) AND seqincrement > 0
AND c.relnamespace = quote_ident(current_schema())::regnamespace
AND atttypid IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
AND has_table_privilege(c.oid, 'SELECT')
AND CASE s.relkind WHEN 'S' THEN has_sequence_privilege(s.oid, 'SELECT') END
ORDER BY 1, 2
"""


def check_sequences(context: VerifyContext) -> Iterator[Finding]:
    """Find sequences of serial columns that are behind their rows."""
    ours = {
        (table.name, table.autoincrement_column.name)
        for table in context.metadata.tables.values()
        if table.autoincrement_column is not None
    }
    for serial in context.rows(_SERIALS, tables=[*context.metadata.tables]):
        is_read = serial.table not in context.untrusted_tables
        if is_read and (serial.table, serial.column) in ours:
            yield from _check(context, serial)


def _check(context: VerifyContext, serial: Row[*tuple[Any, ...]]) -> Iterator[Finding]:
    table, column = quote(serial.table), quote(serial.column)
    highest, following = context.rows(
        f"SELECT (SELECT max({column}) FROM {context.place(table)}),"
        f" CASE WHEN is_called THEN last_value + {serial.step} ELSE last_value END"
        f" FROM {serial.place}"
    )[0]
    if highest is None or following > highest:
        return
    yield Finding(
        Check.PRIMARY_KEY,
        f"column {serial.column} of table {serial.table}",
        f"its sequence gives {following} next, where rows have up to {highest}",
        f"new rows are refused, or mistaken for old ones: {failure(serial.table)}",
        f"SELECT setval({literal_line(serial.sequence)}, max({column})) FROM {table};",
        step=LAST,
    )
