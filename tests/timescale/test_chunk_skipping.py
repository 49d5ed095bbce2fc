"""Columns of which a hypertable keeps the range of each chunk."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    Table,
    Text,
    Uuid,
)

from dataforeman_schema.timescale import (
    Absent,
    ChunkSkipping,
    Columnstore,
    DeclarationError,
    HashDimension,
    Hypertable,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import undeclared
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.sql import rows, run
from tests.timescale.test_sql import NAME, ODD, QUOTED, written

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
ODD_COLUMN = 'it\'s 100% "Odd"'
SKIPPING = (
    "SELECT column_name FROM _timescaledb_catalog.chunk_column_stats "
    "WHERE coalesce(chunk_id, 0) = 0 ORDER BY 1"
)
RANGES = (
    "SELECT range_start, range_end FROM _timescaledb_catalog.chunk_column_stats "
    "WHERE coalesce(chunk_id, 0) > 0 ORDER BY 1"
)
SETTING = "SELECT current_setting('timescaledb.enable_chunk_skipping')"
BOTH = ChunkSkipping("device", ODD_COLUMN)
ABSENT = Absent(ChunkSkipping)


def models(*features: Any, time: Any = DateTime, without: str = "") -> MetaData:  # noqa: ANN401
    """A table with columns of several types and the given features."""
    metadata = MetaData()
    columns = [
        Column("ts", time, nullable=False),
        Column("device", Integer),
        Column(ODD_COLUMN, BigInteger),
        Column("day", Date),
        Column("small", SmallInteger),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("value", Float),
        Column("name", Text),
        Column("key", Uuid),
    ]
    kept = [column for column in columns if column.name != without]
    Table("readings", metadata, *kept, *features)
    return metadata


def hypertable(*features: Any, **options: Any) -> MetaData:  # noqa: ANN401
    """The table as a hypertable by day."""
    return models(Hypertable("ts", DAY), *features, **options)


# What is declared at first and then, and the columns that the server has at the end.
CHANGES: dict[str, tuple[list[Any], list[Any], list[str]]] = {
    "some": ([], [BOTH], ["device", ODD_COLUMN]),
    "one more": ([ChunkSkipping("device")], [BOTH], ["device", ODD_COLUMN]),
    "one less": ([BOTH], [ChunkSkipping(ODD_COLUMN)], [ODD_COLUMN]),
    "others": ([BOTH], [ChunkSkipping("day", "at")], ["at", "day"]),
    "none": ([BOTH], [ABSENT], []),
    "unmanaged": ([BOTH], [], ["device", ODD_COLUMN]),
    "another order": (
        [BOTH],
        [ChunkSkipping(ODD_COLUMN, "device")],
        ["device", ODD_COLUMN],
    ),
    "beside a columnstore": ([Columnstore()], [Columnstore(), BOTH], [*BOTH.names]),
}


@pytest.mark.parametrize("case", sorted(CHANGES))
def test_columns_come_and_go(
    connection: Connection, history: History, case: str
) -> None:
    """A revision brings the columns to what is declared, its downgrade back."""
    before, after, names = CHANGES[case]
    history.reach(hypertable(*before))
    had = rows(connection, SKIPPING)
    wanted = hypertable(*after)
    text = history.reach(wanted)
    assert history.differences(wanted) == []
    assert rows(connection, SKIPPING) == [(name,) for name in sorted(names)]
    assert ("chunk_skipping" in text) is (had != [(name,) for name in sorted(names)])
    history.downgrade(wanted)
    assert rows(connection, SKIPPING) == had


def test_it_is_written_as_an_operation(history: History) -> None:
    """A revision holds readable calls, for both directions."""
    history.reach(hypertable(ChunkSkipping("device")))
    text = history.revise(hypertable(ChunkSkipping("day", "at")))
    assert "op.enable_chunk_skipping('readings', columns=['day', 'at'])" in text
    assert "op.disable_chunk_skipping('readings', columns=['device'])" in text


def test_create_all_makes_it(connection: Connection, history: History) -> None:
    """create_all() is as good as a revision, and drop_all() takes everything along."""
    metadata = hypertable(BOTH)
    metadata.create_all(connection)
    connection.commit()
    assert rows(connection, SKIPPING) == [("device",), (ODD_COLUMN,)]
    assert history.differences(metadata) == []
    metadata.drop_all(connection)
    connection.commit()
    assert rows(connection, SKIPPING) == []


@pytest.mark.parametrize("setting", ["off", "on"])
def test_the_setting_of_the_session_stays(
    connection: Connection, history: History, setting: str
) -> None:
    """Whatever the session has set, it works, and the setting is as it was."""
    run(connection, f"SET timescaledb.enable_chunk_skipping = {setting}")
    history.reach(hypertable(BOTH))
    with connection.begin():
        hypertable(BOTH).drop_all(connection)
        hypertable(BOTH).create_all(connection)
        assert connection.exec_driver_sql(SETTING).scalar() == setting
    assert rows(connection, SETTING) == [(setting,)]


def test_ranges_are_kept(connection: Connection, history: History) -> None:
    """A chunk that is converted gets its range, which columns that come leave alone."""
    features = (Columnstore(order_by=("ts",)), ChunkSkipping("device"))
    history.reach(hypertable(*features))
    run(
        connection,
        "SET timescaledb.enable_chunk_skipping = on; "
        "INSERT INTO readings (ts, at, device) "
        "SELECT '2024-01-01', '2024-01-01', generate_series(5, 9); "
        "SELECT compress_chunk(c) FROM show_chunks('readings') c",
    )
    assert rows(connection, RANGES) == [(5, 10)]
    history.reach(hypertable(Columnstore(), ChunkSkipping("device", "small")))
    assert (5, 10) in rows(connection, RANGES)


BY_HAND = {
    "more": ("enable_chunk_skipping('readings', 'small')", "remove_chunk_skipping"),
    "less": ("disable_chunk_skipping('readings', 'device')", "add_chunk_skipping"),
}


@pytest.mark.parametrize("case", sorted(BY_HAND))
def test_a_change_by_hand_is_named(
    connection: Connection, history: History, case: str
) -> None:
    """A column that somebody adds or takes away is a difference, and is mended."""
    call, kind = BY_HAND[case]
    metadata = hypertable(BOTH)
    history.reach(metadata)
    run(connection, f"SET timescaledb.enable_chunk_skipping = on; SELECT {call}")
    ((name, table, schema, columns),) = history.differences(metadata)
    assert (name, table, schema) == (kind, "readings", None)
    assert repr(columns) in {"ChunkSkipping('small')", "ChunkSkipping('device')"}
    history.reach(metadata)
    assert rows(connection, SKIPPING) == [("device",), (ODD_COLUMN,)]


@pytest.mark.parametrize("declared", [[BOTH], []])
@pytest.mark.parametrize(
    "other",
    [
        Hypertable("ts", DAY, [HashDimension("name", 3)]),
        Hypertable("at", DAY),
        Absent(Hypertable),
    ],
)
def test_it_comes_back_with_its_hypertable(
    connection: Connection,
    history: History,
    declared: list[Any],
    other: Hypertable | Absent,
) -> None:
    """A hypertable that is made anew, in either direction, has its columns again."""
    history.reach(hypertable(BOTH))
    run(
        connection,
        "INSERT INTO readings (ts, at) VALUES ('2024-01-01', '2024-02-02')",
    )
    had = rows(connection, SKIPPING)
    is_plain = isinstance(other, Absent)
    wanted = models(other, *([] if is_plain else declared))
    history.reach(wanted)
    assert history.differences(wanted) == []
    assert rows(connection, SKIPPING) == ([] if is_plain else had)
    history.downgrade(wanted)
    assert rows(connection, SKIPPING) == had
    assert rows(connection, "SELECT count(*) FROM readings") == [(1,)]


@pytest.mark.parametrize("features", [[ChunkSkipping("device")], []])
def test_a_column_goes_with_its_range(
    connection: Connection, history: History, features: list[Any]
) -> None:
    """The column of a range is dropped, and comes back with the range kept."""
    history.reach(hypertable(BOTH))
    had = rows(connection, SKIPPING)
    wanted = hypertable(*features, without=ODD_COLUMN)
    history.reach(wanted)
    assert history.differences(wanted) == []
    assert rows(connection, SKIPPING) == [("device",)]
    history.downgrade(wanted)
    assert rows(connection, SKIPPING) == had


def test_a_table_goes_and_comes_back(connection: Connection, history: History) -> None:
    """A revision drops the table, and the downgrade makes it with its columns."""
    history.reach(hypertable(BOTH))
    text = history.reach(MetaData())
    assert text.index("op.drop_table") < text.index("op.enable_chunk_skipping")
    assert "op.disable_chunk_skipping" not in text
    history.downgrade(MetaData())
    assert rows(connection, SKIPPING) == [("device",), (ODD_COLUMN,)]


def test_a_plain_table_becomes_a_hypertable(
    connection: Connection, history: History
) -> None:
    """The ranges come with the hypertable and go with it."""
    history.reach(models())
    text = history.reach(hypertable(BOTH))
    assert "op.disable_chunk_skipping" not in text
    assert rows(connection, SKIPPING) == [("device",), (ODD_COLUMN,)]
    history.downgrade(models())
    assert rows(connection, SKIPPING) == []


def test_it_is_read_from_a_database(connection: Connection) -> None:
    """A scaffold declares the columns, and notes name them where nobody does."""
    hypertable(BOTH).create_all(connection)
    printed = scaffold(connection)
    assert f"ChunkSkipping('device', {ODD_COLUMN!r})," in printed
    assert "Not declared" not in printed
    catalog = read(connection)
    assert undeclared(catalog, hypertable(BOTH)) == []
    assert undeclared(catalog, hypertable(ABSENT)) == []
    notes = [note.text for note in undeclared(catalog, hypertable())]
    assert notes == ["chunk skipping on device", f"chunk skipping on {ODD_COLUMN}"]


@pytest.mark.parametrize("verb", ["enable", "disable"])
def test_it_works_without_a_server(verb: str) -> None:
    """``--sql`` mode writes one block that needs no setting, its names quoted."""
    operation = f"{verb}_chunk_skipping"
    sql = written(operation, NAME, columns=["a'b", "C"], **ODD)
    assert f"PERFORM {operation}({QUOTED}, 'a''b');" in sql
    assert f"PERFORM {operation}({QUOTED}, 'C');" in sql
    assert "set_config('timescaledb.enable_chunk_skipping', 'on', true)" in sql


BAD: dict[str, tuple[list[Any], str]] = {
    "plain table": ([ChunkSkipping("device")], "needs a Hypertable"),
    "nothing": ([Hypertable("ts"), ChunkSkipping()], r"Absent\(ChunkSkipping\) says"),
    "unknown": ([Hypertable("ts"), ChunkSkipping("no")], "unknown column 'no'"),
    "twice": ([Hypertable("ts"), ChunkSkipping("day", "day")], "names 'day' twice"),
    "float": ([Hypertable("ts"), ChunkSkipping("value")], "value is Float"),
    "text": ([Hypertable("ts"), ChunkSkipping("name")], "ranges of integers, timest"),
    "uuid": ([Hypertable("ts"), ChunkSkipping("key")], "key is Uuid"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_bad_declaration_fails_in_words(case: str) -> None:
    """What the server would refuse is refused by the model."""
    features, words = BAD[case]
    with pytest.raises(DeclarationError, match=words):
        models(*features)


def test_equal_sets_are_equal() -> None:
    """The order of the columns is no difference; another kind is."""
    assert ChunkSkipping("a", "b") == ChunkSkipping("b", "a")
    assert len({ChunkSkipping("a", "b"), ChunkSkipping("b", "a")}) == 1
    assert ChunkSkipping("a") != ChunkSkipping("b")
