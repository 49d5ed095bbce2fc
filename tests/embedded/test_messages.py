"""Messages of any size, cut anywhere, reach the embedded TimescaleDB whole."""

from __future__ import annotations

import io
import socket
import struct
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg2
import pytest

from tests.embedded.helpers import connect, conninfo, value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dataforeman_schema.embedded import EmbeddedTimescale

ROWS = 100_000
MEGABYTES = 4_000_000


@pytest.fixture(autouse=True)
def _table(timescale: EmbeddedTimescale) -> Iterator[None]:
    """An empty table of numbers and words."""
    value(timescale, "CREATE TABLE word (number integer, word text)")
    yield
    value(timescale, "DROP TABLE word")


def test_statement_and_result_of_megabytes(timescale: EmbeddedTimescale) -> None:
    """A statement of 4 MB goes in and comes out again."""
    word = "x" * MEGABYTES
    assert value(timescale, f"SELECT '{word}'") == word


def test_parameter_of_megabytes(timescale: EmbeddedTimescale) -> None:
    """A parameter of 4 MB in the extended protocol goes in and comes out again."""
    word = "é" * (MEGABYTES // 2)
    with connect(timescale) as connection:
        assert connection.execute("SELECT %s::text", [word]).fetchone() == (word,)


@pytest.mark.parametrize("rows", [2000, 2001, 2048])
def test_long_pipeline(timescale: EmbeddedTimescale, rows: int) -> None:
    """Thousands of messages without a pause are all answered."""
    with connect(timescale) as connection, connection.cursor() as cursor:
        statement = "INSERT INTO word VALUES (%s, %s)"
        cursor.executemany(statement, [(n, "q") for n in range(rows)])
        assert cursor.rowcount == rows


def test_error_in_a_pipeline(timescale: EmbeddedTimescale) -> None:
    """What follows an error in a pipeline is skipped up to its end."""
    with connect(timescale) as connection:
        with pytest.raises(psycopg.errors.DivisionByZero):
            _insert_quotients(connection, 0, 1)
        assert connection.execute("SELECT count(*) FROM word").fetchone() == (0,)


def test_copy_in_and_out(timescale: EmbeddedTimescale) -> None:
    """COPY brings a hundred thousand rows in and out, as text."""
    text = "".join(f"{n}\tword {n}\n" for n in range(ROWS))
    with closing(psycopg2.connect(conninfo(timescale))) as connection:
        cursor = connection.cursor()
        cursor.copy_expert("COPY word FROM STDIN", io.StringIO(text))
        assert cursor.rowcount == ROWS
        out = io.StringIO()
        cursor.copy_expert("/* all */ COPY word TO STDOUT", out)
    assert out.getvalue() == text


def test_binary_copy(timescale: EmbeddedTimescale) -> None:
    """COPY takes rows in binary."""
    with connect(timescale) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY word FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int4", "text"])
            copy.write_row((7, "seven"))
        assert cursor.execute("TABLE word").fetchall() == [(7, "seven")]


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("COPY word FROM STDIN", psycopg.errors.InvalidTextRepresentation),
        ("COPY nothing FROM STDIN", psycopg.errors.UndefinedTable),
    ],
)
def test_failed_copy(
    timescale: EmbeddedTimescale, statement: str, error: type[psycopg.Error]
) -> None:
    """A COPY that fails says why, and the session goes on."""
    with connect(timescale) as connection, connection.cursor() as cursor:
        with pytest.raises(error), cursor.copy(statement.encode()) as copy:
            copy.write("no number\tword\n" * ROWS)
        assert cursor.execute("SELECT 1").fetchone() == (1,)


def test_abandoned_copy(timescale: EmbeddedTimescale) -> None:
    """A client that gives up its COPY adds no row, and its session goes on."""
    with connect(timescale) as connection, connection.cursor() as cursor:
        with pytest.raises(ZeroDivisionError):
            _copy_one_row_and(lambda: 1 // 0, cursor)
        assert cursor.execute("SELECT count(*) FROM word").fetchone() == (0,)


def test_client_gone_in_a_copy(timescale: EmbeddedTimescale) -> None:
    """A client that goes in the middle of its COPY adds no row."""
    connection = connect(timescale)
    with connection.cursor() as cursor, pytest.raises(psycopg.OperationalError):
        _copy_one_row_and(connection.close, cursor)
    assert value(timescale, "SELECT count(*) FROM word") == 0


def test_copy_in_the_extended_protocol_is_refused(timescale: EmbeddedTimescale) -> None:
    """The one COPY that the backend cannot take is an error, not its end."""
    with connect(timescale) as connection:
        result = connection.pgconn.exec_params(b"COPY word FROM STDIN", None)
        assert b"works in a simple query only" in result.error_message
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_messages_in_single_bytes(timescale: EmbeddedTimescale) -> None:
    """It does not matter where the packets of a client end."""
    path = Path(timescale.params["host"]) / ".s.PGSQL.5433"
    start = b"\0\3\0\0user\0postgres\0database\0telemetry\0\0"
    messages = [
        struct.pack("!i", 8) + struct.pack("!i", 80877103),
        struct.pack("!i", len(start) + 4) + start,
        _message(b"p", b"postgres\0"),
        _message(b"Q", b"SELECT 'whole'\0"),
        _message(b"X", b""),
    ]
    with socket.socket(socket.AF_UNIX) as client, client.makefile("rb") as answers:
        client.connect(str(path))
        for byte in b"".join(messages):
            client.send(bytes([byte]))
        answer = answers.read()
    assert answer.startswith(b"N")
    assert b"whole" in answer


def _insert_quotients(connection: psycopg.Connection[Any], *divisors: int) -> None:
    with connection.pipeline():
        for divisor in divisors:
            connection.execute("INSERT INTO word VALUES (1 / %s, '')", [divisor])


def _copy_one_row_and(
    give_up: Callable[[], object], cursor: psycopg.Cursor[Any]
) -> None:
    with cursor.copy("COPY word FROM STDIN") as copy:
        copy.write("1\tone\n")
        give_up()


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body
