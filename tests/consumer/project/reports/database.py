"""Sessions for the endpoints: one a request."""

from collections.abc import AsyncIterator, Iterator
from functools import cache

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker

from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_async_engine, create_engine
from dataforeman_schema.sessions import async_sessions


@cache
def metadata_sessions() -> sessionmaker[Session]:
    """Make sessions on the metadata database, from one engine."""
    return sessionmaker(create_engine(META.settings()))


@cache
def telemetry_sessions() -> async_sessionmaker[AsyncSession]:
    """Make sessions on the telemetry database, from one engine."""
    return async_sessions(create_async_engine(TSDB.settings()))


def metadata_session() -> Iterator[Session]:
    """Provide a session on the metadata database for a request."""
    with metadata_sessions()() as session:
        yield session


async def telemetry_session() -> AsyncIterator[AsyncSession]:
    """Provide a session on the telemetry database for a request."""
    async with telemetry_sessions()() as session:
        yield session
