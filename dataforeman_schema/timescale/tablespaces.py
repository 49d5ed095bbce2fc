"""Tablespaces of a hypertable, over which its chunks are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ddl import Call, regclass, string
from .errors import DeclarationError
from .name_set import NameSet

if TYPE_CHECKING:
    from sqlalchemy import Table

    from .ddl import Statement


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
