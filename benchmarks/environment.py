"""What figures depend on: the machine, the servers and the versions; no names."""

from __future__ import annotations

import json
import os
import platform
from contextlib import closing
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from benchmarks.peer import MANIFESTS
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import TIMESCALEDB_QUERY
from dataforeman_schema.testing.servers import has_one_session

if TYPE_CHECKING:
    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

_PACKAGES: Final = ("alembic", "SQLAlchemy", "psycopg2-binary", "psycopg", "asyncpg")
_SETTINGS: Final = ("server_version", "fsync", "shared_buffers")


def machine() -> dict[str, str]:
    """Say what the machine has."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{memory / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }


def packages() -> dict[str, str]:
    """Say which versions take part, from PyPI and from npm."""
    manifest = json.loads((MANIFESTS / "package.json").read_text("utf-8"))
    npm: dict[str, str] = manifest["dependencies"]
    return {name: version(name) for name in _PACKAGES} | npm


def servers(bench: Bench) -> dict[str, dict[str, str]]:
    """Say what the servers are that a run used."""
    used = {"metadata": "meta", "telemetry": "tsdb"}
    return {
        title: _server(getattr(bench, name).server)
        for title, name in used.items()
        if name in vars(bench)
    }


def _server(settings: ConnectionSettings) -> dict[str, str]:
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        found = {}
        for name in _SETTINGS:
            cursor.execute(f"SHOW {name}")
            (found[name],) = cursor.fetchone() or ("",)
        cursor.execute(TIMESCALEDB_QUERY)
        if row := cursor.fetchone():
            found["timescaledb"] = row[1]
    if has_one_session(settings):
        found["kind"] = "embedded, built to WebAssembly"
    return found
