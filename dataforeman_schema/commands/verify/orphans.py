"""Rows that refer to what does not exist, where a foreign key is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.verify.offline import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations.ops import CreateForeignKeyOp

    from dataforeman_schema.commands.verify.subject import Subject


def count_orphans(subject: Subject, key: CreateForeignKeyOp) -> int:
    """Count the rows that a foreign key would not let be.

    Args:
        subject: The database; the referring table is there.
        key: What creates the foreign key.
    """
    rows = _dangling(key) if _is_comparable(subject, key) else _filled(key)
    source = quote(str(key.source_table))
    return subject.count(f"SELECT count(*) FROM {source} WHERE {rows}")


def say_orphans(subject: Subject, key: CreateForeignKeyOp) -> Iterator[str]:
    """Say how many rows refer to nothing, and what the remedy does to them."""
    if count := count_orphans(subject, key):
        settled = any(settle_orphans(subject, key))
        yield (
            f"rows that refer to what does not exist: {count}; "
            + ("the remedy treats them as the key would have done: " if settled else "")
            + "restore what they refer to if there is a backup"
            + ("" if settled else ", or the remedy fails")
        )


def settle_orphans(subject: Subject, key: CreateForeignKeyOp) -> Iterator[str]:
    """Write what the key's own rule does to rows when what they refer to goes.

    Yields:
        A statement; none if by its rule what they refer to could not have gone, or
        if it is there and lost but what tells it apart.
    """
    if key.referent_table in subject.tables and not _is_comparable(subject, key):
        return
    source = quote(str(key.source_table))
    rule = (key.kw.get("ondelete") or "").upper()
    if rule == "CASCADE":
        yield f"DELETE FROM {source} WHERE {_dangling(key)};"
    elif rule == "SET NULL":
        nulls = ", ".join(f"{quote(column)} = NULL" for column in key.local_cols)
        yield f"UPDATE {source} SET {nulls} WHERE {_dangling(key)};"


def _is_comparable(subject: Subject, key: CreateForeignKeyOp) -> bool:
    columns = {(key.referent_table, column) for column in key.remote_cols}
    return columns <= subject.columns


def _filled(key: CreateForeignKeyOp) -> str:
    source = quote(str(key.source_table))
    return " AND ".join(f"{source}.{quote(it)} IS NOT NULL" for it in key.local_cols)


def _dangling(key: CreateForeignKeyOp) -> str:
    source, target = quote(str(key.source_table)), quote(str(key.referent_table))
    same = " AND ".join(
        f"referent.{quote(there)} = {source}.{quote(here)}"
        for here, there in zip(key.local_cols, key.remote_cols, strict=True)
    )
    found = f"SELECT FROM {target} AS referent WHERE {same}"
    return f"{_filled(key)} AND NOT EXISTS ({found})"
