"""Starting, finding, killing and stopping: the same for both servers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedServer,
    EmbeddedServerError,
    EmbeddedTimescale,
)
from tests.embedded.helpers import connect, kill, processes, python, value

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = [EmbeddedPostgres, EmbeddedTimescale]
START = """
import sys
from pathlib import Path
from dataforeman_schema import embedded
print(getattr(embedded, sys.argv[1])(Path(sys.argv[2])).start())
"""


@pytest.fixture(params=KINDS)
def server(
    request: pytest.FixtureRequest, folder: Path
) -> Iterator[EmbeddedPostgres | EmbeddedTimescale]:
    """A server of each kind that is not running yet."""
    server = request.param(folder / "a server's own folder")
    yield server
    server.stop()


def test_start_reuse_and_stop(server: EmbeddedServer) -> None:
    """A second start reuses the server, and a stop leaves no process."""
    assert not server.is_running()
    assert server.start()
    assert not server.start()
    assert server.is_running()
    assert processes(server)
    assert server.stop()
    assert processes(server) == []
    assert not server.is_running()
    assert not Path(server.params["host"]).exists()
    assert not server.stop()


def test_killed_server_restarts_on_its_data(server: EmbeddedServer) -> None:
    """What was committed before a kill is there after the next start."""
    server.start()
    value(server, "CREATE TABLE kept AS SELECT 7 AS number")
    kill(server)
    assert server.start()
    assert value(server, "SELECT number FROM kept") == 7


def test_stop_cuts_connections_and_keeps_data(server: EmbeddedServer) -> None:
    """A stop does not wait for an open connection, nor lose what it committed."""
    server.start()
    connection = connect(server)
    connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    assert server.stop()
    with pytest.raises(psycopg.OperationalError), connection:
        connection.execute("SELECT 1")
    server.start()
    assert value(server, "SELECT number FROM kept") == 7


def test_processes_that_start_at_once_share_one_server(server: EmbeddedServer) -> None:
    """Of three starting processes one starts the server, and it outlives them all."""
    kind, folder = type(server).__name__, str(server.data_dir)
    starters = [python(START, kind, folder) for _ in range(3)]
    told = [starter.communicate()[0].strip() for starter in starters]
    assert sorted(told) == ["False", "False", "True"]
    assert value(server, "SELECT 1") == 1
    assert server.stop()
    assert processes(server) == []


def test_unfinished_first_start_is_thrown_away(server: EmbeddedServer) -> None:
    """What a killed first start left behind is not taken for a data folder."""
    unfinished = server.data_dir / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("17\n")
    server.start()
    assert not unfinished.exists()
    assert value(server, "SELECT 1") == 1


def test_broken_data_ends_in_one_line_that_names_the_log(
    server: EmbeddedServer,
) -> None:
    """A server that cannot start says what it complained of and where its log is."""
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("nonsense\n")
    with pytest.raises(
        EmbeddedServerError, match=r"ended at once \(.+\); see its log .*log$"
    ):
        server.start()
    assert server.log.stat().st_size > 0


def test_servers_of_two_folders_run_side_by_side(
    postgres: EmbeddedPostgres, folder: Path
) -> None:
    """Servers share no socket and no data."""
    with EmbeddedPostgres(folder, durable=False) as other:
        assert postgres.params["host"] != other.params["host"]
        value(other, "CREATE TABLE only_here ()")
        assert value(postgres, "SELECT to_regclass('only_here')") is None


def test_waiting_starter_gives_up(postgres: EmbeddedPostgres) -> None:
    """A start that never gets its turn names the lock it waited for."""
    with (
        postgres._only_starter(1),  # noqa: SLF001 - stands for a slow process
        pytest.raises(EmbeddedServerError, match=r"has held .*start.lock for 0 s"),
    ):
        postgres.start(timeout_s=0.1)
