"""Sessions of asyncio, which say what was not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import event
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.util.concurrency import in_greenlet

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine


class _ExplainingSession(Session):
    """What an `AsyncSession` runs, and where a relationship would be loaded later."""


@event.listens_for(_ExplainingSession, "do_orm_execute")
def _explain(state: ORMExecuteState) -> None:
    """Refuse what cannot be loaded outside of await, and name it."""
    if in_greenlet():
        return
    if state.is_relationship_load:
        path: Any = state.loader_strategy_path
        model, name = path[-1].parent.class_.__name__, path[-1].key
        raise MissingGreenlet(
            f"{model}.{name} is not loaded, and nothing is loaded without await: add "
            f".options(selectinload({model}.{name})) to the select, or read it by "
            f"await {model.lower()}.awaitable_attrs.{name}"
        )
    if state.is_column_load and state.bind_mapper:
        model = state.bind_mapper.class_.__name__
        raise MissingGreenlet(
            f"what was expired of a {model} is loaded by await only: "
            f"await session.refresh({model.lower()})"
        )


def async_sessions(
    engine: AsyncEngine | AsyncConnection,
    **options: Any,  # noqa: ANN401 - SQLAlchemy's own
) -> async_sessionmaker[AsyncSession]:
    """Make what makes sessions of asyncio on an engine.

    After a commit objects keep what they hold. A relationship that was not loaded
    raises `sqlalchemy.exc.MissingGreenlet`, which names it and says what loads it.

    Args:
        engine: That of `create_async_engine`, or a connection of it.
        options: Passed on to `sqlalchemy.ext.asyncio.async_sessionmaker`.
    """
    given = {"expire_on_commit": False, **options}
    return async_sessionmaker(engine, sync_session_class=_ExplainingSession, **given)
