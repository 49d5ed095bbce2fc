"""The rows that every installation has: how code names them, how to tell them.

What else is in these rows says the revision that adds them, written from the values
that a row has here, and afterwards the operator, who may change all but what identifies
a row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, and_, exists, or_, select

from dataforeman_schema.meta.auth import Role, User
from dataforeman_schema.meta.collection import Connection, PollGroup, Tag, Unit

ADMIN = "admin"
VIEWER = "viewer"
ROLES = (VIEWER, ADMIN)

SYSTEM_USER_ID = UUID(int=0)
SYSTEM_USER_EMAIL = "system@dataforeman.local"

POLL_GROUP_IDS = range(1, 11)
DEFAULT_POLL_GROUP_ID = 5

SYSTEM_CONNECTION_NAME = "System"
SYSTEM_METRICS = (
    *("cpu_load1", "cpu_cap", "cpu_pct", "cpu_host_pct"),
    *("mem_used_bytes", "mem_limit_bytes", "mem_pct"),
    *("disk_used_bytes", "disk_size_bytes", "disk_pct"),
    *("net_rx_bps", "net_tx_bps", "last_flush_count", "last_flush_ms"),
    *("connectivity_groups", "worst_eff_ms", "worst_target_ms", "worst_eff_ratio"),
    "total_lock_wait_ms",
)
"""Paths of the tags of the System connection."""

# A list a category: name = symbol. Either half is enough to tell a unit.
_UNITS = {
    "Temperature": "Degrees Celsius=°C, Degrees Fahrenheit=°F, Kelvin=K",
    "Pressure": "Pascal=Pa, Kilopascal=kPa, Bar=bar, Millibar=mbar, PSI=psi, "
    "Atmosphere=atm",
    "Flow": "Liters per second=L/s, Liters per minute=L/min, "
    "Cubic meters per hour=m³/h, Cubic feet per minute=CFM, Gallons per minute=GPM",
    "Level": "Millimeter=mm, Centimeter=cm, Meter=m, Inch=in, Foot=ft, Percent=%",
    "Electrical": "Volt=V, Millivolt=mV, Ampere=A, Milliampere=mA, Watt=W, "
    "Kilowatt=kW, Megawatt=MW, Volt-Ampere=VA, Kilovolt-Ampere=kVA, Ohm=Ω, Hertz=Hz",
    "Speed": "Meters per second=m/s, Kilometers per hour=km/h, Miles per hour=mph, "
    "RPM=rpm",
    "Mass": "Gram=g, Kilogram=kg, Tonne=t, Pound=lb, Ounce=oz",
    "Volume": "Milliliter=mL, Liter=L, Cubic meter=m³, Gallon=gal, Cubic foot=ft³",
    "Time": "Second=s, Minute=min, Hour=h",
    "Dimensionless": "Count=count, Boolean=bool, Percentage=%, Parts per million=ppm",
}


@dataclass(frozen=True)
class SeedRow:
    """One row that every installation has.

    Attributes:
        table: Name of its table.
        name: What people call it; an operator may have given it another name since.
        present: The condition that the row, renamed or not, meets and no other does.
        values: What its columns hold, or a scalar subquery that finds it, in a new
            installation. A new row needs them; of one that revisions add already, what
            is said here and differs from that is changed.
    """

    table: str
    name: str
    present: ColumnElement[bool]
    values: Mapping[str, object] = field(default_factory=dict)


def find_missing(
    connection: sa.Connection,
    rows: Sequence[SeedRow] | None = None,
    *,
    schema: str | None = None,
) -> list[SeedRow]:
    """Look which of the rows are not in a database.

    Args:
        connection: A connection to a metadata database that has the rows' tables, and
            `connections`; read only.
        rows: Which rows to look for; None looks for all.
        schema: The schema of the tables; None leaves it to the search_path.

    Returns:
        The missing rows, empty if all are there.
    """
    rows = SEED if rows is None else rows
    query = select(*(exists().where(r.present) for r in rows))
    options = {"schema_translate_map": {None: schema}} if schema else {}
    found = connection.execute(query, execution_options=options).one()
    return [row for row, there in zip(rows, found, strict=True) if not there]


def _unit(category: str, entry: str) -> SeedRow:
    name, symbol = entry.split("=")
    same_symbol = and_(Unit.category == category, Unit.symbol == symbol)
    return SeedRow("units_of_measure", name, or_(Unit.name == name, same_symbol))


def _metric(path: str) -> SeedRow:
    system = select(Connection.id).where(_IS_SYSTEM)
    same_tag = and_(Tag.tag_path == path, Tag.driver_type == "SYSTEM")
    return SeedRow("tag_metadata", path, and_(same_tag, Tag.connection_id.in_(system)))


_IS_SYSTEM = or_(Connection.is_system_connection, Connection.type == "system")

SEED = (
    *(SeedRow("roles", name, Role.name == name) for name in ROLES),
    SeedRow(
        "users",
        SYSTEM_USER_EMAIL,
        or_(User.id == SYSTEM_USER_ID, User.email == SYSTEM_USER_EMAIL),
    ),
    *(SeedRow("poll_groups", f"{n}", PollGroup.group_id == n) for n in POLL_GROUP_IDS),
    *(_unit(category, u) for category, us in _UNITS.items() for u in us.split(", ")),
    SeedRow(
        "connections",
        SYSTEM_CONNECTION_NAME,
        or_(_IS_SYSTEM, Connection.name == SYSTEM_CONNECTION_NAME),
    ),
    *(_metric(path) for path in SYSTEM_METRICS),
)
"""Every row, in the order in which they refer to one another."""
