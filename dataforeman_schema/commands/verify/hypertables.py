"""Are the hypertables hypertables?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.offline import sql
from dataforeman_schema.commands.verify.services import failure
from dataforeman_schema.timescale import Hypertable
from dataforeman_schema.timescale.declaration import registry
from dataforeman_schema.timescale.hypertable import CreateHypertableOp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from dataforeman_schema.commands.verify.subject import Subject

_COMPARED: Final = "dataforeman.timescale"
_EXTENSION: Final = "SELECT FROM pg_extension WHERE extname = 'timescaledb'"
_HYPERTABLES: Final = """
SELECT hypertable_name FROM timescaledb_information.hypertables
WHERE hypertable_schema = current_schema()
"""


def check_hypertables(subject: Subject) -> Iterator[Finding]:
    """Find tables that are plain although the models declare a hypertable."""
    if not subject.database.needs_timescaledb or not subject.rows(_EXTENSION):
        return
    live = {row[0] for row in subject.rows(_HYPERTABLES)}
    for table in subject.metadata.sorted_tables:
        statements = creation(subject, table)
        if statements and table.name in subject.tables - live:
            yield Finding(
                "hypertable",
                f"table {table.name}",
                "it is a plain table, no hypertable; the remedy moves its rows into "
                "chunks, and nobody can use the table meanwhile",
                f"as it grows, {failure(table.name)}",
                "\n".join(statements),
            )


def creation(subject: Subject, table: Table) -> list[str]:
    """Write the statements that make a table the hypertable that it should be.

    Returns:
        Nothing if it should be none, or if Alembic's comparison writes them.
    """
    declared = registry(subject.metadata).present(table, Hypertable)
    if declared is None or _COMPARED in subject.database.plugins:
        return []
    create = CreateHypertableOp(table.name, declared, migrate_data=True)
    return sql(subject.database, [create])
