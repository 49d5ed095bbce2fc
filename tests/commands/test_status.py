"""What `status` says of databases in all states."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.status import read_status
from dataforeman_schema.commands.status.queries import tables as tables_query
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, assert_refused, run, variables
from tests.commands.places import execute, unused_port
from tests.trees import head, line, seeded, tables

if TYPE_CHECKING:
    from dataforeman_schema.commands.status import Status
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

ROWS = (
    "INSERT INTO tag_values (connection_id, tag_id, ts, v_num)"
    " SELECT gen_random_uuid(), 1, now() - n * interval '1 hour', n"
    " FROM generate_series(1, 100) AS n; ANALYZE tag_values"
)


CONVERT = "CALL convert_to_columnstore('{}')"
KEPT = "UPDATE pg_class SET reltuples = 99 WHERE oid = '{}'::regclass"
LATE = (
    "INSERT INTO tag_values (connection_id, tag_id, ts, v_num)"
    " SELECT gen_random_uuid(), 2, ts, 0"
    " FROM generate_series(1, 30), (SELECT max(ts) AS ts FROM tag_values) AS last"
)
NULL = (
    "ALTER TABLE alembic_version DROP CONSTRAINT alembic_version_pkc,"
    " ALTER version_num DROP NOT NULL; INSERT INTO alembic_version VALUES (NULL)"
)
OWN = "_timescaledb_catalog"
COUNT = "chunk_id, numrows_pre_compression"
# What a release keeps of its chunks and conversions, made of what this one keeps.
RELEASE = """
CREATE SCHEMA release;
CREATE VIEW release.chunk AS
  SELECT substring(relname FROM '([0-9]+)_chunk$')::int AS id, {chunk}
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  JOIN pg_inherits ON inhrelid = pg_class.oid;
CREATE VIEW release.compression_chunk_size AS
  SELECT {count} FROM _timescaledb_catalog.compression_chunk_size
"""
# A table with a key gets no rows this way.
STRAIGHT = """
CREATE TABLE straight (ts timestamptz NOT NULL, tag int);
SELECT create_hypertable('straight', by_range('ts', interval '1 day'));
ALTER TABLE straight SET (timescaledb.enable_columnstore,
  timescaledb.segmentby = 'tag', timescaledb.orderby = 'ts');
SET timescaledb.enable_direct_compress_insert = on;
INSERT INTO straight SELECT timestamptz '2026-01-01' + n * interval '1 second', n / 5000
  FROM generate_series(1, 20000) AS n
"""
LAST = 3


def look(database: Database, settings: ConnectionSettings) -> Status:
    """Read the status of a database that can be looked at."""
    return read_status(database, settings, LAST)


def rows(settings: ConnectionSettings, table: str = "tag_values") -> int | None:
    """Read the estimate of a table."""
    return {each.name: each.rows for each in look(TSDB, settings).tables}[table]


def chunks(settings: ConnectionSettings) -> list[str]:
    """List the chunks of the readings, oldest first."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT show_chunks('tag_values')::text ORDER BY 1")
        return [name for (name,) in cursor.fetchall()]


def test_at_head(meta_database: ConnectionSettings) -> None:
    """At head nothing is pending, and history and rows are there."""
    execute(meta_database, "ANALYZE poll_groups")
    status = look(META, meta_database)
    assert (status.current, status.pending) == ([head(META)], [])
    assert [step.revision for step in status.history] == line(META)[-LAST:]
    found = {table.name: table.rows for table in status.tables}
    assert found["poll_groups"] == seeded("poll_groups")
    assert sorted(found) == tables(META)


def test_pending(meta_database: ConnectionSettings) -> None:
    """Behind head, what an upgrade would run is pending, and history shows the last."""
    migrations = Migrations(META, meta_database)
    migrations.downgrade()
    assert look(META, meta_database).pending == line(META)
    migrations.upgrade("meta_001")
    status = look(META, meta_database)
    assert status.pending == line(META)[1:]
    directions = [step.direction for step in status.history]
    assert directions == ["downgrade", "downgrade", "upgrade"]


def test_several_revisions(meta_database: ConnectionSettings) -> None:
    """A record that cannot be right is shown as it is."""
    execute(meta_database, "INSERT INTO alembic_version VALUES ('meta_001')")
    status = look(META, meta_database)
    assert (status.current, status.pending) == (["meta_001", head(META)], [])


def test_newer_release(meta_database: ConnectionSettings) -> None:
    """At a revision of a newer release this one has nothing pending."""
    execute(meta_database, "UPDATE alembic_version SET version_num = 'meta_999'")
    assert look(META, meta_database).pending == []


def test_hypertables(tsdb_database: ConnectionSettings) -> None:
    """Chunks, their rows and size, the columnstore and policies are the server's."""
    execute(tsdb_database, ROWS)
    status = look(TSDB, tsdb_database)
    metrics, values = status.hypertables
    assert (values.name, values.time_column) == ("tag_values", "ts")
    assert values.chunk_interval == "1 day"
    assert values.chunks in {5, 6}  # 100 hours are 4 days and a bit
    assert values.bytes > values.chunks * 8192
    assert values.columnstore
    assert len(values.policies) == 1
    assert (metrics.chunks, metrics.columnstore, metrics.policies) == (0, False, [])
    assert rows(tsdb_database) == 100


