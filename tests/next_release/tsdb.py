"""What the next release adds to the telemetry database: columns and a hypertable."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from dataforeman_schema.base import TsdbBase
from dataforeman_schema.timescale import Hypertable
from dataforeman_schema.types import timestamp_now


class NextTable(TsdbBase):
    """A further hypertable.

    Written and read by the core API.
    """

    __tablename__ = "next_table"
    __table_args__ = (
        Hypertable("ts", chunk_interval=timedelta(days=1)),
        {"comment": "What the next release measures."},
    )

    ts: Mapped[timestamp_now] = mapped_column(
        primary_key=True, comment="When it was measured (UTC instant)."
    )


for mapper in TsdbBase.registry.mappers:
    model: Any = mapper.class_
    model.next_column = mapped_column(Text, comment="A note; NULL: there is none.")
