"""What DataForeman measures: the values of tags, and itself."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from dataforeman_schema.base import TsdbBase
from dataforeman_schema.timescale import Columnstore, Hypertable, Tunable
from dataforeman_schema.tsdb.keyless import Keyless
from dataforeman_schema.types import json_value, timestamp_now

if TYPE_CHECKING:
    from typing import Unpack

    from dataforeman_schema.tsdb.constructors import (
        SystemMetricArguments,
        TagValueArguments,
    )

ONE_DAY = timedelta(days=1)


class TagValue(TsdbBase):
    """One reading of a tag; the ingestor writes it, charts and the core API read it.

    A reading has its value in one of the three value columns. connection_id and
    tag_id are keys of connections and tag_metadata in the metadata database: no
    foreign key reaches there.

    Written by the ingestor; read by the core API.
    """

    __tablename__ = "tag_values"

    connection_id: Mapped[UUID] = mapped_column(
        primary_key=True, comment="Connection that the tag was read through."
    )
    tag_id: Mapped[int] = mapped_column(
        primary_key=True, comment="Tag that was read (tag_metadata.tag_id)."
    )
    ts: Mapped[timestamp_now] = mapped_column(
        primary_key=True, comment="When the value was read (UTC instant)."
    )
    quality: Mapped[int | None] = mapped_column(
        SmallInteger,
        comment="Quality code that the driver gave; NULL: it gave none.",
    )
    v_num: Mapped[float | None] = mapped_column(
        comment="Value of a number, in the tag's unit; of a boolean, 0 or 1."
    )
    v_text: Mapped[str | None] = mapped_column(comment="Value of a text.")
    v_json: Mapped[Any | None] = mapped_column(
        json_value(), comment="Value of an array or structure."
    )

    __table_args__ = (
        Hypertable("ts", chunk_interval=ONE_DAY, default_indexes=False),
        Columnstore(
            segment_by=("connection_id", "tag_id"),
            order_by=("ts DESC",),
            after=Tunable(7 * ONE_DAY),
        ),
        Index("idx_tag_values_tag_ts", tag_id, ts.desc()),
        Index("idx_tag_values_ts", ts.desc()),
        {"comment": "Readings of tags over time."},
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[TagValueArguments]) -> None: ...


class SystemMetric(Keyless, TsdbBase):
    """One measurement of DataForeman itself; services write it, diagnostics read it.

    Rows that share ts and metric_name are distinct measurements.

    Written by every service; read by the core API.
    """

    __tablename__ = "system_metrics"

    ts: Mapped[datetime] = mapped_column(comment="When it was measured (UTC instant).")
    metric_name: Mapped[str] = mapped_column(
        comment="What was measured, such as cpu_pct; the name tells the unit."
    )
    value: Mapped[float] = mapped_column(
        comment="The measurement, in the unit that the name ends in (pct, bytes, ms)."
    )
    labels: Mapped[dict[str, Any] | None] = mapped_column(
        server_default=text("'{}'"),
        comment="Where it was measured, such as service and host.",
    )
    ingested_at: Mapped[timestamp_now | None] = mapped_column(
        comment="When the row was written (UTC instant)."
    )

    __table_args__ = (
        Hypertable("ts", chunk_interval=ONE_DAY, default_indexes=False),
        Index("idx_system_metrics_name_ts", metric_name, ts.desc()),
        {"comment": "Measurements of DataForeman itself over time."},
    )

    if TYPE_CHECKING:

        def __init__(self, **values: Unpack[SystemMetricArguments]) -> None: ...

    def __repr__(self) -> str:
        """Show what the row is about: it has no key."""
        loaded = self.__dict__
        about = f"ts={loaded.get('ts')!r}, metric_name={loaded.get('metric_name')!r}"
        return f"SystemMetric({about})"
