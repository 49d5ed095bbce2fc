"""Sessions of asyncio: nothing is loaded by accident, and what is not is named."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, select
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm import selectinload

from dataforeman_schema.engine import create_async_engine
from dataforeman_schema.meta import Role, User
from dataforeman_schema.sessions import async_sessions

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings


def test_what_is_not_loaded(meta_database: ConnectionSettings) -> None:
    """A relationship, a proxy or an expired column is named with what loads it."""

    async def look() -> None:
        engine = create_async_engine(meta_database, poolclass=NullPool)
        sessions = async_sessions(engine)
        async with sessions.begin() as session:
            ada = User(email="ada@example.com", roles=[Role(name="engineer")])
            session.add(ada)
        assert ada.email == "ada@example.com"
        query = select(User).filter_by(email="ada@example.com")
        async with sessions() as session:
            user = (await session.scalars(query)).one()
            with pytest.raises(MissingGreenlet, match=r"selectinload\(User.sessions\)"):
                user.sessions  # noqa: B018 - reading it is the test
            with pytest.raises(MissingGreenlet, match=r"^User.role_links is not load"):
                list(user.roles)
            assert await user.awaitable_attrs.sessions == []
            session.expire(user, ["email"])
            with pytest.raises(MissingGreenlet, match=r"session.refresh\(user\)"):
                user.email  # noqa: B018
        async with sessions() as session:
            loaded = query.options(selectinload(User.sessions))
            assert (await session.scalars(loaded)).one().sessions == []

    asyncio.run(look())
