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

    from dataforeman_schema.commands.verify.subject import Subject

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
        declared = registry(subject.metadata).present(table, Hypertable)
        if declared and table.name in subject.tables - live:
            create = CreateHypertableOp(table.name, declared, migrate_data=True)
            yield Finding(
                "hypertable",
                f"table {table.name}",
                "it is a plain table, no hypertable; the remedy moves its rows into "
                "chunks, and nobody can use the table meanwhile",
                f"as it grows, {failure(table.name)}",
                "\n".join(sql(subject.database, [create])),
            )
