"""Are all tables there? A revision may show as run while its tables do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.catalog.fixes import fix_sql, set_aside
from dataforeman_schema.catalog.order import Phase
from dataforeman_schema.commands.findings import Check, Finding
from dataforeman_schema.commands.services import failure_without
from dataforeman_schema.commands.verify.seed import seed_statements

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.changes import Change
    from dataforeman_schema.catalog.snapshot import Properties
    from dataforeman_schema.commands.context import VerifyContext


_KINDS: Final = {
    "c": "TYPE",
    "f": "FOREIGN TABLE",
    "m": "MATERIALIZED VIEW",
    "S": "SEQUENCE",
    "v": "VIEW",
}
"""What may have a table's name, by `pg_class.relkind`."""


def check_tables(context: VerifyContext) -> Iterator[Finding]:
    """Find the tables that are missing although their revision shows as run."""
    for change in context.missing:
        table = str(change.table)
        kind = _KINDS.get(context.non_tables.get(table, ""))
        renamed = renamed_table(context, table)
        critical = table in context.database.critical_tables
        yield Finding(
            Check.CRITICAL_TABLE if critical else Check.TABLE,
            change.where,
            f"it does not exist, though {context.revision} shows as run; "
            f"{_remedy(kind, renamed)}",
            failure_without(context.database, table),
            "\n".join(_creation(context, change, kind, renamed)),
            step=Phase.TABLES,
        )


def _remedy(kind: str | None, renamed: str | None) -> str:
    moves = f"moves the {kind.lower()} of that name aside and " if kind else ""
    if renamed:
        return f"{renamed} is the same table: the remedy {moves}gives it its name back"
    return (
        f"the remedy {moves}makes it anew, without the rows that it may have had: "
        "restore those from a backup"
    )


def _creation(
    context: VerifyContext, change: Change, kind: str | None, renamed: str | None
) -> Iterator[str]:
    table = str(change.table)
    if kind:
        yield from set_aside(context, table, kind)
    if renamed:
        yield f"ALTER TABLE {quote(renamed)} RENAME TO {quote(table)};"
        return
    for part in context.changes:
        if part.table == table:
            yield from fix_sql(context, part)
    yield from seed_statements(context).get(table, [])


def renamed_table(context: VerifyContext, table: str) -> str | None:
    """Find a table that no revision made, and that is this one but for its name."""
    catalog = context.compared.catalog
    expected = _columns(catalog.expected["columns"], table)
    return next(
        (
            name
            for name in catalog.live["tables"]
            if not catalog.is_ours("tables", name)
            and _columns(catalog.live["columns"], name) == expected
        ),
        None,
    )


def _columns(columns: dict[str, Properties], table: str) -> list[tuple[str, ...]]:
    """List the columns of a table with what tells that it is the same."""
    return [
        (key.removeprefix(f"{table}."), column["type"], column["comment"])
        for key, column in columns.items()
        if column["table"] == table
    ]
