"""What only a live database tells: how large its tables are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.probe import probe, probing
from dataforeman_schema.commands.status.read import read_status
from dataforeman_schema.connection import reading
from dataforeman_schema.databases import (
    DATABASES,
    META,
    Database,
)
from dataforeman_schema.errors import CouldNotLookError, SchemaError
from dataforeman_schema.settings import parse_url, read_settings

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from dataforeman_schema.commands.lint.rule import SizeKind
    from dataforeman_schema.commands.status.state import Status
    from dataforeman_schema.settings import ConnectionSettings

SMALL_ROWS: Final = 10_000
"""Up to how many rows everything is done in the blink of an eye."""

_BYTES: Final = """
SELECT relname, pg_total_relation_size(oid) FROM pg_class
WHERE relnamespace = quote_ident(current_schema())::regnamespace
AND relkind IN ('r', 'p')
"""

_CONVERTED: Final = """
SELECT hypertable_name, count(*) FILTER (WHERE is_compressed)
FROM timescaledb_information.chunks
WHERE hypertable_schema = current_schema() GROUP BY 1
"""

_FUNCTIONS: Final = """
SELECT quote_ident(nspname) FROM pg_extension
JOIN pg_namespace AS n ON n.oid = extnamespace WHERE extname = 'timescaledb'
"""

# The view of hypertables leaves out those that hold the buckets.
_AGGREGATES: Final = """
SELECT view_name, {timescaledb}.approximate_row_count(buckets),
  coalesce({timescaledb}.hypertable_size(buckets), 0)
FROM timescaledb_information.continuous_aggregates, CAST(format('%I.%I',
  materialization_hypertable_schema, materialization_hypertable_name
) AS regclass) AS buckets
WHERE view_schema = current_schema()
"""


@dataclass(frozen=True)
class TableSize:
    """How large a table, a hypertable or a continuous aggregate is.

    Attributes:
        rows: The estimated rows; None: the server does not know.
        size: With indexes and chunks (bytes).
        chunks: Of a hypertable.
        converted: How many of the chunks are in the columnstore.
    """

    rows: int | None
    size: int
    chunks: int = 0
    converted: int = 0

    def is_little(self, kind: SizeKind) -> bool:
        """Tell whether it is known to have little of what costs."""
        if kind == "columnstore":
            return self.converted == 0
        return self.rows is not None and self.rows <= SMALL_ROWS

    def __str__(self) -> str:
        rows = "unknown" if self.rows is None else f"{self.rows:,}"
        text = f"{rows} rows, {self.size:,} bytes"
        if self.chunks:
            text += f", {self.converted} of {self.chunks} chunks in the columnstore"
        return text


@dataclass(frozen=True)
class Server:
    """A live database of one of the trees.

    Attributes:
        database: Whose.
        postgresql: The server's version.
        sizes: Its tables.
    """

    database: Database
    postgresql: str
    sizes: dict[str, TableSize]


def read_server(url: str) -> Server:
    """Look at a live database; nothing is changed.

    Args:
        url: Where it is; what it records says which of the two it is.

    Raises:
        CouldNotLookError: It cannot be read, or records no revision of ours.
    """
    try:
        parse_url(url, "--against")  # which the error is to name
        database = _which(_settings(META, url))
        return _read(database, _settings(database, url))
    except SchemaError as error:
        raise CouldNotLookError(str(error)) from error


def _settings(database: Database, url: str) -> ConnectionSettings:
    variables = database.variables
    return read_settings(variables, {**os.environ, variables.url: url})


def _which(settings: ConnectionSettings) -> Database:
    for revision in probe(META, settings).revisions:
        if database := DATABASES.get(str(revision).partition("_")[0]):
            return database
    raise CouldNotLookError(
        f"{settings} records no revision of DataForeman; run dataforeman-schema "
        "upgrade there first, or name another database with --against"
    )


def _read(database: Database, settings: ConnectionSettings) -> Server:
    status = read_status(database, settings, 0)
    with (
        reading(settings) as connection,
        probing(connection, database, settings) as cursor,
    ):
        sizes = _plain(status, dict(_pairs(cursor, _BYTES)))
        if status.timescaledb:
            sizes |= _hypertables(status, dict(_pairs(cursor, _CONVERTED)))
            cursor.execute(_FUNCTIONS)
            [(functions,)] = cursor.fetchall()
            cursor.execute(_AGGREGATES.format(timescaledb=functions))
            sizes |= {name: TableSize(*size) for name, *size in cursor.fetchall()}
    return Server(database, status.postgresql, sizes)


def _plain(status: Status, sizes: dict[str, int]) -> dict[str, TableSize]:
    return {
        table.name: TableSize(table.rows, sizes.get(table.name, 0))
        for table in status.tables
    }


def _hypertables(status: Status, converted: dict[str, int]) -> dict[str, TableSize]:
    rows = {table.name: table.rows for table in status.tables}
    return {
        each.name: TableSize(
            rows.get(each.name), each.bytes, each.chunks, converted.get(each.name, 0)
        )
        for each in status.hypertables
    }


def _pairs(cursor: Cursor, query: str) -> list[tuple[str, int]]:
    cursor.execute(query)
    return [(name, number) for name, number in cursor.fetchall()]
