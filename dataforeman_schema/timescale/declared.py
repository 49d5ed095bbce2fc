"""What models declare of the relations that a database has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from .columnstore import Columnstore
from .columnstore_policy import ColumnstorePolicy
from .declaration import Absent, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import MetaData

    from .catalog import Catalog, Relation
    from .policy import Policy

T = TypeVar("T")


class Declared:
    """The declarations of models, by the relation of which they are.

    Args:
        catalog: What the database has.
        metadata: The models.
    """

    def __init__(self, catalog: Catalog, metadata: Iterable[MetaData]) -> None:
        models = list(metadata)
        self.tables = {
            catalog.relation(table.schema, table.name): table
            for one in models
            for table in one.tables.values()
        }
        self.aggregates = {
            catalog.relation(*key): aggregate
            for one in models
            for key, aggregate in registry(one).aggregates.items()
        }

    def get(self, relation: Relation, kind: type[T]) -> T | Absent | None:
        """Look up what is declared of a relation; None is nothing."""
        if (aggregate := self.aggregates.get(relation)) is not None:
            return aggregate.get(kind)
        table = self.tables.get(relation)
        return None if table is None else registry(table.metadata).get(table, kind)

    def policy(self, relation: Relation, kind: type[Policy]) -> Any:  # noqa: ANN401
        """Look up the policy, or policies, declared of a relation; None is none."""
        if kind is not ColumnstorePolicy:
            return self.get(relation, kind)
        declared = self.get(relation, Columnstore)
        return declared.policy if isinstance(declared, Columnstore) else declared
