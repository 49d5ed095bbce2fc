"""Revisions of an enum: labels are there before anything uses them."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Enum, Integer, MetaData, Table

from dataforeman_schema.alembic_env import revisions
from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.commands.load import transactions
from dataforeman_schema.databases import META, Database
from dataforeman_schema.testing import Migrations
from tests.commands.places import execute, query
from tests.models import copied_models

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings


def models(*labels: str) -> MetaData:
    """Declare the models, and a table with an enum whose last label is the default."""
    metadata = copied_models()
    kind = Enum(*labels, name="shift_kind", metadata=metadata)
    default: Column[str] = Column(
        "kind", kind, server_default=labels[-1], nullable=False
    )
    Table("shifts", metadata, Column("id", Integer, primary_key=True), default)
    return metadata


def test_a_label_and_its_use_in_one_release(
    checkout: Path,
    meta_database: ConnectionSettings,
    meta_empty_database: ConnectionSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Autogenerate, check and SQL agree on it, up and down, and no row is changed."""
    config = Migrations(META, meta_database).config()
    versions = checkout / "alembic_meta" / "versions"
    config.set_section_option("meta", "version_locations", str(versions))
    config.attributes["options"] = Options(lose_data=True)
    monkeypatch.setattr(
        revisions,
        "scripts",
        lambda _: [*ScriptDirectory.from_config(config).walk_revisions()][::-1],
    )
    before = models("day", "night"), models("day", "late", "night", "spare")
    for metadata in before:
        monkeypatch.setattr(Database, "metadata", lambda _self, it=metadata: it)
        command.revision(config, "shifts", autogenerate=True)
        command.upgrade(config, "head")
        execute(meta_database, "INSERT INTO shifts DEFAULT VALUES")
        command.check(config)
    rows = "SELECT kind::text FROM shifts ORDER BY id"
    assert query(meta_database, rows) == [("night",), ("spare",)]
    with pytest.raises(Exception, match=r'invalid input value .* "spare"'):
        command.downgrade(config, "-1")
    execute(meta_database, "DELETE FROM shifts WHERE kind = 'spare'")
    command.downgrade(config, "-1")
    assert query(meta_database, rows) == [("night",)]
    command.upgrade(config, "head")
    command.check(config)
    command.downgrade(config, "-2")
    kinds = "SELECT FROM pg_type WHERE typname = 'shift_kind'"
    assert query(meta_database, kinds) == []
    config.output_buffer = StringIO()
    command.upgrade(config, "head", sql=True)
    for part in transactions(config.output_buffer.getvalue()):
        execute(meta_empty_database, part)
    execute(meta_empty_database, "INSERT INTO shifts DEFAULT VALUES")
    assert query(meta_empty_database, rows) == [("spare",)]
