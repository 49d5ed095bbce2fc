"""What cannot be written as an operation is named, in the log and in the revision."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, Computed, Engine, Integer, MetaData, Table

from dataforeman_schema.catalog import compare
from dataforeman_schema.catalog.comparison import Comparison

if TYPE_CHECKING:
    import pytest


def models(*, computed: bool) -> MetaData:
    """Declare a table with a plain column, or the same column computed."""
    metadata = MetaData()
    value = Column("double", Integer, *[Computed("id * 2", persisted=True)][:computed])
    Table("numbers", metadata, Column("id", Integer, primary_key=True), value)
    return metadata


def test_a_column_that_shall_be_computed(
    meta_empty_engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    """Values are never dropped for computed ones: a person is told to do it."""
    wanted = models(computed=True)
    with meta_empty_engine.connect() as connection, caplog.at_level(logging.WARNING):
        models(computed=False).create_all(connection)
        comparison = Comparison(
            build=lambda scratch: wanted.create_all(scratch, checkfirst=False),
            made=lambda _connection: {},
        )
        options = {
            "target_metadata": wanted,
            "autogenerate_plugins": [
                "alembic.autogenerate.schemas",
                "alembic.autogenerate.tables",
                compare.PLUGIN_NAME,
            ],
            "catalog": comparison,
            "include_name": compare.includes(comparison),
        }
        context = MigrationContext.configure(connection, opts=options)
        upgrade = produce_migrations(context, wanted).upgrade_ops
    assert upgrade is not None
    written = render_python_code(upgrade, migration_context=context)
    assert "# Not written: column double of table numbers shall be computed" in written
    assert "op." not in written
    assert "column double of table numbers" in caplog.text
