"""What one short connection tells of a database, without SQLAlchemy or Alembic."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.errors import (
    CannotCoerce,
    InsufficientPrivilege,
    LockNotAvailable,
    UndefinedColumn,
)

from dataforeman_schema.alembic_env.revision_files import head_revision
from dataforeman_schema.commands.adoption.forms import TELLTALES, recognize
from dataforeman_schema.connection import (
    ConnectionFailed,
    cure,
    reading,
    refused,
)
from dataforeman_schema.databases import (
    ELSEWHERE_QUERY,
    HYPERTABLES_QUERY,
    RESTORING_QUERY,
    TIMESCALEDB_QUERY,
    OfferedTimescale,
    recorded_query,
    refuse_untrusted,
)
from dataforeman_schema.limits import LIMIT_STATEMENTS, more_time
from dataforeman_schema.pinning import (
    SET_SEARCH_PATH,
    UNTRUSTED_BOOKKEEPING,
    pinned,
)
from dataforeman_schema.settings import timescaledb_is_optional
from dataforeman_schema.waiting import LOCK_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812
    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from dataforeman_schema.commands.adoption.forms import Form
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_QUERY = f"""
SELECT
  coalesce((SELECT array_agg(name ORDER BY name) FROM unnest(%(critical)s) AS name
            WHERE NOT EXISTS (SELECT FROM pg_class WHERE relkind IN ('r', 'p')
                              AND oid = to_regclass(quote_ident(name)))), '{{}}'),
  to_regclass('alembic_version') IS NOT NULL,
  (SELECT concat_ws(' ', pg_postmaster_start_time(), oid)
   FROM pg_database WHERE datname = current_database()),
  (SELECT to_json(timescaledb) FROM ({TIMESCALEDB_QUERY}) AS timescaledb),
  getdatabaseencoding(),
  EXISTS ({RESTORING_QUERY}),
  (SELECT nspname FROM ({ELSEWHERE_QUERY}) AS elsewhere LIMIT 1),
  (SELECT coalesce(array_agg(name), '{{}}') FROM unnest(%(telltales)s) AS name
   WHERE to_regclass(quote_ident(name)) IS NOT NULL),
  quote_ident(current_schema()),
  ARRAY({UNTRUSTED_BOOKKEEPING})
