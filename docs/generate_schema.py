"""Write docs/schema.md, the reference of every table, from the models."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from dataforeman_schema.alembic_env.history import HISTORY
from dataforeman_schema.base import MetaBase, TsdbBase
from dataforeman_schema.contracts.mapping import MAPPING
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.meta.triggers import TRIGGERS
from dataforeman_schema.timescale.ddl import column_compiler
from dataforeman_schema.timescale.declaration import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Mapper, RelationshipProperty

TARGET: Final = Path(__file__).parent / "schema.md"
WHOLE: Final = "whole"
"""The picture of all tables."""
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]
_BEGIN: Final = """\
# Schema reference

Generated from the models by `make docs`; change those.

The key of a table is in bold. In the pictures a line leads to the table that refers to
the other, and its end is split where many rows may refer to one; a dashed line is a
reference into the other database, which no foreign key holds. Of a table that belongs
to another picture, and in that of the whole, only keys are shown.

No relationship is loaded with its row. A plain session loads it when it is first read;
one of `async_sessions` raises `MissingGreenlet` instead: give the loader that stands
beside the relationship to the select, as the [cookbook](cookbook.md) does, or read it
by `await row.awaitable_attrs.name`."""


def schema() -> str:
    """Write the whole reference as Markdown."""
    lines = [_BEGIN, "", _picture(WHOLE, "All tables and their keys")]
    for database in DATABASES.values():
        lines += _database(database)
    lines += ["", "## Both databases", "", "### schema_history", ""]
    lines += [HISTORY.comment or "", "", *_columns(HISTORY)]
    return "\n".join(lines) + "\n"


def mapper_of(table: Table) -> Mapper[Any]:
    """Find the mapper of the model whose table it is."""
    mappers = (*MetaBase.registry.mappers, *TsdbBase.registry.mappers)
    [mapper] = [each for each in mappers if each.local_table is table]
    return mapper


def domains(database: Database) -> dict[str, list[Table]]:
    """Sort the tables of a database by the modules of their models."""
    found: dict[str, list[Table]] = {}
    for table in database.metadata().sorted_tables:
        if table.is_view:
            continue
        module = str(mapper_of(table).class_.__module__)
        found.setdefault(module.rpartition(".")[2], []).append(table)
    return dict(sorted(found.items()))


def type_of(column: Column[Any]) -> str:
    """Name the type of a column as PostgreSQL does, by its short names."""
    name = column.type.compile(_DIALECT).lower()
    return name.replace("timestamp with time zone", "timestamptz")


def _picture(name: str, text: str) -> str:
    return f"[![{text}](pictures/{name}.svg)](pictures/{name}.svg)"


def _database(database: Database) -> Iterator[str]:
    yield from ("", f"## The {database.title}")
    for domain, tables in domains(database).items():
        module = sys.modules[mapper_of(tables[0]).class_.__module__]
        yield from ("", f"### {domain}", "", str(module.__doc__).strip(), "")
        yield _picture(domain, f"Tables of {domain}")
        for table in sorted(tables, key=lambda table: table.name):
            yield from _table(table)
    yield from _listed("Views", _views(database))


def _views(database: Database) -> Iterator[str]:
    for view in sorted(database.metadata().tables.values(), key=lambda it: it.name):
        if view.is_view:
            yield f"`{view.name}` ({', '.join(view.columns.keys())})"


def _table(table: Table) -> Iterator[str]:
    model = mapper_of(table).class_
    package = model.__module__.rpartition(".")[0]
    yield from ("", f"#### {table.name}", "", f"`{package}.{model.__name__}`", "")
    yield from (str(model.__doc__).replace("\n    ", "\n").strip(), "")
    yield from _columns(table)
    yield from _relationships(table)
    yield from _listed("Constraints", _constraints(table))
    yield from _listed("Indexes", _indexes(table))
    yield from _listed("Triggers", _triggers(table))
    yield from _listed("TimescaleDB", _features(table))
    yield from _listed("In messages", _messages(table))


def _columns(table: Table) -> Iterator[str]:
    yield "| column | type | default | meaning |"
    yield "|---|---|---|---|"
    yield from map(_column, table.columns)


def _column(column: Column[object]) -> str:
    name = f"**{column.name}**" if column.primary_key else column.name
    type_ = type_of(column) + (" null" if column.nullable else "")
    default = getattr(column.server_default, "arg", "")
    shown = f"`{default}`" if column.server_default else ""
    return f"| {name} | {type_} | {shown} | {column.comment or ''} |"


def _relationships(table: Table) -> Iterator[str]:
    relationships = mapper_of(table).relationships
    if relationships:
        yield from ("", "| relationship | leads to | loaded by |", "|---|---|---|")
        yield from map(_relationship, relationships)


def _relationship(relationship: RelationshipProperty[object]) -> str:
    to = f"`{relationship.mapper.class_.__name__}`"
    deleted = ", deleted with it" if relationship.cascade.delete else ""
    many = f"many {to}{deleted}" if relationship.uselist else f"one {to}"
    load = "selectinload" if relationship.uselist else "joinedload"
    path = f"{relationship.parent.class_.__name__}.{relationship.key}"
    return f"| {relationship.key} | {many} | `{load}({path})` |"


def _listed(title: str, statements: Iterator[str]) -> Iterator[str]:
    if lines := [f"- {statement}" for statement in statements]:
        yield from ("", f"{title}:", "", *lines)


def _constraints(table: Table) -> Iterator[str]:
    definitions = map(column_compiler().process, table.constraints)
    for definition in sorted(filter(None, definitions)):
        name, _, rest = definition.removeprefix("CONSTRAINT ").partition(" ")
        yield f"`{name}`: `{rest}`"


def _indexes(table: Table) -> Iterator[str]:
    for index in sorted(table.indexes, key=lambda index: index.name or ""):
        yield f"`{CreateIndex(index).compile(dialect=_DIALECT)}`"


def _triggers(table: Table) -> Iterator[str]:
    for trigger in TRIGGERS:
        if trigger.table == table.name:
            yield f"`{trigger.create}`"


def _features(table: Table) -> Iterator[str]:
    """Show the statements that make what TimescaleDB has of a table."""
    for feature in registry(table.metadata).features(table):
        for statement in feature.creation(table.name, None):
            yield f"`{statement.sql()}`"


def _messages(table: Table) -> Iterator[str]:
    for field in MAPPING:
        for column in field.columns:
            owner, _, name = column.name.partition(".")
            if owner == table.name:
                yield f"`{name}`: `{field.path}` of `{field.message}`"


if __name__ == "__main__":
    TARGET.write_text(schema(), encoding="utf-8")
