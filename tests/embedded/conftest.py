"""Servers that the tests of this folder share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedTimescale,
    throwaway_folder,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for a server, which its system user can get to."""
    with throwaway_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL that asks for a password."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, "shop", password="right", durable=False) as server,
    ):
        yield server


@pytest.fixture(scope="session")
def timescale() -> Iterator[EmbeddedTimescale]:
    """A running TimescaleDB whose clients wait two seconds for their turn."""
    with throwaway_folder() as folder, EmbeddedTimescale(folder, queue_s=2) as server:
        yield server
