"""Declarations written of a database, pasted beside its tables, are no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL, Column, DateTime, MetaData, Table, column, table, text

from dataforeman_schema.timescale import (
    ContinuousAggregate,
    DeclarationError,
    RefreshPolicy,
    RetentionPolicy,
    Tunable,
)
from dataforeman_schema.timescale.__main__ import main
from dataforeman_schema.timescale.declaration import registry
from dataforeman_schema.timescale.reflect import reflect_features
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.managed import DAY, models
from tests.timescale.sql import run
from tests.timescale.test_property import catalog

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from dataforeman_schema.settings import ConnectionSettings
    from tests.timescale.history import History

COUNTS = (
    "CREATE SCHEMA clock; "
    "CREATE FUNCTION clock.present() RETURNS bigint LANGUAGE sql STABLE "
    "AS 'SELECT 1000::bigint'; "
    'CREATE TABLE clock."Tele.metry %" (n bigint NOT NULL, "a \'b" int, v float); '
    "SELECT create_hypertable('clock.\"Tele.metry %\"', by_range('n', 100)); "
    "SELECT set_integer_now_func('clock.\"Tele.metry %\"', 'clock.present'); "
    'ALTER TABLE clock."Tele.metry %" SET (timescaledb.enable_columnstore, '
    "timescaledb.segmentby = '\"a ''b\"', timescaledb.orderby = 'n'); "
    "CALL add_columnstore_policy('clock.\"Tele.metry %\"', after => 200); "
    "SELECT add_retention_policy('clock.\"Tele.metry %\"', "
    "drop_created_before => INTERVAL '1 year'); "
    'CREATE MATERIALIZED VIEW "class" WITH (timescaledb.continuous) AS '
    "SELECT time_bucket(10, n) AS bucket, "
    "count(*) FILTER (WHERE v::text <> ':x \\:y 5% ''q'' 12:30') AS \"n:1\" "
    'FROM clock."Tele.metry %" GROUP BY 1 WITH NO DATA; '
    "SELECT add_continuous_aggregate_policy('class', 300, 100, INTERVAL '1 hour'); "
    "SELECT add_continuous_aggregate_policy('class', 100, 10, INTERVAL '10 min')"
)
PAUSE = (
    "SELECT alter_job(job_id, scheduled => false) "
    "FROM timescaledb_information.jobs WHERE proc_name IN "
    "('policy_compression', 'policy_columnstore') OR config ->> 'end_offset' = '10'"
)
SCHEMAS = (None, "clock")


def paste(connection: Connection, printed: str) -> MetaData:
    """Run what was printed and declare it on the tables of the database."""
    metadata = MetaData()
    names: dict[str, Any] = {"metadata": metadata}
    exec(printed, names)  # noqa: S102 - as a module of models would
    found = MetaData()
    for schema in SCHEMAS:
        found.reflect(connection, schema=schema)
    for each in found.tables.values():
        where = f"{each.schema}_{each.name}" if each.schema else each.name
        key = "".join(c if c.isalnum() else "_" for c in where).lower()
        features = names.get(f"{key}_features", ())
        Table(
            each.name,
            metadata,
            *features,
            schema=each.schema,
            autoload_with=connection,
        )
    return metadata


def create(connection: Connection) -> None:
    """Make tables and aggregates with every feature of a time column."""
    models().create_all(connection)
    connection.commit()
    run(connection, "CREATE SCHEMA clock")


def test_what_is_printed_is_no_difference(
    connection: Connection, history: History
) -> None:
    """Models with every declaration that is printed agree with the database."""
    create(connection)
    printed = scaffold(connection)
    pasted = paste(connection, printed)
    assert history.differences(pasted) == []
    assert "Not declared" not in printed
    for name in ("Hypertable", "Columnstore", "RetentionPolicy", "ReorderPolicy"):
        assert f"    {name}(" in printed


def test_what_is_printed_makes_the_same(connection: Connection) -> None:
    """Models with what is printed create the database anew as it was."""
    create(connection)
    before = catalog(connection)
    pasted = paste(connection, scaffold(connection))
    pasted.drop_all(connection)
    pasted.create_all(connection)
    connection.commit()
    assert catalog(connection) == before


def test_integers_schemas_and_strange_names(
    connection: Connection, history: History
) -> None:
    """Another schema, an integer time column, colons and quotes are written right."""
    run(connection, COUNTS)
    printed = scaffold(connection)
    assert "IntegerNow('present', schema='clock')" in printed
    pasted = paste(connection, printed)
    assert history.differences(pasted) == []
    before = catalog(connection)
    pasted.drop_all(connection)
    pasted.create_all(connection)
    connection.commit()
    assert catalog(connection) == before


def test_what_cannot_be_declared_is_in_comments(
    connection: Connection, history: History
) -> None:
    """A paused policy is left out and named, and the rest is no difference."""
    run(connection, COUNTS)
    run(connection, PAUSE)
    printed = scaffold(connection)
    assert history.differences(paste(connection, printed)) == []
    notes = printed.partition("# Not declared:\n")[2].splitlines()
    assert all(line.startswith("#   ") for line in notes)
    for note in ("columnstore policy, paused", "refresh policy, paused"):
        assert any(note in line for line in notes)


def test_an_empty_database_needs_no_declaration(connection: Connection) -> None:
    """Where there is no hypertable nothing is printed."""
    assert scaffold(connection).strip() == ""


def test_ages_are_tunable_for_the_comparison(connection: Connection) -> None:
    """Reflected for a comparison, policies have ages that operators may change."""
    create(connection)
    metadata = MetaData()
    metadata.reflect(connection, only=["readings"])
    reflect_features(connection, metadata)
    readings = metadata.tables["readings"]
    policy = registry(metadata).present(readings, RetentionPolicy)
    assert policy is not None
    assert isinstance(policy.drop_after, Tunable)
    assert policy.schedule_interval is None


def test_the_command_prints_them(
    tsdb_empty_engine: Engine,
    tsdb_empty_database: ConnectionSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command prints what the function writes, and ends well."""
    with tsdb_empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS timescaledb")
        models().create_all(connection)
        printed = scaffold(connection)
    assert main(["scaffold", url(tsdb_empty_database)]) == 0
    assert capsys.readouterr().out == printed


