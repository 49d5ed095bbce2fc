"""A database of a moment, beside one of ours."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

from dataforeman_schema.commands.wait import create_database, drop_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@contextmanager
def scratch_database(
    settings: ConnectionSettings, purpose: str
) -> Iterator[ConnectionSettings]:
    """Create an empty database for a block, which is dropped after it.

    Args:
        settings: Where another database of the same server is; the user needs
            CREATEDB.
        purpose: What it is for, a part of its name; a killed process leaves it behind.

    Yields:
        Where the new one is.

    Raises:
        ConnectionFailed: The server cannot be reached.
        SchemaError: The server does not let the user create it.
    """
    scratch = settings.replace(dbname=f"dataforeman_{purpose}_{uuid4().hex[:12]}")
    create_database(scratch)
    try:
        yield scratch
    finally:
        drop_database(scratch)
