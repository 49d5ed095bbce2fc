"""What the conversion of `system_metrics` writes down, beside the former table."""

# ruff: noqa: S608 (what is put into the queries are names of ours)

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from psycopg2.errors import DependentObjectsStillExist
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.accepted import SET_ASIDE
from dataforeman_schema.connection import reason
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

METRICS: Final = "system_metrics"

FORMER: Final = f"{SET_ASIDE}.{METRICS}"
"""The former table, under the name that it has there."""

RECORDS: Final = MetaData(schema=SET_ASIDE)

NAMES: Final = Table(
    "metric_names",
    RECORDS,
    Column("tag_id", Integer, primary_key=True, autoincrement=False),
    Column("metric_name", Text, nullable=False),
    Column("is_known", Boolean, nullable=False),
    comment="What the conversion of system_metrics calls each tag.",
)
"""Written once per tag: a name that changed between two runs would split its rows."""

BATCHES: Final = Table(
    "metric_batches",
    RECORDS,
    Column("until", DateTime(timezone=True), primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("without_value", BigInteger, nullable=False),
    Column("of_unknown_tags", BigInteger, nullable=False),
    comment="Up to when system_metrics is converted: one row per transaction.",
)
"""Each begins where the one before it ended, so that the last tells what is done."""

POLICIES: Final = Table(
    "metric_policies",
    RECORDS,
    Column("kept", JSONB, nullable=False),
    Column("given", Boolean, nullable=False),
    comment="Columnstore and policies of the former system_metrics, which are paused.",
)

DONE: Final = f"""coalesce((
    SELECT max(until) FROM {BATCHES}), '-infinity')"""
"""An expression: all older rows of the former table are converted, and no others."""

_LOCK: Final = f"LOCK TABLE {BATCHES} IN SHARE ROW EXCLUSIVE MODE"


def former_exists(connection: Connection) -> bool:
    """Tell whether a former table is set aside."""
    return _exists(connection, FORMER)


def records_exist(connection: Connection) -> bool:
    """Tell whether a conversion was begun, and neither finished nor undone."""
    return _exists(connection, str(BATCHES))


def has_timescaledb(connection: Connection) -> bool:
    """Tell whether there are hypertables to ask for; plain tables do as well."""
    return _exists(connection, "timescaledb_information.chunks")


def _exists(connection: Connection, name: str) -> bool:
    query = text("SELECT to_regclass(:name) IS NOT NULL")
    return bool(connection.scalar(query, {"name": name}))


def refuse_where_nothing_is_set_aside(connection: Connection) -> None:
    """Refuse to go on with a conversion that was not begun, or is over.

    Raises:
        SchemaError: The former table is not there, or nothing is written down of it.
    """
    if not (former_exists(connection) and records_exist(connection)):
        raise SchemaError(
            f"there is no conversion of {FORMER} to go on with: none was begun, or it "
            "was finished or undone"
        )


def hold_records(connection: Connection) -> None:
    """Keep other conversions waiting until the transaction ends.

    Raises:
        SchemaError: There is nothing to hold.
    """
    refuse_where_nothing_is_set_aside(connection)
    connection.execute(text(_LOCK))


def drop_table(connection: Connection, name: str) -> None:
    """Drop a table, but nothing of anybody's that depends on it.

    Raises:
        SchemaError: Something does; the message names it.
    """
    try:
        connection.execute(text(f"DROP TABLE {name}"))
    except DBAPIError as error:
        if not isinstance(error.orig, DependentObjectsStillExist):
            raise
        raise SchemaError(f"{name} is in use: {reason(error.orig)}") from error


def drop_records(connection: Connection) -> None:
    """Drop what was written down, and the schema unless it keeps something else."""
    RECORDS.drop_all(connection)
    try:
        with connection.begin_nested():
            connection.execute(text(f"DROP SCHEMA {SET_ASIDE}"))
    except DBAPIError as error:
        if not isinstance(error.orig, DependentObjectsStillExist):
            raise
