"""The operation that brings one object to what it is expected to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.autogenerate import renderers
from alembic.operations import MigrateOperation, Operations, ops
from sqlalchemy import Constraint, Index

from dataforeman_schema.catalog import definitions

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.catalog.snapshot import Properties

NOUNS: Final = {"indexes": "index", "statistics": "statistics"}
"""What people call one of a kind, where that is more than an s less."""


class ObjectOp(MigrateOperation):
    """Makes, drops or alters an object by the server's own words.

    Args:
        kind: The kind of object, as in a snapshot.
        table: The table that it belongs to, or None.
        name: Its name, without its table's.
        live: What it is like; None: it is not there.
        expected: What it shall be like; None: it shall not be there.
        live_item: The same as SQLAlchemy reflects it, if it can.
        item: What declares it in the models, if something does.
        makes_way: Whether it goes for another of its name.
    """

    def __init__(
        self,
        kind: str,
        table: str | None,
        name: str,
        live: Properties | None,
        expected: Properties | None,
        *,
        live_item: SchemaItem | None = None,
        item: SchemaItem | None = None,
        makes_way: bool = False,
    ) -> None:
        self.kind = kind
        self.table_name = table
        self.name = name
        self.live = live
        self.expected = expected
        self.live_item = live_item
        self.item = item
        self.makes_way = makes_way

    @property
    def noun(self) -> str:
        """What people call such an object."""
        return NOUNS.get(self.kind, self.kind.removesuffix("s"))

    def statements(self) -> list[str]:
        """Write the SQL, without semicolons."""
        if self.live is not None and self.expected is not None:
            altered = definitions.alter(self.kind, self.name, self.live, self.expected)
            return altered or [*self._drop(), *self._create()]
        return [*self._drop(), *self._create()]

    def _drop(self) -> list[str]:
        return [] if self.live is None else self._drop_of(self.live)

    def _drop_of(self, live: Properties) -> list[str]:
        return definitions.drop(self.kind, self.name, live)

    def _create(self) -> list[str]:
        if self.expected is None:
            return []
        return definitions.create(self.kind, self.name, self.expected)

    def reverse(self) -> ObjectOp:
        """Return the operation that brings the present state back."""
        return ObjectOp(
            self.kind,
            self.table_name,
            self.name,
            self.expected,
            self.live,
            live_item=self.item,
            item=self.live_item,
        )

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


class RenameOp(ObjectOp):
    """Gives a constraint or index of the expected definition its name.

    Args:
        kind: The kind of object, as in a snapshot.
        table: The table that it belongs to.
        old: The name that it has.
        name: The name that it gets.
        properties: What it is like.
        frees: Whether it only makes room for another object of its old name.
    """

    def __init__(
        self,
        kind: str,
        table: str,
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
        if self.kind == "indexes":
            return [f"ALTER INDEX {old} RENAME TO {new}"]
        table = definitions.quote(str(self.table_name))
        return [f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}"]

    def reverse(self) -> RenameOp:
        """Return the operation that gives it the old name."""
        table, properties = str(self.table_name), self.expected or {}
        return RenameOp(
            self.kind, table, self.name, self.old, properties, frees=self.frees
        )

    def to_diff_tuple(self) -> tuple[object, ...]:
        """Describe the difference for ``alembic check``."""
        return (f"rename_{self.noun}", self.table_name, self.old, self.name)


@Operations.implementation_for(ObjectOp)
@Operations.implementation_for(RenameOp)
def _run(operations: Operations, op: ObjectOp) -> None:
    for statement in op.statements():
        operations.execute(_literally(statement))


@renderers.dispatch_for(ObjectOp)
@renderers.dispatch_for(RenameOp)
def _render(context: AutogenContext, op: ObjectOp) -> list[str]:
    """Write Alembic's own operation where there is one, and SQL elsewhere."""
    own = _own_operation(op)
    if own is not None:
        return _listed(renderers.dispatch(own)(context, own))
    texts = map(_literally, op.statements())
    return [f"op.execute({text!r})" for text in texts]


def _literally(statement: str) -> str:
    """Keep a colon from naming a parameter."""
    return statement.replace(":", r"\:")


def _listed(rendered: str | list[str]) -> list[str]:
    return [rendered] if isinstance(rendered, str) else rendered


def _own_operation(op: ObjectOp) -> MigrateOperation | None:
    if op.expected is None and op.live is not None:
        return _own_drop(op.live_item)
    if op.live is None and isinstance(op.item, Index):
        return ops.CreateIndexOp.from_index(op.item)
    if op.live is None and isinstance(op.item, Constraint):
        return ops.AddConstraintOp.from_constraint(op.item)
    return None


def _own_drop(item: SchemaItem | None) -> MigrateOperation | None:
    if isinstance(item, Index):
        return ops.DropIndexOp.from_index(item)
    if isinstance(item, Constraint):
        return ops.DropConstraintOp.from_constraint(item)
    return None
