"""What is built is what node-pg-migrate and the application made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool, text

from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_engine
from dataforeman_schema.meta.seed import SYSTEM_METRICS
from tests.installations import FORMS, SAME_NAMES, build, run
from tests.installations.catalog import column_order, expected, read

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings
    from tests.installations import Installation

BOOTED = [form for form in FORMS if not form.endswith("-unbooted")]
booted = pytest.mark.parametrize("installation", BOOTED, indirect=True)

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
SYSTEM_TAGS = (
    "SELECT tag_id, tag_path FROM tag_metadata WHERE driver_type = 'SYSTEM' ORDER BY 1"
)
DUPLICATES = (
    "SELECT sum(n) FROM (SELECT count(*) AS n FROM tag_metadata"
    " GROUP BY connection_id, tag_name HAVING count(*) > 1) AS duplicate"
)
CHUNKS_BY_STORE = (
    "SELECT is_compressed, count(*) FROM timescaledb_information.chunks"
    " WHERE hypertable_name = 'tag_values' GROUP BY 1"
)
PGCRYPTO = (
    "SELECT installed_version IS NOT NULL FROM pg_available_extensions"
    " WHERE name = 'pgcrypto'"
)


def rows(settings: ConnectionSettings, statement: str) -> list[Any]:
    """Read rows, on a connection of their own."""
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        return list(connection.execute(text(statement)))


def counts(settings: ConnectionSettings) -> dict[str, int]:
    """Count the rows of each table."""
    names = [name for (name,) in rows(settings, TABLES)]
    count = "SELECT count(*) FROM {}"
    return {name: rows(settings, count.format(name))[0][0] for name in names}


def test_catalogs(bare_installation: Installation) -> None:
    """Both databases have the objects that the form is known for, and no others."""
    form = bare_installation.form
    for database in (META, TSDB):
        found = read(getattr(bare_installation, database.name))
        wanted = expected(form, database)
        assert found == wanted
        assert column_order(found) == column_order(wanted)


def test_pgcrypto_is_where_the_server_has_it(bare_installation: Installation) -> None:
    """The extension is missing only if it cannot be created."""
    assert all(installed for (installed,) in rows(bare_installation.meta, PGCRYPTO))


def test_rows(installation: Installation) -> None:
    """The databases are filled, except the tables that nothing ever wrote to."""
    meta, tsdb = counts(installation.meta), counts(installation.tsdb)
    assert sum(meta.values()) >= 6_000
    assert tsdb["tag_values"] + tsdb["system_metrics"] >= 70_000
    assert {name for name, count in meta.items() if not count} <= set(tsdb)


def test_readings_are_of_tags(installation: Installation) -> None:
    """Each reading is of a tag, read through the connection that the tag has."""
    tag = "SELECT DISTINCT connection_id, tag_id FROM "
    read_ones = set(rows(installation.tsdb, f"{tag} tag_values"))
    assert read_ones <= set(rows(installation.meta, f"{tag} tag_metadata"))


@booted
def test_system_metrics_are_of_system_tags(installation: Installation) -> None:
    """The application's figures are those of the tags of the System connection."""
    tags = dict(rows(installation.meta, SYSTEM_TAGS))
    assert list(tags.values()) == list(SYSTEM_METRICS)
    metrics = rows(installation.tsdb, "SELECT DISTINCT tag_id FROM system_metrics")
    assert {tag_id for (tag_id,) in metrics} == set(tags)


@booted
def test_older_chunks_are_in_the_columnstore(installation: Installation) -> None:
    """Readings are in both stores."""
    assert dict(rows(installation.tsdb, CHUNKS_BY_STORE)).keys() == {True, False}


@pytest.mark.parametrize("installation", ["v0.2.1"], indirect=True)
def test_same_names(installation: Installation) -> None:
    """Tags of one connection share a name only if the test asks for it."""
    assert rows(installation.meta, DUPLICATES)[0][0] is None
    run(installation.meta, [SAME_NAMES])
    assert rows(installation.meta, DUPLICATES)[0][0] == 50


def test_built_in_any_databases(
    meta_empty_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """An installation is built in any two empty databases, for tests of their own."""
    built = build("v0.2.1", meta_empty_database, tsdb_empty_database, rows=False)
    assert read(built.meta) == expected("v0.2.1", META)
    assert built.environ["TSDB_DATABASE"] == tsdb_empty_database.database
