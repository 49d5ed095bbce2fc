"""Sessions of which nothing stays: one transaction each, which is rolled back."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from sqlalchemy import NullPool
from sqlalchemy.orm import Session

from dataforeman_schema.engine import create_async_engine, create_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

    from dataforeman_schema.settings import ConnectionSettings

# A commit ends a savepoint of the transaction, a rollback goes back to it.
_JOINED: Final = "create_savepoint"


@contextmanager
def rolled_back_session(settings: ConnectionSettings) -> Iterator[Session]:
    """Provide a session; what it wrote is undone afterwards, committed or not."""
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        connection.begin()
        with Session(connection, join_transaction_mode=_JOINED) as session:
            yield session


@contextmanager
def rolled_back_async_session(settings: ConnectionSettings) -> Iterator[AsyncSession]:
    """Provide a session of asyncio that is undone as the other is.

    It is opened and closed in an event loop of its own: psycopg's connections belong
    to none, and so a test may run in that of any plugin, or in `asyncio.run`.
    """
    engine = create_async_engine(settings, poolclass=NullPool)
    from dataforeman_schema.sessions import async_sessions  # noqa: PLC0415 - an extra's

    loop = asyncio.new_event_loop()
    try:
        connection = loop.run_until_complete(_begin(engine))
        session = async_sessions(connection, join_transaction_mode=_JOINED)()
        try:
            yield session
        finally:
            loop.run_until_complete(_end(session, connection))
    finally:
        loop.close()


async def _begin(engine: AsyncEngine) -> AsyncConnection:
    connection = await engine.connect()
    await connection.begin()
    return connection


async def _end(session: AsyncSession, connection: AsyncConnection) -> None:
    await session.close()
    await connection.close()
