"""Why a connection cannot be opened, in whatever words the server says it."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.connection import ConnectionFailed, connect, explain
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.settings import read_settings
from tests.commands.checking import new_role
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
    with suppress(OSError):  # either may end without a goodbye
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
    assert not error.may_pass
    assert "Datenbank fehlt" in str(error)
    assert "CREATE DATABASE df_absent" in str(error)


def test_another_cause_in_german(meta_database: ConnectionSettings) -> None:
    """What is not understood is quoted, and judged by what no language changes."""
    allow = f'ALTER DATABASE "{meta_database.database}" ALLOW_CONNECTIONS'
    server = meta_database.replace(dbname="postgres")
    english = "is not currently accepting connections"
    execute(server, f"{allow} false")
    try:
        with translated(meta_database, english, "ist gesperrt") as settings:
            error = failure(settings)
    finally:
        execute(server, f"{allow} true")
    assert not error.may_pass
    assert not error.no_database
    assert "ist gesperrt" in str(error)
    assert "ALLOW_CONNECTIONS true" in str(error)


def test_wrong_password_in_german() -> None:
    """A wrong password stays wrong, in whatever words it is said to be."""
    english = 'password authentication failed for user "postgres"'
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False, password="right") as server,
    ):
        place = read_settings(META.variables, {}).replace(**server.params)
        wrong = place.replace(password="wrong")
        with translated(wrong, english, "Passwort ist falsch") as settings:
            error = failure(settings)
            assert not error.may_pass
            assert "Passwort ist falsch; set PGPASSWORD" in str(error).replace("  ", "")


@pytest.mark.parametrize(
    ("options", "english", "remedy"),
    [
        ("NOLOGIN", "is not permitted to log in", "the role must be there"),
        ("LOGIN CONNECTION LIMIT 0", "too many connections", "close other clients"),
    ],
)
def test_roles_in_german(
    options: str, english: str, remedy: str, meta_server: ConnectionSettings
) -> None:
    """What the server has against a role is judged by its SQLSTATE, too."""
    with new_role(meta_server, f"{options} PASSWORD 'x'") as role:
        settings = meta_server.replace(user=role, password="x")
        with translated(settings, english, "geht nicht") as abroad:
            error = failure(abroad)
        assert "geht nicht" in str(error)
        assert remedy in str(error)
        assert error.may_pass is failure(settings).may_pass


def test_words_in_a_name_decide_nothing(meta_server: ConnectionSettings) -> None:
    """What a database is called is no cause."""
    error = failure(meta_server.replace(dbname="starting up: SSL certificate"))
    assert error.no_database
    assert not error.may_pass


def test_names_in_sql() -> None:
    """A remedy in SQL quotes the names that settings hold."""
    settings = read_settings(META.variables, {"PGDATABASE": 'a"; b', "PGUSER": "c-d"})
    missing = explain('FATAL:  database "a" does not exist', settings)
    assert 'CREATE DATABASE "a""; b",' in str(missing)
    barred = explain('FATAL:  role "c-d" is not permitted to log in', settings)
    assert 'ALTER ROLE "c-d" LOGIN,' in str(barred)


def test_remedy_names_the_url_that_holds() -> None:
    """Where a URL says where a database is, the single variables change nothing."""
    url = f"postgresql://u@127.0.0.1:{unused_port()}/d"
    message = str(failure(read_settings(META.variables, {"DATABASE_URL": url})))
    assert "set the host in DATABASE_URL and the port in DATABASE_URL" in message
    assert "PGHOST" not in message


def test_address_of_the_host(
    meta_server: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PGHOSTADDR leads to the metadata server alone, and is named where it does not."""
    monkeypatch.setenv("PGHOST", "no-such-host.invalid")
    monkeypatch.setenv("PGHOSTADDR", "127.0.0.1")
    monkeypatch.setenv("PGPORT", unused_port())
    meta = META.settings()
    assert "@127.0.0.1:" in str(failure(meta))
    assert "set PGHOSTADDR and PGPORT" in str(failure(meta))
    with translated(meta_server, "\0", "\0") as front:
        port = front.keywords["port"]
        identity = {key: front.keywords[key] for key in ("user", "password", "dbname")}
        connect(meta.replace(port=port, sslmode="disable", **identity)).close()
        monkeypatch.setenv("TSDB_HOST", "no-such-host.invalid")
        assert "could not translate host name" in str(failure(TSDB.settings()))
    monkeypatch.setenv("DATABASE_URL", "postgresql://no-such-host.invalid/d")
    assert "could not translate host name" in str(failure(META.settings()))


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
