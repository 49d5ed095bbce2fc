"""The messages between the services, as Pydantic models.

They accept and refuse what the JSON Schemas in `spec/connectivity/schemas` do, which
services in other languages use. The extra `messages` brings Pydantic.
"""

from dataforeman_schema.messages.base import Message
from dataforeman_schema.messages.config import (
    Auth,
    ConnectionConfig,
    ConnectivityConfig,
)
from dataforeman_schema.messages.status import ConnectivityStatus, Stats
from dataforeman_schema.messages.telemetry import (
    Point,
    Source,
    TelemetryBatch,
    TelemetryWrite,
    WriteRequest,
)

MESSAGES: dict[str, type[Message]] = {
    "connectivity.config@v1": ConnectivityConfig,
    "connectivity.status@v1": ConnectivityStatus,
    "telemetry.batch@v1": TelemetryBatch,
    "telemetry.write@v1": TelemetryWrite,
}
"""The model of each message, by the constant in its field `schema`."""

__all__ = [
    "MESSAGES",
    "Auth",
    "ConnectionConfig",
    "ConnectivityConfig",
    "ConnectivityStatus",
    "Message",
    "Point",
    "Source",
    "Stats",
    "TelemetryBatch",
    "TelemetryWrite",
    "WriteRequest",
]
