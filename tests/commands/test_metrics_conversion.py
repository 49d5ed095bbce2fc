"""The application's `system_metrics` becomes ours, and comes back, without a loss."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.errors import SchemaError
from tests.commands import variables
from tests.commands.former_metrics import (
    NAMES,
    ROWS,
    UNKNOWN,
    WITHOUT_VALUE,
    begin,
    convert,
    execute,
    finish,
    make_former,
    make_plain,
    one,
    prove,
    state,
    undo,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dataforeman_schema.settings import ConnectionSettings

CONVERTED = ROWS - WITHOUT_VALUE
WRITE = "INSERT INTO system_metrics (ts, metric_name, value) VALUES "
SINCE = f"{WRITE} (now(), 'metric_1', 0.5), (now() - interval '1 day', 'metric_2', 7)"

_CONVERT = """
from dataforeman_schema.commands.adoption import metrics
from dataforeman_schema.databases import TSDB
from dataforeman_schema.engine import create_engine

with create_engine(TSDB.settings()).connect() as connection:
    metrics.convert(connection, lambda line: print(line, flush=True))
"""


class KilledError(Exception):
    """Stands for the end of a process."""


class Killer:
    """Says nothing until a line, at which it ends the conversion."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, line: str) -> None:
        """Count a line."""
        self.left -= 1
        if not self.left:
            raise KilledError(line)


@pytest.fixture
def engine(tsdb_empty_engine: Engine) -> Engine:
    """A telemetry database with the application's table, one chunk compressed."""
    make_former(tsdb_empty_engine)
    return tsdb_empty_engine


@pytest.fixture
def begun(engine: Engine) -> Engine:
    """The same, with the former table set aside and the new one empty."""
    begin(engine)
    return engine


@pytest.fixture
def converted(begun: Engine) -> Engine:
    """The same, converted."""
    convert(begun)
    return begun


def test_form_is_recognised(tsdb_empty_engine: Engine) -> None:
    """Only a table with exactly the application's columns is the former one."""
    with tsdb_empty_engine.connect() as connection:
        assert not metrics.is_former(connection)
    make_former(tsdb_empty_engine)
    with tsdb_empty_engine.connect() as connection:
        assert metrics.is_former(connection)
    execute(tsdb_empty_engine, "ALTER TABLE system_metrics ADD mine int")
    with tsdb_empty_engine.connect() as connection:
        assert not metrics.is_former(connection)


def test_paths_of_system_tags(meta_engine: Engine) -> None:
    """Tags of the System connection are named, the deleted ones too, and no others."""
    execute(
        meta_engine,
        "INSERT INTO connections (name, type) VALUES ('PLC', 's7')",
        "INSERT INTO tag_metadata (connection_id, driver_type, tag_path, is_deleted)"
        " SELECT id, 'SYSTEM', path, path = 'gone' FROM connections,"
        " unnest(ARRAY['mine', 'gone']) AS path WHERE type = 'system'",
        "INSERT INTO tag_metadata (connection_id, driver_type, tag_path)"
        " SELECT id, 'S7', 'DB1.x' FROM connections WHERE name = 'PLC'",
    )
    with meta_engine.connect() as connection:
        paths = list(metrics.tag_paths(connection).values())
    assert {"mine", "gone"} <= set(paths)
    assert "DB1.x" not in paths


def test_every_value_is_converted(begun: Engine) -> None:
    """Values keep their time and get their tag's path; what has no value stays."""
    lines: list[str] = []
    found = convert(begun, lines.append)
    assert (found.rows, found.without_value) == (CONVERTED, WITHOUT_VALUE)
    assert (found.of_unknown_tags, found.unknown_tags) == (432, (UNKNOWN,))
    assert len(lines) == found.batches >= 3
    with begun.connect() as connection:
        query = "SELECT array_agg(DISTINCT metric_name) FROM system_metrics"
        names = one(connection, query)
        assert set(names) == {*NAMES.values(), f"tag {UNKNOWN}"}
        marks = "SELECT DISTINCT labels, ingested_at FROM system_metrics"
        assert connection.execute(text(marks)).all() == [({}, None)]
        assert one(connection, "SELECT count(*) FROM set_aside.system_metrics") == ROWS
    assert prove(begun) == []


