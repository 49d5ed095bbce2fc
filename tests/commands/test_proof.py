"""The proof finds every row that is lost or changed, and nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import DBAPIError

from dataforeman_schema.commands.adoption import proof
from dataforeman_schema.commands.adoption.proof import (
    Fingerprint,
    common,
    differences,
    fingerprints,
    report,
    tables,
)
from tests.timescale import sql

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Connection, Engine

PEOPLE = (
    "CREATE TABLE people (id int, first text, last text, CHECK (id > 0)); "
    "CREATE TABLE others (LIKE people); "
    "CREATE TABLE nobody (LIKE people); "
    "INSERT INTO people"
    " VALUES (1, 'Ada', 'Lovelace'), (2, NULL, 'Plato'), (3, '', 'Homer')"
)
OTHER_VALUES = ["people: other values in the same 3 rows"]
DETECTED = {
    "changed value": ("UPDATE people SET last = 'King' WHERE id = 1", OTHER_VALUES),
    "text for NULL": ("UPDATE people SET first = '' WHERE id = 2", OTHER_VALUES),
    "NULL for text": ("UPDATE people SET first = NULL WHERE id = 3", OTHER_VALUES),
    "swapped columns": ("UPDATE people SET first = last, last = first", OTHER_VALUES),
    "shifted columns": (
        "UPDATE people SET first = 'Ada,Love', last = 'lace' WHERE id = 1",
        OTHER_VALUES,
    ),
    "swapped rows": (
        (
            "UPDATE people SET last = CASE id WHEN 1 THEN 'Homer' ELSE 'Lovelace' END"
            " WHERE id <> 2"
        ),
        OTHER_VALUES,
    ),
    "doubled row": (
        "INSERT INTO people SELECT * FROM people WHERE id = 1",
        ["people: 3 rows before, 4 after"],
    ),
    "deleted row": (
        "DELETE FROM people WHERE id = 1",
        ["people: 3 rows before, 2 after"],
    ),
    "doubled for another": (
        (
            "DELETE FROM people WHERE id = 1; "
            "INSERT INTO people SELECT * FROM people WHERE id = 2"
        ),
        OTHER_VALUES,
    ),
    "moved to another table": (
        (
            "WITH gone AS (DELETE FROM people WHERE id = 1 RETURNING *)"
            " INSERT INTO others SELECT * FROM gone"
        ),
        ["others: 0 rows before, 1 after", "people: 3 rows before, 2 after"],
    ),
    "dropped table": (
        "DROP TABLE people; DROP TABLE nobody",
        [
            "nobody: 0 rows before, no such table after",
            "people: 3 rows before, no such table after",
        ],
    ),
}
SILENT = {
    "nothing": "SELECT",
    "another order": "CREATE INDEX by_last ON people (last DESC); "
    "CLUSTER people USING by_last",
    "rows written anew": "UPDATE people SET id = id",
    "VACUUM FULL": "VACUUM FULL people",
    "another type of the same text": "ALTER TABLE people ALTER id TYPE bigint,"
    " ALTER last TYPE varchar(99)",
    "partitions": "ALTER TABLE people RENAME TO first_people; "
    "CREATE TABLE people (LIKE first_people) PARTITION BY RANGE (id); "
    "ALTER TABLE people ATTACH PARTITION first_people FOR VALUES FROM (1) TO (9)",
    "new table": "CREATE TABLE pets AS SELECT * FROM people",
}
READINGS = (
    "CREATE TABLE readings (ts timestamptz NOT NULL, tag int NOT NULL, value float8); "
    "SELECT create_hypertable('readings', 'ts',"
    " chunk_time_interval => interval '1 day'); "
    "INSERT INTO readings SELECT '2026-01-01Z'::timestamptz + n * interval '1 hour',"
    " n % 2, nullif(n / 7.0, 0) FROM generate_series(0, 71) AS n; "
    "ALTER TABLE readings SET"
    " (timescaledb.compress, timescaledb.compress_segmentby = 'tag')"
)
TO_COLUMNSTORE = "SELECT compress_chunk(c) FROM show_chunks('readings') AS c"
TO_ROWSTORE = "SELECT decompress_chunk(c) FROM show_chunks('readings') AS c"
STORAGE = """
SELECT is_compressed, pg_total_relation_size(format('%I.%I', chunk_schema, chunk_name)),
  (SELECT sum(pg_total_relation_size(oid)) FROM pg_class
   WHERE relname LIKE 'compress\\_hyper\\_%' AND relkind = 'r')
