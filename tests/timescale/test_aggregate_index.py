"""Indexes of continuous aggregates: made, replaced, left alone, taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import MetaData, table, text

from dataforeman_schema.timescale import (
    Absent,
    AggregateIndex,
    ContinuousAggregate,
    DeclarationError,
    OrderBy,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import undeclared
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.aggregated import HOUR, models, without_aggregate
from tests.timescale.sql import rows, run
from tests.timescale.test_sql import written

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

NEWEST = AggregateIndex("By %'s newest", '"Si te"', "bucket DESC NULLS LAST")
BLOCKS = AggregateIndex("blocks", "bucket", using="brin")
WIDE = AggregateIndex("wide", OrderBy("device"), include=["value"])
SOME = AggregateIndex("some", definition="BTREE (abs(device)) WHERE device > 3")
EVERY = [NEWEST, BLOCKS, WIDE, SOME]

DEFINITIONS = r"""
    SELECT i.relname, split_part(pg_get_indexdef(i.oid), ' USING ', 2)
      FROM _timescaledb_catalog.continuous_agg
      JOIN _timescaledb_catalog.hypertable h ON h.id = mat_hypertable_id
      JOIN pg_index x ON x.indrelid = format('%I.%I', schema_name, table_name)::regclass
      JOIN pg_class i ON i.oid = indexrelid
     WHERE i.relname NOT LIKE '\_mat%'
     ORDER BY 1
"""
PRINTED = {
    NEWEST.name: 'btree ("Si te", bucket DESC NULLS LAST)',
    BLOCKS.name: "brin (bucket)",
    SOME.name: "btree (abs(device)) WHERE (device > 3)",
    WIDE.name: "btree (device) INCLUDE (value)",
}
MINE = {"mine": "btree (value DESC)"}
BY_HAND = "CREATE INDEX mine ON hourly (value DESC)"


def indexed(*indexes: AggregateIndex, **declared: Any) -> MetaData:  # noqa: ANN401
    """Models whose aggregate has just these indexes."""
    return models(indexes=indexes, **declared)


def definitions(connection: Connection) -> dict[str, str]:
    """The indexes that aggregates have beside the server's own."""
    return dict(rows(connection, DEFINITIONS))


def test_they_come_and_go_with_the_aggregate(
    connection: Connection, history: History
) -> None:
    """A new aggregate has them all, and the downgrade is just the drop."""
    metadata = indexed(*EVERY)
    written_down = history.reach(metadata)
    assert """columns=['"Si te"', 'bucket DESC NULLS LAST']""" in written_down
    assert "drop_aggregate_index" not in written_down
    assert definitions(connection) == PRINTED
    assert history.differences(metadata) == []
    history.downgrade(metadata)
    assert definitions(connection) == {}


def test_create_all_makes_them(connection: Connection, history: History) -> None:
    """The aggregate of a new database has them."""
    metadata = indexed(*EVERY)
    metadata.create_all(connection)
    connection.commit()
    assert definitions(connection) == PRINTED
    assert history.differences(metadata) == []
    metadata.drop_all(connection)
    connection.commit()


def test_they_are_added_and_dropped(connection: Connection, history: History) -> None:
    """Of an aggregate that stays, a sequence is all that there may be."""
    history.reach(models())
    history.reach(indexed(*EVERY))
    assert definitions(connection) == PRINTED
    assert history.differences(indexed(*EVERY)) == []
    history.reach(indexed(BLOCKS))
    assert list(definitions(connection)) == ["blocks"]
    history.downgrade(indexed(*EVERY))
    assert definitions(connection) == PRINTED
    history.forget(indexed(*EVERY))
    history.reach(models(indexes=Absent(AggregateIndex)))
    assert definitions(connection) == {}
    history.downgrade(indexed(*EVERY))
    history.forget(indexed(*EVERY))
    history.downgrade(models())
    assert definitions(connection) == {}


@pytest.mark.parametrize(
    "changed",
    [
        AggregateIndex("blocks", "device", "bucket"),
        AggregateIndex("blocks", "bucket DESC"),
        AggregateIndex("blocks", "bucket", using="hash"),
        AggregateIndex("blocks", "bucket", include=["device"]),
        AggregateIndex("blocks", definition="brin (bucket) WITH (autosummarize = on)"),
    ],
    ids=str,
)
def test_a_changed_one_is_replaced(
    connection: Connection, history: History, changed: AggregateIndex
) -> None:
    """One of the same name and another definition goes, and comes back downwards."""
    history.reach(indexed(BLOCKS))
    before = definitions(connection)
    assert len(history.differences(indexed(changed))) == 2
    history.reach(indexed(changed))
    after = definitions(connection)
    assert after != before
    assert history.differences(indexed(changed)) == []
    history.downgrade(indexed(BLOCKS))
    assert definitions(connection) == before


