"""The fixtures: what tests do is undone, and what killed runs left is removed."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.engine import create_async_engine
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.meta import Role
from dataforeman_schema.testing.abandoned import owned_names
from dataforeman_schema.testing.servers import has_one_session
from dataforeman_schema.tsdb import TagValue
from tests.commands import run
from tests.commands.places import execute, query
from tests.documents import CHECKOUT, blocks
from tests.embedded.helpers import processes

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.orm import Session

    from dataforeman_schema.settings import ConnectionSettings
    from dataforeman_schema.testing.databases import Template

SHIFT = select(func.count()).select_from(Role).filter_by(name="shift")
READINGS = select(func.count()).select_from(TagValue)
DATABASES = "SELECT datname FROM pg_database WHERE datname ~ '^dataforeman_test_'"
KILLED = """
import os, signal
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.testing.abandoned import owned_names
from dataforeman_schema.testing.databases import _new_database
from dataforeman_schema.testing.servers import postgres_server

with (
    postgres_server() as server,
    owned_names(server) as prefix,
    _new_database(server, prefix) as settings,
    throwaway_folder() as folder,
    EmbeddedPostgres(folder, durable=False),
):
    print(settings.database, folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
CONSUMER = """
import asyncio
from contextlib import closing

import pytest
from sqlalchemy import text

from dataforeman_schema.connection import connect


@pytest.fixture(scope="session")
def upgrade_own_meta():
    def upgrade(settings):
        with closing(connect(settings)) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE shift (id integer)")
            connection.commit()

    return upgrade


@pytest.mark.parametrize("n", [1, 2])
def test_sync(meta_session, n):
    meta_session.execute(text("INSERT INTO shift VALUES (1)"))
    meta_session.commit()
    assert meta_session.scalar(text("SELECT count(*) FROM shift")) == 1


def test_async(meta_async_session):
    asked = meta_async_session.scalar(text("SELECT count(*) FROM shift"))
    assert asyncio.run(asked) == 0
"""


def given(server: ConnectionSettings) -> str:
    """Write a server as the variables of tests take it."""
    return server.url().render_as_string(hide_password=False)


def databases(server: ConnectionSettings) -> set[str]:
    """Name the databases of tests on a server."""
    return {name for (name,) in query(server, DATABASES)}


def test_nothing_stays(meta_template: Template) -> None:
    """What a session commits is there until the end of the test, and then gone."""
    for _ in range(2):
        with meta_template.session() as session:
            session.add(Role(name="shift"))
            session.commit()
            session.rollback()
            assert session.scalar(SHIFT) == 1


def test_nothing_of_asyncio_stays(meta_async_session: AsyncSession) -> None:
    """The same in asyncio, in whatever loop the test runs; others do not see it."""

    async def add() -> None:
        meta_async_session.add(Role(name="shift"))
        await meta_async_session.commit()

    async def count() -> int | None:
        return await meta_async_session.scalar(SHIFT)

    asyncio.run(add())
    assert asyncio.run(count()) == 1


def test_async_and_sync(
    meta_session: Session, meta_async_session: AsyncSession
) -> None:
    """Two sessions of one test do not see each other's rows."""
    meta_session.add(Role(name="shift"))
    meta_session.commit()
    assert asyncio.run(meta_async_session.scalar(SHIFT)) == 0


def test_readings_do_not_stay(tsdb_template: Template) -> None:
    """The telemetry database is filled again only where others had used it."""
    for number in range(3):
        with tsdb_template.session() as session:
            assert session.scalar(READINGS) == 0
            session.add(TagValue(connection_id=uuid4(), tag_id=1, quality=0))
            session.commit()
        if number == 1:
            with tsdb_template.empty():
                pass


def test_nothing_set_stays(tsdb_template: Template) -> None:
    """What is set for a database and what others may do by default goes with it."""
    ask = (
        "SELECT current_setting('work_mem'), count(d.oid) FROM pg_database AS b "
        "LEFT JOIN pg_default_acl AS d ON true WHERE datname = current_database()"
    )
    with tsdb_template.empty() as settings:
        before = query(settings, ask)
        execute(
            settings,
            f"ALTER DATABASE {settings.database} SET work_mem = '5MB'; "
            "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; "
            "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES "
            "TO pg_monitor",
        )
        assert query(settings, ask) == [("5MB", 2)]
    with tsdb_template.empty() as settings:
        assert query(settings, ask) == before


def test_one_session_at_a_time(
    tsdb_template: Template, tsdb_server: ConnectionSettings
) -> None:
    """Who asks the embedded TimescaleDB for two at once is told, and does not wait."""
    if not has_one_session(tsdb_server):
        with tsdb_template.copy(), tsdb_template.session() as session:
            assert session.scalar(READINGS) == 0
        return
    with (
        tsdb_template.session(),
        pytest.raises(SchemaError, match="TSDB_TEST_URL"),
        tsdb_template.copy(),
    ):
        pass


def test_killed_runs_leave_nothing(meta_server: ConnectionSettings) -> None:
    """The next run drops the databases of one that is gone, and ends its servers."""
    killed = run(sys.executable, "-c", KILLED, META_TEST_URL=given(meta_server))
    assert killed.returncode == -signal.SIGKILL, killed
    database, abandoned = killed.stdout.split()
    server = EmbeddedPostgres(Path(abandoned))
    assert processes(server)
    assert database in databases(meta_server)
    with owned_names(meta_server), throwaway_folder() as folder:
        assert folder in server.data_dir.parent.iterdir()
    assert not processes(server)
    assert not server.data_dir.exists()
    assert not Path(server.params["host"]).exists()
    assert database not in databases(meta_server)


def test_runs_side_by_side(meta_template: Template) -> None:
    """What belongs to a run that goes on stays."""
    with (
        throwaway_folder() as first,
        throwaway_folder(),
        owned_names(meta_template.server),
        meta_template.copy() as settings,
    ):
        assert first.exists()
        assert query(settings, "SELECT 1")


def test_the_plugin_is_lean() -> None:
    """What pytest loads in every run imports nothing slow."""
    script = "import sys, dataforeman_schema.testing.plugin; print(*sys.modules)"
    modules = run(sys.executable, "-c", script).stdout.split()
    assert "dataforeman_schema.testing.plugin" in modules
    assert not {"sqlalchemy", "alembic", "psycopg", "psycopg2"} & set(modules)


@pytest.mark.slow
def test_another_project(tmp_path: Path, meta_server: ConnectionSettings) -> None:
    """Pytest finds the fixtures, runs a tree of one's own, and nothing is written."""
    guide = "\n".join(blocks(CHECKOUT / "docs" / "testing.md", "python"))
    (tmp_path / "test_shift.py").write_text(CONSUMER + guide, encoding="utf-8")
    pytest_ = (sys.executable, "-m", "pytest", "-Werror", "-pno:cacheprovider")
    environ = {"META_TEST_URL": given(meta_server), "PYTHONDONTWRITEBYTECODE": "1"}
    result = run(*pytest_, **environ)
    assert "5 passed" in result.stdout, result.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["test_shift.py"]
    environ["META_TEST_URL"] = "postgresql://nobody@127.0.0.1:1/nothing"
    failed = run(*pytest_, **environ).stdout
    assert "set the host in META_TEST_URL and the port in META_TEST_URL" in failed
    assert "During handling" not in failed
    assert "Traceback" not in failed
    assert ".py:" not in failed.partition("short test summary")[0]


@pytest.mark.parametrize("package", ["asyncpg", "greenlet"])
def test_a_missing_extra(
    monkeypatch: pytest.MonkeyPatch, meta_server: ConnectionSettings, package: str
) -> None:
    """It is named, with the command that installs it."""
    monkeypatch.setitem(sys.modules, package, None)
    wanted = (
        rf"^{package} is not installed: pip install 'dataforeman-schema\[asyncpg\]'$"
    )
    with pytest.raises(SchemaError, match=wanted):
        create_async_engine(meta_server, driver="asyncpg")
