"""What the tables of a schema are like at one moment, as far as DDL changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dataforeman_schema.pinning import PinnedCursor

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

# Chunks are in another schema than their hypertable, from which they inherit.
_RELATIONS: Final = """
WITH relation AS (
  SELECT c.oid, relname, relkind, relfilenode, i.indkey, coalesce(indrelid, c.oid) AS t,
    i.indnatts
  FROM pg_class AS c LEFT JOIN pg_index AS i ON indexrelid = c.oid
  WHERE relkind IN ('r', 'p', 'm', 'v', 'f', 'i', 'I')
)
SELECT r.oid, r.relname, r.relkind::text, r.relfilenode, top.name,
  inhparent IS NOT NULL,
  coalesce(pg_stat_get_xact_numscans(r.oid), 0),
  (SELECT coalesce(json_object_agg(
      attnum, json_build_array(attname, format_type(atttypid, atttypmod))), '{}')
   FROM pg_attribute WHERE attrelid = r.t AND attnum > 0 AND NOT attisdropped),
  string_to_array(r.indkey::text, ' ')::int[]
FROM relation AS r JOIN pg_class AS own ON own.oid = r.t
LEFT JOIN pg_inherits ON inhrelid = r.t
JOIN LATERAL (
  SELECT relname::text AS name FROM pg_class
  WHERE oid = coalesce(inhparent, r.t)
  AND relnamespace = quote_ident(current_schema())::regnamespace
) AS top ON true
"""

_FOREIGN_KEYS: Final = """
SELECT own.relname, other.relname FROM pg_constraint
JOIN pg_class AS own ON own.oid = conrelid
JOIN pg_class AS other ON other.oid = confrelid
WHERE own.relnamespace = quote_ident(current_schema())::regnamespace
"""

_LOCKS: Final = """
SELECT relation, mode FROM pg_locks WHERE locktype = 'relation' AND granted
AND pid IS NOT DISTINCT FROM nullif(pg_backend_pid(), 0)
"""

_OTHERS: Final = """
SELECT relname FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
WHERE pg_class.oid = ANY (%s) AND relkind IN ('r', 'p', 'm', 'v', 'f')
AND n.oid <> quote_ident(current_schema())::regnamespace
AND nspname !~ '^(pg_|information_schema$|_?timescaledb)' ORDER BY 1
"""

# System catalogs and those of the extension included: a function may write to these.
_WRITTEN: Final = """
SELECT coalesce(sum(pg_stat_get_xact_tuples_inserted(oid)
  + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid)), 0)
FROM pg_class WHERE relkind = 'r'
"""

READ: Final = "AccessShareLock"
"""The mode of what is only read, which keeps nobody waiting but what drops it."""

Modes = frozenset[tuple[int, str]]
"""The object ids of relations with the modes in which they are locked."""


@dataclass(frozen=True)
class Relation:
    """A table, a view, an index, or a chunk of a hypertable.

    Attributes:
        name: Its name.
        kind: What it is, as `pg_class.relkind` says it.
        file: The number of its file; another one when it was written anew.
        table: The table that it is, or belongs to; of a chunk the hypertable.
        is_chunk: Whether it is a chunk, or an index of one.
        scans: How often it was read from end to end, as a counter.
        columns: Name and type of each column of its table, by number.
        keys: The numbers of an index's columns; 0 stands for an expression.
    """

    name: str
    kind: str
    file: int
    table: str
    is_chunk: bool
    scans: int
    columns: dict[int, tuple[str, str]]
    keys: tuple[int, ...]

    @property
    def is_index(self) -> bool:
        """Whether it is an index."""
        return self.kind in {"i", "I"}


Relations = dict[int, Relation]
"""Relations by object id."""


def read_relations(connection: Psycopg2Connection) -> Relations:
    """Read what is in the current schema, with the chunks of its hypertables."""
    return {oid: _relation(*row) for oid, *row in _rows(connection, _RELATIONS)}


def _relation(*row: Any) -> Relation:  # noqa: ANN401 - as the server has them
    name, kind, file, table, is_chunk, scans, columns, keys = row
    named = {
        int(number): (column, written) for number, (column, written) in columns.items()
    }
    return Relation(name, kind, file, table, is_chunk, scans, named, tuple(keys or ()))


ForeignKeys = set[tuple[str, str]]
"""The tables that foreign keys are of, each with the one that it refers to."""


def read_foreign_keys(connection: Psycopg2Connection) -> ForeignKeys:
    """Read which tables of the current schema refer to which."""
    return set(_rows(connection, _FOREIGN_KEYS))


def read_locks(connection: Psycopg2Connection) -> Modes:
    """Read what the connection's own session has locked."""
    return frozenset(_rows(connection, _LOCKS))


def count_written(connection: Psycopg2Connection) -> int:
    """Count the rows of all tables that the session wrote, as a counter."""
    [(written,)] = _rows(connection, _WRITTEN)
    return int(written)


def read_others(connection: Psycopg2Connection, taken: Modes) -> list[str]:
    """Name the tables that are locked, for more than to be read, in other schemas."""
    oids = [oid for oid, mode in taken if mode != READ]
    return [name for (name,) in _rows(connection, _OTHERS, oids)]


def _rows(
    connection: Psycopg2Connection, query: str, *values: object
) -> list[tuple[Any, ...]]:
    with connection.cursor(cursor_factory=PinnedCursor) as cursor:
        cursor.execute(query, values or None)
        return cursor.fetchall()
