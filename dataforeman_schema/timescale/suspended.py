"""What is suspended while a revision runs, and so must not be committed yet.

All that was set of it is kept in the session until it is resumed. If the revision
committed meanwhile and then failed, that would be lost with the session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from alembic.operations import Operations
    from alembic.runtime.migration import MigrationContext

_OPTION: Final = "timescaledb_suspended"


def note_suspended(operations: Operations, name: str, schema: str | None) -> None:
    """Note that something goes until it is resumed.

    Args:
        operations: Alembic's operations.
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
    """
    suspended = operations.get_context().opts.setdefault(_OPTION, set())
    suspended.add((schema, name))


def note_resumed(operations: Operations, name: str, schema: str | None) -> None:
    """Note that something that was suspended is there again.

    Args:
        operations: Alembic's operations.
        name: The hypertable or continuous aggregate.
        schema: Its schema, or None for the first of the search path.
    """
    suspended = operations.get_context().opts.get(_OPTION, set())
    suspended.discard((schema, name))


def suspended_name(context: MigrationContext) -> str | None:
    """Name something that is suspended; None if nothing is."""
    names = sorted(name for _schema, name in context.opts.get(_OPTION, ()))
    return names[0] if names else None
