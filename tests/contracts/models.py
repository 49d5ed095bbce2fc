"""Copies of the models with other columns."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, MetaData, Table

from dataforeman_schema.databases import DATABASES


def changed(
    name: str, column: Column[Any] | None, *checks: CheckConstraint
) -> dict[str, MetaData]:
    """Copy the models with another column, or none, in the place of table.column.

    The CHECKs that are given take the place of the table's own.
    """
    return {
        tree: _copy(database.metadata(), name, column, checks)
        for tree, database in DATABASES.items()
    }


def _copy(
    metadata: MetaData,
    name: str,
    column: Column[Any] | None,
    checks: tuple[CheckConstraint, ...],
) -> MetaData:
    copy = MetaData()
    for table in metadata.tables.values():
        here = table.name == name.partition(".")[0]
        columns = [
            column if f"{table.name}.{each.name}" == name else _plain(each)
            for each in table.columns
        ]
        kept = checks if here and checks else _checks(table)
        Table(table.name, copy, *(each for each in columns if each is not None), *kept)
    return copy


def _plain(column: Column[Any]) -> Column[Any]:
    return Column(column.name, column.type, nullable=column.nullable)


def _checks(table: Table) -> tuple[CheckConstraint, ...]:
    return tuple(
        CheckConstraint(str(each.sqltext), info=dict(each.info))
        for each in table.constraints
        if isinstance(each, CheckConstraint)
    )
