"""What is found in a database that is broken on a connection, and on no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.autogenerate import produce_migrations
from alembic.runtime.migration import MigrationContext

from dataforeman_schema.alembic_env.comparison import comparison
from dataforeman_schema.commands.context import VerifyContext
from dataforeman_schema.commands.verify.checks import check

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dataforeman_schema.commands.findings import Finding, Note
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings
    from tests.catalog.breakages import ObjectBreakage


def verify_on(
    connection: Connection, database: Database, settings: ConnectionSettings
) -> list[Finding | Note]:
    """Find what `verify` finds, in the transaction of a connection."""
    return list(check(VerifyContext(database, settings, connection, 60)))


def check_on(connection: Connection, database: Database) -> list[object]:
    """Find what `alembic check` fails on, in the transaction of a connection."""
    opts = comparison(database)
    context = MigrationContext.configure(connection, opts=opts)
    script = produce_migrations(context, opts["target_metadata"])
    return [] if script.upgrade_ops is None else list(script.upgrade_ops.as_diffs())


def names(found: Finding | Note, breakage: ObjectBreakage) -> bool:
    """Tell whether something that is found is about what was broken."""
    words = f"{found.where} {found.what}"
    return any(name in words for name in (breakage.name, breakage.table) if name)
