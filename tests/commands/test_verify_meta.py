"""`verify` names what is broken in a metadata database, and its remedies mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META
from tests.commands.breakage import (
    Breakage,
    assert_named,
    assert_noted,
    find,
    find_as_printed,
    mend_all,
    side_by_side,
)
from tests.commands.broken_records import ROWS
from tests.commands.broken_tables import TABLES
from tests.commands.places import execute
from tests.trees import tables

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings
    from tests.commands.breakage import Names

OBJECTS = (*tables(META), "schema_history", "set_updated_at")
BREAKAGES = TABLES | ROWS
NOTES = {
    "column unknown": Breakage(
        "ALTER TABLE jobs ADD COLUMN note text; ALTER TABLE jobs ADD COLUMN kept int"
        " NOT NULL DEFAULT 1",
        ("foreign | column note of table jobs", "foreign | column kept of table jobs"),
    ),
    "table unknown": Breakage(
        "CREATE TABLE mine (id serial PRIMARY KEY, note text);"
        "INSERT INTO mine (note) VALUES ('kept')",
        ("foreign | table mine",),
    ),
    "table that refers to ours": Breakage(
        "CREATE TABLE mine (id uuid REFERENCES users ON DELETE CASCADE)",
        ("foreign | table mine",),
    ),
    "index unknown": Breakage(
        "CREATE INDEX mine ON audit_events (action)",
        ("foreign | index mine of table audit_events",),
    ),
    "function, type, view, sequence and statistics unknown": Breakage(
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "CREATE TYPE mood AS ENUM ('good'); CREATE VIEW mine AS SELECT FROM users;"
        "CREATE SEQUENCE numbers; CREATE STATISTICS both_ids (dependencies)"
        " ON id, email FROM users",
        (
            *("foreign | function mine()", "foreign | type mood"),
            *("foreign | view mine", "foreign | sequence numbers"),
            "foreign | statistics both_ids of table users",
        ),
    ),
    "settings of tables, columns and indexes": Breakage(
        "ALTER TABLE users SET (fillfactor = 70); ALTER INDEX idx_jobs_type SET"
        " (fillfactor = 70); ALTER TABLE jobs ALTER error SET STORAGE EXTERNAL",
        (
            "tuned | table users: it is tuned: options ['fillfactor=70']",
            "tuned | index idx_jobs_type of table jobs",
            "tuned | column error of table jobs",
        ),
    ),
    "comment of the migrations' own table": Breakage(
        "COMMENT ON TABLE schema_history IS 'x'",
        ("drift | table schema_history: its comment is 'x'",),
    ),
}


def test_clean(meta_database: ConnectionSettings) -> None:
    """A database at head has nothing wrong."""
    assert find(META, meta_database) == []


def test_policies(meta_database: ConnectionSettings) -> None:
    """Row security with a policy is what an operator wants."""
    execute(
        meta_database,
        "ALTER TABLE jobs ENABLE ROW LEVEL SECURITY;"
        "CREATE POLICY mine ON jobs USING (true)",
    )
    assert find(META, meta_database) == []


REMAKE = """
DO $$DECLARE c record; BEGIN
  FOR c IN SELECT conrelid::regclass AS owner, conname,
    pg_get_constraintdef(oid) AS text FROM pg_constraint WHERE contype = 'c'
    AND connamespace = 'public'::regnamespace LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s',
      c.owner, c.conname, c.conname, c.text);
  END LOOP;
  FOR c IN SELECT indexrelid::regclass AS owner, pg_get_indexdef(indexrelid) AS text
    FROM pg_index JOIN pg_class ON pg_class.oid = indrelid WHERE indpred IS NOT NULL
    AND relnamespace = 'public'::regnamespace LOOP
    EXECUTE format('DROP INDEX %s', c.owner); EXECUTE c.text;
  END LOOP;
END$$
"""


def test_what_a_restore_makes(meta_database: ConnectionSettings) -> None:
    """What the server words otherwise, read from its own words, is the same."""
    execute(meta_database, REMAKE)
    assert find(META, meta_database) == []
    execute(meta_database, REMAKE)
    assert find(META, meta_database) == []


@pytest.mark.parametrize("names", side_by_side(NOTES, (*OBJECTS, "mine")), ids=str)
def test_note(names: Names, meta_database: ConnectionSettings) -> None:
    """What harms nobody is noted, is no finding, and nothing to `alembic check`."""
    for name in names:
        execute(meta_database, NOTES[name].sql)
    words = tuple(word for name in names for word in NOTES[name].words)
    assert_noted(META, meta_database, words)


@pytest.mark.parametrize("names", side_by_side(BREAKAGES, OBJECTS), ids=str)
def test_breakage(
    names: Names, meta_database: ConnectionSettings, subtests: pytest.Subtests
) -> None:
    """Each breakage is named, and after the remedies nothing is wrong."""
    for name in names:
        execute(meta_database, BREAKAGES[name].sql)
    findings = find_as_printed(META, meta_database)
    for name in names:
        with subtests.test(name):
            assert_named(findings, BREAKAGES[name].words)
    mend_all(findings, meta_database)
    assert find(META, meta_database) == []
