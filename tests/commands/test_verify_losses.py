"""Where a remedy of `verify` could lose rows or values, it fails, or is said to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from psycopg2 import DataError, IntegrityError

from dataforeman_schema.databases import META
from tests.commands.breakage import (
    Breakage,
    assert_named,
    find,
    find_as_printed,
    mend,
    mend_all,
)
from tests.commands.places import execute
from tests.trees import seeded

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

CONFLICTS = {
    "texts too long": Breakage(
        "ALTER TABLE poll_groups ALTER name TYPE text;"
        "UPDATE poll_groups SET name = repeat('x', 80) WHERE group_id = 3",
        ("column name of table poll_groups", "rows whose value does not fit: 1"),
    ),
    "unique key over values that are there twice": Breakage(
        "ALTER TABLE users DROP CONSTRAINT users_email_key;"
        "INSERT INTO users (email) VALUES ('a'), ('a')",
        ("constraint users_email_key", "values of (email) that are there more", ": 1;"),
    ),
    "primary key over values that are there twice": Breakage(
        "ALTER TABLE system_settings DROP CONSTRAINT system_settings_pkey;"
        "INSERT INTO system_settings (key, value) VALUES ('a', '1'), ('a', '2')",
        ("constraint system_settings_pkey", "values of (key)", ": 1;"),
    ),
    "check that rows break": Breakage(
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check;"
        "INSERT INTO connections (name, type) VALUES ('a', 'x')",
        ("constraint connections_type_check", "rows that break it: 1;"),
    ),
    "key that lets nothing go": Breakage(
        "ALTER TABLE tag_metadata DROP CONSTRAINT tag_metadata_poll_group_id_fkey;"
        "UPDATE tag_metadata SET poll_group_id = 77 WHERE tag_path = 'cpu_cap'",
        ("tag_metadata_poll_group_id_fkey", "exist: 1;", "or the remedy fails"),
    ),
    "required column missing": Breakage(
        "ALTER TABLE roles DROP COLUMN name",
        ("column name of table roles", "its values can come from a backup only"),
    ),
    "column that others refer to missing": Breakage(
        "ALTER TABLE connections DROP COLUMN id CASCADE",
        (
            "tag_metadata_connection_id_fkey",
            f"exist: {seeded('tag_metadata')};",
            "or the remedy fails",
        ),
    ),
}


@pytest.mark.parametrize("conflict", CONFLICTS.values(), ids=CONFLICTS)
def test_conflict(conflict: Breakage, meta_database: ConnectionSettings) -> None:
    """Where a remedy would lose rows it fails instead, and the finding says so."""
    execute(meta_database, conflict.sql)
    findings = find_as_printed(META, meta_database)
    assert_named(findings, conflict.words)
    with pytest.raises((IntegrityError, DataError)):
        mend_all(findings, meta_database)


def test_rounding(meta_database: ConnectionSettings) -> None:
    """That a remedy rounds numbers is said, with how many."""
    execute(
        meta_database,
        "ALTER TABLE poll_groups ALTER poll_rate_ms TYPE double precision;"
        "UPDATE poll_groups SET poll_rate_ms = 0.75 WHERE group_id = 3",
    )
    [finding] = find(META, meta_database)
    assert "does not fit: 1; the remedy rounds them: back them up" in finding.what


KEPT = {
    "rows that refer to nothing": (
        (
            "ALTER TABLE chart_configs DROP CONSTRAINT chart_configs_folder_id_fkey;"
            "INSERT INTO chart_configs (name, options, folder_id)"
            " VALUES ('kept', '{}', gen_random_uuid())"
        ),
        "EXISTS (SELECT FROM chart_configs WHERE name = 'kept' AND folder_id IS NULL)",
    ),
    "rows of an unknown table": (
        "CREATE TABLE mine (note text); INSERT INTO mine VALUES ('kept')",
        "EXISTS (SELECT FROM mine WHERE note = 'kept')",
    ),
    "numbers of a serial column": (
        "DROP SEQUENCE roles_id_seq CASCADE",
        "(SELECT max(id) FROM roles) < nextval('roles_id_seq')",
    ),
}


@pytest.mark.parametrize(("broken", "kept"), KEPT.values(), ids=KEPT)
def test_what_is_kept(
    meta_database: ConnectionSettings, broken: str, kept: str
) -> None:
    """What was there before a remedy is there afterwards."""
    execute(meta_database, broken)
    mend_all(find_as_printed(META, meta_database), meta_database)
    execute(meta_database, f"DO $$BEGIN ASSERT {kept}; END$$")


def test_view_set_aside(meta_database: ConnectionSettings) -> None:
    """A view that is in the way goes aside, and one of its name may follow."""
    view = "DROP TABLE jobs; CREATE VIEW jobs AS SELECT 1 AS kept"
    for schema in ("set_aside", "set_aside_2"):
        execute(meta_database, view)
        mend_all(find_as_printed(META, meta_database), meta_database)
        execute(meta_database, f"DO $$BEGIN ASSERT 1 = (TABLE {schema}.jobs); END$$")
    assert find(META, meta_database) == []


def test_column_renamed(meta_database: ConnectionSettings) -> None:
    """The values of a column that was renamed are there to fill the right one from."""
    execute(meta_database, "ALTER TABLE users RENAME email TO mail")
    first, *others = find_as_printed(META, meta_database)
    note = "-- fill in the values of email here"
    assert note in first.remedy
    filled = first.remedy.replace(note, "UPDATE users SET email = mail;")
    mend_all([replace(first, remedy=filled), *others], meta_database)
    assert find(META, meta_database) == []


def test_table_of_an_extension(meta_database: ConnectionSettings) -> None:
    """A table that an extension brought is nobody's mistake."""
    execute(
        meta_database,
        "CREATE TABLE theirs (id int); ALTER EXTENSION plpgsql ADD TABLE theirs",
    )
    assert find(META, meta_database) == []


def test_instants_keep_their_time(meta_database: ConnectionSettings) -> None:
    """Instants that lost their zone are taken for UTC, whatever the session's zone."""
    name = meta_database.database
    execute(meta_database, f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    execute(
        meta_database,
        "ALTER TABLE jobs ALTER run_at TYPE timestamp;"
        "INSERT INTO jobs (type, run_at) VALUES ('x', '2026-01-01 00:00')",
    )
    [finding] = find_as_printed(META, meta_database)
    mend(finding, meta_database)
    execute(
        meta_database,
        "DO $$BEGIN ASSERT '2026-01-01 00:00Z' = (SELECT run_at FROM jobs); END$$",
    )
