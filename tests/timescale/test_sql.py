"""The SQL of every operation, as `--sql` writes it."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from dataforeman_schema.timescale import Months
from dataforeman_schema.timescale.columnstore_ddl import set_columnstore
from dataforeman_schema.timescale.columnstore_state import Settings

DAY = timedelta(days=1)
ODD = {"schema": 'My "schema"'}
NAME = 'it\'s 100% "odd"'
QUOTED = """'"My ""schema""\"."it''s 100% ""odd"\""'"""
PLAIN = QUOTED.strip("'").replace("''", "'")

STATEMENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "create_hypertable": (
        {
            "time_column": "Time",
            "chunk_interval": timedelta(hours=36, microseconds=5),
            "hash_dimensions": [("a'b", 4)],
            "migrate_data": True,
        },
        [
            (
                f"SELECT create_hypertable({QUOTED}, by_range('Time', "
                "INTERVAL '1 day 12 hours 0.000005 seconds'), "
                "create_default_indexes => true, migrate_data => true)"
            ),
            f"SELECT add_dimension({QUOTED}, by_hash('a''b', 4))",
        ],
    ),
    "drop_hypertable": (
        {"time_column": "ts"},
        [f"source CONSTANT regclass := {QUOTED};", "format('LOCK TABLE %s IN "],
    ),
    "set_chunk_interval": (
        {"chunk_interval": 1000, "existing_chunk_interval": 10},
        [f"SELECT set_chunk_time_interval({QUOTED}, BIGINT '1000')"],
    ),
    "add_dimension": (
        {"column": "A", "partitions": 2, "time_column": "ts"},
        [f"SELECT add_dimension({QUOTED}, by_hash('A', 2))"],
    ),
    "alter_dimension": (
        {"column": "A", "partitions": 2, "existing_partitions": 3},
        [f"SELECT set_number_partitions({QUOTED}, 2, 'A')"],
    ),
    "drop_dimension": (
        {"column": "A", "partitions": 2, "time_column": "ts"},
        [
            f"source CONSTANT regclass := {QUOTED};",
            (
                f"SELECT create_hypertable({QUOTED}, by_range('ts'), "
                "create_default_indexes => true, migrate_data => true)"
            ),
        ],
    ),
    "enable_columnstore": (
        {
            "segment_by": ["a'b", "C"],
            "order_by": ['"T" DESC NULLS LAST', "d"],
            "sparse_indexes": ['bloom("e\'f", G)', "minmax(h)"],
            "merge_interval": 2_000_300,
        },
        [
            (
                f"ALTER TABLE {PLAIN} SET (timescaledb.enable_columnstore = true, "
                """timescaledb.segmentby = '"a''b", "C"', """
                """timescaledb.orderby = '"T" DESC NULLS LAST, d', """
                """timescaledb.compress_index = 'bloom("G", "e''f"), minmax(h)', """
                "timescaledb.compress_chunk_time_interval = '2.000300 seconds')"
            )
        ],
    ),
    "disable_columnstore": (
        {"is_aggregate": True, "merge_interval": DAY},
        [
            "live.merges IS DISTINCT FROM 86400000000 THEN",
            f"FOR chunk IN SELECT show_chunks({QUOTED}) LOOP",
            (
                f"ALTER MATERIALIZED VIEW {PLAIN} "
                "SET (timescaledb.enable_columnstore = false);"
            ),
        ],
    ),
    "alter_columnstore": (
        {"segment_by": [], "existing_segment_by": ["a"], "existing_order_by": ["b"]},
        [
            (
                f"ALTER TABLE {PLAIN} SET (timescaledb.enable_columnstore = true, "
                "timescaledb.segmentby = '');"
            ),
            f"ALTER TABLE {PLAIN} RESET (timescaledb.orderby);",
        ],
    ),
    "add_columnstore_policy": (
        {"after": 7 * DAY},
        [f"CALL add_columnstore_policy({QUOTED}, after => INTERVAL '7 days')"],
    ),
    "alter_columnstore_policy": (
        {"after": 5, "existing_after": 7, "schedule_interval": DAY},
        [
            f"regclass := {QUOTED};",
            "proc_name IN ('policy_columnstore', 'policy_compression')",
            "jsonb_build_object('compress_after', 5)",
            "schedule_interval => INTERVAL '1 day')",
        ],
    ),
    "remove_columnstore_policy": (
        {"after": 7 * DAY},
        [f"CALL remove_columnstore_policy({QUOTED})"],
    ),
    "add_retention_policy": (
        {"drop_after": Months(6, DAY)},
        [
            (
                f"SELECT add_retention_policy({QUOTED}, "
                "drop_after => INTERVAL '6 months 1 day')"
            )
        ],
    ),
    "alter_retention_policy": (
        {"drop_after": DAY, "existing_drop_after": DAY, "existing_copies": 2},
        [
            f"regclass := {QUOTED};",
            "PERFORM delete_job(job_id)",
            "proc_name IN ('policy_retention')",
            "jsonb_build_object('drop_after', (INTERVAL '1 day')::text)",
        ],
    ),
    "remove_retention_policy": (
        {"drop_after": DAY},
        [f"SELECT remove_retention_policy({QUOTED})"],
    ),
    "add_reorder_policy": (
        {"index": "By 'A'"},
        [f"SELECT add_reorder_policy({QUOTED}, 'By ''A''')"],
    ),
    "alter_reorder_policy": (
        {"index": "b", "existing_index": "a"},
        [
            f"regclass := {QUOTED};",
            "jsonb_build_object('index_name', 'b')",
        ],
    ),
    "remove_reorder_policy": (
        {"index": "a"},
        [f"SELECT remove_reorder_policy({QUOTED})"],
    ),
    "create_continuous_aggregate": (
        {"definition": "SELECT 'a:b 5%'", "materialized_only": False},
        [
            (
                f"CREATE MATERIALIZED VIEW {PLAIN}\nWITH (timescaledb.continuous, "
                "timescaledb.materialized_only = false) AS\n"
                "SELECT 'a:b 5%'\nWITH NO DATA;"
            )
        ],
    ),
    "alter_continuous_aggregate": (
        {"materialized_only": True, "existing_materialized_only": False},
        [
            (
                f"ALTER MATERIALIZED VIEW {PLAIN} "
                "SET (timescaledb.materialized_only = true);"
            )
        ],
    ),
    "drop_continuous_aggregate": (
        {"definition": "SELECT 1"},
        [f"DROP MATERIALIZED VIEW {PLAIN};"],
    ),
    "add_refresh_policy": (
        {"schedule_interval": timedelta(minutes=1), "end_offset": DAY},
        [
            (
                f"SELECT add_continuous_aggregate_policy({QUOTED}, "
                "start_offset => NULL, "
                "end_offset => INTERVAL '1 day', "
                "schedule_interval => INTERVAL '1 minute')"
            )
        ],
    ),
    "alter_refresh_policy": (
        {"schedule_interval": DAY, "existing_schedule_interval": 2 * DAY},
        [
            f"regclass := {QUOTED};",
            "jsonb_build_object('start_offset', NULL, 'end_offset', NULL)",
            "schedule_interval => INTERVAL '1 day')",
        ],
    ),
    "remove_refresh_policy": (
        {"schedule_interval": DAY},
        [f"regclass := {QUOTED};", "PERFORM delete_job(found.job_id)"],
    ),
    "set_integer_now": (
        {"function": "Now's", "function_schema": "s"},
        [
            (
                f"SELECT set_integer_now_func({QUOTED}, 's.\"Now''s\"', "
                "replace_if_exists => true)"
            )
        ],
    ),
    "refresh_continuous_aggregate": (
        {"start": datetime(2024, 1, 2, 3, tzinfo=UTC)},
        [
            (
                f"COMMIT;\n\nCALL refresh_continuous_aggregate({QUOTED}, "
                "TIMESTAMPTZ '2024-01-02T03:00:00+00:00', NULL);\n\nBEGIN;"
            )
        ],
    ),
}


def written(operation: str, *arguments: object, **keywords: object) -> str:
    """What an operation writes in `--sql` mode."""
    buffer = io.StringIO()
    options = {"as_sql": True, "output_buffer": buffer}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with context.begin_transaction(_per_migration=True):
        getattr(Operations(context), operation)(*arguments, **keywords)
    return buffer.getvalue()


@pytest.mark.parametrize("operation", sorted(STATEMENTS))
def test_an_operation_writes_sql(operation: str) -> None:
    """Names, literals and percent signs come out as the server takes them."""
    keywords, expected = STATEMENTS[operation]
    sql = written(operation, NAME, **keywords, **ODD)
    for statement in expected:
        assert statement in sql, sql
    assert "%%" not in sql


def test_the_extension_is_created_and_checked() -> None:
    """The extension comes with a check of its version, and goes without a cascade."""
    sql = written("create_timescaledb_extension", "2.18.1")
    assert sql.index("CREATE EXTENSION IF NOT EXISTS timescaledb;") < sql.index(
        "string_to_array('2.18.1', '.')"
    )
    assert "DROP EXTENSION timescaledb;" in written("drop_timescaledb_extension")


@pytest.mark.parametrize("version", ["2.x", "", "2.18'; DROP TABLE a"])
def test_no_version_is_no_version(version: str) -> None:
    """What is no version is refused before it gets into SQL."""
    with pytest.raises(ValueError, match="not a version"):
        written("create_timescaledb_extension", version)


def test_settings_given_back_are_a_statement_of_their_own() -> None:
    """Drivers that take one statement at a time get one at a time."""
    wanted = Settings.given([], None, is_aggregate=False)
    existing = Settings.given(["a"], ["b"], is_aggregate=False)
    statements = set_columnstore("r", None, wanted, existing)
    assert [statement.sql() for statement in statements] == [
        "ALTER TABLE r RESET (timescaledb.orderby)",
        (
            "ALTER TABLE r SET (timescaledb.enable_columnstore = true, "
            "timescaledb.segmentby = '')"
        ),
    ]
