"""`verify` names what is broken in a telemetry database, and its remedies mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.alembic_env import extension_state
from dataforeman_schema.commands.findings import Check
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.settings import read_settings
from dataforeman_schema.timescale.plain_table import BecomePlainTable
from tests.commands.breakage import (
    Breakage,
    assert_named,
    assert_noted,
    find,
    find_as_printed,
    mend_all,
)
from tests.commands.places import execute
from tests.trees import head

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

ROWS = (
    "INSERT INTO system_metrics (ts, metric_name, value)"
    " SELECT now() - n * interval '1 hour', 'cpu_pct', n FROM generate_series(1, 99) n;"
)

VALUES = (
    "INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num)"
    " SELECT gen_random_uuid(), n, now() - n * interval '1 hour', 1, n"
    " FROM generate_series(1, 99) n;"
)
COLUMNSTORE_OFF = (
    "CALL remove_columnstore_policy('tag_values');"
    "ALTER TABLE tag_values SET (timescaledb.enable_columnstore = false)"
)
COLUMNSTORE_ON = (
    "ALTER TABLE tag_values SET (timescaledb.enable_columnstore, "
    "timescaledb.segmentby = 'connection_id, tag_id', timescaledb.orderby = 'ts DESC');"
    "CALL add_columnstore_policy('tag_values', after => interval '7 days');"
    "SELECT count(compress_chunk(chunk)) FROM show_chunks('tag_values') chunk"
)

BREAKAGES = {
    "tag_values missing": Breakage(
        "DROP TABLE tag_values",
        ("critical-table", 'relation "tag_values" does not exist', "tsdb_00"),
    ),
    "system_metrics missing": Breakage(
        "DROP TABLE system_metrics",
        ("table system_metrics", "does not exist", "diagnostics"),
    ),
    "tag_values plain": Breakage(
        BecomePlainTable("tag_values", None).sql(),
        ("hypertable of table tag_values", "plain", "ingestor cannot write readings"),
    ),
    "system_metrics plain and filled": Breakage(
        ROWS + BecomePlainTable("system_metrics", None).sql(),
        ("hypertable of table system_metrics", "the table is a plain", "diagnostics"),
    ),
    "chunk interval": Breakage(
        "SELECT set_chunk_time_interval('tag_values', interval '7 days')",
        ("chunk interval of table tag_values", "is 7 days, the schema says 1 day"),
    ),
    "columnstore off": Breakage(
        COLUMNSTORE_OFF,
        ("columnstore of table tag_values", "it is missing", "space"),
    ),
    "columnstore policy missing": Breakage(
        "CALL remove_columnstore_policy('tag_values')",
        ("columnstore policy of table tag_values", "it is missing"),
    ),
    "columnstore policy paused": Breakage(
        "SELECT alter_job(job_id, scheduled => false)"
        " FROM timescaledb_information.jobs WHERE hypertable_name = 'tag_values'",
        ("columnstore policy of table tag_values: it is paused",),
    ),
    "columnstore of another order": Breakage(
        "ALTER TABLE tag_values SET (timescaledb.orderby = 'ts ASC')",
        ("columnstore of table", "its order by is (ts), the schema says (ts DESC)"),
    ),
    "index missing": Breakage(
        "DROP INDEX idx_tag_values_ts",
        ("index idx_tag_values_ts of table tag_values", "missing", "slow"),
    ),
    "index by other operators": Breakage(
        "DROP INDEX idx_system_metrics_name_ts; CREATE INDEX idx_system_metrics_name_ts"
        " ON system_metrics (metric_name text_pattern_ops, ts DESC)",
        ("index idx_system_metrics_name_ts", "text_pattern_ops, ts DESC"),
    ),
    "row security that permits nothing": Breakage(
        f"{ROWS}ALTER TABLE system_metrics ENABLE ROW LEVEL SECURITY",
        ("row-security | table system_metrics", "no policy permits anybody"),
    ),
    "record unlogged": Breakage(
        "ALTER TABLE alembic_version SET UNLOGGED",
        ("drift | table alembic_version", "it is unlogged"),
    ),
    "primary key missing": Breakage(
        "ALTER TABLE tag_values DROP CONSTRAINT tag_values_pkey",
        ("constraint tag_values_pkey", "the primary key is missing"),
    ),
    "column default": Breakage(
        "ALTER TABLE tag_values ALTER COLUMN ts DROP DEFAULT",
        ("column ts of table tag_values", "its default is none", "says now()"),
    ),
    "column type under the columnstore": Breakage(
        f"{VALUES}{COLUMNSTORE_OFF};"
        f"ALTER TABLE tag_values ALTER quality TYPE integer;{COLUMNSTORE_ON}",
        ("column quality of table tag_values", "the columnstore must go while"),
    ),
    "column of another order under the columnstore": Breakage(
        f'{COLUMNSTORE_OFF};ALTER TABLE tag_values ALTER v_text TYPE text COLLATE "C";'
        f"{COLUMNSTORE_ON}",
        ("column v_text of table tag_values", 'its type is TEXT COLLATE "C"'),
    ),
    "column type and index": Breakage(
        f"{COLUMNSTORE_OFF}; DROP INDEX idx_tag_values_tag_ts;"
        "ALTER TABLE tag_values ALTER tag_id TYPE bigint",
        ("column tag_id of table tag_values", "its type is BIGINT"),
    ),
    "record of several revisions": Breakage(
        "INSERT INTO alembic_version VALUES ('tsdb_000')",
        ("table alembic_version", "2 revisions"),
    ),
    "history twice": Breakage(
        "INSERT INTO schema_history (revision, direction, duration_ms, checksum,"
        " package_version) SELECT revision, direction, duration_ms, checksum,"
        " package_version FROM schema_history",
        ("table schema_history", "duplicates", "tsdb_001"),
    ),
}


NOTES = {
    "what the application sets": Breakage(
        "CALL remove_columnstore_policy('tag_values');"
        "CALL add_columnstore_policy('tag_values', after => interval '14 days');"
        "SELECT add_retention_policy('tag_values', interval '90 days')",
        (
            "tuned | table tag_values: columnstore policy: after is 14 days; new",
            "foreign | table tag_values: retention policy",
        ),
    ),
    "dimension": Breakage(
        "SELECT add_dimension('system_metrics', by_hash('metric_name', 4))",
        ("foreign | table system_metrics",),
    ),
    "aggregate": Breakage(
        "CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS"
        " SELECT time_bucket('1 hour', ts) AS hour, tag_id, avg(v_num)"
        " FROM tag_values GROUP BY 1, 2 WITH NO DATA",
        ("foreign | table hourly",),
    ),
}


@pytest.mark.parametrize("note", NOTES.values(), ids=NOTES)
def test_note(note: Breakage, tsdb_database: ConnectionSettings) -> None:
    """What operators set or add harms nobody: noted, and nothing to `check`."""
    for statement in note.sql.split(";"):
        execute(tsdb_database, statement)
    assert_noted(TSDB, tsdb_database, note.words)


def test_clean(tsdb_database: ConnectionSettings) -> None:
    """A database at head has nothing wrong, with chunks too."""
    execute(tsdb_database, ROWS)
    assert find(TSDB, tsdb_database) == []


@pytest.mark.parametrize("breakage", BREAKAGES.values(), ids=BREAKAGES)
def test_breakage(breakage: Breakage, tsdb_database: ConnectionSettings) -> None:
    """Each breakage is named, and after the remedies nothing is wrong."""
    execute(tsdb_database, breakage.sql)
    findings = find_as_printed(TSDB, tsdb_database)
    assert_named(findings, breakage.words)
    mend_all(findings, tsdb_database)
    assert find(TSDB, tsdb_database) == []


def test_column_of_numbers_missing(tsdb_database: ConnectionSettings) -> None:
    """A lost column of numbers comes back without invented ones, where it can."""
    execute(tsdb_database, f"{COLUMNSTORE_OFF}; ALTER TABLE tag_values DROP tag_id")
    findings = find_as_printed(TSDB, tsdb_database)
    assert_named(findings, ("column tag_id of table tag_values", "it is missing"))
    assert not any("SERIAL" in finding.remedy for finding in findings)
    mend_all(findings, tsdb_database)
    assert find(TSDB, tsdb_database) == []


def test_server_without_the_extension(plain_database: ConnectionSettings) -> None:
    """That create_hypertable does not exist is said, and how to get it."""
    [extension, revision] = find(TSDB, plain_database)
    assert "function create_hypertable does not exist" in extension.what
    assert "TSDB_HOST" in extension.what
    assert extension.remedy == "docker compose up --wait tsdb"
    assert 'relation "tag_values" does not exist' in revision.why


@pytest.mark.parametrize(
    ("installed", "available", "words"),
    [
        ("NULL", "'2.23.0'", "it is not in this database"),
        ("'2.10.3'", "'2.23.0'", "it is 2.10.3, older than 2.18"),
        ("'2.9.1'", "'2.9.1'", "the server has 2.9.1, older than 2.18"),
    ],
)
def test_unsuitable_extension(
    plain_database: ConnectionSettings,
    monkeypatch: pytest.MonkeyPatch,
    installed: str,
    available: str,
    words: str,
) -> None:
    """An extension that is not there yet or too old is found by its versions."""
    record = "CREATE TABLE alembic_version AS SELECT 'tsdb_001' AS version_num"
    execute(plain_database, record)
    # The server's own list of extensions, which nothing hides.
    columns = f"{installed}::text AS installed, {available}::text AS available"
    listed = f"SELECT {columns}, true AS is_preloaded"
    monkeypatch.setattr(extension_state, "TIMESCALEDB_QUERY", listed)
    found = [
        each for each in find(TSDB, plain_database) if each.check is Check.EXTENSION
    ]
    assert [words in each.what for each in found] == [True]


def test_metadata_database_instead(
    meta_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That the settings lead to the other database is said, and which to change."""
    settings = read_settings(TSDB.variables, {}).replace(**meta_database.keywords)
    wrong = next(
        finding for finding in find(TSDB, settings) if finding.check == "revision"
    )
    assert f"this is the metadata database (at {head(META)})" in wrong.what
    assert "TSDB_DATABASE must name that one" in wrong.what
    assert wrong.remedy.startswith("export TSDB_DATABASE=telemetry;")
    monkeypatch.setenv("TSDB_URL", "postgresql:///x?host=/tmp")
    wrong = next(
        finding for finding in find(TSDB, settings) if finding.check == "revision"
    )
    assert "change the database's name in TSDB_URL to telemetry first" in wrong.what
