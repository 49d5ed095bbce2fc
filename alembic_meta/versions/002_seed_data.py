"""The rows that every installation has.

Upgrading adds the rows that are missing and leaves those that are there as they are,
changed by an operator or not. Downgrading removes the rows that are still as they were
added and that no row of another table refers to; it does not look at readings, which
are in the other database.

Revision ID: meta_002
Revises: meta_001
Created: 2026-11-22
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import insert

revision = "meta_002"
down_revision = "meta_001"
branch_labels = None
depends_on = None

ROLES = [("viewer",), ("admin",)]
SYSTEM_USER = {
    "id": UUID("00000000-0000-0000-0000-000000000000"), "email": "system@dataforeman.local",
    "display_name": "System", "is_active": True,
}
POLL_GROUPS = [
    (1, "Ultra Fast", 50, "Critical real-time control (50ms)"),
    (2, "Very Fast", 100, "High-speed monitoring (100ms)"),
    (3, "Fast", 250, "Fast process control (250ms)"),
    (4, "Normal", 500, "Standard monitoring (500ms)"),
    (5, "Standard", 1000, "Default polling rate (1s)"),
    (6, "Slow", 2000, "Slow changing values (2s)"),
    (7, "Very Slow", 5000, "Infrequent updates (5s)"),
    (8, "Diagnostic", 10000, "Equipment diagnostics (10s)"),
    (9, "Hourly", 60000, "Hourly statistics (1min)"),
    (10, "Custom", 30000, "Custom/flexible rate (30s)"),
]
UNITS = {
    "Temperature": {
        "Degrees Celsius": "°C", "Degrees Fahrenheit": "°F", "Kelvin": "K",
    },
    "Pressure": {
        "Pascal": "Pa", "Kilopascal": "kPa", "Bar": "bar", "Millibar": "mbar",
        "PSI": "psi", "Atmosphere": "atm",
    },
    "Flow": {
        "Liters per second": "L/s", "Liters per minute": "L/min",
        "Cubic meters per hour": "m³/h", "Cubic feet per minute": "CFM",
        "Gallons per minute": "GPM",
    },
    "Level": {
        "Millimeter": "mm", "Centimeter": "cm", "Meter": "m", "Inch": "in",
        "Foot": "ft", "Percent": "%",
    },
    "Electrical": {
        "Volt": "V", "Millivolt": "mV", "Ampere": "A", "Milliampere": "mA", "Watt": "W",
        "Kilowatt": "kW", "Megawatt": "MW", "Volt-Ampere": "VA",
        "Kilovolt-Ampere": "kVA", "Ohm": "Ω", "Hertz": "Hz",
    },
    "Speed": {
        "Meters per second": "m/s", "Kilometers per hour": "km/h",
        "Miles per hour": "mph", "RPM": "rpm",
    },
    "Mass": {"Gram": "g", "Kilogram": "kg", "Tonne": "t", "Pound": "lb", "Ounce": "oz"},
    "Volume": {
        "Milliliter": "mL", "Liter": "L", "Cubic meter": "m³", "Gallon": "gal",
        "Cubic foot": "ft³",
    },
    "Time": {"Second": "s", "Minute": "min", "Hour": "h"},
    "Dimensionless": {
        "Count": "count", "Boolean": "bool", "Percentage": "%",
        "Parts per million": "ppm",
    },
}
METRICS = {
    "cpu_load1": "CPU Load (1min)", "cpu_cap": "CPU Capacity", "cpu_pct": "CPU Usage %",
    "cpu_host_pct": "CPU Host %", "mem_used_bytes": "Memory Used (bytes)",
    "mem_limit_bytes": "Memory Limit (bytes)", "mem_pct": "Memory Usage %",
    "disk_used_bytes": "Disk Used (bytes)", "disk_size_bytes": "Disk Size (bytes)",
    "disk_pct": "Disk Usage %", "net_rx_bps": "Network RX (bps)",
    "net_tx_bps": "Network TX (bps)", "last_flush_count": "Last Flush Count",
    "last_flush_ms": "Last Flush Time (ms)",
    "connectivity_groups": "Connectivity Groups",
    "worst_eff_ms": "Worst Efficiency (ms)", "worst_target_ms": "Worst Target (ms)",
    "worst_eff_ratio": "Worst Efficiency Ratio",
    "total_lock_wait_ms": "Total Lock Wait (ms)",
}
SYSTEM_CONNECTION = {
    "name": "System", "type": "system", "enabled": True, "is_system_connection": True,
}
METRIC = {
    "driver_type": "SYSTEM", "data_type": "REAL", "is_subscribed": True,
    "status": "active", "metadata": '{"source": "system_metrics"}',
}


def table(name: str, texts: str, **others: type) -> sa.TableClause:
    """Name a table and those of its columns that are used here, the text ones first."""
    columns = dict.fromkeys(texts.split(), sa.Text) | others
    return sa.table(name, *(sa.column(column, type_) for column, type_ in columns.items()))


def seed(target: sa.TableClause, columns: str, rows: list[tuple[object, ...]]) -> sa.Values:
    """Make rows for a table readable in a query."""
    typed = (sa.column(column, target.c[column].type) for column in columns.split())
    return sa.values(*typed, name="seed").data(rows)


roles = table("roles", "name", id=sa.Integer)
users = table("users", "email display_name", id=sa.Uuid, is_active=sa.Boolean)
groups = table("poll_groups", "name description", group_id=sa.Integer, poll_rate_ms=sa.Integer, is_active=sa.Boolean)
units = table("units_of_measure", "category name symbol", id=sa.Integer, is_system=sa.Boolean)
connections = table("connections", "name type", id=sa.Uuid, enabled=sa.Boolean, is_system_connection=sa.Boolean,
                    created_at=sa.DateTime, updated_at=sa.DateTime)
tags = table("tag_metadata", "driver_type tag_path tag_name data_type status metadata", connection_id=sa.Uuid,
             is_subscribed=sa.Boolean, created_at=sa.DateTime, updated_at=sa.DateTime)

new_roles = seed(roles, "name", ROLES)
new_groups = seed(groups, "group_id name poll_rate_ms description", POLL_GROUPS)
new_units = seed(units, "category name symbol", [(c, *unit) for c, named in UNITS.items() for unit in named.items()])
new_tags = seed(tags, "tag_path tag_name", list(METRICS.items()))
is_system = connections.c.is_system_connection | (connections.c.type == "system")


def upgrade() -> None:
    """Add the rows that are missing."""
    add(roles, sa.select(new_roles), roles.c.name == new_roles.c.name)
    add(users, constants(users, SYSTEM_USER), users.c.id == SYSTEM_USER["id"])
    add(groups, sa.select(new_groups), groups.c.group_id == new_groups.c.group_id)
    same_symbol = (units.c.category == new_units.c.category) & (units.c.symbol == new_units.c.symbol)
    add(units, sa.select(new_units), (units.c.name == new_units.c.name) | same_symbol)  # renamed, it is still there
    add(connections, constants(connections, SYSTEM_CONNECTION), is_system | (connections.c.name == "System"))
    system = sa.select(connections.c.id.label("connection_id")).where(is_system)
    system = system.order_by(connections.c.created_at).limit(1).subquery("system")
    same_tag = (tags.c.connection_id == system.c.connection_id) & (tags.c.tag_path == new_tags.c.tag_path)
    metrics = constants(tags, METRIC).add_columns(*system.c, *new_tags.c).join_from(system, new_tags, sa.true())
    add(tags, metrics, same_tag & (tags.c.driver_type == "SYSTEM"))


def downgrade() -> None:
    """Remove the rows that are as they were added and that nothing refers to."""
    # Nobody may begin to refer to a row between the look and the removal.
    op.execute("LOCK TABLE tag_metadata, connections, units_of_measure, poll_groups, roles, users IN EXCLUSIVE MODE")
    untouched = tags.c.updated_at == tags.c.created_at
    system = sa.select(connections.c.id).where(is_system)
    remove(tags, exists(new_tags, same(tags, new_tags)), equal(tags, METRIC), untouched, tags.c.connection_id.in_(system))
    untouched = connections.c.updated_at == connections.c.created_at
    remove(connections, equal(connections, SYSTEM_CONNECTION), untouched,
           *unreferenced(connections.c.id, "tag_metadata.connection_id", "eip_tag_cache.connection_id"))
    remove(units, exists(new_units, same(units, new_units)), units.c.is_system, *unreferenced(units.c.id, "tag_metadata.unit_id"))
    remove(groups, exists(new_groups, same(groups, new_groups)), groups.c.is_active,
           *unreferenced(groups.c.group_id, "tag_metadata.poll_group_id"))
    remove(roles, exists(new_roles, same(roles, new_roles)), *unreferenced(roles.c.id, "user_roles.role_id"))
    remove(users, equal(users, SYSTEM_USER), *unreferenced(
        users.c.id, "auth_identities.user_id", "user_roles.user_id", "user_permissions.user_id", "sessions.user_id",
        "audit_events.actor_user_id", "chart_folders.user_id", "chart_configs.user_id", "dashboard_folders.user_id",
        "dashboard_configs.user_id"))


def add(target: sa.TableClause, rows: sa.Select, present: sa.ColumnElement[bool]) -> None:
    """Insert the rows that are not present and whose unique values nobody took."""
    names = list(rows.selected_columns.keys())
    missing = rows.where(~exists(target, present))
    op.execute(insert(target).from_select(names, missing).on_conflict_do_nothing())


def remove(target: sa.TableClause, *conditions: sa.ColumnElement[bool]) -> None:
    """Delete the rows that meet all conditions."""
    op.execute(sa.delete(target).where(*conditions))


def constants(target: sa.TableClause, values: dict[str, object]) -> sa.Select:
    """Select values without a table."""
    return sa.select(*(sa.literal(v, target.c[k].type).label(k) for k, v in values.items()))


def exists(rows: sa.FromClause, condition: sa.ColumnElement[bool]) -> sa.Exists:
    """Ask whether some row meets a condition on it and the row outside."""
    return sa.exists().select_from(rows).where(condition)


def same(target: sa.TableClause, rows: sa.Values) -> sa.ColumnElement[bool]:
    """Compare a table with the seed, column by column."""
    return sa.and_(*(target.c[column.name] == column for column in rows.c))


def equal(target: sa.TableClause, values: dict[str, object]) -> sa.ColumnElement[bool]:
    """Compare a table with single values."""
    return sa.and_(*(target.c[name] == value for name, value in values.items()))


def unreferenced(key: sa.ColumnClause, *references: str) -> list[sa.ColumnElement[bool]]:
    """Ask that no row refers to the key from the columns ("table.column") given."""
    pairs = (reference.split(".") for reference in references)
    columns = (sa.table(name, sa.column(column)).c[column] for name, column in pairs)
    return [~exists(column.table, column == key) for column in columns]
