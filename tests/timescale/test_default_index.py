"""What TimescaleDB makes of itself is known by what it is, not by its name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    text,
)

from dataforeman_schema.timescale import (
    Absent,
    HashDimension,
    Hypertable,
    include_object,
)
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
INDEXES = "SELECT indexname FROM pg_indexes WHERE tablename = '{}' ORDER BY 1"


def models(
    *items: Any,  # noqa: ANN401
    table: str = "readings",
    time: str = "ts",
    hypertable: Any = None,  # noqa: ANN401
) -> MetaData:
    """One hypertable, with what else is given."""
    metadata = MetaData()
    Table(
        table,
        metadata,
        Column(time, DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        hypertable or Hypertable(time, chunk_interval=DAY),
        *items,
    )
    return metadata


def test_it_is_known_after_the_table_is_renamed(
    connection: Connection, history: History
) -> None:
    """A renamed table, then a renamed time column: clean, and the index stays."""
    history.reach(models())
    run(connection, "ALTER TABLE readings RENAME TO samples")
    assert history.differences(models(table="samples")) == []
    run(connection, "ALTER TABLE samples RENAME ts TO at")
    renamed = models(table="samples", time="at")
    assert history.differences(renamed) == []
    history.reach(renamed)
    assert rows(connection, INDEXES.format("samples")) == [("readings_ts_idx",)]


def test_it_is_known_where_its_name_was_taken(
    connection: Connection, history: History
) -> None:
    """Another table's index has the name: the revision is clean, there and back."""
    metadata = models()
    Table("other", metadata, Column("x", Integer), Index("readings_ts_idx", "x"))
    history.reach(metadata)
    assert rows(connection, INDEXES.format("readings")) == [("readings_ts_idx1",)]
    assert history.differences(metadata) == []

    plain = models(hypertable=Absent(Hypertable))
    Table("other", plain, Column("x", Integer), Index("readings_ts_idx", "x"))
    history.reach(plain)
    assert rows(connection, INDEXES.format("readings")) == []
    assert history.differences(plain) == []
    history.downgrade(plain)
    assert history.differences(metadata) == []


def test_a_renamed_one_goes_with_the_hypertable(
    connection: Connection, history: History
) -> None:
    """A default index with a name of its own is dropped, and comes back."""
    history.reach(models())
    run(connection, "ALTER INDEX readings_ts_idx RENAME TO by_time")
    assert history.differences(models()) == []
    plain = models(hypertable=Absent(Hypertable))
    assert "by_time" in history.reach(plain)
    assert rows(connection, INDEXES.format("readings")) == []
    history.downgrade(plain)
    assert rows(connection, INDEXES.format("readings")) == [("by_time",)]


def test_those_of_the_older_interface_are_known(
    connection: Connection, history: History
) -> None:
    """``create_hypertable(table, time, hash, 4)`` made an index by hash column, too."""
    run(
        connection,
        "CREATE TABLE readings (ts timestamptz NOT NULL, device int NOT NULL); "
        "SELECT create_hypertable('readings', 'ts', 'device', 4)",
    )
    hashed = Hypertable("ts", hash_dimensions=[HashDimension("device", 4)])
    assert history.differences(models(hypertable=hashed)) == []
    assert history.differences(models(hypertable=Hypertable("ts"))) == []
    none = Hypertable("ts", default_indexes=False)
    kinds = [it[0] for it in history.differences(models(hypertable=none))]
    assert kinds == ["remove_index", "remove_index"]


@pytest.mark.parametrize(
    "index",
    [
        "CREATE INDEX by_hand ON readings (ts)",
        "CREATE INDEX by_hand ON readings (ts DESC NULLS LAST)",
        "CREATE INDEX by_hand ON readings (ts DESC, device)",
        "CREATE INDEX by_hand ON readings (ts DESC) INCLUDE (device)",
        "CREATE INDEX by_hand ON readings (ts DESC) WHERE device > 1",
        "CREATE INDEX by_hand ON readings USING brin (ts)",
        "CREATE UNIQUE INDEX by_hand ON readings (ts DESC)",
    ],
)
def test_a_similar_index_is_none(
    connection: Connection, history: History, index: str
) -> None:
    """An index that only resembles the default is a difference like any other."""
    history.reach(models())
    run(connection, index)
    [difference] = history.differences(models())
    assert difference[0] == "remove_index"
    assert difference[1].name == "by_hand"


def test_a_declared_one_is_the_models(connection: Connection, history: History) -> None:
    """An index by time that the model declares stays when the hypertable goes."""
    history.reach(models(Index("by_time", text("ts DESC"))))
    by_time = Index("by_time", text("ts DESC"))
    history.reach(models(by_time, hypertable=Absent(Hypertable)))
    assert rows(connection, INDEXES.format("readings")) == [("by_time",)]


def notes() -> MetaData:
    """A plain table with a foreign key to a hypertable, in models of their own."""
    metadata = MetaData()
    Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), primary_key=True),
        Column("device", Integer, primary_key=True, autoincrement=False),
        Column("value", Float),
        Hypertable("ts", chunk_interval=DAY),
    )
    Table(
        "notes",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("ts", DateTime(timezone=True)),
        Column("device", Integer),
        ForeignKeyConstraint(
            ["ts", "device"], ["readings.ts", "readings.device"], name="notes_reading"
        ),
    )
    return metadata


def test_the_clones_of_a_foreign_key_never_show(
    connection: Connection, history: History
) -> None:
    """Each chunk of the referenced hypertable has a copy of the key: no difference."""
    history.reach(notes())
    insert = "INSERT INTO readings SELECT now() - i * INTERVAL '1 day', 1, i FROM "
    run(connection, f"{insert} generate_series(1, 3) i")
    assert history.differences(notes()) == []
    run(connection, "ALTER TABLE notes DROP CONSTRAINT notes_reading")
    [difference] = history.differences(notes())
    assert difference[0] == "add_fk"
    history.reach(notes())
    assert history.differences(notes()) == []


def test_the_filter_takes_several_models(
    connection: Connection, history: History
) -> None:
    """Models in two MetaData are filtered alike, whichever has the table."""
    history.reach(models())
    run(connection, "ALTER TABLE readings RENAME TO samples")
    table = Table("samples", MetaData(), autoload_with=connection)
    connection.commit()
    [index] = table.indexes
    several = include_object([MetaData(), models(table="samples")])
    found = ("index", True, None)  # its type, that it was reflected, and no twin
    assert not several(index, index.name, *found)
    assert include_object(MetaData())(index, index.name, *found)