def test_rows_in_the_columnstore(tsdb_database: ConnectionSettings) -> None:
    """Rows that were converted still count, and so do those that came late."""
    execute(tsdb_database, ROWS)
    for chunk in chunks(tsdb_database):
        execute(tsdb_database, CONVERT.format(chunk))
        assert rows(tsdb_database) == 100
    execute(tsdb_database, "ANALYZE tag_values")
    assert rows(tsdb_database) == 100
    execute(tsdb_database, f"{LATE}; ANALYZE tag_values")
    assert rows(tsdb_database) == 130


def test_rows_that_were_converted_and_kept_in_the_estimate(
    tsdb_database: ConnectionSettings,
) -> None:
    """An estimate that a release leaves on an emptied chunk does not count twice."""
    execute(tsdb_database, ROWS)
    chunk, *_ = chunks(tsdb_database)
    execute(tsdb_database, CONVERT.format(chunk))
    execute(tsdb_database, KEPT.format(chunk))
    assert rows(tsdb_database) == 100


@pytest.mark.parametrize(
    ("chunk", "count", "expected"),
    [
        ("nspname AS schema_name, relname AS table_name", COUNT, 100),
        ("pg_class.oid::regclass AS relid", COUNT, 100),
        ("pg_class.oid::regclass AS relid", "chunk_id", None),
        ("NULL AS other", COUNT, None),
    ],
    ids=["up to 2.28", "since 2.29", "without counts", "without chunks"],
)
def test_rows_as_releases_count_them(
    tsdb_database: ConnectionSettings, chunk: str, count: str, expected: int | None
) -> None:
    """Rows that a release counted count, whatever it calls its chunks."""
    execute(tsdb_database, ROWS)
    execute(tsdb_database, CONVERT.format(chunks(tsdb_database)[0]))
    execute(tsdb_database, RELEASE.format(chunk=chunk, count=count))
    query = tables_query(timescaledb="public", counted=True, estimated=False)
    assert asked(tsdb_database, query.replace(OWN, "release")) == expected


def test_rows_that_the_extension_does_not_count(
    tsdb_database: ConnectionSettings,
) -> None:
    """Where no release tells how many rows it converted, their number is not known."""
    execute(tsdb_database, ROWS)
    execute(tsdb_database, CONVERT.format(chunks(tsdb_database)[0]))
    query = tables_query(timescaledb="public", counted=False, estimated=False)
    assert asked(tsdb_database, query) is None


def asked(settings: ConnectionSettings, query: str) -> int | None:
    """Read the estimate of the readings by a query for those of all tables."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(query, {"own": []})
        found: dict[str, int | None] = dict(cursor.fetchall())
        return found["tag_values"]


def test_rows_that_went_straight_into_the_columnstore(
    tsdb_database: ConnectionSettings,
) -> None:
    """Rows that no conversion counted are as many as the server estimates."""
    execute(tsdb_database, f"{STRAIGHT}; ANALYZE straight")
    with closing(connect(tsdb_database)) as connection, connection.cursor() as cursor:
        # Releases that have no estimate write 0.
        cursor.execute("SELECT nullif(approximate_row_count('straight'), 0)")
        expected = cursor.fetchone()
    assert (rows(tsdb_database, "straight"),) == expected


def test_unreadable(meta_database: ConnectionSettings) -> None:
    """A table that migrations did not make so is named, with a remedy that works."""
    execute(meta_database, "ALTER TABLE schema_history DROP COLUMN applied_at")
    with pytest.raises(SchemaError, match="rename the table that lacks it") as caught:
        look(META, meta_database)
    assert 'column "applied_at" does not exist' in str(caught.value)
    execute(meta_database, "ALTER TABLE schema_history RENAME TO renamed")
    assert look(META, meta_database).history == []


def test_values_that_are_not_known(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What the history does not tell is shown as that, to people and to programs."""
    execute(
        meta_database,
        "ALTER TABLE schema_history DROP CONSTRAINT schema_history_pkey,"
        " ALTER duration_ms DROP NOT NULL, ALTER applied_at DROP NOT NULL;"
        "UPDATE schema_history SET duration_ms = NULL, applied_at = NULL",
    )
    pair = variables(meta_database) | variables(tsdb_database)
    result = run(BIN / "dataforeman-schema", "status", **pair)
    assert f"history   ? upgrade {head(META)} (? ms), by release" in result.stdout
    shown = on_terminal(80, meta_database, tsdb_database)
    assert re.search(rf"{head(META)} +\? ", shown)
    result = run(BIN / "dataforeman-schema", "status", "--json", **pair)
    meta, _tsdb = json.loads(result.stdout)["databases"]
    assert {step["duration_ms"] for step in meta["history"]} == {None}


