"""Tables that are not vacuumed and sequences that run out are found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.findings import Note
from dataforeman_schema.commands.health.storage import (
    check_autovacuum,
    check_sequences_left,
)
from tests.commands.checking import assert_mended, run_check
from tests.commands.places import execute

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings
    from tests.commands.checking import RunCheck

ROWS = (
    "INSERT INTO system_metrics (ts, metric_name, value)"
    " SELECT now() - n * interval '1 day', 'cpu_pct', n FROM generate_series(1, 3) n;"
)
CHUNK_OFF = """
DO $$DECLARE chunk text; BEGIN
  SELECT show_chunks('system_metrics') INTO chunk;
  EXECUTE format('ALTER TABLE %s SET (toast.autovacuum_enabled = 0)', chunk);
END$$
"""
WHERE = "column id of table roles"


@pytest.mark.parametrize("database", ["meta_database", "tsdb_database"])
@pytest.mark.parametrize("check", [check_autovacuum, check_sequences_left])
def test_as_made(
    check: RunCheck, database: str, request: pytest.FixtureRequest
) -> None:
    """A database as it was made is vacuumed, and has numbers left."""
    assert run_check(check, request.getfixturevalue(database)) == []


@pytest.mark.parametrize("option", ["autovacuum_enabled", "toast.autovacuum_enabled"])
def test_autovacuum_off(meta_database: ConnectionSettings, option: str) -> None:
    """A table that is never vacuumed is found, and is vacuumed again."""
    execute(meta_database, f"ALTER TABLE jobs SET ({option} = off)")
    words = ("table | table jobs: autovacuum is off", f"chunks of it: {option}")
    assert_mended(check_autovacuum, meta_database, *words)


@pytest.mark.parametrize(
    "off", ["ALTER TABLE system_metrics SET (autovacuum_enabled = false)", CHUNK_OFF]
)
def test_autovacuum_off_on_chunks(tsdb_database: ConnectionSettings, off: str) -> None:
    """A hypertable is vacuumed again with all its chunks."""
    execute(tsdb_database, ROWS + off)
    assert_mended(check_autovacuum, tsdb_database, "table system_metrics: autovacuum")


def test_autovacuum_on(meta_database: ConnectionSettings) -> None:
    """That an operator tuned our tables, or has others, is nobody's finding."""
    execute(
        meta_database,
        "CREATE TABLE mine () WITH (autovacuum_enabled = false);"
        "ALTER TABLE jobs SET (fillfactor = 70, autovacuum_enabled = true)",
    )
    assert run_check(check_autovacuum, meta_database) == []


@pytest.mark.parametrize("limit", ["MAXVALUE 100", "AS smallint"])
def test_limited_sequence(meta_database: ConnectionSettings, limit: str) -> None:
    """A sequence that gives fewer numbers than its column holds gets all of them."""
    last = 90 if "100" in limit else 32000
    execute(
        meta_database,
        f"ALTER SEQUENCE roles_id_seq {limit}; SELECT setval('roles_id_seq', {last})",
    )
    words = (f"primary-key | {WHERE}: its sequence is at {last}", "up to 2147483647")
    assert_mended(check_sequences_left, meta_database, *words)


@pytest.mark.parametrize("type_", ["integer", "numeric"])
def test_column_runs_out(meta_database: ConnectionSettings, type_: str) -> None:
    """That only a release can give more numbers is noted, with those that are left."""
    execute(
        meta_database,
        f"ALTER TABLE roles ALTER id TYPE {type_};"
        "SELECT setval('roles_id_seq', 2147483600)",
    )
    [note] = run_check(check_sequences_left, meta_database)
    assert isinstance(note, Note)
    assert note.where == WHERE
    assert "numbers left: 47; only a release" in note.what


def test_numbers_that_never_end(meta_database: ConnectionSettings) -> None:
    """Sequences that begin anew, others' and ones far from their end are left alone."""
    execute(
        meta_database,
        "ALTER SEQUENCE roles_id_seq MAXVALUE 100 CYCLE;"
        "SELECT setval('roles_id_seq', 100), setval('sessions_id_seq', 1700000000);"
        "CREATE TABLE mine (id serial); SELECT setval('mine_id_seq', 2147483647)",
    )
    assert run_check(check_sequences_left, meta_database) == []
