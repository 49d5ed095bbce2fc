"""States in which `adopt` refuses: one line, and nothing is changed."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple

import pytest
from click.testing import CliRunner
from sqlalchemy import NullPool, text

from dataforeman_schema.cli import main
from dataforeman_schema.commands.adoption.proof import fingerprints, tables
from dataforeman_schema.databases import LOCK_KEY, META, TSDB
from dataforeman_schema.engine import create_engine
from tests.commands import variables
from tests.commands.checking import new_role
from tests.commands.places import execute, unused_port
from tests.installations import Installation
from tests.installations.catalog import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from dataforeman_schema.settings import ConnectionSettings
    from tests.installations.fixtures import Templates

    Disturb = Callable[[Installation], AbstractContextManager[dict[str, str]]]

FORM = "v0.2.1"


class State(NamedTuple):
    """A pair that is not to be adopted.

    Attributes:
        named: What is said of it.
        meta: What made the metadata database so.
        tsdb: What made the telemetry database so.
        disturb: What else makes it so, while it is tried: it gives the variables.
        tree: Which of the two is to be adopted, where that is not both.
        arguments: What else the command is told.
    """

    named: str
    meta: str = ""
    tsdb: str = ""
    disturb: Disturb = lambda _installation: nullcontext({})
    tree: str = ""
    arguments: tuple[str, ...] = ()

    @property
    def trees(self) -> tuple[str, ...]:
        """The databases that it is about."""
        if tree := self.tree or (self.meta and "meta") or (self.tsdb and "tsdb"):
            return (tree,)
        return ("meta", "tsdb")


@contextmanager
def swapped(pair: Installation) -> Iterator[dict[str, str]]:
    """Name each database where the other one is expected."""
    yield _elsewhere(pair.meta, "TSDB_") | _elsewhere(pair.tsdb, "PG")


@contextmanager
def one_for_both(pair: Installation) -> Iterator[dict[str, str]]:
    """Name the telemetry database twice."""
    yield _elsewhere(pair.tsdb, "PG")


def _elsewhere(settings: ConnectionSettings, prefix: str) -> dict[str, str]:
    was = settings.variables.prefix
    found = variables(settings).items()
    return {name.replace(was, prefix, 1): value for name, value in found}


@contextmanager
def no_telemetry(_pair: Installation) -> Iterator[dict[str, str]]:
    """Name a server that is not there."""
    yield {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": unused_port()}


@contextmanager
def few_rights(pair: Installation) -> Iterator[dict[str, str]]:
    """Have a role adopt that may only read."""
    with new_role(pair.meta, "LOGIN PASSWORD 'secret'") as role:
        grant = f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"
        execute(pair.meta, grant)
        yield {"PGUSER": role, "PGPASSWORD": "secret"}


@contextmanager
def nobodys_tables(pair: Installation) -> Iterator[dict[str, str]]:
    """Have a role adopt that may do all that the tables' owner does not keep."""
    with new_role(pair.meta, "LOGIN PASSWORD 'secret'") as role:
        database = pair.meta.database
        execute(
            pair.meta,
            f"GRANT CREATE ON DATABASE {database} TO {role}; "
            f"GRANT ALL ON SCHEMA public TO {role}; "
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}",
        )
        yield {"PGUSER": role, "PGPASSWORD": "secret"}


def holding(statement: str) -> Disturb:
    """Have another session hold what a statement takes."""

    @contextmanager
    def hold(pair: Installation) -> Iterator[dict[str, str]]:
        engine = create_engine(pair.meta, poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))
            yield {}

    return hold


@contextmanager
def restoring(pair: Installation) -> Iterator[dict[str, str]]:
    """Leave a restore unfinished; the embedded server keeps its one database."""
    name = f'"{pair.tsdb.database}"'
    execute(pair.tsdb, f"ALTER DATABASE {name} SET timescaledb.restoring TO on")
    try:
        yield {}
    finally:
        execute(pair.tsdb, f"ALTER DATABASE {name} RESET timescaledb.restoring")


