"""How a model declares TimescaleDB features, and where the declarations are kept.

They are kept on ``MetaData.info``: Alembic writes ``Table.info`` into migrations.
``Table.to_metadata()`` copies columns, constraints and indexes only: a copy of a table
has no features until it declares its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import MetaData, Table, event
from sqlalchemy.schema import SchemaItem

from .ddl import translated
from .errors import DeclarationError
from .extension_schema import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection
    from sqlalchemy.sql.base import SchemaEventTarget

    from .aggregate import ContinuousAggregate, NoContinuousAggregate
    from .ddl import Statement
    from .job import Job, NoJob

F = TypeVar("F", bound="TableDeclaration")
T = TypeVar("T")

_KEY: Final = "timescale"


class Unmanaged:
    """The type of `UNMANAGED`, which is false."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNMANAGED"


UNMANAGED: Final = Unmanaged()
"""What a declaration leaves out: never compared, never changed."""


class ServerDefault:
    """The type of `SERVER_DEFAULT`."""

    def __repr__(self) -> str:
        return "SERVER_DEFAULT"


SERVER_DEFAULT: Final = ServerDefault()
"""A value that the server shall choose: one that somebody set is a difference."""


class TableDeclaration(SchemaItem):
    """Something that ``__table_args__`` or ``Table(…)`` holds beside the columns.

    Attributes:
        rank: Features with a lower rank must exist before those with a higher one.
    """

    rank: ClassVar[int]
    can_be_absent: ClassVar[bool] = True

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table.

        Args:
            table: The complete table.

        Raises:
            DeclarationError: It could not; the message says why.
        """
        raise NotImplementedError

    def creation(self, name: str, schema: str | None) -> Iterable[Statement]:
        """Say what makes the feature on a table that was just created.

        Args:
            name: The table.
            schema: Its schema, or None for the first of the search path.

        Returns:
            The statements, in order.
        """
        raise NotImplementedError

    def _set_parent(self, parent: SchemaEventTarget, **_kw: Any) -> None:  # noqa: ANN401
        table = cast("Table", parent)
        registry(table.metadata).add(table, self)


class Absent(SchemaItem):
    """Declares that a table must not have a feature.

    A feature that is merely left out is not managed at all.

    Args:
        feature: The class that declares the feature, such as `RetentionPolicy`; in
            ``__table_args__`` or as an argument of `ContinuousAggregate`.

    Raises:
        DeclarationError: The class declares no feature that can be absent.
    """

    def __init__(self, feature: type[Any]) -> None:
        if not getattr(feature, "can_be_absent", False):
            raise DeclarationError(f"Absent({feature!r}): that is no feature")
        self.feature = feature

    def __repr__(self) -> str:
        return f"Absent({self.feature.__name__})"

    def _set_parent(self, parent: SchemaEventTarget, **_kw: Any) -> None:  # noqa: ANN401
        table = cast("Table", parent)
        registry(table.metadata).add(table, self)


class Registry:
    """The declarations of one ``MetaData``.

    Attributes:
        aggregates: The continuous aggregates by schema and name, in declared order.
        jobs: The jobs of somebody's own procedures, in declared order.
    """

    def __init__(self) -> None:
        self.aggregates: dict[
            tuple[str | None, str], ContinuousAggregate | NoContinuousAggregate
        ] = {}
        self.jobs: list[Job | NoJob] = []
        self._tables: WeakKeyDictionary[
            Table, dict[type[TableDeclaration], TableDeclaration | Absent]
        ] = WeakKeyDictionary()

    def add(self, table: Table, feature: TableDeclaration | Absent) -> None:
        """Keep a table's declaration; it is checked when the table is complete.

        Args:
            table: The table, perhaps still without all of its columns.
            feature: The declaration.

        Raises:
            DeclarationError: The table declares this feature already.
        """
        if table not in self._tables:
            self._tables[table] = {}
            event.listen(table, "after_parent_attach", self._check)
            event.listen(table, "after_create", self._create)
        kind = feature.feature if isinstance(feature, Absent) else type(feature)
        if kind in self._tables[table]:
            raise DeclarationError(f"{table.name} declares {kind.__name__} twice")
        self._tables[table][kind] = feature

    def add_aggregate(
        self,
        key: tuple[str | None, str],
        aggregate: ContinuousAggregate | NoContinuousAggregate,
    ) -> None:
        """Keep the declaration of a continuous aggregate.

        Args:
            key: Its schema and name.
            aggregate: The declaration.

        Raises:
            DeclarationError: The name is taken.
        """
        if key in self.aggregates:
            raise DeclarationError(f"continuous aggregate {key[1]} is declared twice")
        self.aggregates[key] = aggregate

    def get(self, table: Table, kind: type[T]) -> T | Absent | None:
        """Look up what a table declares of a feature.

        Args:
            table: The table.
            kind: The feature's class.

        Returns:
            The declaration; `Absent` where there must be none; None if it is unmanaged.
        """
        found = self._tables.get(table, {}).get(cast("type[TableDeclaration]", kind))
        return cast("T | Absent | None", found)

    def present(self, table: Table, kind: type[F]) -> F | None:
        """Look up a feature that a table declares to have.

        Args:
            table: The table.
            kind: The feature's class.

        Returns:
            The declaration, or None if there is none or the feature is `Absent`.
        """
        found = self.get(table, kind)
        return None if isinstance(found, Absent) else found

    def features(self, table: Table) -> list[TableDeclaration]:
        """List the features that a table declares to have.

        Args:
            table: The table.

        Returns:
            The declarations that are not `Absent`, in the order of their creation.
        """
        declared = self._tables.get(table, {}).values()
        present = [item for item in declared if isinstance(item, TableDeclaration)]
        return sorted(present, key=lambda item: item.rank)

    def _check(self, table: Table, _metadata: MetaData) -> None:
        for feature in self.features(table):
            feature.check(table)

    def _create(self, table: Table, connection: Connection, **_kw: object) -> None:
        if connection.dialect.name != "postgresql":
            return
        schema = translated(connection, table.schema)
        for feature in self.features(table):
            run(connection, feature.creation(table.name, schema))


def refuse_none(name: str, **declared: object) -> None:
    """Refuse None where it could mean that nothing is managed or that there is none.

    Args:
        name: The relation, for the message.
        declared: What is declared, by argument.

    Raises:
        DeclarationError: Something is None.
    """
    for argument, value in declared.items():
        if value is None:
            raise DeclarationError(
                f"{name}: {argument}=None has no meaning: leave it out if it is not "
                "managed, or say Absent(…) if there must be none"
            )


def registry(metadata: MetaData) -> Registry:
    """Find the declarations of a ``MetaData``.

    Args:
        metadata: Whose declarations.

    Returns:
        The registry, made if it was not there.
    """
    return cast("Registry", metadata.info.setdefault(_KEY, Registry()))
