"""An index whose making fails while others write stays behind, invalid: it must go."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.catalog.words import literally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

log = logging.getLogger("alembic.dataforeman.invalid_indexes")

_INVALID: Final = text(
    "SELECT CAST(indexrelid AS regclass)::text FROM pg_index"
    " JOIN pg_class AS c ON c.oid = indexrelid WHERE NOT indisvalid"
    " AND relnamespace = CAST(quote_ident(current_schema()) AS regnamespace)"
    " AND relkind = 'i'"
)


@contextmanager
def no_invalid_index_left(connection: Connection) -> Iterator[None]:
    """Drop the indexes that a block leaves invalid when it fails.

    One whose table others hold stays, with a warning: a revision that makes it again
    drops it first.

    Args:
        connection: The connection that the block uses, with no transaction open.
    """
    before = _invalid(connection)
    try:
        yield
    except BaseException:
        connection.rollback()
        if not connection.invalidated:
            _drop(connection, before)
        raise


def _invalid(connection: Connection) -> set[str]:
    with connection.begin():
        return set(connection.scalars(_INVALID))


def _drop(connection: Connection, before: set[str]) -> None:
    for name in _invalid(connection) - before:
        try:
            with connection.begin():
                connection.execute(text(literally(f"DROP INDEX {name}")))
        except DBAPIError as error:
            if connection.invalidated:
                return
            log.warning("The index %s is invalid and stays: %s", name, error.orig)
