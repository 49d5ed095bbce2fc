"""The proof that a change lost nothing: rows and checksums of every table.

The server counts the rows of a table and sums up a hash of each. A sum does not depend
on the order of the rows or on the chunk that holds them, and any row that is changed,
doubled or missing changes it. What is hashed is the text of the row's values, so a new
type is no difference as long as it writes the same text: `int` to `bigint` is none,
`timestamp` to `timestamptz` is one, and so is a new name for what values name, such as
the label of an enum.

Both sides must hash the same columns, but those that the change leaves are known only
after it. So it is tried first, in a savepoint:

    there = tables(connection)
    with connection.begin_nested() as trial:
        change(connection)
        left = tables(connection)
        trial.rollback()
    old, new = common(there, left)
    before = fingerprints(connection, old, say=say)
    change(connection)
    found = differences(before, fingerprints(connection, new, say=say))

A caller that knows beforehand what will be left hands that to `common` instead.

Rows that another session writes meanwhile are differences like any others: the caller
locks the tables, or reads in a REPEATABLE READ transaction.
"""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypedDict

from sqlalchemy import text

from dataforeman_schema.alembic_env.history import BOOKKEEPING_TABLES
from dataforeman_schema.alembic_env.home import unpinned
from dataforeman_schema.commands.untrusted import untrusted_tables
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.printable import quote_on_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from sqlalchemy import Connection

Tables = dict[str, list[str]]
"""The names of the columns, in order, by the qualified, quoted name of their table."""

EVERY_S = 1.0
"""Seconds between two lines of progress."""

# A table belongs to an extension by itself, or by a schema that the extension made.
# Temporary tables have schemas of their own, which begin with "pg_".
_TABLES: Final = text("""
SELECT format('%I.%I', n.nspname, c.relname) AS name, coalesce(
  array_agg(CAST(a.attname AS text) ORDER BY a.attnum)
  FILTER (WHERE a.attname IS NOT NULL), '{}') AS columns
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute AS a
  ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.deptype = 'e'
  AND (d.classid, d.objid) IN ((CAST('pg_class' AS regclass), c.oid),
                               (CAST('pg_namespace' AS regclass), n.oid)))
AND (n.nspname = current_schema() AND c.relname = ANY (:bookkeeping)) IS NOT TRUE
GROUP BY n.nspname, c.relname ORDER BY n.nspname, c.relname
""")
_HAS_CHUNKS: Final = text(
    "SELECT to_regclass('timescaledb_information.chunks') IS NOT NULL"
)
_CHUNKS: Final = text("""
SELECT format('%I.%I', hypertable_schema, hypertable_name) AS hypertable,
  format('%I.%I', chunk_schema, chunk_name) AS chunk
FROM timescaledb_information.chunks ORDER BY 1, range_start, range_start_integer, 2
""")
# The size of a partitioned table is that of its partitions, and not worth its search.
_PRESENT: Final = text("""
SELECT name, relkind = 'p' AS is_partitioned,
  relkind = 'p' OR pg_table_size(oid) > 64 * 1024 * 1024 AS is_large
FROM unnest(CAST(:names AS text[])) AS name JOIN pg_class ON oid = to_regclass(name)
""")

# All that the text of a value depends on, and what hides rows: policies ("off" makes an
# error of them) and a columnstore that is read as if it were not there.
_SETTINGS: Final = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "row_security": "off",
    "search_path": "pg_catalog",
    "timescaledb.enable_transparent_decompression": "on",
}
_SET: Final = text("""
SELECT set_config(name, value, true)
FROM unnest(CAST(:names AS text[]), CAST(:values AS text[])) AS given (name, value)
JOIN pg_settings USING (name)
""")
# With this collation texts are the same if their bytes are.
_HASH: Final = 'sum(hashtextextended(CAST(ROW({}) AS text) COLLATE "C", 0))'

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class Fingerprint(NamedTuple):
    """What a table holds.

    Attributes:
        rows: The number of its rows.
        checksum: The sum of the hashes of its rows; None if they were only counted.
    """

    rows: int
    checksum: str | None


