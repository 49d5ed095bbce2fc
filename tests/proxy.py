"""What stands between a client and a server: a proxy that stalls at a word."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


def reach(server: ConnectionSettings) -> socket.socket:
    """Open a socket to a server, which listens on a unix socket or a TCP port."""
    host, port = server.keywords["host"], server.keywords["port"]
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    back = socket.socket(socket.AF_UNIX)
    back.connect(f"{host}/.s.PGSQL.{port}")
    return back


class StallingProxy:
    """Passes on what clients and a server say, until a client says a word.

    From then on it takes connections and everything that is sent, and passes nothing
    on, as a server does that hangs. When a client goes, so does its connection to the
    server.

    Attributes:
        settings: Where it listens, a TCP port.
        has_stalled: Set once the word was said.
    """

    def __init__(self, server: ConnectionSettings, word: bytes) -> None:
        self.has_stalled = Event()
        self._server = server
        self._word = word
        self._front = socket.create_server(("127.0.0.1", 0))
        host, port = self._front.getsockname()
        self.settings = server.replace(host=host, port=str(port))

    @contextmanager
    def running(self) -> Iterator[StallingProxy]:
        """Serve in a block."""
        with self._front:
            Thread(target=self._serve, daemon=True).start()
            yield self
            self._front.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with suppress(OSError):  # the front is closed
            while True:
                client, _ = self._front.accept()
                Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, reach(self._server) as back:
            answers = Thread(target=self._copy, args=(back, client), daemon=True)
            answers.start()
            self._copy(client, back)
            answers.join()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):  # either may go at any moment
            while part := source.recv(65536):
                if self._word in part:
                    self.has_stalled.set()
                if not self.has_stalled.is_set():
                    target.sendall(part)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
