"""Many services that start at once."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, variables
from tests.trees import line

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

SIXTEEN = 16


def test_sixteen_upgrades(
    absent_meta: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """All of them succeed, though only one can migrate; each revision runs once."""
    environ = variables(absent_meta) | variables(tsdb_empty_database)
    started = [start(environ) for _ in range(SIXTEEN)]
    outputs = [process.communicate(timeout=300)[1] for process in started]
    assert [process.returncode for process in started] == [0] * SIXTEEN, outputs
    assert history(absent_meta) == line(META)
    assert history(tsdb_empty_database) == line(TSDB)


def start(environ: dict[str, str]) -> subprocess.Popen[str]:
    """Start an upgrade without waiting for it."""
    return subprocess.Popen(
        (BIN / "dataforeman-schema", "upgrade"),
        env={**os.environ, **environ},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def history(settings: ConnectionSettings) -> list[str]:
    """List the revisions that ran, oldest first."""
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT revision FROM schema_history ORDER BY applied_at")
        return [revision for (revision,) in cursor.fetchall()]
