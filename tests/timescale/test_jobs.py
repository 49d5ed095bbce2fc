"""Jobs that run somebody's own procedures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Column, DateTime, MetaData, Table, create_engine

from dataforeman_schema.timescale import (
    DeclarationError,
    Hypertable,
    Job,
    Months,
    NoJob,
    RetentionPolicy,
    Tunable,
)
from dataforeman_schema.timescale.catalog import read
from dataforeman_schema.timescale.notes import tuned, undeclared
from dataforeman_schema.timescale.releases import FEATURES, JOB_NAMES
from dataforeman_schema.timescale.scaffold import scaffold
from tests.timescale.sql import rows, run
from tests.timescale.test_sql import written

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ODD = 'Clean "up" 100% it\'s'
QUOTED = '"Clean ""up"" 100% it\'s"'
START = datetime(2024, 5, 6, 7, tzinfo=UTC)
PROCEDURE = "CREATE PROCEDURE {}(int, jsonb) LANGUAGE sql AS 'SELECT 1'"
CHECK = "CREATE FUNCTION {}(jsonb) RETURNS void LANGUAGE sql AS 'SELECT'"
PROCEDURES = "; ".join(
    [
        "CREATE SCHEMA ours",
        *(PROCEDURE.format(it) for it in ("clean_up", f"ours.{QUOTED}")),
        *(CHECK.format(it) for it in ("is_right", 'ours."Is it"')),
    ]
)
# Everything that is set of the jobs, and nothing that is chosen by the clock. A start
# that a schedule got when it became fixed stays when it is loose again, to no effect.
JOBS = (
    "SELECT regexp_replace(application_name, ' \\[\\d+\\]$', ''), schedule_interval, "
    "max_runtime, max_retries, retry_period, proc_schema, proc_name, scheduled, "
    "fixed_schedule, config, timezone, check_schema, check_name, "
    "CASE WHEN initial_start < '2025-01-01' THEN initial_start END, "
    "fixed_schedule AND initial_start IS NULL FROM {} "
    "WHERE id >= 1000 AND proc_schema !~ '^_time' ORDER BY 1, 2, config::text"
)
TABLE = (
    "SELECT coalesce(to_regclass('_timescaledb_catalog.bgw_job'), "
    "to_regclass('_timescaledb_config.bgw_job'))::text"
)
NUMBERS = (
    "SELECT job_id FROM timescaledb_information.jobs WHERE job_id >= 1000 ORDER BY 1"
)


@pytest.fixture(autouse=True)
def procedures(connection: Connection) -> None:
    """Procedures that jobs run, one of them with an odd name."""
    run(connection, PROCEDURES)


def jobs(connection: Connection) -> list[tuple[Any, ...]]:
    """What is set of the jobs that there are."""
    ((table,),) = rows(connection, TABLE)
    return rows(connection, JOBS.format(table))


def numbers(connection: Connection) -> list[int]:
    """The numbers of the jobs, which tell whether one is new."""
    return [number for (number,) in rows(connection, NUMBERS)]


def models(*settings: dict[str, Any], no: dict[str, Any] | None = None) -> MetaData:
    """A table and jobs of the given settings, daily if they do not say otherwise."""
    metadata = MetaData()
    time = Column("ts", DateTime(timezone=True), nullable=False)
    Table("readings", metadata, time, Hypertable("ts"))
    daily: dict[str, Any] = {"procedure": "clean_up", "schedule_interval": DAY}
    for given in settings:
        Job(**daily | given, metadata=metadata)
    if no is not None:
        NoJob(**{"procedure": "clean_up"} | no, metadata=metadata)
    return metadata


FULL = {
    "procedure": ODD,
    "schema": "ours",
    "name": 'Nightly: it\'s 100% "odd"',
    "schedule_interval": timedelta(days=2, hours=3),
    "config": {"keep": [1, 2.5, None, True], "what": {"it's": '50% "x" :y \\'}},
    "initial_start": START,
    "fixed_schedule": True,
    "timezone": "Europe/Berlin",
    "scheduled": False,
    "max_runtime": HOUR,
    "max_retries": 3,
    "retry_period": timedelta(minutes=7),
    "check_config": "Is it",
    "check_schema": "ours",
}
EMPTY: dict[str, Any] = {}

# What is declared at first and then. What the server is asked for changes in place if
# there are as many jobs as before.
CHANGES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "one more": ([], [{}]),
    "with everything": ([], [FULL]),
    "schedule": ([{}], [{"schedule_interval": HOUR}]),
    "months": ([{}], [{"schedule_interval": Months(1)}]),
    "months and days": (
        [{}],
        [{"schedule_interval": Months(1, DAY), "fixed_schedule": False}],
    ),
    "config": ([{"config": {"keep": 1}}], [{"config": {"keep": True}}]),
    "config emptied": ([{"config": {"keep": 1}}], [{"config": {}}]),
    "limits": (
        [{"max_retries": 3, "max_runtime": HOUR, "retry_period": HOUR}],
        [{"max_retries": -1, "max_runtime": timedelta(0), "retry_period": DAY}],
    ),
    "paused": ([{}], [{"scheduled": False}]),
    "runs again": ([{"scheduled": False}], [{"scheduled": True}]),
    "fixed": ([{"fixed_schedule": False}], [{"fixed_schedule": True}]),
    "no longer fixed": ([{}], [{"fixed_schedule": False}]),
    "start": ([{"initial_start": START}], [{"initial_start": START + DAY}]),
    "start of a loose schedule": (
        [{"fixed_schedule": False, "initial_start": START}],
        [{"fixed_schedule": True}],
    ),
    "time zone": ([{}], [{"timezone": "Asia/Tokyo"}]),
    "another time zone": (
        [{"timezone": "Europe/Berlin"}],
        [{"timezone": "Asia/Tokyo"}],
    ),
    "name": ([{}], [{"name": "nightly"}]),
    "check": ([{}], [{"check_config": "is_right"}]),
    "check in another schema": (
        [{"check_config": "is_right"}],
        [{"check_config": "Is it", "check_schema": "ours"}],
    ),
    "all of one": (
        [FULL],
        [FULL | {"config": {}, "max_retries": 1, "schedule_interval": DAY}],
    ),
    "one of several by config": (
        [{"config": {"n": 1}}, {"config": {"n": 2}}],
        [{"config": {"n": 1}}, {"config": {"n": 3}}],
    ),
    "one of several by name": (
        [{"name": "a", "config": {"n": 1}}, {"name": "b", "config": {"n": 1}}],
        [{"name": "b", "config": {"n": 1}}, {"name": "a", "config": {"n": 2}}],
    ),
    "unmanaged": ([FULL], [{k: FULL[k] for k in list(FULL)[:4]}]),
    "left out": ([{}], []),
}


@pytest.mark.parametrize("case", sorted(CHANGES))
def test_jobs_come_and_change(
    connection: Connection, history: History, case: str
) -> None:
    """A revision brings the jobs to what is declared, and its downgrade them back."""
    before, after = CHANGES[case]
    history.reach(models(*before))
    had, were = jobs(connection), numbers(connection)
    wanted = models(*after)
    history.reach(wanted)
    assert history.differences(wanted) == []
    if len(before) == len(after):
        assert numbers(connection) == were
    history.downgrade(wanted)
    assert jobs(connection) == had
    assert history.differences(models(*before)) == []


def test_a_job_with_everything(connection: Connection, history: History) -> None:
    """Every setting gets to the server."""
    history.reach(models(FULL))
    assert jobs(connection) == [
        (
            FULL["name"],
            FULL["schedule_interval"],
            HOUR,
            3,
            timedelta(minutes=7),
            "ours",
            ODD,
            False,
            True,
            FULL["config"],
            "Europe/Berlin",
            "ours",
            "Is it",
            START,
            False,
        )
    ]


def test_it_is_written_as_an_operation(history: History) -> None:
    """Revisions hold readable calls, with what changes and which job it is."""
    text = history.reach(models({"config": {"keep": 1}}))
    settings = "schedule_interval=timedelta(days=1), config={'keep': 1}"
    assert f"op.add_job('clean_up', {settings})" in text
    assert f"op.remove_job('clean_up', {settings})" in text
    text = history.reach(models({"config": {"keep": 1}, "max_retries": 5}))
    assert text.count("op.alter_job(") == 2
    assert "existing_config={'keep': 1}" in text
    assert "existing_max_retries=-1" in text
    assert "schedule_interval" not in text


@pytest.mark.parametrize(
    "given",
    [
        [EMPTY],
        [FULL],
        [{"config": {"n": 1}}, {"config": {"n": 2}}],
        [{"name": "a"}, {"name": "b"}, EMPTY],
    ],
)
def test_create_all_makes_them(
    connection: Connection, history: History, given: list[dict[str, Any]]
) -> None:
    """create_all() adds each once, and drop_all() removes it, however often."""
    metadata = models(*given)
    for _ in range(2):
        metadata.create_all(connection)
        connection.commit()
    assert len(jobs(connection)) == len(given)
    assert history.differences(metadata) == []
    run(connection, "SELECT add_job('is_right', '1 day')")
    for _ in range(2):
        metadata.drop_all(connection)
        connection.commit()
    assert [job[6] for job in jobs(connection)] == ["is_right"]


def test_what_is_not_managed_is_never_lost(
    connection: Connection, history: History
) -> None:
    """A change in place leaves what somebody set by hand, the next start as well."""
    history.reach(models(EMPTY))
    run(
        connection,
        'SELECT alter_job(job_id, max_retries => 9, config => \'{"by": "hand"}\', '
        "timezone => 'Asia/Tokyo', next_start => '2096-02-03', "
        "check_config => 'is_right', scheduled => false) "
        "FROM timescaledb_information.jobs WHERE proc_name = 'clean_up'",
    )
    had = jobs(connection)
    history.reach(models({"max_runtime": HOUR}))
    (job,) = jobs(connection)
    assert job[2] == HOUR
    assert (*job[:2], *job[3:]) == (*had[0][:2], *had[0][3:])
    starts = "SELECT next_start::date::text FROM timescaledb_information.jobs "
    assert ("2096-02-03",) in rows(connection, starts)
    history.downgrade(models(EMPTY))
    assert jobs(connection) == had


BY_HAND = {
    "schedule": ("schedule_interval => INTERVAL '2 hours'", "schedule_interval"),
    "config": ("config => '{\"n\": 2}'", "config"),
    "truth": ("config => '{\"n\": true}'", "config"),
    "paused": ("scheduled => false", "scheduled"),
    "retries": ("max_retries => 7", "max_retries"),
    "start": ("initial_start => '2024-01-01Z'", "initial_start"),
    "time zone": ("max_runtime => NULL", "timezone"),
}


@pytest.mark.parametrize("case", sorted(BY_HAND))
def test_a_change_by_hand_is_named(
    connection: Connection, history: History, case: str
) -> None:
    """Whatever somebody changes of what is declared is a difference, and is mended."""
    change, setting = BY_HAND[case]
    metadata = models(
        {
            "config": {"n": 1},
            "scheduled": True,
            "max_retries": 3,
            "initial_start": START,
            "timezone": "Europe/Berlin",
        }
    )
    history.reach(metadata)
    had = jobs(connection)
    timezone = "" if case == "time zone" else ", timezone => 'Europe/Berlin'"
    run(
        connection,
        f"SELECT alter_job(job_id, {change}{timezone}) "  # noqa: S608
        "FROM timescaledb_information.jobs WHERE proc_name = 'clean_up'",
    )
    ((kind, procedure, schema, old, new),) = history.differences(metadata)
    assert (kind, procedure, schema) == ("modify_job", "clean_up", None)
    assert setting in new.differing(old)
    history.reach(metadata)
    assert jobs(connection) == had


def test_a_job_that_is_gone_is_named(connection: Connection, history: History) -> None:
    """One that somebody deletes is added again."""
    metadata = models({"config": {"n": 1}})
    history.reach(metadata)
    had = jobs(connection)
    delete = "SELECT delete_job(job_id) FROM timescaledb_information.jobs "
    run(connection, f"{delete} WHERE proc_name = 'clean_up'")
    ((kind, *_),) = history.differences(metadata)
    assert kind == "add_job"
    history.reach(metadata)
    assert jobs(connection) == had


FOREIGN = "SELECT add_job('clean_up', '1 day', config => '{\"theirs\": true}'"


@pytest.mark.parametrize(
    ("declared", "theirs"),
    [
        ([{"config": {"n": 1}}], f"{FOREIGN})"),
        ([{"name": "ours"}], f"{FOREIGN})"),
        ([{"name": "ours"}], f"{FOREIGN}, job_name => 'theirs')"),
        ([{"config": {"n": 1}}, {"config": {"n": 2}}], f"{FOREIGN})"),
        ([{"config": {"theirs": True}}], f"{FOREIGN})"),
        ([{"schedule_interval": HOUR}], f"{FOREIGN}, job_name => 'theirs')"),
        ([], f"{FOREIGN})"),
    ],
)
def test_other_jobs_are_left_alone(
    connection: Connection,
    history: History,
    declared: list[dict[str, Any]],
    theirs: str,
) -> None:
    """A job that no model declares is noted, and stays as it is in every direction."""
    history.reach(models(*declared))
    run(connection, theirs)
    had, were = jobs(connection), numbers(connection)
    assert history.differences(models(*declared)) == []
    found = undeclared(read(connection), models(*declared))
    (note,) = [it.text for it in found if it.relation.name == "clean_up"]
    assert note.endswith(": runs every 1 day")
    changed = models(*(job | {"max_retries": 8} for job in declared))
    history.reach(changed)
    assert history.differences(changed) == []
    history.downgrade(changed)
    assert jobs(connection) == had
    assert numbers(connection) == were
    metadata = models(*declared)
    metadata.drop_all(connection)
    connection.commit()
    assert were[-1] in numbers(connection)


def test_a_declared_job_that_is_gone_is_no_other_one(
    connection: Connection, history: History
) -> None:
    """One of several that is gone is added, and another's is not taken for it."""
    both = models({"name": "a", "config": {"n": 1}}, {"name": "b", "config": {"n": 1}})
    history.reach(both)
    delete = "SELECT delete_job(job_id) FROM timescaledb_information.jobs "
    run(connection, f"{delete} WHERE application_name ~ '^b '; {FOREIGN})")
    ((kind, *_),) = history.differences(both)
    assert kind == "add_job"


