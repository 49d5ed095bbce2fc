"""What the connectivity service tells of connections."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dataforeman_schema.messages.base import (
    Closed,
    DateTime,
    Identifier,
    Message,
    Number,
    Omittable,
)


class Stats(Closed):
    """How a connection has done: uptime in s, requests a second, counts."""

    uptime_s: Omittable[Number] = None
    rps: Omittable[Number] = None
    errors: Omittable[Number] = None
    reconnects: Omittable[Number] = None
    last_seen_ts: Omittable[DateTime] = None


class ConnectivityStatus(Message):
    """connectivity.status@v1: how a connection (connections.id) is.

    Read the field `schema` as `schema_`.
    """

    schema_: Literal["connectivity.status@v1"] = Field(alias="schema")
    id: Identifier
    state: Literal["disconnected", "connecting", "connected", "error"]
    reason: Omittable[str] = None
    stats: Omittable[Stats] = None
