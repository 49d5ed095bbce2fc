"""What holds in the session of a command: timeouts, and where our tables are."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.connection import GO_HOME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import Connection

    from dataforeman_schema.alembic_env.options import Options

log = logging.getLogger("alembic.dataforeman.session")

_NOTICE_DEATH: Final = {"client_connection_check_interval": "1s"}
"""Has the server end a long statement whose client was killed, and free its locks."""


@contextmanager
def prepared(connection: Connection, options: Options) -> Iterator[None]:
    """Prepare a session for a block; its own settings hold again afterwards.

    Args:
        connection: The connection, with no transaction open.
        options: How long its statements may take and wait.
    """
    before = _set(connection, options.timeouts)
    before["search_path"] = _get(connection, "search_path")
    connection.execute(text(GO_HOME))
    connection.commit()
    try:
        before |= _set(connection, _NOTICE_DEATH)
    except DBAPIError as error:  # not every server can
        connection.rollback()
        log.debug("The server will not notice a killed client: %s", error.orig)
    try:
        yield
    finally:
        connection.rollback()
        if not connection.invalidated:
            _set(connection, before)


def _set(connection: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """Change settings of the session, and return what they were."""
    before: dict[str, str] = {}
    for name, value in values.items():
        before[name] = _get(connection, name)
        connection.execute(select(func.set_config(name, value, False)))  # noqa: FBT003 - a session's, not a transaction's
    connection.commit()
    return before


def _get(connection: Connection, name: str) -> str:
    return str(connection.scalar(select(func.current_setting(name))))
