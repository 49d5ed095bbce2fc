"""Which service fails without a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

_FAILS: Final = {
    "users auth_identities roles user_roles sessions": (
        "the core API cannot sign anybody in"
    ),
    "user_permissions": "the core API refuses or grants the wrong rights",
    "connections poll_groups tag_metadata": (
        "the connectivity service cannot read what to poll"
    ),
    "units_of_measure": "the core API cannot show tags with their units",
    "chart_configs chart_folders": "the core API cannot load or save charts",
    "dashboard_configs dashboard_folders": (
        "the core API cannot load or save dashboards"
    ),
    "system_settings": "the core API cannot read its settings",
    "audit_events": "the core API cannot record what users do",
    "jobs": "the core service runs no background jobs",
    "eip_device_cache eip_tag_cache": (
        "the connectivity service cannot browse EtherNet/IP devices"
    ),
    "tag_values": "the ingestor cannot write readings and charts show none",
    "system_metrics": "the core service cannot record or show its diagnostics",
}
_BY_TABLE: Final = {
    table: fails for tables, fails in _FAILS.items() for table in tables.split()
}


def failure(table: str | None) -> str:
    """Say what goes wrong where a table does not do its duty.

    Args:
        table: Its name; one that the schema does not have fails nobody.
    """
    return _BY_TABLE.get(table or "", "no service uses it")


def failure_without(database: Database, table: str) -> str:
    """Say what goes wrong where a table does not exist."""
    if table in database.critical_tables:
        error = f'relation "{table}" does not exist'
        return f"the connectivity service does not start: {error}"
    return failure(table)
