"""Columns come, go and change under a columnstore, and nothing that is set is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Computed,
    DateTime,
    Float,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from dataforeman_schema.timescale import Columnstore, Hypertable
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
FILL = (
    "INSERT INTO r (ts, device, value) SELECT now() - i * INTERVAL '1 hour', i % 3, i "
    "FROM generate_series(1, 100) i; "
    "SELECT compress_chunk(c, true) FROM show_chunks('r') c"
)
SUM = "SELECT count(*), sum(value) FROM r"

# Which of them a columnstore, of some release or another, does not allow.
ADDED: dict[str, tuple[Callable[[], Column[Any]], bool]] = {
    "nullable": (lambda: Column("more", Integer), False),
    "literal": (lambda: Column("more", Integer, server_default="5"), False),
    "truth": (
        lambda: Column("more", Boolean, server_default=text("false"), nullable=False),
        False,
    ),
    "cast": (
        lambda: Column("more", JSONB, server_default=text("'{}'::jsonb")),
        True,
    ),
    "now": (
        lambda: Column("more", DateTime(timezone=True), server_default=func.now()),
        True,
    ),
    "random": (
        lambda: Column(
            "more", Uuid, server_default=func.gen_random_uuid(), nullable=False
        ),
        True,
    ),
    "computed": (
        lambda: Column("more", Float, Computed("value * 2", persisted=True)),
        True,
    ),
    "identity": (
        lambda: Column("more", BigInteger, Identity(always=True), nullable=False),
        True,
    ),
    "identity with options": (
        lambda: Column("more", Integer, Identity(start=100, increment=10)),
        True,
    ),
}


def models(
    *columns: Column[Any],
    kind: Any = Float,  # noqa: ANN401
    device: bool = True,
    columnstore: Columnstore | None = None,
) -> MetaData:
    """A hypertable with a columnstore, and with some columns or others."""
    metadata = MetaData()
    settings = columnstore or Columnstore(("device",), ("ts DESC",), after=7 * DAY)
    Table(
        "r",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        *([Column("device", Integer, nullable=False)] if device else []),
        Column("value", kind),
        *columns,
        Hypertable("ts", chunk_interval=DAY),
        settings,
    )
    return metadata


@pytest.mark.parametrize("case", sorted(ADDED))
def test_any_column_can_be_added(
    connection: Connection, history: History, case: str
) -> None:
    """A column comes, with its values, and goes; the columnstore is as before."""
    make, needs_rowstore = ADDED[case]
    history.reach(models())
    run(connection, FILL)
    before = rows(connection, SUM)
    written = history.reach(models(make()))
    assert ("op.suspend_columnstore(" in written) is needs_rowstore
    assert history.differences(models(make())) == []
    if case != "nullable":
        assert rows(connection, "SELECT count(more) FROM r") == [(100,)]
    history.downgrade(models())
    assert history.differences(models()) == []
    assert rows(connection, SUM) == before


@pytest.mark.parametrize("case", ["now", "computed", "identity"])
def test_any_column_comes_back(
    connection: Connection, history: History, case: str
) -> None:
    """A dropped column is added again by the downgrade, whatever its default."""
    make, _needs_rowstore = ADDED[case]
    history.reach(models(make()))
    run(connection, FILL)
    before = rows(connection, SUM)
    history.reach(models())
    run(connection, "SELECT compress_chunk(c, true) FROM show_chunks('r') c")
    history.downgrade(models(make()))
    assert history.differences(models(make())) == []
    assert rows(connection, SUM) == before


def test_identities_go_on_from_the_last_row(
    connection: Connection, history: History
) -> None:
    """Rows that are there are numbered, and new ones get the next numbers."""
    more = Column("more", BigInteger, Identity(start=5, increment=10))
    history.reach(models())
    run(connection, FILL)
    history.reach(models(more))
    run(connection, "INSERT INTO r (ts, device) VALUES (now() + INTERVAL '9 days', 1)")
    query = "SELECT min(more), max(more), count(DISTINCT more) FROM r"
    assert rows(connection, query) == [(5, 5 + 100 * 10, 101)]


def test_a_column_by_which_the_server_chose_to_segment_can_go(
    connection: Connection, history: History
) -> None:
    """What no setting names may still be what chunks go by."""
    left_open = Columnstore(after=7 * DAY)

    def indexed(*, device: bool) -> MetaData:
        metadata = models(device=device, columnstore=left_open)
        if device:
            Index("by_device", "device", "ts", _table=metadata.tables["r"])
        return metadata

    history.reach(indexed(device=True))
    run(connection, FILL)
    before = rows(connection, SUM)
    history.reach(indexed(device=False))
    assert history.differences(indexed(device=False)) == []
    assert rows(connection, SUM) == before


@pytest.mark.parametrize(
    "then",
    [Columnstore((), ("ts DESC",)), Columnstore((), ("ts ASC", "value"))],
    ids=["segment", "segment and order"],
)
def test_a_column_by_which_chunks_once_went_can_go(
    connection: Connection, history: History, then: Columnstore
) -> None:
    """Chunks of before keep the old settings; they are brought back, then it goes."""
    history.reach(models(columnstore=Columnstore(("device",), ("value", "ts"))))
    run(connection, FILL)
    before = rows(connection, SUM)
    history.reach(models(columnstore=then))
    history.reach(models(device=False, columnstore=then))
    assert history.differences(models(device=False, columnstore=then)) == []
    assert rows(connection, SUM) == before


def test_a_new_column_by_which_chunks_go_by_now_can_go(
    connection: Connection, history: History
) -> None:
    """The downgrade of a revision that adds a column and segments by it runs."""
    after = models(
        Column("line", Integer),
        columnstore=Columnstore(("device", "line"), ("ts DESC",), after=7 * DAY),
    )
    history.reach(models())
    written = history.reach(after)
    down = written.partition("def downgrade")[2]
    order = ["op.alter_columnstore(", "op.convert_to_rowstore(", "op.drop_column("]
    assert sorted(order, key=down.index) == order
    run(connection, FILL)
    before = rows(connection, SUM)
    history.downgrade(models())
    assert history.differences(models()) == []
    assert rows(connection, SUM) == before


def test_a_column_in_the_settings_can_go(
    connection: Connection, history: History
) -> None:
    """The settings lose it first, and the downgrade has them as they were."""
    segments = Columnstore(("device", "line"), ("ts DESC",))
    before = models(Column("line", Integer), columnstore=segments)
    history.reach(before)
    run(connection, FILL)
    without = models(columnstore=Columnstore(("device",), ("ts DESC",)))
    history.reach(without)
    assert history.differences(without) == []
    history.downgrade(before)
    assert history.differences(before) == []


SETTINGS = (
    "SELECT segmentby, orderby, {} FROM timescaledb_information."
    "hypertable_columnstore_settings s WHERE hypertable = 'r'::regclass"
)
JOBS = (
    "SELECT job_id, schedule_interval, max_runtime, max_retries, retry_period, "
    "scheduled, config, fixed_schedule, initial_start "
    "FROM timescaledb_information.jobs WHERE hypertable_name = 'r' ORDER BY proc_name"
)
UNMANAGED = {
    "sparse indexes": (
        (
            "ALTER TABLE r SET (timescaledb.orderby = 'ts DESC', "
            "timescaledb.compress_index = 'bloom(\"Tag\"),minmax(value)')"
        ),
        "to_jsonb(s) -> 'index'",
    ),
    "no sparse indexes": (
        (
            "ALTER TABLE r SET (timescaledb.orderby = 'ts DESC', "
            "timescaledb.compress_index = '')"
        ),
        "to_jsonb(s) -> 'index'",
    ),
    "merged chunks": (
        "ALTER TABLE r SET (timescaledb.compress_chunk_time_interval = '7 days')",
        "to_jsonb(s) -> 'compress_interval_length'",
    ),
    "nulls": (
        "ALTER TABLE r SET (timescaledb.orderby = 'ts DESC NULLS LAST, \"Tag\"')",
        "1",
    ),
    "no segments": ("ALTER TABLE r SET (timescaledb.segmentby = '')", "1"),
    "jobs": (
        (
            "SELECT alter_job(job_id, max_retries => 3, retry_period => '7 min', "
            "config => config || '{\"maxchunks_to_compress\": 2}') "
            "FROM timescaledb_information.jobs WHERE hypertable_name = 'r'"
        ),
        "1",
    ),
}


@pytest.mark.parametrize("case", sorted(UNMANAGED))
def test_off_and_on_is_neutral(
    connection: Connection, history: History, case: str
) -> None:
    """A retyped column leaves everything set of the columnstore as it was."""
    if "sparse indexes" in case and not has_sparse_indexes(connection):
        pytest.skip("this release has no sparse indexes to choose")
    statement, setting = UNMANAGED[case]
    left_open = Columnstore(after=7 * DAY)
    history.reach(models(Column("Tag", Integer), columnstore=left_open))
    run(connection, statement)
    before = rows(connection, SETTINGS.format(setting)), rows(connection, JOBS)
    retyped = models(Column("Tag", Integer), kind=Numeric, columnstore=left_open)
    assert "op.suspend_columnstore('r')" in history.reach(retyped)
    after = rows(connection, SETTINGS.format(setting)), rows(connection, JOBS)
    assert after == before
    history.downgrade(retyped)
    after = rows(connection, SETTINGS.format(setting)), rows(connection, JOBS)
    assert after == before


def test_merged_chunks_of_numbers_come_back(
    connection: Connection, history: History
) -> None:
    """The span up to which chunks are merged stays what it was, in numbers too."""
    span = "SELECT compress_interval_length FROM _timescaledb_catalog.dimension"
    history.reach(counts(Float))
    run(
        connection,
        "ALTER TABLE r SET (timescaledb.compress_chunk_time_interval = '0.000300')",
    )
    assert rows(connection, span) == [(300,)]
    history.reach(counts(Numeric))
    assert rows(connection, span) == [(300,)]


def counts(kind: Any) -> MetaData:  # noqa: ANN401
    """A hypertable by numbers, with a columnstore of which nothing is managed."""
    metadata = MetaData()
    Table(
        "r",
        metadata,
        Column("n", Integer, nullable=False),
        Column("value", kind),
        Hypertable("n", chunk_interval=100),
        Columnstore(),
    )
    return metadata


def test_direct_compress_comes_back_with_its_policies(
    connection: Connection, history: History
) -> None:
    """Where a hypertable compresses what is inserted, it does so afterwards, too."""
    left_open = Columnstore(("device",), ("ts DESC",))
    try:
        history.reach(models(columnstore=left_open))
        run(connection, "ALTER TABLE r SET (timescaledb.direct_compress = true)")
    except Exception:  # noqa: BLE001 - of whichever driver
        connection.rollback()
        pytest.skip("this release has no direct compress")
    jobs = (
        "SELECT proc_name, schedule_interval, config FROM "
        "timescaledb_information.jobs WHERE hypertable_name = 'r' ORDER BY 1"
    )
    status = "SELECT status & 8 FROM _timescaledb_catalog.hypertable WHERE id = 1"
    before = rows(connection, jobs)
    history.reach(models(kind=Numeric, columnstore=left_open))
    assert rows(connection, jobs) == before
    assert rows(connection, status) == [(8,)]


def test_a_columnstore_that_is_off_stays_off(
    connection: Connection, history: History
) -> None:
    """The operations do nothing where an operator switched the columnstore off."""
    history.reach(models())
    history.revise(models(kind=Numeric))
    run(
        connection,
        "CALL remove_columnstore_policy('r'); "
        "ALTER TABLE r SET (timescaledb.enable_columnstore = false)",
    )
    history.upgrade(models(kind=Numeric))
    query = "SELECT compression_enabled FROM timescaledb_information.hypertables"
    assert rows(connection, query) == [(False,)]


def has_sparse_indexes(connection: Connection) -> bool:
    """Say whether the release lets people choose sparse indexes."""
    query = (
        "SELECT count(*) FROM information_schema.columns WHERE table_name = "
        "'compression_settings' AND column_name = 'index'"
    )
    return rows(connection, query) == [(1,)]
