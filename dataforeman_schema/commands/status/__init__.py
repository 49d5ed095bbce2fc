"""What now exists in both databases, as the servers report it."""

from dataforeman_schema.commands.status.disk_size import disk_bytes
from dataforeman_schema.commands.status.read import (
    Limits,
    read_status,
    read_statuses,
)
from dataforeman_schema.commands.status.show import show
from dataforeman_schema.commands.status.state import (
    HistoryStep,
    HypertableStatus,
    Status,
    Table,
    Unreachable,
)
from dataforeman_schema.commands.status.watch import watch

__all__ = [
    "HistoryStep",
    "HypertableStatus",
    "Limits",
    "Status",
    "Table",
    "Unreachable",
    "disk_bytes",
    "read_status",
    "read_statuses",
    "show",
    "watch",
]
