"""What `status` says of growth, readings, jobs and aggregates, and to whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from dataforeman_schema.commands.status import Limits, disk_bytes, read_status
from dataforeman_schema.commands.status.activity_queries import RECENT_ROWS
from dataforeman_schema.commands.status.words import duration, rate, ratio
from dataforeman_schema.databases import TSDB
from tests.commands.checking import new_role
from tests.commands.places import execute, query
from tests.commands.test_health_jobs import AGGREGATE, ERROR, FOREIGN, RAN, STOP

if TYPE_CHECKING:
    from dataforeman_schema.commands.status import HypertableStatus, Status
    from dataforeman_schema.settings import ConnectionSettings

# Ten rows each six minutes, for four days.
READINGS: Final = """
INSERT INTO tag_values (connection_id, tag_id, ts, v_num)
SELECT '00000000-0000-0000-0000-000000000001', tag, now() - n * interval '6 minutes', n
FROM generate_series(1, 960) AS n, generate_series(1, 10) AS tag;
"""
OLDEST: Final = """
SELECT chunk_schema || '.' || chunk_name FROM timescaledb_information.chunks
WHERE hypertable_name = 'tag_values' ORDER BY range_start LIMIT 1
"""
COUNTED: Final = """
SELECT sum(pg_stat_get_live_tuples(inhrelid))::int FROM pg_inherits
WHERE inhparent = 'tag_values'::regclass
"""
# What a policy calls runs for whoever reads the table.
POLICY: Final = """
CREATE FUNCTION mine() RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE 'evaluated'; END $$;
ALTER TABLE system_metrics ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON system_metrics TO {role} USING (mine())
"""
METRIC: Final = (
    "INSERT INTO system_metrics (ts, metric_name, value) VALUES (now(), 'cpu', 1);"
)
REFRESH: Final = """
CALL refresh_continuous_aggregate('hourly', NULL, now() - interval '5 hours')
"""


def look(settings: ConnectionSettings, **limits: int) -> Status:
    """Read the status without history."""
    return read_status(TSDB, settings, 0, Limits(**limits))


def readings(status: Status, table: str = "tag_values") -> HypertableStatus:
    """Take what is said of a hypertable."""
    [found] = [each for each in status.hypertables if each.name == table]
    return found


def test_growth(tsdb_database: ConnectionSettings) -> None:
    """Sizes are the server's; growth is what was written, less what was won."""
    execute(tsdb_database, READINGS)
    before = readings(look(tsdb_database))
    assert before.columnstore_ratio is None
    assert before.written_bytes_per_day == before.growth_bytes_per_day
    assert before.written_bytes_per_day is not None
    # Five chunks that begin and end within days.
    assert before.bytes / 6 < before.written_bytes_per_day < before.bytes / 3.9
    [(chunk,)] = query(tsdb_database, OLDEST)
    execute(tsdb_database, f"CALL convert_to_columnstore('{chunk}')")
    status = look(tsdb_database, chunks=99, disk_bytes=2**40)
    found = readings(status)
    assert (found.columnstore_chunks, len(found.newest_chunks)) == (1, found.chunks)
    won = found.columnstore_before_bytes / found.columnstore_bytes
    assert found.columnstore_ratio == won
    assert found.written_bytes_per_day
    assert found.growth_bytes_per_day == found.written_bytes_per_day / won
    # What is left of the chunk as rows, empty indexes, is little.
    more = found.written_bytes_per_day / before.written_bytes_per_day
    assert 0.99 < more < 1.2
    [*others, oldest] = found.newest_chunks
    assert (oldest.columnstore, oldest.before_bytes) == (
        True,
        found.columnstore_before_bytes,
    )
    assert {chunk.before_bytes for chunk in others} == {None}
    assert sum(chunk.bytes for chunk in found.newest_chunks) == pytest.approx(
        found.bytes, abs=65_536
    )
    assert status.growth_bytes_per_day == found.growth_bytes_per_day
    assert found.growth_bytes_per_day
    left = (2**40 - status.bytes) / found.growth_bytes_per_day
    assert status.days_until_full == pytest.approx(left)
    assert readings(look(tsdb_database, chunks=0)).newest_chunks == []


