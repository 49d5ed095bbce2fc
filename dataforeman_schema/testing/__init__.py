"""Fixtures and tools for tests that use DataForeman's databases, ours and others'.

pytest finds the fixtures by itself where the extra ``testing`` is installed; ask for
one by its name:

    def test_users(meta_session):
        meta_session.add(User(...))

They run on real servers: embedded ones, started once a worker, or the servers that
META_TEST_URL and TSDB_TEST_URL name. There the tests create and drop databases whose
names begin with `dataforeman_test_`, and no others. What a killed run leaves, servers
or databases, the next one removes.

| fixture | what a test gets |
|---|---|
| `meta_session`, `tsdb_session` | a session that is rolled back after the test |
| `meta_async_session`, `tsdb_async_session` | the same for asyncio, by psycopg 3 |
| `meta_engine`, `tsdb_engine` | an engine on a database at head, the test's own |
| `meta_database`, `tsdb_database` | the settings of such a database |
| `meta_empty_engine`, `meta_empty_database` and so on | the same, empty |
| `meta_template`, `tsdb_template` | where tests get their databases from |
| `meta_server`, `tsdb_server` | the settings of the servers |

`upgrade_own_meta` and `upgrade_own_tsdb` are to be overridden: see `plugin`.

PYTEST_DONT_REWRITE: a `conftest.py` may name it, too, after pytest imported it.
"""

from typing import TYPE_CHECKING, Any

from dataforeman_schema.testing.plugin import (
    meta_async_session,
    meta_database,
    meta_empty_database,
    meta_empty_engine,
    meta_engine,
    meta_server,
    meta_session,
    meta_template,
    tsdb_async_session,
    tsdb_database,
    tsdb_empty_database,
    tsdb_empty_engine,
    tsdb_engine,
    tsdb_server,
    tsdb_session,
    tsdb_template,
    upgrade_own_meta,
    upgrade_own_tsdb,
)

if TYPE_CHECKING:
    from dataforeman_schema.testing.migrations import Migrations

__all__ = [
    "Migrations",
    "meta_async_session",
    "meta_database",
    "meta_empty_database",
    "meta_empty_engine",
    "meta_engine",
    "meta_server",
    "meta_session",
    "meta_template",
    "tsdb_async_session",
    "tsdb_database",
    "tsdb_empty_database",
    "tsdb_empty_engine",
    "tsdb_engine",
    "tsdb_server",
    "tsdb_session",
    "tsdb_template",
    "upgrade_own_meta",
    "upgrade_own_tsdb",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever is asked for
    """Import what is slow to import when it is asked for: pytest always comes by."""
    if name == "Migrations":
        from dataforeman_schema.testing.migrations import Migrations  # noqa: PLC0415

        return Migrations
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
