"""Tables of somebody else beside ours: neither tree takes the other's for its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, text

from dataforeman_schema.databases import DATABASES, META, TSDB
from dataforeman_schema.filters import not_ours, ours
from dataforeman_schema.meta import User
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, run, variables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dataforeman_schema.settings import ConnectionSettings

SCHEMAS = pytest.mark.parametrize("schema", [None, "reports"])


def own_tables(schema: str | None) -> MetaData:
    """Two tables of a service, one of them with a key of ours."""
    metadata = MetaData(schema=schema)
    owner: Column[Any] = Column("owner_id", ForeignKey(User.id), nullable=False)
    report = Table("report", metadata, Column("id", Integer, primary_key=True), owner)
    Index("report_owner", report.c.owner_id)
    Table("report_job", metadata, Column("id", ForeignKey(report.c.id)))
    return metadata


def differences(
    connection: Connection,
    metadata: MetaData,
    **options: Any,  # noqa: ANN401
) -> list[Any]:
    """Compare the database with models as the tree of a service does."""
    opts = {"include_name": not_ours, "version_table": "reports_version", **options}
    context = MigrationContext.configure(connection, opts=opts)
    found: list[Any] = compare_metadata(context, metadata)
    return found


@SCHEMAS
def test_both_trees(
    meta_engine: Engine,
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
    schema: str | None,
) -> None:
    """Each sees its own tables, and `verify` notes the service's and finds nothing."""
    metadata, options = own_tables(schema), {"include_schemas": schema is not None}
    with meta_engine.begin() as connection:
        if schema:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        found = differences(connection, metadata, **options)
        assert {kind for kind, *_ in found} == {"add_table", "add_index"}
        metadata.create_all(connection)
        connection.execute(text("CREATE TABLE reports_version (version_num text)"))
        assert differences(connection, metadata, **options) == []
        gone = differences(connection, MetaData(), **options)
    assert {item[1].name for item in gone} == {"report", "report_job", "report_owner"}
    Migrations(META, meta_database).check()
    verify = (BIN / "dataforeman-schema", "verify", "--json")
    verified = run(*verify, **variables(meta_database), **variables(tsdb_database))
    assert verified.returncode == 0, verified
    assert "table report" in verified.stdout or schema


def test_telemetry(tsdb_engine: Engine, tsdb_database: ConnectionSettings) -> None:
    """Hypertables, chunks and what TimescaleDB keeps are no business of a service."""
    metadata = MetaData()
    Table("shift", metadata, Column("name", Text, primary_key=True))
    with tsdb_engine.begin() as connection:
        connection.execute(text("INSERT INTO system_metrics VALUES (now(), 'a', 1)"))
        metadata.create_all(connection)
        options = {"include_schemas": True}
        assert differences(connection, metadata, **options) == []
        [gone] = differences(connection, MetaData(), **options)
    assert (gone[0], gone[1].name) == ("remove_table", "shift")
    Migrations(TSDB, tsdb_database).check()


@pytest.mark.parametrize("schema", [None, "public", "set_aside_2"])
def test_what_is_ours(schema: str | None) -> None:
    """Each table of the models, and what the migrations keep, and no other."""
    parents = {"schema_name": schema}
    names = {name for each in DATABASES.values() for name in each.metadata().tables}
    for name in names | {"alembic_version", "schema_history"}:
        assert ours(name, "table", parents)
        assert not not_ours(name, "table", parents)
        assert not not_ours("x", "index", {**parents, "table_name": name})
        assert not_ours(name, "table", {"schema_name": "reports"})
    assert not_ours("report", "table", parents)


def test_schemas() -> None:
    """The schema that holds ours may hold others', too; those that we made do not."""
    assert all(ours(name, "schema", {}) for name in (None, "public", "set_aside"))
    assert not ours("reports", "schema", {})
    assert not_ours(None, "schema", {})
    assert not_ours("reports", "schema", {})
    assert not not_ours("_timescaledb_internal", "schema", {})
    assert not not_ours("set_aside", "schema", {})
