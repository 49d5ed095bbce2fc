"""That sessions look for our tables where they are not is found and mended."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.health.search_path import check_search_path
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import ELSEWHERE_QUERY, META
from tests.commands.checking import assert_mended, new_role, run_check
from tests.commands.places import execute

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

MOVE = """
CREATE SCHEMA "Other";
DO $$DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> '{stays}' LOOP
    EXECUTE format('ALTER TABLE public.%I SET SCHEMA "Other"', name);
  END LOOP;
END$$
"""


@pytest.mark.parametrize(
    "database", ["meta_database", "tsdb_database", "meta_empty_database"]
)
def test_nothing_is_elsewhere(database: str, request: pytest.FixtureRequest) -> None:
    """A database as it was made, or an empty one, is not elsewhere."""
    assert run_check(check_search_path, request.getfixturevalue(database)) == []


@pytest.mark.parametrize("path", ['"Other"', '"Other", pg_catalog', "nowhere"])
def test_database_hides_our_tables(
    meta_database: ConnectionSettings, path: str
) -> None:
    """A search_path of the database without the schema of our tables is reset."""
    place = f"DATABASE {meta_database.database}"
    execute(
        meta_database,
        f'CREATE SCHEMA "Other"; ALTER {place} SET search_path = {path}',
    )
    words = (f"server | search_path of {place}", "it leaves out public", "empty set")
    assert_mended(check_search_path, meta_database, *words)


def test_role_hides_our_tables(meta_database: ConnectionSettings) -> None:
    """A search_path of the role is found, also while the session has another one."""
    with new_role(meta_database, "SUPERUSER LOGIN PASSWORD 'x'") as role:
        settings = meta_database.replace(user=role, password="x")
        for options in ("", "-csearch_path=public"):
            execute(
                meta_database, f"ALTER ROLE {role} SET search_path = information_schema"
            )
            words = (f"search_path of ROLE {role}",)
            connecting = settings.replace(options=options)
            assert_mended(check_search_path, connecting, *words)


@pytest.mark.parametrize("database", ["meta_database", "meta_empty_database"])
def test_role_without_a_path(database: str, request: pytest.FixtureRequest) -> None:
    """A role whose search_path is empty is found, be the database filled or new."""
    settings = request.getfixturevalue(database)
    with new_role(settings, "SUPERUSER LOGIN PASSWORD 'x'") as role:
        execute(settings, f"ALTER ROLE {role} SET search_path = ''")
        connecting = settings.replace(user=role, password="x")
        words = (f"search_path of ROLE {role}", "it leaves out public")
        assert_mended(check_search_path, connecting, *words)


def test_search_path_with_our_tables(meta_database: ConnectionSettings) -> None:
    """A search_path that has the schema of our tables is nobody's finding."""
    execute(
        meta_database,
        f"ALTER DATABASE {meta_database.database}"
        ' SET search_path = "$user", public, "Other"',
    )
    assert run_check(check_search_path, meta_database) == []


def test_moved_with_their_record(meta_database: ConnectionSettings) -> None:
    """Tables that stand in another schema, record and all, are found there."""
    execute(meta_database, MOVE.format(stays="none"))
    words = ("critical-table | schema Other", "look for them in public", "second")
    assert_mended(check_search_path, meta_database, *words)


def test_hidden_in_another_schema(meta_database: ConnectionSettings) -> None:
    """A search_path that leaves out another schema of our tables gets that one."""
    place = f"DATABASE {meta_database.database}"
    execute(meta_database, MOVE.format(stays="none"))
    execute(meta_database, f"ALTER {place} SET search_path = pg_catalog, public")
    words = (f"search_path of {place}", "it leaves out Other")
    assert_mended(check_search_path, meta_database, *words)


@pytest.mark.parametrize("database", ["meta_database", "tsdb_database"])
def test_moved_without_their_record(
    database: str, request: pytest.FixtureRequest
) -> None:
    """Tables that are apart from the record of their revisions come back."""
    settings = request.getfixturevalue(database)
    execute(settings, MOVE.format(stays="alembic_version"))
    assert_mended(check_search_path, settings, "schema Other")


def test_namesakes(meta_database: ConnectionSettings) -> None:
    """Tables with some of our names, or beside ours, are somebody else's."""
    execute(
        meta_database,
        "CREATE SCHEMA other; CREATE TABLE other.connections ();"
        "DROP TABLE connections, poll_groups, tag_metadata CASCADE",
    )
    assert run_check(check_search_path, meta_database) == []


def test_query_for_upgrade(meta_database: ConnectionSettings) -> None:
    """The schema is found with the driver alone."""
    execute(meta_database, MOVE.format(stays="none"))
    with closing(connect(meta_database)) as connection, connection.cursor() as cursor:
        cursor.execute(ELSEWHERE_QUERY, {"critical": [*META.critical_tables]})
        assert cursor.fetchall() == [("Other",)]
