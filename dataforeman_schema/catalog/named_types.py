"""Enums and domains in columns of Alembic's operations, which must not make them again.

SQLAlchemy makes a named type with each table that uses it; a revision makes each once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import ops
from sqlalchemy import ARRAY, Column, Enum
from sqlalchemy.dialects.postgresql import DOMAIN, ENUM

if TYPE_CHECKING:
    from alembic.operations import MigrateOperation
    from sqlalchemy.types import TypeEngine


def is_enum(kind: object) -> bool:
    """Tell whether a type is an enum that the server knows as such."""
    return isinstance(kind, Enum) and kind.native_enum and bool(kind.name)


def as_existing(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """Take a type as one that the server has already.

    Returns:
        A type that never makes itself; the same one if it has no name of its own.
    """
    if isinstance(kind, ARRAY) and (item := as_existing(kind.item_type)) is not (
        kind.item_type
    ):
        return ARRAY(item, dimensions=kind.dimensions)
    if isinstance(kind, Enum) and is_enum(kind):
        return ENUM(*kind.enums, name=kind.name, create_type=False)
    if isinstance(kind, DOMAIN):
        return DOMAIN(str(kind.name), kind.data_type, create_type=False)
    return kind


def expect_types(operation: MigrateOperation) -> None:
    """Let an operation, and its reverse, expect the types of the columns it makes."""
    match operation:
        case ops.CreateTableOp():
            operation.columns = [_existing(item) for item in operation.columns]
        case ops.AddColumnOp():
            operation.column = _existing(operation.column)
        case ops.DropTableOp(_reverse=ops.CreateTableOp() as reverse):
            expect_types(reverse)
        case ops.DropColumnOp(_reverse=ops.AddColumnOp() as reverse):
            expect_types(reverse)
        case ops.AlterColumnOp():
            for side in ("existing_type", "modify_type"):
                if kind := getattr(operation, side):
                    setattr(operation, side, as_existing(kind))


def _existing(item: Any) -> Any:  # noqa: ANN401 - a column, or what else a table has
    if not isinstance(item, Column) or (kind := as_existing(item.type)) is item.type:
        return item
    copy = item._copy()  # noqa: SLF001 - as Alembic does
    copy.type = kind
    return copy
