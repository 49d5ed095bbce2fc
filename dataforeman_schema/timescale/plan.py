"""What a revision does, put in an order that holds in both directions.

Alembic's own table operations stand in the middle. What goes away goes before them,
what comes or changes comes after them; the downgrade, which runs everything in
reverse, then finds the same order.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from .column_changes import ColumnChanges
from .operation import DowngradeOnly, UpgradeOnly

if TYPE_CHECKING:
    from collections.abc import Callable

    from alembic.operations import MigrateOperation
    from alembic.operations.ops import UpgradeOps
    from sqlalchemy import Connection

    from .catalog import Catalog, Relation

S = TypeVar("S")

log = logging.getLogger(__name__)


class Disposition(Enum):
    """What a revision does to the relation that has a feature."""

    KEPT = "kept"
    CREATED = "created"
    DROPPED = "dropped"
    REPLACED = "replaced"
    REPLACED_BACKWARDS = "replaced backwards"


@dataclass(frozen=True)
class Target:
    """A hypertable or continuous aggregate whose features are compared.

    Attributes:
        relation: Where it is.
        schema: Its schema as a migration writes it.
        disposition: What the revision does to it.
        rank: Its rank; the columnstore has the next one, policies the one after.
        is_aggregate: Whether it is a continuous aggregate.
        is_new_table: Whether the revision creates the table itself.
    """

    relation: Relation
    schema: str | None
    disposition: Disposition
    rank: int = 0
    is_aggregate: bool = False
    is_new_table: bool = False

    @property
    def name(self) -> str:
        """The relation's name."""
        return self.relation.name

    @property
    def changes_in_place(self) -> bool:
        """Whether its features change without it going and coming back."""
        return self.disposition in {Disposition.KEPT, Disposition.REPLACED_BACKWARDS}

    def in_place(self, operation: MigrateOperation) -> MigrateOperation:
        """Leave out the reverse of a change that the downgrade has in another way.

        Args:
            operation: Changes a feature of a relation that stays.

        Returns:
            The operation, for both directions or for the upgrade only.
        """
        backwards_too = self.disposition is not Disposition.REPLACED_BACKWARDS
        return operation if backwards_too else UpgradeOnly(operation)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Change(Generic[S]):
    """A feature as it is and as it shall be, and the operations between the two.

    Attributes:
        rank: Features with a lower rank must exist before those with a higher one.
        label: What the feature is called in the log.
        live: What the database has, or None.
        wanted: What it shall have, or None.
        add: Makes the operation that adds the feature.
        drop: Makes the operation that removes it.
        alter: Makes the operation that turns the first state into the second; without
            it, the feature goes before the table operations and comes back after them.
        needs_new: Whether the second state needs what the table operations make, so
            that the downgrade must not alter it back before it is through with them.
        meanwhile: What the database has when the table operations are through, where
            that is something else already.
    """

    rank: int
    label: str
    live: S | None
    wanted: S | None
    add: Callable[[S], MigrateOperation]
    drop: Callable[[S], MigrateOperation]
    alter: Callable[[S, S], MigrateOperation] | None = None
    needs_new: bool = False
    meanwhile: S | None = None


@dataclass
class Plan:
    """The operations of a revision, before they are put among the table operations.

    Attributes:
        catalog: What the database has.
        changed: What the table operations do to columns.
        dispositions: What the revision does to the hypertables and aggregates so far.
        connection: Where the server can be asked how it prints something, if it can.
    """

    catalog: Catalog
    changed: dict[Relation, ColumnChanges] = field(default_factory=dict)
    dispositions: dict[Relation, Disposition] = field(default_factory=dict)
    connection: Connection | None = None
    _before: list[tuple[int, MigrateOperation]] = field(default_factory=list)
    _after: list[tuple[int, MigrateOperation]] = field(default_factory=list)

    def columns(self, relation: Relation) -> ColumnChanges:
        """Say what the table operations do to the columns of a table.

        Args:
            relation: The table.

        Returns:
            The changes.
        """
        return self.changed.get(relation, ColumnChanges())

    def remove(self, rank: int, operation: MigrateOperation) -> None:
        """Plan an operation that comes before the table operations.

        Args:
            rank: The rank of what goes; the highest goes first.
            operation: The operation.
        """
        self._before.append((rank, operation))

    def create(self, rank: int, operation: MigrateOperation) -> None:
        """Plan an operation that comes after the table operations.

        Args:
            rank: The rank of what comes; the lowest comes first.
            operation: The operation.
        """
        self._after.append((rank, operation))

    def plan_change(self, target: Target, change: Change[S]) -> None:
        """Plan what brings a feature from what it is to what it shall be.

        A feature that comes or goes with its relation needs an operation in one
        direction only.

        Args:
            target: Whose feature it is.
            change: The feature.
        """
        disposition, live, wanted = target.disposition, change.live, change.wanted
        if target.changes_in_place:
            self.plan_in_place(target, change)
        if live is not None and disposition not in {
            Disposition.KEPT,
            Disposition.CREATED,
        }:
            self.remove(change.rank, DowngradeOnly(change.drop(live)))
        if wanted is not None and disposition in {
            Disposition.CREATED,
            Disposition.REPLACED,
        }:
            self.create(change.rank, UpgradeOnly(change.add(wanted)))

    def plan_in_place(self, target: Target, change: Change[S]) -> None:
        """Plan what changes a feature of a relation that stays.

        Args:
            target: Whose feature it is.
            change: The feature.
        """
        live, wanted, rank = change.meanwhile or change.live, change.wanted, change.rank
        only = target.in_place
        if live == wanted:
            return
        if live is None and wanted is not None:
            log.info("Detected added %s on %r", change.label, str(target))
            self.create(rank, only(change.add(wanted)))
        elif live is not None and wanted is None:
            log.info("Detected removed %s on %r", change.label, str(target))
            self.remove(rank, only(change.drop(live)))
        elif live is not None and wanted is not None:
            log.info("Detected changed %s on %r", change.label, str(target))
            if change.alter is None:
                self.remove(rank, only(change.drop(live)))
                self.create(rank, only(change.add(wanted)))
            elif change.needs_new:
                self.remove(rank, DowngradeOnly(change.alter(live, wanted)))
                self.create(rank, UpgradeOnly(change.alter(live, wanted)))
            else:
                self.create(rank, only(change.alter(live, wanted)))

    def insert_into(self, upgrade: UpgradeOps) -> None:
        """Put the planned operations around the table operations.

        Args:
            upgrade: The revision's upgrade, holding the table operations.
        """
        before = sorted(self._before, key=lambda item: -item[0])
        after = sorted(self._after, key=lambda item: item[0])
        upgrade.ops[:0] = [operation for _rank, operation in before]
        upgrade.ops.extend(operation for _rank, operation in after)
