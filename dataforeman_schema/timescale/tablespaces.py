"""Tablespaces of a hypertable, over which its chunks are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import Operations

from .ddl import Call, regclass, string
from .declaration import Absent, DeclarationError
from .features import register_feature
from .name_set import NameSet, plan_names
from .operation import FeatureOp, register_pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Table

    from .ddl import Statement
    from .plan import Plan, Target


class Tablespaces(NameSet):
    """Declares over which tablespaces the new chunks of a hypertable are spread.

    They are all that there may be, and must be there before the table is created or
    migrated. Their order is not compared: TimescaleDB goes through them by their names,
    whatever the order in which they were attached. The first one attached also becomes
    that of the table itself, which has no rows, if it has none of its own.

    Args:
        names: The tablespaces; ``pg_default`` is the server's own.

    Raises:
        DeclarationError: At the end of the table's definition, where the table is no
            hypertable, a tablespace is named twice or can hold no table, or the table
            is declared to be in another one.
    """

    noun = "tablespaces"
    argument = "tablespaces"
    stays = True  # the table itself is moved along

    def check(self, table: Table) -> None:
        """Refuse the declaration if TimescaleDB could not carry it out on the table."""
        super().check(table)
        if len(set(self.names)) < len(self.names):
            raise DeclarationError(f"{table.name}: {self!r} names a tablespace twice")
        if "pg_global" in self.names:
            raise DeclarationError(
                f"{table.name}: the tablespace pg_global is for what all databases of "
                "a server share, and can hold no chunk"
            )
        own = table.dialect_options["postgresql"]["tablespace"]
        if own is not None and own not in self.names:
            raise DeclarationError(
                f"{table.name} is declared in the tablespace {own}, which TimescaleDB "
                f"attaches to the hypertable, but {self!r} does not name it"
            )

    def addition(self, name: str, schema: str | None) -> list[Statement]:
        """Say what attaches them; the table's own was attached with the hypertable."""
        function, table = "attach_tablespace", regclass(name, schema)
        return [
            Call("SELECT", function, string(it), table, if_not_attached="true")
            for it in self.names
        ]

    def removal(self, name: str, schema: str | None) -> list[Statement]:
        """Say what detaches them."""
        table = regclass(name, schema)
        return [
            Call("SELECT", "detach_tablespace", string(it), table) for it in self.names
        ]


@Operations.register_operation("attach_tablespaces")
class AttachTablespacesOp(FeatureOp[Tablespaces]):
    """Spread new chunks over more tablespaces."""

    verb = "attach"

    @classmethod
    def attach_tablespaces(
        cls,
        operations: Operations,
        table_name: str,
        *,
        tablespaces: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Spread the new chunks of a hypertable over more tablespaces.

        Chunks that exist stay where they are, and so they do in the reverse.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            tablespaces: The tablespaces, beside those that it has.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, Tablespaces(*tablespaces), schema=schema))


@Operations.register_operation("detach_tablespaces")
class DetachTablespacesOp(FeatureOp[Tablespaces]):
    """Make no more chunks in some tablespaces."""

    verb = "detach"

    @classmethod
    def detach_tablespaces(
        cls,
        operations: Operations,
        table_name: str,
        *,
        tablespaces: Sequence[str],
        schema: str | None = None,
    ) -> None:
        """Make no more chunks of a hypertable in some tablespaces.

        Chunks that exist stay where they are, and so they do in the reverse.

        Args:
            operations: Alembic's operations; ``op`` passes them itself.
            table_name: The hypertable.
            tablespaces: Those of its tablespaces that go.
            schema: The table's schema, or None for the first of the search path.
        """
        operations.invoke(cls(table_name, Tablespaces(*tablespaces), schema=schema))


register_pair(AttachTablespacesOp, DetachTablespacesOp)


def compare_tablespaces(
    plan: Plan, target: Target, declared: Tablespaces | Absent | None
) -> None:
    """Plan what brings the tablespaces of a hypertable to what is declared.

    Args:
        plan: The comparison.
        target: The hypertable.
        declared: The declaration; None where they are unmanaged.
    """
    live = _live(plan, target)
    wanted = Tablespaces() if isinstance(declared, Absent) else declared or live
    plan_names(plan, target, live, wanted, AttachTablespacesOp)


def _live(plan: Plan, target: Target) -> Tablespaces:
    """Read the tablespaces of a hypertable, in the order that they were attached in."""
    storage = plan.catalog.storage.get(target.relation)
    return Tablespaces(*(storage.tablespaces if storage else ()))


register_feature(Tablespaces, compare_tablespaces, _live)
