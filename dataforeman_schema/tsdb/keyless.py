"""Mapping a table that has no key."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn
from uuid import UUID, uuid4

from sqlalchemy import ColumnClause, FromClause, Uuid, event
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstanceState, Mapped, Mapper, column_property, declared_attr
from sqlalchemy.orm.exc import ObjectDeletedError
from sqlalchemy.sql.compiler import SQLCompiler


# Not ctid, which a row in the columnstore does not have.
class _RowKey(ColumnClause[UUID]):
    """A key that no row has: whenever a row is read, the server draws a new one."""

    inherit_cache = True

    def __init__(self, table: FromClause) -> None:
        super().__init__("row_key", Uuid())
        self.table = table


@compiles(_RowKey)
def _draw_key(_key: _RowKey, _compiler: SQLCompiler, **_kw: object) -> str:
    return "gen_random_uuid()"


class Keyless:
    """Mixin for rows without a key, which may be equal in every column.

    The ORM takes two rows with one key for the same object. Here every row that is
    added or read is an object of its own, so equal rows never become one; reading a
    row twice makes two objects. Neither the table nor its DDL knows of the key.

    A row that nothing identifies cannot be found again. Refreshing an object (also on
    access after a commit, unless the session has `expire_on_commit=False`, and to see
    what the server set) raises `sqlalchemy.orm.exc.ObjectDeletedError`; changing it and
    flushing raises `sqlalchemy.orm.exc.StaleDataError`. `insert()`, `update()` and
    `delete()` statements work as on any table. Many objects are inserted in batches.
    """

    if TYPE_CHECKING:  # at run time Declarative would make a column of it
        __table__: ClassVar[FromClause]
        row_key: Mapped[UUID]

    def __init__(self, **values: object) -> None:
        """Take values by column name, as every model does."""
        self.row_key = uuid4()
        super().__init__(**values)

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> Mapping[str, Any]:
        """Give the mapper a key that is not a column of the table."""
        key = _RowKey(cls.__table__)
        return {
            "primary_key": [key],
            "properties": {"row_key": column_property(key)},
            # What the server sets would have to be matched to its object, a row a time.
            "eager_defaults": False,
        }


@event.listens_for(Keyless, "after_mapper_constructed", propagate=True)
def _adapt(mapper: Mapper[Any], _model: type) -> None:
    """Say why an object cannot be read again, and insert many of them at once."""
    mapper.class_manager.expired_attribute_loader = _refuse
    # The key is no part of the table, so there is none to ask back, row by row.
    mapper._pk_keys_by_table = {mapper.local_table: frozenset()}  # noqa: SLF001


def _refuse(
    state: InstanceState[Any],
    toload: set[str],  # noqa: ARG001 - SQLAlchemy names them
    passive: object,  # noqa: ARG001
) -> NoReturn:
    raise ObjectDeletedError(
        state,
        f"a {state.class_.__name__} has no key, so what was written cannot be read "
        "again: keep what you need, or use a session with expire_on_commit=False",
    )
