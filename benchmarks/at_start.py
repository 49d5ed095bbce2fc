"""How long a service start waits for its databases: `upgrade` and node-pg-migrate.

    python -m benchmarks.at_start

Both migrate the same two databases, on the same servers, taking turns: one `upgrade`
for both against two runs of the peer, which has our own `--sql` output as its
migrations. The servers are new embedded ones.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from sqlalchemy import NullPool

from benchmarks.peer import Peer
from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.embedded import EmbeddedPair, throwaway_folder
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing.cleaning import drop_everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataforeman_schema.settings import ConnectionSettings

Places = dict[Database, "ConnectionSettings"]

RUNS = 11
SERVERS = Path(".servers").resolve()
UPGRADE = [str(Path(sys.executable).parent / "dataforeman-schema"), "upgrade"]


def main() -> None:
    """Measure both on new servers and print the figures."""
    peer = Peer(SERVERS / "bench")
    peer.install()
    with throwaway_folder() as folder, EmbeddedPair(folder) as pair:
        params = (pair.postgres.params, pair.timescale.params)
        places = {
            database: database.settings().replace(**own)
            for database, own in zip(DATABASES.values(), params, strict=True)
        }
        for database, settings in places.items():
            peer.write_migrations(database, settings)
        measure(peer, places)


def measure(peer: Peer, places: Places) -> None:
    """Compare the two from empty databases and with nothing to do."""

    def ours() -> None:
        run(UPGRADE, environ(places))

    def theirs(*options: str) -> None:
        for database, settings in places.items():
            run([*peer.command(database), *options], peer.environ(settings))

    def anew(
        migrate: Callable[[], None], prepare: Callable[[Places], None] = clear
    ) -> float:
        prepare(places)
        return timed(migrate)

    report("from empty", [(anew(ours), anew(theirs)) for _ in range(RUNS)])
    begun = [(anew(ours, begin), anew(theirs)) for _ in range(RUNS)]
    report("from empty, revision by revision", begun)
    clear(places)
    ours()
    theirs("--fake")  # only notes that its migrations ran
    report("nothing to do", [(timed(ours), timed(theirs)) for _ in range(RUNS)])


def run(command: list[str], environ: dict[str, str]) -> None:
    """Run a command to its end, which must be a good one."""
    # Where no .env of a developer's lies, as on most servers.
    folder = tempfile.gettempdir()
    subprocess.run(
        command, env=environ, check=True, stdout=subprocess.DEVNULL, cwd=folder
    )


def timed(migrate: Callable[[], None]) -> float:
    """Return the seconds by the clock on the wall."""
    begun = time.perf_counter()
    migrate()
    return time.perf_counter() - begun


def clear(places: Places) -> None:
    """Drop all tables; TimescaleDB's extension stays."""
    for settings in places.values():
        engine = create_engine(settings, poolclass=NullPool)
        with engine.connect() as connection:
            drop_everything(connection)


def begin(places: Places) -> None:
    """Have `upgrade` run the revisions, which it does where Alembic has been before."""
    clear(places)
    for database, settings in places.items():
        command.ensure_version(configure(database, settings))


def environ(places: Places) -> dict[str, str]:
    """Return the environment in which `upgrade` finds both databases."""
    found = dict(os.environ)
    # An installed package has its bytecode; one that may write none compiles each time.
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    for settings in places.values():
        for keyword, (name, _) in settings.variables.parts.items():
            found[name] = settings.keywords[keyword]
    return found


def report(title: str, runs: list[tuple[float, float]]) -> None:
    """Print medians, spread (least to most) and ratio of pairs of times."""
    print(f"{title}, {len(runs)} runs in turn")
    medians = []
    for name, times in zip(
        ("upgrade", "node-pg-migrate"), zip(*runs, strict=True), strict=True
    ):
        medians.append(statistics.median(times))
        spread = f"{min(times):.3f} … {max(times):.3f}"
        print(f"  {name:16} {medians[-1]:.3f} s  ({spread})")
    print(f"  ratio            {medians[0] / medians[1]:.2f}")


if __name__ == "__main__":
    main()
