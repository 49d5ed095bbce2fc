"""Sparse indexes that are chosen, and the span up to which chunks are merged."""

from __future__ import annotations

import dataclasses
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import (
    Column,
    DateTime,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    func,
    select,
)

from dataforeman_schema.timescale import (
    SERVER_DEFAULT,
    Absent,
    Columnstore,
    ContinuousAggregate,
    DeclarationError,
    Hypertable,
    Months,
    SparseIndex,
    bloom,
    firstlast,
    minmax,
    releases,
    sparse_index,
    time_bucket,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import undeclared
from dataforeman_schema.timescale.releases import COMPOSITE_BLOOM, FIRST_LAST
from dataforeman_schema.timescale.scaffold import scaffold
from dataforeman_schema.timescale.sparse_index import parse_index
from tests.timescale.sql import rows, run
from tests.timescale.test_scaffold import paste

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

DAY = timedelta(days=1)
INDEXES = (bloom("Quoted Col"), minmax("value"))
BASE = Columnstore(("device",), ("ts DESC",))
BOTH = dataclasses.replace(BASE, sparse_indexes=INDEXES, merge_interval=7 * DAY)
INDEX = "SELECT index FROM _timescaledb_catalog.compression_settings WHERE relid = {}"
SPAN = (
    "SELECT compress_interval_length FROM _timescaledb_catalog.dimension "
    "WHERE column_name = '{}'"
)
WEEK = 7 * 86_400_000_000

# Options before and after a change.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "indexes chosen": ({"sparse_indexes": SERVER_DEFAULT}, {"sparse_indexes": INDEXES}),
    "indexes changed": ({"sparse_indexes": INDEXES}, {"sparse_indexes": INDEXES[:1]}),
    "none chosen": ({"sparse_indexes": INDEXES}, {"sparse_indexes": ()}),
    "none given back": ({"sparse_indexes": ()}, {"sparse_indexes": SERVER_DEFAULT}),
    "merged": ({"merge_interval": SERVER_DEFAULT}, {"merge_interval": 7 * DAY}),
    "merged further": ({"merge_interval": 7 * DAY}, {"merge_interval": 14 * DAY}),
    "all": (
        {"sparse_indexes": INDEXES, "merge_interval": 7 * DAY},
        {"sparse_indexes": ("minmax(site)",), "merge_interval": SERVER_DEFAULT},
    ),
}

# What cannot work, and what is said of it.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no sequence": ({"sparse_indexes": "bloom(site)"}, "is a sequence"),
    "no index": ({"sparse_indexes": ("site",)}, "'site' is not a sparse index"),
    "direction": ({"sparse_indexes": ("bloom(site DESC)",)}, "is not a sparse index"),
    "unknown kind": ({"sparse_indexes": ("gin(site)",)}, "'gin' is no sparse index"),
    "unknown column": ({"sparse_indexes": (bloom("b"),)}, "the unknown column 'b'"),
    "no column": ({"sparse_indexes": (bloom(),)}, "names no column"),
    "segment": ({"sparse_indexes": (minmax("device"),)}, "device is a segment_by"),
    "order": ({"sparse_indexes": (bloom("ts"),)}, "cannot have a bloom"),
    "twice": (
        {"sparse_indexes": (bloom("site"), minmax("site"))},
        "have another sparse index",
    ),
    "same column": ({"sparse_indexes": (bloom("site", "site"),)}, "a column twice"),
    "two columns": ({"sparse_indexes": ("minmax(site, value)",)}, "only bloom takes"),
    "no order": (
        {"order_by": None, "sparse_indexes": INDEXES},
        "sparse_indexes need an order_by",
    ),
    "order of the server": (
        {"order_by": SERVER_DEFAULT, "sparse_indexes": ()},
        "sparse_indexes need an order_by",
    ),
    "nothing": ({"merge_interval": timedelta(0)}, "must be positive"),
    "negative": ({"merge_interval": -DAY}, "must be positive"),
    "number": ({"merge_interval": 7}, "it must be a timedelta"),
    "months": ({"merge_interval": Months(1)}, "TimescaleDB takes no months"),
    "no multiple": ({"merge_interval": 1.5 * DAY}, "no multiple of the chunk interval"),
}

