"""A superuser's commands, where another role made what it would like them to run."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from psycopg2 import Error

from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, alembic, run, upgrade, variables
from tests.commands.places import execute, query
from tests.commands.traps import ON_OURS, OTHERS, OVERLOADS, RECORDS, SCHEMA, Trap
from tests.trees import head, tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dataforeman_schema.settings import ConnectionSettings

OURS = BIN / "dataforeman-schema"
CREATE = """
CREATE FUNCTION {}({}) RETURNS {} IMMUTABLE LANGUAGE plpgsql AS
'BEGIN PERFORM nextval(''{}''); RETURN NULL; END'
"""
ONE_CLASS = "WITH c AS (SELECT * FROM pg_class LIMIT 1) "
SPRUNG = """
SET search_path = pg_catalog;
SELECT sequencename FROM pg_sequences
WHERE schemaname = 'mine' AND last_value IS NOT NULL
"""


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
    for trap in traps:
        run_it = f"{SCHEMA}.run_{number(trap)}"
        sequence = f"{SCHEMA}.sprung_{number(trap)}"
        statements += (
            f"CREATE SEQUENCE {sequence}",
            CREATE.format(run_it, trap.takes, trap.gives, sequence),
            trap.make.replace("{run}", run_it),
        )
    statements += [
        f"ALTER SEQUENCE {SCHEMA}.sprung_{number(trap)} RESTART" for trap in traps
    ]
    execute(settings, ";".join(statements))


def number(trap: Trap) -> int:
    """Number a trap."""
    known = (*OVERLOADS, *OTHERS, *ON_OURS)
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


@pytest.fixture
def trapped_pair(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> Iterator[tuple[ConnectionSettings, ConnectionSettings]]:
    """Two databases at head with every trap that needs no table of ours."""
    places = meta_database, tsdb_database
    with attacker(meta_database) as meta_role, attacker(tsdb_database) as tsdb_role:
        for place, role in zip(places, (meta_role, tsdb_role), strict=True):
            lay(place, role, (*OVERLOADS, *OTHERS))
        yield places


def test_looking_runs_nothing_of_others(
    trapped_pair: tuple[ConnectionSettings, ConnectionSettings],
) -> None:
    """What another role made is not run by any command, which all say what is true."""
    meta, tsdb = trapped_pair
    environ = variables(meta) | variables(tsdb)
    assert upgrade(**environ).stdout.count("nothing to do") == 2
    shown = run(OURS, "status", **environ)
    assert f"{len(tables(META)) + 1} tables" in shown.stdout, shown
    assert "hypertable tag_values: by ts, chunk interval 1 day" in shown.stdout
    verified = run(OURS, "verify", **environ)
    assert verified.returncode == 0, verified
    planned = upgrade("--plan", **environ)
    assert planned.returncode == 0, planned
    for database in (META, TSDB):
        adopted = run(OURS, "adopt", database.name, "--plan", **environ)
        assert adopted.returncode == 0, adopted
        for command in (("current",), ("check",), ("upgrade", "head")):
            result = alembic("-n", database.name, *command, **environ)
            assert result.returncode == 0, result
        current = alembic("-n", database.name, "current", **environ)
        assert current.stdout == f"{head(database)} (head)\n"
    assert sprung(meta) == sprung(tsdb) == set()
    traps = (*OVERLOADS, *OTHERS)
    spring(meta, traps)
    assert [trap.name for trap in traps if number(trap) not in sprung(meta)] == []


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
        assert run(OURS, "status", **environ).returncode == 0
        assert alembic("-n", "meta", "check", **environ).returncode == 255
        assert sprung(meta_database) == set()
        spring(meta_database, ON_OURS)
        laid = {number(trap) for trap in ON_OURS}
        assert sprung(meta_database) == laid


def test_revisions_do_not_run_overloads(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Before the first revision a migration refuses what one would run by mistake."""
    environ = variables(meta_database) | variables(tsdb_database)
    with attacker(meta_database) as role:
        lay(meta_database, role, OVERLOADS)
        for result in (
            alembic("-n", "meta", "downgrade", "-1", **environ),
            alembic("-n", "meta", "downgrade", "base", **environ),
        ):
            assert result.returncode != 0
            assert "a revision would run the" in result.stderr
        assert sprung(meta_database) == set()


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
            run(OURS, "status", **environ),
            run(OURS, "verify", **environ),
            alembic("-n", "meta", "current", **environ),
            alembic("-n", "meta", "upgrade", "head", **environ),
        ):
            assert result.returncode != 0, result
            assert "Traceback" not in result.stderr
        assert sprung(meta_empty_database) == set()
