"""Are all tables there? A revision may show as run while its tables do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.commands.verify import triggers
from dataforeman_schema.commands.verify.finding import Finding, Step
from dataforeman_schema.commands.verify.mending import set_aside
from dataforeman_schema.commands.verify.offline import sql
from dataforeman_schema.commands.verify.seed import seed_statements
from dataforeman_schema.commands.verify.services import failure_without

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table

    from dataforeman_schema.commands.verify.subject import Subject


_KINDS: Final = {
    "c": "TYPE",
    "f": "FOREIGN TABLE",
    "m": "MATERIALIZED VIEW",
    "S": "SEQUENCE",
    "v": "VIEW",
}
"""What may have a table's name, by `pg_class.relkind`."""


def check_tables(subject: Subject) -> Iterator[Finding]:
    """Find the tables that are missing although the database is at head."""
    at = ", ".join(subject.recorded)
    for table in _missing(subject):
        critical = table.name in subject.database.critical_tables
        yield Finding(
            "critical-table" if critical else "table",
            f"table {table.name}",
            f"it does not exist, though {at} shows as run; {_fate(subject, table)}",
            failure_without(subject.database, table.name),
            "\n".join(_creation(subject, table)),
            step=Step.TABLES,
        )


def _fate(subject: Subject, table: Table) -> str:
    kind = _KINDS.get(subject.others.get(table.name, ""))
    moves = f"moves the {kind.lower()} of that name aside and " if kind else ""
    return (
        f"the remedy {moves}makes it anew, without the rows that it may have had: "
        "restore those from a backup"
    )


def _missing(subject: Subject) -> list[Table]:
    tables = subject.metadata.sorted_tables
    return [table for table in tables if table.name in subject.missing_tables]


def _creation(subject: Subject, table: Table) -> Iterator[str]:
    if kind := _KINDS.get(subject.others.get(table.name, "")):
        yield from set_aside(subject, table.name, kind)
    for change in subject.changes:
        if change.table == table.name:
            yield from sql(subject.database, change.operations)
    yield from triggers.creation(subject.database, table.name)
    yield from seed_statements(subject).get(table.name, [])