class ReportedTable(TypedDict):
    """What a report says of a table.

    Attributes:
        table: Its qualified, quoted name.
        rows: The number of its rows.
        checksum: Their checksum; None if they were only counted.
        counted_only: Whether they were only counted.
    """

    table: str
    rows: int
    checksum: str | None
    counted_only: bool


class _Source(NamedTuple):
    """What SQL says after FROM, one part after the other, to read a table once."""

    parts: list[str]
    is_large: bool


def tables(connection: Connection) -> Tables:
    """List the tables that hold users' rows, ours and foreign, in all schemas.

    A partitioned table, a table that others inherit from and a hypertable stand for
    what is theirs alone: no row belongs to two. Left out are views, temporary tables,
    tables on other servers, what belongs to PostgreSQL or an extension, and the
    migrations' own tables in the current schema.

    Args:
        connection: An open connection; nothing is written.

    Returns:
        The tables, by schema and name.
    """
    found = connection.execute(_TABLES, {"bookkeeping": [*BOOKKEEPING_TABLES]})
    # Chunks may be in any schema: whoever makes a hypertable can name one.
    chunks = {chunk for each in _chunks(connection).values() for chunk in each}
    return {name: columns for name, columns in found if name not in chunks}


def fingerprints(
    connection: Connection,
    tables: Tables,
    *,
    counts_only: Collection[str] = (),
    say: Callable[[str], None],
) -> dict[str, Fingerprint]:
    """Have the server count and hash the rows of tables.

    Hypertables are read chunk by chunk, through the columnstore: nothing is
    decompressed on disk. The session's settings do not matter and stay as they are.

    Args:
        connection: A connection that is not in autocommit mode: it reads in a
            savepoint of its transaction, and nothing is written.
        tables: What to read: the hashed columns by the qualified, quoted name of their
            table. Their order matters.
        counts_only: The names of those tables whose rows are only counted.
        say: Told at most about once a second what is being read.

    Returns:
        The fingerprints by the names of the tables; none of a table that is missing.

    Raises:
        DBAPIError: A column is missing, a table may not be read, or a policy would hide
            rows from this user. The transaction can go on.
        SchemaError: Reading a table would run functions of other roles.
    """
    for name in sorted(untrusted_tables(connection, tables)):
        raise SchemaError(
            f"to read {_shown(name)} would run a function of another role: by an index,"
            " CHECK or type; drop that, and run the command again"
        )
    progress = _Progress(say)
    found = {}
    with _settings_for_proof(connection):
        sources = _sources(connection, tables)
        for name in filter(sources.__contains__, tables):
            columns = None if name in counts_only else tables[name]
            parts = progress.follow(name, sources[name])
            found[name] = _fingerprint(connection, parts, columns)
    return found


def common(
    before: Tables, after: Tables, moved: Mapping[str, str] = _NOTHING
) -> tuple[Tables, Tables]:
    """Choose what can be compared: the columns that exist on both sides.

    Args:
        before: The tables before a change.
        after: The tables after it, or those that are expected then.
        moved: The new names of tables by their former ones.

    Returns:
        The tables to read before and after the change, with the same columns in the
        same order. A table that will be missing is in the first with all its columns,
        so that it is not overlooked; one that is new is in neither.
    """
    old, new = {}, {}
    for name, columns in before.items():
        there = moved.get(name, name)
        old[name] = columns
        if there in after:
            kept = set(after[there])
            old[name] = new[there] = [each for each in columns if each in kept]
    return old, new


def differences(
    before: Mapping[str, Fingerprint],
    after: Mapping[str, Fingerprint],
    moved: Mapping[str, str] = _NOTHING,
) -> list[str]:
    """Say what was lost, came along or changed; new tables are no difference.

    Args:
        before: The fingerprints before a change.
        after: The fingerprints of the same columns after it.
        moved: The new names of tables by their former ones.

    Returns:
        A sentence for each table that is not the same; where rows of either side were
        only counted, the numbers are all that is compared.
    """
    found = []
    for name, old in before.items():
        there = moved.get(name, name)
        if what := _difference(old, after.get(there)):
            now = "" if there == name else f" (now {_shown(there)})"
            found.append(f"{_shown(name)}{now}: {what}")
    return found


