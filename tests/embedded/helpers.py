"""Connections to embedded servers, and a look at their processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from dataforeman_schema.embedded import EmbeddedServer

TIMEOUT_S = 10.0


def conninfo(server: EmbeddedServer, **changes: str) -> str:
    """Write the connection string of a server, with some keywords changed."""
    return make_conninfo(**{"connect_timeout": "10", **server.params, **changes})


def connect(server: EmbeddedServer, **changes: str) -> psycopg.Connection[Any]:
    """Open a connection that commits by itself; use it as a context manager."""
    return psycopg.connect(conninfo(server, **changes), autocommit=True)


def value(server: EmbeddedServer, statement: str, **changes: str) -> object:
    """Return what a statement gives, or None if it gives no rows."""
    with connect(server, **changes) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def processes(server: EmbeddedServer) -> list[int]:
    """List the processes that live in a server's folder."""
    return [pid for pid in _all_processes() if _lives_in(pid, server.data_dir)]


def kill(server: EmbeddedServer) -> None:
    """Kill a server's main process without warning and wait for its last one to go."""
    os.kill(int((server.data_dir / "server.lock").read_text()), signal.SIGKILL)
    deadline = time.monotonic() + TIMEOUT_S
    while server.is_running():
        assert time.monotonic() < deadline, "killed, but still there"
        time.sleep(0.02)


def python(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a Python program with its arguments; its standard output is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    )


def _all_processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _lives_in(pid: int, folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
        return Path(f"/proc/{pid}/cwd").readlink().is_relative_to(folder)
    return False
