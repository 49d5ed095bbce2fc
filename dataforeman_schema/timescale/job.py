"""Jobs that run somebody's own procedures, as models declare them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import MetaData, event

from .ddl import translated
from .declaration import registry
from .errors import DeclarationError
from .extension_schema import run
from .interval import Months, nominal, untuned
from .job_state import JobState, is_same
from .job_statement import SERVERS_NAME, AddJob, RemoveJob
from .releases import JOB_NAMES, refuse_where_missing
from .validate import check_positive

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .ddl import Statement
    from .interval import TunableInterval

# The server puts a number after the name, and both into 63 bytes.
_LONGEST_NAME: Final = 50


@dataclass(frozen=True, eq=False)
class Job(JobState):
    """Declares that a procedure of your own runs again and again.

    The procedure must be there before the tables are created or migrated. What the
    declaration leaves out is the server's choice for a new job, and is never compared.

    Several jobs of one procedure are told apart by their names, or, without names, by
    their configurations. One with another configuration is a declared one that changed
    if the procedure has as many jobs as are declared, and the others are found: so the
    only job of a procedure is the declared one, unless it has another name. Otherwise
    it is somebody's own, and a job that no model declares is left alone; also one that
    was merely taken out of the models. `NoJob` says that there must be none.

    ``create_all()`` adds the job after the tables, unless it is there; ``drop_all()``
    removes it before them.

    Attributes:
        procedure: The name of a procedure or function that takes the job's number and
            its configuration.
        schedule_interval: How often it runs.
        metadata: Where it is declared.
        schema: The procedure's schema, or None for the first of the search path.
        name: Its name, which needs TimescaleDB 2.20. None is a job that has none.
        config: What the procedure is called with, a JSON object; ``{}`` says that
            there is nothing.
        initial_start: When it runs first, with a time zone. It cannot be taken away.
        fixed_schedule: Whether it starts at fixed times, which are counted from
            `initial_start`, or so long after it ended.
        timezone: By whose days and summer time a fixed schedule goes.
        scheduled: False has it paused.
        max_runtime: How long it may take; ``timedelta(0)`` is without end.
        max_retries: How often it is tried again when it failed; -1 is without end.
        retry_period: How long it waits before that.
        check_config: The function that checks its configuration.
        check_schema: Its schema, or None for the first of the search path.

    Raises:
        DeclarationError: The job, or one that cannot be told from it, is declared
            already; the configuration is no JSON object; the name is too long or the
            one that the server gives; a span or number is out of range; the start has
            no time zone; or a schedule is fixed that the server cannot fix.
    """

    procedure: str
    schedule_interval: TunableInterval = field(kw_only=True)
    metadata: MetaData = field(kw_only=True, repr=False)
    schema: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _check(self)
        _declare(self)
        event.listen(self.metadata, "after_create", partial(_create, self))
        event.listen(self.metadata, "before_drop", partial(_drop, self), insert=True)

    @property
    def state(self) -> JobState:
        """What is set of it."""
        return JobState(**self.settings())


@dataclass(frozen=True, eq=False)
class NoJob:
    """Declares that there must be no job of a procedure, or none of a name.

    A job that is merely left out of the models is not managed at all.

    Attributes:
        procedure: The procedure's name.
        name: The name of the jobs; None is any, and also none.
        metadata: Where it is declared.
        schema: The procedure's schema, or None for the first of the search path.

    Raises:
        DeclarationError: Such a job is declared.
    """

    procedure: str
    name: str | None = field(default=None, kw_only=True)
    metadata: MetaData = field(kw_only=True, repr=False)
    schema: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _declare(self)


def _create(job: Job, _metadata: MetaData, connection: Connection, **_kw: Any) -> None:  # noqa: ANN401
    if job.name is not None and connection.dialect.name == "postgresql":
        refuse_where_missing(connection, JOB_NAMES)
    place = partial(translated, connection)
    state = job.state.placed(place)
    add = AddJob(job.procedure, place(job.schema), state, if_missing=True)
    _run(connection, add)


def _drop(job: Job, _metadata: MetaData, connection: Connection, **_kw: Any) -> None:  # noqa: ANN401
    schema = translated(connection, job.schema)
    _run(connection, RemoveJob(job.procedure, schema, job.state, if_exists=True))


def _run(connection: Connection, statement: Statement) -> None:
    if connection.dialect.name == "postgresql":
        run(connection, [statement])


def _declare(job: Job | NoJob) -> None:
    declared = registry(job.metadata).jobs
    for other in declared:
        same = (other.schema, other.procedure) == (job.schema, job.procedure)
        if same and _is_confused(job, other):
            raise DeclarationError(
                f"another declaration of a job of {job.procedure} cannot be told from "
                f"{job!r}: give each a name, or else a config, of its own"
            )
    declared.append(job)


def _is_confused(one: Job | NoJob, other: Job | NoJob) -> bool:
    """Say whether two declarations of one procedure could be of the same job."""
    if isinstance(one, Job) and isinstance(other, Job):
        if one.name is not None or other.name is not None:
            return one.name == other.name
        open_ = one.config is None or other.config is None
        return open_ or is_same(one.config, other.config)
    names = [it.name for it in (one, other) if isinstance(it, NoJob)]
    return one.name == other.name or None in names


def _check(job: Job) -> None:
    """Refuse a job that TimescaleDB could not run."""
    if (job.schema or "").startswith("_timescaledb_"):
        _refuse(
            job, "is TimescaleDB's own, and policies have declarations of their own"
        )
    check_positive(job.procedure, "schedule_interval", job.schedule_interval)
    check_positive(job.procedure, "retry_period", job.retry_period)
    if job.max_runtime is not None and nominal(job.max_runtime) < nominal(Months(0)):  # type: ignore[operator]
        _refuse(job, f"cannot have the negative max_runtime {job.max_runtime!r}")
    if job.max_retries is not None and job.max_retries < -1:
        _refuse(job, f"has max_retries={job.max_retries}; without end is -1")
    if job.initial_start is not None and job.initial_start.utcoffset() is None:
        _refuse(job, "has an initial_start without a time zone: which moment is it?")
    every = untuned(job.schedule_interval)
    if isinstance(every, Months) and every.rest and job.fixed_schedule is not False:
        _refuse(
            job,
            "has months and other time in its schedule_interval, which cannot be a "
            "fixed schedule: say fixed_schedule=False",
        )
    if job.check_schema is not None and job.check_config is None:
        _refuse(job, "has a check_schema but no check_config")
    _check_name(job)
    _check_config(job)


def _check_name(job: Job) -> None:
    if job.name is None:
        return
    if not job.name or len(job.name.encode()) > _LONGEST_NAME:
        _refuse(job, f"needs a name of 1 to {_LONGEST_NAME} bytes, not {job.name!r}")
    if job.name == SERVERS_NAME:
        _refuse(job, f"cannot be called {SERVERS_NAME!r}, as all without a name are")


def _check_config(job: Job) -> None:
    """Refuse what JSON has no word for, or would change."""
    if job.config is None:
        return
    try:
        found = json.loads(json.dumps(job.config, allow_nan=False))
    except (TypeError, ValueError) as error:
        _refuse(job, f"has a config that is not JSON: {error}")
    if not isinstance(found, dict) or not is_same(found, job.config):
        _refuse(job, f"has a config that is no JSON object: {job.config!r}")
    if "\\u0000" in json.dumps(job.config):
        _refuse(job, "has a config with a null character, which the server cannot keep")


def _refuse(job: Job, message: str) -> None:
    raise DeclarationError(f"a job of {job.procedure} {message}")
