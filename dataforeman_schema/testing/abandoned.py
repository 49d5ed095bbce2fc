"""Names for the databases of a run, and the end of those that a killed run left."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from psycopg2 import sql

from dataforeman_schema.connection import connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import cursor as Cursor  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings

# The begin of a database's name is the name of the session that owns it.
_OWNED: Final = r"^dataforeman_test_[0-9a-f]{12}_"
_ABANDONED: Final = f"""
SELECT datname FROM pg_database AS made
WHERE pg_get_userbyid(datdba) = current_user AND datname ~ '{_OWNED}'
AND NOT EXISTS (SELECT FROM pg_stat_activity
  WHERE application_name = substring(made.datname FROM '{_OWNED[:-1]}'))
"""  # noqa: S608 - ours


@contextmanager
def owned_names(server: ConnectionSettings) -> Iterator[str]:
    """Provide what the names of databases begin with, while this process lives.

    A session is open for as long, by which other runs know it. What the run of a
    process left that is gone is dropped first, on whatever machine it ran.
    """
    prefix = f"dataforeman_test_{uuid4().hex[:12]}"
    with closing(connect(server, application_name=prefix)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET idle_session_timeout = 0")
            _drop_abandoned(cursor)
        yield f"{prefix}_"


def _drop_abandoned(cursor: Cursor) -> None:
    cursor.execute(_ABANDONED)
    for (name,) in cursor.fetchall():
        database = sql.Identifier(name)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(database)
        cursor.execute(drop)
