"""Tablespaces over which the chunks of a hypertable are spread."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

import pytest
from sqlalchemy import Column, DateTime, Integer, MetaData, Table

from dataforeman_schema.testing.cleaning import drop_everything
from dataforeman_schema.timescale import (
    Absent,
    Columnstore,
    DeclarationError,
    HashDimension,
    Hypertable,
    Tablespaces,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import undeclared
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.sql import rows, run
from tests.timescale.test_sql import NAME, ODD, QUOTED, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from tests.timescale.history import History

DAY = timedelta(days=1)
ATTACHED = "SELECT tablespace_name FROM _timescaledb_catalog.tablespace ORDER BY id"
OWN = (
    "SELECT coalesce(spcname, '') FROM pg_class LEFT JOIN pg_tablespace t "
    "ON t.oid = reltablespace WHERE relname = 'readings'"
)
ABSENT = Absent(Tablespaces)


class Spaces(NamedTuple):
    """Two tablespaces that there are, in the order of their names."""

    first: str
    second: str


@pytest.fixture(autouse=True)
def spaces(tsdb_empty_engine: Engine) -> Iterator[Spaces]:
    """Two tablespaces in the server's own folder, dropped with all that is in them."""
    unique = uuid4().hex
    made = Spaces(f'Fast "disk" {unique}', f"slow's 100% {unique}")
    autocommit = tsdb_empty_engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        connection.exec_driver_sql("SET allow_in_place_tablespaces = on")
        for name in made:
            create = f"CREATE TABLESPACE {quoted(name)} LOCATION ''"
            connection.exec_driver_sql(create.replace("%", "%%"))
    yield made
    with tsdb_empty_engine.connect() as connection:
        drop_everything(connection)
    with autocommit.connect() as connection:
        for name in made:
            drop = f"DROP TABLESPACE {quoted(name)}"
            connection.exec_driver_sql(drop.replace("%", "%%"))


def quoted(name: str) -> str:
    """The name of a tablespace in SQL."""
    return '"' + name.replace('"', '""') + '"'


def models(*features: Any, time: str = "ts", **options: Any) -> MetaData:  # noqa: ANN401
    """A hypertable with the given features."""
    return plain(Hypertable(time, DAY), *features, **options)


def plain(*features: Any, **options: Any) -> MetaData:  # noqa: ANN401
    """A table with the given features."""
    metadata = MetaData()
    Table(
        "readings",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("device", Integer),
        *features,
        **options,
    )
    return metadata


def attached(connection: Connection) -> list[str]:
    """The tablespaces of the hypertable, in the order in which they were attached."""
    return [name for (name,) in rows(connection, ATTACHED)]


def state(connection: Connection) -> tuple[set[str], list[tuple[Any, ...]]]:
    """The tablespaces of the hypertable, and the one of the table itself."""
    return set(attached(connection)), rows(connection, OWN)


# Which of three tablespaces are declared at first and then; None is unmanaged.
CHANGES: dict[str, tuple[set[int] | None, set[int] | None]] = {
    "some": (None, {0, 1}),
    "one more": ({0}, {0, 1}),
    "one less": ({0, 1}, {1}),
    "another": ({0}, {1}),
    "with the default": ({1}, {1, 2}),
    "none": ({0, 1}, set()),
    "unmanaged": ({0, 1}, None),
}


def declared(spaces: Spaces, chosen: set[int] | None) -> list[Any]:
    """The declaration of some of three tablespaces."""
    if chosen is None:
        return []
    names = [[*spaces, "pg_default"][number] for number in sorted(chosen)]
    return [Tablespaces(*names) if names else ABSENT]


@pytest.mark.parametrize("others", [[], [Columnstore()]])
@pytest.mark.parametrize("case", sorted(CHANGES))
def test_tablespaces_come_and_go(
    connection: Connection,
    history: History,
    spaces: Spaces,
    case: str,
    others: list[Any],
) -> None:
    """A revision attaches what is declared, and its downgrade what was there."""
    before, after = CHANGES[case]
    history.reach(models(*declared(spaces, before), *others))
    had = state(connection)
    wanted = models(*declared(spaces, after), *others)
    history.reach(wanted)
    assert history.differences(wanted) == []
    final = before if after is None else after
    names = declared(spaces, final or set())
    expected = set(names[0].names) if final else set()
    assert set(attached(connection)) == expected
    history.downgrade(wanted)
    assert state(connection) == had


