"""Indexes that are made while others write, and what is left when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import Engine, Index, MetaData, text

from dataforeman_schema.alembic_env.options import Options
from dataforeman_schema.databases import META, Database
from dataforeman_schema.testing import Migrations
from tests.commands.places import query
from tests.models import copied_models
from tests.trees import head

if TYPE_CHECKING:
    from pathlib import Path

    from alembic.config import Config

    from dataforeman_schema.settings import ConnectionSettings

STATE = """
SELECT indisvalid, indexrelid FROM pg_index
WHERE indexrelid = to_regclass('audit_by_outcome')
"""


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> MetaData:
    """The models, with an index more that is to be made while others write."""
    metadata = copied_models()
    events = metadata.tables["audit_events"]
    info = {"concurrently": True}
    Index("audit_by_outcome", events.c.outcome, events.c.action, info=info)
    monkeypatch.setattr(Database, "metadata", lambda _self: metadata)
    return metadata


@pytest.fixture
def config(checkout: Path, meta_database: ConnectionSettings) -> Config:
    """Alembic's configuration, of a tree that has a revision for the models."""
    config = Migrations(META, meta_database).config()
    versions = checkout / "alembic_meta" / "versions"
    config.set_section_option("meta", "version_locations", str(versions))
    config.attributes["options"] = Options(lock_wait=1, lock_timeout=0.2)
    return config


@pytest.mark.usefixtures("models")
def test_nothing_invalid_stays(
    config: Config,
    meta_engine: Engine,
    meta_database: ConnectionSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It waits for transactions, is dropped when that is in vain, and made at last."""
    command.revision(config, "index", autogenerate=True)
    with meta_engine.connect() as reader:
        reader.execution_options(isolation_level="REPEATABLE READ")
        reader.execute(text("SELECT 1"))
        with pytest.raises(CommandError, match="stayed locked by pid"):
            command.upgrade(config, "head")
        assert query(meta_database, STATE) == []
        reader.execute(text("SELECT FROM audit_events"))
        with pytest.raises(CommandError, match="stayed locked by pid"):
            command.upgrade(config, "head")
        assert query(meta_database, STATE)[0][0] is False
        assert "audit_by_outcome is invalid and stays" in caplog.text
    command.upgrade(config, "head")
    [(valid, number)] = query(meta_database, STATE)
    assert valid
    command.check(config)
    command.stamp(config, head(META))
    command.upgrade(config, "head")
    assert query(meta_database, STATE) == [(True, number)], "made once is enough"
    command.downgrade(config, "-1")
    assert query(meta_database, STATE) == []
