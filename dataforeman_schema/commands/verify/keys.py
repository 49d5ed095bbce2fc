"""Primary keys and their sequences, which Alembic's comparison passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.schema import AddConstraint

from dataforeman_schema.commands.verify.finding import Finding
from dataforeman_schema.commands.verify.offline import DIALECT, literal, quote
from dataforeman_schema.commands.verify.services import failure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, PrimaryKeyConstraint, Table

    from dataforeman_schema.commands.verify.subject import Subject

_KEYS: Final = """
SELECT relname AS "table", conname AS name, array(
  SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
  JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place
) AS columns
FROM pg_constraint JOIN pg_class AS c ON c.oid = conrelid
WHERE relnamespace = current_schema()::regnamespace AND contype = 'p'
"""
_COLUMNS: Final = """
SELECT table_name AS "table", column_name AS "column", column_default AS "default"
FROM information_schema.columns WHERE table_schema = current_schema()
"""


def check_keys(subject: Subject) -> Iterator[Finding]:
    """Find primary keys that are not as declared, and serial columns without one."""
    keys = {row.table: (row.name, list(row.columns)) for row in subject.rows(_KEYS)}
    defaults = {(row.table, row.column): row.default for row in subject.rows(_COLUMNS)}
    for table in subject.metadata.sorted_tables:
        if table.name in subject.tables:
            yield from _check_key(table, keys.get(table.name))
            yield from _check_serial(table, defaults)


def _check_key(table: Table, live: tuple[str, list[str]] | None) -> Iterator[Finding]:
    key = table.primary_key
    if not key.columns or live == (key.name, [column.name for column in key.columns]):
        return
    yield Finding(
        "primary-key",
        f"constraint {key.name} on table {table.name}",
        f"the primary key is {_words(live)}",
        f"rows can be there twice; then {failure(table.name)}",
        "\n".join(_replace(key, None if live is None else live[0])),
    )


def _words(live: tuple[str, list[str]] | None) -> str:
    return f"{live[0]} ({', '.join(live[1])})" if live else "missing"


def _replace(key: PrimaryKeyConstraint, live: str | None) -> Iterator[str]:
    if live is not None:
        yield f"ALTER TABLE {quote(key.table.name)} DROP CONSTRAINT {quote(live)};"
    # Isolated, as it would be by default, create_all() would no longer make it.
    add = AddConstraint(key, isolate_from_table=False)
    yield f"{add.compile(dialect=DIALECT)};"


def _check_serial(
    table: Table, defaults: dict[tuple[str, str], str | None]
) -> Iterator[Finding]:
    column = table.autoincrement_column
    if column is None or column.server_default is not None:
        return
    key = (table.name, column.name)
    if key in defaults and "nextval(" not in (defaults[key] or ""):
        yield Finding(
            "primary-key",
            f"column {column.name} of table {table.name}",
            "it is no longer filled from its sequence",
            f"new rows are refused: {failure(table.name)}",
            _number(table, column),
        )


def _number(table: Table, column: Column[int]) -> str:
    name, field = quote(table.name), quote(column.name)
    bare = f"{table.name}_{column.name}_seq"
    sequence, kind = quote(bare), column.type.compile(DIALECT)
    number = literal(sequence)
    return (
        f"CREATE SEQUENCE IF NOT EXISTS {sequence} AS {kind} OWNED BY {name}.{field};\n"
        f"ALTER TABLE {name} ALTER COLUMN {field} SET DEFAULT nextval({number});\n"
        f"SELECT setval({number}, coalesce(max({field}), 0) + 1, false) FROM {name};"
    )
