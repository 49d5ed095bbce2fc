"""The triggers of the metadata database and the function that they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.meta import Connection, Tag, metadata
from dataforeman_schema.meta.triggers import FUNCTIONS, TRIGGERS

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

TABLES = [trigger.table for trigger in TRIGGERS]


@pytest.mark.parametrize("table", TABLES)
def test_update_moves_updated_at(meta_session: Session, table: str) -> None:
    """Every change of a row sets its updated_at to the transaction's start."""
    meta_session.execute(text(f"UPDATE {table} SET created_at = created_at"))  # noqa: S608
    moved = meta_session.scalar(
        text(f"SELECT bool_and(updated_at = now()) FROM {table}")  # noqa: S608
    )
    assert moved is True


@pytest.mark.parametrize("table", TABLES)
def test_function_ignores_the_search_path(meta_session: Session, table: str) -> None:
    """A look-alike now() earlier in a session's search path is not called."""
    meta_session.execute(text("CREATE SCHEMA fake"))
    meta_session.execute(
        text(
            "CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql "
            "AS $$SELECT timestamptz '1999-12-31'$$"
        )
    )
    meta_session.execute(text("SET LOCAL search_path = fake, pg_catalog, public"))
    meta_session.execute(text(f"UPDATE {table} SET created_at = created_at"))  # noqa: S608
    years = meta_session.scalar(text(f"SELECT min(updated_at) FROM {table}"))  # noqa: S608
    assert years is not None
    assert years.year > 1999


def test_live_database_has_what_is_declared(meta_engine: Engine) -> None:
    """The declarations print as the server prints the live objects."""
    with meta_engine.connect() as connection:
        live = connection.execute(
            text(
                "SELECT proname, prosrc, proconfig FROM pg_proc "
                "WHERE pronamespace = CAST('public' AS regnamespace)"
            )
        ).all()
        triggers = snapshot(connection)["triggers"]
    declared = [(f.name, f.body, [f"search_path={f.search_path}"]) for f in FUNCTIONS]
    assert live == declared
    assert {name: trigger["definition"] for name, trigger in triggers.items()} == {
        f"{trigger.table}.{trigger.name}": trigger.create for trigger in TRIGGERS
    }


def test_function_stays_while_a_table_needs_it(meta_empty_engine: Engine) -> None:
    """Dropping one of two tables keeps the function for the other's trigger."""
    metadata.create_all(meta_empty_engine)
    metadata.drop_all(meta_empty_engine, tables=[metadata.tables[Tag.__tablename__]])
    with meta_empty_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO connections (name, type) VALUES ('a', 's7')")
        )
        connection.execute(text("UPDATE connections SET enabled = false"))
        assert list(snapshot(connection)["functions"]) == ["set_updated_at()"]
        assert (
            f"{Connection.__tablename__}.{TRIGGERS[0].name}"
            in (snapshot(connection)["triggers"])
        )
