"""Why a connection cannot be opened, in whatever words the server says it."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.connection import ConnectionFailed, connect
from dataforeman_schema.databases import META
from dataforeman_schema.settings import read_settings
from tests.commands.places import execute, unused_port
from tests.proxy import reach

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


Words = tuple[bytes, bytes]


@contextmanager
def translated(
    server: ConnectionSettings, english: str, foreign: str
) -> Iterator[ConnectionSettings]:
    """Stand before a server and say one of its messages in other words."""
    said = english.encode()
    words = (said, foreign.encode().ljust(len(said)))  # its length goes before it
    with socket.create_server(("127.0.0.1", 0)) as front:
        threading.Thread(target=serve, args=(front, server, words), daemon=True).start()
        host, port = front.getsockname()
        yield server.replace(host=host, port=str(port), sslmode="disable")
        front.shutdown(socket.SHUT_RDWR)


def serve(front: socket.socket, server: ConnectionSettings, words: Words) -> None:
    """Pass what clients and server say on, one client after the other."""
    while True:
        try:
            client, _ = front.accept()
        except OSError:
            return
        with client, closing(reach(server)) as back:
            up = threading.Thread(target=copy, args=(client, back), daemon=True)
            up.start()
            copy(back, client, words)
            up.join()


def copy(
    source: socket.socket, target: socket.socket, words: Words = (b"", b"")
) -> None:
    """Copy bytes until their source ends, with some words in place of others."""
    while part := source.recv(65536):
        target.sendall(part.replace(*words) if words[0] else part)
    target.shutdown(socket.SHUT_WR)


def failure(settings: ConnectionSettings) -> ConnectionFailed:
    """Connect in vain."""
    with pytest.raises(ConnectionFailed) as caught:
        connect(settings)
    return caught.value


def test_missing_database_in_german(meta_server: ConnectionSettings) -> None:
    """That a database is missing is seen even where the server's words are foreign."""
    absent = meta_server.replace(dbname="df_absent")
    english = 'database "df_absent" does not exist'
    with translated(absent, english, "Datenbank fehlt") as settings:
        error = failure(settings)
    assert error.no_database
    assert "Datenbank fehlt" in str(error)
    assert "CREATE DATABASE df_absent" in str(error)


def test_another_cause_in_german(meta_database: ConnectionSettings) -> None:
    """What is not understood is quoted, and may pass: the server may be starting."""
    allow = f'ALTER DATABASE "{meta_database.database}" ALLOW_CONNECTIONS'
    server = meta_database.replace(dbname="postgres")
    english = "is not currently accepting connections"
    execute(server, f"{allow} false")
    try:
        with translated(meta_database, english, "ist gesperrt") as settings:
            error = failure(settings)
    finally:
        execute(server, f"{allow} true")
    assert error.may_pass
    assert not error.no_database
    assert "ist gesperrt" in str(error)


def test_remedy_names_the_url_that_holds() -> None:
    """Where a URL says where a database is, the single variables change nothing."""
    url = f"postgresql://u@127.0.0.1:{unused_port()}/d"
    message = str(failure(read_settings(META.variables, {"DATABASE_URL": url})))
    assert "set the host in DATABASE_URL and the port in DATABASE_URL" in message
    assert "PGHOST" not in message


def test_client_encoding(
    meta_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every character arrives, whatever libpq's variables say."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with closing(connect(meta_database)) as connection:
        assert connection.info.parameter_status("client_encoding") == "UTF8"


def test_what_may_pass(meta_server: ConnectionSettings) -> None:
    """Names that do not resolve yet, silence and a missing primary are waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host, port = silent.getsockname()
        for changed in (
            {"host": "no-such-host.invalid"},
            {"host": host, "port": str(port), "connect_timeout": "2"},
            {"target_session_attrs": "standby"},
        ):
            assert failure(meta_server.replace(**changed)).may_pass, changed
    assert not failure(meta_server.replace(dbname="df_absent")).may_pass


def test_the_host_that_answered_is_heard(meta_server: ConnectionSettings) -> None:
    """What a server says counts for more than that another one is not there."""
    if meta_server.keywords["host"].startswith("/"):
        hosts = "/nowhere," + meta_server.keywords["host"]
    else:
        hosts = "127.0.0.1," + meta_server.keywords["host"]
    ports = f"{unused_port()},{meta_server.keywords['port']}"
    several = meta_server.replace(host=hosts, port=ports, dbname="df_absent")
    assert failure(several).no_database
