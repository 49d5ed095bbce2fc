"""Models of the telemetry database: the readings."""

from dataforeman_schema.collector import paused_collector

with paused_collector():
    from dataforeman_schema.base import TsdbBase
    from dataforeman_schema.tsdb.bulk import (
        Reading,
        copy_readings,
        copy_readings_async,
        upsert_readings,
        upsert_readings_async,
    )
    from dataforeman_schema.tsdb.telemetry import SystemMetric, TagValue

__all__ = [
    "Reading",
    "SystemMetric",
    "TagValue",
    "TsdbBase",
    "copy_readings",
    "copy_readings_async",
    "metadata",
    "upsert_readings",
    "upsert_readings_async",
]

metadata = TsdbBase.metadata