FROM timescaledb_information.chunks ORDER BY chunk_name
"""
Found = dict[str, Fingerprint]


@pytest.fixture
def meta_connection(meta_empty_engine: Engine) -> Iterator[Connection]:
    """A connection to an empty database without the extension."""
    with meta_empty_engine.connect() as connection:
        yield connection


@pytest.fixture
def tsdb_connection(tsdb_empty_engine: Engine) -> Iterator[Connection]:
    """A connection to an empty database that has the extension, and a hypertable."""
    with tsdb_empty_engine.connect() as connection:
        run(connection, "CREATE EXTENSION IF NOT EXISTS timescaledb")
        run(connection, READINGS)
        yield connection


def run(connection: Connection, statements: str) -> None:
    """Run statements, each in a transaction of its own: VACUUM goes in no other."""
    connection.commit()
    connection.execution_options(isolation_level="AUTOCOMMIT")
    sql.run(connection, statements)
    connection.execution_options(isolation_level="READ COMMITTED")


def prove(connection: Connection, *, counts_only: Collection[str] = ()) -> Found:
    """Read all that is there."""
    there = tables(connection)
    return fingerprints(connection, there, counts_only=counts_only, say=lambda _: None)


def changed_by(connection: Connection, statements: str) -> list[str]:
    """Say what statements change."""
    before = prove(connection)
    run(connection, statements)
    return differences(before, prove(connection))


@pytest.mark.parametrize(
    ("statements", "expected"), DETECTED.values(), ids=DETECTED.keys()
)
def test_detected(
    meta_connection: Connection, statements: str, expected: list[str]
) -> None:
    """A row or value that is lost, changed or made up is a difference."""
    run(meta_connection, PEOPLE)
    assert changed_by(meta_connection, statements) == expected


@pytest.mark.parametrize("statements", SILENT.values(), ids=SILENT.keys())
def test_silent(meta_connection: Connection, statements: str) -> None:
    """Where and how the server keeps the same rows is no difference."""
    run(meta_connection, PEOPLE)
    before = prove(meta_connection)
    assert before["public.people"].rows == 3
    assert changed_by(meta_connection, statements) == []


@pytest.mark.parametrize("there", ["rowstore", "columnstore"])
@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("UPDATE readings SET value = 0 WHERE value IS NULL", "other values in the"),
        ("UPDATE readings SET value = value + 1e-15 WHERE tag = 1", "other values in"),
        ("DELETE FROM readings WHERE value IS NULL", "72 rows before, 71 after"),
        (
            "INSERT INTO readings SELECT * FROM readings WHERE value IS NULL",
            "72 rows before, 73 after",
        ),
        ("DROP TABLE readings", "72 rows before, no such table after"),
    ],
)
def test_detected_in_hypertable(
    tsdb_connection: Connection, there: str, statements: str, expected: str
) -> None:
    """Rows of hypertables are watched in both stores."""
    if there == "columnstore":
        run(tsdb_connection, TO_COLUMNSTORE)
    [found] = changed_by(tsdb_connection, statements)
    assert found.startswith(f"readings: {expected}")


def test_other_chunks_and_stores(tsdb_connection: Connection) -> None:
    """The same rows are the same in other chunks, in either store and in a table."""
    before = prove(tsdb_connection)
    assert {name: found.rows for name, found in before.items()} == {
        "public.readings": 72
    }
    for statements in (
        TO_COLUMNSTORE,
        TO_ROWSTORE,
        (
            "CREATE TABLE copy AS SELECT * FROM readings; "
            "DROP TABLE readings; ALTER TABLE copy RENAME TO readings"
        ),
        (
            "SELECT create_hypertable('readings', 'ts', migrate_data => true,"
            " chunk_time_interval => interval '10 hours')"
        ),
    ):
        run(tsdb_connection, statements)
        assert prove(tsdb_connection) == before


def test_nothing_is_decompressed(tsdb_connection: Connection) -> None:
    """Reading the columnstore leaves chunks, and their sizes, as they were."""
    run(tsdb_connection, TO_COLUMNSTORE)
    run(tsdb_connection, "INSERT INTO readings VALUES ('2026-01-02 00:00:01Z', 0, 1)")
    before = sql.rows(tsdb_connection, STORAGE)
    assert {is_compressed for is_compressed, *_ in before} == {True}
    assert prove(tsdb_connection)["public.readings"].rows == 73
    tsdb_connection.commit()
    assert sql.rows(tsdb_connection, STORAGE) == before


def test_hidden_columnstore(tsdb_connection: Connection) -> None:
    """A session that is told to overlook the columnstore reads it all the same."""
    before = prove(tsdb_connection)
    run(tsdb_connection, TO_COLUMNSTORE)
    run(tsdb_connection, "SET timescaledb.enable_transparent_decompression = off")
    assert prove(tsdb_connection) == before


def test_empty_chunks_and_tables(tsdb_connection: Connection) -> None:
    """What is empty is proved to be so."""
    run(tsdb_connection, "CREATE TABLE nothing (); DELETE FROM readings")
    assert prove(tsdb_connection) == {
        "public.nothing": Fingerprint(0, "0"),
        "public.readings": Fingerprint(0, "0"),
    }


def test_rows_without_columns(meta_connection: Connection) -> None:
    """Rows of a table that has no columns are counted like others."""
    run(meta_connection, "CREATE TABLE marks (); INSERT INTO marks DEFAULT VALUES")
    again = "INSERT INTO marks DEFAULT VALUES"
    assert changed_by(meta_connection, again) == ["marks: 1 row before, 2 after"]


def test_quoted_names(meta_connection: Connection) -> None:
    """Names may hold whatever PostgreSQL lets them hold."""
    schema, table, column = (f'"{name} ""%s"" :x {{}} \\:y;"' for name in "STC")
    name = f"{schema}.{table}"
    run(
        meta_connection,
        f"CREATE SCHEMA {schema}; CREATE TABLE {name} ({column} text); "  # noqa: S608
        f"INSERT INTO {name} VALUES ('a')",
    )
    assert tables(meta_connection) == {name: [column[1:-1].replace('""', '"')]}
    change = f"UPDATE {name} SET {column} = 'b'"  # noqa: S608
    expected = [f"{name}: other values in the same 1 row"]
    assert changed_by(meta_connection, change) == expected


def test_which_tables(meta_connection: Connection) -> None:
    """Every row counts once: of all schemas, partitions and heirs, but no copies."""
    run(
        meta_connection,
        "CREATE TABLE alembic_version (version_num text); "
        "CREATE TABLE schema_history (); "
        "CREATE SCHEMA legacy; "
        "CREATE TABLE legacy.alembic_version (version_num text); "
        "CREATE TABLE parent (id int, gone int, note text); "
        "ALTER TABLE parent DROP COLUMN gone; "
        "CREATE TABLE heir (more int) INHERITS (parent); "
        "CREATE TABLE parts (id int) PARTITION BY LIST (id); "
        "CREATE TABLE part PARTITION OF parts DEFAULT PARTITION BY LIST (id); "
        "CREATE TABLE small_part PARTITION OF part DEFAULT; "
        "CREATE UNLOGGED TABLE quick (id int); "
        "CREATE TEMPORARY TABLE passing (id int); "
        "INSERT INTO parent VALUES (1); "
        "INSERT INTO heir VALUES (2), (3); "
        "INSERT INTO parts VALUES (1), (2), (3), (4); "
        "CREATE MATERIALIZED VIEW copy AS SELECT * FROM parent; "
        "CREATE VIEW look AS SELECT * FROM parent",
    )
    assert tables(meta_connection) == {
        "legacy.alembic_version": ["version_num"],
        "public.heir": ["id", "note", "more"],
        "public.parent": ["id", "note"],
        "public.parts": ["id"],
        "public.quick": ["id"],
    }
    counted = {name: rows for name, (rows, _) in prove(meta_connection).items()}
    assert counted == {
        "legacy.alembic_version": 0,
        "public.heir": 2,
        "public.parent": 1,
        "public.parts": 4,
        "public.quick": 0,
    }


def test_hypertables_once(tsdb_connection: Connection) -> None:
    """Neither chunks, in whatever schema, nor aggregates are tables by themselves."""
    run(
        tsdb_connection,
        "CREATE SCHEMA elsewhere; "
        "CREATE TABLE elsewhere.r (ts timestamptz NOT NULL); "
        "SELECT create_hypertable('elsewhere.r', 'ts',"
        " associated_schema_name => 'elsewhere'); "
        "INSERT INTO elsewhere.r VALUES ('2026-01-01'), ('2026-03-01'); "
        "CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS"
        " SELECT time_bucket('1 day', ts) AS day, count(*) FROM readings GROUP BY 1",
    )
    counted = {name: rows for name, (rows, _) in prove(tsdb_connection).items()}
    assert counted == {"elsewhere.r": 2, "public.readings": 72}


def test_session_settings(meta_connection: Connection) -> None:
    """What a session is set to changes no checksum, and is set to the same after it."""
    run(
        meta_connection,
        f"{PEOPLE}; "
        "CREATE TABLE kinds AS SELECT '2026-01-02Z'::timestamptz AS ts,"
        " '2026-01-02'::date AS day, '1 day 02:03'::interval AS span,"
        " 1 / 3::float8 AS third, '\\x00ff'::bytea AS raw, 'people'::regclass AS class",
    )
    before = prove(meta_connection)
    settings = {
        "timezone": "Asia/Kolkata",
        "datestyle": "SQL, DMY",
        "intervalstyle": "iso_8601",
        "extra_float_digits": "-10",
        "bytea_output": "escape",
        "search_path": "information_schema",
    }
    run(meta_connection, "; ".join(f"SET {k} TO {v!r}" for k, v in settings.items()))
    assert prove(meta_connection) == before
    for name, value in settings.items():
        assert meta_connection.exec_driver_sql(f"SHOW {name}").scalar() == value


def test_only_counted(tsdb_connection: Connection) -> None:
    """Where rows are only counted, other values are not noticed, and that is said."""
    run(tsdb_connection, TO_COLUMNSTORE)
    before = prove(tsdb_connection, counts_only={"public.readings"})
    assert json.loads(json.dumps(report(before))) == [
        {
            "table": "public.readings",
            "rows": 72,
            "checksum": None,
            "counted_only": True,
        }
    ]
    run(tsdb_connection, "UPDATE readings SET value = 1")
    assert differences(before, prove(tsdb_connection)) == []
    run(tsdb_connection, "DELETE FROM readings WHERE tag = 1")
    found = differences(before, prove(tsdb_connection))
    assert found == ["readings: 72 rows before, 36 after"]


def test_report(meta_connection: Connection) -> None:
    """A report names every table with its rows and checksum."""
    run(meta_connection, PEOPLE)
    nobody, others, people = report(prove(meta_connection))
    assert [nobody["table"], others["table"]] == ["public.nobody", "public.others"]
    assert nobody["checksum"] == others["checksum"] != people["checksum"]
    assert (people["rows"], people["counted_only"]) == (3, False)


def test_columns_that_come_and_go(meta_connection: Connection) -> None:
    """A change that is tried first is proved by the columns that it leaves."""
    run(meta_connection, PEOPLE)
    change = (
        "ALTER TABLE people DROP COLUMN first, ADD COLUMN born date DEFAULT now(),"
        " ADD COLUMN first text; ALTER TABLE nobody DROP COLUMN id, DROP COLUMN first,"
        " DROP COLUMN last"
    )
    there = tables(meta_connection)
    with meta_connection.begin_nested() as trial:
        meta_connection.exec_driver_sql(change)
        left = tables(meta_connection)
        trial.rollback()
    old, new = common(there, left)
    assert old["public.people"] == new["public.people"] == ["id", "first", "last"]
    assert old["public.nobody"] == new["public.nobody"] == []
    before = fingerprints(meta_connection, old, say=print)
    meta_connection.exec_driver_sql(change)
    after = fingerprints(meta_connection, new, say=print)
    assert differences(before, after) == OTHER_VALUES  # "first" is another one
    meta_connection.exec_driver_sql(
        "UPDATE people SET first = CASE id WHEN 1 THEN 'Ada' WHEN 3 THEN '' END"
    )
    after = fingerprints(meta_connection, new, say=print)
    assert differences(before, after) == []


def test_dropped_column_is_not_compared(meta_connection: Connection) -> None:
    """Values of a column that goes are not missed, those of the others are."""
    run(meta_connection, PEOPLE)
    there = tables(meta_connection)
    left = there | {"public.people": ["last", "id", "born"]}
    old, new = common(there, left)
    assert old["public.people"] == new["public.people"] == ["id", "last"]
    before = fingerprints(meta_connection, old, say=print)
    run(meta_connection, "ALTER TABLE people DROP COLUMN first, ADD COLUMN born date")
    assert differences(before, fingerprints(meta_connection, new, say=print)) == []
    run(meta_connection, "UPDATE people SET last = 'King' WHERE id = 1")
    after = fingerprints(meta_connection, new, say=print)
    assert differences(before, after) == OTHER_VALUES


def test_table_set_aside(meta_connection: Connection) -> None:
    """A table that moved is compared where it is now, not with one in its place."""
    run(meta_connection, PEOPLE)
    there = tables(meta_connection)
    before = prove(meta_connection)
    run(
        meta_connection,
        "CREATE SCHEMA old; ALTER TABLE people SET SCHEMA old; "
        "CREATE TABLE people (id int, last text)",
    )
    moved = {"public.people": "old.people"}
    old, new = common(there, tables(meta_connection), moved)
    assert old == there
    assert [*new] == ["public.nobody", "public.others", "old.people"]
    after = fingerprints(meta_connection, new, say=print)
    assert differences(before, after, moved) == []
    run(meta_connection, "DELETE FROM old.people WHERE id = 1")
    after = fingerprints(meta_connection, new, say=print)
    expected = ["people (now old.people): 3 rows before, 2 after"]
    assert differences(before, after, moved) == expected


def test_missing_table_is_not_overlooked(meta_connection: Connection) -> None:
    """A table that goes stays among those to read before, and is missed after."""
    run(meta_connection, PEOPLE)
    there = tables(meta_connection)
    old, new = common(there, {"public.new": ["id"], "public.others": ["id"]})
    assert old == there | {"public.others": ["id"]}
    assert new == {"public.others": ["id"]}
    run(meta_connection, "DROP TABLE people")
    assert "public.people" not in fingerprints(meta_connection, old, say=print)


def test_policies_hide_nothing(meta_connection: Connection) -> None:
    """Rows that a policy would hide are an error, and the transaction can go on."""
    run(meta_connection, PEOPLE)
    for statement in (
        "CREATE ROLE proof_reader",  # gone with the transaction
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO proof_reader",
        "ALTER TABLE people ENABLE ROW LEVEL SECURITY",
        "SET LOCAL ROLE proof_reader",
    ):
        meta_connection.exec_driver_sql(statement)
    with pytest.raises(DBAPIError, match="row-level security policy"):
        prove(meta_connection)
    assert meta_connection.exec_driver_sql("SELECT count(*) FROM people").scalar() == 0
    meta_connection.rollback()


def test_progress(tsdb_connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chunk that is being read is named, but not every one in a second."""
    run(tsdb_connection, "CREATE TABLE a (id int); CREATE TABLE b (id int)")
    there = tables(tsdb_connection)
    said: list[str] = []
    fingerprints(tsdb_connection, there, say=said.append)
    assert said == ["proof of a", "proof of readings"]
    monkeypatch.setattr(proof, "EVERY_S", 0.0)
    said.clear()
    fingerprints(tsdb_connection, there, say=said.append)
    chunks = [f"proof of readings: chunk {number} of 3" for number in (1, 2, 3)]
    assert said == ["proof of a", "proof of b", "proof of readings", *chunks]