def test_converting_again_does_nothing(converted: Engine) -> None:
    """A conversion that is complete stays so, and its report tells of all runs."""
    execute(converted, SINCE)
    again = convert(converted)
    assert again.rows == CONVERTED
    with converted.connect() as connection:
        assert one(connection, "SELECT count(*) FROM system_metrics") == CONVERTED + 2


@pytest.mark.parametrize("at", [1, 2, 3])
def test_conversion_goes_on(begun: Engine, at: int) -> None:
    """Ended after any chunk, it goes on there, past rows written in the meantime."""
    with pytest.raises(KilledError):
        convert(begun, Killer(at))
    execute(begun, SINCE)
    assert prove(begun) == []
    with pytest.raises(SchemaError, match="not converted yet"):
        finish(begun)
    assert convert(begun).rows == CONVERTED
    assert prove(begun) == []


@pytest.mark.parametrize("at", [1, 2])
def test_killed_process(
    engine: Engine, tsdb_empty_database: ConnectionSettings, at: int
) -> None:
    """After `kill -9` the next conversion leaves what an undisturbed one leaves."""
    begin(engine)
    environ = {**os.environ, **variables(tsdb_empty_database)}
    command = (sys.executable, "-c", _CONVERT)
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE) as killed:
        assert killed.stdout
        for _ in range(at):
            assert killed.stdout.readline()
        killed.kill()
    assert convert(engine).rows == CONVERTED
    assert prove(engine) == []


def test_two_at_once_double_nothing(begun: Engine) -> None:
    """A conversion that another one overtakes leaves its chunks alone."""
    with begun.connect() as connection:
        overtake = [lambda: metrics.convert(connection, lambda _: None)]

        def say(_: str) -> None:
            if overtake:
                overtake.pop()()

        assert metrics.convert(connection, say).rows == CONVERTED
    assert prove(begun) == []


def test_names_are_written_down(begun: Engine) -> None:
    """A conversion that goes on calls tags as before, without asking for them."""
    with pytest.raises(KilledError):
        convert(begun, Killer(1))
    query = "SELECT tag_id, metric_name FROM set_aside.metric_names"
    with begun.connect() as connection:
        found = {row.tag_id: row.metric_name for row in connection.execute(text(query))}
    assert found == NAMES | {UNKNOWN: f"tag {UNKNOWN}"}


def test_tags_of_one_path_become_one_metric(engine: Engine) -> None:
    """A tag that was made anew goes on as the same metric; rows go back to it."""
    before = state(engine)
    begin(engine, NAMES | {18: "metric_19"})
    convert(engine)
    assert prove(engine) == []
    with engine.connect() as connection:
        query = "SELECT count(*) FROM system_metrics WHERE metric_name = 'metric_19'"
        assert one(connection, query) == 2 * 432
    execute(engine, f"{WRITE} (now(), 'metric_19', 3)")
    assert undo(engine) == 1
    with engine.begin() as connection:
        query = "DELETE FROM system_metrics WHERE ts > now() - interval '5 min'"
        assert one(connection, f"{query} RETURNING tag_id") == 19
    assert state(engine) == before


CHANGED = {
    "lost": "DELETE FROM system_metrics WHERE metric_name = 'metric_5'"
    " AND ts = (SELECT min(ts) FROM system_metrics)",
    "doubled": "INSERT INTO system_metrics SELECT * FROM system_metrics"
    " WHERE metric_name = 'metric_5' ORDER BY ts LIMIT 1",
    "changed in its last digit": "UPDATE system_metrics SET value ="
    " value + 5e-14 WHERE metric_name = 'metric_5'"
    " AND ts = (SELECT min(ts) FROM system_metrics)",
    "beside a NaN": "UPDATE system_metrics SET value = 1"
    " WHERE metric_name = 'metric_5' AND value > 4.4 AND value < 4.6",
    "at another time": "UPDATE system_metrics SET ts = ts + interval '1 second'"
    " WHERE metric_name = 'metric_5' AND ts = (SELECT min(ts) FROM system_metrics)",
    "moved": "UPDATE system_metrics SET metric_name = 'metric_6'"
    " WHERE metric_name = 'metric_5' AND ts = (SELECT min(ts) FROM system_metrics)",
}