# What a revision that is told of it loses.
LOST = {
    "sparse indexes": (
        "compress_index = 'bloom(\"Quoted Col\"), minmax(value)'",
        r'the sparse index bloom\("Quoted Col"\), the sparse index minmax\(value\)',
    ),
    "none": ("compress_index = ''", "that there are no sparse indexes"),
    "merged": (
        "compress_chunk_time_interval = '7 days'",
        "that chunks are merged up to (7 days|168:00:00)",
    ),
}


def models(columnstore: Columnstore | Absent | None = None) -> MetaData:
    """A hypertable, its columnstore declared or not."""
    metadata = MetaData()
    Table(
        "r",
        metadata,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer),
        Column("Quoted Col", Text),
        Column("site", Text),
        Column("value", Float),
        Hypertable("ts", chunk_interval=DAY),
        *([columnstore] if columnstore else []),
    )
    return metadata


def counts(columnstore: Columnstore) -> MetaData:
    """A hypertable by numbers."""
    metadata = MetaData()
    Table(
        "r",
        metadata,
        Column("n", Integer, nullable=False),
        Hypertable("n", chunk_interval=100),
        columnstore,
    )
    return metadata


def aggregate(columnstore: Columnstore) -> MetaData:
    """A continuous aggregate."""
    metadata = models()
    r = metadata.tables["r"]
    day = time_bucket(DAY, r.c.ts).label("day")
    ContinuousAggregate(
        "daily",
        select(day, func.max(r.c.value).label("value")).group_by(day),
        metadata=metadata,
        columnstore=columnstore,
    )
    return metadata


def state(connection: Connection) -> tuple[Any, Any]:
    """The sparse indexes and the span that the catalog has."""
    (index,) = rows(connection, INDEX.format("'r'::regclass"))
    return index[0], rows(connection, SPAN.format("ts"))[0][0]


def chosen(connection: Connection) -> list[dict[str, Any]]:
    """The sparse indexes that somebody chose."""
    index, _ = state(connection)
    return [it for it in index or () if it["source"] == "config"]


def create(connection: Connection, metadata: MetaData) -> None:
    """Create everything."""
    metadata.create_all(connection)
    connection.commit()


def lacking(
    monkeypatch: pytest.MonkeyPatch, feature: releases.ServerFeature, name: str
) -> None:
    """Have a server seem to lack a feature."""
    without = dataclasses.replace(feature, probe="false")
    monkeypatch.setattr(sparse_index, name, without)


def test_all_of_it_is_created(connection: Connection, history: History) -> None:
    """Created from models, both are set, and are no difference."""
    create(connection, models(BOTH))
    _, span = state(connection)
    assert [(it["type"], it["column"]) for it in chosen(connection)] == [
        ("bloom", "Quoted Col"),
        ("minmax", "value"),
    ]
    assert span == WEEK
    assert history.differences(models(BOTH)) == []


def test_texts_mean_the_same(connection: Connection, history: History) -> None:
    """An index written as SQL is the typed one, in whatever order."""
    create(connection, models(BOTH))
    texts = ("minmax(value)", 'bloom("Quoted Col")')
    written = dataclasses.replace(BOTH, sparse_indexes=texts)
    assert history.differences(models(written)) == []


def test_a_revision_enables_and_disables_it(
    connection: Connection, history: History
) -> None:
    """A columnstore with both comes, goes with nothing lost, and comes back."""
    history.reach(models())
    text = history.reach(models(BOTH))
    assert """sparse_indexes=['bloom("Quoted Col")', 'minmax(value)']""" in text
    assert "merge_interval=timedelta(days=7)" in text
    before = state(connection)
    text = history.reach(models(Absent(Columnstore)))
    assert text.count("merge_interval=timedelta(days=7)") == 2
    assert rows(connection, SPAN.format("ts")) == [(None,)]
    history.downgrade(models(BOTH))
    assert state(connection) == before
    assert history.differences(models(BOTH)) == []
    history.downgrade(models())
    assert rows(connection, INDEX.format("'r'::regclass")) == []


@pytest.mark.parametrize("case", sorted(CHANGES))
def test_a_change_is_made_in_place(
    connection: Connection, history: History, case: str
) -> None:
    """A change is found, made without the columnstore going, and taken back."""
    old, new = (dataclasses.replace(BASE, **options) for options in CHANGES[case])
    history.reach(models(old))
    before = state(connection)
    text = history.reach(models(new))
    assert "op.alter_columnstore(" in text
    assert "disable" not in text
    assert history.differences(models(new)) == []
    after = state(connection)
    assert after != before
    history.downgrade(models(old))
    assert history.differences(models(old)) == []
    assert state(connection)[1] == before[1]
    history.upgrade(models(new))
    assert state(connection) == after


