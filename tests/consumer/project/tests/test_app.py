"""The endpoints, on sessions that are rolled back after each test."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from httpx2 import ASGITransport, AsyncClient
from reports.app import app
from reports.database import metadata_session, telemetry_session
from reports.models import Report
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from dataforeman_schema.meta import User
from dataforeman_schema.tsdb import TagValue


@pytest.mark.parametrize("attempt", [1, 2])
def test_add_report(meta_session: Session, attempt: int) -> None:
    """A report is kept for its user, and gone for the next test."""
    app.dependency_overrides[metadata_session] = lambda: meta_session
    meta_session.add(User(email="ada@example.com"))
    meta_session.commit()
    client = TestClient(app)
    added = client.post(
        "/users/ada@example.com/reports", params={"title": f"{attempt}"}
    )
    assert added.status_code == 200
    report = meta_session.scalars(select(Report)).one()
    assert report.id == added.json()
    assert client.post("/users/bob@example.com/reports?title=x").status_code == 404


@pytest.fixture
def anyio_backend() -> str:
    """The event loop that psycopg runs in."""
    return "asyncio"


@pytest.mark.anyio
async def test_latest(tsdb_async_session: AsyncSession) -> None:
    """The latest reading of a tag is found, and none of a tag without."""
    app.dependency_overrides[telemetry_session] = lambda: tsdb_async_session
    now = datetime.now(UTC)
    value = TagValue(connection_id=uuid4(), tag_id=7, ts=now, quality=0, v_num=20.5)
    tsdb_async_session.add(value)
    await tsdb_async_session.commit()
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        assert (await client.get("/tags/7/latest")).json() == 20.5
        assert (await client.get("/tags/8/latest")).json() is None
