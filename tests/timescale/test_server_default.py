"""What a declaration leaves to the server."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Column, DateTime, Integer, MetaData, Table

from dataforeman_schema.timescale import SERVER_DEFAULT, Columnstore, Hypertable
from dataforeman_schema.timescale.releases import SPARSE_INDEXES
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

_SETTINGS = (
    "SELECT segmentby, orderby FROM timescaledb_information.hypertable_columnstore_"
    "settings"
)


def models(columnstore: Columnstore) -> MetaData:
    """A hypertable with a columnstore."""
    metadata = MetaData()
    Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        Hypertable("ts", chunk_interval=timedelta(days=1)),
        columnstore,
    )
    return metadata


def test_a_choice_goes_back_to_the_server(
    connection: Connection, history: History
) -> None:
    """What somebody chose is named, given back, and there again afterwards."""
    metadata = models(Columnstore(SERVER_DEFAULT, SERVER_DEFAULT))
    history.reach(metadata)
    assert history.differences(metadata) == []
    run(
        connection,
        "ALTER TABLE readings SET (timescaledb.segmentby = 'device', "
        "timescaledb.orderby = 'ts DESC')",
    )
    # The release that shows sparse indexes is the first that tells none from a choice.
    if not SPARSE_INDEXES.is_in(connection):
        assert history.differences(metadata) == []
        return
    chosen = rows(connection, _SETTINGS)
    [[kind, *_rest]] = history.differences(metadata)
    assert kind == "modify_columnstore"
    history.reach(metadata)
    assert history.differences(metadata) == []
    assert rows(connection, _SETTINGS) != chosen
    history.downgrade(metadata)
    assert rows(connection, _SETTINGS) == chosen


def test_left_out_is_not_managed(connection: Connection, history: History) -> None:
    """Settings that the declaration leaves out are nobody's concern."""
    metadata = models(Columnstore())
    history.reach(metadata)
    run(connection, "ALTER TABLE readings SET (timescaledb.segmentby = 'device')")
    assert history.differences(metadata) == []
