"""A superuser's commands, where another role made what it would like them to run."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import uuid4

import pytest
from psycopg2 import Error

from dataforeman_schema.cli import VERBS
from dataforeman_schema.commands.status import read_status
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.timescale.__main__ import main as timescale
from tests.commands import BIN, alembic, run, upgrade, url, variables
from tests.commands.places import execute, query
from tests.commands.test_status_activity import METRIC
from tests.commands.traps import (
    OF_EXTENSION,
    OF_READINGS,
    ON_OURS,
    OTHERS,
    OVERLOADS,
    RECORDS,
    SCHEMA,
    SHADOWS,
    Trap,
)
from tests.trees import copy_trees, head

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from dataforeman_schema.settings import ConnectionSettings

OURS = BIN / "dataforeman-schema"
CREATE = """
CREATE FUNCTION {}({}) RETURNS {} IMMUTABLE LANGUAGE plpgsql AS
'BEGIN {}; RETURN NULL; END'
"""
RUNS = "PERFORM nextval(''{}'')"
ONE_CLASS = "WITH c AS (SELECT * FROM pg_class LIMIT 1) "
SPRUNG = """
SET search_path = pg_catalog;
SELECT sequencename FROM pg_sequences
WHERE schemaname = 'mine' AND last_value IS NOT NULL
"""


class Look(NamedTuple):
    """A command, what it says, and its exit code."""

    command: str
    expected: str
    code: int = 0

    def run(self, environ: Mapping[str, str], **words: str) -> CompletedProcess[str]:
        """Run it; words stand for what differs from run to run."""
        program, *arguments = self.command.format_map(words).split()
        if program == "alembic":
            return alembic(*arguments, **environ)
        if program == "timescale":
            with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
                code = timescale(arguments)
            return CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
        return run(OURS, program, *arguments, **environ)


@contextmanager
def attacker(settings: ConnectionSettings) -> Iterator[str]:
    """Make a role that owns the database and may create in public."""
    role = f"attacker_{uuid4().hex[:12]}"
    execute(
        settings,
        f'CREATE ROLE {role}; ALTER DATABASE "{settings.database}" OWNER TO {role};'
        f"GRANT CREATE ON SCHEMA public TO {role};"
        f"CREATE SCHEMA {SCHEMA} AUTHORIZATION {role}; SET ROLE {role};"
        f"CREATE TABLE public.theirs (a integer);"
        f"CREATE TYPE {SCHEMA}.kind AS ENUM ('a')",
    )
    try:
        yield role
    finally:
        user = settings.keywords["user"]
        execute(
            settings,
            f'ALTER DATABASE "{settings.database}" OWNER TO "{user}";'
            f"DROP OWNED BY {role} CASCADE; DROP ROLE {role}",
        )


def lay(settings: ConnectionSettings, role: str, traps: Sequence[Trap]) -> None:
    """Make traps as the role, and forget what making them ran."""
    statements = [f"SET ROLE {role}"]
    database = f'"{settings.database}"'
    for trap in traps:
        run_it = f"{SCHEMA}.run_{number(trap)}"
        sequence = f"{SCHEMA}.sprung_{number(trap)}"
        statements += (
            f"CREATE SEQUENCE {sequence}",
            CREATE.format(run_it, trap.takes, trap.gives, RUNS.format(sequence)),
            trap.make.replace("{run}", run_it).replace("{database}", database),
        )
    statements += [
        f"ALTER SEQUENCE {SCHEMA}.sprung_{number(trap)} RESTART" for trap in traps
    ]
    execute(settings, ";".join(statements))


def number(trap: Trap) -> int:
    """Number a trap."""
    known = (*OVERLOADS, *SHADOWS, *OF_EXTENSION, *OTHERS, *ON_OURS)
    return known.index(trap) if trap in known else len(known)


def sprung(settings: ConnectionSettings) -> set[int]:
    """Tell which traps ran, by their numbers."""
    return {int(name.rpartition("_")[2]) for (name,) in query(settings, SPRUNG)}


def spring(settings: ConnectionSettings, traps: Iterable[Trap]) -> None:
    """Do in an ordinary session what each trap waits for."""
    for trap in traps:
        bait = trap.bait.replace("{run}", f"{SCHEMA}.run_{number(trap)}")
        if bait.startswith("SELECT"):
            bait = ONE_CLASS + bait
        with closing(connect(settings)) as connection:
            try:
                connection.cursor().execute(bait)
            except Error:  # what a trap returns need not do
                continue


ON_META: Final = (*OVERLOADS, *SHADOWS, *OTHERS)
ON_TSDB: Final = (*ON_META, *OF_EXTENSION)
LOOKS: Final = (
    Look("upgrade", "(?s)nothing to do.*nothing to do"),
    Look("upgrade --plan", "nothing to do"),
    Look("upgrade --telemetry-urls sites", "plant: at tsdb_.*nothing to do"),
    Look("status --format prometheus", r'_up\{database="meta"} 1.*\n.*="tsdb"} 1'),
    Look("verify", "(?s)as it should be.*as it should be"),
    Look("health", r"(?s)healthy, at meta_\d+\n.*healthy"),
    Look("wait", "(?s)answers.*answers"),
    Look("config --show", "PGHOST"),
    Look("adopt --plan", "(?s)nothing to adopt.*nothing to adopt"),
    Look("lint --against {meta} --against {tsdb}", "^$"),
    Look("backup --to .", "(?s)theirs is in the dump.*may run the function"),
    Look("restore-check {dump}", "would run the function", code=1),
    Look("downgrade tsdb", "a revision would run the", code=1),
    Look("alembic -n meta downgrade base", "a revision would run the", code=1),
    Look("alembic -n tsdb upgrade head", ""),
    Look("alembic -n meta current", rf"{head(META)} \(head\)"),
    Look("alembic -n meta check", "No new upgrade operations"),
    Look("alembic -n tsdb check", "No new upgrade operations"),
    Look("revision meta -m Repair", "The models and the database agree"),
    Look("revision tsdb -m Repair", "The models and the database agree"),
    Look("timescale scaffold {tsdb}", "tag_values_features = "),
    Look("timescale fill {tsdb}", "it would run the function", code=1),
)
"""What looks at a pair at head, or refuses to run what others made there."""

WITHOUT: Final = {"release"}
"""Verbs that need no database."""


def test_every_command_is_tried() -> None:
    """No verb is left out here."""
    assert {look.command.split()[0] for look in LOOKS} | WITHOUT == {
        *VERBS,
        "alembic",
        "timescale",
    }


@pytest.fixture
def trapped_pair(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> Iterator[tuple[ConnectionSettings, ConnectionSettings]]:
    """Two databases at head with every trap that needs no table of ours."""
    with attacker(meta_database) as meta_role, attacker(tsdb_database) as tsdb_role:
        lay(meta_database, meta_role, ON_META)
        lay(tsdb_database, tsdb_role, ON_TSDB)
        yield meta_database, tsdb_database


def test_looking_runs_nothing_of_others(
    trapped_pair: tuple[ConnectionSettings, ConnectionSettings],
    tmp_path: Path,
) -> None:
    """What another role made is not run by any command, which all say what is true."""
    meta, tsdb = trapped_pair
    environ = variables(meta) | variables(tsdb)
    with_trees = environ | {"PYTHONPATH": str(copy_trees(tmp_path))}  # to write into
    sites = Path("sites")
    sites.touch(0o600)
    sites.write_text(f"plant {url(tsdb)}\n", "utf-8")
    for look in LOOKS:
        dumps = sorted(map(str, Path().glob("*.dump")))
        there = with_trees if look.command.startswith("revision") else environ
        done = look.run(there, meta=url(meta), tsdb=url(tsdb), dump="".join(dumps[:1]))
        assert done.returncode == look.code, (look.command, done)
        assert re.search(look.expected, done.stdout + done.stderr), done
        assert "Traceback" not in done.stderr
    for place, laid in ((meta, ON_META), (tsdb, OF_EXTENSION)):
        assert sprung(place) == set()
        spring(place, laid)
        assert [trap.name for trap in laid if number(trap) not in sprung(place)] == []


def test_looking_at_a_table_of_another_runs_nothing_of_it(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What a table of ours calls is named where it differs, and not evaluated."""
    environ = variables(meta_database) | variables(tsdb_database)
    with attacker(meta_database) as role:
        execute(meta_database, f"ALTER TABLE connections OWNER TO {role}")
        lay(meta_database, role, ON_OURS)
        assert upgrade(**environ).stdout.count("nothing to do") == 2
        verified = run(OURS, "verify", **environ)
        assert verified.returncode == 1, verified
        for what in ("column type of table connections", "connections_type_check"):
            assert what in verified.stdout, verified.stdout
        assert alembic("-n", "meta", "check", **environ).returncode == 255
        dumped = run(OURS, "backup", "meta", **environ)
        assert "connections is in the dump, but its rows were not" in dumped.stdout
        adopted = run(OURS, "adopt", "meta", "--plan", **environ)
        assert adopted.returncode == 0, adopted
        assert sprung(meta_database) == set()
        spring(meta_database, ON_OURS)
        laid = {number(trap) for trap in ON_OURS}
        assert sprung(meta_database) == laid


