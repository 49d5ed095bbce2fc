"""What the embedded servers have in common: a daemon, its folder and its life."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ClassVar, Self

import psycopg2

from dataforeman_schema.embedded.errors import EmbeddedServerError
from dataforeman_schema.embedded.files import (
    exclusive,
    make_private,
    open_descriptor,
    open_unlinked,
    read_unlinked,
    socket_folder,
    try_lock,
    wait_until,
)

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 20.0
USER = "postgres"

COMPLAINT = re.compile(r"^.*(?:FATAL|PANIC|[Ee]rror|could not).*$", re.MULTILINE)

# The daemon inherits the locked file: it is locked exactly as long as the daemon lives.
LAUNCH = '"$@" </dev/null >&2 & echo $!'


class EmbeddedServer(ABC):
    """A database server of one data folder, started on demand.

    The server outlives the process that started it. Its folder holds `data`, the log
    `server.log`, and `server.lock`, which the running server keeps locked. It can be
    used as a context manager that starts and stops it.

    Args:
        data_dir: The server's folder; made, with its parents, at the first start.
        database: The database that `params` names; made if it is missing.
    """

    name: ClassVar[str]
    port: ClassVar[str]  # part of the socket's name; no TCP port is opened
    stop_signals: ClassVar[tuple[signal.Signals, ...]]

    def __init__(self, data_dir: Path, database: str) -> None:
        self.data_dir = Path(data_dir).expanduser().resolve()
        self.database = database

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def data(self) -> Path:
        """The folder of the database's own files."""
        return self.data_dir / "data"

    @property
    def log(self) -> Path:
        """The log since the last start; the one before is `server.log.1`."""
        return self.data_dir / "server.log"

    @property
    def params(self) -> dict[str, str]:
        """The connection keywords of libpq, as psycopg2.connect() takes them."""
        return {
            "host": str(self._sockets),
            "port": self.port,
            "user": USER,
            "password": self._password(),
            "dbname": self.database,
        }

    def start(self, timeout_s: float = START_TIMEOUT_S) -> bool:
        """Make sure that the server runs and takes connections.

        A running server is used as it is; a killed one starts again on its data.

        Args:
            timeout_s: The longest wait for the first connection, in seconds.

        Returns:
            True if this call started the server, False if it was running.

        Raises:
            EmbeddedServerError: It did not start; the message says why.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        with self._only_starter(timeout_s):
            if self._comes_up(timeout_s):
                return False
            self._rotate_log()
            make_private(self._sockets)
            self._prepare()
            self._launch()
            if not self._comes_up(timeout_s):
                raise self._error("ended at once")
        return True

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> bool:
        """Make sure that no process of the server is left; its data stays.

        Open connections are cut. A server that does not end in time is killed.

        Args:
            timeout_s: The longest wait for each way of ending it, in seconds.

        Returns:
            True if this call stopped the server, False if it was not running.

        Raises:
            EmbeddedServerError: It could not be stopped.
        """
        if not self.is_running():
            return False
        with self._only_starter(START_TIMEOUT_S):
            for number in self.stop_signals:
                self._signal(number)
                if wait_until(lambda: not self.is_running(), timeout_s):
                    shutil.rmtree(self._sockets, ignore_errors=True)
                    return True
        raise self._error("could not be stopped")

    def is_running(self) -> bool:
        """Say whether a server process of this folder is alive.

        Returns:
            True from its launch to the end of its last process, even if it does not
            take connections yet.
        """
        if not self._lock_file.exists():
            return False
        with open_descriptor(self._lock_file) as descriptor:
            return not try_lock(descriptor, fcntl.LOCK_SH)

    @property
    def _sockets(self) -> Path:
        return socket_folder(self.data_dir)

    @property
    def _lock_file(self) -> Path:
        return self.data_dir / "server.lock"

    def _only_starter(self, timeout_s: float) -> AbstractContextManager[None]:
        return exclusive(self.data_dir / "start.lock", timeout_s)

    @abstractmethod
    def _password(self) -> str:
        """Return the password of `params`, empty if none is asked for."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make what the server needs before it can be launched."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """Return the command that runs the server in the foreground."""

    @abstractmethod
    def _check_connection(self) -> None:
        """Raise psycopg2.OperationalError or OSError if no client can connect."""

    def _system_user(self) -> str | None:
        """Return the user to run as, if it is not the present one."""
        return None

    def _rotate_log(self) -> None:
        """Begin a log of this start; keep the one before, which may tell of a crash."""
        if self.log.exists():
            self.log.replace(self.log.with_name("server.log.1"))

    def _open_log(self) -> AbstractContextManager[BinaryIO]:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        return os.fdopen(open_unlinked(self.log, flags), "ab")

    def _launch(self) -> None:
        with open_descriptor(self._lock_file) as lock, self._open_log() as log:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a glance of is_running() at most
            os.ftruncate(lock, 0)
            subprocess.run(  # noqa: S603 - our own command, no shell words from outside
                ["/bin/sh", "-c", LAUNCH, "sh", *self._command()],
                check=True,
                cwd=self.data_dir,
                env=clean_environment(),
                pass_fds=(lock,),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=lock,
                stderr=log,
                umask=0o077,
                user=self._system_user(),
                group=self._system_user(),
                extra_groups=[] if self._system_user() else None,
            )

    def _comes_up(self, timeout_s: float) -> bool:
        """Wait until a client can connect; return False once no process is alive."""
        failures: list[Exception] = []
        if not wait_until(lambda: self._settled(failures), timeout_s):
            cause = " ".join(str(failures[-1]).split())
            raise self._error(f"takes no connections after {timeout_s:.0f} s: {cause}")
        return self.is_running()

    def _settled(self, failures: list[Exception]) -> bool:
        if not self.is_running():
            return True
        try:
            self._check_connection()
        except (psycopg2.OperationalError, OSError) as error:
            failures.append(error)
            return False
        return True

    def _last_pid(self) -> str:
        return read_unlinked(self._lock_file).strip()

    def _signal(self, number: signal.Signals) -> None:
        end_process(self._last_pid(), number, self._system_user())

    def _error(self, what: str) -> EmbeddedServerError:
        told = COMPLAINT.findall(read_unlinked(self.log))
        cause = "".join(f" ({line.strip()})" for line in told[-1:])
        return EmbeddedServerError(f"{self.name} {what}{cause}; see its log {self.log}")


def end_process(
    pid: str, number: signal.Signals, user: str | int | None = None
) -> None:
    """Send a signal to a server, if it still lives.

    Args:
        pid: What its lock file says, to which the server can write.
        number: The signal.
        user: Whom it runs as, if not the present user: with the rights of that user it
            is sent, and so to no other process than theirs.
    """
    # No number yet, or no longer a process: then waiting shows what comes of it.
    with contextlib.suppress(ValueError, ProcessLookupError):
        if user is None:
            os.kill(int(pid), number)
        else:
            kill = ["/bin/kill", "-s", number.name.removeprefix("SIG"), str(int(pid))]
            subprocess.run(  # noqa: S603 - our own command
                kill,
                check=False,
                stderr=subprocess.DEVNULL,
                user=user,
            )


def clean_environment() -> dict[str, str]:
    """Return the environment for a server: ours without what would alter it.

    Returns:
        A copy without the settings of libpq, PostgreSQL and Node.js.
    """
    alien = ("PG", "NODE_")
    return {
        key: value for key, value in os.environ.items() if not key.startswith(alien)
    }
