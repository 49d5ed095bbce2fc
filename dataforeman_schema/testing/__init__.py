"""Fixtures and tools for tests that use DataForeman's databases, ours and others'.

Name the module in a `conftest.py` and ask for a fixture by its name:

    pytest_plugins = ["dataforeman_schema.testing"]

    def test_users(meta_engine):
        with Session(meta_engine) as session:
            ...

Every test gets databases of its own on real servers: embedded ones, started once a
worker, or the servers that META_TEST_URL and TSDB_TEST_URL name. There the tests
create and drop databases whose names begin with `dataforeman_test_`, and no others.
"""

from dataforeman_schema.testing.databases import (
    meta_database,
    meta_empty_database,
    meta_empty_engine,
    meta_engine,
    meta_template,
    tsdb_database,
    tsdb_empty_database,
    tsdb_empty_engine,
    tsdb_engine,
    tsdb_template,
)
from dataforeman_schema.testing.migrations import Migrations
from dataforeman_schema.testing.servers import meta_server, tsdb_server

__all__ = [
    "Migrations",
    "meta_database",
    "meta_empty_database",
    "meta_empty_engine",
    "meta_engine",
    "meta_server",
    "meta_template",
    "tsdb_database",
    "tsdb_empty_database",
    "tsdb_empty_engine",
    "tsdb_engine",
    "tsdb_server",
    "tsdb_template",
]
