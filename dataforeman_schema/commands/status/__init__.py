"""What now exists in both databases, as the servers report it."""

from dataforeman_schema.commands.status.read import read_status, read_statuses
from dataforeman_schema.commands.status.show import show
from dataforeman_schema.commands.status.state import (
    Hypertable,
    Status,
    Step,
    Table,
    Unreachable,
)

__all__ = [
    "Hypertable",
    "Status",
    "Step",
    "Table",
    "Unreachable",
    "read_status",
    "read_statuses",
    "show",
]