"""  # noqa: S608 - ours


_PREPARE = (
    f"SET lock_timeout = '{LOCK_TIMEOUT_S:g}s'; {LIMIT_STATEMENTS};"
    f" {pinned(SET_SEARCH_PATH)}"
)
# In one message each: every service waits for the answers when it starts.
_PREPARE_AND_CHECK = f"{_PREPARE}; {pinned(UNTRUSTED_BOOKKEEPING)}"
_PREPARE_AND_LOOK = f"{_PREPARE}; {pinned(_QUERY)}"


@dataclass(frozen=True)
class DatabaseState:
    """What a database is like at one moment.

    Attributes:
        identity: The same for two looks only if they were at one database.
        is_new: Whether nothing of ours is in it yet: no record of revisions and no
            critical table.
        revisions: The revisions that it records; none before the first, several only
            after a mishap.
        head: The newest revision of its tree.
        missing: The critical tables that it lacks.
        timescaledb: What it and its server have of the extension.
        plain: The critical tables that should be hypertables and are not.
        encoding: The server's name of the encoding of its texts.
        is_restoring: Whether a restore of TimescaleDB has not been finished.
        elsewhere: The schema that has the critical tables in place of the current one.
        form: What else made it, the former tool say, as far as tables tell.
    """

    identity: str
    is_new: bool
    revisions: tuple[str, ...]
    head: str
    missing: tuple[str, ...]
    timescaledb: OfferedTimescale
    plain: tuple[str, ...]
    encoding: str
    is_restoring: bool
    elsewhere: str | None
    form: Form | None

    @property
    def is_current(self) -> bool:
        """Whether there is nothing to do and no critical table is missing."""
        at_head = self.revisions == (self.head,) and not self.missing
        stays_plain = self.timescaledb.is_absent and timescaledb_is_optional()
        return at_head and (stays_plain or not self.plain)


def probe(database: Database, settings: ConnectionSettings) -> DatabaseState:
    """Look at a database over a connection of its own; nothing is changed.

    Args:
        database: Which of the two it should be.
        settings: Where it is.

    Raises:
        ConnectionFailed: It cannot be reached.
        SchemaError: Its catalog cannot be read.
    """
    with reading(settings) as connection:
        return probe_over(connection, database, settings)


def probe_over(
    connection: Psycopg2Connection, database: Database, settings: ConnectionSettings
) -> DatabaseState:
    """Look at a database over an open connection; nothing is changed.

    Args:
        connection: The connection; a transaction is open on it afterwards.
        database: Which of the two it should be.
        settings: Where it is.

    Raises:
        ConnectionFailed: The connection was lost.
        SchemaError: Its catalog cannot be read.
    """
    head = head_revision(database)
    with _looking(connection, database, settings) as cursor:
        return _read(cursor, database, head)


@contextmanager
def probing(
    connection: Psycopg2Connection, database: Database, settings: ConnectionSettings
) -> Iterator[Cursor]:
    """Provide a cursor to look at a database with, and say why it cannot be done.

    Args:
        connection: An open connection to it.
        database: Which of the two it should be.
        settings: Where it is.

    Yields:
        The cursor.

    Raises:
        ConnectionFailed: The connection was lost.
        SchemaError: A query was refused.
    """
    with _looking(connection, database, settings) as cursor:
        cursor.execute(_PREPARE_AND_CHECK)
        refuse_untrusted(name for (name,) in cursor.fetchall())
        yield cursor


@contextmanager
def _looking(
    connection: Psycopg2Connection, database: Database, settings: ConnectionSettings
) -> Iterator[Cursor]:
    """Provide the cursor of `probing`, with nothing run on it yet."""
    try:
        with connection.cursor() as cursor:
            yield cursor
    except LockNotAvailable as error:
        raise _in_use(database, settings) from error
    except psycopg2.Error as error:
        doing = f"cannot look at the {database.title} ({settings})"
        raise refused(
            doing, settings, error, lost_now=connection.closed, remedy=_remedy(error)
        ) from error


def _remedy(error: psycopg2.Error) -> str:
    if isinstance(error, InsufficientPrivilege):
        return "grant the user the right to read it"
    if isinstance(error, UndefinedColumn):
        return (
            "rename the table that lacks it, alembic_version or schema_history, then "
            "run dataforeman-schema verify"
        )
    if isinstance(error, (CannotCoerce, psycopg2.DataError)):
        return "dataforeman-schema verify says what mends it"
    return more_time(error, cure(error))


def _read(cursor: Cursor, database: Database, head: str) -> DatabaseState:
    names = {"critical": database.critical_tables, "telltales": TELLTALES}
    cursor.execute(_PREPARE_AND_LOOK, {key: list(each) for key, each in names.items()})
    [(missing, versioned, identity, offered, *others)] = cursor.fetchall()
    timescaledb = OfferedTimescale(**offered or {})
    encoding, is_restoring, elsewhere, telltales, schema, untrusted = others
    refuse_untrusted(untrusted)
    revisions: list[tuple[str]] = []
    if versioned:
        cursor.execute(recorded_query(schema))
        revisions = cursor.fetchall()
    expected = set(database.critical_tables) - set(missing)
    plain = expected if database.needs_timescaledb else set()
    if plain and timescaledb.installed and timescaledb.is_preloaded:
        cursor.execute(HYPERTABLES_QUERY)
        plain -= {name for (name,) in cursor.fetchall()}
    return DatabaseState(
        identity=identity,
        is_new=not versioned and not expected,
        revisions=tuple(name for (name,) in revisions),
        head=head,
        missing=tuple(missing),
        timescaledb=timescaledb,
        plain=tuple(sorted(plain)),
        encoding=encoding,
        is_restoring=is_restoring,
        elsewhere=elsewhere,
        form=recognize(telltales, is_application=database.needs_timescaledb),
    )


def _in_use(database: Database, settings: ConnectionSettings) -> ConnectionFailed:
    return ConnectionFailed(
        f"cannot look at the {database.title} ({settings}): another session has locked "
        "alembic_version or the catalog for itself; end its transaction, which "
        "pg_stat_activity shows",
        may_pass=True,
    )
