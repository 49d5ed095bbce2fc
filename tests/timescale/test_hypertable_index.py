"""Indexes on hypertables that are there are made so that rows can still be written."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table

from dataforeman_schema.timescale import DeclarationError, Hypertable
from tests.timescale.sql import rows, run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

BY_CHUNK = "op.create_hypertable_index("
INDEXES = (
    "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() "
    "AND tablename = 'readings' AND indexname ~ '_ix$' ORDER BY 1"
)
VALID = (
    "SELECT count(*), bool_and(indisvalid) FROM pg_index "
    "JOIN pg_class c ON c.oid = indexrelid WHERE relname ~ 'device_ix$'"
)
FILL = (
    "INSERT INTO readings SELECT timestamptz '2024-01-01' + i * INTERVAL '1 week', i "
    "FROM generate_series(1, 5) i"
)


def models(*indexes: Index, hypertable: bool = True) -> MetaData:
    """A table with indexes, a hypertable or not."""
    metadata = MetaData()
    Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer, nullable=False),
        *indexes,
        *([Hypertable("ts")] if hypertable else []),
    )
    return metadata


def index(**options: Any) -> Index:  # noqa: ANN401 (a dialect's)
    """An index on the device."""
    return Index("device_ix", "device", **options)


def names(connection: Connection) -> list[str]:
    """The indexes that were declared."""
    return [row[0] for row in rows(connection, INDEXES)]


def test_an_index_is_made_chunk_by_chunk(
    connection: Connection, history: History
) -> None:
    """A revision makes an index of each chunk in turn, and its downgrade drops it."""
    history.reach(models())
    run(connection, FILL)
    text = history.reach(models(index()))
    assert text.count(BY_CHUNK) == 1
    assert names(connection) == ["device_ix"]
    assert rows(connection, VALID) == [(6, True)]
    assert history.differences(models(index())) == []
    history.downgrade(models())
    assert names(connection) == []


def test_a_dropped_index_comes_back_chunk_by_chunk(
    connection: Connection, history: History
) -> None:
    """The downgrade of a revision that drops an index makes it of each chunk again."""
    history.reach(models(index()))
    text = history.reach(models())
    assert BY_CHUNK in text.partition("def downgrade")[2]
    assert BY_CHUNK not in text.partition("def downgrade")[0]
    assert names(connection) == []
    history.downgrade(models())
    assert names(connection) == ["device_ix"]


def test_several_indexes_and_a_column(connection: Connection, history: History) -> None:
    """Two indexes and a column are all made, and all dropped."""
    history.reach(models())
    more = Index("both_ix", "device", "ts")
    metadata = models(index(), more)
    metadata.tables["readings"].append_column(Column("value", Integer))
    text = history.reach(metadata)
    assert text.count(BY_CHUNK) == 2
    assert history.differences(metadata) == []
    history.downgrade(metadata)
    assert names(connection) == []


def test_other_options_of_an_index_stay(
    connection: Connection, history: History
) -> None:
    """What is declared of an index's storage is written beside it."""
    history.reach(models())
    text = history.reach(models(index(postgresql_with={"fillfactor": 70})))
    assert "postgresql_with={'fillfactor': 70}" in text
    assert names(connection) == ["device_ix"]


def test_a_unique_index_is_made_at_once(
    connection: Connection, history: History
) -> None:
    """TimescaleDB makes unique indexes in one transaction only."""
    history.reach(models())
    text = history.reach(models(Index("key_ix", "ts", "device", unique=True)))
    assert BY_CHUNK not in text
    assert names(connection) == ["key_ix"]


@pytest.mark.parametrize("made", ["by the revision", "before"])
def test_a_table_that_is_no_hypertable_yet(
    connection: Connection, history: History, made: str
) -> None:
    """An index of a table that is made or converted comes in the revision's own way."""
    if made == "before":
        history.reach(models(hypertable=False))
    text = history.reach(models(index()))
    assert BY_CHUNK not in text
    assert names(connection) == ["device_ix"]


def written(operation: str, **options: Any) -> str:  # noqa: ANN401 (a context's)
    """What an operation writes out in ``--sql`` mode."""
    buffer = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql",
        opts={"as_sql": True, "output_buffer": buffer, **options},
    )
    with context.begin_transaction():
        eval(operation, {"op": Operations(context)})  # noqa: S307 - as a revision would
    return " ".join(buffer.getvalue().split())


CREATE = "CREATE INDEX i ON readings (device)"
OPTION = "timescaledb.transaction_per_chunk = true"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", f"BEGIN; COMMIT; {CREATE} WITH ({OPTION}); BEGIN; COMMIT;"),
        (
            ", postgresql_with={'fillfactor': 70}",
            f"BEGIN; COMMIT; {CREATE} WITH ({OPTION}, fillfactor = 70); BEGIN; COMMIT;",
        ),
        (
            ", unique=True",
            f"BEGIN; {CREATE.replace('INDEX', 'UNIQUE INDEX')}; COMMIT;",
        ),
    ],
)
def test_the_statements_of_the_operation(arguments: str, expected: str) -> None:
    """The statement stands outside of the transaction, unless the index is unique."""
    assert written(f"{BY_CHUNK}'i', 'readings', ['device']{arguments})") == expected


def test_an_index_without_timescaledb() -> None:
    """Where TimescaleDB is said to be missing, the index is an ordinary one."""
    operation = f"{BY_CHUNK}'i', 'readings', ['device'])"
    assert written(operation, timescaledb_absent=True) == f"BEGIN; {CREATE}; COMMIT;"


def test_concurrently_is_refused_where_it_is_declared() -> None:
    """TimescaleDB makes no index of a hypertable concurrently."""
    with pytest.raises(DeclarationError, match="device_ix cannot be made CONCURRENTLY"):
        models(index(postgresql_concurrently=True))


def test_concurrently_is_refused_of_an_index_declared_later(
    connection: Connection, history: History
) -> None:
    """An index that is declared when its table is complete is refused in the end."""
    history.reach(models())
    assert names(connection) == []
    metadata = models()
    device = metadata.tables["readings"].c.device
    Index("device_ix", device, postgresql_concurrently=True)
    with pytest.raises(DeclarationError, match="CONCURRENTLY"):
        history.revise(metadata)
