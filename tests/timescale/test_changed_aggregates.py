"""A continuous aggregate whose query changes keeps its rows, and all that is set."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Uuid,
    func,
    select,
)
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.timescale import (
    ContinuousAggregate,
    Hypertable,
    IntegerNow,
    aggregate_columns,
    aggregate_fill,
    fill_aggregates,
    time_bucket,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.extension_schema import run as run_statements
from dataforeman_schema.timescale.notes import undeclared
from dataforeman_schema.timescale.releases import AGGREGATE_COLUMNS
from tests.timescale.sql import rows, run, time_zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.timescale.ddl import Statement
    from tests.timescale.history import History

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

FILL = (
    "INSERT INTO readings SELECT '2026-01-01'::timestamptz + i * INTERVAL '10 min', "
    "i % 3, i, 2 * i FROM generate_series(0, 1000) i"
)
REFRESH = (
    "CALL refresh_continuous_aggregate('hourly', NULL, '2026-01-05'); "
    "CALL refresh_continuous_aggregate('daily', NULL, NULL)"
)

# Roles are the server's, where others run these tests.
MINE = uuid4().hex[:8]

# What no model declares.
SET_BY_HAND = (
    'CREATE ROLE "The reader of {mine}"; '
    'CREATE ROLE "The keeper of {mine}" LOGIN; '
    'GRANT CREATE ON SCHEMA public TO "The keeper of {mine}"; '
    'GRANT SELECT ON readings TO "The keeper of {mine}"; '
    'CREATE INDEX "By value" ON hourly (value DESC) WHERE device > 0; '
    "CREATE INDEX ON hourly (lower(device::text)); "
    "COMMENT ON VIEW hourly IS 'each hour''s'; "
    "COMMENT ON COLUMN hourly.value IS 'in °C'; "
    'GRANT UPDATE (value) ON hourly TO "The reader of {mine}"; '
    "SELECT set_chunk_time_interval('hourly', INTERVAL '33 days'); "
    "SELECT add_continuous_aggregate_policy('hourly', INTERVAL '9 days', "
    "INTERVAL '2 hours', INTERVAL '1 hour'); "
    "SELECT add_continuous_aggregate_policy('hourly', INTERVAL '90 days', "
    "INTERVAL '9 days', INTERVAL '1 day'); "
    "ALTER MATERIALIZED VIEW hourly SET (timescaledb.enable_columnstore, "
    "timescaledb.segmentby = 'device', timescaledb.orderby = 'bucket ASC'); "
    "CALL add_columnstore_policy('hourly', after => INTERVAL '100 days'); "
    "SELECT add_retention_policy('hourly', INTERVAL '9 years'); "
    "SELECT alter_job(job_id, max_retries => 3, max_runtime => INTERVAL '7 min', "
    "retry_period => INTERVAL '5 min', schedule_interval => INTERVAL '77 min', "
    "fixed_schedule => true, initial_start => '2026-01-01', "
    "timezone => 'Europe/Vienna', "
    "config => config || '{\"mine\": 1}', scheduled => proc_name !~ 'retention') "
    "FROM timescaledb_information.jobs WHERE job_id >= 1000; "
    'GRANT SELECT ON hourly TO "The reader of {mine}" WITH GRANT OPTION; '
    'ALTER MATERIALIZED VIEW hourly OWNER TO "The keeper of {mine}"'
)

STORED_BY_HAND = (
    "DO $$ DECLARE kept regclass; BEGIN "
    "SELECT quote_ident(schema_name) || '.' || quote_ident(table_name) INTO kept "
    "FROM _timescaledb_catalog.continuous_agg JOIN _timescaledb_catalog.hypertable h "
    "ON h.id = mat_hypertable_id WHERE user_view_name = 'hourly'; "
    "PERFORM attach_tablespace('pg_default', kept); "
    "PERFORM set_config('timescaledb.enable_chunk_skipping', 'on', true); "
    "PERFORM enable_chunk_skipping(kept, 'device'); "
    "EXECUTE 'ALTER TABLE ' || kept || ' SET (autovacuum_enabled = off)'; END $$"
)

STATE = (
    (
        "SELECT relname, pg_get_userbyid(relowner), relacl::text, "
        "obj_description(oid, 'pg_class') FROM pg_class WHERE relname = 'hourly'"
    ),
    (
        "SELECT attname, attacl::text, col_description(attrelid, attnum) "
        "FROM pg_attribute WHERE attrelid = 'hourly'::regclass AND attname = 'value'"
    ),
    (
        "SELECT regexp_replace(indexname, '_\\d+_', '_'), "
        "regexp_replace(indexdef, '_hypertable_\\d+', '', 'g') FROM pg_indexes "
        "WHERE tablename LIKE '\\_mat%' ORDER BY 1"
    ),
    (
        "SELECT proc_name, owner, schedule_interval, max_runtime, max_retries, "
        "retry_period, scheduled, fixed_schedule, initial_start, "
        "(config - 'hypertable_id' - 'mat_hypertable_id')::text "
        "FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY job_id"
    ),
    (
        "SELECT column_name, time_interval FROM timescaledb_information.dimensions "
        "WHERE hypertable_name LIKE '\\_mat%' ORDER BY 1, 2"
    ),
    (
        "SELECT tablespace_name, reloptions FROM _timescaledb_catalog.continuous_agg "
        "JOIN _timescaledb_catalog.hypertable h ON h.id = mat_hypertable_id "
        "JOIN pg_class ON relname = table_name "
        "LEFT JOIN _timescaledb_catalog.tablespace ON hypertable_id = h.id ORDER BY 1"
    ),
    "SELECT DISTINCT column_name FROM _timescaledb_catalog.chunk_column_stats",
    (
        "SELECT segmentby, orderby "
        "FROM timescaledb_information.hypertable_columnstore_settings ORDER BY 1, 2"
    ),
)


@pytest.fixture
def connection(connection: Connection) -> Any:  # noqa: ANN401 (a generator)
    """The database, whose roles go with the test."""
    yield connection
    connection.rollback()
    for view in ("daily", "hourly"):
        run(connection, f"DROP MATERIALIZED VIEW IF EXISTS {view}")
    for role in (f"The {who} of {MINE}" for who in ("reader", "keeper")):
        if rows(connection, f"SELECT FROM pg_roles WHERE rolname = '{role}'"):
            run(connection, f'DROP OWNED BY "{role}"; DROP ROLE "{role}"')


def models(
    *more: str,
    value: Any = Float,  # noqa: ANN401
    daily: str = "max",
    indexes: Iterable[Index] = (),
) -> MetaData:
    """Hourly and daily aggregates of readings, with more columns."""
    metadata = MetaData()
    readings = Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Column("value", value),
        Column("other", Float),
        *indexes,
        Hypertable("ts", chunk_interval=DAY),
    )
    bucket = time_bucket(HOUR, readings.c.ts).label("bucket")
    columns = {
        "peak": func.max(readings.c.other).label("peak"),
        "Low est": func.min(readings.c.value + 1).label("Low est"),
    }
    hourly = ContinuousAggregate(
        "hourly",
        select(
            bucket,
            readings.c.device,
            func.avg(readings.c.value).label("value"),
            *(columns[name] for name in more),
        )
        .where(readings.c.device != 5)
        .group_by(bucket, readings.c.device),
        metadata=metadata,
        materialized_only=True,
    )
    day = time_bucket(DAY, hourly.table.c.bucket).label("day")
    ContinuousAggregate(
        "daily",
        select(day, getattr(func, daily)(hourly.table.c.value).label("v")).group_by(
            day
        ),
        metadata=metadata,
        materialized_only=True,
    )
    return metadata


def state(connection: Connection) -> list[Any]:
    """All that is set of the aggregates."""
    return [*(rows(connection, query) for query in STATE), time_zones(connection)]


def contents(connection: Connection, *, daily: bool = True) -> list[Any]:
    """The rows of both aggregates, or of one."""
    found = [rows(connection, "SELECT bucket, device, value FROM hourly ORDER BY 1, 2")]
    if daily:
        found.append(rows(connection, "SELECT * FROM daily ORDER BY 1"))
    return found


@pytest.fixture
def filled(connection: Connection, history: History) -> list[Any]:
    """Filled aggregates: all that is set of them by hand, and their rows."""
    history.reach(models())
    run(connection, FILL)
    connection.execution_options(isolation_level="AUTOCOMMIT")
    for statement in REFRESH.split("; "):
        connection.exec_driver_sql(statement)
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    run(connection, SET_BY_HAND.replace("{mine}", MINE))
    connection.exec_driver_sql(STORED_BY_HAND)
    connection.commit()
    return [state(connection), contents(connection)]


@pytest.mark.parametrize(
    "changed",
    [
        {"value": Numeric},
        {"daily": "min"},
        {"more": ("peak",)},
        {"more": ("Low est", "peak"), "daily": "min"},
    ],
    ids=["retyped column", "other aggregate", "column", "columns and aggregate"],
)
def test_all_is_as_before(
    connection: Connection,
    history: History,
    filled: list[Any],
    changed: dict[str, Any],
) -> None:
    """Rows, and all that nobody declared, are there after upgrade and downgrade."""
    given = dict(changed)
    after = models(*given.pop("more", ()), **given)
    written = history.reach(after)
    assert "op.drop_continuous_aggregate" not in written
    assert history.differences(after) == []
    settings, [hourly, daily] = filled
    assert state(connection) == settings
    now = contents(connection)
    assert now[0] == hourly
    assert ("min" in str(changed)) or now[1] == daily
    history.downgrade(models())
    assert history.differences(models()) == []
    assert state(connection) == settings
    assert contents(connection) == filled[1]


def test_columns_are_filled(
    connection: Connection, history: History, filled: list[Any]
) -> None:
    """A column comes with its values, in place where the server can."""
    after = models("peak")
    written = history.reach(after)
    in_place = AGGREGATE_COLUMNS.is_in(connection)
    connection.commit()
    assert ("op.add_aggregate_columns" in written) == in_place
    assert ("op.suspend_continuous_aggregate" in written) is True
    assert history.differences(after) == []
    wrong = (
        "SELECT count(*) FROM hourly JOIN (SELECT time_bucket('1 hour', ts) AS bucket, "
        "device, max(other) AS peak FROM readings GROUP BY 1, 2) r "
        "USING (bucket, device) WHERE hourly.peak IS DISTINCT FROM r.peak"
    )
    assert rows(connection, wrong) == [(0,)]
    assert filled[0] == state(connection)


def test_no_bucket_is_lost_to_a_column(
    connection: Connection, history: History, filled: list[Any]
) -> None:
    """Buckets whose rows are gone stay, and one of which some rows are left, too."""
    run(connection, "SELECT drop_chunks('readings', '2026-01-03'::timestamptz)")
    if not AGGREGATE_COLUMNS.is_in(connection):
        history.revise(models("peak"))
        with pytest.raises(DBAPIError, match=r"144 rows of .* hourly would be lost"):
            history.upgrade(models("peak"))
        connection.rollback()
        assert contents(connection) == filled[1]
        return
    history.reach(models("peak"))
    assert contents(connection) == filled[1]
    empty = (
        "SELECT bucket < '2026-01-03', count(*) FROM hourly "
        "WHERE peak IS NULL GROUP BY 1"
    )
    assert rows(connection, empty) == [(True, 144)]
    with pytest.raises(DBAPIError, match=r"144 rows of .* hourly would be lost"):
        history.downgrade(models())
    connection.rollback()
    assert contents(connection) == filled[1]


def test_nothing_is_committed_while_it_is_away(
    connection: Connection, history: History, filled: list[Any]
) -> None:
    """Where a revision fails after an aggregate went, everything is as before."""
    after = models(daily="min", indexes=[Index("taken", "other")])
    written = history.revise(after)
    assert written.index("op.suspend") < written.index("op.create_hypertable_index")
    run(connection, "CREATE SEQUENCE taken")
    with pytest.raises(DBAPIError, match="already exists"):
        history.upgrade(after)
    connection.rollback()
    assert [state(connection), contents(connection)] == filled
    run(connection, "DROP SEQUENCE taken")
    history.upgrade(after)
    assert history.differences(after) == []
    history.downgrade(models())
    assert [state(connection), contents(connection)] == filled


def test_no_refresh_commits_while_something_is_away(
    connection: Connection, filled: list[Any]
) -> None:
    """A refresh between suspending and resuming, which would commit, is refused."""
    operations: Any = Operations(MigrationContext.configure(connection))
    query = "SELECT time_bucket('1 day', bucket) AS day, max(value) AS v"
    definition = f"{query} FROM hourly GROUP BY 1"
    operations.suspend_continuous_aggregate("daily", definition=definition)
    with pytest.raises(CommandError, match="while daily is suspended"):
        operations.refresh_continuous_aggregate("hourly", None, None)
    operations.resume_continuous_aggregate("daily", definition=definition)
    fill_aggregates(connection)
    assert contents(connection) == filled[1]


STRAY = "INSERT INTO readings VALUES ('1970-01-01', 1, 1, 1)"


@pytest.mark.parametrize("days", [[1, 2], [3], [2, 4]])
def test_no_bucket_is_lost_wherever_it_is(
    connection: Connection, history: History, filled: list[Any], days: list[int]
) -> None:
    """Buckets stay whose rows are gone, also between others and after a stray row."""
    for day in days:
        drop = "SELECT drop_chunks('readings', older_than => '2026-01-{}'::timestamptz"
        keep = ", newer_than => '2026-01-{}'::timestamptz)"
        run(connection, drop.format(day + 1) + keep.format(day))
    run(connection, STRAY)
    lost = 72 * len(days)
    # Of the hour before a gap some rows may be gone, too.
    empty = lost + 3 * sum(day != 1 and day - 1 not in days for day in days)
    refused = rf"{lost} rows of .* hourly would be lost"
    history.revise(models(value=Numeric))
    with pytest.raises(DBAPIError, match=refused):
        history.upgrade(models(value=Numeric))
    connection.rollback()
    history.forget(models())
    assert [state(connection), contents(connection)] == filled
    if not AGGREGATE_COLUMNS.is_in(connection):
        return
    history.reach(models("peak"))
    assert contents(connection) == filled[1]
    nothing = "SELECT count(*) FROM hourly WHERE peak IS NULL"
    assert rows(connection, nothing) == [(empty,)]
    with pytest.raises(DBAPIError, match=refused):
        history.downgrade(models())
    connection.rollback()
    assert contents(connection) == filled[1]


def test_a_column_is_filled_where_older_rows_never_were(
    connection: Connection, history: History, filled: list[Any]
) -> None:
    """Rows of before the first bucket, which nobody materialized, are no matter."""
    run(connection, "INSERT INTO readings VALUES ('2025-12-01', 1, 1, 1)")
    history.reach(models("peak"))
    unfilled = "SELECT FROM hourly WHERE peak IS NULL"
    assert rows(connection, unfilled) == []
    kept = [row for row in contents(connection)[0] if row[0].year > 2025]
    assert kept == filled[1][0]


@contextmanager
def interrupted(part: int = 3) -> Iterator[None]:
    """Interrupt the filling of an aggregate before one of its parts."""

    def interrupt(message: logging.LogRecord) -> bool:
        if f"part {part} of" in message.getMessage():
            raise KeyboardInterrupt
        return True

    log = logging.getLogger(fill_aggregates.__module__)
    level = log.level
    log.setLevel(logging.INFO)
    log.addFilter(interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            yield
    finally:
        log.removeFilter(interrupt)
        log.setLevel(level)


def test_what_is_interrupted_goes_on(
    connection: Connection,
    history: History,
    filled: list[Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The revision is recorded before, each part stays, and another process goes on."""
    after = models(value=Numeric)
    history.revise(after)
    with interrupted():
        history.upgrade(after)
    connection.rollback()
    assert history.differences(after) == []
    hours = "SELECT count(DISTINCT bucket) FROM hourly"
    assert 24 <= rows(connection, hours)[0][0] <= 48
    notes = [it.text for it in undeclared(read(connection), after)]
    assert len([text for text in notes if "fill URL goes on" in text]) == 2
    connection.commit()
    with caplog.at_level(logging.INFO):
        fill_aggregates(connection)
    assert any("part 1 of" in message for message in caplog.messages)
    assert contents(connection) == filled[1]
    caplog.clear()
    fill_aggregates(connection)
    assert caplog.messages == []


