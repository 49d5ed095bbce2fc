"""What differs by a blank or a bracket is named, and mended, as all else is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest
from alembic.util import CommandError
from sqlalchemy import CheckConstraint, Index, Table, text
from sqlalchemy.sql.elements import conv

from dataforeman_schema.databases import META
from dataforeman_schema.testing import Migrations
from tests.commands.breakage import find, find_as_printed, mend_all
from tests.commands.places import execute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.schema import SchemaItem

    from dataforeman_schema.settings import ConnectionSettings


class Drift(NamedTuple):
    """What is broken, in SQL, and the object that must be named."""

    sql: str
    where: str
    item: SchemaItem | None = None
    made: str = ""


DRIFTS = {
    "a literal with a blank more": Drift(
        "DO $$DECLARE words text := pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conname = 'connections_type_check'; BEGIN"
        " ALTER TABLE connections DROP CONSTRAINT connections_type_check;"
        " EXECUTE 'ALTER TABLE connections ADD CONSTRAINT connections_type_check '"
        " || regexp_replace(words, '''(\\w)', ''' \\1'); END$$",
        "constraint connections_type_check of table connections",
    ),
    "brackets around other conditions": Drift(
        "ALTER TABLE jobs DROP CONSTRAINT jobs_logic_check,"
        " ADD CONSTRAINT jobs_logic_check"
        " CHECK (attempt > 0 OR (max_attempts > 0 AND status <> 'x'))",
        "constraint jobs_logic_check of table jobs",
        CheckConstraint(
            "(attempt > 0 OR max_attempts > 0) AND status <> 'x'", name="logic"
        ),
        "ALTER TABLE jobs ADD CONSTRAINT jobs_logic_check"
        " CHECK ((attempt > 0 OR max_attempts > 0) AND status <> 'x')",
    ),
    "an index of other rows by a bracket": Drift(
        "DROP INDEX bracket; CREATE INDEX bracket ON users (email)"
        " WHERE is_active = (true AND display_name = 'x')",
        "index bracket of table users",
        Index(
            "bracket",
            "email",
            postgresql_where=text("is_active = true AND display_name = 'x'"),
        ),
        "CREATE INDEX bracket ON users (email)"
        " WHERE is_active = true AND display_name = 'x'",
    ),
    "a name with a percent sign": Drift(
        'ALTER TABLE users DROP CONSTRAINT "50%s"',
        "constraint 50%s of table users",
        CheckConstraint("display_name <> ''", name=conv("50%s")),
        """ALTER TABLE users ADD CONSTRAINT "50%s" CHECK (display_name <> '')""",
    ),
    "a function with another body": Drift(
        "CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql"
        " SET search_path = pg_catalog, pg_temp AS 'BEGIN RETURN NEW; END'",
        "function set_updated_at()",
    ),
    "a primary key on other columns": Drift(
        "ALTER TABLE user_roles DROP CONSTRAINT user_roles_pkey,"
        " ADD CONSTRAINT user_roles_pkey PRIMARY KEY (role_id, user_id)",
        "constraint user_roles_pkey of table user_roles",
    ),
}


@pytest.fixture(params=DRIFTS)
def drift(request: pytest.FixtureRequest) -> Iterator[Drift]:
    """One of them; the models declare what it needs as long as the test runs."""
    drift = DRIFTS[request.param]
    if drift.item is None:
        yield drift
        return
    table = META.metadata().tables[drift.where.rpartition(" ")[2]]
    items = _items(table, drift.item)
    drift.item._set_parent_with_dispatch(table)  # noqa: SLF001 - as Table() does
    yield drift
    items.discard(drift.item)


def _items(table: Table, item: SchemaItem) -> set[SchemaItem]:
    return table.indexes if isinstance(item, Index) else table.constraints  # type: ignore[return-value] # of one kind


def test_named_and_mended(meta_database: ConnectionSettings, drift: Drift) -> None:
    """`alembic check` and `verify` name it alike, and are clean after the remedy."""
    migrations = Migrations(META, meta_database)
    if drift.made:  # else it is as any new one, which is clean
        execute(meta_database, drift.made)
        assert find(META, meta_database) == []
        migrations.check()
    execute(meta_database, drift.sql)
    with pytest.raises(CommandError, match=drift.where.split()[1].split("(")[0]):
        migrations.check()
    found = find_as_printed(META, meta_database)
    assert [finding.where for finding in found] == [drift.where]
    mend_all(found, meta_database)
    assert find(META, meta_database) == []
    migrations.check()
