"""Are the rows there that every installation has?"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import Column
from sqlalchemy.sql.visitors import iterate

from dataforeman_schema.commands.verify.finding import Finding, Step
from dataforeman_schema.commands.verify.offline import written
from dataforeman_schema.commands.verify.services import failure
from dataforeman_schema.databases import META
from dataforeman_schema.meta.seed import SEED, SeedRow, find_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import Operations

    from dataforeman_schema.commands.verify.subject import Subject

_TABLES = dict.fromkeys(row.table for row in SEED)


def check_seed(subject: Subject) -> Iterator[Finding]:
    """Find rows that are missing; one that an operator renamed is there."""
    if subject.database is not META:
        return
    missing: dict[str, list[str]] = defaultdict(list)
    for row in _find_missing(subject):
        missing[row.table].append(row.name)
    for table, names in missing.items():
        yield Finding(
            "seed",
            f"table {table}",
            f"it lacks {len(names)} of the rows that every installation has: "
            f"{', '.join(names)}",
            failure(table),
            "\n".join(seed_statements(subject)[table]),
            step=Step.LAST,
        )


def seed_statements(subject: Subject) -> dict[str, list[str]]:
    """Write the statements that add the rows which are missing, as revisions do.

    Returns:
        The statements by table; running one again adds nothing.
    """
    if subject.database is not META:
        return {}
    scripts = [subject.script.get_revision(name) for name in subject.line]

    def run(_operations: Operations) -> None:
        for script in scripts:
            script.module.upgrade()

    found: dict[str, list[str]] = defaultdict(list)
    for statement in written(subject.database, run):
        for table in _TABLES:
            if statement.startswith(f"INSERT INTO {table} "):
                found[table].append(statement)
    return found


def _find_missing(subject: Subject) -> list[SeedRow]:
    """Look for the rows; those of a table that is missing come with the table."""
    rows = [row for row in SEED if _columns(row) <= subject.columns]
    found = find_missing(subject.connection, rows) if rows else []
    if "connections" in subject.tables:
        return found
    tags = subject.tables & {"tag_metadata"}
    return [*found, *(row for row in SEED if row.table in tags)]


def _columns(row: SeedRow) -> set[tuple[str, str]]:
    """Name the columns that tell whether the row is there."""
    return {
        (it.table.name, it.name)
        for it in iterate(row.present)
        if isinstance(it, Column)
    }