def test_status_reads_nothing_past_a_check_of_another(
    tsdb_database: ConnectionSettings,
) -> None:
    """The readings of a hypertable that would run its owner's function are not seen."""
    with attacker(tsdb_database) as role:
        execute(tsdb_database, f"{METRIC} ALTER TABLE system_metrics OWNER TO {role}")
        assert newest_metric(tsdb_database)
        lay(tsdb_database, role, [OF_READINGS])
        assert newest_metric(tsdb_database) is None
        assert sprung(tsdb_database) == set()
        spring(tsdb_database, [OF_READINGS])
        assert sprung(tsdb_database) == {number(OF_READINGS)}


def newest_metric(settings: ConnectionSettings) -> datetime | None:
    """Say what status knows of the newest row of system_metrics."""
    found = {each.name: each for each in read_status(TSDB, settings, 0).hypertables}
    return found["system_metrics"].newest_reading


def test_restored_overloads(
    meta_database: ConnectionSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is like the server's own is restored, and not run by the comparison."""
    monkeypatch.setattr(f"{__name__}.RUNS", "RAISE EXCEPTION ''sprung %'', ''{}''")
    environ = variables(meta_database)
    with attacker(meta_database) as role:
        lay(meta_database, role, OVERLOADS)
        dumped = run(OURS, "backup", "meta", **environ)
        assert dumped.returncode == 0, dumped
        [dump] = Path().glob("*.dump")
        restored = run(OURS, "restore-check", dump, **environ)
    assert "all as they were" in restored.stdout, restored


def test_new_database_with_overloads(
    meta_empty_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Nothing is loaded into a schema where others' functions would run."""
    environ = variables(meta_empty_database) | variables(tsdb_database)
    with attacker(meta_empty_database) as role:
        lay(meta_empty_database, role, OVERLOADS)
        result = upgrade(**environ)
        assert result.returncode == 1
        assert "a revision would run the" in result.stderr
        assert sprung(meta_empty_database) == set()


def test_history_with_a_trigger(
    meta_empty_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """No revision is recorded in a table that another role made to run its code."""
    environ = variables(meta_empty_database) | variables(tsdb_database)
    trap = Trap(
        "history",
        "CREATE TABLE public.schema_history (revision text);"
        "CREATE FUNCTION mine.t() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM {run}(); RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE INSERT ON schema_history"
        " FOR EACH STATEMENT EXECUTE FUNCTION mine.t()",
        "",
    )
    with attacker(meta_empty_database) as role:
        lay(meta_empty_database, role, [trap])
        result = alembic("-n", "meta", "upgrade", "head", **environ)
        assert result.returncode != 0
        assert "would run the trigger t on schema_history of role" in result.stderr
        assert sprung(meta_empty_database) == set()


@pytest.mark.parametrize("trap", RECORDS, ids=lambda trap: trap.name)
def test_record_of_another(
    meta_empty_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
    trap: Trap,
) -> None:
    """What another role put in the place of the record of revisions is not read."""
    environ = variables(meta_empty_database) | variables(tsdb_database)
    with attacker(meta_empty_database) as role:
        lay(meta_empty_database, role, [trap])
        for result in (
            upgrade(**environ),
            run(OURS, "verify", **environ),
            alembic("-n", "meta", "current", **environ),
        ):
            assert result.returncode != 0, result
            assert "Traceback" not in result.stderr
        assert sprung(meta_empty_database) == set()