STATES = {
    "readings among the metadata": State(
        "table tag_values is of the other database and has 1 rows",
        "INSERT INTO tag_values (connection_id, tag_id) VALUES (gen_random_uuid(), 1)",
    ),
    "a chart in no folder": State(
        "chart_configs_folder_id_fkey",
        "UPDATE chart_configs SET folder_id = gen_random_uuid() "
        "WHERE id = (SELECT min(id::text)::uuid FROM chart_configs)",
    ),
    "a column of another type": State(
        "column name of table connections",
        "ALTER TABLE connections ALTER name TYPE varchar(200)",
    ),
    "a missing column": State(
        "column email of table users is not that of our revisions",
        "ALTER TABLE users DROP COLUMN email",
    ),
    "other values": State(
        "constraint connections_type_check of table connections allows other values",
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check; "
        "ALTER TABLE connections ADD CONSTRAINT connections_type_check "
        "CHECK (type <> '')",
    ),
    "a row that breaks a CHECK": State(
        'check constraint "connections_type_check" of relation "connections" is '
        "violated by some row",
        "ALTER TABLE connections DROP CONSTRAINT connections_type_check; "
        "UPDATE connections SET type = 'fax' WHERE type <> 'system'",
    ),
    "none of our tables": State(
        "none of our tables",
        "DROP TABLE connections, tag_metadata, poll_groups CASCADE",
    ),
    "two roles twice": State(
        "user_roles_pkey",
        "ALTER TABLE user_roles DROP CONSTRAINT user_roles_user_id_role_id_key; "
        "INSERT INTO user_roles SELECT * FROM user_roles LIMIT 1",
    ),
    "another program's tables": State(
        "which nothing else made",
        "DROP TABLE pgmigrations; ALTER TABLE connections ADD driver text NOT NULL "
        "DEFAULT ''",
    ),
    "a revision of somebody else": State(
        "the metadata database is at my_own_1, which dataforeman-schema",
        "CREATE TABLE alembic_version (version_num text); "
        "INSERT INTO alembic_version VALUES ('my_own_1')",
    ),
    "stamped metadata": State(
        "somebody stamped it",
        "CREATE TABLE alembic_version (version_num text); "
        "INSERT INTO alembic_version VALUES ('meta_002')",
    ),
    "stamped telemetry": State(
        "somebody stamped it",
        tsdb="CREATE TABLE alembic_version (version_num text); "
        "INSERT INTO alembic_version VALUES ('tsdb_002')",
    ),
    "a table that takes the name": State(
        'relation "tag_values" already exists in schema "set_aside"',
        "CREATE SCHEMA set_aside; CREATE TABLE set_aside.tag_values (mine int)",
    ),
    "a view of metrics": State(
        "view mine reads system_metrics, whose columns change",
        tsdb="CREATE VIEW mine AS SELECT ts, v_num FROM system_metrics",
    ),
    "an aggregate of metrics": State(
        "continuous aggregate hourly reads system_metrics, whose columns change",
        tsdb="CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS "
        "SELECT time_bucket('1 hour', ts), avg(v_num) FROM system_metrics GROUP BY 1 "
        "WITH NO DATA",
    ),
    "metrics that are set aside already": State(
        "set_aside.system_metrics already",
        tsdb="CREATE SCHEMA set_aside; CREATE TABLE set_aside.system_metrics (m int)",
    ),
    "a restore that is not finished": State(
        "is in restoring mode", tree="tsdb", disturb=restoring
    ),
    "metrics of unknown size": State(
        "cannot be estimated: its parts moved are on another server",
        tsdb="CREATE FOREIGN DATA WRAPPER away; "
        "CREATE SERVER away FOREIGN DATA WRAPPER away; "
        "CREATE FOREIGN TABLE moved () INHERITS (system_metrics) SERVER away",
    ),
    "a read-only database": State(
        "nothing can be written there",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET "
        "default_transaction_read_only TO on', current_database()); END $$",
    ),
    "in each other's place": State("none of our tables", disturb=swapped),
    "one database for both": State("none of our tables", disturb=one_for_both),
    "no telemetry server": State("cannot connect to", disturb=no_telemetry),
    "a role that may only read": State("GRANT CREATE", disturb=few_rights, tree="meta"),
    "a role that owns no table": State(
        "must be owner of", disturb=nobodys_tables, tree="meta"
    ),
    "another migration": State(
        "another migration is at work",
        disturb=holding(f"SELECT pg_advisory_lock({LOCK_KEY})"),
        tree="meta",
        arguments=("--lock-wait", "0"),
    ),
    "a locked table": State(
        "a table stayed locked by pid",
        disturb=holding("LOCK TABLE connections"),
        tree="meta",
        arguments=("--lock-wait", "0"),
    ),
}


def adopt(
    installation: Installation, *arguments: str, **environ: str
) -> tuple[int, str, str]:
    """Run the command in this process; return its exit code and what it says."""
    result = CliRunner().invoke(
        main, ["adopt", *arguments], env=installation.environ | environ
    )
    return result.exit_code, result.stdout, result.stderr


def state(settings: ConnectionSettings) -> list[Any]:
    """Read a database's catalog and the checksums of its rows."""
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        found = fingerprints(connection, tables(connection), say=lambda _: None)
    return [read(settings), found]


def assert_one_line(code: int, stdout: str, stderr: str) -> None:
    """Assert that a command failed, and said why in one line."""
    assert (code != 0, stdout, stderr.count("\n")) == (True, "", 1), stderr
    assert "Traceback" not in stderr
    assert "unexpected" not in stderr


@contextmanager
def pair(templates: Templates, trees: tuple[str, ...]) -> Iterator[Installation]:
    """Provide what a state is about; the other database is only where names are."""
    with (
        templates.get(FORM, META, rows=trees == ("meta",)).copy() as meta,
        nullcontext(templates.servers[TSDB])
        if trees == ("meta",)
        else templates.get(FORM, TSDB, rows=False).copy() as tsdb,
    ):
        yield Installation(FORM, meta, tsdb)


@pytest.mark.parametrize("what", STATES)
def test_refused(installation_templates: Templates, what: str) -> None:
    """What keeps a pair from being adopted is named, and neither is changed."""
    refused = STATES[what]
    with pair(installation_templates, refused.trees) as installation:
        places = {"meta": installation.meta, "tsdb": installation.tsdb}
        for tree, change in (("meta", refused.meta), ("tsdb", refused.tsdb)):
            if change:
                execute(places[tree], change)
        before = [state(places[tree]) for tree in refused.trees]
        chosen = refused.trees if len(refused.trees) == 1 else ()
        with refused.disturb(installation) as environ:
            said = adopt(installation, *chosen, *refused.arguments, **environ)
        assert_one_line(*said)
        assert refused.named in said[2]
        assert [state(places[tree]) for tree in refused.trees] == before


@pytest.mark.parametrize("installation", ["v0.4.4", "v0.6.0"], indirect=True)
def test_a_later_release(installation: Installation) -> None:
    """A release that this one does not know is named, and nothing is changed."""
    before = [state(installation.meta), state(installation.tsdb)]
    said = adopt(installation)
    assert_one_line(*said)
    assert "which this release does not know" in said[2]
    assert [state(installation.meta), state(installation.tsdb)] == before
