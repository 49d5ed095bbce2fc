"""What bounds a session: a server that vanishes is noticed, and looks are short."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.alembic_env.session import prepared
from dataforeman_schema.commands.probe import probing
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META
from dataforeman_schema.engine import create_engine
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import META_VARIABLES, read_settings
from tests.commands import BIN, alembic, run, variables
from tests.commands.interrupting import SLEEP_AT_FIRST_TABLE
from tests.commands.places import execute
from tests.proxy import StallingProxy

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

LIMIT = "SHOW statement_timeout"
OF_OPERATORS = {"options": "-c statement_timeout=7s"}
ASKED = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT", "TCP_USER_TIMEOUT")


def asked(settings: ConnectionSettings) -> list[int]:
    """Read from a connection's socket how a server that vanishes is noticed."""
    with (
        closing(connect(settings)) as connection,
        closing(socket.socket(fileno=connection.fileno())) as client,
    ):
        numbers = [getattr(socket, name) for name in ASKED]
        found = [client.getsockopt(socket.IPPROTO_TCP, number) for number in numbers]
        client.detach()
        return found


def test_server_that_vanishes(meta_database: ConnectionSettings) -> None:
    """It counts as gone after a minute, or when the operator says so in the URL."""
    with StallingProxy(meta_database, b"\0never").running() as proxy:
        there = proxy.settings.replace(sslmode="disable")
        assert asked(there) == [30, 10, 3, 60_000]
        url = "postgresql://h/d?keepalives_idle=5&tcp_user_timeout=9000"
        given = read_settings(META_VARIABLES, {"DATABASE_URL": url}).keywords
        place = ("host", "port", "user", "password", "dbname", "sslmode")
        led = {key: there.keywords[key] for key in place}
        assert asked(there.replace(**{**given, **led})) == [5, 10, 3, 9_000]


@pytest.mark.parametrize(
    ("given", "limit"), [({}, "1min"), (OF_OPERATORS, "7s")], ids=["ours", "theirs"]
)
def test_looks_are_limited(
    meta_database: ConnectionSettings, given: dict[str, str], limit: str
) -> None:
    """What only looks ends in time; a limit of the operator's wins."""
    settings = meta_database.replace(**given)
    with (
        closing(connect(settings)) as connection,
        probing(connection, META, settings) as cursor,
    ):
        cursor.execute(LIMIT)
        assert cursor.fetchone() == (limit,)
    with create_engine(settings).connect() as session:
        with prepared(session, Options(), only_looks=True):
            assert session.exec_driver_sql(LIMIT).scalar() == limit
        with prepared(session, Options(statement_timeout=3), only_looks=True):
            assert session.exec_driver_sql(LIMIT).scalar() == "3s"
        with prepared(session, Options()):
            assert session.exec_driver_sql(LIMIT).scalar() == "0"


def test_look_that_takes_too_long(meta_database: ConnectionSettings) -> None:
    """Whoever runs it is told what allows it more time."""
    settings = meta_database.replace(options="-c statement_timeout=50ms")
    with (
        closing(connect(settings)) as connection,
        pytest.raises(SchemaError, match="allow statements more time with PGOPTIONS"),
        probing(connection, META, settings) as cursor,
    ):
        cursor.execute("SELECT pg_sleep(30)")


def test_commands_that_take_too_long(
    meta_database: ConnectionSettings, plain_database: ConnectionSettings
) -> None:
    """Commands tell what allows their statements more time, each its own."""
    execute(meta_database, SLEEP_AT_FIRST_TABLE)  # of what is compared with
    environ = variables(meta_database) | {"PGOPTIONS": "-c statement_timeout=1s"}
    checked = alembic("-n", "meta", "check", **environ)
    assert checked.returncode == 1
    assert "nothing was changed: run the command again when" in checked.stderr
    assert "more time with statement-timeout" in checked.stderr
    places = environ | variables(plain_database)
    verified = run(BIN / "dataforeman-schema", "verify", **places)
    assert verified.returncode == 2
    assert "more time with PGOPTIONS" in verified.stdout + verified.stderr
