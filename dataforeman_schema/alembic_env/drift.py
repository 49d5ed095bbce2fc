"""Before an upgrade: is the database what the revision makes that it records?"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.comparison import compare_with
from dataforeman_schema.alembic_env.extension_state import Extension
from dataforeman_schema.catalog import NoScratchSchema
from dataforeman_schema.catalog.changes import changes, listed
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dataforeman_schema.databases import Database

DRIFT = logging.getLogger("alembic.dataforeman.drift")
"""Told of drift that does not keep a database from being upgraded."""

_NOTHING = Extension()


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
    if found := changes(compared.operations):
        text = (
            f"the {database.title} is not what {revision} makes: {listed(found)} "
            "differ; dataforeman-schema verify says what mends it, or upgrade with "
            "--allow-drift"
        )
        if refuse:
            raise SchemaError(text)
        DRIFT.warning("Going on though %s", text)