@pytest.mark.parametrize(
    ("before", "no", "left"),
    [
        ([EMPTY], {}, []),
        ([FULL], {"procedure": ODD, "schema": "ours"}, []),
        ([{"config": {"n": 1}}, {"config": {"n": 2}}], {}, []),
        ([{"name": "a"}, {"name": "b"}], {"name": "a"}, ["b"]),
    ],
)
def test_there_must_be_none(
    connection: Connection,
    history: History,
    before: list[dict[str, Any]],
    no: dict[str, Any],
    left: list[str],
) -> None:
    """What must not be is removed, and the downgrade brings everything back."""
    history.reach(models(*before))
    had = jobs(connection)
    nothing = models(no=no)
    kinds = [difference[0] for difference in history.differences(nothing)]
    assert kinds == ["remove_job"] * (len(before) - len(left))
    text = history.reach(nothing)
    assert "op.remove_job(" in text
    assert [job[0] for job in jobs(connection)] == left
    assert history.differences(nothing) == []
    assert [it for it in undeclared(read(connection), nothing) if not left] == []
    history.downgrade(nothing)
    assert jobs(connection) == had


def test_a_missing_procedure_is_named(history: History) -> None:
    """A procedure that is not there fails with the server's own words."""
    with pytest.raises(Exception, match=r"nowhere.* does not exist"):
        history.reach(models({"procedure": "nowhere"}))


