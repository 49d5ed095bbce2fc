"""What `status` says of databases in all states."""

from __future__ import annotations

import os
import pty
import subprocess
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.status import read_status
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, variables
from tests.commands.breakage import execute

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataforeman_schema.commands.status import Status
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

    Read = Callable[[Database, ConnectionSettings], Status]

ROWS = (
    "INSERT INTO tag_values (connection_id, tag_id, ts, v_num)"
    " SELECT gen_random_uuid(), 1, now() - n * interval '1 hour', n"
    " FROM generate_series(1, 100) AS n; ANALYZE tag_values"
)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    """A function that reads the status of a database."""

    def read_one(database: Database, settings: ConnectionSettings) -> Status:
        for name, value in variables(settings).items():
            monkeypatch.setenv(name, value)
        return read_status(database, last=3)

    return read_one


def test_at_head(meta_database: ConnectionSettings, read: Read) -> None:
    """At head nothing is pending, and history and rows are there."""
    execute(meta_database, "ANALYZE poll_groups")
    status = read(META, meta_database)
    assert (status.current, status.pending) == (["meta_002"], [])
    assert [step.revision for step in status.history] == ["meta_001", "meta_002"]
    rows = {table.name: table.rows for table in status.tables}
    assert rows["poll_groups"] == 10
    assert len(rows) == 19


def test_pending(meta_database: ConnectionSettings, read: Read) -> None:
    """Behind head, what an upgrade would run is pending, and history shows the last."""
    migrations = Migrations(META, meta_database)
    migrations.downgrade()
    assert read(META, meta_database).pending == ["meta_001", "meta_002"]
    migrations.upgrade("meta_001")
    status = read(META, meta_database)
    assert status.pending == ["meta_002"]
    directions = [step.direction for step in status.history]
    assert directions == ["downgrade", "downgrade", "upgrade"]


def test_several_revisions(meta_database: ConnectionSettings, read: Read) -> None:
    """A record that cannot be right is shown as it is."""
    execute(meta_database, "INSERT INTO alembic_version VALUES ('meta_001')")
    status = read(META, meta_database)
    assert (status.current, status.pending) == (["meta_001", "meta_002"], [])


def test_newer_release(meta_database: ConnectionSettings, read: Read) -> None:
    """At a revision of a newer release this one has nothing pending."""
    execute(meta_database, "UPDATE alembic_version SET version_num = 'meta_999'")
    assert read(META, meta_database).pending == []


def test_hypertables(tsdb_database: ConnectionSettings, read: Read) -> None:
    """Chunks, their rows and size, the columnstore and policies are the server's."""
    execute(tsdb_database, ROWS)
    status = read(TSDB, tsdb_database)
    metrics, values = status.hypertables
    assert (values.name, values.time_column) == ("tag_values", "ts")
    assert values.chunk_interval == "1 day"
    assert values.chunks in {5, 6}  # 100 hours are 4 days and a bit
    assert values.bytes > values.chunks * 8192
    assert values.columnstore
    assert len(values.policies) == 1
    assert (metrics.chunks, metrics.columnstore, metrics.policies) == (0, False, [])
    assert {table.name: table.rows for table in status.tables}["tag_values"] == 100


def test_unreadable(meta_database: ConnectionSettings, read: Read) -> None:
    """What cannot be read is said in one line."""
    execute(
        meta_database, "DROP TABLE schema_history; CREATE TABLE schema_history (x int)"
    )
    with pytest.raises(SchemaError, match="cannot look at the metadata database"):
        read(META, meta_database)


def test_terminal(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """On a terminal there are tables with headings."""
    environ = variables(meta_database) | variables(tsdb_database)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [BIN / "dataforeman-schema", "status"],
        env={**os.environ, **environ, "COLUMNS": "200", "NO_COLOR": "1"},
        stdout=theirs,
    ) as command:
        os.close(theirs)
        shown = _read_all(ours)
    assert command.returncode == 0
    for words in ("chunk interval", "rows, about", "1 day", "tag_metadata", "upgrade"):
        assert words in shown


def _read_all(terminal: int) -> str:
    """Read what a terminal shows until its last user closes it."""
    parts: list[bytes] = []
    with os.fdopen(terminal, "rb", buffering=0) as screen:
        while True:
            try:
                part = screen.read(4096)
            except OSError:  # how Linux ends a terminal
                break
            if not part:
                break
            parts.append(part)
    return b"".join(parts).decode()
