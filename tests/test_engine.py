"""`create_engine`: SQLAlchemy's own, led to where the settings say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import OperationalError

from dataforeman_schema.connection import ConnectionFailed
from dataforeman_schema.engine import create_engine
from dataforeman_schema.meta import Unit

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

NAME = text("SHOW application_name")
SENT = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")


def test_the_program_is_named(meta_database: ConnectionSettings) -> None:
    """A session shows the name of the program, or the one that it is given."""
    given = {"application_name": "core-api", "options": "-c statement_timeout=7s"}
    plain = create_engine(meta_database, poolclass=NullPool)
    named = create_engine(meta_database, poolclass=NullPool, connect_args=given)
    with plain.connect() as connection:
        assert connection.scalar(NAME) == Path(sys.argv[0]).name
    with named.connect() as connection:
        assert connection.scalar(NAME) == "core-api"
        assert connection.scalar(text("SHOW statement_timeout")) == "7s"


def test_no_server(meta_server: ConnectionSettings) -> None:
    """A failure to connect is of SQLAlchemy's family and of ours, in one line."""
    settings = meta_server.replace(dbname="nowhere", password="secret")
    with (
        pytest.raises(OperationalError) as caught,
        create_engine(settings, poolclass=NullPool).connect(),
    ):
        pass
    assert isinstance(caught.value, ConnectionFailed)
    assert caught.value.no_database
    assert "nowhere" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_lists_go_in_batches(meta_database: ConnectionSettings) -> None:
    """A list of rows with ON CONFLICT is sent in batches, not row by row."""
    rows = [{"name": f"u{n}", "symbol": "u", "category": "x"} for n in range(250)]
    engine = create_engine(meta_database)
    with engine.connect() as connection, engine.connect() as other:
        connection.execute(insert(Unit).on_conflict_do_nothing(), rows)
        pid = connection.scalar(text("SELECT pg_backend_pid()"))
        connection.rollback()
        connection.execute(insert(Unit).on_conflict_do_nothing(), rows)
        sent = other.scalar(SENT, {"pid": pid})
    engine.dispose()
    assert sent.count("INSERT INTO") > 1