@pytest.mark.parametrize("how", CHANGED)
def test_proof_sees_a_row(converted: Engine, how: str) -> None:
    """One row that is not as it was is a sentence about its metric and day."""
    execute(converted, CHANGED[how])
    found = prove(converted)
    assert len(found) == (2 if how == "moved" else 1)
    assert found[0].startswith("metric_5 on ")
    with pytest.raises(SchemaError, match="metric_5 on"):
        finish(converted)


def test_proof_leaves_out_what_was_written_since(converted: Engine) -> None:
    """Rows of the same metrics and days that services wrote are no difference."""
    execute(converted, SINCE)
    assert prove(converted) == []


def test_proof_allows_what_retention_drops(converted: Engine) -> None:
    """Chunks that the policy drops later are no loss, and newer ones are."""
    execute(
        converted,
        "SELECT remove_retention_policy('system_metrics')",
        "SELECT add_retention_policy('system_metrics', interval '2 days')",
        "SELECT drop_chunks('system_metrics', interval '2 days')",
    )
    assert prove(converted) == []
    execute(converted, "SELECT drop_chunks('system_metrics', interval '1 hour')")
    assert prove(converted)


def test_policies_stay(engine: Engine) -> None:
    """The new table gets the settings of the former one, whose policies are paused."""
    query = """
      SELECT proc_name, schedule_interval, scheduled, config - 'hypertable_id'
      FROM timescaledb_information.jobs
      WHERE (hypertable_schema, hypertable_name) = (:schema, 'system_metrics')
      ORDER BY proc_name
    """
    jobs: dict[str, object] = {}
    for schema in ("public", "set_aside"):
        with engine.connect() as connection:
            jobs[schema] = connection.execute(text(query), {"schema": schema}).all()
        if schema == "public":
            begin(engine)
            convert(engine)
    with engine.connect() as connection:
        new = connection.execute(text(query), {"schema": "public"}).all()
        assert new == jobs["public"]
        assert len(new) == 2
        former = connection.execute(text(query), {"schema": "set_aside"}).all()
        assert [row.scheduled for row in former] == [False, False]
        execute_in = "SELECT compress_chunk(c) FROM show_chunks('system_metrics') AS c"
        connection.execute(text(execute_in))
        assert one(connection, "SELECT count(*) FROM system_metrics") == CONVERTED
        assert metrics.prove(connection) == []


def test_finish_drops_all(converted: Engine) -> None:
    """The former table goes with its schema, and only then the rows without value."""
    with converted.connect() as connection:
        chunks = "SELECT count(*) FROM timescaledb_information.chunks"
        both = one(connection, chunks)
    said = finish(converted)
    assert f"{ROWS:,} rows" in said
    assert f"{WITHOUT_VALUE} had no value" in said
    with converted.connect() as connection:
        assert one(connection, "SELECT to_regnamespace('set_aside')") is None
        assert one(connection, "SELECT count(*) FROM system_metrics") == CONVERTED
        assert one(connection, chunks) == both / 2
        with pytest.raises(SchemaError, match="no conversion"):
            metrics.finish(connection)


def test_finish_leaves_what_else_is_set_aside(converted: Engine) -> None:
    """The schema stays for what somebody else put there."""
    execute(converted, "CREATE TABLE set_aside.mine ()")
    finish(converted)
    with converted.connect() as connection:
        query = "SELECT array_agg(relname::text) FROM pg_class WHERE relnamespace = "
        assert one(connection, f"{query}'set_aside'::regnamespace") == ["mine"]


def test_finish_takes_nothing_along(converted: Engine) -> None:
    """A view of the former table is named, and nothing is dropped."""
    execute(converted, "CREATE VIEW mine AS SELECT * FROM set_aside.system_metrics")
    with pytest.raises(SchemaError, match="view mine depends on") as refused:
        finish(converted)
    assert "\n" not in str(refused.value)
    assert prove(converted) == []


def test_finish_after_a_person(converted: Engine) -> None:
    """What somebody dropped by hand is no obstacle, and the records go."""
    execute(converted, "DROP TABLE set_aside.system_metrics")
    assert "was dropped before" in finish(converted)
    with converted.connect() as connection:
        assert one(connection, "SELECT to_regnamespace('set_aside')") is None


