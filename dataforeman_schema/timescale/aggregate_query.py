"""What the query of a declared aggregate is, as the server prints it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from alembic.util import CommandError
from sqlalchemy import Select, text
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.exc import CompileError, DBAPIError, ProgrammingError

from .aggregate_columns import AddedColumn
from .ddl import Text
from .releases import AGGREGATE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sqlalchemy import ColumnElement, Connection

    from .aggregate import ContinuousAggregate
    from .catalog import Aggregate

_SCRATCH: Final = "timescale_declared_definition"
_READ_ONLY: Final = "25006"
_NO_PRIVILEGE: Final = "42501"
_TYPES: Final = text("""
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
     WHERE attrelid = CAST(:view AS regclass) AND attnum > 0
""")


def is_query(connection: Connection, definition: str, live: Aggregate) -> bool:
    """Say whether a query is the one that an aggregate has.

    Args:
        connection: A connection that may create a temporary view; it is rolled back.
        definition: The query.
        live: The aggregate.

    Raises:
        CommandError: It may not.
    """
    with _scratch(connection, definition) as view:
        return view is not None and _printed(connection, view) == _words(
            live.definition
        )


def column_names(
    connection: Connection, declared: ContinuousAggregate, live: Aggregate
) -> set[str]:
    """Name the columns of a declared query; of a text that cannot run yet, those live.

    Args:
        connection: A connection that may create a temporary view; it is rolled back.
        declared: The declaration.
        live: The aggregate as it is.
    """
    if names := _types(connection, declared.definition).keys():
        return set(names)
    selected = getattr(declared.select, "selected_columns", ())
    return {column.name for column in selected} or set(live.columns)


def added_columns(
    connection: Connection, declared: ContinuousAggregate, live: Aggregate
) -> list[AddedColumn]:
    """Find the columns by which a declared query differs, if that is all.

    Args:
        connection: A connection that may create a temporary view; it is rolled back.
        declared: The declaration.
        live: The aggregate as it is.

    Returns:
        The columns; none where more differs, where they do not come last, or where the
        server cannot add any.
    """
    query = declared.select
    if not isinstance(query, Select) or not AGGREGATE_COLUMNS.is_in(connection):
        return []
    columns = list(query.selected_columns)
    kept, new = columns[: len(live.columns)], columns[len(live.columns) :]
    if [column.name for column in kept] != live.columns:
        return []
    before = query.with_only_columns(*kept, maintain_column_froms=True)
    translation = connection.get_execution_options().get("schema_translate_map")
    if translation or not is_query(connection, declared.written(before), live):
        return []
    types = _types(connection, declared.definition)
    try:
        return [_added(declared, column, types) for column in new]
    except CompileError:  # neither the server nor the model knows its type yet
        return []


def _added(
    declared: ContinuousAggregate, column: ColumnElement[Any], types: dict[str, str]
) -> AddedColumn:
    dialect = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
    kind = types.get(column.name) or column.type.compile(dialect)
    expression = getattr(column, "element", column)
    return AddedColumn(column.name, kind, declared.written(expression))


def _types(connection: Connection, definition: str) -> dict[str, str]:
    with _scratch(connection, definition) as view:
        if view is None:
            return {}
        return dict(map(tuple, connection.execute(_TYPES, {"view": view})))


@contextmanager
def _scratch(connection: Connection, definition: str) -> Iterator[str | None]:
    """Make a view of a query for a moment; None if it reads what is not there yet."""
    scratch = connection.begin_nested()
    try:
        try:
            connection.execute(Text(f"CREATE TEMP VIEW {_SCRATCH} AS {definition}"))
        except DBAPIError as error:
            _refuse_unless_wrong(error)
            yield None
        else:
            yield f"pg_temp.{_SCRATCH}"
    finally:
        scratch.rollback()


def _printed(connection: Connection, view: str) -> str:
    query = text("SELECT pg_get_viewdef(CAST(:view AS regclass))")
    return _words(str(connection.scalar(query, {"view": view})))


def _refuse_unless_wrong(error: DBAPIError) -> None:
    """Raise again what says nothing of the query, in words where they are known."""
    # psycopg 3 calls the code sqlstate, psycopg2 and others pgcode.
    code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", "")
    if code in {_READ_ONLY, _NO_PRIVILEGE}:
        reason = str(error.orig).partition("\n")[0]
        raise CommandError(
            "the queries of continuous aggregates are compared by way of a temporary "
            f"view, which cannot be made here: {reason}; connect to the primary, in a "
            "session that may write, as a role that has the right TEMPORARY on the "
            "database"
        ) from error
    if not isinstance(error, ProgrammingError):
        raise error


def _words(definition: str) -> str:
    return " ".join(definition.strip().removesuffix(";").split())
