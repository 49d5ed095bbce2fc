"""Models of the telemetry database: the readings."""

from dataforeman_schema.base import TsdbBase
from dataforeman_schema.tsdb.telemetry import SystemMetric, TagValue

__all__ = ["SystemMetric", "TagValue", "TsdbBase", "metadata"]

metadata = TsdbBase.metadata
