"""Rows that refer to what does not exist, where a foreign key is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.catalog.definitions import quote, unquoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.catalog.live import LiveSchema
    from dataforeman_schema.catalog.operation import ObjectOp
    from dataforeman_schema.catalog.snapshot import Properties


def say_orphans(live: LiveSchema, operation: ObjectOp) -> Iterator[str]:
    """Say how many rows refer to nothing, and what the remedy does to them."""
    key = _foreign_key(operation)
    if key and (count := _count_orphans(live, key)):
        settled = any(settle_orphans(live, operation))
        yield (
            f"rows that refer to what does not exist: {count}; "
            + ("the remedy treats them as the key would have done: " if settled else "")
            + "restore what they refer to if there is a backup"
            + ("" if settled else ", or the remedy fails")
        )


def settle_orphans(live: LiveSchema, operation: ObjectOp) -> Iterator[str]:
    """Write what the key's own rule does to rows when what they refer to goes.

    Yields:
        A statement; none if no row is concerned, if by the key's rule what they refer
        to could not have gone, or if that is there and lost but what tells it apart.
    """
    key = _foreign_key(operation)
    if key is None or not _count_orphans(live, key):
        return
    if unquoted(key["referent"]) in live.tables and not _comparable(live, key):
        return
    source, rows = quote(key["table"]), _dangling(key, f"{key['referent']} AS referent")
    if key["on_delete"] == "c":
        yield f"DELETE FROM {source} WHERE {rows};"
    elif key["on_delete"] == "n":
        nulls = ", ".join(f"{quote(column)} = NULL" for column in key["columns"])
        yield f"UPDATE {source} SET {nulls} WHERE {rows};"


def _foreign_key(operation: ObjectOp) -> Properties | None:
    expected = operation.expected
    if operation.kind != "constraints" or expected is None or expected["type"] != "f":
        return None
    return expected


def _count_orphans(live: LiveSchema, key: Properties) -> int:
    referent = live.place(key["referent"], "referent")
    rows = _dangling(key, referent) if _comparable(live, key) else _filled(key)
    source = live.place(quote(key["table"]))
    return live.count(f"SELECT count(*) FROM {source} WHERE {rows}")


def _comparable(live: LiveSchema, key: Properties) -> bool:
    table = unquoted(key["referent"])
    return {(table, column) for column in key["referent_columns"]} <= live.columns


def _filled(key: Properties) -> str:
    columns = (f"{quote(key['table'])}.{quote(name)}" for name in key["columns"])
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)


def _dangling(key: Properties, referent: str) -> str:
    pairs = zip(key["columns"], key["referent_columns"], strict=True)
    same = " AND ".join(
        f"referent.{quote(there)} = {quote(key['table'])}.{quote(here)}"
        for here, there in pairs
    )
    found = f"SELECT FROM {referent} WHERE {same}"
    return f"{_filled(key)} AND NOT EXISTS ({found})"
