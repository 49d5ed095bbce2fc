"""`verify` on databases that are not at head, and beside sessions that hold them up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from alembic.util import CommandError
from sqlalchemy import Engine, text

from dataforeman_schema.commands.findings import UPGRADE
from dataforeman_schema.commands.verify import verify_database
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import LOCK_KEY, META, TSDB
from dataforeman_schema.meta.seed import SEED
from dataforeman_schema.testing import Migrations
from tests.commands import variables
from tests.commands.breakage import find, mend, mend_all
from tests.commands.places import cut_off_who_waits, execute
from tests.trees import head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

    from dataforeman_schema.settings import ConnectionSettings


def test_never_migrated(
    meta_empty_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """Of two empty databases it says which service fails, and upgrade mends it."""
    places = {META: meta_empty_database, TSDB: tsdb_empty_database}
    [meta], [tsdb] = (find(database, place) for database, place in places.items())
    assert 'relation "connections" does not exist' in meta.why
    assert 'relation "tag_values" does not exist' in tsdb.why
    assert meta.remedy == tsdb.remedy == "dataforeman-schema upgrade"
    mend(meta, meta_empty_database, **variables(tsdb_empty_database))
    assert [find(database, place) for database, place in places.items()] == [[], []]


def test_behind_head(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """A database at an older revision is upgraded by the remedy."""
    Migrations(META, meta_database).downgrade("meta_001")
    [behind] = find(META, meta_database)
    assert f"it is at meta_001, the head is {head(META)}" in behind.what
    mend(behind, meta_database, **variables(tsdb_database))
    assert find(META, meta_database) == []


def test_missing_database(
    meta_server: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """A database that its server does not have is made by the remedy."""
    settings = meta_server.replace(dbname=f"dataforeman_test_{uuid4().hex}")
    [missing] = find(META, settings)
    assert missing.what == "the server does not have it"
    try:
        mend(missing, settings, **variables(tsdb_database))
        assert find(META, settings) == []
    finally:
        drop = f"DROP DATABASE {settings.database}"
        execute(settings.replace(dbname="template1"), drop)


def test_newer_release(meta_database: ConnectionSettings) -> None:
    """The release that brought the database to an unknown revision is named."""
    execute(
        meta_database,
        "UPDATE alembic_version SET version_num = 'meta_999';"
        "INSERT INTO schema_history (revision, direction, duration_ms, checksum,"
        " package_version) VALUES ('meta_999', 'upgrade', 1, 'x', '99.1')",
    )
    [newer] = find(META, meta_database)
    assert "release 99.1 brought the database there" in newer.what
    assert newer.remedy == "python -m pip install 'dataforeman-schema>=99.1'"


def test_clock_set_back(meta_database: ConnectionSettings) -> None:
    """A downgrade that older releases dated before the upgrade misleads nobody."""
    Migrations(META, meta_database).downgrade("meta_001")
    execute(
        meta_database,
        "UPDATE schema_history SET applied_at = applied_at - INTERVAL '1 year'"
        " WHERE direction = 'downgrade'",
    )
    assert [finding.remedy for finding in find(META, meta_database)] == [UPGRADE]
    Migrations(META, meta_database).upgrade()
    assert find(META, meta_database) == []


def test_renamed_seed_row(meta_database: ConnectionSettings) -> None:
    """What an operator may change is not found."""
    execute(
        meta_database,
        "UPDATE poll_groups SET name = 'Mine' WHERE group_id = 3;"
        "UPDATE units_of_measure SET name = 'Hectopascal' WHERE name = 'Millibar'",
    )
    assert find(META, meta_database) == []


@pytest.mark.parametrize("table", sorted({row.table for row in SEED}))
def test_seed_rows_are_missing(meta_database: ConnectionSettings, table: str) -> None:
    """Every table whose seed rows are gone is named, and gets them back."""
    execute(meta_database, f"TRUNCATE {table} CASCADE")
    findings = find(META, meta_database)
    assert f"table {table}" in [
        finding.where for finding in findings if finding.check == "seed"
    ]
    mend_all(findings, meta_database)
    assert find(META, meta_database) == []


IN_ANOTHER_PLACE = {
    "name": "DELETE FROM poll_groups WHERE group_id = 10;"
    "UPDATE poll_groups SET name = 'Custom' WHERE group_id = 9",
    "rate": "UPDATE poll_groups SET poll_rate_ms = 50 WHERE group_id = 9",
    "connection": "DELETE FROM connections;"
    "INSERT INTO connections (name, type) VALUES ('System', 's7')",
}


@pytest.mark.parametrize("change", IN_ANOTHER_PLACE.values(), ids=IN_ANOTHER_PLACE)
def test_seed_row_in_another_place(
    meta_database: ConnectionSettings, change: str
) -> None:
    """No row is missed that cannot be added, as what an operator made has its place."""
    execute(meta_database, "DELETE FROM poll_groups WHERE group_id = 1")
    execute(meta_database, change)
    mend_all(find(META, meta_database), meta_database)
    assert find(META, meta_database) == []


@contextmanager
def session(
    settings: ConnectionSettings, statement: str
) -> Iterator[Psycopg2Connection]:
    """Hold what a statement locks, in an open transaction of another session."""
    other = settings.replace(application_name="stuck")
    with closing(connect(other)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        yield connection


@pytest.mark.parametrize(
    ("statement", "check", "words"),
    [
        (
            f"SELECT pg_advisory_lock({LOCK_KEY})",
            "migration-lock",
            "it holds the migration lock",
        ),
        ("LOCK TABLE users IN SHARE MODE", "session", "it holds users in a trans"),
        ("SELECT FROM users", "session", "it holds users in a trans"),
    ],
)
def test_stuck_session(
    meta_database: ConnectionSettings, statement: str, check: str, words: str
) -> None:
    """A session that holds others up for long is named, and the remedy ends it."""
    with session(meta_database, statement):
        assert find(META, meta_database, max_lock_age_s=600) == []
        [stuck] = find(META, meta_database, max_lock_age_s=0)
        assert stuck.check == check
        assert "(stuck)" in stuck.where
        assert words in stuck.what
        mend(stuck, meta_database)
        assert find(META, meta_database, max_lock_age_s=0) == []


def test_no_schema(meta_database: ConnectionSettings) -> None:
    """A role that may not use the schema is told so, not that nothing is there."""
    execute(meta_database, "REVOKE USAGE ON SCHEMA public FROM public")
    role = f"dataforeman_test_{uuid4().hex}"
    execute(meta_database, f"CREATE ROLE {role}")
    try:
        other = meta_database.replace(options=f"-crole={role}")
        verdict = verify_database(META, other, 600)
    finally:
        execute(meta_database, f"DROP ROLE {role}")
    assert verdict.findings == []
    assert verdict.error is not None
    assert f"GRANT USAGE ON SCHEMA public TO {role}" in verdict.error


def test_no_scratch_schema(meta_database: ConnectionSettings) -> None:
    """A role that may make no schema is told the right it lacks."""
    role = f"dataforeman_test_{uuid4().hex}"
    name = meta_database.database
    execute(
        meta_database,
        f"CREATE ROLE {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    )
    execute(meta_database, "DELETE FROM units_of_measure WHERE name = 'Bar'")
    try:
        other = meta_database.replace(options=f"-crole={role}")
        verdict = verify_database(META, other, 600)
        grant = f"GRANT CREATE ON DATABASE {name} TO {role}"
        with pytest.raises(CommandError, match=grant):
            Migrations(META, other).check()
        execute(meta_database, f"GRANT CREATE ON DATABASE {name} TO {role}")
        granted = verify_database(META, other, 600)
    finally:
        execute(meta_database, f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert verdict.error is not None
    assert grant in verdict.error
    assert "seed" in [finding.check for finding in verdict.findings]
    assert granted.error is None


def test_two_at_once(meta_database: ConnectionSettings) -> None:
    """Several who compare a database do not wait for each other."""
    with ThreadPoolExecutor(4) as pool:
        looking = [
            pool.submit(verify_database, META, meta_database, 600) for _ in range(4)
        ]
        verdicts = [each.result(timeout=60) for each in looking]
    assert [(each.error, each.findings) for each in verdicts] == [(None, [])] * 4


def test_locked_table(meta_database: ConnectionSettings) -> None:
    """A table that cannot be read is named with who holds it, after a short wait."""
    with session(meta_database, "LOCK TABLE users"):
        verdict = verify_database(META, meta_database, 600)
    assert verdict.error is not None
    assert "cannot look at all of the metadata database" in verdict.error
    assert "(stuck, in a transaction" in verdict.error


def test_session_is_cut(meta_database: ConnectionSettings, meta_engine: Engine) -> None:
    """A session that its server ends in the middle of the look is said to be lost."""
    with meta_engine.connect() as holder, ThreadPoolExecutor() as pool:
        holder.execute(text("LOCK TABLE users"))
        looking = pool.submit(verify_database, META, meta_database, 600)
        cut_off_who_waits(holder)
        verdict = looking.result(timeout=60)
    assert verdict.error is not None
    assert "was lost" in verdict.error


def test_migration_of_another_database(
    meta_database: ConnectionSettings, meta_empty_database: ConnectionSettings
) -> None:
    """Who migrates another database of the server is nobody's finding."""
    with session(meta_empty_database, f"SELECT pg_advisory_lock({LOCK_KEY})"):
        assert find(META, meta_database, max_lock_age_s=0) == []
