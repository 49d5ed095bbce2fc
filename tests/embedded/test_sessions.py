"""One backend serves many clients of the embedded TimescaleDB, one after the other."""

from __future__ import annotations

import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.embedded.helpers import connect, conninfo, python, value

if TYPE_CHECKING:
    from dataforeman_schema.embedded import EmbeddedTimescale

DOOMED = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    for statement in sys.argv[2:]:
        connection.execute(statement)
    print("done", flush=True)
    time.sleep(60)
"""
TRACES = {
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'": 0,
    "SELECT to_regclass('unfinished')": None,
    "SELECT to_regclass('pg_temp.scratch')": None,
    "SELECT count(*) FROM pg_prepared_statements": 0,
    "SELECT count(*) FROM pg_cursors": 0,
    "SELECT count(*) FROM pg_listening_channels()": 0,
    "SHOW timezone": "GMT",
    "SHOW search_path": '"$user", public',
    "SHOW application_name": "",
    "SHOW default_transaction_isolation": "read committed",
    "SELECT current_user": "postgres",
    "SELECT session_user": "postgres",
}


def _die_after(server: EmbeddedTimescale, *statements: str) -> None:
    client = python(DOOMED, conninfo(server, application_name="doomed"), *statements)
    assert client.stdout is not None
    with client.stdout:
        assert client.stdout.readline() == "done\n"
        client.send_signal(signal.SIGKILL)
        client.wait()


def test_killed_client_leaves_nothing_to_the_next(timescale: EmbeddedTimescale) -> None:
    """Its transaction, locks, settings, role and temporary things end with it."""
    value(timescale, "CREATE ROLE guest")
    _die_after(
        timescale,
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET timezone = 'Asia/Tokyo'",
        "SET search_path = pg_catalog",
        "SELECT pg_advisory_lock(42)",
        "PREPARE kept AS SELECT 1",
        "LISTEN news",
        "CREATE TEMPORARY TABLE scratch ()",
        "CREATE TABLE public.unfinished ()",
        "DECLARE rows CURSOR WITH HOLD FOR SELECT 1",
        "SET SESSION AUTHORIZATION guest",
    )
    assert {question: value(timescale, question) for question in TRACES} == TRACES


def test_client_killed_in_mid_query_holds_nobody_up(
    timescale: EmbeddedTimescale,
) -> None:
    """The next client gets its turn when the statement is through."""
    client = python(
        "import sys, psycopg; c = psycopg.connect(sys.argv[1]);"
        "print(1, flush=True); c.execute('SELECT pg_sleep(1)')",
        conninfo(timescale),
    )
    assert client.stdout is not None
    with client.stdout:
        client.stdout.readline()
        client.kill()
        client.wait()
    assert value(timescale, "SELECT 1") == 1


def test_start_up_settings_hold_for_one_session(timescale: EmbeddedTimescale) -> None:
    """The application's name and libpq's options reach their own session only."""
    options = r"-c DateStyle=ISO,\ DMY --timezone=Asia/Tokyo -cstatement_timeout=5s"
    changes = {"application_name": "me", "options": options}
    with connect(timescale, **changes) as connection:
        query = "SELECT current_setting(unnest(%s::text[]))"
        names = ["application_name", "datestyle", "timezone", "statement_timeout"]
        rows = connection.execute(query, [names]).fetchall()
        assert rows == [("me",), ("ISO, DMY",), ("Asia/Tokyo",), ("5s",)]
        assert connection.info.parameter_status("application_name") == "me"
    assert value(timescale, "SHOW datestyle") == "ISO, MDY"


def test_settings_of_databases_and_roles_hold(timescale: EmbeddedTimescale) -> None:
    """A session begins with what is set for its database, then for its role."""
    database = timescale.database
    role = {"user": "set_up", "password": "pw"}
    ask = (
        "SELECT concat_ws(' ', current_setting('work_mem'),"
        " current_setting('extra_float_digits'), current_setting('search_path'))"
    )
    before = value(timescale, ask)
    with connect(timescale) as connection:
        connection.execute("CREATE ROLE set_up LOGIN PASSWORD 'pw'")
        for statement in (
            f"ALTER DATABASE {database} SET work_mem = '5MB'",
            f"ALTER DATABASE {database} SET extra_float_digits = 0",
            "ALTER ROLE set_up SET extra_float_digits = 2",
            f"ALTER ROLE set_up IN DATABASE {database} SET search_path = a, b",
        ):
            connection.execute(statement)
    try:
        assert value(timescale, ask, **role) == "5MB 2 a, b"
    finally:
        value(timescale, f"ALTER DATABASE {database} RESET ALL")
        value(timescale, "DROP ROLE set_up")
    assert value(timescale, ask) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong"}, "password authentication failed"),
        ({"user": "stranger"}, "password authentication failed"),
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
        ({"options": "-c timezone=Nowhere"}, "invalid value for parameter"),
    ],
)
def test_refusals(
    timescale: EmbeddedTimescale, changes: dict[str, str], words: str
) -> None:
    """What a real server refuses at the door is refused with its words."""
    with pytest.raises(psycopg.OperationalError, match=words):
        connect(timescale, **changes)


def test_roles_log_in_with_their_own_password(timescale: EmbeddedTimescale) -> None:
    """A role is the session's user and has its own rights only."""
    value(timescale, "CREATE ROLE clerk LOGIN PASSWORD 'clerks'")
    clerk = {"user": "clerk", "password": "clerks", "dbname": "telemetry"}
    assert value(timescale, "SELECT session_user", **clerk) == "clerk"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        value(timescale, "CREATE TABLE public.forbidden ()", **clerk)