def test_values_of_other_types(meta_database: ConnectionSettings) -> None:
    """Values of another type are read as what they are, if they can be."""
    execute(
        meta_database,
        "ALTER TABLE alembic_version ALTER version_num TYPE int USING 2;"
        "ALTER TABLE schema_history ALTER applied_at DROP DEFAULT,"
        " ALTER applied_at TYPE text",
    )
    status = look(META, meta_database)
    assert status.current == ["2"]
    assert all(step.applied_at and step.applied_at.tzinfo for step in status.history)
    execute(meta_database, "UPDATE schema_history SET applied_at = 'x'")
    with pytest.raises(SchemaError, match="verify says what mends it"):
        look(META, meta_database)


def test_no_revision_in_a_row(meta_database: ConnectionSettings) -> None:
    """NULL in alembic_version is named, with a remedy that works."""
    execute(meta_database, NULL)
    with pytest.raises(SchemaError, match="holds NULL; run DELETE") as caught:
        look(META, meta_database)
    [remedy] = re.findall("run (DELETE .* NULL) there", str(caught.value))
    execute(meta_database, remedy)
    assert look(META, meta_database).current == [head(META)]


def test_one_server(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What the other database has is shown, in lines and in JSON; it exits with 2."""
    pair = variables(meta_database) | variables(tsdb_database)
    for down, up in (("PG", TSDB), ("TSDB_", META)):
        there = pair | {f"{down}HOST": "127.0.0.1", f"{down}PORT": unused_port()}
        result = run(BIN / "dataforeman-schema", "status", **there)
        assert result.returncode == 2
        assert result.stderr.count("\n") == 1
        assert f"set {down}HOST and {down}PORT" in result.stderr
        assert result.stdout.startswith(f"{up.title}: ")
        assert f"  {len(tables(up))} tables (rows, about): " in result.stdout


def test_rows_in_lines(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Lines have the rows of each table, too."""
    execute(meta_database, "ANALYZE poll_groups")
    execute(tsdb_database, ROWS)
    pair = variables(meta_database) | variables(tsdb_database)
    shown = run(BIN / "dataforeman-schema", "status", **pair).stdout
    assert f" poll_groups {seeded('poll_groups')}, " in shown
    assert " tag_values 100\n" in shown


def test_one_server_for_programs(tsdb_database: ConnectionSettings) -> None:
    """In JSON what cannot be looked at has an error, and null for the rest."""
    down = {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    environ = down | variables(tsdb_database)
    result = run(BIN / "dataforeman-schema", "status", "--json", **environ)
    assert result.returncode == 2
    meta, tsdb = json.loads(result.stdout)["databases"]
    assert meta.keys() == tsdb.keys()
    known = {"database", "title", "place", "error"}
    assert {key for key, value in meta.items() if value is not None} == known
    assert "Connection refused" in meta["error"]
    assert (tsdb["current"], tsdb["error"]) == ([head(TSDB)], None)


def test_bad_setting() -> None:
    """A setting that cannot be right means that nothing could be looked at."""
    result = run(BIN / "dataforeman-schema", "status", PGPORT="x")
    assert_refused(result, "PGPORT is no port")
    assert result.returncode == 2


def test_terminal(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """On a terminal there are tables with headings."""
    shown = on_terminal(200, meta_database, tsdb_database)
    for words in ("chunk interval", "rows, about", "1 day", "tag_metadata", "upgrade"):
        assert words in shown


@pytest.mark.parametrize("width", [80, 60, 40])
def test_narrow_terminal(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings, width: int
) -> None:
    """Where it is narrow nothing is cut, and no name breaks."""
    shown = on_terminal(width, meta_database, tsdb_database)
    assert "…" not in shown
    assert max(map(len, shown.splitlines())) <= width
    assert shown.count(" system_metrics ") == 2
    assert shown.count(" off") == 1


def test_names_like_markup(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Names are shown as they are, whatever they mean elsewhere."""
    names = ("[/x]", "[bold]evil", ":smile:", "n" * 60)
    for name in names:
        execute(meta_database, f'CREATE TABLE "{name}" ()')
    shown = on_terminal(80, meta_database, tsdb_database)
    for name in names:
        assert f" {name} " in shown


def on_terminal(width: int, *places: ConnectionSettings) -> str:
    """Read what `status` shows on a terminal of that width."""
    environ = {
        name: value for each in places for name, value in variables(each).items()
    }
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [BIN / "dataforeman-schema", "status"],
        env={**os.environ, **environ, "COLUMNS": str(width), "NO_COLOR": "1"},
        stdout=theirs,
    ) as command:
        os.close(theirs)
        shown = _read_all(ours)
    assert command.returncode == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", shown)  # bold is no colour


def _read_all(terminal: int) -> str:
    """Read what a terminal shows until its last user closes it."""
    parts: list[bytes] = []
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        while True:
            try:
                part = screen.read(4096)
            except OSError:  # how Linux ends a terminal
                break
            if not part:
                break
            parts.append(part)
    return b"".join(parts).decode()
