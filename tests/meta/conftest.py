"""Databases at the revision of the seed data, whatever came after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, NullPool

from dataforeman_schema.databases import META, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing import Migrations
from dataforeman_schema.testing.databases import Template, make_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


def seed(database: Database, settings: ConnectionSettings) -> None:
    """Upgrade an empty database up to the seed data."""
    Migrations(database, settings).upgrade("meta_002")


@pytest.fixture(scope="session")
def seeded_template(meta_server: ConnectionSettings) -> Iterator[Template]:
    """The metadata database as the seed data left it, migrated once for all tests."""
    with make_template(META, meta_server, seed) as template:
        yield template


@pytest.fixture
def seeded_database(seeded_template: Template) -> Iterator[ConnectionSettings]:
    """A metadata database as the seed data left it, this test's own."""
    with seeded_template.copy() as settings:
        yield settings


@pytest.fixture
def seeded_engine(seeded_database: ConnectionSettings) -> Engine:
    """A SQLAlchemy engine on that database."""
    return create_engine(seeded_database, poolclass=NullPool)