def test_what_is_left_out_stays(connection: Connection, history: History) -> None:
    """What is chosen by hand is no difference, and a change of the order leaves it."""
    history.reach(models(BASE))
    by_hand = (
        "ALTER TABLE r SET (timescaledb.compress_index = 'bloom(site)', "
        "timescaledb.compress_chunk_time_interval = '14 days')"
    )
    run(connection, by_hand)
    assert history.differences(models(BASE)) == []
    text = history.reach(models(dataclasses.replace(BASE, order_by=("value", "ts"))))
    assert "sparse_indexes" not in text
    assert "merge_interval" not in text
    assert [it["column"] for it in chosen(connection)] == ["site"]
    assert state(connection)[1] == 2 * WEEK
    history.downgrade(models(BASE))
    assert [it["column"] for it in chosen(connection)] == ["site"]


def test_what_somebody_sets_is_a_difference(
    connection: Connection, history: History
) -> None:
    """Where the server shall choose, what somebody sets by hand is named."""
    left = models(
        dataclasses.replace(
            BASE, sparse_indexes=SERVER_DEFAULT, merge_interval=SERVER_DEFAULT
        )
    )
    create(connection, left)
    assert history.differences(left) == []
    run(connection, "ALTER TABLE r SET (timescaledb.compress_index = 'bloom(site)')")
    assert "kind='bloom', columns=('site',)" in str(history.differences(left))
    history.reach(left)
    merge = "ALTER TABLE r SET (timescaledb.compress_chunk_time_interval = '7 days')"
    run(connection, merge)
    assert "timedelta(days=7)" in str(history.differences(left))
    history.reach(left)
    assert history.differences(left) == []
    assert chosen(connection) == []


def test_a_column_moves_between_options(history: History) -> None:
    """A column leaves the segment or an index before the order takes it."""
    first = Columnstore(("device",), ("ts",), sparse_indexes=(bloom("site"),))
    second = Columnstore(
        SERVER_DEFAULT, ("device", "site", "ts"), sparse_indexes=SERVER_DEFAULT
    )
    history.reach(models(first))
    history.reach(models(second))
    assert history.differences(models(second)) == []
    history.downgrade(models(first))
    assert history.differences(models(first)) == []


def test_a_column_with_an_index_can_go(
    connection: Connection, history: History
) -> None:
    """The index goes before its column, and comes back with it, declared or not."""
    history.reach(models(BASE))
    by_hand = "ALTER TABLE r SET (timescaledb.compress_index = 'bloom(site)')"
    run(connection, by_hand)
    less = models(BASE)
    less.remove(less.tables["r"])
    Table(
        "r",
        less,
        Column("ts", DateTime(timezone=True), nullable=False),
        Column("device", Integer),
        Hypertable("ts", chunk_interval=DAY),
        BASE,
    )
    history.reach(less)
    assert history.differences(less) == []
    assert chosen(connection) == [{"source": "config"}]
    history.downgrade(models(BASE))
    assert [it["column"] for it in chosen(connection)] == ["site"]


def test_an_order_column_can_have_its_range_chosen(
    connection: Connection, history: History
) -> None:
    """TimescaleDB takes minmax of a column of the order, and keeps it as chosen."""
    given = models(dataclasses.replace(BASE, sparse_indexes=(minmax("ts"),)))
    create(connection, given)
    assert history.differences(given) == []


def test_chunks_are_merged(connection: Connection) -> None:
    """Chunks that move into the columnstore become one of the declared span."""
    create(connection, models(BOTH))
    run(
        connection,
        "INSERT INTO r SELECT timestamptz '2026-01-01' + i * INTERVAL '1 hour', 1, "
        "'a', 'b', i FROM generate_series(0, 71) i; "
        "SELECT compress_chunk(c) FROM show_chunks('r') c",
    )
    assert rows(connection, "SELECT count(*), sum(value) FROM r") == [(72, 2556)]
    assert rows(connection, "SELECT count(*) < 3 FROM show_chunks('r')") == [(True,)]


def test_spans_of_numbers(connection: Connection, history: History) -> None:
    """A number is in the unit of the time column, and comes back from the catalog."""
    first, second = (
        counts(Columnstore(merge_interval=span)) for span in (300, 2_000_000_000)
    )
    create(connection, first)
    assert rows(connection, SPAN.format("n")) == [(300,)]
    history.reach(second)
    assert rows(connection, SPAN.format("n")) == [(2_000_000_000,)]
    assert history.differences(second) == []
    assert "merge_interval=2000000000" in scaffold(connection)
    history.downgrade(first)
    assert history.differences(first) == []


