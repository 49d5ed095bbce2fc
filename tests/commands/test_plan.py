"""`dataforeman-schema upgrade --plan` says what an upgrade does, and does nothing."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import NullPool

from dataforeman_schema.catalog import snapshot
from dataforeman_schema.commands.plan.catalog import read_relations
from dataforeman_schema.commands.plan.documented import documented_locks
from dataforeman_schema.commands.plan.show import WAITS
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from tests.commands import assert_refused, upgrade, variables
from tests.commands.checking import new_role
from tests.commands.json_schemas import assert_fits
from tests.commands.kinds import (
    META_KINDS,
    TSDB_KINDS,
    release,
    upgrade_watched,
)
from tests.commands.places import (
    absent_database,
    execute,
    query,
    wait_until_blocking,
)
from tests.documents import documented_keys, keys
from tests.full import times
from tests.trees import copy_trees, following, head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

EVENTS = times(20_000, 2_000_000)
CHUNKS = times(20, 500)
FILL_META = f"""
INSERT INTO audit_events (action, outcome, target_id)
SELECT 'auth.login', 'success', 'user ' || n FROM generate_series(1, {EVENTS}) AS n;
ANALYZE
"""  # noqa: S608 - a number
FILL_TSDB = f"""
INSERT INTO system_metrics (ts, metric_name, value)
SELECT '2026-01-01 UTC'::timestamptz + n * interval '1 day', 'cpu_pct', n
FROM generate_series(1, {CHUNKS}) AS n;
INSERT INTO tag_values (connection_id, tag_id, ts)
SELECT gen_random_uuid(), 1, '2026-01-01 UTC'::timestamptz + n * interval '1 day'
FROM generate_series(1, {CHUNKS}) AS n;
SELECT compress_chunk(chunk) FROM show_chunks('tag_values') AS chunk LIMIT 1;
ANALYZE
"""  # noqa: S608 - a number

Plan = dict[str, Any]


@dataclass(frozen=True)
class Pair:
    """Two databases at head on a server without TimescaleDB; no test changes them."""

    meta: ConnectionSettings
    tsdb: ConnectionSettings

    def variables(self, meta: ConnectionSettings | None = None) -> dict[str, str]:
        """Lead to them, or to another metadata database."""
        places = variables(meta or self.meta) | variables(self.tsdb)
        return places | {"TSDB_TIMESCALEDB": "optional"}

    @contextmanager
    def copy(self) -> Iterator[ConnectionSettings]:
        """Provide a copy of the metadata database."""
        with absent_database(self.meta) as settings:
            execute(
                self.meta.replace(dbname="postgres"),
                f"CREATE DATABASE {settings.database} TEMPLATE {self.meta.database}",
            )
            yield settings


@pytest.fixture(scope="module")
def pair(plain_server: ConnectionSettings) -> Iterator[Pair]:
    """Databases with many events and the rest as it was released."""
    tsdb_server = read_settings(TSDB.variables, {}).replace(**plain_server.keywords)
    with absent_database(plain_server) as meta, absent_database(tsdb_server) as tsdb:
        made = Pair(meta, tsdb)
        result = upgrade(**made.variables())
        assert result.returncode == 0, result
        execute(meta, FILL_META)
        yield made


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both trees, the metadata's with a revision that has every kind of statement."""
    folder = copy_trees(tmp_path_factory.mktemp("kinds"))
    release(folder, META, *META_KINDS)
    return folder


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of both trees of revisions, which the commands take."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return copy_trees(tmp_path)


def plan(environ: dict[str, str], *options: str, code: int = 0) -> tuple[Plan, Plan]:
    """Plan an upgrade, for programs."""
    result = upgrade("--plan", "--json", *options, **environ)
    assert result.returncode == code, result
    document = json.loads(result.stdout)
    assert_fits("upgrade-plan", document)
    meta, tsdb = document["databases"]
    return meta, tsdb


def statements(planned: Plan) -> dict[str, Plan]:
    """Return what the only revision of a plan runs, by its text."""
    [made] = planned["revisions"]
    assert made["unknown"] is None
    return {each["sql"]: each for each in made["statements"]}


def locks(statement: Plan) -> set[tuple[str, ...]]:
    """Name table, part and mode of each lock of a planned statement."""
    return {(lock["table"], lock["part"], lock["mode"]) for lock in statement["locks"]}


def seen(locked: list[list[Any]]) -> set[tuple[str, ...]]:
    """Name the same of what a second session saw."""
    return {tuple(lock[:3]) for lock in locked}


def contents(settings: ConnectionSettings) -> tuple[object, ...]:
    """Read what a plan could leave: tables, rows, and other databases."""
    databases = query(settings, "SELECT datname FROM pg_database ORDER BY 1")
    rows = query(settings, "SELECT count(*) FROM schema_history, audit_events")
    with create_engine(settings, poolclass=NullPool).connect() as connection:
        return snapshot(connection, without=()), rows, databases


