"""Servers that the tests of this folder share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.embedded import EmbeddedPostgres, EmbeddedTimescale

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A running PostgreSQL that asks for a password."""
    folder = tmp_path_factory.mktemp("postgres")
    with EmbeddedPostgres(folder, "shop", password="right", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def timescale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedTimescale]:
    """A running TimescaleDB whose clients wait two seconds for their turn."""
    with EmbeddedTimescale(tmp_path_factory.mktemp("timescale"), queue_s=2) as server:
        yield server
