"""Each of the bad inputs ends in one line that helps, and changes nothing."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.commands import BIN, run, variables
from tests.commands.bad_inputs import ABSENT, ROWS, SECRET, Bad
from tests.commands.places import execute, unused_port
from tests.commands.states import state
from tests.trees import copy_trees

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

TREES = ("alembic_meta", "alembic_tsdb")


def test_enough_of_them() -> None:
    """The table is long, and no two rows of it have one name."""
    assert len({row.name for row in ROWS}) == len(ROWS) >= 50


@pytest.mark.parametrize("bad", ROWS, ids=str)
def test_bad_input(
    bad: Bad, request: pytest.FixtureRequest, ports: Mapping[str, str], tmp_path: Path
) -> None:
    """Exit code, one line with cause and remedy, no password; all is as before."""
    found = {
        name: request.getfixturevalue(fixture)
        for name, fixture in (("meta", bad.meta), ("tsdb", bad.tsdb))
        if fixture
    }
    write_files(bad, tmp_path)
    role = f"dataforeman_test_{uuid4().hex[:8]}"
    with prepared(bad, found, role):
        before = states(bad, found)
        environ = environment(bad, found, {**ports, "role": role}, tmp_path)
        result = run(BIN / bad.command[0], *bad.command[1:], **environ)
    assert result.returncode not in {0, None}, result
    [line] = [
        x for x in result.stderr.splitlines() if not x.startswith("INFO  [alembic")
    ]
    for word in bad.words:
        assert word.replace("{role}", role) in line
    assert SECRET not in result.stdout + result.stderr
    assert states(bad, found) == before


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, str]]:
    """TCP ports where something else than a database listens, or nothing."""
    answers = {"web": b"HTTP/1.1 400 Bad Request\r\n\r\n", "rude": b"", "silent": None}
    with ExitStack() as stack:
        yield {"closed": unused_port()} | {
            name: stack.enter_context(listener(answer))
            for name, answer in answers.items()
        }


@contextmanager
def listener(answer: bytes | None) -> Iterator[str]:
    """Answer every client with the same words and hang up; None never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        if answer is not None:
            threading.Thread(target=serve, args=(server, answer), daemon=True).start()
        yield str(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)


def serve(server: socket.socket, answer: bytes) -> None:
    """Answer clients, one after the other, until the server is shut down."""
    with suppress(OSError):
        while True:
            client, _ = server.accept()
            with client:
                client.recv(1024)
                client.sendall(answer)


def write_files(bad: Bad, folder: Path) -> None:
    """Write a row's files, next to copies of the trees if it changes these."""
    if any(name.startswith(TREES) for name in bad.files):
        copy_trees(folder)
    for name, content in bad.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@contextmanager
def prepared(
    bad: Bad, found: Mapping[str, ConnectionSettings], role: str
) -> Iterator[None]:
    """Bring the metadata database and its server into a row's state, and back."""
    meta = found.get("meta")
    if meta is None:
        yield
        return
    server = meta.replace(dbname="postgres")

    def run_sql(place: ConnectionSettings, sql: str) -> None:
        named = sql.replace("{database}", meta.database).replace("{role}", role)
        if named:
            execute(place, named)

    run_sql(meta, bad.sql)
    run_sql(server, bad.server_sql)
    try:
        yield
    finally:
        run_sql(server, bad.undo_sql)


def states(bad: Bad, found: Mapping[str, ConnectionSettings]) -> list[object]:
    """Read all that is in the databases that are there and can be read."""
    hidden = bad.meta == ABSENT or "ALLOW_CONNECTIONS" in bad.server_sql
    return [
        state(settings)
        for name, settings in found.items()
        if not (name == "meta" and hidden)
    ]


def environment(
    bad: Bad,
    found: Mapping[str, ConnectionSettings],
    others: Mapping[str, str],
    folder: Path,
) -> dict[str, str]:
    """Write the variables that lead to the databases, with a row's changes."""
    places = {
        f"{name}_{keyword}": value
        for name, settings in found.items()
        for keyword, value in settings.keywords.items()
    }
    environ = {"PGHOST": "/nonexistent"}
    for settings in found.values():
        environ |= variables(settings)
    for name, value in bad.environ.items():
        environ[name] = value.format_map({**places, **others})
    if (folder / "alembic.ini").exists():
        environ |= {"PYTHONPATH": str(folder)}
        environ |= {"ALEMBIC_CONFIG": str(folder / "alembic.ini")}
    return environ