def test_aggregates_merge_chunks(connection: Connection, history: History) -> None:
    """The span of an aggregate comes, changes and goes, in both directions."""
    first = aggregate(Columnstore(merge_interval=20 * DAY))
    second = aggregate(Columnstore(merge_interval=SERVER_DEFAULT))
    absent = aggregate(Absent(Columnstore))  # type: ignore[arg-type]
    create(connection, first)
    span = SPAN.format("day")
    assert rows(connection, span) == [(20 * 86_400_000_000,)]
    assert history.differences(first) == []
    history.reach(second)
    assert rows(connection, span) == [(None,)]
    history.downgrade(first)
    assert history.differences(first) == []
    history.forget(second)
    history.reach(absent)
    assert rows(connection, span) == [(None,)]
    history.downgrade(first)
    assert rows(connection, span) == [(20 * 86_400_000_000,)]
    assert history.differences(first) == []


def test_aggregates_have_no_sparse_indexes() -> None:
    """TimescaleDB takes none of an aggregate, which is said where it is declared."""
    with pytest.raises(DeclarationError, match="no sparse_indexes of a continuous"):
        aggregate(Columnstore(order_by=("day",), sparse_indexes=(minmax("value"),)))
    with pytest.raises(DeclarationError, match="must be positive"):
        aggregate(Columnstore(merge_interval=-DAY))
    with pytest.raises(DeclarationError, match="takes no months"):
        aggregate(Columnstore(merge_interval=Months(1)))  # type: ignore[arg-type]
    aggregate(Columnstore(sparse_indexes=SERVER_DEFAULT))


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_what_cannot_work_is_refused(case: str) -> None:
    """A declaration that TimescaleDB would not carry out is refused in words."""
    options, words = REFUSED[case]
    with pytest.raises(DeclarationError, match=words):
        models(dataclasses.replace(BASE, **options))


def test_what_is_declared_is_not_noted(connection: Connection) -> None:
    """Both are noted where they are left out, and no longer where they are declared."""
    create(connection, models(BOTH))
    catalog = read(connection)
    connection.commit()
    assert undeclared(catalog, models(BOTH)) == []
    assert [note.text for note in undeclared(catalog, models(BASE))] == [
        'sparse index bloom("Quoted Col")',
        "sparse index minmax(value)",
        "chunks are merged up to 7 days in the columnstore",
    ]


def test_it_is_scaffolded(connection: Connection, history: History) -> None:
    """What is printed declares both, and what cannot be declared is in comments."""
    create(connection, models(BOTH))
    printed = scaffold(connection)
    assert """sparse_indexes=('bloom("Quoted Col")', 'minmax(value)')""" in printed
    assert "merge_interval=timedelta(days=7)" in printed
    assert "Not declared" not in printed
    assert history.differences(paste(connection, printed)) == []
    run(
        connection,
        "ALTER TABLE r SET (timescaledb.compress_chunk_time_interval = '36 hours'); "
        "ALTER TABLE r RESET (timescaledb.orderby)",
    )
    printed = scaffold(connection)
    assert "merge_interval" not in printed
    assert "sparse_indexes" not in printed
    assert "#   r: sparse index minmax(value)" in printed
    assert history.differences(paste(connection, printed)) == []


@pytest.mark.parametrize("case", sorted(LOST))
def test_nothing_is_lost_unless_told(
    connection: Connection, history: History, case: str
) -> None:
    """Disabling fails while settings are set that it does not carry, and names them."""
    option, words = LOST[case]
    history.reach(models(BASE))
    history.revise(models(Absent(Columnstore)))
    run(connection, f"ALTER TABLE r SET (timescaledb.{option})")
    with pytest.raises(Exception, match=f"r would be lost: {words}"):
        history.upgrade(models())
    connection.rollback()
    history.upgrade(models(), "lose-data=yes")
    assert rows(connection, SPAN.format("ts")) == [(None,)]
    history.downgrade(models(BASE))
    assert history.differences(models(BASE)) == []
    assert (chosen(connection), state(connection)[1]) == ([], None)


