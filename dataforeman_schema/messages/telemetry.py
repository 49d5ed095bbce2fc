"""Values that were read from devices, and values to write to them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dataforeman_schema.messages.base import (
    Closed,
    Count,
    DateTime,
    DriverName,
    Identifier,
    Integer,
    Message,
    Omittable,
    Value,
)


class Source(Closed):
    """What the values of a batch were read through (tag_values.connection_id)."""

    connection_id: Identifier
    driver: DriverName
    version: Omittable[str] = None


class Point(Closed):
    """One reading: a row of tag_values.

    A number is stored in v_num, a text in v_text, a boolean as 0 or 1 in v_num; `q` is
    its quality. `src_ts` is when the device says it was measured, and is not stored.
    """

    tag_id: Count
    ts: DateTime
    v: Value
    q: Omittable[Integer] = None
    src_ts: Omittable[DateTime] = None


class TelemetryBatch(Message):
    """telemetry.batch@v1: what a driver read. The ingestor drops one that is not valid.

    Read the field `schema` as `schema_`.
    """

    schema_: Literal["telemetry.batch@v1"] = Field(alias="schema")
    source: Source
    points: Annotated[list[Point], Field(min_length=1)]


class WriteRequest(Closed):
    """A value to write to a tag (tag_metadata.tag_id)."""

    tag_id: Count
    v: Value
    ts: Omittable[DateTime] = None


class TelemetryWrite(Message):
    """telemetry.write@v1: values to write to devices.

    Read the field `schema` as `schema_`.
    """

    schema_: Literal["telemetry.write@v1"] = Field(alias="schema")
    requests: Annotated[list[WriteRequest], Field(min_length=1)]
