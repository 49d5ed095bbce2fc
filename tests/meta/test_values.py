"""Value sets: what types, checks and comments say of a column must agree."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import pytest
from sqlalchemy import CheckConstraint, Column

from dataforeman_schema.meta import (
    AUDIT_OUTCOMES,
    JOB_STATUSES,
    TAG_STATUSES,
    MetaBase,
    metadata,
)
from dataforeman_schema.tsdb import metadata as tsdb_metadata
from dataforeman_schema.types import one_of

BY_COLUMN = {
    f"{mapper.class_.__tablename__}.{mapper.attrs[name].columns[0].name}": values
    for mapper in MetaBase.registry.mappers
    for name, annotation in mapper.class_.__annotations__.items()
    for values in (
        annotation,
        *get_args(annotation),
        *get_args(get_args(annotation)[0]),
    )
    if get_origin(values) is Literal
}
KNOWN = {
    **{name: get_args(values) for name, values in BY_COLUMN.items()},
    "audit_events.outcome": AUDIT_OUTCOMES,
    "jobs.status": JOB_STATUSES,
    "tag_metadata.status": TAG_STATUSES,
}


def column(name: str) -> Column[Any]:
    """Find a column by "table.column"."""
    table, _, column = name.partition(".")
    return metadata.tables[table].c[column]


def test_types_and_server_agree() -> None:
    """A column is of a value set if, and only if, a check holds it to just that."""
    checks = {
        str(check.name): str(check.sqltext)
        for table in metadata.tables.values()
        for check in table.constraints
        if isinstance(check, CheckConstraint)
    }
    assert checks == {
        f"{name.replace('.', '_')}_check": str(
            one_of(column(name).name, values).sqltext
        )
        for name, values in BY_COLUMN.items()
    }


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_comment_names_every_value(name: str) -> None:
    """A column's comment names all values that are known of it."""
    comment = column(name).comment or ""
    assert [value for value in KNOWN[name] if value not in comment] == []


@pytest.mark.parametrize("name", sorted(BY_COLUMN))
def test_value_set_is_stored_as_text(name: str) -> None:
    """A value set is a Python type only: the column takes text."""
    assert column(name).type.python_type is str


def test_names_fit_into_postgresql() -> None:
    """No name is so long that PostgreSQL would cut it."""
    tables = [*metadata.tables.values(), *tsdb_metadata.tables.values()]
    named = [item for t in tables for item in (*t.constraints, *t.indexes, *t.columns)]
    names = [table.name for table in tables] + [str(item.name) for item in named]
    assert [name for name in names if len(name.encode()) > 63] == []
