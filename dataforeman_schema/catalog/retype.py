"""Another type for a column whose values, and whose default, are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import Operations, ops
from sqlalchemy import ARRAY, DateTime, Float, Integer, Numeric, String
from sqlalchemy.dialects import postgresql

from dataforeman_schema.catalog.definitions import quote
from dataforeman_schema.catalog.named_types import is_enum

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.types import TypeEngine

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]


class RetypeOp(ops.AlterColumnOp):
    """Alters a column in the order in which the server does it."""

    @classmethod
    def of(cls, operation: ops.AlterColumnOp) -> RetypeOp:
        """Take an operation over."""
        retype = cls(operation.table_name, operation.column_name)
        retype.__dict__.update(operation.__dict__)
        return retype


@Operations.implementation_for(RetypeOp)
def _run(operations: Operations, op: RetypeOp) -> None:
    for part in parts(op):
        operations.invoke(part)


def parts(op: ops.AlterColumnOp) -> Iterator[ops.AlterColumnOp]:
    """Part what is altered at once: rows get a default before it is required.

    The default of a column is not cast with its values, so it goes and comes back.
    """
    names = op.table_name, op.column_name
    default = op.modify_server_default
    if op.modify_type is not None:
        if op.existing_server_default or default is not False:
            yield ops.AlterColumnOp(*names, modify_server_default=None)
            default = op.existing_server_default if default is False else default
        yield _typed(op)
    if default is not False and (default is not None or op.modify_type is None):
        yield ops.AlterColumnOp(*names, modify_server_default=default)
    if op.modify_nullable is not None:
        yield ops.AlterColumnOp(*names, modify_nullable=op.modify_nullable)
    if op.modify_comment is not False:
        yield ops.AlterColumnOp(*names, modify_comment=op.modify_comment)


def _typed(op: ops.AlterColumnOp) -> ops.AlterColumnOp:
    old, new = op.existing_type, op.modify_type
    typed = ops.AlterColumnOp(
        op.table_name, op.column_name, existing_type=old, modify_type=new
    )
    if new is not None and (using := _using(quote(op.column_name), old, new)):
        typed.kw["postgresql_using"] = using
    return typed


def _using(
    name: str, old: TypeEngine[object] | None, new: TypeEngine[object]
) -> str | None:
    """Write how values are cast where the server would not, or not as they are meant.

    Told to cast a text to a shorter one, it would cut it; untold it refuses to.
    """
    if isinstance(old, DateTime) and isinstance(new, DateTime):
        return f"{name} AT TIME ZONE 'UTC'" if old.timezone != new.timezone else None
    if is_enum(new):
        return f"{name}::text::{new.compile(_DIALECT)}"
    if isinstance(new, String) or (old and not crosses(old, new)):
        return None
    return f"{name}::{new.compile(_DIALECT)}"


def crosses(old: TypeEngine[object], new: TypeEngine[object]) -> bool:
    """Tell whether values of two types are not of one family, which compare."""
    if isinstance(old, ARRAY) and isinstance(new, ARRAY):
        return crosses(old.item_type, new.item_type)
    return _family(old) is not _family(new)


def _family(kind: TypeEngine[object]) -> object:
    family = kind._type_affinity  # noqa: SLF001 - as SQLAlchemy coerces values
    return Numeric if family in {Integer, Float} else family
