"""Are our tables where sessions look for them?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.commands.findings import Check, Finding
from dataforeman_schema.commands.health.server_settings import settings
from dataforeman_schema.databases import ELSEWHERE_QUERY
from dataforeman_schema.errors import CouldNotLookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.commands.context import VerifyContext
    from dataforeman_schema.databases import Database

_MISPLACED: Final = """
SELECT relname FROM pg_class AS there
WHERE relnamespace = to_regnamespace(quote_ident(:schema)) AND relname = ANY (:names)
AND relkind IN ('r', 'p') AND to_regclass('alembic_version') IS NOT NULL
AND NOT EXISTS (SELECT FROM pg_class AS here WHERE here.relname = there.relname
  AND here.relnamespace = quote_ident(current_schema())::regnamespace) ORDER BY 1
"""


def check_schema(context: VerifyContext) -> Iterator[Finding]:
    """Refuse to look where every table would seem to be missing."""
    [(schema, user, path)] = context.rows(
        "SELECT current_schema(), current_user, current_setting('search_path')"
    )
    if schema is None:
        raise CouldNotLookError(
            f"permission denied: {user} may use no schema of its search_path ({path}); "
            f"GRANT USAGE ON SCHEMA public TO {quote(user)}, or set the search_path"
        )
    yield from ()


def check_search_path(context: VerifyContext) -> Iterator[Finding]:
    """Find a search_path without our tables, set or by default."""
    elsewhere = schema_elsewhere(context.connection, context.database)
    [(current, database)] = context.rows("SELECT current_schema(), current_database()")
    home = elsewhere or current or "public"
    hiding = [
        place
        for place, path in settings(context, "search_path")
        if home not in _schemas(context, path)
    ]
    for place in hiding:
        yield _hidden(home, place)
    if elsewhere and not hiding:
        yield _elsewhere(context, elsewhere, current, f"DATABASE {quote(database)}")


def schema_elsewhere(connection: Connection, database: Database) -> str | None:
    """Name the schema where our tables stand if they are not in the current one."""
    critical = {"critical": [*database.critical_tables]}
    return connection.exec_driver_sql(ELSEWHERE_QUERY, critical).scalar()


def _schemas(context: VerifyContext, path: str) -> list[str]:
    """Let the server read a search_path."""
    with context.connection.begin_nested() as savepoint:
        context.rows("SELECT set_config('search_path', :path, true)", path=path)
        [(schemas,)] = context.rows("SELECT current_schemas(false)::text[]")
        savepoint.rollback()
    return list(schemas)


def _set_path(place: str, schema: str) -> str:
    """Write how sessions find a schema: by default if that has it."""
    path = f"SET search_path = {quote(schema)}, public"
    return f"ALTER {place} {'RESET search_path' if schema == 'public' else path};"


def _hidden(home: str, place: str) -> Finding:
    return Finding(
        Check.SERVER,
        f"search_path of {place}",
        f"it leaves out {home}, the schema of our tables",
        "services find no table, and a migration would make a second, empty set",
        _set_path(place, home),
    )


def _elsewhere(
    context: VerifyContext, schema: str, current: str, place: str
) -> Finding:
    """Lead sessions to the tables, or bring these back to where their record is."""
    names = [*context.metadata.tables]
    moves = [
        f"ALTER TABLE {quote(schema)}.{quote(name)} SET SCHEMA {quote(current)};"
        for (name,) in context.rows(_MISPLACED, schema=schema, names=names)
    ]
    return Finding(
        Check.CRITICAL_TABLE,
        f"schema {schema}",
        f"our tables stand in it, and sessions look for them in {current}",
        "services find no table, and a migration would make a second, empty set",
        "\n".join(moves) or _set_path(place, schema),
    )
