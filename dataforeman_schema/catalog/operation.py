"""The operation that brings one object to what it is expected to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.operations import MigrateOperation, Operations

from dataforeman_schema.catalog import definitions
from dataforeman_schema.catalog.definitions import literally

if TYPE_CHECKING:
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.snapshot import Properties

_NOUNS: Final = {"indexes": "index", "statistics": "statistics"}


def noun_of(kind: str) -> str:
    """Say what people call one object of a kind."""
    return _NOUNS.get(kind, kind.removesuffix("s"))


class ObjectOp(MigrateOperation):
    """Makes, drops or alters an object by the server's own words.

    Args:
        kind: The kind of object, as in a snapshot.
        table: The table that it belongs to, or None.
        name: Its name, without its table's.
        live: What it is like; None: it is not there.
        expected: What it shall be like; None: it shall not be there.
        item: What declares it in the models, if something does.
        makes_way: Whether it goes for another of its name.
        rank: Its place among the operations that run when it does.
    """

    def __init__(
        self,
        kind: str,
        table: str | None,
        name: str,
        live: Properties | None,
        expected: Properties | None,
        *,
        item: SchemaItem | None = None,
        makes_way: bool = False,
        rank: int = 0,
    ) -> None:
        self.kind = kind
        self.table_name = table
        self.name = name
        self.live = live
        self.expected = expected
        self.item = item
        self.makes_way = makes_way
        self.rank = rank

    @property
    def noun(self) -> str:
        """What people call such an object."""
        return noun_of(self.kind)

    @property
    def by_hand(self) -> str | None:
        """What no statement does without losing values, in words; a person must."""
        live, expected = self.live or {}, self.expected or {}
        computed = self.kind == "columns" and expected.get("generated")
        if not computed or live.get("generated"):
            return None
        return (
            f"column {self.name} of table {self.table_name} shall be computed as "
            f"{expected['default']}: add it anew, which loses the values that it has"
        )

    def statements(self) -> list[str]:
        """Write the SQL, without semicolons."""
        if self.by_hand:
            return []
        if self.live is not None and self.expected is not None:
            altered = definitions.alter(self.kind, self.name, self.live, self.expected)
            return altered or [*self._drop(), *self._create()]
        return [*self._drop(), *self._create()]

    def _drop(self) -> list[str]:
        if self.live is None:
            return []
        return definitions.drop(self.kind, self.name, self.live)

    def _create(self) -> list[str]:
        if self.expected is None:
            return []
        return definitions.create(self.kind, self.name, self.expected)

    def reverse(self) -> ObjectOp:
        """Return the operation that brings the present state back."""
        return ObjectOp(self.kind, self.table_name, self.name, self.expected, self.live)

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``, in the server's words."""
        verb = "modify"
        if self.live is None or self.expected is None:
            verb = "add" if self.live is None else "remove"
        texts = [
            properties and properties.get("definition", properties)
            for properties in (self.live, self.expected)
        ]
        return (f"{verb}_{self.noun}", self.table_name, self.name, *texts)


class CommittedOp(ObjectOp):
    """Does what the server does outside a transaction only, and is safe to repeat.

    It runs before all else in a revision, so that nothing is committed that a failure
    would have to undo.
    """


class RenameOp(ObjectOp):
    """Gives a constraint or index of the expected definition its name.

    Args:
        kind: The kind of object, as in a snapshot.
        table: The table that it belongs to, or None.
        old: The name that it has.
        name: The name that it gets.
        properties: What it is like.
        frees: Whether it only makes room for another object of its old name.
    """

    def __init__(
        self,
        kind: str,
        table: str | None,
        old: str,
        name: str,
        properties: Properties,
        *,
        frees: bool = False,
    ) -> None:
        super().__init__(kind, table, name, properties, properties)
        self.old = old
        self.frees = frees

    def statements(self) -> list[str]:
        """Write the SQL, without semicolons."""
        old, new = map(definitions.quote, (self.old, self.name))
        if self.kind != "constraints":
            return [f"ALTER {self.noun.upper()} {old} RENAME TO {new}"]
        table = definitions.quote(str(self.table_name))
        return [f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}"]

    def reverse(self) -> RenameOp:
        """Return the operation that gives it the old name."""
        names, properties = (self.name, self.old), self.expected or {}
        return RenameOp(
            self.kind, self.table_name, *names, properties, frees=self.frees
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``."""
        return (f"rename_{self.noun}", self.table_name, self.old, self.name)


class ReleaseOp(ObjectOp):
    """Lets an object go that holds others, or brings it back when those are changed.

    Args:
        kind: The kind of object, as in a snapshot.
        table: The table that it belongs to, or None.
        name: Its name.
        live: What it is like; None: it comes back.
        expected: What it is like; None: it goes.
        holds: The tables and names of the constraints and columns that it holds.
        rank: Its place among the operations that run when it does.
    """

    def __init__(
        self,
        kind: str,
        table: str | None,
        name: str,
        live: Properties | None,
        expected: Properties | None,
        *,
        holds: frozenset[tuple[str | None, str]],
        rank: int = 0,
    ) -> None:
        super().__init__(kind, table, name, live, expected, rank=rank)
        self.holds = holds

    def reverse(self) -> ReleaseOp:
        """Return the operation that brings it back, or lets it go."""
        states, holds = (self.expected, self.live), self.holds
        return ReleaseOp(self.kind, self.table_name, self.name, *states, holds=holds)


@Operations.implementation_for(CommittedOp)
def _run_committed(operations: Operations, op: CommittedOp) -> None:
    with operations.get_context().autocommit_block():
        _run(operations, op)


@Operations.implementation_for(ObjectOp)
def _run(operations: Operations, op: ObjectOp) -> None:
    for statement in op.statements():
        operations.execute(literally(statement))