def test_it_holds_where_there_are_chunks(
    connection: Connection, history: History
) -> None:
    """Chunks that are there get it, and lose it with the rest."""
    history.reach(models())
    run(
        connection,
        "INSERT INTO readings VALUES ('2026-01-01', 1, 'x', 1), "
        "('2026-03-01', 2, 'y', 2)",
    )
    connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(
        "CALL refresh_continuous_aggregate('hourly', NULL, NULL)"
    )
    connection.commit()
    connection.execution_options(isolation_level="READ COMMITTED")
    of_chunks = (
        "SELECT count(*) FROM pg_indexes WHERE tablename LIKE '_hyper%' "
        "AND indexdef LIKE '%brin%'"
    )
    history.reach(indexed(BLOCKS))
    assert rows(connection, of_chunks) == [(2,)]
    history.downgrade(models())
    assert rows(connection, of_chunks) == [(0,)]


def test_those_that_nobody_declares_are_left_alone(
    connection: Connection, history: History
) -> None:
    """Left out or beside one that is declared alone, others are nobody's business."""
    history.reach(models())
    run(connection, BY_HAND)
    assert history.differences(models()) == []
    assert undeclared(read(connection), models()) == []
    connection.commit()
    history.reach(models(indexes=BLOCKS))
    assert definitions(connection) == MINE | {"blocks": "brin (bucket)"}
    assert history.differences(models(indexes=BLOCKS)) == []
    ((kind, name, _schema, state),) = history.differences(indexed(BLOCKS))
    assert (kind, name, state.name) == ("remove_aggregate_index", "hourly", "mine")


def test_the_servers_own_are_never_seen(
    connection: Connection, history: History
) -> None:
    """Its group indexes, and those without a name, are no difference anywhere."""
    metadata = models(indexes=Absent(AggregateIndex))
    history.reach(metadata)
    run(connection, "CREATE INDEX ON hourly (value)")
    assert history.differences(metadata) == []
    assert "AggregateIndex" not in scaffold(connection)


@pytest.mark.parametrize("declared", [{}, {"indexes": [NEWEST]}])
def test_they_go_along_with_a_new_aggregate(
    connection: Connection, history: History, declared: dict[str, Any]
) -> None:
    """An aggregate that is made anew has its indexes, in both directions."""
    history.reach(models(**declared))
    if not declared:
        run(connection, BY_HAND)
    before = definitions(connection)
    anew = models(width=2 * HOUR, **declared)
    history.reach(anew)
    assert definitions(connection) == before
    assert history.differences(anew) == []
    history.downgrade(models(**declared))
    assert definitions(connection) == before


def test_one_whose_column_goes_goes_too(
    connection: Connection, history: History
) -> None:
    """It cannot be made of a new aggregate without the column, and comes back."""
    history.reach(models())
    run(connection, "CREATE INDEX on_device ON hourly (device)")
    run(connection, BY_HAND)
    history.reach(models(device="unit"))
    assert definitions(connection) == MINE
    history.downgrade(models())
    assert definitions(connection) == MINE | {"on_device": "btree (device)"}


def test_they_come_back_with_a_dropped_aggregate(
    connection: Connection, history: History
) -> None:
    """The downgrade of a drop makes them again."""
    history.reach(indexed(*EVERY))
    history.reach(without_aggregate())
    assert definitions(connection) == {}
    history.downgrade(indexed(*EVERY))
    assert definitions(connection) == PRINTED
    assert history.differences(indexed(*EVERY)) == []


def test_names_and_schemas_are_quoted(connection: Connection, history: History) -> None:
    """An aggregate of any name in any schema has them."""
    run(connection, 'CREATE SCHEMA "The irs"')
    odd = {"name": 'It\'s "odd" %', "schema": "The irs"}
    metadata = indexed(*EVERY, **odd)
    history.reach(metadata)
    assert definitions(connection) == PRINTED
    history.downgrade(metadata)
    history.forget(metadata)
    metadata.create_all(connection)
    connection.commit()
    assert history.differences(metadata) == []
    history.reach(indexed(BLOCKS, **odd))
    assert list(definitions(connection)) == ["blocks"]


