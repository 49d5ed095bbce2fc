"""Rights that are missing are found, and granted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.findings import Note
from dataforeman_schema.commands.health.rights import (
    check_app_role,
    check_creators,
    check_owners,
)
from tests.commands.checking import assert_mended, new_role, run_check
from tests.commands.places import execute

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

BOTH = pytest.mark.parametrize("database", ["meta_database", "tsdb_database"])


@BOTH
def test_whoever_made_it_may_do_all(
    database: str, request: pytest.FixtureRequest
) -> None:
    """Whoever made a database lacks no right, and no role is asked for unnamed."""
    settings = request.getfixturevalue(database)
    assert run_check(check_owners, settings) == []
    assert run_check(check_app_role, settings) == []
    assert run_check(check_app_role, settings, app_role=settings.keywords["user"]) == []


def test_tables_of_another_role(meta_database: ConnectionSettings) -> None:
    """Tables that the migrating role does not own are found, and become its own."""
    with new_role(meta_database) as role:
        execute(
            meta_database,
            "CREATE TABLE mine (); ALTER TABLE mine OWNER TO pg_monitor;"
            f"ALTER TABLE users OWNER TO {role}",
        )
        assert run_check(check_owners, meta_database) == []
        migrating = meta_database.replace(options=f"-crole={role}")
        words = ("rights | tables of role", f"{role}, who migrates", "alembic_version")
        assert_mended(check_owners, migrating, *words, superuser=meta_database)


def test_tables_of_a_group(meta_database: ConnectionSettings) -> None:
    """A member of the role that owns the tables may migrate them."""
    owner = meta_database.keywords["user"]
    with new_role(meta_database) as role:
        execute(meta_database, f"GRANT {owner} TO {role}")
        migrating = meta_database.replace(options=f"-crole={role}")
        assert run_check(check_owners, migrating) == []


@BOTH
def test_role_without_rights(database: str, request: pytest.FixtureRequest) -> None:
    """The rights that the services' role lacks are named, and granted."""
    settings = request.getfixturevalue(database)
    with new_role(settings) as role:
        words = (f"rights | role {role}: it lacks", "DELETE, INSERT, SELECT, UPDATE on")
        assert_mended(check_app_role, settings, *words, app_role=role)


def test_role_without_some_rights(meta_database: ConnectionSettings) -> None:
    """Only what is missing is named, on sequences and the schema too."""
    with new_role(meta_database) as role:
        execute(
            meta_database,
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role};"
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role};"
            f"REVOKE USAGE ON SCHEMA public FROM PUBLIC;"
            f"REVOKE DELETE ON jobs FROM {role};"
            f"REVOKE USAGE ON SEQUENCE roles_id_seq FROM {role}",
        )
        lacking = (
            "it lacks USAGE on schema public; USAGE on sequence roles_id_seq; "
            "DELETE on table jobs |"
        )
        assert_mended(check_app_role, meta_database, lacking, app_role=role)


def test_no_such_role(meta_database: ConnectionSettings) -> None:
    """A role that does not exist is made by the remedy, with all its rights."""
    with new_role(meta_database) as role:
        execute(meta_database, f"DROP ROLE {role}")
        words = (f"role {role}: it does not exist", "set one")
        assert_mended(check_app_role, meta_database, *words, app_role=role)


@BOTH
def test_who_may_create(database: str, request: pytest.FixtureRequest) -> None:
    """Whoever else may create beside our tables is noted, and the remedy ends it."""
    settings = request.getfixturevalue(database)
    assert run_check(check_creators, settings) == []
    with new_role(settings) as role:
        grantees = f"PUBLIC, {role}, {settings.keywords['user']}"
        execute(settings, f"GRANT CREATE ON SCHEMA public TO {grantees}")
        notes = run_check(check_creators, settings)
        assert [note.where for note in notes] == ["schema public"] * 2
        for note, grantee in zip(notes, ["PUBLIC", role], strict=True):
            assert isinstance(note, Note)
            assert note.what.startswith(f"{grantee} may create in it")
            execute(settings, note.what.rpartition(": ")[2])
        assert run_check(check_creators, settings) == []
