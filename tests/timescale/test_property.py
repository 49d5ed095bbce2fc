"""Whatever the models declare, migrations reach it and come back."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, event, given, note, settings
from sqlalchemy import inspect, text

from dataforeman_schema.testing.cleaning import drop_everything
from dataforeman_schema.timescale import fill_aggregates
from tests.full import times
from tests.timescale import unmanaged
from tests.timescale.declarations import Spec, TableSpec, build, changes
from tests.timescale.history import History
from tests.timescale.sql import rows as fetch

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

_EXAMPLES = times(everyday=10, full=200)


@given(change=changes(), by_hand=unmanaged.kinds())
@settings(
    max_examples=_EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
def test_any_declarations(
    connection: Connection,
    tmp_path: Path,
    change: tuple[Spec, Spec],
    by_hand: frozenset[str],
) -> None:
    """Any A becomes any B and A again, in memory and from files.

    Every row, every materialized bucket and all that was set by hand is there.
    """
    before, after = change
    connection.rollback()  # what an example before this one left
    folder = tmp_path / "revisions"
    shutil.rmtree(folder, ignore_errors=True)
    drop_everything(connection)
    connection.exec_driver_sql('CREATE SCHEMA "Tele metry"')
    connection.commit()
    history = History(connection, folder)
    old, new = build(before), build(after)
    note(history.reach(old))
    assert history.differences(old) == []
    fill(connection, before)
    unmanaged.put_on(connection, before, after, by_hand)
    assert history.differences(old) == []
    rows = checksums(connection, before)
    state = unmanaged.read(connection, before, after)
    jobs = unmanaged.job_settings(connection, before, after)

    script = history.plan(new)
    kept = {name: it for name, it in before.tables.items() if name in after.tables}
    history.invoke(script.upgrade_ops)
    fill_aggregates(connection)
    assert history.differences(new) == []
    assert unmanaged.read(connection, before, after) == state
    for job, settings_ in unmanaged.job_settings(connection, before, after).items():
        assert settings_ == jobs.get(job, settings_)
    in_memory = catalog(connection)
    history.invoke(script.downgrade_ops)
    fill_aggregates(connection)
    assert history.differences(old) == []
    assert_rows(connection, rows, kept)
    assert unmanaged.read(connection, before, after) == state

    if script.upgrade_ops and script.upgrade_ops.ops:
        event("a change")
        note(history.reach(new))
        assert history.differences(new) == []
        assert catalog(connection) == in_memory
        assert unmanaged.read(connection, before, after) == state
        history.downgrade(old)
        assert history.differences(old) == []
        assert_rows(connection, rows, kept)
        assert unmanaged.read(connection, before, after) == state
        history.forget(old)
    history.downgrade(old, "base")
    assert inspect(connection).get_table_names() == ["alembic_version"]
    connection.commit()


def fill(connection: Connection, spec: Spec) -> None:
    """Put rows into every table, some of them into the columnstore."""
    for name, table in spec.tables.items():
        stamp = {
            "bigint": "i * 3600",
            "date": "date '2024-01-01' + i",
        }.get(table.time_type, "timestamp '2024-01-01' + i * interval '1 hour'")
        insert = (
            f"INSERT INTO {unmanaged.quoted(name)} "  # noqa: S608
            f"(ts, device, site, value) SELECT {stamp}, i % 7, 'site ' || i % 3, "
            "i / 8.0 FROM generate_series(1, 300) i"
        )
        connection.execute(text(insert))
        enabled = connection.scalar(
            text(
                "SELECT bool_or(compression_enabled) FROM "
                "timescaledb_information.hypertables WHERE hypertable_name = :name"
            ),
            {"name": name},
        )
        if enabled:
            chunks = "SELECT compress_chunk(c) FROM show_chunks(:name) c LIMIT 2"
            connection.execute(text(chunks), {"name": unmanaged.quoted(name)})
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    for name, aggregate in spec.aggregates.items():
        if aggregate.width:
            refresh = "CALL refresh_continuous_aggregate(:name, NULL, :until)"
            given = {"name": unmanaged.quoted(name), "until": "2024-01-09"}
            connection.execute(text(refresh), given)
            connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")


def checksums(connection: Connection, spec: Spec) -> dict[str, str | None]:
    """Sum the rows of every table up."""
    columns = "ts, device, site, value"
    query = "SELECT md5(string_agg(r::text, ',' ORDER BY r)) FROM (SELECT {} FROM {}) r"
    found = {
        name: connection.scalar(text(query.format(columns, unmanaged.quoted(name))))
        for name in spec.tables
    }
    connection.commit()
    return found


def assert_rows(
    connection: Connection, rows: dict[str, str | None], kept: dict[str, TableSpec]
) -> None:
    """The rows of the tables that both models have are all there."""
    found = checksums(connection, Spec(kept, {}))
    assert found == {name: rows[name] for name in kept}


def catalog(connection: Connection) -> list[tuple[Any, ...]]:
    """What TimescaleDB's views say, without ids."""
    queries = (
        (
            "SELECT * FROM timescaledb_information.dimensions "
            "WHERE hypertable_schema !~ '^_timescaledb' ORDER BY 1, 2, 3"
        ),
        (
            "SELECT hypertable_schema, hypertable_name, proc_name, schedule_interval, "
            "config - 'hypertable_id' - 'mat_hypertable_id' AS config "
            "FROM timescaledb_information.jobs WHERE hypertable_schema !~ '^_timesc' "
            "ORDER BY 1, 2, 3"
        ),
        (
            "SELECT hypertable::text, segmentby, orderby, compress_interval_length, ("
            "SELECT jsonb_agg(i ORDER BY i) FROM jsonb_array_elements(nullif("
            "to_jsonb(s) -> 'index', 'null')) i WHERE i ->> 'source' = 'config') "
            "FROM timescaledb_information.hypertable_columnstore_settings s "
            "WHERE hypertable::text !~ '^_timescaledb' ORDER BY 1"
        ),
        (
            "SELECT view_schema, view_name, view_definition, materialized_only, "
            "compression_enabled FROM timescaledb_information.continuous_aggregates "
            "ORDER BY 1, 2"
        ),
        (
            "SELECT schema_name, table_name, column_name "
            "FROM _timescaledb_catalog.chunk_column_stats s "
            "JOIN _timescaledb_catalog.hypertable h ON h.id = s.hypertable_id "
            "WHERE coalesce(chunk_id, 0) = 0 ORDER BY 1, 2, 3"
        ),
        (
            "SELECT schema_name, table_name, tablespace_name "
            "FROM _timescaledb_catalog.tablespace s "
            "JOIN _timescaledb_catalog.hypertable h ON h.id = s.hypertable_id "
            "ORDER BY 1, 2, 3"
        ),
        (
            "SELECT schemaname, tablename, indexname, indexdef FROM pg_indexes "
            "WHERE schemaname !~ '^(pg_|_timescaledb)' ORDER BY 1, 2, 3"
        ),
        (
            "SELECT user_view_name, indexname, split_part(indexdef, ' USING ', 2) "
            "FROM _timescaledb_catalog.continuous_agg JOIN pg_indexes ON tablename = "
            "format('_materialized_hypertable_%s', mat_hypertable_id) "
            "WHERE indexname NOT LIKE '\\_mat%' ORDER BY 1, 2"
        ),
    )
    found: list[tuple[Any, ...]] = []
    for query in queries:
        found += fetch(connection, query)
    return found
