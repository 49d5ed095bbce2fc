"""The database of a server that has one session: tests use it in turn."""

from __future__ import annotations

import fcntl
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sqlalchemy import NullPool

from dataforeman_schema.embedded.files import make_user_folder, user_folder
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.testing.cleaning import drop_everything

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.settings import ConnectionSettings

_in_use: set[Path] = set()


@dataclass(frozen=True)
class OnlyDatabase:
    """What all the processes and tests of this machine share on one server.

    A file is locked by whoever's turn it is, and holds who filled the database.
    """

    server: ConnectionSettings

    @contextmanager
    def emptied(self) -> Iterator[ConnectionSettings]:
        """Provide the database without anything in it, while nobody else uses it."""
        with self._turn() as state:
            state.truncate(0)
            self._drop_everything()
            yield self.server

    @contextmanager
    def kept(
        self, mark: str, fill: Callable[[ConnectionSettings], None]
    ) -> Iterator[ConnectionSettings]:
        """Provide it filled, anew only if others used it; who gets it changes nothing.

        Args:
            mark: What nobody else fills it under.
            fill: Fills it when it is empty.
        """
        with self._turn() as state:
            if state.read() != mark:
                state.truncate(0)
                self._drop_everything()
                fill(self.server)
                state.seek(0)
                state.write(mark)
                state.flush()
            yield self.server

    @property
    def _state(self) -> Path:
        # Beside its socket it goes with the server.
        host = Path(self.server.keywords["host"])
        embedded = host.is_relative_to(user_folder())
        key = sha256(str(self.server).encode()).hexdigest()[:16]
        return (host if embedded else user_folder()) / f"test-{key}.lock"

    @contextmanager
    def _turn(self) -> Iterator[TextIO]:
        path = self._state
        if path in _in_use:
            raise SchemaError(
                "the embedded TimescaleDB has one session at a time: ask for one of "
                "its fixtures in a test, or name a server in TSDB_TEST_URL"
            )
        make_user_folder()
        with path.open("a+", encoding="utf-8") as state:
            _in_use.add(path)
            try:
                fcntl.flock(state, fcntl.LOCK_EX)
                state.seek(0)
                yield state
            finally:
                _in_use.discard(path)

    def _drop_everything(self) -> None:
        engine = create_engine(self.server, poolclass=NullPool)
        with engine.connect() as connection:
            drop_everything(connection)
