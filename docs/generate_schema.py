"""Write docs/schema.md, the reference of every table, from the models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from dataforeman_schema.alembic_env.history import HISTORY
from dataforeman_schema.databases import DATABASES, Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table

TARGET = Path(__file__).parent / "schema.md"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def schema() -> str:
    """Write the whole reference as Markdown."""
    lines = [
        "# Schema reference",
        "",
        "Generated from the models by `make docs`; change those.",
    ]
    for database in DATABASES.values():
        lines += _database(database)
    lines += ["", "## Both databases", "", *_table(HISTORY)]
    return "\n".join(lines) + "\n"


def _database(database: Database) -> Iterator[str]:
    tables = database.metadata().sorted_tables
    yield from ("", f"## The {database.title}", "")
    for table in sorted(tables, key=lambda table: table.name):
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    yield from (f"### {table.name}", "", table.comment or "", "")
    yield "| column | type | default | meaning |"
    yield "|---|---|---|---|"
    yield from map(_column, table.columns)
    yield ""
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        action = f", on delete {key.ondelete.lower()}" if key.ondelete else ""
        yield f"- `{key.parent.name}` refers to `{key.target_fullname}`{action}"
    for index in sorted(table.indexes, key=lambda index: index.name or ""):
        ddl = str(CreateIndex(index).compile(dialect=_DIALECT))
        yield f"- `{ddl}`"
    yield ""


def _column(column: Column[object]) -> str:
    name = f"**{column.name}**" if column.primary_key else column.name
    type_ = column.type.compile(_DIALECT).lower() + (" null" if column.nullable else "")
    default = f"`{_default(column)}`" if column.server_default else ""
    return f"| {name} | {type_} | {default} | {column.comment or ''} |"


def _default(column: Column[object]) -> str:
    expression = getattr(column.server_default, "arg", "")
    return str(expression)


if __name__ == "__main__":
    TARGET.write_text(schema(), encoding="utf-8")
