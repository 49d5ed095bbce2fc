"""A hypertable and a continuous aggregate of it, with what a test declares of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    select,
)

from dataforeman_schema.timescale import (
    ContinuousAggregate,
    Hypertable,
    NoContinuousAggregate,
    time_bucket,
)

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def models(
    *,
    name: str = "hourly",
    schema: str | None = None,
    width: timedelta = HOUR,
    device: str = "device",
    **declared: Any,  # noqa: ANN401
) -> MetaData:
    """Models of both; another width, or name of a column, makes the aggregate anew."""
    metadata = MetaData()
    readings = Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer),
        Column("site", Text),
        Column("value", Float),
        Hypertable("ts", chunk_interval=DAY),
        schema=schema,
    )
    bucket = time_bucket(width, readings.c.ts).label("bucket")
    site = readings.c.site.label("Si te")
    groups = (bucket, readings.c.device.label(device), site)
    query = select(*groups, func.max(readings.c.value).label("value"))
    ContinuousAggregate(
        name, query.group_by(*groups), metadata=metadata, schema=schema, **declared
    )
    return metadata


def without_aggregate(name: str = "hourly") -> MetaData:
    """Models of the hypertable, which say that there must be no such aggregate."""
    metadata, with_it = MetaData(), models()
    readings = with_it.tables["readings"]
    columns = [column._copy() for column in readings.columns]  # noqa: SLF001
    Table("readings", metadata, *columns, Hypertable("ts", chunk_interval=DAY))
    NoContinuousAggregate(name, metadata=metadata)
    return metadata
