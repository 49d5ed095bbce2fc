"""How long a service waits for its databases when it starts.

One `upgrade` of both databases against two runs of node-pg-migrate, which has our own
SQL as its migrations, and two of psql, which runs what new databases are loaded with.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from sqlalchemy import NullPool

from benchmarks.comparison import Contrast, timed
from benchmarks.peer import Peer
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.revision_files import head_sql_path
from dataforeman_schema.databases import META, TSDB, Database
from dataforeman_schema.embedded.postgres import program
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing.cleaning import drop_everything

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.bench import Bench
    from dataforeman_schema.settings import ConnectionSettings

    Places = Mapping[Database, ConnectionSettings]

OURS: Final = "upgrade"
PEER: Final = "node-pg-migrate, twice"
PSQL: Final = "psql, twice"
_UPGRADE: Final = [str(Path(sys.executable).parent / "dataforeman-schema"), "upgrade"]
_PEER: Final = Path(".servers/bench").resolve()


def run(bench: Bench) -> None:
    """Compare starts from empty databases, and with nothing to do."""
    peer = Peer(_PEER)
    peer.install()
    with bench.meta.empty() as meta, bench.tsdb.empty() as tsdb:
        places = {META: meta, TSDB: tsdb}
        for database, settings in places.items():
            peer.write_migrations(database, settings)
        _from_empty(bench, peer, places)
        _clear(places)
        _upgrade(places)
        _migrate(peer, places, "--fake")  # only notes that its migrations ran
        ways = {
            OURS: lambda: timed(partial(_upgrade, places)),
            PEER: lambda: timed(partial(_migrate, peer, places)),
        }
        goal = Contrast(OURS, PEER, at_most=0.22)
        bench.compare("start with nothing to do", ways, goal)


def _from_empty(bench: Bench, peer: Peer, places: Places) -> None:
    def anew(
        migrate: Callable[[], None], prepare: Callable[[Places], None] = _clear
    ) -> float:
        prepare(places)
        return timed(migrate)

    ours = partial(_upgrade, places)
    by_revisions = f"{OURS}, revision by revision"
    ways = {
        OURS: partial(anew, ours),
        by_revisions: partial(anew, ours, _begin),
        PEER: partial(anew, partial(_migrate, peer, places)),
        PSQL: partial(anew, partial(_psql, places)),
    }
    contrasts = (
        Contrast(OURS, PEER, at_most=0.35),
        Contrast(OURS, PSQL, at_most=1.3),
        Contrast(by_revisions, PEER),
    )
    bench.compare("both databases from empty", ways, *contrasts)


def _upgrade(places: Places) -> None:
    environ = {
        name: settings.keywords[keyword]
        for settings in places.values()
        for keyword, (name, _) in settings.variables.parts.items()
    }
    _run(_UPGRADE, environ)


def _migrate(peer: Peer, places: Places, *options: str) -> None:
    for database, settings in places.items():
        _run([*peer.command(database), *options], peer.environ(settings))


def _psql(places: Places) -> None:
    for database, settings in places.items():
        names = ("host", "port", "user", "password")
        environ = {f"PG{name.upper()}": settings.keywords[name] for name in names}
        script = f"--file={head_sql_path(database)}"
        options = ("--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", script)
        _run([program("psql"), *options, settings.database], environ)


def _run(command: list[str], environ: Mapping[str, str]) -> None:
    """Run a command to its end, which must be a good one."""
    environ = os.environ | environ
    # An installed package has its bytecode; one that may write none compiles each time.
    environ.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(
        command,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # Where no .env of a developer's lies, as on most servers.
        cwd=tempfile.gettempdir(),
    )


def _clear(places: Places) -> None:
    """Drop all tables; TimescaleDB's extension stays."""
    for settings in places.values():
        with create_engine(settings, poolclass=NullPool).connect() as connection:
            drop_everything(connection)


def _begin(places: Places) -> None:
    """Have `upgrade` run the revisions, which it does where Alembic has been before."""
    _clear(places)
    for database, settings in places.items():
        command.ensure_version(configure(database, settings))