def test_a_procedure_is_looked_for_where_it_is_declared(
    connection: Connection, history: History
) -> None:
    """One elsewhere on the search path is not taken, nor would it be found again."""
    run(connection, PROCEDURE.format("ours.only_here"))
    run(connection, "SET search_path = public, ours")
    with pytest.raises(Exception, match=r"public.only_here.* does not exist"):
        history.reach(models({"procedure": "only_here"}))


def test_schemas_that_stand_for_others(
    connection: Connection, history: History
) -> None:
    """Under a schema_translate_map the job runs the procedure of the other schema."""
    run(connection, PROCEDURE.format("ours.clean_up"))
    moved = connection.execution_options(schema_translate_map={"theirs": "ours"})

    def models_of(check: str | None) -> MetaData:
        metadata = MetaData()
        checked = {"check_config": check, "check_schema": check and "theirs"}
        where: dict[str, Any] = {"schema": "theirs", **checked}
        Job("clean_up", schedule_interval=DAY, metadata=metadata, **where)
        return metadata

    metadata = models_of("Is it")
    metadata.create_all(moved)
    moved.commit()
    (job,) = jobs(moved)
    assert (job[5], *job[11:13]) == ("ours", "ours", "Is it")
    assert history.differences(metadata) == []
    run(connection, CHECK.format("ours.is_well"))
    history.reach(models_of("is_well"))
    assert history.differences(models_of("is_well")) == []
    history.downgrade(metadata)
    assert jobs(moved) == [job]
    metadata.drop_all(moved)
    moved.commit()
    assert jobs(moved) == []
    connection.execution_options(schema_translate_map={})


