"""Declarations that TimescaleDB could not carry out fail where they are written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from dataforeman_schema.timescale import (
    Absent,
    Columnstore,
    ContinuousAggregate,
    DeclarationError,
    HashDimension,
    Hypertable,
    IntegerNow,
    Months,
    NoContinuousAggregate,
    OrderBy,
    RefreshPolicy,
    ReorderPolicy,
    RetentionPolicy,
    time_bucket,
)
from dataforeman_schema.timescale.order import parse_order

DAY = timedelta(days=1)
HYPERTABLE = Hypertable("ts")

BAD: dict[str, tuple[list[Any], str]] = {
    "unknown time column": ([Hypertable("time")], "unknown column 'time'"),
    "text as time": ([Hypertable("name")], "needs timestamptz, timestamp, date, an"),
    "nullable time": ([Hypertable("maybe")], "nullable=False"),
    "primary key without time": (
        [HYPERTABLE, PrimaryKeyConstraint("device")],
        "primary key .device. lacks ts",
    ),
    "unique key without time": (
        [HYPERTABLE, UniqueConstraint("device", "name")],
        "unique key .device, name. lacks ts",
    ),
    "unique index without time": (
        [HYPERTABLE, Index("u", "name", unique=True)],
        "unique index u .name. lacks ts",
    ),
    "unique key without hash column": (
        [
            Hypertable("ts", hash_dimensions=[HashDimension("device", 2)]),
            UniqueConstraint("ts"),
        ],
        "lacks device",
    ),
    "unknown hash column": (
        [Hypertable("ts", hash_dimensions=[HashDimension("x", 2)])],
        "unknown column 'x'",
    ),
    "time column hashed": (
        [Hypertable("ts", hash_dimensions=[HashDimension("ts", 2)])],
        "names 'ts' twice",
    ),
    "no partitions": (
        [Hypertable("ts", hash_dimensions=[HashDimension("device", 0)])],
        "0 partitions of device",
    ),
    "interval not positive": (
        [Hypertable("ts", chunk_interval=timedelta(0))],
        "chunk_interval must be positive",
    ),
    "negative months": (
        [Hypertable("ts", chunk_interval=Months(-1))],
        "chunk_interval must be positive",
    ),
    "number for a time": (
        [Hypertable("ts", chunk_interval=5)],
        "must be a timedelta or Months",
    ),
    "time for a number": (
        [Hypertable("number", chunk_interval=DAY)],
        "must be an integer",
    ),
    "hours for a date": (
        [Hypertable("day", chunk_interval=timedelta(hours=36))],
        "whole days",
    ),
    "hypertable twice": ([HYPERTABLE, Hypertable("day")], "declares Hypertable twice"),
    "there and not there": ([HYPERTABLE, Absent(Hypertable)], "Hypertable twice"),
    "columnstore of a plain table": ([Columnstore()], "needs a Hypertable"),
    "retention of a plain table": ([RetentionPolicy(DAY)], "needs a Hypertable"),
    "reorder of a plain table": ([ReorderPolicy("i")], "needs a Hypertable"),
    "unknown segment": (
        [HYPERTABLE, Columnstore(segment_by=("x",))],
        "segment_by of readings names the unknown column 'x'",
    ),
    "unknown order": (
        [HYPERTABLE, Columnstore(order_by=("x DESC",))],
        "order_by of readings names the unknown column 'x'",
    ),
    "segment that is an order": (
        [HYPERTABLE, Columnstore(("device",), ("device", "ts"))],
        "device cannot be both segment_by and order_by",
    ),
    "time as segment": ([HYPERTABLE, Columnstore(("ts",))], "cannot be a segment_by"),
    "order of nothing": (
        [HYPERTABLE, Columnstore(order_by=())],
        "order_by names no column",
    ),
    "text for a sequence": (
        [HYPERTABLE, Columnstore(segment_by="device")],
        "are sequences",
    ),
    "comma in a segment": ([HYPERTABLE, Columnstore(("a,b",))], "with commas"),
    "schedule without policy": (
        [HYPERTABLE, Columnstore(schedule_interval=DAY)],
        "needs a policy",
    ),
    "text that is no order": (
        [HYPERTABLE, Columnstore(order_by=("ts DESC NULLS",))],
        "not a list of columns",
    ),
    "columnstore schedule not positive": (
        [HYPERTABLE, Columnstore(after=DAY, schedule_interval=-DAY)],
        "schedule_interval must be positive",
    ),
    "columnstore age of None": (
        [HYPERTABLE, Columnstore(after=None)],  # type: ignore[arg-type]
        "after=None has no meaning",
    ),
    "columnstore age not positive": (
        [HYPERTABLE, Columnstore(after=-DAY)],
        "after of Columnstore must be positive",
    ),
    "retention age not positive": (
        [HYPERTABLE, RetentionPolicy(timedelta(0))],
        "drop_after of RetentionPolicy must be positive",
    ),
    "retention schedule not positive": (
        [HYPERTABLE, RetentionPolicy(DAY, -DAY)],
        "schedule_interval must be positive",
    ),
    "policy without an integer now": (
        [Hypertable("number", chunk_interval=9), RetentionPolicy(5)],
        "needs an IntegerNow",
    ),
    "integer now of a time": ([HYPERTABLE, IntegerNow("f")], "for an integer time"),
    "unknown index": ([HYPERTABLE, ReorderPolicy("no")], "unknown index 'no'"),
}


def table(*items: Any) -> Table:  # noqa: ANN401
    """A table with columns of all kinds and the given items."""
    return Table(
        "readings",
        MetaData(),
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("maybe", DateTime),
        Column("day", Date, nullable=False),
        Column("number", BigInteger, nullable=False),
        Column("device", Integer),
        Column("name", Text),
        Column("a,b", Text),
        *items,
    )


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_bad_declaration_fails_in_words(case: str) -> None:
    """The table's definition raises, and the message says what is wrong."""
    items, words = BAD[case]
    with pytest.raises(DeclarationError, match=words):
        table(*items)


