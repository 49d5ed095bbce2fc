"""A downgrade does not lose rows by accident."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, MetaData, Table, column, delete, inspect, table, text
from sqlalchemy.exc import ProgrammingError

from dataforeman_schema.alembic_env.data_loss import data_loss_guard, refusal
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.databases import META
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.testing import Migrations
from tests.commands import alembic, variables
from tests.commands.places import wait_until_blocking
from tests.trees import head, seeded

if TYPE_CHECKING:
    from sqlalchemy import Executable

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
            data_loss_guard(connection, META, refusal("downgrade"), allowed=False),
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
    'CREATE TABLE "my:marks" (unit int REFERENCES units_of_measure ON DELETE SET NULL)',
    "INSERT INTO plant.shifts SELECT id FROM units_of_measure WHERE id <= 3",
    'INSERT INTO "my:marks" SELECT id FROM units_of_measure WHERE id = 1',
)
TAKEN_ALONG = 'rows of plant.shifts (3) and values of "my:marks".unit (1);'


def run(engine: Engine, *statements: str) -> None:
    """Run statements in one transaction."""
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_what_foreign_keys_take_along(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """Rows and values that go with seed rows count, also of tables nobody knows."""
    run(meta_engine, *FOREIGN)
    target = ("-n", "meta", "downgrade", "meta_001")
    result = alembic(*target, **variables(meta_database))
    assert result.returncode == 1
    assert f"would lose {TAKEN_ALONG}" in result.stderr
    with meta_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM plant.shifts")) == 3
        assert connection.scalar(text('SELECT count(unit) FROM "my:marks"')) == 1
    told = alembic("-x", "lose-data=yes", *target, **variables(meta_database))
    assert told.returncode == 0, told


def test_all_the_way_with_foreign_keys(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """What would go is counted also where a foreign table keeps ours from going."""
    run(meta_engine, *FOREIGN, *ROWS[1:2])
    code, line = downgrade(meta_database)
    assert code == 1
    assert (
        f"would lose rows of jobs (1), {TAKEN_ALONG.removeprefix('rows of ')}" in line
    )
    assert "depends on table units_of_measure" in line
    with meta_engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM plant.shifts")) == 3
        assert connection.scalar(text("SELECT count(*) FROM jobs")) == 1
    code, line = downgrade(meta_database, "-x", "lose-data=yes")
    assert code == 1, "nothing foreign is dropped, whatever is told"
    assert "on table plant.shifts depends on table units_of_measure" in line


def test_what_lets_no_table_go(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A foreign table that keeps a table of ours from being dropped is named."""
    run(meta_engine, "CREATE TABLE mine (id uuid REFERENCES users)")
    code, line = downgrade(meta_database)
    assert code == 1
    assert "constraint mine_id_fkey on table mine depends on table users" in line
    assert "have what depends on it do without and run the command again" in line
    assert "CASCADE" not in line


def test_what_lets_no_row_go(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """A foreign table that keeps a seed row from being deleted is named."""
    run(
        meta_engine,
        "CREATE TABLE mine (unit int REFERENCES units_of_measure)",
        "INSERT INTO mine SELECT min(id) FROM units_of_measure",
    )
    code, line = downgrade(meta_database)
    assert code == 1
    assert 'is still referenced from table "mine"; ' in line


TREE = (
    "CREATE TABLE a (id int PRIMARY KEY)",
    "CREATE TABLE b (id int PRIMARY KEY)",
    "ALTER TABLE b ADD COLUMN a int REFERENCES a ON DELETE CASCADE",
    "ALTER TABLE b ADD COLUMN other int REFERENCES a ON DELETE SET NULL",
    "CREATE SCHEMA far",
    "CREATE TABLE far.c (b int REFERENCES b ON DELETE SET DEFAULT)",
    "CREATE TABLE far.d (a int REFERENCES a ON DELETE CASCADE) PARTITION BY LIST (a)",
    "CREATE TABLE far.d_rest PARTITION OF far.d DEFAULT",
    "INSERT INTO a SELECT generate_series(1, 9)",
    "INSERT INTO b SELECT n, n, 4 FROM generate_series(1, 6) AS n",
    "INSERT INTO far.c VALUES (1), (2)",
    "INSERT INTO far.d VALUES (1), (2), (4)",
)
A, B = table("a", column("id")), table("b", column("id"), column("a"))
BLOCKS: dict[str, tuple[list[Executable | Table], str]] = {
    "nothing": ([], ""),
    "its own rows": ([delete(B).where(B.c.id == 3)], ""),
    "its own rows, twice": (
        [delete(B).where(B.c.id == 3), delete(B).where(B.c.id > 2)],
        "",
    ),
    "its own rows, by another table's": (
        [delete(B).where(B.c.a == A.c.id, A.c.id < 9, A.c.id > 2)],
        "",
    ),
    "rows of one table": (
        [delete(B).where(B.c.id <= 2)],
        "values of far.c.b (2)",
    ),
    "rows through two tables": (
        [delete(A).where(A.c.id == 1)],
        "rows of b (1), far.d (1) and values of far.c.b (1)",
    ),
    "rows and values of one table": (
        [delete(A).where(A.c.id == 4)],
        "rows of b (1), far.d (1) and values of b.other (6)",
    ),
    "its own rows and others": (
        [delete(B).where(B.c.id == 5), delete(A).where(A.c.id.in_([5, 6]))],
        "rows of b (1)",
    ),
    "rows by a text": ([text("DELETE FROM b WHERE id = 3")], "rows of b (1)"),
    "a column, then its own rows": (
        [text("ALTER TABLE b DROP COLUMN other"), delete(B).where(B.c.id == 3)],
        "values of b.other (6)",
    ),
    "rows of a table that is renamed": (
        [text("ALTER TABLE b RENAME TO e"), delete(A).where(A.c.id == 3)],
        "rows of e (1)",
    ),
    "rows, then their table": (
        [delete(A).where(A.c.id == 2), Table("d", MetaData(), schema="far")],
        "rows of b (1), far.d (3) and values of far.c.b (1)",
    ),
}


@pytest.mark.parametrize("case", BLOCKS)
def test_what_a_block_loses(meta_empty_engine: Engine, case: str) -> None:
    """What foreign keys take along counts, and what a block names itself does not."""
    steps, lost = BLOCKS[case]
    run(meta_empty_engine, *TREE)
    expected = (
        pytest.raises(SchemaError, match=re.escape(lost)) if lost else nullcontext()
    )
    with (
        meta_empty_engine.connect() as connection,
        expected as refused,
        data_loss_guard(connection, META, refusal("downgrade"), allowed=False),
    ):
        for step in steps:
            if isinstance(step, Table):
                step.drop(connection)
            else:
                connection.execute(step)
    if refused:
        assert f"this downgrade would lose {lost}; back" in str(refused.value)


def test_what_another_connection_drops(meta_empty_engine: Engine) -> None:
    """Only the block's own connection is followed."""
    run(meta_empty_engine, "CREATE TABLE mine AS SELECT 1 AS id")
    with meta_empty_engine.connect() as one, meta_empty_engine.begin() as other:
        with data_loss_guard(one, META, refusal("downgrade"), allowed=False):
            Table("mine", MetaData()).drop(other)
        assert not inspect(other).has_table("mine")
