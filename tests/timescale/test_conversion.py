"""A plain table becomes a hypertable, with its key and wherever it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    func,
    select,
)

from dataforeman_schema.timescale import (
    Absent,
    ContinuousAggregate,
    DeclarationError,
    Hypertable,
    IntegerNow,
    RetentionPolicy,
    time_bucket,
)
from tests.timescale.history import History
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Connection

DAY = timedelta(days=1)
KEY = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE conrelid = 'events'::regclass AND contype = 'p'"
)


def events(*items: Any, key: tuple[str, ...] = ("id",)) -> MetaData:  # noqa: ANN401
    """A table with a key, and what else is given."""
    metadata = MetaData()
    Table(
        "events",
        metadata,
        Column("id", Integer, autoincrement=True, nullable=False),
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("value", Float),
        *([PrimaryKeyConstraint(*key)] if key else []),
        *items,
    )
    return metadata


@pytest.mark.parametrize("key", [("id", "ts"), ("ts", "id"), ()])
def test_the_key_changes_first(
    connection: Connection, history: History, key: tuple[str, ...]
) -> None:
    """The key gets the time column, then the table is converted; back as it was."""
    history.reach(events())
    run(
        connection,
        "INSERT INTO events SELECT i, now() - i * INTERVAL '1 hour', i "
        "FROM generate_series(1, 100) i",
    )
    before = rows(connection, KEY)
    after = events(Hypertable("ts", DAY), key=key)
    history.reach(after)
    assert history.differences(after) == []
    definition = f"PRIMARY KEY ({', '.join(key)})"
    assert rows(connection, KEY) == ([("events_pkey", definition)] if key else [])
    assert rows(connection, "SELECT count(*) FROM events") == [(100,)]
    history.downgrade(events())
    assert rows(connection, KEY) == before
    assert rows(connection, "SELECT count(*) FROM events") == [(100,)]


def test_a_key_that_will_do_is_left_alone(history: History) -> None:
    """A key that contains the time column is no business of the conversion."""
    history.reach(events(key=("id", "ts")))
    written = history.reach(events(Hypertable("ts", DAY), key=("id", "ts")))
    assert "primary_key" not in written


class OneSchema(History):
    """A history whose comparison looks into one schema only."""

    def options(self, metadata: MetaData) -> dict[str, Any]:
        """The options of Alembic's context."""
        return {**super().options(metadata), "include_schemas": False}


@pytest.fixture
def tenant(connection: Connection, tmp_path: Path) -> Iterator[History]:
    """A history whose tables without a schema are those of a tenant's."""
    run(connection, "CREATE SCHEMA tenant")
    options = {"schema_translate_map": {None: "tenant"}}
    moved = connection.execution_options(**options)
    yield OneSchema(moved, tmp_path / "tenant")
    connection.execution_options(schema_translate_map={})
    run(connection, "DROP SCHEMA tenant CASCADE")


def readings(*items: Any) -> MetaData:  # noqa: ANN401
    """A table without a schema."""
    metadata = MetaData()
    time = Column("ts", DateTime(timezone=True), nullable=False)
    Table("readings", metadata, time, Column("value", Float), *items)
    return metadata


HYPERTABLES = (
    "SELECT hypertable_schema, hypertable_name FROM timescaledb_information.hypertables"
)


def test_a_translated_schema_is_where_hypertables_are_made(
    connection: Connection, tenant: History
) -> None:
    """Under a schema_translate_map no table of another schema is touched."""
    run(
        connection,
        "CREATE TABLE public.readings (ts timestamptz NOT NULL, value float); "
        "CREATE TABLE tenant.readings (ts timestamptz NOT NULL, value float)",
    )
    metadata = readings(Hypertable("ts", DAY), RetentionPolicy(5000 * DAY))
    kinds = [difference[0] for difference in tenant.differences(metadata)]
    assert {"add_hypertable", "add_retention_policy"} <= set(kinds)
    tenant.invoke(tenant.plan(metadata).upgrade_ops)
    assert rows(connection, HYPERTABLES) == [("tenant", "readings")]
    assert tenant.differences(metadata) == []
    run(connection, "DROP TABLE public.readings")


def test_create_all_honours_a_translated_schema(
    connection: Connection, tenant: History
) -> None:
    """Tables, features and aggregates are all created in the tenant's schema."""
    metadata = readings(Hypertable("ts", DAY))
    table = metadata.tables["readings"]
    bucket = time_bucket(DAY, table.c.ts).label("day")
    query = select(bucket, func.max(table.c.value).label("value")).group_by(bucket)
    ContinuousAggregate("daily", query, metadata=metadata)
    metadata.create_all(tenant.connection)
    connection.commit()
    assert rows(connection, HYPERTABLES)[0] == ("tenant", "readings")
    made = "SELECT view_schema FROM timescaledb_information.continuous_aggregates"
    assert rows(connection, made) == [("tenant",)]
    metadata.drop_all(tenant.connection)
    connection.commit()
    assert rows(connection, HYPERTABLES) == []


def test_the_text_of_a_query_is_not_moved(tenant: History) -> None:
    """An operation that would read another schema's tables is refused in words."""
    operations = Operations(MigrationContext.configure(tenant.connection))
    with pytest.raises(CommandError, match="schema_translate_map cannot move it"):
        operations.create_continuous_aggregate("a", definition="SELECT")  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", [int, DateTime, IntegerNow])
def test_only_a_feature_can_be_absent(kind: type[Any]) -> None:
    """What is no feature, or cannot go, cannot be declared to be absent."""
    with pytest.raises(DeclarationError, match="no feature"):
        Absent(kind)