def test_databases_are_apart(timescale: EmbeddedTimescale) -> None:
    """A database can be copied from another, used by itself and dropped."""
    value(timescale, "CREATE TABLE original AS SELECT 1 AS number")
    value(timescale, "CREATE DATABASE copy TEMPLATE telemetry")
    value(timescale, "UPDATE original SET number = 2", dbname="copy")
    assert value(timescale, "SELECT number FROM original", dbname="copy") == 2
    assert value(timescale, "SELECT current_database()") == "telemetry"
    assert value(timescale, "SELECT number FROM original") == 1
    value(timescale, "DROP DATABASE copy")


def test_clients_queue(timescale: EmbeddedTimescale) -> None:
    """Twenty clients that come at once are served one after the other."""
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(lambda n: value(timescale, f"SELECT {n}"), range(20))
        assert list(answers) == list(range(20))


def test_client_that_waits_too_long_is_told(timescale: EmbeddedTimescale) -> None:
    """A client in the queue learns why it gets no turn, and the holder goes on."""
    with connect(timescale) as holder:
        with pytest.raises(psycopg.OperationalError, match="only connection for 2 s"):
            connect(timescale)
        assert holder.execute("SELECT 1").fetchone() == (1,)


def test_cancel_request_is_answered_at_once(timescale: EmbeddedTimescale) -> None:
    """A request to cancel is not kept waiting for the session it is about."""
    with connect(timescale) as connection:
        started = time.monotonic()
        connection.cancel_safe(timeout=2)
        assert time.monotonic() - started < 1
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\0\0\0\x08",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\0\0\x09\0\x02\0\0\0",
        b"\0" * 9,
    ],
    ids=["nothing", "half a packet", "another protocol", "old protocol", "zeros"],
)
def test_noise_does_not_end_the_server(
    timescale: EmbeddedTimescale, noise: bytes
) -> None:
    """A client that speaks nonsense is turned away, and the next is served."""
    path = Path(timescale.params["host"]) / ".s.PGSQL.5433"
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(noise)
        client.shutdown(socket.SHUT_WR)
        client.settimeout(5)
        answer = client.recv(1000)
    assert answer == b"" or answer.startswith(b"E")
    assert value(timescale, "SELECT 1") == 1