def test_the_order_is_no_difference(
    connection: Connection, history: History, spaces: Spaces
) -> None:
    """TimescaleDB goes through them by their names, so their order is left alone."""
    history.reach(models(Tablespaces(spaces.second, spaces.first)))
    assert attached(connection) == [spaces.second, spaces.first]
    assert rows(connection, OWN) == [(spaces.second,)]
    shown = rows(connection, "SELECT show_tablespaces('readings')")
    assert shown == [(spaces.first,), (spaces.second,)]
    assert history.differences(models(Tablespaces(*spaces))) == []
    history.reach(models(ABSENT))
    history.downgrade(models(ABSENT))
    assert attached(connection) == [spaces.second, spaces.first]
    assert rows(connection, OWN) == [(spaces.second,)]


def test_new_chunks_are_spread(connection: Connection, spaces: Spaces) -> None:
    """Chunks are made in the tablespaces in turn; those that are there stay."""
    models(Tablespaces(*spaces)).create_all(connection)
    connection.commit()
    run(
        connection,
        "INSERT INTO readings SELECT '2024-01-01'::timestamptz + i * INTERVAL '1 day', "
        "now() FROM generate_series(1, 4) i",
    )
    chunks = "SELECT chunk_tablespace FROM timescaledb_information.chunks ORDER BY 1"
    assert {name for (name,) in rows(connection, chunks)} == {*spaces}


def test_it_is_written_as_an_operation(history: History) -> None:
    """A revision holds readable calls, for both directions."""
    history.reach(models())
    text = history.revise(models(Tablespaces("pg_default")))
    for verb in ("attach", "detach"):
        call = f"op.{verb}_tablespaces('readings', tablespaces=['pg_default'])"
        assert text.count(call) == 1


def test_create_all_makes_it(
    connection: Connection, history: History, spaces: Spaces
) -> None:
    """create_all() is as good as a revision, and drop_all() takes everything along."""
    metadata = models(Tablespaces(*spaces))
    metadata.create_all(connection)
    connection.commit()
    assert history.differences(metadata) == []
    metadata.drop_all(connection)
    connection.commit()
    assert attached(connection) == []


def test_the_tables_own_is_attached_already(
    connection: Connection, history: History, spaces: Spaces
) -> None:
    """A table that is made in one of them has it attached by TimescaleDB itself."""
    options = {"postgresql_tablespace": spaces.second}
    metadata = models(Tablespaces(*spaces), **options)
    history.reach(metadata)
    assert history.differences(metadata) == []
    assert rows(connection, OWN) == [(spaces.second,)]
    with pytest.raises(DeclarationError, match="does not name it"):
        models(Tablespaces(spaces.first), **options)


@pytest.mark.parametrize(
    ("call", "kind"),
    [("attach", "remove_tablespaces"), ("detach", "add_tablespaces")],
)
def test_a_change_by_hand_is_named(
    connection: Connection, history: History, spaces: Spaces, call: str, kind: str
) -> None:
    """A tablespace that somebody attaches or detaches is a difference."""
    name = spaces.second if call == "attach" else spaces.first
    metadata = models(Tablespaces(spaces.first))
    history.reach(metadata)
    literal = name.replace("'", "''")
    run(connection, f"SELECT {call}_tablespace('{literal}', 'readings')")
    difference = (kind, "readings", None, Tablespaces(name))
    assert history.differences(metadata) == [difference]
    history.reach(metadata)
    assert attached(connection) == [spaces.first]


