"""One migration at a time in a database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, inspect, select, text

from dataforeman_schema.alembic_env.history import HISTORY
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import LOCK_KEY, META
from dataforeman_schema.testing import Migrations
from tests.commands import alembic, assert_refused, variables
from tests.trees import line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings


@contextmanager
def other_migration(settings: ConnectionSettings) -> Iterator[Psycopg2Connection]:
    """Hold the lock as another migration does, until its connection is closed."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute("SET application_name = 'night shift'")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        yield connection


def test_bounded_wait_names_the_holder(meta_database: ConnectionSettings) -> None:
    """A migration that finds the lock taken gives up in time and says by whom."""
    with other_migration(meta_database) as other:
        pid = other.info.backend_pid
        environ = variables(meta_database)
        result = alembic(
            "-x", "lock-wait=0.3", "-n", "meta", "downgrade", "base", **environ
        )
    last = result.stderr.splitlines()[-1]
    assert result.returncode == 1
    assert f"pid {pid} (night shift, connected since 2" in last
    assert "waited 0.3 s" in last


def test_holder_is_of_this_database(
    meta_database: ConnectionSettings, meta_empty_database: ConnectionSettings
) -> None:
    """Who migrates another database of the same server is not named."""
    with (
        other_migration(meta_empty_database) as elsewhere,
        other_migration(meta_database) as other,
    ):
        environ = variables(meta_database)
        result = alembic(
            "-x", "lock-wait=0.3", "-n", "meta", "downgrade", "base", **environ
        )
        last = result.stderr.splitlines()[-1]
        assert f"pid {other.info.backend_pid} (" in last
        assert str(elsewhere.info.backend_pid) not in last


def test_waits_for_its_turn(meta_database: ConnectionSettings) -> None:
    """A migration goes on when the one before it is done, or its process dead."""
    downgrade = Migrations(META, meta_database).downgrade
    with ThreadPoolExecutor() as pool, other_migration(meta_database) as other:
        waiting = pool.submit(downgrade)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        other.close()
        waiting.result(timeout=20)


def test_newer_release_in_the_meantime(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """What another migration did while it was waited for is looked at."""
    upgrade = Migrations(META, meta_database).upgrade
    with ThreadPoolExecutor() as pool, other_migration(meta_database) as other:
        waiting = pool.submit(upgrade)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=1)
        with meta_engine.begin() as connection:
            connection.execute(
                text("UPDATE alembic_version SET version_num = 'meta_999'")
            )
        other.close()
        with pytest.raises(CommandError, match=r"meta_999, .* does not know; install"):
            waiting.result(timeout=20)


def test_statement_timeout_of_the_database(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """The wait lasts as long as it may, whatever the server lets statements last."""
    with meta_engine.begin() as connection:
        connection.execute(
            text(f"ALTER DATABASE {meta_database.database} SET statement_timeout = 500")
        )
    config = Migrations(META, meta_database).config()
    config.attributes["options"] = Options(lock_wait=1.5)
    with (
        other_migration(meta_database),
        pytest.raises(CommandError, match=r"another migration is at work.* waited 1.5"),
    ):
        command.downgrade(config, "base")


def test_ensure_version(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """The version table is made, and kept, when other migrations are done."""
    environ = variables(meta_empty_database)
    ensure = ("-x", "lock-wait=0.3", "-n", "meta", "ensure_version")
    with other_migration(meta_empty_database):
        refused = alembic(*ensure, **environ)
    assert "another migration is at work" in refused.stderr
    assert not inspect(meta_empty_engine).has_table("alembic_version")
    assert alembic(*ensure, **environ).returncode == 0
    assert inspect(meta_empty_engine).has_table("alembic_version")


def test_reading_commands_do_not_wait(meta_database: ConnectionSettings) -> None:
    """`current` and `check` look at a database that is being migrated."""
    with other_migration(meta_database):
        for reading in ("current", "check"):
            result = alembic("-n", "meta", reading, **variables(meta_database))
            assert result.returncode == 0, result


def test_many_at_once(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """Of many upgrades at once each succeeds and each revision runs once."""
    environ = variables(meta_empty_database)
    with ThreadPoolExecutor() as pool:
        started = [
            pool.submit(alembic, "-n", "meta", "upgrade", "head", **environ)
            for _ in range(4)
        ]
    assert [future.result().returncode for future in started] == [0] * 4
    with meta_empty_engine.connect() as connection:
        revisions = connection.scalars(select(HISTORY.c.revision)).all()
    assert sorted(revisions) == line(META)


def test_lock_is_free_afterwards(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A failed migration on a caller's connection leaves no lock or limit behind."""
    with meta_engine.connect() as connection:
        connection.execute(text("SET statement_timeout = '7min'"))
        connection.execute(text("INSERT INTO users (email) VALUES ('a@b')"))
        connection.commit()
        config = Migrations(META, meta_database).config()
        config.attributes["connection"] = connection
        config.attributes["options"] = Options(lock_wait=1)
        with pytest.raises(CommandError, match=r"would lose rows of users \(1\)"):
            command.downgrade(config, "base")
        mine = "locktype = 'advisory' AND pid = pg_backend_pid()"
        held = connection.execute(text(f"SELECT FROM pg_locks WHERE {mine}"))
        assert held.rowcount == 0
        assert connection.scalar(text("SHOW lock_timeout")) == "0"
        assert connection.scalar(text("SHOW statement_timeout")) == "7min"


@pytest.mark.parametrize("run", [command.upgrade, command.current, command.check])
def test_no_transaction_of_a_caller_is_committed(
    meta_database: ConnectionSettings, meta_engine: Engine, run: Callable[..., None]
) -> None:
    """A caller's connection with a transaction open is refused and stays as it is."""
    config = Migrations(META, meta_database).config()
    with meta_engine.connect() as connection:
        connection.execute(text("INSERT INTO users (email) VALUES ('a@b')"))
        config.attributes["connection"] = connection
        with pytest.raises(CommandError, match="has a transaction open"):
            run(config, *(["head"] if run is command.upgrade else []))
        assert connection.in_transaction()
        connection.rollback()
        users = "SELECT count(*) FROM users WHERE email = 'a@b'"
        assert connection.scalar(text(users)) == 0


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("lock-wait=soon", "is not a number of seconds"),
        ("lock-wait=-1", "is not a number of seconds"),
        ("lock-timeout=inf", "is not a number of seconds"),
        ("lose-data=perhaps", "is not yes or no"),
        ("lockwait=1", "is not known; use one of lock-wait"),
    ],
)
def test_bad_option(option: str, words: str) -> None:
    """An -x option that cannot be one is refused before anything is connected."""
    assert_refused(alembic("-x", option, "-n", "meta", "upgrade", "head"), words)
