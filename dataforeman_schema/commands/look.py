"""What one short connection tells of a database, without SQLAlchemy or Alembic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2

from dataforeman_schema.commands.head import head_revision
from dataforeman_schema.connection import connected, one_line
from dataforeman_schema.databases import HYPERTABLES_QUERY
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import timescaledb_is_optional

if TYPE_CHECKING:
    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_QUERY = """
SELECT
  coalesce((SELECT array_agg(name ORDER BY name) FROM unnest(%(critical)s) AS name
            WHERE NOT EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p')
                              AND oid = to_regclass(quote_ident(name)))), '{}'),
  to_regclass('alembic_version') IS NOT NULL,
  (SELECT CASE WHEN installed_version IS NULL THEN 'available' ELSE 'installed' END
   FROM pg_available_extensions WHERE name = 'timescaledb')
"""


@dataclass(frozen=True)
class Look:
    """What a database is like at one moment.

    Attributes:
        revisions: The revisions that it records; none before the first, several only
            after a mishap.
        head: The newest revision of its tree.
        missing: The critical tables that it lacks.
        timescaledb: Whether the extension is installed in it, or available on its
            server; None where it is neither.
        plain: The critical tables that should be hypertables and are not.
    """

    revisions: tuple[str, ...]
    head: str
    missing: tuple[str, ...]
    timescaledb: str | None
    plain: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do and no critical table is missing."""
        at_head = self.revisions == (self.head,) and not self.missing
        stays_plain = self.timescaledb is None and timescaledb_is_optional()
        return at_head and (stays_plain or not self.plain)


def look(database: Database, settings: ConnectionSettings) -> Look:
    """Look at a database; nothing is changed and the connection is closed again.

    Args:
        database: Which of the two it should be.
        settings: Where it is.

    Raises:
        ConnectionFailed: It cannot be reached.
        SchemaError: Its catalog cannot be read.
    """
    head = head_revision(database)
    try:
        with connected(settings) as connection:
            return _read(connection, database, head)
    except psycopg2.Error as error:
        raise SchemaError(
            f"cannot look at the {database.title} ({settings}): "
            f"{one_line(str(error))}; grant the user the right to read it"
        ) from error


def _read(connection: Psycopg2Connection, database: Database, head: str) -> Look:
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, {"critical": list(database.critical_tables)})
        missing, versioned, timescaledb = cursor.fetchone() or ((), False, None)
        revisions: list[tuple[str]] = []
        if versioned:
            cursor.execute("SELECT version_num FROM alembic_version ORDER BY 1")
            revisions = cursor.fetchall()
        expected = set(database.critical_tables) - set(missing)
        plain = expected if database.needs_timescaledb else set()
        if plain and timescaledb == "installed":
            cursor.execute(HYPERTABLES_QUERY)
            plain -= {name for (name,) in cursor.fetchall()}
    names = tuple(name for (name,) in revisions)
    return Look(names, head, tuple(missing), timescaledb, tuple(sorted(plain)))