def test_what_is_carried_is_not_lost(connection: Connection) -> None:
    """Of what is set, only what the operation does not carry is named."""
    create(connection, models(BOTH))
    op: Any = Operations(MigrationContext.configure(connection))
    carried = {"sparse_indexes": ['bloom("Quoted Col")'], "merge_interval": 7 * DAY}
    with pytest.raises(Exception, match=r"lost: the sparse index minmax\(value\)\s"):
        op.disable_columnstore("r", **carried)
    connection.rollback()
    carried["sparse_indexes"] = list(map(str, INDEXES))
    op.disable_columnstore("r", **carried)
    assert rows(connection, INDEX.format("'r'::regclass")) == []


def test_revisions_without_the_arguments_mean_what_they_did(
    connection: Connection,
) -> None:
    """Operations that name neither leave both alone, and work on every release."""
    create(connection, models(BOTH))
    before = state(connection)
    op: Any = Operations(MigrationContext.configure(connection))
    old = {"existing_segment_by": ["device"], "existing_order_by": ["ts DESC"]}
    op.alter_columnstore("r", segment_by=["device"], order_by=["ts DESC"], **old)
    connection.commit()
    assert state(connection) == before


def test_direct_compress_is_not_lost(connection: Connection) -> None:
    """Where it is set, which no declaration can say, disabling names it."""
    create(connection, models(BASE))
    # 2.29 has it; what an earlier release would have is the mark in the catalog.
    run(
        connection,
        "UPDATE _timescaledb_catalog.hypertable SET status = status | 8 "
        "WHERE table_name = 'r'",
    )
    op: Any = Operations(MigrationContext.configure(connection))
    with pytest.raises(Exception, match="would be lost: direct compress"):
        op.disable_columnstore("r")


def test_a_release_that_lacks_them_is_named(
    connection: Connection, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a server lacks sparse indexes, operations and models say since when."""
    lacking(monkeypatch, releases.SPARSE_INDEXES, "SPARSE_INDEXES")
    words = "Sparse indexes that are chosen came with TimescaleDB 2.22"
    with pytest.raises(DeclarationError, match=words):
        models(BOTH).create_all(connection)
    connection.rollback()
    left = dataclasses.replace(BASE, sparse_indexes=SERVER_DEFAULT)
    history.reach(models(left))
    assert history.differences(models(left)) == []
    with pytest.raises(CommandError, match=words):
        history.reach(models(BOTH))


NEWER = {
    "COMPOSITE_BLOOM": (
        COMPOSITE_BLOOM,
        bloom("value", "Quoted Col"),
        "Sparse indexes of several columns came with TimescaleDB 2.26",
    ),
    "FIRST_LAST": (
        FIRST_LAST,
        firstlast("value"),
        "Sparse indexes of first and last values came with TimescaleDB 2.28",
    ),
}


@pytest.mark.parametrize("case", sorted(NEWER))
def test_what_newer_releases_have(
    connection: Connection,
    history: History,
    monkeypatch: pytest.MonkeyPatch,
    case: str,
) -> None:
    """A release that has it makes it; one that lacks it, really or not, is named."""
    feature, index, words = NEWER[case]
    given = models(dataclasses.replace(BASE, sparse_indexes=(index,)))
    if feature.is_in(connection):
        create(connection, given)
        assert history.differences(given) == []
        given.drop_all(connection)
        connection.commit()
    lacking(monkeypatch, feature, case)
    with pytest.raises(DeclarationError, match=words):
        given.create_all(connection)


def test_it_works_without_a_server() -> None:
    """Scripts have every statement, what is given back before what is set."""
    script = io.StringIO()
    opts = {"as_sql": True, "output_buffer": script}
    context = MigrationContext.configure(dialect_name="postgresql", opts=opts)
    op: Any = Operations(context)
    op.alter_columnstore(
        "r",
        merge_interval=None,
        existing_merge_interval=7 * DAY,
        existing_sparse_indexes=["bloom(site)"],
    )
    assert script.getvalue().split(";\n\n") == [
        "ALTER TABLE r RESET (timescaledb.compress_index)",
        (
            "ALTER TABLE r SET (timescaledb.enable_columnstore = true, "
            "timescaledb.compress_chunk_time_interval = '0')"
        ),
        "",
    ]


def test_indexes_are_written_as_they_are_read() -> None:
    """The text of an index, whatever its names, is read as the same index."""
    for index in (bloom("b", 'A "b", (c)'), minmax("ts"), firstlast("Quoted Col")):
        assert parse_index(str(index)) == index
    assert parse_index("BLOOM( b,a )") == SparseIndex("bloom", ("a", "b"))
