"""A downgrade does not lose rows by accident."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, MetaData, Table, inspect, text
from sqlalchemy.exc import ProgrammingError

from dataforeman_schema.alembic_env.data_loss import data_loss_guard
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.databases import META
from dataforeman_schema.meta.seed import SEED
from dataforeman_schema.testing import Migrations
from tests.commands import alembic, variables
from tests.commands.places import wait_until_blocking
from tests.trees import head, seeded

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

ROWS = (
    "INSERT INTO users (email) VALUES ('a@example.com'), ('b@example.com')",
    "INSERT INTO jobs (type) VALUES ('export')",
    "UPDATE poll_groups SET name = 'Night' WHERE group_id = 3",
)


def downgrade(settings: ConnectionSettings, *options: str) -> tuple[int, str]:
    """Downgrade the metadata database to nothing; return exit code and last line."""
    result = alembic(*options, "-n", "meta", "downgrade", "base", **variables(settings))
    return result.returncode, (result.stderr.splitlines() or [""])[-1]


def test_seed_rows_are_no_loss(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A database that holds only what its release seeded goes down without asking."""
    assert downgrade(meta_database)[0] == 0
    assert not inspect(meta_engine).has_table("users")


def test_rows_are_counted_and_kept(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """Rows of users, operators and services are counted by table, and all stay."""
    with meta_engine.begin() as connection:
        for statement in ROWS:
            connection.execute(text(statement))
    code, line = downgrade(meta_database)
    assert code == 1
    assert "would lose rows of jobs (1), poll_groups (1), users (2);" in line
    assert "-x lose-data=yes" in line
    with meta_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM users")) == 2 + seeded(
            "users"
        )
        kept = connection.scalar(text("SELECT count(*) FROM poll_groups"))
        assert kept == seeded("poll_groups")
        revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    assert revision == head(META)


def test_rows_that_are_not_committed_yet(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A row that a service commits while the downgrade waits for its table counts."""
    config = Migrations(META, meta_database).config()
    config.attributes["options"] = Options(lock_timeout=10)
    with ThreadPoolExecutor() as pool, meta_engine.connect() as service:
        service.execute(text(ROWS[1]))
        waiting = pool.submit(command.downgrade, config, "base")
        wait_until_blocking(service)
        service.commit()
        with pytest.raises(CommandError, match=r"would lose rows of jobs \(1\);"):
            waiting.result(timeout=20)


def test_rows_that_a_policy_hides(meta_empty_engine: Engine) -> None:
    """Rows that the owner of a table may not see keep it from being dropped."""
    role = f"dataforeman_test_{uuid4().hex[:8]}"
    with meta_empty_engine.connect() as connection:
        for statement in (
            f"CREATE ROLE {role}",
            "CREATE TABLE hidden AS SELECT 1 AS id",
            f"ALTER TABLE hidden OWNER TO {role}",
            "ALTER TABLE hidden ENABLE ROW LEVEL SECURITY",
            "ALTER TABLE hidden FORCE ROW LEVEL SECURITY",
            f"SET ROLE {role}",
        ):
            connection.execute(text(statement))
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            data_loss_guard(connection, (), allowed=False),
        ):
            Table("hidden", MetaData()).drop(connection)


def test_told_to_lose_them(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """With the option the tables go, rows and all."""
    with meta_engine.begin() as connection:
        connection.execute(text(ROWS[0]))
    assert downgrade(meta_database, "-x", "lose-data=yes")[0] == 0
    assert not inspect(meta_engine).has_table("users")


def test_hypertable_rows(
    tsdb_database: ConnectionSettings, tsdb_engine: Engine
) -> None:
    """Readings are counted as well."""
    reading = (
        "INSERT INTO system_metrics (ts, metric_name, value) VALUES (now(), 'x', 1)"
    )
    with tsdb_engine.begin() as connection:
        connection.execute(text(reading))
    result = alembic("-n", "tsdb", "downgrade", "base", **variables(tsdb_database))
    assert "would lose rows of system_metrics (1);" in result.stderr


FOREIGN = (
    *(f"CREATE TABLE mine_{number} (id int)" for number in range(8)),
    "CREATE SCHEMA plant",
    "CREATE TABLE plant.shifts (id int REFERENCES units_of_measure ON DELETE CASCADE)",
    "CREATE TABLE marks (unit int REFERENCES units_of_measure ON DELETE SET NULL)",
    "INSERT INTO plant.shifts SELECT id FROM units_of_measure WHERE id <= 3",
    "INSERT INTO marks SELECT id FROM units_of_measure WHERE id = 1",
)


def test_what_foreign_keys_take_along(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """Rows and values that go with seed rows count, also of tables nobody knows."""
    with meta_engine.begin() as connection:
        for statement in FOREIGN:
            connection.execute(text(statement))
    target = ("-n", "meta", "downgrade", "meta_001")
    result = alembic(*target, **variables(meta_database))
    assert result.returncode == 1
    assert "would lose rows of marks.unit (1), plant.shifts (3);" in result.stderr
    with meta_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM plant.shifts")) == 3
        assert connection.scalar(text("SELECT count(unit) FROM marks")) == 1
    told = alembic("-x", "lose-data=yes", *target, **variables(meta_database))
    assert told.returncode == 0, told


def test_what_lets_nothing_go(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A foreign table that keeps a table of ours from being dropped is named."""
    with meta_engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id uuid REFERENCES users)"))
    code, line = downgrade(meta_database)
    assert code == 1
    assert "constraint mine_id_fkey on table mine depends on table users" in line
    assert "CASCADE" not in line


def test_seeded_tables() -> None:
    """The guard knows all tables that the release seeds."""
    assert set(META.seeded_tables) == {row.table for row in SEED}
