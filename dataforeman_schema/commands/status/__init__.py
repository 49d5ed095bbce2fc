"""What now exists in both databases, as the servers report it."""

from dataforeman_schema.commands.status.read import read_status, read_statuses
from dataforeman_schema.commands.status.show import show
from dataforeman_schema.commands.status.state import (
    HistoryStep,
    HypertableStatus,
    Status,
    Table,
    Unreachable,
)

__all__ = [
    "HistoryStep",
    "HypertableStatus",
    "Status",
    "Table",
    "Unreachable",
    "read_status",
    "read_statuses",
    "show",
]
