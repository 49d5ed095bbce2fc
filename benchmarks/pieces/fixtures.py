"""How long a test waits for its database: a copy of its own, or a session."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import NullPool, text

from benchmarks.comparison import Contrast, timed
from dataforeman_schema.engine import create_engine

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from benchmarks.bench import Bench
    from dataforeman_schema.testing.databases import Template

COPY: Final = "a copy of the template"
SESSION: Final = "a session that is rolled back"
ASYNC: Final = "the same with asyncio"
_TEST: Final = text("SELECT 1")


def run(bench: Bench) -> None:
    """Compare what tests of each database ask for."""
    contrasts = Contrast(SESSION, COPY), Contrast(ASYNC, COPY)
    for name, template in (("metadata", bench.meta), ("telemetry", bench.tsdb)):
        ways = {
            COPY: partial(timed, partial(_on_copy, template)),
            SESSION: partial(timed, partial(_in_session, template)),
            ASYNC: partial(timed, partial(_in_async_session, template)),
        }
        bench.compare(f"a test of the {name} database", ways, *contrasts)


def _on_copy(template: Template) -> None:
    with template.copy() as settings:
        engine = create_engine(settings, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(_TEST)


def _in_session(template: Template) -> None:
    with template.session() as session:
        session.execute(_TEST)


def _in_async_session(template: Template) -> None:
    with template.async_session() as session:
        asyncio.run(_ask(session))


async def _ask(session: AsyncSession) -> None:
    await session.execute(_TEST)
