"""Changes by hand to declared things, how they are undone, and what a check says."""

from __future__ import annotations

from typing import NamedTuple


class Mutation(NamedTuple):
    """A change by hand, how it is undone, and what the check must say."""

    change: str
    undo: str
    kind: str
    relation: str
    words: tuple[str, ...] = ()


def alter(procedure: str, relation: str, change: str) -> str:
    """Alter the job of a policy."""
    return (
        f"SELECT alter_job(job_id, {change}) FROM timescaledb_information.jobs "  # noqa: S608
        f"WHERE proc_name = 'policy_{procedure}' AND hypertable_name = '{relation}'"
    )


def configure(procedure: str, relation: str, key: str, value: str) -> str:
    """Change the configuration of a policy's job."""
    change = f"""config => config || '{{"{key}": {value}}}'::jsonb"""
    return alter(procedure, relation, change)


HOURLY = (
    "CREATE MATERIALIZED VIEW {0} WITH (timescaledb.continuous) AS "
    "SELECT time_bucket('1 hour', ts) AS bucket, device, {1}(value) AS value "
    "FROM readings WHERE site <> '50% of\\x' GROUP BY 1, 2 WITH NO DATA"
)
DOUBLE = (
    "SELECT add_job('_timescaledb_functions.policy_retention', '1 day', "
    "config => config) FROM timescaledb_information.jobs "
    "WHERE proc_name = 'policy_retention' AND hypertable_name = 'readings'"
)
MUTATIONS = {
    "chunk interval": Mutation(
        "SELECT set_chunk_time_interval('readings', INTERVAL '2 days')",
        "SELECT set_chunk_time_interval('readings', INTERVAL '1 day')",
        "modify_chunk_interval",
        "readings",
        ("timedelta(days=2)", "timedelta(days=1)"),
    ),
    "number of partitions": Mutation(
        "SELECT set_number_partitions('hashed', 8)",
        "SELECT set_number_partitions('hashed', 4)",
        "modify_dimension",
        "hashed",
        ("partitions=8", "partitions=4"),
    ),
    "segment by": Mutation(
        "ALTER TABLE readings SET (timescaledb.segmentby = 'site')",
        "ALTER TABLE readings SET (timescaledb.segmentby = 'device')",
        "modify_columnstore",
        "readings",
        ("site", "device"),
    ),
    "no segment by": Mutation(
        "ALTER TABLE readings SET (timescaledb.segmentby = '')",
        "ALTER TABLE readings SET (timescaledb.segmentby = 'device')",
        "modify_columnstore",
        "readings",
        ("device",),
    ),
    "one more segment by": Mutation(
        "ALTER TABLE readings SET (timescaledb.segmentby = 'device, site')",
        "ALTER TABLE readings SET (timescaledb.segmentby = 'device')",
        "modify_columnstore",
        "readings",
        ("site",),
    ),
    "direction of the order": Mutation(
        "ALTER TABLE readings SET (timescaledb.orderby = 'ts')",
        "ALTER TABLE readings SET (timescaledb.orderby = 'ts DESC')",
        "modify_columnstore",
        "readings",
        ("descending=True", "descending=False"),
    ),
    "nulls of the order": Mutation(
        "ALTER TABLE readings SET (timescaledb.orderby = 'ts DESC NULLS LAST')",
        "ALTER TABLE readings SET (timescaledb.orderby = 'ts DESC')",
        "modify_columnstore",
        "readings",
        ("nulls_first=False",),
    ),
    "column of the order": Mutation(
        "ALTER TABLE readings SET (timescaledb.orderby = 'site, ts DESC')",
        "ALTER TABLE readings SET (timescaledb.orderby = 'ts DESC')",
        "modify_columnstore",
        "readings",
        ("site",),
    ),
    "columnstore where none may be": Mutation(
        "ALTER TABLE hashed SET (timescaledb.enable_columnstore, "
        "timescaledb.segmentby = 'device')",
        "ALTER TABLE hashed SET (timescaledb.enable_columnstore = false)",
        "remove_columnstore",
        "hashed",
        ("device",),
    ),
    "columnstore policy's age": Mutation(
        configure("compression", "readings", "compress_after", '"8 days"'),
        configure("compression", "readings", "compress_after", '"7 days"'),
        "modify_columnstore_policy",
        "readings",
        ("timedelta(days=8)", "timedelta(days=7)"),
    ),
    "columnstore policy's schedule": Mutation(
        alter("compression", "readings", "schedule_interval => INTERVAL '3 hours'"),
        alter("compression", "readings", "schedule_interval => INTERVAL '1 day'"),
        "modify_columnstore_policy",
        "readings",
        ("seconds=10800", "timedelta(days=1)"),
    ),
    "columnstore policy missing": Mutation(
        "CALL remove_columnstore_policy('readings')",
        "CALL add_columnstore_policy('readings', after => INTERVAL '7 days', "
        "schedule_interval => INTERVAL '1 day')",
        "add_columnstore_policy",
        "readings",
        ("timedelta(days=7)",),
    ),
    "retention's age": Mutation(
        configure("retention", "readings", "drop_after", '"180 days"'),
        configure("retention", "readings", "drop_after", '"6 months"'),
        "modify_retention_policy",
        "readings",
        ("timedelta(days=180)", "Months(count=6"),
    ),
    "retention's schedule": Mutation(
        alter("retention", "readings", "schedule_interval => INTERVAL '7 days'"),
        alter("retention", "readings", "schedule_interval => INTERVAL '1 day'"),
        "modify_retention_policy",
        "readings",
        ("timedelta(days=7)",),
    ),
    "retention missing": Mutation(
        "SELECT remove_retention_policy('readings')",
        "SELECT add_retention_policy('readings', INTERVAL '6 months')",
        "add_retention_policy",
        "readings",
        ("Months(count=6",),
    ),
    "retention doubled": Mutation(
        DOUBLE,
        "SELECT delete_job(max(job_id)) FROM timescaledb_information.jobs "
        "WHERE proc_name = 'policy_retention' AND hypertable_name = 'readings'",
        "modify_retention_policy",
        "readings",
        ("there are 2 of it",),
    ),
    "retention paused": Mutation(
        alter("retention", "readings", "scheduled => false"),
        alter("retention", "readings", "scheduled => true"),
        "modify_retention_policy",
        "readings",
        ("it is paused",),
    ),
    "retention where none may be": Mutation(
        "SELECT add_retention_policy('hashed', INTERVAL '99 days')",
        "SELECT remove_retention_policy('hashed')",
        "remove_retention_policy",
        "hashed",
        ("timedelta(days=99)",),
    ),
    "reorder by another index": Mutation(
        configure("reorder", "readings", "index_name", '"readings_site_ix"'),
        configure("reorder", "readings", "index_name", '"readings_device_ix"'),
        "reorder_policy",
        "readings",
        ("readings_site_ix", "readings_device_ix"),
    ),
    "reorder missing": Mutation(
        "SELECT remove_reorder_policy('readings')",
        "SELECT add_reorder_policy('readings', 'readings_device_ix')",
        "add_reorder_policy",
        "readings",
        ("readings_device_ix",),
    ),
    "reorder where none may be": Mutation(
        "SELECT add_reorder_policy('hashed', 'hashed_ts_idx')",
        "SELECT remove_reorder_policy('hashed')",
        "remove_reorder_policy",
        "hashed",
        ("hashed_ts_idx",),
    ),
    "index missing": Mutation(
        "DROP INDEX readings_site_ix",
        "CREATE INDEX readings_site_ix ON readings (site)",
        "add_index",
        "readings",
        ("readings_site_ix",),
    ),
    "index that nobody declared": Mutation(
        "CREATE INDEX by_hand ON readings (value)",
        "DROP INDEX by_hand",
        "remove_index",
        "readings",
        ("by_hand",),
    ),
    "hypertable missing": Mutation(
        "DROP TABLE hashed; "
        "CREATE TABLE hashed (ts timestamptz NOT NULL, device int NOT NULL)",
        "SELECT create_hypertable('hashed', by_range('ts')); "
        "SELECT add_dimension('hashed', by_hash('device', 4))",
        "add_hypertable",
        "hashed",
        ("'ts'",),
    ),
    "hypertable where none may be": Mutation(
        "SELECT create_hypertable('plain', by_range('ts', 10), "
        "create_default_indexes => false)",
        "DROP TABLE plain; CREATE TABLE plain (ts int NOT NULL)",
        "remove_hypertable",
        "plain",
        ("chunk_interval=10",),
    ),
    "hash dimension missing": Mutation(
        "DROP TABLE hashed; "
        "CREATE TABLE hashed (ts timestamptz NOT NULL, device int NOT NULL);"
        "SELECT create_hypertable('hashed', by_range('ts'))",
        "SELECT add_dimension('hashed', by_hash('device', 4))",
        "add_dimension",
        "hashed",
        ("partitions=4",),
    ),
    "aggregate's query": Mutation(
        "DROP MATERIALIZED VIEW daily; CREATE MATERIALIZED VIEW daily "
        "WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', bucket) AS day, "
        "min(value) AS value FROM hourly GROUP BY 1 WITH NO DATA",
        "DROP MATERIALIZED VIEW daily; CREATE MATERIALIZED VIEW daily "
        "WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', bucket) AS day, "
        "max(value) AS value FROM hourly GROUP BY 1 WITH NO DATA",
        "add_continuous_aggregate",
        "daily",
        ("max(", "min("),
    ),
    "aggregate missing": Mutation(
        "DROP MATERIALIZED VIEW daily",
        "CREATE MATERIALIZED VIEW daily "
        "WITH (timescaledb.continuous) AS SELECT time_bucket('1 day', bucket) AS day, "
        "max(value) AS value FROM hourly GROUP BY 1 WITH NO DATA",
        "add_continuous_aggregate",
        "daily",
        ("max(",),
    ),
    "aggregate where none may be": Mutation(
        HOURLY.format("weekly", "sum"),
        "DROP MATERIALIZED VIEW weekly",
        "remove_continuous_aggregate",
        "weekly",
        ("sum(",),
    ),
    "materialized only": Mutation(
        "ALTER MATERIALIZED VIEW hourly SET (timescaledb.materialized_only = false)",
        "ALTER MATERIALIZED VIEW hourly SET (timescaledb.materialized_only = true)",
        "modify_continuous_aggregate",
        "hourly",
        ("materialized_only=False", "materialized_only=True"),
    ),
    "refresh window's beginning": Mutation(
        configure("refresh_continuous_aggregate", "hourly", "start_offset", '"9 days"'),
        configure("refresh_continuous_aggregate", "hourly", "start_offset", '"3 days"'),
        "modify_refresh_policy",
        "hourly",
        ("timedelta(days=9)", "timedelta(days=3)"),
    ),
    "refresh window's end": Mutation(
        configure("refresh_continuous_aggregate", "hourly", "end_offset", '"5 hours"'),
        configure("refresh_continuous_aggregate", "hourly", "end_offset", '"2 hours"'),
        "modify_refresh_policy",
        "hourly",
        ("seconds=18000", "seconds=7200"),
    ),
    "refresh schedule": Mutation(
        alter(
            "refresh_continuous_aggregate",
            "hourly",
            "schedule_interval => INTERVAL '4 hours'",
        ),
        alter(
            "refresh_continuous_aggregate",
            "hourly",
            "schedule_interval => INTERVAL '1 hour'",
        ),
        "modify_refresh_policy",
        "hourly",
        ("seconds=14400", "seconds=3600"),
    ),
    "refresh policy where none may be": Mutation(
        "SELECT add_continuous_aggregate_policy('daily', INTERVAL '9 days', "
        "INTERVAL '1 day', INTERVAL '1 day')",
        "SELECT remove_continuous_aggregate_policy('daily')",
        "remove_refresh_policy",
        "daily",
        ("timedelta(days=9)",),
    ),
    "aggregate's segment by": Mutation(
        "ALTER MATERIALIZED VIEW hourly SET (timescaledb.segmentby = '')",
        "ALTER MATERIALIZED VIEW hourly SET (timescaledb.segmentby = 'device')",
        "modify_columnstore",
        "hourly",
        ("device",),
    ),
    "aggregate's retention": Mutation(
        configure("retention", "hourly", "drop_after", '"1 month"'),
        configure("retention", "hourly", "drop_after", '"1 year"'),
        "modify_retention_policy",
        "hourly",
        ("Months(count=1,", "Months(count=12,"),
    ),
    "aggregate's columnstore where none may be": Mutation(
        "ALTER MATERIALIZED VIEW daily SET (timescaledb.enable_columnstore = true)",
        "ALTER MATERIALIZED VIEW daily SET (timescaledb.enable_columnstore = false)",
        "remove_columnstore",
        "daily",
    ),
}

