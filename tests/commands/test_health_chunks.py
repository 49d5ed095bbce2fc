"""Indexes that chunks lack are found, and made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.health.chunks import check_chunk_indexes
from tests.commands.checking import assert_mended, run_check
from tests.commands.places import execute

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

VALUES = (
    "INSERT INTO tag_values (connection_id, tag_id, ts, quality, v_num)"
    " SELECT gen_random_uuid(), n, now() - n * interval '1 day', 1, n"
    " FROM generate_series(1, 4) n;"
    "SELECT count(compress_chunk(chunk)) FROM (SELECT chunk"
    " FROM show_chunks('tag_values') AS chunk ORDER BY 1 LIMIT 2) AS chunks;"
)
ONE_CHUNK = (
    "indrelid = (SELECT max(inhrelid) FROM pg_inherits"
    " WHERE inhparent = 'tag_values'::regclass)"
)
DROP = """
DO $$DECLARE name text; BEGIN
  FOR name IN SELECT i.indexrelid::regclass FROM pg_index AS i
    JOIN pg_inherits ON inhrelid = indrelid
    WHERE inhparent = 'tag_values'::regclass AND NOT indisunique
    AND pg_get_indexdef(i.indexrelid) {which} LOOP
    EXECUTE format('DROP INDEX %s', name);
  END LOOP;
END$$
"""


def test_all_indexes(
    tsdb_database: ConnectionSettings, meta_database: ConnectionSettings
) -> None:
    """Chunks have all indexes, also in the columnstore, and plain tables no chunks."""
    execute(tsdb_database, VALUES)
    assert run_check(check_chunk_indexes, tsdb_database) == []
    assert run_check(check_chunk_indexes, meta_database) == []


def test_chunks_with_other_columns(tsdb_database: ConnectionSettings) -> None:
    """An index is the same on chunks that count their columns otherwise."""
    row = "INSERT INTO system_metrics (ts, metric_name, value) VALUES ('{}', 'x', 1)"
    for statement in (
        "ALTER TABLE system_metrics ADD COLUMN mine text",
        row.format("2026-01-01"),
        "ALTER TABLE system_metrics DROP COLUMN mine, DROP COLUMN metric_name CASCADE",
        "ALTER TABLE system_metrics ADD COLUMN metric_name text",
        "CREATE INDEX mine ON system_metrics (metric_name) WHERE metric_name <> 'a'",
        "ALTER INDEX mine SET (fillfactor = 70)",
        row.format("2026-01-09"),
    ):
        execute(tsdb_database, statement)
    assert run_check(check_chunk_indexes, tsdb_database) == []


@pytest.mark.parametrize(
    ("which", "words"),
    [
        ("LIKE '%(ts DESC)%'", ("index idx_tag_values_ts of", "on chunks: 4")),
        (f"LIKE '%(tag_id%' AND {ONE_CHUNK}", ("idx_tag_values_tag_ts", "chunks: 1")),
    ],
)
def test_missing(
    tsdb_database: ConnectionSettings, which: str, words: tuple[str, ...]
) -> None:
    """An index that some chunk or all of them lack is named, and made there."""
    execute(tsdb_database, VALUES + DROP.format(which=which))
    assert_mended(check_chunk_indexes, tsdb_database, *words)


def test_other_hypertable(tsdb_database: ConnectionSettings) -> None:
    """A hypertable that is not ours is left alone."""
    make = (
        "CREATE TABLE mine (ts timestamptz NOT NULL);"
        "SELECT create_hypertable('mine', 'ts'); INSERT INTO mine VALUES (now());"
    )
    drop = DROP.format(which="IS NOT NULL").replace("tag_values", "mine")
    execute(tsdb_database, make + drop)
    assert run_check(check_chunk_indexes, tsdb_database) == []
