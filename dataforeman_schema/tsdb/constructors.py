"""What the constructors of the models take, for type checkers.

Written by `make docs` from the models; change those.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from dataforeman_schema.types import timestamp_now


class SystemMetricArguments(TypedDict, total=False):
    """What `SystemMetric` takes."""

    ts: Required[datetime]
    metric_name: Required[str]
    value: Required[float]
    labels: dict[str, Any] | None
    ingested_at: timestamp_now | None


class TagValueArguments(TypedDict, total=False):
    """What `TagValue` takes."""

    connection_id: Required[UUID]
    tag_id: Required[int]
    ts: timestamp_now
    quality: int | None
    v_num: float | None
    v_text: str | None
    v_json: Any | None
