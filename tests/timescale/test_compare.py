"""What the comparison reads, and what it leaves alone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Column, DateTime, Engine, Integer, MetaData, Table, event

from dataforeman_schema.timescale import PLUGIN_NAME, Hypertable, include_name
from tests.timescale.managed import models
from tests.timescale.sql import rows, run
from tests.timescale.test_property import catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History


def statements(connection: Connection, history: History) -> int:
    """Count the statements of a comparison that finds nothing."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    assert history.differences(models()) == []
    event.remove(connection, "before_cursor_execute", note)
    return len(seen)


def test_the_number_of_queries_does_not_grow_with_chunks(
    connection: Connection, history: History
) -> None:
    """A comparison asks as much of a hundred chunks as of none."""
    models().create_all(connection)
    connection.commit()
    history.differences(models())  # a new connection asks once for its dialect
    before = statements(connection, history)
    run(
        connection,
        "INSERT INTO readings SELECT now() - i * INTERVAL '1 day', i, '', 1 "
        "FROM generate_series(1, 100) i",
    )
    assert statements(connection, history) == before


def test_create_all_makes_what_migrations_make(
    connection: Connection, history: History
) -> None:
    """Migrating and creating give the same catalog, and drop_all leaves nothing."""
    metadata = models()
    history.reach(metadata)
    migrated = catalog(connection)
    history.downgrade(metadata, "base")
    connection.exec_driver_sql("DROP TABLE alembic_version")
    connection.commit()
    empty = catalog(connection)

    metadata.create_all(connection)
    metadata.create_all(connection)
    connection.commit()
    assert [it for it in catalog(connection) if "alembic_version" not in it] == [
        it for it in migrated if "alembic_version" not in it
    ]

    metadata.drop_all(connection)
    connection.commit()
    assert catalog(connection) == empty


def test_a_database_without_the_extension_is_not_asked(
    plain_engine: Engine,
) -> None:
    """On plain PostgreSQL no view of TimescaleDB is touched, declared or not."""
    metadata = MetaData()
    Table("users", metadata, Column("id", Integer, primary_key=True))
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    options = {"autogenerate_plugins": ["alembic.autogenerate.*", PLUGIN_NAME]}
    with plain_engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", note)
        context = MigrationContext.configure(connection, opts=options)
        script = produce_migrations(context, metadata)
    kinds = [it[0] for it in script.upgrade_ops.as_diffs()]  # type: ignore[union-attr]
    assert kinds == ["add_table"]
    assert not any("timescaledb_information" in statement for statement in seen)
    assert not any("_timescaledb" in statement for statement in seen)


@pytest.mark.parametrize(
    ("restrict", "words"),
    [
        ("SET default_transaction_read_only = on", "connect to the primary"),
        (
            "REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC; SET ROLE reader",
            "the right TEMPORARY on the database",
        ),
    ],
    ids=["read-only", "no temporary objects"],
)
def test_an_aggregate_that_cannot_be_compared(
    connection: Connection, history: History, restrict: str, words: str
) -> None:
    """Where no temporary view can be made, that is said; no query is called changed."""
    models().create_all(connection)
    run(
        connection,
        "DROP ROLE IF EXISTS reader; CREATE ROLE reader",
    )
    [(database,)] = rows(connection, "SELECT quote_ident(current_database())")
    run(connection, restrict.format(database=database))
    try:
        with pytest.raises(CommandError, match=words) as raised:
            history.differences(models())
        assert "\n" not in str(raised.value)
    finally:
        connection.rollback()
        run(connection, "RESET default_transaction_read_only; RESET ROLE")
        run(connection, f"GRANT TEMPORARY ON DATABASE {database} TO PUBLIC")
    assert history.differences(models()) == []
    run(connection, "DROP ROLE reader")


def test_an_undeclared_table_goes_with_its_features(history: History) -> None:
    """A dropped hypertable takes its aggregates along, and the downgrade brings all."""
    history.reach(models())
    text = history.reach(MetaData())
    assert text.index("op.drop_continuous_aggregate") < text.index("op.drop_table")
    assert "op.drop_hypertable" not in text.partition("def downgrade")[0]
    assert history.differences(MetaData()) == []
    history.downgrade(models())
    assert history.differences(models()) == []


def test_the_downgrade_of_a_new_table_is_just_its_drop(history: History) -> None:
    """A revision that creates a hypertable's table drops it, and no more."""
    metadata = MetaData()
    Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Hypertable("ts", chunk_interval=timedelta(days=1)),
    )
    up, _, down = history.reach(metadata).partition("def downgrade")
    assert up.index("op.create_table") < up.index("op.create_hypertable")
    assert [line for line in down.splitlines() if "op." in line] == [
        "    op.drop_table('readings')"
    ]


def test_internal_schemas_are_left_out() -> None:
    """Names in TimescaleDB's own schemas are not compared, all others are."""
    for internal in ("_timescaledb_internal", "timescaledb_information"):
        assert not include_name(internal, "schema", {})
    for name, kind in (("telemetry", "schema"), (None, "schema"), ("t", "table")):
        assert include_name(name, kind, {})
