"""Are the rows there that every installation has?"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from sqlalchemy import Column, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.sql.visitors import iterate

from dataforeman_schema.alembic_env.home import schema
from dataforeman_schema.catalog.offline import written
from dataforeman_schema.commands.findings import LAST, Check, Finding
from dataforeman_schema.commands.services import failure
from dataforeman_schema.databases import META
from dataforeman_schema.meta.seed import SEED, SeedRow, find_missing

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from alembic.operations import Operations

    from dataforeman_schema.commands.context import VerifyContext

_INSERT: Final = re.compile(
    r"INSERT INTO \w+ \((.*?)\) (SELECT .*) ON CONFLICT DO NOTHING;", re.DOTALL
)
_FROM: Final = re.compile(rf"\b(FROM|JOIN) ({'|'.join(META.metadata().tables)})\b")
_TABLES = dict.fromkeys(row.table for row in SEED)


def check_seed(context: VerifyContext) -> Iterator[Finding]:
    """Find rows that are missing; one that an operator renamed is there."""
    if context.database is not META:
        return
    missing: dict[str, list[str]] = defaultdict(list)
    for row in _find_missing(context):
        missing[row.table].append(row.name)
    for table, names in missing.items():
        if not _can_add(context, table, missing):
            continue  # what an operator made has taken the place
        yield Finding(
            Check.SEED,
            f"table {table}",
            f"it lacks {len(names)} of the rows that every installation has: "
            f"{', '.join(names)}",
            failure(table),
            "\n".join(seed_statements(context)[table]),
            step=LAST,
        )


def _can_add(context: VerifyContext, table: str, missing: Container[str]) -> bool:
    """Tell whether the remedy adds anything, with what is there and what it adds."""
    awaited = {"connections", "poll_groups"}
    if table == "tag_metadata" and any(
        name in missing or name not in context.tables for name in awaited
    ):
        return True
    statements = seed_statements(context)[table]
    inserts = [_INSERT.match(each) for each in statements if each.startswith("INSERT")]
    return any(
        insert is None or context.count(_new_rows(context, table, *insert.groups()))
        for insert in inserts
    )


def _new_rows(context: VerifyContext, table: str, columns: str, select: str) -> str:
    """Write a query that counts the rows whose keys no other row has."""
    model = context.metadata.tables[table]
    given = set(columns.split(", "))
    keys = [
        [column.name for column in key.columns]
        for key in model.constraints
        if isinstance(key, (UniqueConstraint, PrimaryKeyConstraint))
    ]
    # A literal that INSERT gives the column's type is text in a subquery.
    taken = [
        f"SELECT FROM {context.home}.{table} AS old WHERE "
        + " AND ".join(f"old.{name}::text = new.{name}::text" for name in key)
        for key in keys
        if given.issuperset(key)
    ]
    free = "".join(f" AND NOT EXISTS ({query})" for query in taken)
    there = _FROM.sub(rf"\1 {context.home}.\2", select)
    return f"SELECT count(*) FROM ({there}) AS new WHERE true{free}"


def seed_statements(context: VerifyContext) -> dict[str, list[str]]:
    """Write the statements that add the rows which are missing, as revisions do.

    Returns:
        The statements by table; running them again adds nothing. Those that a later
        revision removes go again.
    """
    if context.database is not META:
        return {}

    def run(_operations: Operations) -> None:
        for script in context.scripts.values():
            script.module.upgrade()

    found: dict[str, list[str]] = defaultdict(list)
    for statement in written(run):
        for table in _TABLES:
            if statement.startswith((f"INSERT INTO {table} ", f"DELETE FROM {table} ")):
                found[table].append(statement)
    return found


def _find_missing(context: VerifyContext) -> list[SeedRow]:
    """Look for the rows; those of a table that is missing come with the table."""
    readable = {
        column
        for column in context.columns
        if column[0] not in context.untrusted_tables
    }
    rows = [row for row in SEED if _columns(row) <= readable]
    home = schema(context.connection)
    found = find_missing(context.connection, rows, schema=home) if rows else []
    if "connections" in context.tables:
        return found
    tags = context.tables & {"tag_metadata"}
    return [*found, *(row for row in SEED if row.table in tags)]


def _columns(row: SeedRow) -> set[tuple[str, str]]:
    """Name the columns that tell whether the row is there."""
    return {
        (column.table.name, column.name)
        for column in iterate(row.present)
        if isinstance(column, Column)
    }
