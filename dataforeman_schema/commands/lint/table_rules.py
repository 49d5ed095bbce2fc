"""What holds of tables that have rows already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from alembic.operations import ops

from dataforeman_schema.commands.lint.rule import Hit, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column

    from dataforeman_schema.commands.lint.rule import Subject


def _check_required_column(subject: Subject) -> Iterator[Hit]:
    for line, op in subject.recording.called(ops.AddColumnOp):
        if op.table_name not in subject.created and _lacks_value(op.column):
            name = f"{op.table_name}.{op.column.name}"
            yield Hit(line, f"{name} is NOT NULL without a default", op.table_name)


def _lacks_value(column: Column[Any]) -> bool:
    has_value = column.server_default or column.computed or column.identity
    return not (column.nullable or has_value)


RULES: Final = (
    Rule(
        "required-column",
        "it fails on a table that has rows, and old services cannot insert any more",
        "give it a server_default, or add it nullable, fill it, and require it in the "
        "next release",
        _check_required_column,
    ),
)
"""The rules of this family."""
