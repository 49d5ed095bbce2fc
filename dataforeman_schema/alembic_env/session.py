"""The session of a command: whose connection, its timeouts, where our tables are."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.alembic_env.home import pinned
from dataforeman_schema.databases import refuse_untrusted
from dataforeman_schema.engine import connect_pinned
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.pinning import SET_SEARCH_PATH, UNTRUSTED_BOOKKEEPING
from dataforeman_schema.settings import ConnectionSettings, load_env_file
from dataforeman_schema.waiting import LOOK_S

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from alembic.config import Config

    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.databases import Database

log = logging.getLogger("alembic.dataforeman.session")

_CLIENT_CONNECTION_CHECK: Final = {"client_connection_check_interval": "1s"}
"""Has the server end a long statement whose client was killed, and free its locks."""


@contextmanager
def connect(config: Config, database: Database) -> Iterator[Connection]:
    """Take the connection that a caller handed over, or open one for a block.

    Args:
        config: The command's configuration; its attributes hold what was handed over.
        database: Which of the two.

    Raises:
        SchemaError: A setting is wrong, the server cannot be reached, or the
            connection that was handed over has a transaction open.
    """
    given: Connection | None = config.attributes.get("connection")
    if given is not None:
        _refuse_transaction(given)
        yield given
        return
    with connect_pinned(_settings(config, database)) as connection:
        yield connection


def _refuse_transaction(connection: Connection) -> None:
    if connection.in_transaction():
        raise SchemaError(
            "the connection in config.attributes has a transaction open, which would "
            "be committed; commit it or roll it back first, or hand over another "
            "connection"
        )


def _settings(config: Config, database: Database) -> ConnectionSettings:
    given: ConnectionSettings | None = config.attributes.get("settings")
    if given is None:
        load_env_file()
        return database.settings()
    return given


@contextmanager
def open_session(
    settings: ConnectionSettings, options: Options
) -> Iterator[Connection]:
    """Open a connection for a block, prepared as a command's is.

    Args:
        settings: Where the database is.
        options: How long its statements may take and wait.

    Raises:
        ConnectionFailed: The database cannot be reached.
    """
    with connect_pinned(settings) as connection, prepared(connection, options):
        yield connection


@contextmanager
def prepared(
    connection: Connection,
    options: Options,
    *,
    only_looks: bool = False,
    reads_only: bool = False,
) -> Iterator[None]:
    """Prepare a session for a block; its own settings hold again afterwards.

    Args:
        connection: The connection, with no transaction open.
        options: How long its statements may take and wait.
        only_looks: Whether nothing is changed, so that statements are bounded anyway.
        reads_only: Whether nothing of the block may write, not even to roll it back.
    """
    settings = options.timeouts
    if only_looks and not options.statement_timeout:
        settings["statement_timeout"] = _limit_of_looks(connection)
    if reads_only:
        settings["default_transaction_read_only"] = "on"
    with pinned(connection), _set_up(connection, settings):
        yield


@contextmanager
def _set_up(connection: Connection, settings: Mapping[str, str]) -> Iterator[None]:
    before = _set(connection, settings)
    before["search_path"] = _get(connection, "search_path") or ""
    connection.execute(text(SET_SEARCH_PATH))
    refuse_untrusted(connection.scalars(text(UNTRUSTED_BOOKKEEPING)))
    connection.commit()
    try:
        before |= _set(connection, _CLIENT_CONNECTION_CHECK)
    except DBAPIError as error:  # not every server can
        if error.connection_invalidated:
            raise  # or SQLAlchemy would connect again, without what was set
        connection.rollback()
        log.debug("The server will not notice a killed client: %s", error.orig)
    try:
        yield
    finally:
        connection.rollback()
        if not connection.invalidated:
            _set(connection, before)


def _limit_of_looks(connection: Connection) -> str:
    """Keep a limit that the role, the database or PGOPTIONS have."""
    given = _get(connection, "statement_timeout") or "0"
    return f"{LOOK_S:g}s" if given == "0" else given


def _set(connection: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """Change settings of the session that its server knows; return what they were."""
    before: dict[str, str] = {}
    for name, value in values.items():
        was = _get(connection, name)
        if was is None:
            continue
        before[name] = was
        connection.execute(select(func.set_config(name, value, False)))  # noqa: FBT003 - a session's, not a transaction's
    connection.commit()
    return before


def _get(connection: Connection, name: str) -> str | None:
    asked = select(func.current_setting(name, True))  # noqa: FBT003 - no error if missing
    value: str | None = connection.scalar(asked)
    return value
