"""Primary keys and their sequences, which Alembic's comparison passes over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.schema import AddConstraint

from dataforeman_schema.commands.verify.conflicts import say_duplicates
from dataforeman_schema.commands.verify.finding import Finding, Step
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


_Key = tuple[str, list[str]]
"""A primary key's name and columns."""


def check_keys(subject: Subject) -> Iterator[Finding]:
    """Find primary keys that are not as declared, and serial columns without one."""
    keys = {row.table: (row.name, list(row.columns)) for row in subject.rows(_KEYS)}
    defaults = {(row.table, row.column): row.default for row in subject.rows(_COLUMNS)}
    for table in subject.metadata.sorted_tables:
        if table.name in subject.tables:
            yield from _check_key(subject, table.primary_key, keys.get(table.name))
            yield from _check_serial(table, defaults)


def _check_key(
    subject: Subject, key: PrimaryKeyConstraint, live: _Key | None
) -> Iterator[Finding]:
    columns = [column.name for column in key.columns]
    if not columns or live == (key.name, columns):
        return
    table, renamed = key.table.name, live is not None and live[1] == columns
    what = [f"the primary key is {_words(live)}"]
    why = "no service fails; a release that changes it by its name does"
    if not renamed:
        what += say_duplicates(subject, table, columns)
        why = f"rows can be there twice; then {failure(table)}"
    yield Finding(
        "primary-key",
        f"constraint {key.name} on table {table}",
        "; ".join(what),
        why,
        "\n".join(_replace(key, live, renamed=renamed)),
        step=Step.KEYS,
    )


def _words(live: _Key | None) -> str:
    return f"{live[0]} ({', '.join(live[1])})" if live else "missing"


def _replace(
    key: PrimaryKeyConstraint, live: _Key | None, *, renamed: bool
) -> Iterator[str]:
    alter = f"ALTER TABLE {quote(key.table.name)}"
    if live is not None and renamed:  # foreign keys may depend on it
        yield f"{alter} RENAME CONSTRAINT {quote(live[0])} TO {quote(str(key.name))};"
        return
    if live is not None:
        yield f"{alter} DROP CONSTRAINT {quote(live[0])};"
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
            step=Step.KEYS,
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
