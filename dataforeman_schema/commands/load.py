"""A new database is loaded with SQL that was written beforehand.

`head.sql`, beside a tree's revisions, is what `alembic upgrade head --sql` prints. It
leaves the same, in a fraction of the time that the import of Alembic takes.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from dataforeman_schema.alembic_env.revision_files import (
    head_sql_path,
    revision_files,
)
from dataforeman_schema.commands.probe import DatabaseState, probe_over, probing
from dataforeman_schema.connection import connected
from dataforeman_schema.databases import LOCK_KEY
from dataforeman_schema.pinning import RUN_BY_REVISIONS_QUERY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_LIMIT = (
    "SELECT set_config(name, value, false)"
    " FROM unnest(%s, %s) AS given (name, value) JOIN pg_settings USING (name)"
)
_TRANSACTION = re.compile(r"(?<=^COMMIT;\n)|(?=^BEGIN;\n)", re.MULTILINE)
_STATEMENT = re.compile(r"^[^-\s]", re.MULTILINE)
_CHECKSUM = re.compile(r"'([0-9a-f]{64})'")


def load_head(
    database: Database, settings: ConnectionSettings, options: Options
) -> DatabaseState | None:
    """Bring a database to head in which a look found none of our tables.

    Args:
        database: Which of the two.
        settings: Where it is.
        options: How long its statements may take.

    Returns:
        What it is like then, seen by the session that loaded it: one more would take
        a tenth of the whole time. None if this call did not load it. Then there is
        nothing half done: another process was faster, or is at work, or Alembic runs
        the same statements and says what is wrong.

    Raises:
        ConnectionFailed: The server could not be reached or went away.
        SchemaError: It cannot be looked at.
    """
    script = _head_sql(database)
    if script is None:
        return None
    with connected(settings) as connection:
        connection.autocommit = True  # the script has transactions of its own
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_KEY])
                if cursor.fetchone() != (True,):
                    return None
                with probing(connection, database, settings):
                    pass  # our schema is the current one from now on
                cursor.execute(RUN_BY_REVISIONS_QUERY)
                if cursor.rowcount:
                    return None
                limits = options.timeouts
                cursor.execute(_LIMIT, [list(limits), list(limits.values())])
            _run(connection, script)
        except (psycopg2.Error, UnicodeError):
            if connection.closed:
                raise
            return None
        return probe_over(connection, database, settings)


def _run(connection: Psycopg2Connection, script: str) -> None:
    # As revisions do it finds names in our schema. One by one: to the server, all that
    # comes at once begins at once.
    with connection.cursor(cursor_factory=Cursor) as cursor:
        for part in transactions(script):
            cursor.execute(part)


def transactions(script: str) -> Iterator[str]:
    """Part a script into its transactions, and the statements outside of those."""
    for part in _TRANSACTION.split(script):
        parts = [part] if part.startswith("BEGIN;") else part.split(";\n\n")
        yield from filter(_STATEMENT.search, parts)


def _head_sql(database: Database) -> str | None:
    """Read the script, if it was written from the very revisions that are there."""
    path = head_sql_path(database)
    if not path.exists():
        return None
    script = path.read_text(encoding="utf-8")
    contents = (file.read_bytes() for file in revision_files(database))
    there = {sha256(content).hexdigest() for content in contents}
    return script if there == set(_CHECKSUM.findall(script)) else None
