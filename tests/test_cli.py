"""The dataforeman-schema command, run as an operator runs it."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, assert_refused, run, variables
from tests.trees import head, tables

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

COMMAND = BIN / "dataforeman-schema"


def test_config() -> None:
    """`config` prints the path of an alembic.ini that exists."""
    printed = Path(run(COMMAND, "config").stdout.strip())
    assert printed.name == "alembic.ini"
    assert printed.is_file()


def test_status(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """`status` shows revisions, tables and hypertables as the servers report them."""
    environ = variables(meta_database) | variables(tsdb_database)
    result = run(COMMAND, "status", **environ)
    assert result.returncode == 0, result
    for line in (
        f"revision  {head(META)} (head {head(META)})",
        f"revision  {head(TSDB)} (head {head(TSDB)})",
        "hypertable system_metrics: by ts, chunk interval 1 day",
        "hypertable tag_values: by ts, chunk interval 1 day",
    ):
        assert line in result.stdout
    listed = re.findall(r"tables \(rows, about\): (.*)", result.stdout)
    names = [[each.split()[0] for each in line.split(", ")] for line in listed]
    assert names == [tables(META), tables(TSDB)]


def test_status_before_the_first_revision(
    meta_empty_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """`status` of empty databases says that there is nothing yet."""
    environ = variables(meta_empty_database) | variables(tsdb_empty_database)
    result = run(COMMAND, "status", **environ)
    assert result.stdout.count("revision  none (head ") == 2
    assert result.stdout.count("0 tables (rows, about): none") == 2


def test_status_of_an_unreachable_server() -> None:
    """An error of any verb is one line and an exit code."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = str(unused.getsockname()[1])
    result = run(COMMAND, "status", PGHOST="127.0.0.1", PGPORT=port)
    assert_refused(result, "Connection refused", "set PGHOST and PGPORT")


def test_nobody_reads(
    meta_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """What only looks ends quietly, as under `head -1`; an upgrade goes on."""
    environ = variables(meta_database) | variables(tsdb_empty_database)
    for verb, code in (("status", 141), ("verify", 141), ("upgrade", 0)):
        ours, theirs = os.pipe()
        os.close(ours)
        result = subprocess.run(
            [COMMAND, verb],
            env={**os.environ, **environ},
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(theirs)
        assert (result.returncode, result.stderr) == (code, ""), verb
    assert run(COMMAND, "upgrade", **environ).stdout.count("nothing to do") == 2