def report(found: Mapping[str, Fingerprint]) -> list[ReportedTable]:
    """Put fingerprints into a form for JSON.

    Args:
        found: The fingerprints by the names of their tables.

    Returns:
        What to say of each table, in the same order.
    """
    return [
        {
            "table": name,
            "rows": rows,
            "checksum": checksum,
            "counted_only": checksum is None,
        }
        for name, (rows, checksum) in found.items()
    ]


@contextmanager
def _settings_for_proof(connection: Connection) -> Iterator[None]:
    """Have every session read the same text, in a block.

    The end of a savepoint takes the settings back: with another time zone or search
    path, what the transaction does next could do something else.
    """
    savepoint = connection.begin_nested()
    try:
        given = {"names": [*_SETTINGS], "values": [*_SETTINGS.values()]}
        connection.execute(_SET, given)
        with unpinned(connection):  # the search_path is, and a cursor knows no workers
            yield
    finally:
        savepoint.rollback()


def _chunks(connection: Connection) -> dict[str, list[str]]:
    """Name the chunks of each hypertable, oldest first."""
    found: dict[str, list[str]] = defaultdict(list)
    if connection.scalar(_HAS_CHUNKS):
        for hypertable, chunk in connection.execute(_CHUNKS):
            found[hypertable].append(chunk)
    return found


def _sources(connection: Connection, names: Iterable[str]) -> dict[str, _Source]:
    """Find out how to read each table that is there."""
    chunks = _chunks(connection)
    found = {}
    for row in connection.execute(_PRESENT, {"names": [*names]}):
        # ONLY leaves out what heirs hold, who are tables by themselves. Of a chunk it
        # would leave out what is in the columnstore.
        own = row.name if row.is_partitioned else f"ONLY {row.name}"
        parts = chunks.get(row.name, [])
        found[row.name] = _Source([own, *parts], row.is_large or bool(parts))
    return found


def _fingerprint(
    connection: Connection, parts: Iterable[str], columns: list[str] | None
) -> Fingerprint:
    """Read the parts of a table; without columns, count its rows."""
    rows, checksum = 0, 0
    for part in parts:
        query = f"SELECT count(*), {_hash(columns)} FROM {part}"  # noqa: S608 - quoted
        counted, hashed = connection.exec_driver_sql(query.replace("%", "%%")).one()
        rows += counted
        checksum += int(hashed or 0)
    return Fingerprint(rows, None if columns is None else str(checksum))


def _hash(columns: list[str] | None) -> str:
    if columns is None:
        return "NULL"
    return _HASH.format(", ".join(map(quote_on_line, columns)))


def _difference(old: Fingerprint, new: Fingerprint | None) -> str | None:
    rows = f"{old.rows} {'row' if old.rows == 1 else 'rows'}"
    if new is None:
        return f"{rows} before, no such table after"
    if new.rows != old.rows:
        return f"{rows} before, {new.rows} after"
    if None in {old.checksum, new.checksum} or old.checksum == new.checksum:
        return None
    return f"other values in the same {rows}"


def _shown(name: str) -> str:
    return name.removeprefix("public.")


class _Progress:
    """Says what is being read, not too often."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._next_line = 0.0

    def follow(self, name: str, source: _Source) -> Iterator[str]:
        """Hand out what there is to read of a table.

        What is going to take long is always named: the line before it would stand for
        as long.
        """
        own, *chunks = source.parts
        self._tell(f"proof of {_shown(name)}", at_once=source.is_large)
        yield own
        for number, chunk in enumerate(chunks, 1):
            self._tell(f"proof of {_shown(name)}: chunk {number} of {len(chunks)}")
            yield chunk

    def _tell(self, line: str, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now >= self._next_line:
            self._say(line)
            self._next_line = now + EVERY_S