@pytest.fixture(scope="module")
def planned(pair: Pair, kinds: Path) -> Plan:
    """The plan of every kind of statement, which is made without a trace."""
    before = contents(pair.meta)
    meta, tsdb = plan({**pair.variables(), "PYTHONPATH": str(kinds)})
    assert contents(pair.meta) == before
    assert tsdb["does"] == "nothing to do"
    return meta


def test_locks_of_metadata(pair: Pair, kinds: Path, planned: Plan) -> None:
    """Every kind of statement locks what the plan says, as another session sees it."""
    made = statements(planned)
    assert list(made) == list(META_KINDS)
    with pair.copy() as copy:
        really = upgrade_watched(**pair.variables(copy), PYTHONPATH=str(kinds))
    for sql, statement in made.items():
        assert locks(statement) == seen(really[sql]), sql
        assert {lock["source"] for lock in statement["locks"]} <= {"measured"}


def test_costs(planned: Plan) -> None:
    """It says what is read, written, built and lost, of how many rows and bytes."""
    made = list(statements(planned).values())
    reads = {n for n, each in enumerate(made) if "audit_events" in each["scans"]}
    assert reads == {1, 4, 6, 7}
    writes = {n: each["rewrites"] for n, each in enumerate(made) if each["rewrites"]}
    assert writes == {4: ["audit_events"], 10: ["units_of_measure"]}
    loses = {
        n: (loss["table"], loss["column"], loss["retyped"])
        for n, each in enumerate(made)
        for loss in each["loses"]
    }
    assert loses == {
        10: ("units_of_measure", "id", True),
        13: ("audit_events", "target_id", False),
        16: ("dashboard_configs", None, False),
    }
    [facts] = [each for each in planned["tables"] if each["name"] == "audit_events"]
    about = pytest.approx(EVENTS, rel=0.05)
    assert made[13]["loses"][0]["count"] == facts["rows"] == about
    size = facts["bytes"] + facts["index_bytes"]
    assert made[4]["disk_bytes"] == size > made[1]["disk_bytes"] > EVENTS * 10


def test_role_that_creates_no_databases(pair: Pair, kinds: Path, planned: Plan) -> None:
    """It gets documented and greatest possible locks: none is missing or weaker."""
    measured = statements(planned)
    with least_role(pair.meta) as settings:
        environ = {**pair.variables(settings), "PYTHONPATH": str(kinds)}
        meta, _ = plan(environ)
    [warning] = meta["warnings"]
    assert "CREATEDB" in warning
    documented = documented_keys("key of `upgrade --plan --json`")
    assert set(keys({"databases": [meta]})) == documented
    most: dict[str, int] = {}
    least: dict[str, int] = {}
    for sql, statement in statements(meta).items():
        take_most(most, statement)
        take_most(least, measured[sql])
        assert not {table for table in least if least[table] > most[table]}, sql


@contextmanager
def least_role(settings: ConnectionSettings) -> Iterator[ConnectionSettings]:
    """Make a role that may read a database and make schemas there, no more."""
    with new_role(settings, "LOGIN") as role:
        execute(
            settings,
            f"GRANT CREATE ON DATABASE {settings.database} TO {role};"
            f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        )
        yield settings.replace(user=role)


def test_tables_that_no_revision_made(pair: Pair, trees: Path) -> None:
    """Where no database can be made for the plan, it stops at tables of others."""
    release(trees, META, "ALTER TABLE others ADD COLUMN a int")
    with pair.copy() as copy, least_role(copy) as settings:
        role = settings.keywords["user"]
        execute(copy, f"CREATE TABLE others (); ALTER TABLE others OWNER TO {role}")
        meta, _ = plan(pair.variables(settings), "--allow-drift", code=1)
        columns = "SELECT FROM information_schema.columns WHERE table_name = 'others'"
        assert query(copy, columns) == []
    [made] = meta["revisions"]
    assert made["unknown"] == "it locks others, which no revision before it makes"


def take_most(held: dict[str, int], statement: Plan) -> None:
    """Add to what is held, by table, how strong the locks of a statement are."""
    for lock in statement["locks"]:
        if lock["part"] == "table":
            strength = [*WAITS].index(lock["mode"])
            held[lock["table"]] = max(held.get(lock["table"], -1), strength)