def test_a_bad_model_fails_at_its_class_statement() -> None:
    """A declarative model raises while its class is made."""

    class Base(DeclarativeBase):
        """The models of this test."""

    with pytest.raises(DeclarationError, match="unknown column 'time'"):

        class Reading(Base):
            """A model whose hypertable names a column that it does not have."""

            __tablename__ = "readings"
            __table_args__ = (Hypertable("time"),)
            ts: Mapped[int] = mapped_column(primary_key=True)

    assert not Base.metadata.tables


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ts", OrderBy("ts")),
        ("ts desc", OrderBy("ts", descending=True)),
        ("ts DESC NULLS LAST", OrderBy("ts", descending=True, nulls_first=False)),
        ("ts ASC NULLS LAST", OrderBy("ts")),
        ('"A ""b, c" NULLS FIRST', OrderBy('A "b, c', nulls_first=True)),
    ],
)
def test_an_order_reads_as_it_writes(written: str, read: OrderBy) -> None:
    """Text and typed terms are the same thing."""
    assert parse_order(written) == (read,)
    assert parse_order(str(read)) == (read,)


def aggregate(query: Any = None, **options: Any) -> ContinuousAggregate:  # noqa: ANN401
    """An aggregate over a hypertable, with the given options."""
    source = table(HYPERTABLE)
    bucket = time_bucket(DAY, source.c.ts).label("bucket")
    if query is None:
        query = select(bucket, func.count()).group_by(bucket)
    return ContinuousAggregate("daily", query, metadata=source.metadata, **options)


BAD_AGGREGATES: dict[str, tuple[dict[str, Any], str]] = {
    "no bucket": (
        {"query": select(table(HYPERTABLE).c.ts)},
        "not grouped by a time_bucket",
    ),
    "no table": ({"query": select(func.now())}, "reads no table"),
    "empty window": (
        {"refresh": RefreshPolicy(DAY, DAY, DAY)},
        "the refresh window is empty",
    ),
    "two kinds of offset": ({"refresh": RefreshPolicy(DAY, 5, DAY)}, "of two kinds"),
    "refresh schedule": (
        {"refresh": RefreshPolicy(None, None, timedelta(0))},
        "schedule_interval must be positive",
    ),
    "retention": ({"retention": RetentionPolicy(-DAY)}, "drop_after must be positive"),
    "columnstore": (
        {"columnstore": Columnstore(("a",), ("a",))},
        "both segment_by and order_by",
    ),
    "columnstore's age": (
        {"columnstore": Columnstore(after=-DAY)},
        "after of Columnstore must be positive",
    ),
    "columnstore's order": (
        {"columnstore": Columnstore(order_by=("a b",))},
        "not a list of columns",
    ),
    "columnstore's schedule": (
        {"columnstore": Columnstore(after=DAY, schedule_interval=timedelta(0))},
        "schedule_interval must be positive",
    ),
    "columnstore policy without refresh": (
        {"refresh": Absent(RefreshPolicy), "columnstore": Columnstore(after=DAY)},
        "needs a refresh policy",
    ),
    "refresh of None": ({"refresh": None}, "refresh=None has no meaning"),
    "columnstore of None": ({"columnstore": None}, "columnstore=None has no meaning"),
    "retention of None": ({"retention": None}, "retention=None has no meaning"),
}


@pytest.mark.parametrize("case", sorted(BAD_AGGREGATES))
def test_a_bad_aggregate_fails_in_words(case: str) -> None:
    """The declaration of an aggregate raises, and the message says what is wrong."""
    options, words = BAD_AGGREGATES[case]
    with pytest.raises(DeclarationError, match=words):
        aggregate(**options)


def test_an_aggregate_is_declared_once() -> None:
    """A name is either an aggregate's or nobody's."""
    declared = aggregate()
    with pytest.raises(DeclarationError, match="daily is declared twice"):
        NoContinuousAggregate("daily", metadata=declared.metadata)


def test_declarations_say_what_they_are() -> None:
    """Declarations print as they are written."""
    assert repr(Absent(RetentionPolicy)) == "Absent(RetentionPolicy)"
    assert repr(Columnstore().after) == "UNMANAGED"