def test_a_database_without_the_extension_is_refused(
    plain_database: ConnectionSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where TimescaleDB is missing, one line says so."""
    given = url(plain_database)
    assert main(["scaffold", given]) == 1
    assert error(capsys).endswith("has no TimescaleDB")


def url(settings: ConnectionSettings) -> str:
    """The address of a database, as a person writes it."""
    made = URL.create("postgresql", query=dict(settings.keywords))
    return made.render_as_string(hide_password=False)


def error(capsys: pytest.CaptureFixture[str]) -> str:
    """The only line of the standard error."""
    streams = capsys.readouterr()
    assert streams.out == ""
    (line,) = streams.err.splitlines()
    return line


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://u:s3cret@nowhere.invalid/x",
        "postgresql://u:s3c@s3cret@localhost/x",
        "postgresql://u:5432@localhost:s3cret/x",
        "postgresql://localhost:1/x?password=s3cret",
        "postgresql://localhost:1/x?nothing=s3cret",
        "postgresql+nothing://u:s3cret@localhost/x",
        "mysql://u:s3cret@localhost/x",
        "s3cret",
    ],
)
def test_errors_are_one_line_without_the_password(
    given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be read is said in a line that shows no password."""
    assert main(["scaffold", given]) == 1
    line = error(capsys)
    assert line.startswith("error: ")
    assert "s3c" not in line


def test_a_notesays_what_it_reads() -> None:
    """The query of an aggregate may be a text, with its tables and columns."""
    metadata = MetaData()
    query = text("SELECT time_bucket('1 day', ts) AS day FROM readings GROUP BY 1")
    with pytest.raises(DeclarationError, match="reads no table"):
        ContinuousAggregate("daily", query, metadata=metadata)
    readings = Table("readings", metadata, Column("ts", DateTime(timezone=True)))
    typed = query.columns(column("day", DateTime(timezone=True)))
    daily = ContinuousAggregate(
        "daily",
        typed,
        metadata=metadata,
        reads=[readings],
        refresh=RefreshPolicy(None, DAY, DAY),
    )
    assert daily.definition == query.text
    assert daily.table.c.keys() == ["day"]
    assert list(daily.roots()) == [(None, "readings")]
    bare = ContinuousAggregate(
        "bare", query, metadata=metadata, reads=[table("readings")]
    )
    assert bare.table.c.keys() == []


def test_a_noteis_refused_where_schemas_stand_for_others() -> None:
    """A query that names its tables itself is never made of the wrong ones."""
    query = text("SELECT time_bucket('1 day', ts) AS day FROM readings GROUP BY 1")
    daily = ContinuousAggregate(
        "daily", query, metadata=MetaData(), reads=[table("readings")]
    )
    with pytest.raises(DeclarationError, match="write it as a select"):
        daily.definition_in({None: "elsewhere"})
