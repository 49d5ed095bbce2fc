"""Writing the declarations of what a database has, beside models that exist."""

from __future__ import annotations

import keyword
import re
from collections import defaultdict
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import singledispatch
from textwrap import indent
from typing import TYPE_CHECKING, Any, Final

from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData, Table, TableClause, TextClause

from . import render
from .aggregate_index import AggregateIndex
from .catalog import read
from .declaration import Absent, registry
from .interval import Months
from .name_set import NameSet
from .notes import undeclared
from .order import OrderBy
from .partitioning import HashDimension
from .reflect import declare_all
from .sparse_index import SparseIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Connection

    from .catalog import Catalog

_LINE: Final = 80
_ABOUT_TABLES: Final = "# In __table_args__ of {!r}, or as arguments of its Table."
_ABOUT_AGGREGATES: Final = (
    "# Aggregates come after the models; `metadata` is theirs, such as Base.metadata."
)
_ABOUT_JOBS: Final = (
    "# Jobs run procedures that must be there first; `metadata` is that of the models."
)


def scaffold(connection: Connection) -> str:
    """Write declarations of all that TimescaleDB makes of a database.

    They are Python, to be pasted beside models of the tables: a tuple of features for
    each hypertable, then the continuous aggregates and the jobs of somebody's own
    procedures. ``alembic check`` of the result finds no difference. What no declaration
    can say, such as a paused policy, is in comments at the end.

    Args:
        connection: A connection that may read the catalog; nothing is written.

    Returns:
        The text; it uses `metadata` where there are aggregates or jobs.

    Raises:
        DeclarationError: The database has what no declaration can say at all.
    """
    catalog = read(connection)
    metadata = declare_all(catalog)
    context = AutogenContext(MigrationContext.configure(dialect_name="postgresql"))
    context.imports = set()
    parts = [*_tables(context, metadata), *_aggregates(context, metadata)]
    parts += [*_jobs(context, metadata), *_left_out(catalog, metadata)]
    imports = [_imports(context.imports)] if context.imports else []
    return "\n\n".join([*imports, *parts]) + "\n"


def _tables(context: AutogenContext, metadata: MetaData) -> Iterator[str]:
    names: set[str] = set()
    for key, table in metadata.tables.items():
        features = registry(metadata).features(table)
        lines = "".join(
            indent(_value(item, context), "    ") + ",\n" for item in features
        )
        about = _ABOUT_TABLES.format(str(key))
        yield f"{about}\n{_free_name(table, names)} = (\n{lines})"


def _free_name(table: Table, taken: set[str]) -> str:
    """Make a name for the features of a table that Python and no other table has."""
    whole = f"{table.schema}_{table.name}" if table.schema else table.name
    plain = re.sub(r"[^A-Za-z0-9_]", "_", whole).lower() + "_features"
    name = plain if plain.isidentifier() else f"_{plain}"
    while name in taken or keyword.iskeyword(name):
        name += "_"
    taken.add(name)
    return name


def _aggregates(context: AutogenContext, metadata: MetaData) -> Iterator[str]:
    for number, declared in enumerate(registry(metadata).aggregates.values()):
        about = "" if number else f"{_ABOUT_AGGREGATES}\n"
        yield about + _value(declared, context)


def _jobs(context: AutogenContext, metadata: MetaData) -> Iterator[str]:
    for number, declared in enumerate(registry(metadata).jobs):
        about = "" if number else f"{_ABOUT_JOBS}\n"
        yield about + _value(declared, context)


def _left_out(catalog: Catalog, metadata: MetaData) -> list[str]:
    found = [f"{it.relation.name}: {it.text}" for it in undeclared(catalog, metadata)]
    lines = [f"#   {' '.join(line.split())}" for line in found]
    return ["\n".join(["# Not declared:", *lines])] if lines else []


@singledispatch
def _value(item: Any, context: AutogenContext) -> str:  # noqa: ANN401
    """Write a declaration, or what one is made of, as Python."""
    if is_dataclass(item):
        return _call(context, item, _arguments(context, item))
    return render.value(context, item)