def test_rows(
    tsdb_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ends of the readings and the rate of the last hour are those of the rows."""
    assert readings(look(tsdb_database)).oldest_reading is None
    execute(tsdb_database, READINGS)
    [(oldest, newest)] = query(tsdb_database, "SELECT min(ts), max(ts) FROM tag_values")
    found = readings(look(tsdb_database))
    assert (found.oldest_reading, found.newest_reading) == (oldest, newest)
    # Nothing was analyzed: they are known where the server counts what is written.
    [(counted,)] = query(tsdb_database, COUNTED)
    assert counted in {0, 9600}
    assert look(tsdb_database).tables[-1].rows == (counted or None)
    assert found.rows_per_second == pytest.approx(100 / 3600, rel=0.11)
    monkeypatch.setattr(
        "dataforeman_schema.commands.status.activity_queries.RECENT_ROWS", 50
    )
    # The newest 50 rows are those of half an hour.
    limited = readings(look(tsdb_database)).rows_per_second
    assert limited == pytest.approx(50 / 1800, rel=0.25)
    assert RECENT_ROWS == 100_000


def test_jobs_and_aggregates(tsdb_database: ConnectionSettings) -> None:
    """A job's last error, a paused job and how far an aggregate is behind are there."""
    [job] = look(tsdb_database).jobs
    assert (job.procedure, job.table) == ("policy_compression", "tag_values")
    assert (job.last_run, job.last_error, job.runs) == (None, None, 0)
    failed = RAN.format(started="1 hour", next="2 hours", failures=3)
    execute(tsdb_database, READINGS + FOREIGN + STOP + failed + ERROR)
    [policy, mine] = look(tsdb_database).jobs
    assert policy.last_run is None
    assert (mine.procedure, mine.table, mine.scheduled) == ("mine", None, True)
    assert (mine.failures, mine.last_status) == (2, "Failed")
    assert mine.last_error == "disk full"
    assert mine.last_run
    assert mine.next_run
    assert mine.next_run - mine.last_run == timedelta(hours=3)
    execute(
        tsdb_database,
        f"SELECT alter_job({mine.id}, scheduled => false);"
        + AGGREGATE.format(table="tag_values", start="3 days"),
    )
    status = look(tsdb_database)
    assert [each.scheduled for each in status.jobs] == [True, False, True]
    assert status.jobs[-1].table == "hourly"
    [aggregate] = status.aggregates
    assert (aggregate.until, aggregate.behind_s) == (None, None)
    execute(tsdb_database, REFRESH)
    [aggregate] = look(tsdb_database).aggregates
    assert aggregate.hypertable == "tag_values"
    assert aggregate.behind_s
    assert 5 * 3600 <= aggregate.behind_s <= 6.1 * 3600


def test_few_rights(tsdb_database: ConnectionSettings) -> None:
    """Who may only connect gets sizes, and the grants that show the rest; they do."""
    execute(tsdb_database, METRIC + READINGS)
    failed = RAN.format(started="1 hour", next="2 hours", failures=3)
    execute(tsdb_database, STOP + failed + ERROR)
    with new_role(tsdb_database, "LOGIN PASSWORD 'few'") as role:
        few = tsdb_database.replace(user=role, password="few")
        status = look(few)
        assert (status.current, status.pending) == ([], [])
        assert readings(status).written_bytes_per_day
        assert readings(status).newest_reading is None
        # Not every server keeps the errors of jobs from them.
        assert len(status.unseen) in {4, 5}, status.unseen
        for unseen in status.unseen:
            execute(tsdb_database, "SELECT 1;" + unseen.partition(": ")[2])
        status = look(few)
        # Nobody is made a superuser to see them.
        assert all(", which the owner" in unseen for unseen in status.unseen)
        assert status.jobs[0].last_error == (None if status.unseen else "disk full")
        assert status.current
        assert readings(status).newest_reading
        assert readings(status, "system_metrics").newest_reading
        execute(tsdb_database, POLICY.format(role=role))
        status = look(few)
        assert readings(status, "system_metrics").newest_reading is None
        unseen, *_ = status.unseen
        assert unseen.startswith("public.system_metrics, by a row policy: ")
        execute(tsdb_database, unseen.rpartition(": ")[2])
        assert readings(look(few), "system_metrics").newest_reading


@pytest.mark.parametrize(
    ("text", "expected"),
    [("500GB", 500 * 2**30), ("1.5 tb", 3 * 2**39), ("8kB", 8192), ("9b", 9)],
)
def test_disk(text: str, expected: int) -> None:
    """The size of a disk is read as PostgreSQL writes one."""
    assert disk_bytes(text) == expected


@pytest.mark.parametrize("text", ["", "5", "GB", "-1GB", "0GB", "5 PB", "1e3GB"])
def test_no_disk(text: str) -> None:
    """What is no size is refused."""
    with pytest.raises(ValueError, match="such as 500GB"):
        disk_bytes(text)


def test_days() -> None:
    """A disk that is full is full in no days, and one that nothing fills never is."""
    limits = Limits(disk_bytes=100)
    assert [limits.days(taken, 5) for taken in (50, 100, 200)] == [10, 0, 0]
    assert [limits.days(50, growth) for growth in (None, 0)] == [None, None]
    assert Limits().days(50, 5) is None


def test_words() -> None:
    """What is not known is shown as that, and numbers with their units."""
    assert (duration(None), rate(None), ratio(None)) == ("?", "?", "-")
    day = timedelta(days=1).total_seconds()
    assert (duration(day + 61), rate(1234.5), ratio(27.04)) == (
        "1 day, 0:01:01",
        "1,234/s",
        "27.0 x",
    )