UNMANAGED = {
    "chunk interval": "SELECT set_chunk_time_interval('free', INTERVAL '3 days')",
    "hash dimension": "SELECT add_dimension('free', by_hash('device', 2))",
    "columnstore": "ALTER TABLE free SET (timescaledb.enable_columnstore)",
    "retention": "SELECT add_retention_policy('free', INTERVAL '9 days')",
    "reorder": "SELECT add_reorder_policy('free', 'free_ts_idx')",
    "default index": "DROP INDEX free_ts_idx",
    "aggregate": HOURLY.format("by_hand", "count"),
    "plain view": "CREATE VIEW by_hand AS SELECT * FROM readings",
    "aggregate's index": "CREATE INDEX by_hand ON hourly (value)",
    "job of the operator's own": "CREATE PROCEDURE by_hand(int, jsonb) LANGUAGE sql "
    "AS 'SELECT 1'; SELECT add_job('by_hand', '1 day')",
    "chunks": "INSERT INTO readings SELECT now() - i * INTERVAL '1 day', i, '', 1 "
    "FROM generate_series(1, 9) i",
    "compressed chunks": "INSERT INTO readings SELECT now() - i * INTERVAL '1 day', "
    "i, '', 1 FROM generate_series(1, 5) i; "
    "SELECT compress_chunk(c) FROM show_chunks('readings') c",
    "job's retries": alter("retention", "readings", "max_retries => 7"),
}
