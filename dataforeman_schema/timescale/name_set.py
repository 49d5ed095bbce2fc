"""What chunk skipping and tablespaces share: names, in no order, of a hypertable."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .declaration import TableDeclaration
from .errors import DeclarationError
from .feature_state import FeatureState
from .hypertable import hypertable_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from sqlalchemy import Table

    from .ddl import Statement


class NameSet(TableDeclaration, FeatureState):
    """Names that a hypertable has, in no order.

    Attributes:
        argument: What operations call the names.
        stays: Whether a table that is no hypertable any more keeps something of it.

    Args:
        names: The names.
    """

    argument: ClassVar[str]
    stays: ClassVar[bool] = False
    rank = 2

    def __init__(self, *names: str) -> None:
        self.names = names

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and set(self.names) == set(other.names)

    def __hash__(self) -> int:
        return hash(frozenset(self.names))

    def __bool__(self) -> bool:
        return bool(self.names)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.names))})"

    def without(self, other: Self) -> Self:
        """Leave out the names that another one has."""
        return type(self)(*(name for name in self.names if name not in other.names))

    def check(self, table: Table) -> None:
        """Refuse no name at all, and names on a plain table."""
        kind = type(self).__name__
        if not self.names:
            raise DeclarationError(
                f"{table.name}: {kind}() names nothing; Absent({kind}) says that there "
                "must be none"
            )
        hypertable_of(table, kind)

    def creation(self, name: str, schema: str | None) -> Sequence[Statement]:
        """Say what gives them to a table that was just created."""
        return self.addition(name, schema)

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for these names."""
        return {self.argument: list(self.names)}