def test_they_are_scaffolded(connection: Connection, history: History) -> None:
    """What a database has is written as models declare it, and is no difference."""
    metadata = indexed(*EVERY)
    history.reach(metadata)
    printed = scaffold(connection)
    connection.commit()
    assert "AggregateIndex('blocks', 'bucket', using='brin')" in printed
    assert "AggregateIndex('wide', 'device', include=['value'])" in printed
    assert "definition='btree (abs(device)) WHERE (device > 3)'" in printed
    pasted = MetaData()
    names: dict[str, Any] = {"metadata": pasted}
    exec(printed, names)  # noqa: S102 - as a module of models would
    for each in metadata.tables.values():
        each.to_metadata(pasted)
    assert history.differences(pasted) == []


def test_the_sql_of_each() -> None:
    """Identifiers are quoted, and the drop names the schema that the server uses."""
    keywords = {"index_name": "It's", "schema": "The irs"}
    sql = written(
        "create_aggregate_index",
        "H",
        columns=["Device", '"a b" DESC'],
        include=["order"],
        **keywords,
    )
    assert (
        'CREATE INDEX "It\'s" ON "The irs"."H" USING btree '
        '("Device", "a b" DESC) INCLUDE ("order");'
    ) in sql
    sql = written("drop_aggregate_index", "H", definition="brin (a) x", **keywords)
    assert 'DROP INDEX _timescaledb_internal."It\'s";' in sql


def test_a_definition_that_is_wrong_is_said_by_the_server(
    connection: Connection, history: History
) -> None:
    """The comparison goes on, and the upgrade says what is wrong."""
    history.reach(indexed(BLOCKS))
    wrong = indexed(AggregateIndex("blocks", definition="btree (nothing)!"))
    assert len(history.differences(wrong)) == 2
    with pytest.raises(Exception, match="syntax error"):
        history.reach(wrong)
    connection.rollback()


@pytest.mark.parametrize(
    ("name", "columns", "options", "words"),
    [
        ("x", [], {}, "either columns or a definition"),
        ("x", ["a"], {"definition": "btree (a) "}, "either columns or a definition"),
        ("x", [], {"definition": "f ()", "using": "gin"}, "which says the rest too"),
        ("", ["a"], {}, "1 to 63 bytes"),
        ("ü" * 32, ["a"], {}, "1 to 63 bytes"),
        ("_materialized_hypertable_3_x", ["a"], {}, "gives to its own"),
        ("x", ["a DESC"], {"using": "brin"}, "brin indexes do not keep"),
        ("x", ["a"], {"using": "BRIN", "include": ["b"]}, "brin indexes do not hold"),
        ("x", ["a"], {"unique": True}, "no such indexes of continuous aggregates"),
        ("x", ["a b c"], {}, "not a list of columns"),
    ],
)
def test_what_is_no_index_is_refused(
    name: str, columns: list[str], options: dict[str, Any], words: str
) -> None:
    """A declaration that says too little or too much fails where it is written."""
    with pytest.raises(DeclarationError, match=words):
        AggregateIndex(name, *columns, **options)


def test_what_does_not_suit_the_aggregate_is_refused() -> None:
    """Columns must be there, and names be free in all aggregates."""
    with pytest.raises(DeclarationError, match="x names site, but the aggregate has"):
        indexed(AggregateIndex("x", "site"))
    with pytest.raises(DeclarationError, match="x names site"):
        indexed(AggregateIndex("x", "device", include=["site"]))
    with pytest.raises(DeclarationError, match="each needs a name of its own"):
        indexed(BLOCKS, BLOCKS)
    with pytest.raises(DeclarationError, match=r"Absent\(AggregateIndex\), not \(\)"):
        indexed()
    with pytest.raises(DeclarationError, match="indexes=None has no meaning"):
        models(indexes=None)
    metadata = indexed(BLOCKS)
    query = text("SELECT time_bucket('1 day', ts) AS day FROM readings GROUP BY 1")
    with pytest.raises(DeclarationError, match="blocks is declared twice"):
        ContinuousAggregate(
            "daily",
            query,
            metadata=metadata,
            reads=[table("readings")],
            indexes=AggregateIndex("blocks", "day"),
        )
