"""A database before its revisions are followed: may it be upgraded, how big is it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from dataforeman_schema.alembic_env.drift import DRIFT, check_drift
from dataforeman_schema.alembic_env.extension_state import read_extension
from dataforeman_schema.alembic_env.guards import check_recorded, check_writable
from dataforeman_schema.alembic_env.revisions import scripts
from dataforeman_schema.alembic_env.session import open_session
from dataforeman_schema.commands.migrate import reported
from dataforeman_schema.commands.plan.live import Live, read_live, unless_locked
from dataforeman_schema.commands.plan.places import PLANNING
from dataforeman_schema.databases import LOCK_HOLDERS_QUERY
from dataforeman_schema.settings import timescaledb_is_optional

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from dataforeman_schema.alembic_env.extension_state import Extension
    from dataforeman_schema.commands.upgrade import DatabaseUpgrade
    from dataforeman_schema.databases import Database

_NOT_COMPARED: Final = (
    "another session has locked a table, so the database was not compared with what "
    "{} makes; the upgrade waits, compares, and refuses what differs"
)


@dataclass(frozen=True)
class Preflight:
    """What is known of a database before its revisions are followed.

    Attributes:
        live: How big its tables are.
        extension: Its TimescaleDB; None where it needs none.
        warnings: What to know beforehand.
    """

    live: Live
    extension: Extension | None
    warnings: tuple[str, ...]

    @property
    def timescaledb(self) -> str | None:
        """The version that revisions use; None: they do without."""
        if self.extension is None or not self.extension.is_usable:
            return None
        return self.extension.installed or self.extension.available

    @property
    def plain(self) -> list[str]:
        """The tables that an upgrade makes hypertables of at its end."""
        if self.extension is None or not self.extension.came_later:
            return []
        return sorted(self.extension.plain)


def check_database(work: DatabaseUpgrade, current: str | None, drift: str) -> Preflight:
    """Refuse what an upgrade refuses once it has the migration lock; read the rest.

    Args:
        work: The database.
        current: The revision that it is at; None: at none.
        drift: What an upgrade would do with one that is not what its revision makes.

    Raises:
        SchemaError: Why the upgrade would refuse it.
    """
    with open_session(work.settings, PLANNING) as connection:
        extension = _check(connection, work.database)
        warnings: list[str] = []
        if current and drift != "allow":
            refuse = drift == "refuse"
            compare = (connection, work.database, current, extension)
            with reported(DRIFT, warnings.append):
                warnings += _check_drift(*compare, refuse=refuse)
        with connection.begin():
            warnings += _other_migrations(connection)
            live = read_live(connection)
    return Preflight(live, extension, tuple(warnings))


def _check(connection: Connection, database: Database) -> Extension | None:
    known = {script.revision for script in scripts(database)}
    check_recorded(connection, database, known)
    check_writable(connection, database)
    extension = None
    if database.needs_timescaledb:
        extension = read_extension(connection, database)
        extension.check(database, optional=timescaledb_is_optional())
    connection.commit()
    return extension


def _check_drift(
    connection: Connection,
    database: Database,
    current: str,
    extension: Extension | None,
    *,
    refuse: bool,
) -> list[str]:
    if current == scripts(database)[-1].revision:
        return []  # an upgrade has nothing to build on it

    def compare() -> bool:
        check_drift(connection, database, current, extension, refuse=refuse)
        return True

    return [] if unless_locked(compare) else [_NOT_COMPARED.format(current)]


def _other_migrations(connection: Connection) -> Iterator[str]:
    for holder in connection.execute(text(LOCK_HOLDERS_QUERY)).mappings():
        yield (
            "another migration is at work: pid {pid} ({application}, connected since "
            "{since})".format_map(holder)
        )
