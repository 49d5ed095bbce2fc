"""Before an upgrade: is the database what the revision makes that it records?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.comparison import compare_with
from dataforeman_schema.alembic_env.extension_state import Extension
from dataforeman_schema.catalog import NoScratchSchema
from dataforeman_schema.catalog.changes import changes
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database

DRIFT = logging.getLogger("alembic.dataforeman.drift")
"""Told of drift that does not keep a database from being upgraded."""

_MOST = 5
_NOTHING = Extension(installed=None, available=None, plain=frozenset())


def check_drift(
    connection: Connection,
    database: Database,
    revision: str,
    extension: Extension | None,
    *,
    refuse: bool,
) -> None:
    """Compare a database with what its revision makes, before others build on it.

    Args:
        connection: The connection that migrates; nothing is left on it.
        database: Which of the two.
        revision: The revision that it records.
        extension: Its TimescaleDB; None where it needs none.
        refuse: Whether to refuse it, or to warn only.

    Raises:
        SchemaError: It is not what its revision makes; the message names what differs.
    """
    features = _NOTHING if extension is None or extension.came_later else extension
    try:
        with connection.begin():
            compared = compare_with(connection, database, revision, features)
    except NoScratchSchema as error:
        DRIFT.warning("The %s is not compared first: %s", database.title, error)
        return
    if found := [change.where for change in changes(compared.operations)]:
        text = _text(database, revision, found)
        if refuse:
            raise SchemaError(text)
        DRIFT.warning("Going on though %s", text)


def _text(database: Database, revision: str, found: list[str]) -> str:
    named, more = found[:_MOST], len(found) - _MOST
    others = f" and {more} more" if more > 0 else ""
    return (
        f"the {database.title} is not what {revision} makes: {', '.join(named)}"
        f"{others} differ; dataforeman-schema verify says what mends it, or upgrade "
        "with --allow-drift"
    )
