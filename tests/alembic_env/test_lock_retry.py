"""Tables that other sessions hold."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, inspect, text

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.databases import META
from dataforeman_schema.testing import Migrations
from tests.alembic_env.test_lock import other_migration
from tests.commands import BIN, variables
from tests.commands.places import wait_until_blocking
from tests.trees import following

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings


@contextmanager
def held_table(engine: Engine, table: str, for_s: float = 60) -> Iterator[None]:
    """Let another session read a table in a transaction that it leaves open."""
    with engine.connect() as connection:
        connection.execute(text("SET application_name = 'forgotten psql'"))
        connection.execute(text(f"LOCK TABLE {table} IN ACCESS SHARE MODE"))
        end = threading.Timer(for_s, connection.rollback)
        end.start()
        yield
        end.cancel()
        end.join()


def downgrade(settings: ConnectionSettings, options: Options) -> None:
    """Drop every table, which needs each of them for itself."""
    config = Migrations(META, settings).config()
    config.attributes["options"] = options
    command.downgrade(config, "base")


def test_waits_for_a_table(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A table that another session gives back in time only delays a migration."""
    with held_table(meta_engine, "jobs", for_s=3):
        downgrade(meta_database, Options(lock_timeout=0.2))
    assert not inspect(meta_engine).has_table("jobs")


def test_gives_up_and_names_the_session(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A table that stays locked ends a migration in time, with nothing half done."""
    before = sorted(inspect(meta_engine).get_table_names())
    with (
        held_table(meta_engine, "jobs"),
        pytest.raises(
            CommandError, match=r"locked by pid \d+ \(forgotten psql.*, waited 1 s"
        ),
    ):
        downgrade(meta_database, Options(lock_wait=1, lock_timeout=0.1))
    assert sorted(inspect(meta_engine).get_table_names()) == before


def test_no_wait_at_all() -> None:
    """To wait for nothing is not what 0 is to the server: to wait for ever."""
    timeouts = Options(lock_timeout=0, statement_timeout=0).timeouts
    assert timeouts["lock_timeout"] == "1"
    assert timeouts["statement_timeout"] == "0"


def test_pauses_count(meta_database: ConnectionSettings, meta_engine: Engine) -> None:
    """The pauses between tries are part of the wait, too."""
    begun = time.monotonic()
    with (
        held_table(meta_engine, "jobs"),
        pytest.raises(CommandError, match="stayed locked"),
    ):
        downgrade(meta_database, Options(lock_wait=4, lock_timeout=0.01))
    # If they were not, there would be four hundred tries.
    assert time.monotonic() - begun < 60


def test_one_wait_for_all(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """The wait for another migration is part of the wait for a table after it."""
    with (
        ThreadPoolExecutor() as pool,
        held_table(meta_engine, "jobs"),
        other_migration(meta_database) as other,
    ):
        begun = time.monotonic()
        waiting = pool.submit(
            downgrade, meta_database, Options(lock_wait=5, lock_timeout=0.1)
        )
        with pytest.raises(TimeoutError):
            waiting.result(timeout=4)
        other.close()
        with pytest.raises(CommandError, match=r"waited 5 s in all"):
            waiting.result(timeout=20)
        assert 5 <= time.monotonic() - begun < 8


REVISION = """
from alembic import op
revision, down_revision = "{}", "{}"
def upgrade():
    op.execute({!r})
def downgrade(): ...
"""


def add_revisions(checkout: Path, *statements: str) -> None:
    """Write revisions after the head, each of which runs a statement."""
    for nth, statement in enumerate(statements):
        revision, before = following(META, nth + 1), following(META, nth)
        path = checkout / "alembic_meta" / "versions" / f"{revision}.py"
        path.write_text(REVISION.format(revision, before, statement))


def upgrade_past_a_lock(
    settings: ConnectionSettings,
    engine: Engine,
    *options: str,
    target: str,
) -> int:
    """Upgrade with the revisions in `checkout`; give jobs back when waited for."""
    with engine.connect() as holder:
        holder.execute(text("LOCK TABLE jobs IN ACCESS SHARE MODE"))
        with subprocess.Popen(
            [BIN / "alembic", *options, "-n", "meta", "upgrade", target],
            env={**os.environ, **variables(settings)},
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stderr is not None
            assert any("A table is locked by" in line for line in process.stderr)
            holder.rollback()
            process.communicate(timeout=60)
    return process.returncode


def test_work_is_no_wait(
    checkout: Path, meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """The time that a revision works does not count as waiting for a table."""
    add_revisions(checkout, "SELECT pg_sleep(1.5); ALTER TABLE jobs ADD a text")
    options = ("-x", "lock-wait=1", "-x", "lock-timeout=0.1")
    code = upgrade_past_a_lock(meta_database, meta_engine, *options, target="head")
    assert code == 0


def test_deadlock(meta_database: ConnectionSettings, meta_engine: Engine) -> None:
    """A migration that the server ends for a service's sake runs once more."""
    with ThreadPoolExecutor() as pool, meta_engine.connect() as service:
        # Whoever notices a deadlock first is ended: it shall not be the service.
        service.execute(text("SET LOCAL deadlock_timeout = '60s'"))
        service.execute(text("LOCK TABLE users IN ACCESS SHARE MODE"))
        migration = pool.submit(downgrade, meta_database, Options(lock_timeout=10))
        wait_until_blocking(service)
        service.execute(text("LOCK TABLE eip_tag_cache IN ACCESS SHARE MODE"))
        service.rollback()
        migration.result(timeout=30)
    assert not inspect(meta_engine).has_table("users")


def test_relative_target_stays(
    checkout: Path, meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A target that counts from the start is no other one after half of the way."""
    add_revisions(
        checkout, "CREATE TABLE a ()", "ALTER TABLE jobs ADD a text", "TABLE nosuch"
    )
    options = ("-x", "lock-timeout=0.1")
    code = upgrade_past_a_lock(meta_database, meta_engine, *options, target="+2")
    assert code == 0
    with meta_engine.connect() as connection:
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    assert revision == following(META, 2)


def test_statement_timeout(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """A statement that runs for longer than it may is ended, not tried again."""
    config = Migrations(META, meta_empty_database).config()
    config.attributes["options"] = Options(statement_timeout=0.001)
    with pytest.raises(
        CommandError, match="allow statements more time with statement-timeout"
    ):
        command.upgrade(config, "head")
    assert "users" not in inspect(meta_empty_engine).get_table_names()
