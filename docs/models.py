"""What the generated documents say of the models."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql

from dataforeman_schema.databases import DATABASES, Database

if TYPE_CHECKING:
    from sqlalchemy import Column, Table
    from sqlalchemy.orm import Mapper

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def mapper_of(table: Table) -> Mapper[Any]:
    """Find the mapper of the model whose table it is."""
    for database in DATABASES.values():
        for model in vars(import_module(database.models)).values():
            if getattr(model, "__table__", None) is table:
                mapper: Mapper[Any] = inspect(model)
                return mapper
    raise LookupError(f"{table.name} has no model")


def domains(database: Database) -> dict[str, list[Table]]:
    """Sort the tables of a database by the modules of their models."""
    found: dict[str, list[Table]] = {}
    for table in database.metadata().sorted_tables:
        module = str(mapper_of(table).class_.__module__)
        found.setdefault(module.rpartition(".")[2], []).append(table)
    return dict(sorted(found.items()))


def described(table: Table) -> str:
    """Return what the module of a table's model says of itself."""
    return str(sys.modules[mapper_of(table).class_.__module__].__doc__).strip()


def type_of(column: Column[Any]) -> str:
    """Name the type of a column as PostgreSQL does, by its short names."""
    name = column.type.compile(DIALECT).lower()
    return name.replace("timestamp with time zone", "timestamptz")