def test_a_tunable_schedule(connection: Connection, history: History) -> None:
    """An operator's schedule is no difference, is listed, and outlives a revision."""
    tunable = {"schedule_interval": Tunable(DAY)}
    history.reach(models(tunable))
    assert jobs(connection)[0][1] == DAY
    run(
        connection,
        "SELECT alter_job(job_id, schedule_interval => INTERVAL '3 hours') "
        "FROM timescaledb_information.jobs WHERE proc_name = 'clean_up'",
    )
    assert history.differences(models(tunable)) == []
    (note,) = tuned(read(connection), models(tunable))
    assert note.relation.name == "clean_up"
    assert note.text == ("job: schedule_interval is 3 hours; new databases get 1 day")
    history.reach(models(tunable | {"max_retries": 2}))
    assert jobs(connection)[0][1] == 3 * HOUR


def test_they_are_read_from_a_database(
    connection: Connection, history: History
) -> None:
    """A scaffold declares each job: there is no difference, and all is as it was."""
    before = models(
        FULL,
        {"config": {"n": 1}},
        {"config": {"n": 2}, "fixed_schedule": False, "scheduled": False},
    )
    before.create_all(connection)
    connection.commit()
    had = jobs(connection)
    printed = scaffold(connection)
    connection.commit()
    assert "Not declared" not in printed
    assert "Job(\n    'clean_up'" in printed or "Job('clean_up'," in printed
    metadata = MetaData()
    exec(printed, {"metadata": metadata})  # noqa: S102 - as a module of models would
    time = Column("ts", DateTime(timezone=True), nullable=False)
    Table("readings", metadata, time, Hypertable("ts"))
    assert history.differences(metadata) == []
    assert undeclared(read(connection), metadata) == []
    metadata.drop_all(connection)
    metadata.create_all(connection)
    connection.commit()
    assert jobs(connection) == had


