"""The models at work: relationships, defaults and what deleting does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import NullPool, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from dataforeman_schema.meta import (
    AuditEvent,
    AuthIdentity,
    ChartConfig,
    ChartFolder,
    Connection,
    DashboardConfig,
    DashboardFolder,
    EipTag,
    PollGroup,
    Role,
    Tag,
    Unit,
    User,
    UserPermission,
    UserSession,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from dataforeman_schema.settings import ConnectionSettings


def make_user() -> User:
    """Make a user that owns one of everything."""
    folder = ChartFolder(name="Boilers", children=[ChartFolder(name="Old")])
    user = User(
        email="ada@example.com",
        identities=[AuthIdentity(provider="local", provider_user_id="ada")],
        permissions=[UserPermission(feature="dashboards", can_read=True)],
        sessions=[
            UserSession(jti=uuid4(), refresh_hash="x", expires_at=datetime.now(UTC))
        ],
        chart_folders=[folder, *folder.children],
        charts=[ChartConfig(name="Pressure", folder=folder)],
        dashboard_folders=[DashboardFolder(name="Plant")],
        dashboards=[DashboardConfig(name="Overview")],
    )
    user.roles.append(Role(name="engineer"))
    return user


def test_user_and_all_it_owns_come_back(meta_session: Session) -> None:
    """What is stored through a user's relationships is read through them again."""
    meta_session.add(make_user())
    meta_session.commit()
    user = meta_session.scalars(select(User).filter_by(email="ada@example.com")).one()
    assert [role.name for role in user.roles] == ["engineer"]
    assert user.roles[0].users == [user]
    assert user.identities[0].failed_attempts == 0
    assert user.permissions[0].can_delete is False
    assert user.sessions[0].user is user
    assert user.charts[0].folder is not None
    assert user.charts[0].folder.children[0].parent is user.charts[0].folder
    assert user.charts[0].options == {}
    assert user.dashboards[0].folder is None


def test_deleting_a_user_deletes_what_it_owns(meta_session: Session) -> None:
    """Everything that belongs to a user alone goes with it; the role stays."""
    user = make_user()
    meta_session.add(user)
    meta_session.commit()
    meta_session.delete(user)
    meta_session.commit()
    for model in (AuthIdentity, ChartConfig, ChartFolder, DashboardConfig):
        assert meta_session.scalars(select(model)).all() == []
    assert (
        meta_session.scalars(select(Role).filter_by(name="engineer")).one().users == []
    )


def test_audit_events_keep_their_user(meta_session: Session) -> None:
    """A user that did something on record cannot be deleted."""
    event = AuditEvent(
        action="auth.login", outcome="success", actor=make_user(), ip="10.0.0.1"
    )
    event.metadata_ = {"method": "password"}
    meta_session.add(event)
    meta_session.commit()
    meta_session.delete(event.actor)
    with pytest.raises(IntegrityError, match="audit_events_actor_user_id_fkey"):
        meta_session.flush()


def test_deleting_a_folder_keeps_its_charts(meta_session: Session) -> None:
    """A folder takes its subfolders along and lets its charts go free."""
    user = make_user()
    meta_session.add(user)
    meta_session.commit()
    meta_session.delete(user.charts[0].folder)
    meta_session.commit()
    assert user.charts[0].folder_id is None
    assert user.chart_folders == []


def test_tag_reaches_all_it_refers_to(meta_session: Session) -> None:
    """A tag leads to its connection, poll group and unit, and they lead back."""
    meta_session.add(make_tag(meta_session))
    meta_session.commit()
    tag = meta_session.scalars(select(Tag).filter_by(tag_path="Boiler.P")).one()
    assert tag.poll_group.name == "Standard"
    assert tag.poll_group.tags.count(tag) == 1
    assert tag.unit is not None
    assert tag.unit.tags == [tag]
    assert tag.connection.tags == [tag]
    assert tag.connection.eip_tags[0].dimensions == [2, 3]
    assert (tag.on_change_deadband, tag.on_change_deadband_type) == (0, "absolute")
    assert tag.metadata_ == {}


def make_tag(session: Session) -> Tag:
    """Make a tag of a new connection, in bar."""
    browsed = EipTag(tag_path="Boiler.P", tag_type="atomic", dimensions=[2, 3])
    return Tag(
        connection=Connection(name="PLC 1", type="eip", eip_tags=[browsed]),
        driver_type="EIP",
        tag_path="Boiler.P",
        unit=session.scalars(select(Unit).filter_by(name="Bar")).one(),
    )


def test_deleting_what_a_tag_refers_to(meta_session: Session) -> None:
    """A poll group stays while it has tags; a unit leaves them, a connection not."""
    tag = make_tag(meta_session)
    meta_session.add(tag)
    meta_session.commit()
    meta_session.delete(tag.unit)
    meta_session.commit()
    assert tag.unit_id is None
    meta_session.delete(meta_session.get_one(PollGroup, tag.poll_group_id))
    with pytest.raises(IntegrityError, match="tag_metadata_poll_group_id_fkey"):
        meta_session.flush()
    meta_session.rollback()
    meta_session.delete(tag.connection)
    meta_session.commit()
    assert meta_session.scalars(select(Tag).filter_by(driver_type="EIP")).all() == []


def test_a_value_outside_its_set_is_refused(meta_session: Session) -> None:
    """The server refuses a connection type that nobody knows."""
    meta_session.add(Connection(name="Fax", type="fax"))  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="connections_type_check"):
        meta_session.flush()


def test_updated_at_moves_without_a_trigger(meta_session: Session) -> None:
    """The ORM sets updated_at where the server does not, and knows its value."""
    unit = Unit(name="Furlong", symbol="fur", category="Level")
    unit.updated_at = datetime.now(UTC) - timedelta(days=1)
    meta_session.add(unit)
    meta_session.commit()
    before = unit.updated_at
    unit.symbol = "furlong"
    meta_session.commit()
    assert unit.updated_at > before + timedelta(hours=23)


def test_async_session_needs_no_later_query(meta_database: ConnectionSettings) -> None:
    """With asyncio, what the server sets is there after the flush."""

    async def change() -> tuple[datetime, datetime]:
        engine = create_async_engine(
            "postgresql+psycopg://",
            connect_args=meta_database.keywords,
            poolclass=NullPool,
        )
        async with AsyncSession(engine) as session:
            connection = Connection(name="PLC 2", type="s7")
            session.add(connection)
            await session.commit()
            await session.refresh(connection)
            created = connection.updated_at
            connection.enabled = False
            await session.flush()
            return created, connection.updated_at

    created, changed = asyncio.run(change())
    assert changed > created


def test_repr_shows_the_key_and_no_secret() -> None:
    """An object shows its class and key, before it is stored too."""
    identity = AuthIdentity(
        id=7, provider="local", provider_user_id="ada", secret_hash="hidden"
    )
    assert repr(identity) == "AuthIdentity(id=7)"
    assert repr(User(email="a@example.com")) == "User(id=None)"
