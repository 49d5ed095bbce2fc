"""The columnstore: older chunks are kept by column, compressed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from .columnstore_policy import ColumnstorePolicy
from .columnstore_state import Settings
from .declaration import UNMANAGED, Absent, ServerDefault, TableDeclaration, Unmanaged
from .validate_columnstore import check_columnstore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from sqlalchemy import Table

    from .ddl import Statement
    from .interval import TunableInterval, TunableSpan
    from .order import OrderBy
    from .sparse_index import SparseIndex

T = TypeVar("T")


@dataclass(frozen=True)
class Columnstore(TableDeclaration):
    """Declares that a hypertable or continuous aggregate has a columnstore.

    Attributes:
        segment_by: The columns by whose values compressed rows are kept apart; ``()``
            means none, `SERVER_DEFAULT` leaves them to the server. Left out, as all
            others, they are not managed.
        order_by: The order in a segment, as `OrderBy` or as ``"ts DESC NULLS LAST"``;
            TimescaleDB adds a missing time column. `SERVER_DEFAULT` is as above.
        after: The age at which the policy moves a chunk into the columnstore;
            ``Absent(ColumnstorePolicy)`` says that there must be none; `Tunable` says
            that there must be one, whose age operators may change.
        schedule_interval: How often the policy runs.
        sparse_indexes: What is kept of batches of rows to pass over them, such as
            ``(bloom("tag"), minmax("value"))`` or ``("bloom(tag)", "minmax(value)")``;
            ``()`` means none, `SERVER_DEFAULT` leaves them to the server. They need an
            `order_by`, are none of an aggregate, and TimescaleDB 2.22 or later.
        merge_interval: The span up to which chunks are merged when they move into the
            columnstore, a multiple of the chunk interval; a number for an integer
            column. `SERVER_DEFAULT` says that none are merged.

    Raises:
        DeclarationError: When the table is complete: it is no hypertable, a column is
            unknown, twice there or both segment and order, a sparse index is one that
            TimescaleDB does not take, or a span does not suit.
        DeclarationError: When it is created on a server whose release lacks it.
    """

    segment_by: Sequence[str] | ServerDefault | None = None
    order_by: Sequence[OrderBy | str] | ServerDefault | None = None
    after: TunableSpan | Absent | Unmanaged = UNMANAGED
    schedule_interval: TunableInterval | None = None
    sparse_indexes: Sequence[SparseIndex | str] | ServerDefault | None = None
    merge_interval: timedelta | int | ServerDefault | None = None

    rank = 3

    @property
    def policy(self) -> ColumnstorePolicy | Absent | None:
        """The declared policy; `Absent` if there must be none; None if unmanaged."""
        if isinstance(self.after, Unmanaged):
            return None
        if isinstance(self.after, Absent):
            return self.after
        return ColumnstorePolicy(self.after, self.schedule_interval)

    def settings(self, *, is_aggregate: bool) -> Settings:
        """The declared settings; None where the server chooses, and where unmanaged."""
        merge = self.merge_interval
        return Settings.given(
            _chosen(self.segment_by),
            _chosen(self.order_by),
            _chosen(self.sparse_indexes),
            None if isinstance(merge, ServerDefault) else merge,
            is_aggregate=is_aggregate,
        )

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        check_columnstore(table, self)

    def creation(self, name: str, schema: str | None) -> list[Statement]:
        """Say what makes the columnstore, and its policy, of a new table."""
        return self.made_on(name, schema, is_aggregate=False)

    def made_on(
        self, name: str, schema: str | None, *, is_aggregate: bool
    ) -> list[Statement]:
        """Say what makes the columnstore, and its policy, of a relation."""
        made = self.settings(is_aggregate=is_aggregate).addition(name, schema)
        if isinstance(self.policy, ColumnstorePolicy):
            made += self.policy.addition(name, schema)
        return made


def _chosen(declared: T | ServerDefault | None) -> T | None:
    return None if isinstance(declared, ServerDefault) else declared