def test_jobs_that_look_alike_are_not_declared(
    connection: Connection, history: History
) -> None:
    """Of two that nobody can tell apart one is declared, the other one noted."""
    run(connection, f"{FOREIGN}); {FOREIGN})")
    printed = scaffold(connection)
    connection.commit()
    assert printed.count("Job(") == 1
    assert printed.endswith("#   clean_up: job: runs every 1 day\n")
    metadata = MetaData()
    exec(printed, {"metadata": metadata})  # noqa: S102 - as a module of models would
    assert history.differences(metadata) == []


def test_a_job_comes_after_what_it_works_on(
    connection: Connection, history: History
) -> None:
    """A revision adds jobs behind everything else, and takes them away first."""
    metadata = models(EMPTY)
    time = Column("ts", DateTime(timezone=True), nullable=False)
    Table("others", metadata, time, Hypertable("ts"), RetentionPolicy(DAY))
    text = history.reach(metadata)
    assert text.index("op.add_retention_policy(") < text.index("op.add_job(")
    assert text.index("op.remove_job(") < text.index("op.drop_table(")
    history.downgrade(metadata)
    assert jobs(connection) == []


def test_it_works_without_a_server() -> None:
    """``--sql`` mode finds the job when the script runs, its names quoted."""
    where: dict[str, Any] = {"schema": 'My "schema"', "config": {"it's": "100%"}}
    procedure = '\'"My ""schema"""."It\'\'s 100%"\''
    sql = written("add_job", "It's 100%", schedule_interval=HOUR, **where)
    assert f"SELECT add_job({procedure}::regproc, INTERVAL '1 hour', " in sql
    assert "config => '{\"it''s\": \"100%\"}'::jsonb)" in sql
    sql = written("add_job", "It's", schedule_interval=HOUR, max_retries=1)
    found = "format('%I.%I', current_schema(), 'It''s')::regproc"
    assert f"SELECT alter_job(add_job({found}, INTERVAL '1 hour'), max_ret" in sql
    change: dict[str, Any] = {"existing_config": {}, "existing_scheduled": True}
    sql = written("alter_job", "It's 100%", scheduled=False, **change, **where)
    assert "proc_name = 'It''s 100%' AND proc_schema = 'My \"schema\"'" in sql
    assert "config => '{\"it''s\": \"100%\"}'::jsonb, scheduled => false" in sql
    sql = written("remove_job", "It's 100%", **where)
    assert "PERFORM delete_job(found.job_id)" in sql
    assert "%%" not in sql


