"""Models that declare every feature, for changes by hand."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    select,
)

from dataforeman_schema.timescale import (
    Absent,
    Columnstore,
    ContinuousAggregate,
    HashDimension,
    Hypertable,
    Months,
    NoContinuousAggregate,
    RefreshPolicy,
    ReorderPolicy,
    RetentionPolicy,
    time_bucket,
)

DAY = timedelta(days=1)


def models() -> MetaData:
    """Models that declare every feature, and some tables with few."""
    metadata = MetaData()
    readings = Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Column("site", Text, nullable=False),
        Column("value", Float),
        Index("readings_device_ix", "device"),
        Index("readings_site_ix", "site"),
        Hypertable("ts", chunk_interval=DAY, default_indexes=False),
        Columnstore(("device",), ("ts DESC",), after=7 * DAY, schedule_interval=DAY),
        RetentionPolicy(Months(6), schedule_interval=DAY),
        ReorderPolicy("readings_device_ix"),
    )
    Table(
        "hashed",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Hypertable("ts", hash_dimensions=[HashDimension("device", 4)]),
        Absent(Columnstore),
        Absent(RetentionPolicy),
        Absent(ReorderPolicy),
    )
    Table(
        "free",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Hypertable("ts"),
    )
    Table("plain", metadata, Column("ts", Integer, nullable=False), Absent(Hypertable))
    bucket = time_bucket(timedelta(hours=1), readings.c.ts).label("bucket")
    hourly = ContinuousAggregate(
        "hourly",
        select(bucket, readings.c.device, func.avg(readings.c.value).label("value"))
        .where(readings.c.site != "50% of\\x")
        .group_by(bucket, readings.c.device),
        metadata=metadata,
        materialized_only=True,
        refresh=RefreshPolicy(3 * DAY, timedelta(hours=2), timedelta(hours=1)),
        columnstore=Columnstore(("device",), after=30 * DAY),
        retention=RetentionPolicy(Months(12)),
    )
    daily = time_bucket(DAY, hourly.table.c.bucket).label("day")
    ContinuousAggregate(
        "daily",
        select(daily, func.max(hourly.table.c.value).label("value")).group_by(daily),
        metadata=metadata,
        refresh=Absent(RefreshPolicy),
        columnstore=Absent(Columnstore),
        retention=Absent(RetentionPolicy),
    )
    NoContinuousAggregate("weekly", metadata=metadata)
    return metadata
