"""Changes by hand to types and views that models declare are named, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from alembic.util import CommandError
from sqlalchemy import (
    Column,
    Enum,
    Index,
    Integer,
    MetaData,
    NullPool,
    Table,
    select,
)
from sqlalchemy.dialects.postgresql import DOMAIN
from sqlalchemy.sql.ddl import CreateView

from dataforeman_schema.databases import META, Database
from dataforeman_schema.engine import create_engine
from dataforeman_schema.testing import Migrations
from tests.commands.breakage import find, find_as_printed, mend_all
from tests.commands.places import execute
from tests.models import copied_models

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

BY_HAND: Final = (
    {
        "ALTER TYPE shift_kind ADD VALUE 'x' BEFORE 'night'": "type shift_kind",
        "ALTER DOMAIN shift_length DROP CONSTRAINT long": "type shift_length",
        "CREATE OR REPLACE VIEW long_shifts AS SELECT id, kind, length FROM shifts"
        " WHERE id > 9": "view long_shifts",
        "DROP INDEX by_kind": "index by_kind of table shift_kinds",
    },
    {
        "ALTER TYPE shift_kind RENAME VALUE 'night' TO 'x'": "type shift_kind",
        "ALTER DOMAIN shift_length SET DEFAULT 8": "type shift_length",
        "DROP MATERIALIZED VIEW shift_kinds": "view shift_kinds",
    },
    {
        "COMMENT ON TYPE shift_kind IS 'it''s'": "type shift_kind",
        "ALTER VIEW long_shifts SET (security_invoker = true)": "view long_shifts",
        "COMMENT ON DOMAIN shift_length IS '50%: x'": "type shift_length",
    },
    {"DROP VIEW long_shifts": "view long_shifts"},
)
"""Statements, and what each of them changes, by what is run at once."""


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> MetaData:
    """Models that also declare a table, types and views."""
    metadata = copied_models()
    kind = Enum("day", "night", name="shift_kind", metadata=metadata)
    length = DOMAIN("shift_length", Integer, check="VALUE > 0", constraint_name="long")
    shifts = Table(
        "shifts",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("kind", kind, nullable=False),
        Column("length", length),
    )
    query = select(shifts.c.id, shifts.c.kind, shifts.c.length)
    CreateView(query.where(shifts.c.id > 8), "long_shifts", metadata=metadata)
    lengths = CreateView(
        select(shifts.c.length), "shift_kinds", metadata=metadata, materialized=True
    )
    Index("by_kind", lengths.table.c.length)
    monkeypatch.setattr(Database, "metadata", lambda _self: metadata)
    return metadata


def test_changes_by_hand(meta_database: ConnectionSettings, declared: MetaData) -> None:
    """Each is named by `alembic check` and `verify`, and gone after the remedy."""
    migrations = Migrations(META, meta_database)
    with pytest.raises(CommandError, match="shifts"):
        migrations.check()
    declared.create_all(create_engine(meta_database, poolclass=NullPool))
    execute(meta_database, "INSERT INTO shifts (kind, length) VALUES ('day', 8)")
    assert find(META, meta_database) == []
    for changes in BY_HAND:
        for statement in changes:
            execute(meta_database, statement)
        with pytest.raises(CommandError) as error:
            migrations.check()
        assert all(where.split()[1] in str(error.value) for where in changes.values())
        found = find_as_printed(META, meta_database)
        assert {finding.where for finding in found} == {*changes.values()}
        mend_all(found, meta_database)
        assert find(META, meta_database) == [], changes
    migrations.check()