@pytest.mark.parametrize("operation", ["remove_job", "alter_job"])
def test_a_doubtful_job_is_refused_in_words(
    connection: Connection, history: History, operation: str
) -> None:
    """An operation that cannot find its job says so, and touches none."""
    op = Operations(MigrationContext.configure(connection))
    with pytest.raises(Exception, match="no job called b runs ours"):
        getattr(op, operation)(ODD, schema="ours", **_which(operation, "name", "b"))
    connection.rollback()
    run(connection, f"{FOREIGN}); {FOREIGN})")
    with pytest.raises(Exception, match="several jobs run clean_up, none with the"):
        getattr(op, operation)("clean_up", **_which(operation, "config", {"n": 1}))
    connection.rollback()
    assert len(numbers(connection)) == 2
    assert history.differences(models())


def _which(operation: str, setting: str, value: object) -> dict[str, object]:
    """Say which job an operation means."""
    existing = "existing_" if operation == "alter_job" else ""
    return {f"{existing}{setting}": value}


def test_other_databases_have_no_jobs() -> None:
    """Where the models make tables in another database, jobs are left out."""
    metadata = MetaData()
    for name in (None, "nightly"):
        Job("clean_up", name=name, schedule_interval=DAY, metadata=metadata)
    with create_engine("sqlite://").begin() as other:
        metadata.create_all(other)
        metadata.drop_all(other)


def test_a_server_is_asked_for_names(connection: Connection) -> None:
    """All servers here have named jobs; the table of releases says since when."""
    assert JOB_NAMES in FEATURES
    assert JOB_NAMES.is_in(connection)


BAD: dict[str, tuple[list[dict[str, Any]], str]] = {
    "twice": ([EMPTY, EMPTY], "cannot be told from"),
    "twice by name": ([{"name": "a"}, {"name": "a"}], "cannot be told from"),
    "twice by config": ([{"config": {"n": 1}}] * 2, "cannot be told from"),
    "any config": ([EMPTY, {"config": {"n": 1}}], "cannot be told from"),
    "schedule": ([{"schedule_interval": -DAY}], "schedule_interval must be positive"),
    "retry": ([{"retry_period": timedelta(0)}], "retry_period must be positive"),
    "runtime": ([{"max_runtime": -HOUR}], "negative max_runtime"),
    "retries": ([{"max_retries": -2}], "without end is -1"),
    "naive start": ([{"initial_start": START.replace(tzinfo=None)}], "which moment"),
    "mixed months": ([{"schedule_interval": Months(1, DAY)}], "fixed_schedule=False"),
    "check schema": ([{"check_schema": "ours"}], "no check_config"),
    "empty name": ([{"name": ""}], "name of 1 to 50 bytes"),
    "long name": ([{"name": "ö" * 26}], "name of 1 to 50 bytes"),
    "server's name": ([{"name": "User-Defined Action"}], "as all without a name are"),
    "no JSON": ([{"config": {"at": START}}], "not JSON"),
    "not a number": ([{"config": {"n": float("nan")}}], "not JSON"),
    "no object": ([{"config": [1]}], "no JSON object"),
    "number for a key": ([{"config": {1: 2}}], "no JSON object"),
    "null character": ([{"config": {"n": "\0"}}], "null character"),
    "policy": ([{"schema": "_timescaledb_functions"}], "declarations of their own"),
}


@pytest.mark.parametrize("case", sorted(BAD))
def test_a_bad_declaration_fails_in_words(case: str) -> None:
    """What the server would refuse or forget is refused by the model."""
    settings, words = BAD[case]
    with pytest.raises(DeclarationError, match=words):
        models(*settings)


@pytest.mark.parametrize("no", [{}, {"name": "a"}])
def test_a_job_is_not_both_there_and_not(no: dict[str, Any]) -> None:
    """A job that is declared cannot be forbidden as well, another one can."""
    with pytest.raises(DeclarationError, match="cannot be told from"):
        models({"name": "a"}, no=no)
    models({"name": "b"}, no={"name": "a"})
