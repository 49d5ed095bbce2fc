"""`upgrade` compares a database with what its revision makes before it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.testing import Migrations
from tests.commands import alembic, assert_refused, upgrade, variables
from tests.commands.places import execute
from tests.commands.states import state

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings


@pytest.fixture
def behind(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> dict[str, str]:
    """The variables of two databases at their first revisions."""
    Migrations(META, meta_database).downgrade("meta_001")
    Migrations(TSDB, tsdb_database).downgrade("tsdb_001")
    return variables(meta_database) | variables(tsdb_database)


DRIFT = {
    "idx_audit_events_ts": "DROP INDEX idx_audit_events_ts",
    "connections_type_check": (
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check,"
        " ADD CONSTRAINT connections_type_check CHECK (type IN ('opcua-client',"
        " 'opcua-server', 's7', 'eip', 'system '))"
    ),
    "trigger mine of table jobs": (
        "CREATE TRIGGER mine BEFORE UPDATE ON jobs"
        " FOR EACH ROW EXECUTE FUNCTION set_updated_at()"
    ),
}


@pytest.mark.parametrize("name", DRIFT)
def test_drift_is_refused(
    behind: dict[str, str], meta_database: ConnectionSettings, name: str
) -> None:
    """A database that is not what its revision makes is refused, and left alone."""
    execute(meta_database, DRIFT[name])
    before = state(meta_database)
    result = upgrade(**behind)
    assert_refused(
        result, "is not what meta_001 makes", name, "verify", "--allow-drift"
    )
    assert state(meta_database) == before


def test_drift_of_the_telemetry_database_is_refused(
    behind: dict[str, str], tsdb_database: ConnectionSettings
) -> None:
    """So is the other database, after the first one was upgraded."""
    execute(tsdb_database, "DROP INDEX idx_tag_values_ts")
    result = upgrade(**behind)
    assert result.returncode == 1, result
    assert "is not what tsdb_001 makes: index idx_tag_values_ts" in result.stderr
    assert "metadata database: upgraded from meta_001" in result.stdout


def test_drift_may_be_allowed(
    behind: dict[str, str], meta_database: ConnectionSettings
) -> None:
    """With --allow-drift nothing is compared, with --warn-of-drift it is said."""
    execute(meta_database, DRIFT["idx_audit_events_ts"])
    allowed = upgrade("--allow-drift", **behind)
    assert allowed.returncode == 0, allowed
    assert "idx_audit_events_ts" not in allowed.stdout + allowed.stderr
    Migrations(META, meta_database).downgrade("meta_001")
    warned = upgrade("--warn-of-drift", **behind)
    assert warned.returncode == 0, warned
    assert "is not what meta_001 makes: index idx_audit_events_ts" in warned.stdout


def test_foreign_objects_are_no_drift(
    behind: dict[str, str],
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
) -> None:
    """What somebody added beside our tables keeps no database from an upgrade."""
    execute(meta_database, "CREATE TABLE mine (id uuid REFERENCES users)")
    execute(meta_database, "ALTER TABLE jobs ADD COLUMN note text")
    execute(tsdb_database, "SELECT add_retention_policy('tag_values', interval '1 y')")
    result = upgrade(**behind)
    assert (result.returncode, result.stderr) == (0, ""), result


def test_nothing_pending_is_not_compared(
    current_pair: dict[str, str], meta_database: ConnectionSettings
) -> None:
    """With nothing to do nothing is compared, nor is Alembic imported."""
    execute(meta_database, DRIFT["idx_audit_events_ts"])
    result = upgrade(**current_pair)
    assert (result.returncode, result.stderr) == (0, ""), result


def test_who_cannot_compare_is_told(
    behind: dict[str, str], meta_database: ConnectionSettings
) -> None:
    """A role that may make no schema upgrades, and says which right it lacks.

    It owns no table, and the seed data's revision needs none.
    """
    role = f"dataforeman_test_{uuid4().hex}"
    name = meta_database.database
    execute(meta_database, f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    execute(meta_database, f"GRANT CREATE, USAGE ON SCHEMA public TO {role}")
    execute(
        meta_database,
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    )
    try:
        options = ("-x", "drift=refuse", "-n", "meta")
        result = alembic(
            *options, "upgrade", "meta_002", PGOPTIONS=f"-c role={role}", **behind
        )
    finally:
        execute(meta_database, f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert f"GRANT CREATE ON DATABASE {name} TO {role}" in result.stderr, result
    assert result.returncode == 0
