"""Rows that are in the way of a remedy, or that it would change: counted and said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import ops
from sqlalchemy import Float, Integer, Numeric, String

from dataforeman_schema.alembic_env.history import OWN_TABLES
from dataforeman_schema.commands.verify.offline import DIALECT, quote
from dataforeman_schema.commands.verify.orphans import say_orphans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Column

    from dataforeman_schema.commands.verify.subject import Subject


def conflicts(subject: Subject, operation: MigrateOperation) -> Iterator[str]:
    """Say which rows an operation cannot do with, and what becomes of them.

    Args:
        subject: The database; read only.
        operation: Brings one object to what the models say.

    Yields:
        Clauses that end the sentence which says what is wrong.
    """
    match operation:
        case ops.CreateForeignKeyOp():
            yield from say_orphans(subject, operation)
        case ops.CreateUniqueConstraintOp():
            table, columns = operation.table_name, operation.columns
            yield from say_duplicates(subject, str(table), map(str, columns))
        case ops.CreateIndexOp() if operation.unique:
            index = operation.to_index()
            names = [column.name for column in index.columns]
            yield from say_duplicates(subject, operation.table_name, names)
        case ops.CreateCheckConstraintOp():
            yield from _refused(subject, operation)
        case ops.AddColumnOp():
            yield from _values(subject, operation)
        case ops.AlterColumnOp():
            yield from _altered(subject, operation)


def say_duplicates(
    subject: Subject, table: str, columns: Iterable[str]
) -> Iterator[str]:
    """Say how many values are there more than once that a key would keep apart."""
    names = [quote(name) for name in columns]
    filled = " AND ".join(f"{name} IS NOT NULL" for name in names)
    groups = (
        f"SELECT FROM {quote(table)} WHERE {filled}"
        f" GROUP BY {', '.join(names)} HAVING count(*) > 1"
    )
    if count := subject.count(f"SELECT count(*) FROM ({groups}) AS twice"):
        yield (
            f"values of ({', '.join(names)}) that are there more than once: {count}; "
            "the remedy fails until one row of each is left"
        )


def is_filled_by_hand(subject: Subject, operation: ops.AddColumnOp) -> bool:
    """Tell whether rows need values for a new column that nothing but people know."""
    column = declared(subject, operation)
    drawn = column is column.table.autoincrement_column
    known = column.nullable or column.server_default is not None or drawn
    return not known and _any_row(subject, operation.table_name)


def declared(
    subject: Subject, operation: ops.AddColumnOp | ops.AlterColumnOp
) -> Column[object]:
    """Find the column in the models, or in the migrations' own tables."""
    table = {**OWN_TABLES, **subject.metadata.tables}[operation.table_name]
    if isinstance(operation, ops.AddColumnOp):
        return table.c[operation.column.name]
    return table.c[operation.column_name]


def _any_row(subject: Subject, table: str) -> bool:
    return bool(subject.rows(f"SELECT FROM {quote(table)} LIMIT 1"))


def _refused(subject: Subject, check: ops.CreateCheckConstraintOp) -> Iterator[str]:
    condition = check.to_constraint().sqltext.compile(
        dialect=DIALECT, compile_kwargs={"literal_binds": True}
    )
    rows = f"SELECT count(*) FROM {quote(check.table_name)} WHERE NOT ({condition})"
    if count := subject.count(rows):
        yield f"rows that break it: {count}; the remedy fails until they are changed"


def _values(subject: Subject, operation: ops.AddColumnOp) -> Iterator[str]:
    column = declared(subject, operation)
    if is_filled_by_hand(subject, operation):
        yield (
            "its values can come from a backup only: fill them in before the last "
            "statement of the remedy, which fails until every row has one"
        )
    elif column.primary_key and _any_row(subject, operation.table_name):
        yield (
            "the remedy gives the rows new values, which other rows do not refer to: "
            "restore the old ones if there is a backup"
        )


def _altered(subject: Subject, operation: ops.AlterColumnOp) -> Iterator[str]:
    column = declared(subject, operation)
    table, name = quote(operation.table_name), quote(operation.column_name)
    count = f"SELECT count(*) FROM {table} WHERE "
    if operation.modify_type is not None:
        for condition, fate in _misfits(name, operation):
            if rows := subject.count(count + condition):
                yield f"rows whose value does not fit: {rows}; {fate}"
    if operation.modify_nullable is False and column.server_default is None:
        rows = subject.count(f"{count} {name} IS NULL")
        if rows:
            yield f"rows without a value: {rows}; the remedy fails until they have one"


def _misfits(name: str, operation: ops.AlterColumnOp) -> Iterator[tuple[str, str]]:
    old, new = operation.existing_type, operation.modify_type
    fails = "the remedy fails until they are changed"
    if isinstance(new, String) and new.length is not None:
        yield f"char_length(rtrim({name}::text)) > {new.length}", fails
    elif isinstance(new, Integer) and isinstance(old, String):
        yield rf"{name} !~ '^\s*[-+]?[0-9]+\s*$'", fails
    elif isinstance(new, Integer) and isinstance(old, (Float, Numeric)):
        yield (
            f"trunc({name}::numeric) <> {name}::numeric",
            "the remedy rounds them: back them up",
        )
