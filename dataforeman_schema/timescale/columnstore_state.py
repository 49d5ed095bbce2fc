"""The settings of a columnstore: as they are, and as they shall be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .columnstore_ddl import DisableColumnstore, set_columnstore
from .feature_state import FeatureState
from .order import OrderBy, typed_order
from .sparse_index import SparseIndex, typed_indexes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from .ddl import Statement


@dataclass(frozen=True)
class Settings(FeatureState):
    """The settings of a columnstore, without its policy."""

    segment_by: tuple[str, ...] | None = None
    order_by: tuple[OrderBy, ...] | None = None
    is_aggregate: bool = False
    sparse_indexes: tuple[SparseIndex, ...] | None = None
    merge_interval: timedelta | int | None = None

    noun = "columnstore"
    fixed = frozenset({"is_aggregate"})

    @classmethod
    def given(
        cls,
        segment_by: Sequence[str] | None,
        order_by: Sequence[OrderBy | str] | None,
        sparse_indexes: Sequence[SparseIndex | str] | None = None,
        merge_interval: timedelta | int | None = None,
        *,
        is_aggregate: bool,
    ) -> Settings:
        """Take settings as declarations and migrations write them.

        Args:
            segment_by: The columns that keep rows apart, or None.
            order_by: The order within a segment, or None.
            sparse_indexes: The sparse indexes that are chosen, or None.
            merge_interval: The span up to which chunks are merged, or None.
            is_aggregate: Whether they are of a continuous aggregate.

        Returns:
            The settings.
        """
        segments = None if segment_by is None else tuple(segment_by)
        order, indexes = typed_order(order_by), typed_indexes(sparse_indexes)
        return cls(segments, order, is_aggregate, indexes, merge_interval)

    def columns(self, candidates: set[str]) -> set[str]:
        """Say which columns chunks may go by: any where that is left to the server."""
        if self.segment_by is None or self.order_by is None:
            return candidates
        return {*self.segment_by, *(term.column for term in self.order_by)}

    def arguments(self) -> dict[str, object]:
        """Say how an operation is called for these settings."""
        segments, order = self.segment_by, self.order_by
        indexes = self.sparse_indexes
        return {
            "segment_by": None if segments is None else list(segments),
            "order_by": None if order is None else [str(term) for term in order],
            "sparse_indexes": None if indexes is None else [str(it) for it in indexes],
            "merge_interval": self.merge_interval,
            "is_aggregate": self.is_aggregate or None,
        }

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what switches the columnstore on, or changes its settings."""
        return set_columnstore(name, schema, self)

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what switches the columnstore off."""
        return [DisableColumnstore(name, schema, self)]