@pytest.mark.parametrize("chosen", [None, {0}, {1}, {0, 1}, set()])
@pytest.mark.parametrize(
    "other",
    [Hypertable("ts", DAY, [HashDimension("device", 3)]), Hypertable("at", DAY)],
)
def test_they_come_back_with_their_hypertable(
    connection: Connection,
    history: History,
    spaces: Spaces,
    other: Hypertable,
    chosen: set[int] | None,
) -> None:
    """A hypertable that is made anew, in either direction, has what is declared."""
    history.reach(models(Tablespaces(spaces.first)))
    run(connection, "INSERT INTO readings VALUES ('2024-01-01', '2024-02-02')")
    wanted = plain(other, *declared(spaces, chosen))
    history.reach(wanted)
    assert history.differences(wanted) == []
    history.downgrade(wanted)
    assert state(connection) == ({spaces.first}, [(spaces.first,)])
    assert rows(connection, "SELECT count(*) FROM readings") == [(1,)]


@pytest.mark.parametrize("features", [[], [ABSENT]])
def test_a_hypertable_becomes_a_plain_table(
    connection: Connection, history: History, spaces: Spaces, features: list[Any]
) -> None:
    """The table stays in its tablespace unless it must have none; all comes back."""
    history.reach(models(Tablespaces(*spaces)))
    wanted = plain(Absent(Hypertable), *features)
    history.reach(wanted)
    assert rows(connection, OWN) == [("" if features else spaces.first,)]
    history.downgrade(wanted)
    assert state(connection) == ({*spaces}, [(spaces.first,)])


def test_a_plain_table_becomes_a_hypertable(
    connection: Connection, history: History, spaces: Spaces
) -> None:
    """The way back leaves the table in the tablespace that it was in."""
    history.reach(plain())
    history.reach(models(Tablespaces(*spaces)))
    assert set(attached(connection)) == {*spaces}
    history.downgrade(plain())
    assert rows(connection, OWN) == [("",)]


def test_a_table_goes_and_comes_back(
    connection: Connection, history: History, spaces: Spaces
) -> None:
    """With a table that a revision makes or drops the tablespaces come and go."""
    metadata = models(Tablespaces(*spaces))
    assert "op.detach_tablespaces" not in history.reach(metadata)
    assert "op.detach_tablespaces" not in history.reach(MetaData())
    history.downgrade(MetaData())
    assert state(connection) == ({*spaces}, [(spaces.first,)])


def test_they_are_read_from_a_database(connection: Connection, spaces: Spaces) -> None:
    """A scaffold declares them, and notes name them where nobody does."""
    models(Tablespaces(*spaces)).create_all(connection)
    printed = scaffold(connection)
    names: dict[str, Any] = {}
    exec(printed, names)  # noqa: S102 - as a module of models would
    assert names["readings_features"][1] == Tablespaces(*spaces)
    assert "Not declared" not in printed
    catalog = read(connection)
    assert undeclared(catalog, models(Tablespaces(*spaces))) == []
    assert undeclared(catalog, models(ABSENT)) == []
    notes = [note.text for note in undeclared(catalog, models())]
    assert notes == [f"tablespace {name}" for name in spaces]


@pytest.mark.parametrize("verb", ["attach", "detach"])
def test_it_works_without_a_server(verb: str) -> None:
    """``--sql`` mode writes one call for each tablespace, its names quoted."""
    names = ["a'b", 'C"']
    sql = written(f"{verb}_tablespaces", NAME, tablespaces=names, **ODD)
    assert f"SELECT {verb}_tablespace('a''b', {QUOTED}" in sql
    assert f"SELECT {verb}_tablespace('C\"', {QUOTED}" in sql


BAD: dict[str, tuple[list[Any], str]] = {
    "plain table": ([Tablespaces("a")], "needs a Hypertable"),
    "nothing": ([Hypertable("ts"), Tablespaces()], r"Absent\(Tablespaces\) says"),
    "twice": ([Hypertable("ts"), Tablespaces("a", "a")], "names a tablespace twice"),
    "shared": ([Hypertable("ts"), Tablespaces("pg_global")], "can hold no chunk"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_bad_declaration_fails_in_words(case: str) -> None:
    """What the server would refuse is refused by the model."""
    features, words = BAD[case]
    with pytest.raises(DeclarationError, match=words):
        plain(*features)
