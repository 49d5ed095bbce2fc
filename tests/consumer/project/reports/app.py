"""The service: a synchronous and an asynchronous endpoint."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from dataforeman_schema.meta import User
from dataforeman_schema.tsdb import TagValue
from reports.database import metadata_session, telemetry_session
from reports.models import Report

app = FastAPI()


@app.post("/users/{email}/reports")
def add_report(
    email: str, title: str, session: Annotated[Session, Depends(metadata_session)]
) -> int:
    """Keep a report of a user and return its number."""
    owner = session.scalars(select(User).filter_by(email=email)).one_or_none()
    if owner is None:
        raise HTTPException(404, "no such user")
    report = Report(title=title, owner=owner)
    session.add(report)
    session.commit()
    return report.id


@app.get("/tags/{tag_id}/latest")
async def latest(
    tag_id: int, session: Annotated[AsyncSession, Depends(telemetry_session)]
) -> float | None:
    """Return the latest number that was read of a tag."""
    newest = select(TagValue.v_num).where(TagValue.tag_id == tag_id)
    return await session.scalar(newest.order_by(TagValue.ts.desc()).limit(1))