def test_locks_of_telemetry(
    trees: Path, meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Statements on hypertables lock what the plan says, and all of their chunks."""
    release(trees, TSDB, *TSDB_KINDS)
    execute(tsdb_database, FILL_TSDB)
    environ = variables(meta_database) | variables(tsdb_database)
    _, tsdb = plan(environ)
    made = statements(tsdb)
    assert list(made) == list(TSDB_KINDS)
    chunks = {table["name"]: table["chunks"] for table in tsdb["tables"]}
    assert chunks == {"tag_values": CHUNKS, "system_metrics": CHUNKS}
    assert made[TSDB_KINDS[2]]["rewrites"] == ["system_metrics"]
    really = upgrade_watched(**environ)
    for sql, statement in made.items():
        assert locks(statement) == seen(really[sql]), sql
    for table, sql in zip(("tag_values", "system_metrics"), TSDB_KINDS, strict=False):
        locked = {lock[3] for lock in really[sql] if lock[:2] == [table, "chunks"]}
        assert len(locked) >= CHUNKS


def test_for_people(pair: Pair, trees: Path) -> None:
    """A table that another session has locked is not waited for, and named so."""
    release(trees, META, "ALTER TABLE audit_events DROP COLUMN target_id")
    with closing(connect(pair.meta)) as connection:
        connection.cursor().execute("LOCK TABLE audit_events")
        result = upgrade("--dry-run", **pair.variables())
    assert result.returncode == 0, result
    for words in (
        f"at {head(META)}, would run {following(META)}",
        "ACCESS EXCLUSIVE on audit_events (about ",
        "locked by another session",
        "readers and writers wait",
        "values of audit_events.target_id",
    ):
        assert words in result.stdout


CONCURRENT = (
    "CREATE INDEX CONCURRENTLY new ON held (id)",
    "REINDEX INDEX CONCURRENTLY new",
    "DROP INDEX CONCURRENTLY new",
)


def test_documented_locks(meta_empty_database: ConnectionSettings) -> None:
    """What runs outside of a transaction locks, while it waits, what is documented."""
    execute(meta_empty_database, "CREATE TABLE held (id int)")
    engine = create_engine(meta_empty_database, poolclass=NullPool)
    for sql in CONCURRENT:
        with (
            engine.connect() as writer,
            closing(connect(meta_empty_database)) as reader,
            ThreadPoolExecutor() as pool,
        ):
            [lock] = documented_locks(sql, read_relations(reader))
            reader.rollback()
            writer.exec_driver_sql("INSERT INTO held VALUES (1)")
            running = pool.submit(execute, meta_empty_database, sql)
            wait_until_blocking(writer)
            found = writer.exec_driver_sql(
                "SELECT DISTINCT mode FROM pg_locks WHERE pid <> pg_backend_pid()"
                " AND relation = 'held'::regclass AND mode <> 'AccessShareLock'"
            )
            assert found.scalars().all() == [lock.mode], sql
            writer.rollback()
            running.result(timeout=60)


def test_revision_that_fails(pair: Pair, trees: Path) -> None:
    """What is known up to there is said, then why no more is, and it exits with 1."""
    works = "CREATE INDEX CONCURRENTLY new ON jobs (type)"
    failing = release(trees, META, works, "DROP TABLE nowhere")
    later = release(trees, META, works, nth=2, before=failing)
    meta, _ = plan(pair.variables(), "--allow-drift", code=1)
    first, second = meta["revisions"]
    assert (first["revision"], second["revision"]) == (failing, later)
    [done] = first["statements"]
    assert (done["sql"], done["in_transaction"]) == (works, False)
    [lock] = done["locks"]
    assert (lock["table"], lock["source"]) == ("jobs", "documented")
    assert lock["mode"] == "ShareUpdateExclusiveLock"
    assert [index["name"] for index in done["builds"]] == ["new"]
    assert '"nowhere" does not exist' in first["unknown"]
    assert second["unknown"] == "a revision before it fails"


AT_FIRST = "UPDATE alembic_version SET version_num = 'meta_001'"


@pytest.mark.parametrize(
    "breakage",
    [
        "DROP TABLE alembic_version",
        "UPDATE alembic_version SET version_num = 'meta_999'",
        "UPDATE alembic_version SET version_num = 'tsdb_001'",
        "DROP TABLE poll_groups CASCADE",
        "ALTER DATABASE {} SET timescaledb.restoring = 'on'",
        f"ALTER TABLE users DROP COLUMN display_name; {AT_FIRST}",
    ],
)
def test_same_refusals(pair: Pair, breakage: str) -> None:
    """Whatever an upgrade refuses, the plan refuses in the same line."""
    with pair.copy() as copy:
        execute(copy, breakage.format(copy.database))
        planned = upgrade("--plan", **pair.variables(copy))
        assert_refused(planned)
        assert planned.stderr == upgrade(**pair.variables(copy)).stderr


def test_new_databases(plain_server: ConnectionSettings, pair: Pair) -> None:
    """Of missing and empty databases it says what is made, and makes nothing."""
    with absent_database(plain_server) as meta, absent_database(pair.tsdb) as tsdb:
        execute(pair.tsdb, f"CREATE DATABASE {tsdb.database}")
        environ = pair.variables(meta) | variables(tsdb)
        result = upgrade("--plan", **environ)
        assert result.stdout.splitlines() == [
            "metadata database: at nothing, would create it and load it with "
            + head(META),
            f"telemetry database: at nothing, would load it with {head(TSDB)}",
        ]
        exists = f"SELECT FROM pg_database WHERE datname = '{meta.database}'"
        assert query(pair.meta, exists) == []
    result = upgrade("--plan", **pair.variables())
    assert [line.partition(", ")[2] for line in result.stdout.splitlines()] == [
        "nothing to do",
        "nothing to do",
    ]


def test_json_without_plan() -> None:
    """An upgrade itself prints no JSON."""
    result = upgrade("--json")
    assert result.returncode == 2
    assert "--json goes with --plan" in json.loads(result.stdout)["error"]