@_value.register
def _(_item: MetaData, _context: AutogenContext) -> str:
    return "metadata"


@_value.register
def _(item: Absent, context: AutogenContext) -> str:
    for name in (type(item).__name__, item.feature.__name__):
        context.imports.add(f"from {__package__} import {name}")
    return repr(item)


@_value.register
def _(item: Months, context: AutogenContext) -> str:
    return render.value(context, item)


@_value.register
def _(item: OrderBy, _context: AutogenContext) -> str:
    return repr(str(item))


@_value.register
def _(item: SparseIndex, _context: AutogenContext) -> str:
    return repr(str(item))


@_value.register
def _(item: AggregateIndex, context: AutogenContext) -> str:
    given = item.arguments()
    positional = [given.pop("index_name"), *(given.pop("columns") or ())]  # type: ignore[misc]
    named = [f"{key}={value!r}" for key, value in given.items() if value is not None]
    return _call(context, item, [*map(repr, positional), *named])


@_value.register
def _(item: HashDimension, context: AutogenContext) -> str:
    return _call(context, item, [_value(part, context) for part in item])


@_value.register
def _(item: NameSet, context: AutogenContext) -> str:
    return _call(context, item, [repr(name) for name in item.names])


@_value.register
def _(item: TextClause, context: AutogenContext) -> str:
    context.imports.add("from sqlalchemy import text")
    lines = "".join(f"    {line!r}\n" for line in item.text.splitlines(keepends=True))
    return f"text(\n{lines})"


@_value.register
def _(item: TableClause, context: AutogenContext) -> str:
    context.imports.add("from sqlalchemy import table")
    schema = getattr(item, "schema", None)
    more = [f"schema={str(schema)!r}"] if schema else []
    return _bracketed("table(", [repr(str(item.name)), *more], ")")


@_value.register
def _(item: list, context: AutogenContext) -> str:  # type: ignore[type-arg]
    return _bracketed("[", [_value(part, context) for part in item], "]")


@_value.register
def _(item: tuple, context: AutogenContext) -> str:  # type: ignore[type-arg]
    items = [_value(part, context) for part in item]
    return f"({items[0]},)" if len(items) == 1 else _bracketed("(", items, ")")


def _call(context: AutogenContext, item: object, arguments: list[str]) -> str:
    name = type(item).__name__
    context.imports.add(f"from {__package__} import {name}")
    return _bracketed(f"{name}(", arguments, ")")


def _arguments(context: AutogenContext, item: Any) -> list[str]:  # noqa: ANN401
    # A subclass may have the only fields that are given by position.
    ordered = sorted(fields(item), key=lambda field: bool(field.kw_only))
    given = ((field, getattr(item, field.name)) for field in ordered)
    return [
        _argument(field, value, _value(value, context))
        for field, value in given
        if field.default is MISSING or value not in (None, field.default)
    ]


def _argument(field: Field[Any], value: object, written: str) -> str:
    is_name = isinstance(value, (str, TextClause)) and field.default is MISSING
    return written if is_name else f"{field.name}={written}"


def _bracketed(before: str, items: list[str], after: str) -> str:
    line = f"{before}{', '.join(items)}{after}"
    if len(line) <= _LINE and "\n" not in line:
        return line
    lines = "".join(indent(item, "    ") + ",\n" for item in items)
    return f"{before}\n{lines}{after}"


def _imports(lines: Iterable[str]) -> str:
    names: dict[str, list[str]] = defaultdict(list)
    for line in sorted(lines):
        module, name = line.removeprefix("from ").split(" import ")
        names[module].append(name)
    standard = [_import(it, names[it]) for it in names if it == "datetime"]
    others = [_import(it, names[it]) for it in names if it != "datetime"]
    return "\n\n".join("\n".join(group) for group in (standard, others) if group)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= _LINE:
        return line
    return _bracketed(f"from {module} import (", names, ")")
