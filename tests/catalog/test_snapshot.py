"""The catalog snapshot: it must see what changes and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from dataforeman_schema.catalog import snapshot

if TYPE_CHECKING:
    from sqlalchemy import Engine

CHANGES = {
    "CREATE TABLE extra ()": {"tables"},
    "ALTER TABLE users SET (fillfactor = 70)": {"tables"},
    "COMMENT ON TABLE users IS 'x'": {"tables"},
    "COMMENT ON COLUMN users.email IS 'x'": {"columns"},
    "ALTER TABLE users ADD COLUMN extra text": {"columns"},
    "ALTER TABLE users ALTER COLUMN email DROP NOT NULL": {"columns"},
    "ALTER TABLE users ALTER COLUMN email SET DEFAULT 'x'": {"columns"},
    "ALTER TABLE users ALTER COLUMN email TYPE varchar(99)": {"columns"},
    "ALTER TABLE users ADD CHECK (email <> '')": {"constraints"},
    "ALTER TABLE jobs ADD CONSTRAINT u UNIQUE (type)": {"constraints"},
    "CREATE INDEX extra ON users (is_active)": {"indexes"},
    "DROP INDEX idx_jobs_type": {"indexes"},
    "COMMENT ON INDEX idx_jobs_type IS 'x'": {"indexes"},
    "ALTER TABLE connections DISABLE TRIGGER ALL": {"tables", "triggers"},
    "DROP TRIGGER trigger_connections_updated_at ON connections": {"triggers"},
    "ALTER SEQUENCE roles_id_seq INCREMENT 2": {"sequences"},
    "ALTER SEQUENCE roles_id_seq OWNED BY NONE": {"sequences"},
    "CREATE VIEW extra AS SELECT 1 AS one": {"views", "columns"},
    "ALTER FUNCTION set_updated_at() RESET search_path": {"functions"},
    "CREATE TYPE extra AS ENUM ('a')": {"types"},
    "INSERT INTO roles (name) VALUES ('x')": set(),
    "CREATE SCHEMA other": set(),
}
"""Statements and the kinds of objects that each of them changes."""


@pytest.mark.parametrize("statement", CHANGES)
def test_snapshot_sees_the_change(meta_engine: Engine, statement: str) -> None:
    """A change shows in the kinds that it touches, and in no others."""
    with meta_engine.connect() as connection:
        before = snapshot(connection)
        connection.execute(text(statement))
        after = snapshot(connection)
    assert {kind for kind in after if after[kind] != before[kind]} == CHANGES[statement]


def test_named_tables_are_left_out(meta_engine: Engine) -> None:
    """Tables given as `without` leave no trace."""
    with meta_engine.connect() as connection:
        found = snapshot(connection, without={"users", "roles", "roles_id_seq"})
    names = {name.split(".")[0] for objects in found.values() for name in objects}
    assert names.isdisjoint({"users", "roles", "roles_id_seq"})
    assert "jobs" in names


def test_another_schema_is_another_snapshot(meta_engine: Engine) -> None:
    """Only the schema that is asked for is read."""
    with meta_engine.connect() as connection:
        connection.execute(text("CREATE SCHEMA other"))
        assert not any(snapshot(connection, schema="other").values())
        connection.execute(text("CREATE TABLE other.one (id integer)"))
        assert list(snapshot(connection, schema="other")["columns"]) == ["one.id"]


def test_an_extension_leaves_no_trace(tsdb_empty_engine: Engine) -> None:
    """What the timescaledb extension keeps in the schema does not show."""
    with tsdb_empty_engine.begin() as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS timescaledb"))
        assert not any(snapshot(connection).values())