def test_a_refresh_of_somebody_else_is_waited_for(
    connection: Connection,
    history: History,
    filled: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A policy that refreshes the same meanwhile does not make the upgrade fail."""
    taken = [True, False, True]

    def run_or_fail(connection: Connection, statements: list[Statement]) -> None:
        refreshes = "refresh_continuous_aggregate" in statements[0].calling("").sql()
        if refreshes and taken and taken.pop():
            error = 'could not refresh "a" due to a concurrent refresh'
            raised = f"DO $$ BEGIN RAISE lock_not_available USING MESSAGE = '{error}'; "
            connection.exec_driver_sql(f"{raised}END $$")
        run_statements(connection, statements)

    monkeypatch.setattr(aggregate_fill, "run", run_or_fail)
    monkeypatch.setattr(aggregate_fill, "_PAUSE", 0)
    with caplog.at_level(logging.INFO):
        history.reach(models(value=Numeric))
    waits = [it for it in caplog.messages if "Waiting for another refresh" in it]
    assert len(waits) == 2
    assert contents(connection) == filled[1]


@pytest.mark.parametrize("part", [1, 3])
@pytest.mark.parametrize("more", [(), ("peak",)], ids=["made anew", "column"])
def test_what_is_owed_outlives_the_next_change(
    connection: Connection,
    history: History,
    filled: list[Any],
    part: int,
    more: tuple[str, ...],
) -> None:
    """What changes again before it is filled is filled up to where it was at first."""
    after = models(value=Numeric)
    history.revise(after)
    with interrupted(part):
        history.upgrade(after)
    connection.rollback()
    value = Numeric if more else Float
    history.reach(models(*more, value=value))
    assert contents(connection) == filled[1]
    unfilled = "SELECT FROM hourly WHERE peak IS NULL"
    assert not more or rows(connection, unfilled) == []
    with interrupted(part):
        history.downgrade(after)
    connection.rollback()
    history.downgrade(models())
    assert contents(connection) == filled[1]
    assert state(connection) == filled[0]


def test_an_older_server_makes_it_anew(
    connection: Connection, filled: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revision that adds a column in place does it another way where none can be."""
    older = replace(AGGREGATE_COLUMNS, probe="false")
    operations = Operations(MigrationContext.configure(connection))
    definition = (
        "SELECT time_bucket('1 hour', ts) AS bucket, device, avg(value) AS value, "
        "max(other) AS peak FROM readings WHERE device <> 5 GROUP BY 1, 2"
    )
    monkeypatch.setattr(aggregate_columns, "AGGREGATE_COLUMNS", older)
    run(connection, "DROP MATERIALIZED VIEW daily")
    before = state(connection)
    operations.add_aggregate_columns(  # type: ignore[attr-defined]
        "hourly",
        [("peak", "double precision", "max(other)")],
        definition=definition,
        materialized_only=True,
    )
    fill_aggregates(connection)
    assert state(connection) == before
    assert contents(connection, daily=False) == filled[1][:1]
    none = "SELECT count(*) FROM hourly WHERE peak IS NULL"
    assert rows(connection, none) == [(0,)]


TIMES: dict[str, Any] = {
    "timestamptz": (DateTime(timezone=True), HOUR, DAY, "'2026-01-01'::timestamptz"),
    "timestamp": (DateTime(), HOUR, DAY, "'2026-01-01'::timestamp"),
    "date": (Date(), DAY, 7 * DAY, "'2026-01-01'::date"),
    "bigint": (BigInteger(), 10, 100, "0::bigint"),
    "smallint": (SmallInteger(), 10, 100, "0::smallint"),
    "uuid": (Uuid(), HOUR, DAY, "'2026-01-01'::timestamptz"),
}
STEP = {
    "timestamptz": "i * INTERVAL '9 min'",
    "timestamp": "i * INTERVAL '9 min'",
    "uuid": "i * INTERVAL '9 min'",
}
UUIDS = (
    "SELECT FROM pg_proc WHERE proname = 'time_bucket' "
    "AND 'uuid'::regtype = ANY (proargtypes)"
)


def over(kind: str, *more: str, value: Any = Integer) -> MetaData:  # noqa: ANN401
    """An aggregate over a type of time, with more columns."""
    column, width, interval, _first = TIMES[kind]
    metadata = MetaData()
    at: Any = Column("at", column, nullable=False)
    now = [IntegerNow("r_now")] if "int" in kind else []
    hypertable = Hypertable("at", chunk_interval=interval)
    r = Table("r", metadata, at, Column("v", value), hypertable, *now)
    bucket = time_bucket(width, r.c.at).label("b")
    added = [func.min(r.c.v).label(name) for name in more]
    query = select(bucket, func.max(r.c.v).label("v"), *added).group_by(bucket)
    ContinuousAggregate("a", query, metadata=metadata, materialized_only=True)
    return metadata


@pytest.fixture
def kind(connection: Connection, history: History, request: Any) -> str:  # noqa: ANN401
    """A type of time, over which an aggregate is filled for half of the rows."""
    kind: str = request.param
    if kind == "uuid" and not rows(connection, UUIDS):
        pytest.skip("this release makes no aggregates over UUIDs")
    if "int" in kind:
        now = f"RETURNS {kind} STABLE LANGUAGE sql AS 'SELECT 999::{kind}'"
        run(connection, f"CREATE OR REPLACE FUNCTION r_now() {now}")
    history.reach(over(kind))
    moment = f"({TIMES[kind][3]} + {STEP.get(kind, 'i')})"
    made = f"to_uuidv7_boundary({moment})" if kind == "uuid" else f"{moment}::{kind}"
    values = f"SELECT {made}, i FROM generate_series(1, 900) i"  # noqa: S608
    run(connection, f"INSERT INTO r {values}")
    halfway = f"SELECT {moment}::text FROM (VALUES (500)) v (i)"  # noqa: S608
    [[middle]] = rows(connection, halfway)
    bound = "timestamptz" if kind == "uuid" else kind
    connection.execution_options(isolation_level="AUTOCOMMIT")
    connection.exec_driver_sql(
        f"CALL refresh_continuous_aggregate('a', NULL, '{middle}'::{bound})"
    )
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    return kind


@pytest.mark.parametrize("kind", sorted(TIMES), indirect=True)
def test_every_time_is_filled(
    connection: Connection, history: History, kind: str
) -> None:
    """An aggregate over any type of time is filled anew up to where it was."""
    before = rows(connection, "SELECT b, v::int FROM a ORDER BY b")
    assert len(before) > 3
    history.reach(over(kind, value=Numeric))
    assert rows(connection, "SELECT b, v::int FROM a ORDER BY b") == before
    history.reach(over(kind, "least", value=Numeric))
    assert rows(connection, "SELECT b, v::int FROM a ORDER BY b") == before
    assert rows(connection, "SELECT count(*) FROM a WHERE least IS NULL") == [(0,)]


@pytest.mark.parametrize("kind", sorted(TIMES), indirect=True)
def test_buckets_of_every_time_are_counted(
    connection: Connection, history: History, kind: str
) -> None:
    """An aggregate over any type of time is not made anew where rows are gone."""
    [[chunk]] = rows(connection, "SELECT show_chunks('r')::text LIMIT 1")
    run(connection, f"DROP TABLE {chunk}")
    before = rows(connection, "SELECT b, v::int FROM a ORDER BY b")
    history.revise(over(kind, value=Numeric))
    with pytest.raises(DBAPIError, match=r"\d+ rows of .* a would be lost"):
        history.upgrade(over(kind, value=Numeric))
    connection.rollback()
    assert rows(connection, "SELECT b, v::int FROM a ORDER BY b") == before
