"""The rows that every installation has, and what operators do to them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from alembic import command
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from dataforeman_schema.databases import META
from dataforeman_schema.meta import Connection, PollGroup, Role, Tag, Unit, User, seed
from dataforeman_schema.testing import Migrations
from tests.meta.rows import read_rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dataforeman_schema.settings import ConnectionSettings

REFERENCE = json.loads((Path(__file__).parent / "seed-data.json").read_text("utf-8"))
NAMES = [
    *(("roles", name) for name in REFERENCE["roles"]),
    ("users", REFERENCE["system_user"]["email"]),
    *(("poll_groups", str(row["group_id"])) for row in REFERENCE["poll_groups"]),
    *(("units_of_measure", row["name"]) for row in REFERENCE["units_of_measure"]),
    ("connections", REFERENCE["system_connection"]["name"]),
    *(
        ("tag_metadata", tag["tag_path"])
        for tag in REFERENCE["system_metric_tags"]["tags"]
    ),
]
ROWS = [row for row in seed.SEED if (row.table, row.name) in NAMES]
"""The rows that the seed data brought; later revisions may have more."""

OPERATOR = {
    "renamed poll group": "UPDATE poll_groups SET name = 'Sprint' WHERE group_id = 3",
    "other rate": "UPDATE poll_groups SET poll_rate_ms = 333 WHERE group_id = 3",
    "renamed unit": "UPDATE units_of_measure SET name = 'Celsius' WHERE symbol = '°C'",
    "other symbol": "UPDATE units_of_measure SET symbol = 'psig' WHERE name = 'PSI'",
    "renamed connection": "UPDATE connections SET name = 'Self' WHERE type = 'system'",
    "stopped connection": "UPDATE connections SET enabled = false",
    "renamed tag": "UPDATE tag_metadata SET tag_name = 'Load' WHERE tag_id = 1",
    "unsubscribed tags": "UPDATE tag_metadata SET is_subscribed = false",
    "other address": "UPDATE users SET email = 'me@example.com'",
    "other user id": "UPDATE users SET id = gen_random_uuid()",
    "further role": "INSERT INTO roles (name) VALUES ('engineer')",
    "rate and name of a removed group taken": "UPDATE poll_groups SET group_id = 77 "
    "WHERE group_id = 3",
    "name taken by a device": "UPDATE connections SET type = 's7', "
    "is_system_connection = false",
}
"""What an operator may have done, as SQL."""


def reapply(settings: ConnectionSettings) -> None:
    """Run the seed data's revision on a database that has its rows."""
    migrations = Migrations(META, settings)
    command.stamp(migrations.config(), "meta_001")
    migrations.upgrade("meta_002")


def columns(session: Session, model: type[Any], *names: str) -> list[dict[str, Any]]:
    """Read columns of every row of a model, oldest row first."""
    attributes = [getattr(model, name) for name in names]
    key = model.__mapper__.primary_key[0]
    rows = session.execute(select(*attributes).order_by(key)).all()
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_rows_are_those_of_the_reference(seeded_engine: Engine) -> None:
    """The seed data has the reference's rows and no others."""
    with Session(seeded_engine) as session:
        assert (
            session.scalars(select(Role.name).order_by(Role.id)).all()
            == (REFERENCE["roles"])
        )
        for name, model in (("poll_groups", PollGroup), ("units_of_measure", Unit)):
            names = REFERENCE[name][0].keys()
            assert columns(session, model, *names) == REFERENCE[name]
        (user,) = columns(session, User, *REFERENCE["system_user"].keys())
        assert user | {"id": str(user["id"])} == REFERENCE["system_user"]
        names = REFERENCE["system_connection"].keys()
        assert columns(session, Connection, *names) == [REFERENCE["system_connection"]]


def test_metric_tags_are_those_of_the_reference(seeded_engine: Engine) -> None:
    """The System connection has one tag a metric, read every second."""
    reference = dict(REFERENCE["system_metric_tags"])
    paths = reference.pop("tags")
    with Session(seeded_engine) as session:
        assert columns(session, Tag, "tag_path", "tag_name") == paths
        connected = select(Connection.name).join(Connection.tags).distinct()
        assert session.scalars(connected).all() == [seed.SYSTEM_CONNECTION_NAME]
        constant = {"poll_group_id": seed.DEFAULT_POLL_GROUP_ID} | reference
        constant["metadata_"] = constant.pop("metadata")
        for tag in columns(session, Tag, *constant):
            assert tag == constant


def test_names_in_code_are_those_of_the_reference() -> None:
    """The constants and the list of rows say what the reference says, in its order."""
    assert {*REFERENCE["roles"]} <= {*seed.ROLES}
    assert str(seed.SYSTEM_USER_ID) == REFERENCE["system_user"]["id"]
    assert [(row.table, row.name) for row in ROWS] == NAMES


def test_applying_twice_adds_nothing(
    seeded_engine: Engine, seeded_database: ConnectionSettings
) -> None:
    """Rows and sequences are the same after a second run."""
    before = read_rows(seeded_engine), sequences(seeded_engine)
    reapply(seeded_database)
    assert (read_rows(seeded_engine), sequences(seeded_engine)) == before


def sequences(engine: Engine) -> dict[str, int]:
    """Read how far each sequence is."""
    query = "SELECT sequencename, last_value FROM pg_sequences"
    with engine.connect() as connection:
        return {name: value for name, value in connection.execute(text(query))}  # noqa: C416


@pytest.mark.parametrize("change", OPERATOR.values(), ids=OPERATOR.keys())
def test_what_an_operator_did_stays(
    seeded_engine: Engine, seeded_database: ConnectionSettings, change: str
) -> None:
    """Applying again neither adds to an operator's changes nor undoes them."""
    with seeded_engine.begin() as connection:
        connection.execute(text(change))
    before = read_rows(seeded_engine)
    reapply(seeded_database)
    assert read_rows(seeded_engine) == before


def test_missing_rows_come_back(
    seeded_engine: Engine, seeded_database: ConnectionSettings
) -> None:
    """Applying again adds the rows that are gone, with the next free ids."""
    with seeded_engine.begin() as connection:
        connection.execute(text("DELETE FROM connections"))
        connection.execute(text("DELETE FROM units_of_measure WHERE symbol = 'K'"))
        connection.execute(text("DELETE FROM poll_groups WHERE group_id = 9"))
        connection.execute(text("DELETE FROM users"))
        connection.execute(text("DELETE FROM roles"))
        missing = {row.table for row in seed.find_missing(connection, ROWS)}
    assert missing == {row.table for row in ROWS}
    reapply(seeded_database)
    with seeded_engine.begin() as connection:
        assert seed.find_missing(connection, ROWS) == []
        for table in ("units_of_measure (name, symbol, category)", "roles (name)"):
            values = ", ".join(["'new'"] * (table.count(",") + 1))
            connection.execute(text(f"INSERT INTO {table} VALUES ({values})"))  # noqa: S608


@pytest.mark.parametrize(
    "change", [change for name, change in OPERATOR.items() if "removed" not in name]
)
def test_changed_rows_are_not_missing(meta_engine: Engine, change: str) -> None:
    """A row that an operator renamed counts as present."""
    with meta_engine.begin() as connection:
        connection.execute(text(change))
        missing = seed.find_missing(connection)
    gone = {"tag_metadata"} if "type = 's7'" in change else set()
    assert {row.table for row in missing} == gone
