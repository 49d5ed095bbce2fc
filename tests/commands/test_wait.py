"""Waiting for servers, and the database that another is created from."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.wait import Wait, create_database
from dataforeman_schema.connection import ConnectionFailed, connect
from dataforeman_schema.databases import META
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.settings import read_settings
from tests.commands.places import execute, unused_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


@pytest.fixture
def nowhere() -> ConnectionSettings:
    """A place where nothing listens."""
    return read_settings(META.variables, {}).replace(
        host="127.0.0.1", port=unused_port()
    )


def test_one_wait_for_all_attempts(nowhere: ConnectionSettings) -> None:
    """A server that goes away again and again is not waited for anew each time."""
    left: list[float] = []
    wait = Wait(1, lambda _reason, left_s: left.append(left_s))
    begun = time.monotonic()
    for _ in range(3):
        with pytest.raises(ConnectionFailed):
            wait.retry(lambda: connect(nowhere))
    assert 1 <= time.monotonic() - begun < 2
    assert sorted(left, reverse=True) == left


def test_time_runs_from_the_first_failure(
    meta_server: ConnectionSettings, nowhere: ConnectionSettings
) -> None:
    """The work that went well before a server went away is no wait for it."""
    left: list[float] = []
    wait = Wait(0.5, lambda _reason, left_s: left.append(left_s))
    wait.retry(lambda: connect(meta_server).close())
    time.sleep(0.6)
    with pytest.raises(ConnectionFailed):
        wait.retry(lambda: connect(nowhere))
    assert left[0] == 0.5


@pytest.fixture
def server() -> Iterator[ConnectionSettings]:
    """A server of one's own, on which the database plant is to be created."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        settings = read_settings(META.variables, {}).replace(**server.params)
        yield settings.replace(dbname="plant")


def test_template_in_use(server: ConnectionSettings) -> None:
    """Sessions in the database that a new one is a copy of are waited for."""
    reasons: list[str] = []
    wait = Wait(30, lambda reason, _left_s: reasons.append(reason))
    with (
        ThreadPoolExecutor() as pool,
        closing(connect(server.replace(dbname="template1"))) as other,
    ):
        creating = pool.submit(wait.retry, lambda: create_database(server))
        while not reasons:
            time.sleep(0.1)
        other.close()
        assert creating.result(timeout=30)
    assert "; There is 1 other session using the database; end the" in reasons[0]


def test_many_create_at_once(server: ConnectionSettings) -> None:
    """Without a database postgres to meet in, processes do not hinder each other."""
    execute(server.replace(dbname="template1"), "DROP DATABASE postgres")
    with ThreadPoolExecutor(4) as pool:
        created = pool.map(lambda _: create_database(server), range(4))
        assert sorted(created) == [False, False, False, True]