def test_nothing_is_set_aside_twice(converted: Engine) -> None:
    """A former table that is kept is never replaced by another."""
    with (
        pytest.raises(SchemaError, match="already") as refused,
        converted.begin() as connection,
    ):
        metrics.set_aside(connection, NAMES)
    assert "\n" not in str(refused.value)
    assert prove(converted) == []


def test_nothing_to_convert(engine: Engine) -> None:
    """Without a former table there is nothing to convert and nothing to undo."""
    with pytest.raises(SchemaError, match="no conversion"):
        convert(engine)
    with pytest.raises(SchemaError, match="no conversion"):
        undo(engine)


@pytest.mark.parametrize("at", [0, 1, 99])
def test_undo_leaves_what_was(engine: Engine, at: int) -> None:
    """After none, one or all chunks, everything comes back as it was."""
    before = state(engine)
    begin(engine)
    if at == 1:
        with pytest.raises(KilledError):
            convert(engine, Killer(at))
    elif at:
        convert(engine)
    assert undo(engine) == 0
    assert state(engine) == before


def test_undo_keeps_what_was_written_since(converted: Engine) -> None:
    """Measurements of known metrics go back to their tags."""
    execute(converted, SINCE, f"{WRITE} (now(), 'tag {UNKNOWN}', 3)")
    assert undo(converted) == 3
    with converted.connect() as connection:
        assert metrics.is_former(connection)
        assert one(connection, "SELECT count(*) FROM system_metrics") == ROWS + 3
        query = "SELECT tag_id FROM system_metrics ORDER BY ts DESC, tag_id DESC"
        assert one(connection, query) == UNKNOWN


TAKEN = "SELECT ts, metric_name, value FROM system_metrics ORDER BY ts, metric_name"
IN_THE_WAY = {
    "1 with labels": "INSERT INTO system_metrics (ts, metric_name, value, labels)"
    """ VALUES (now(), 'metric_1', 1, '{"host": "a"}')""",
    "2 of metrics that are no tag's path": f"{WRITE} (now(), 'x', 1), (now(), 'y', 1)",
    "1 of a tag and time of which there is another": "INSERT INTO system_metrics"
    f" (ts, metric_name, value) {TAKEN} LIMIT 1",
    "2 of a tag and time of which there is another": f"{WRITE} (now(), 'metric_1', 1),"
    " (now(), 'metric_1', 1)",
    "3 of a tag and time of which there is another": "INSERT INTO system_metrics"
    " SELECT * FROM system_metrics ORDER BY ts, metric_name LIMIT 3",
}


@pytest.mark.parametrize("why", IN_THE_WAY)
def test_undo_loses_nothing(converted: Engine, why: str) -> None:
    """What has no place in the former table is counted, and nothing is changed."""
    execute(converted, IN_THE_WAY[why])
    before = state_of_new(converted)
    with pytest.raises(SchemaError, match=why) as refused:
        undo(converted)
    assert "\n" not in str(refused.value)
    assert state_of_new(converted) == before


def state_of_new(engine: Engine) -> object:
    """Read what a refused undo must leave."""
    query = "SELECT count(*), sum(value)::text FROM system_metrics"
    with engine.connect() as connection:
        return connection.execute(text(query)).one()


def test_undo_takes_nothing_along(converted: Engine) -> None:
    """A view of the new table is named, and nothing is changed."""
    execute(converted, "CREATE VIEW mine AS SELECT * FROM system_metrics")
    with pytest.raises(SchemaError, match="view mine depends on"):
        undo(converted)
    assert prove(converted) == []


PLAIN_TABLE = """
CREATE TABLE system_metrics (
  ts timestamptz NOT NULL, metric_name text NOT NULL, value double precision NOT NULL,
  labels jsonb DEFAULT '{}', ingested_at timestamptz DEFAULT now())
"""


def test_plain_tables_are_converted(plain_engine: Engine) -> None:
    """Without TimescaleDB it goes day by day, and back, all the same."""
    make_plain(plain_engine)
    before = state(plain_engine)
    with plain_engine.begin() as connection:
        metrics.set_aside(connection, NAMES)
        connection.execute(text(PLAIN_TABLE))
    with pytest.raises(KilledError):
        convert(plain_engine, Killer(2))
    assert convert(plain_engine).rows == CONVERTED
    assert prove(plain_engine) == []
    assert undo(plain_engine) == 0
    assert state(plain_engine) == before
