"""Our schema on a session whose names are pinned: naming it, and working in it."""

from __future__ import annotations

import math
import time
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, cast

from alembic.runtime.migration import MigrationContext, RevisionStep
from psycopg2.extensions import TRANSACTION_STATUS_INTRANS
from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812
from psycopg2.extensions import cursor as Psycopg2Cursor  # noqa: N812
from sqlalchemy import text

from dataforeman_schema.databases import recorded_query
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.pinning import RUN_BY_REVISIONS_QUERY, PinnedCursor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from alembic.runtime.migration import MigrationStep
    from sqlalchemy import Connection

    from dataforeman_schema.alembic_env.pinned_steps import Choose

_ASK_EVERY_S: Final = 0.1  # what some revisions take, between which others may come
_HOME: Final = text(
    "SELECT nspname::text FROM pg_namespace WHERE nspname = current_schema()"
)
_QUOTED_HOME: Final = text(
    "SELECT quote_ident(nspname) FROM pg_namespace WHERE nspname = current_schema()"
)

# What a revision says without a schema it makes in the current one. It may call
# functions of extensions where these are, unless others have made more there.
_MAKING_PATH: Final = text("""
SELECT set_config('search_path', concat_ws(', ', quote_ident(current_schema()), (
  SELECT string_agg(DISTINCT quote_ident(nspname), ', ')
  FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
  WHERE nspname <> 'pg_catalog' AND :is_safe
), 'pg_temp'), true)
""")


def schema(connection: Connection) -> str | None:
    """Name the schema of our tables; None: the role may use none."""
    name: str | None = connection.scalar(_HOME)
    return name


def quoted_schema(connection: Connection) -> str:
    """Name the schema of our tables as SQL writes it."""
    return str(connection.scalar(_QUOTED_HOME))


def at_home(connection: Connection) -> dict[str, Any]:
    """Make the execution options by which statements name our schema."""
    return {"schema_translate_map": {None: schema(connection)}}


def read_recorded(connection: Connection) -> list[str]:
    """Read which revisions a database records that has alembic_version."""
    query = recorded_query(quoted_schema(connection))
    return list(connection.scalars(text(query)))


def recorded_heads(connection: Connection) -> tuple[str, ...]:
    """Ask Alembic for the revisions that a database records; none before the first."""
    opts = {"version_table_schema": schema(connection)}
    return MigrationContext.configure(connection, opts=opts).get_current_heads()


def check_overloads(connection: Connection) -> None:
    """Refuse to run revisions where that would run what other roles made.

    Raises:
        SchemaError: A role that is neither a superuser nor ours overloads something of
            the server's own in our schema, or has made a trigger, a rule or a default
            of the tables in which revisions are recorded.
    """
    if found := _run_by_revisions(connection):
        more = f" and {len(found) - 1} more" if found[1:] else ""
        raise SchemaError(
            f"a revision would run the {found[0]}{more} with your rights, perhaps in "
            "place of the server's own; drop what nobody needs, keep others from "
            "making more (REVOKE CREATE ON SCHEMA public FROM PUBLIC), and run the "
            "command again"
        )


def _run_by_revisions(connection: Connection) -> Sequence[str]:
    return connection.scalars(text(RUN_BY_REVISIONS_QUERY)).all()


@contextmanager
def pinned(connection: Connection) -> Iterator[None]:
    """Pin the names of a session's queries during a block.

    A session of another driver than psycopg2, which a caller may hand over, runs
    queries as they are.
    """
    with _cursors(connection, PinnedCursor):
        yield


@contextmanager
def unpinned(connection: Connection) -> Iterator[None]:
    """Let statements find names in our schema during a block: those of revisions."""
    driver = connection.connection.driver_connection
    if isinstance(driver, Psycopg2Connection) and _is_in_transaction(driver):
        Psycopg2Cursor(driver).execute("CLOSE ALL")  # or a table would be in use
    with _cursors(connection, Psycopg2Cursor):
        yield


class _OverloadCheck:
    """Asks `check_overloads`, unless that was a moment ago."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._asked_at = -math.inf

    def __call__(self) -> None:
        now = time.monotonic()
        if now - self._asked_at > _ASK_EVERY_S:
            check_overloads(self._connection)
            self._asked_at = now


def unpinned_steps(choose: Choose, connection: Connection) -> Choose:
    """Have each step of a migration run its revision with names unpinned.

    What Alembic and the history record of it stays pinned. Before a revision runs,
    `check_overloads` is asked, unless it was a moment ago.

    Args:
        choose: Alembic's function that lists the steps to run from where a database is.
        connection: The connection that they run on.
    """
    check = _OverloadCheck(connection)

    def unpinning(run: Callable[..., None]) -> Callable[..., None]:
        @wraps(run)
        def running(**arguments: object) -> None:
            check()
            with unpinned(connection):
                run(**arguments)

        return running

    @wraps(choose)
    def steps(
        heads: tuple[str, ...], context: MigrationContext
    ) -> Iterator[MigrationStep]:
        for step in choose(heads, context):
            if isinstance(step, RevisionStep):
                step.migration_fn = unpinning(step.migration_fn)
            yield step

    return steps


@contextmanager
def making(connection: Connection) -> Iterator[None]:
    """Let statements of a block work in a scratch schema, and in no other.

    A statement on a table that nothing made there fails, and does not find one of the
    same name in the schema beside it, unless that is where extensions are.
    """
    before = connection.scalar(text("SELECT current_setting('search_path')"))
    connection.execute(_MAKING_PATH, {"is_safe": not _run_by_revisions(connection)})
    with unpinned(connection):
        yield
    back = text("SELECT set_config('search_path', :path, true)")
    connection.execute(back, {"path": before})


def _is_in_transaction(driver: Psycopg2Connection) -> bool:
    status = driver.info.transaction_status
    return bool(status == TRANSACTION_STATUS_INTRANS)


@contextmanager
def _cursors(connection: Connection, kind: type[Psycopg2Cursor]) -> Iterator[None]:
    driver = cast("Any", connection.connection.driver_connection)
    if not isinstance(driver, Psycopg2Connection):
        yield
        return
    before = driver.cursor_factory
    driver.cursor_factory = kind
    try:
        yield
    finally:
        driver.cursor_factory = before
