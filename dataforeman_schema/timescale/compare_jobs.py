"""The comparison of the jobs that run somebody's own procedures."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .declaration import registry
from .interval import Tunable, untuned
from .job import Job, NoJob
from .job_operations import AddJobOp, AlterJobOp, RemoveJobOp
from .job_state import JobState, is_same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import MetaData

    from .catalog import Catalog, Relation, UserJob
    from .plan import Plan

log = logging.getLogger(__name__)

# Behind everything that a job may work on, the aggregates of aggregates too.
_RANK: Final = 1_000_000
_WHICH: Final = {"name", "config"}


class JobPair(NamedTuple):
    """A job as it is declared and as it is.

    Attributes:
        declared: The declaration, or None where no model says anything of the job.
        live: The job that the database has, or None.
    """

    declared: Job | NoJob | None
    live: UserJob | None


def pair_jobs(catalog: Catalog, metadatas: Iterable[MetaData]) -> Iterator[JobPair]:
    """Find the job of each declaration, and the declaration of each job.

    Args:
        catalog: What the database has.
        metadatas: The models.

    Yields:
        Each declared job, and each job that a database has, once.
    """
    declared: dict[Relation, list[Job | NoJob]] = defaultdict(list)
    live: dict[Relation, list[UserJob]] = defaultdict(list)
    for metadata in metadatas:
        for job in registry(metadata).jobs:
            declared[catalog.relation(job.schema, job.procedure)].append(job)
    for each in catalog.other_jobs:
        live[each.runs].append(each)
    for procedure in sorted({*declared, *live}):
        yield from _paired(declared[procedure], live[procedure])


def _paired(declared: list[Job | NoJob], live: list[UserJob]) -> Iterator[JobPair]:
    jobs = [job for job in declared if isinstance(job, Job)]
    # Those without a name first: somebody who named one had something in mind.
    rest = sorted(live, key=lambda it: it.state.name is not None)
    for rule in _RULES:
        for job in list(jobs):
            if found := next((it for it in rest if rule(job, it)), None):
                jobs.remove(job)
                rest.remove(found)
                yield JobPair(job, found)
    if _is_the_only_one(declared, live, jobs, rest):
        yield JobPair(jobs.pop(), rest.pop())
    for job in jobs:
        yield JobPair(job, None)
    for each in rest:
        yield JobPair(_forbidding(declared, each), each)


def _is_the_only_one(
    declared: list[Job | NoJob],
    live: list[UserJob],
    jobs: list[Job],
    rest: list[UserJob],
) -> bool:
    """Say whether there is no doubt which declaration a job is of.

    A job that has a name is not taken for one of another name, nor, of several, one
    without a name for one that has a name.
    """
    if len(jobs) != 1 or len(rest) != 1 or rest[0].state.name is not None:
        return False
    count = sum(isinstance(it, Job) for it in declared)
    return count == len(live) and (jobs[0].name is None or count == 1)


def _forbidding(declared: list[Job | NoJob], live: UserJob) -> NoJob | None:
    for each in declared:
        if isinstance(each, NoJob) and each.name in {None, live.state.name}:
            return each
    return None


def _has_its_name(job: Job, live: UserJob) -> bool:
    return job.name is not None and job.name == live.state.name


def _may_be(job: Job, live: UserJob) -> bool:
    return job.name is None or live.state.name is None


def _has_its_config(job: Job, live: UserJob) -> bool:
    is_it = job.config is not None and is_same(job.config, live.state.config)
    return is_it and _may_be(job, live)


def _has_its_settings(job: Job, live: UserJob) -> bool:
    is_any = job.config is None and job.name is None
    return is_any and not differing(job.state, live.state)


def _has_no_name(job: Job, live: UserJob) -> bool:
    return job.config is None and job.name is None and live.state.name is None


_RULES: Final[tuple[Callable[[Job, UserJob], bool], ...]] = (
    _has_its_name,
    _has_its_config,
    _has_its_settings,
    _has_no_name,
)


def differing(declared: JobState, live: JobState) -> set[str]:
    """Name the settings of a job that are not as they are declared.

    Args:
        declared: What is declared; None and what operators may change is as it is.
        live: What the database has.

    Returns:
        The settings.
    """
    settings = declared.settings()
    left_out = {
        name
        for name, value in settings.items()
        if value is None or isinstance(value, Tunable)
    }
    if declared.check_config is not None:
        left_out.discard("check_schema")
    return declared.differing(live) - left_out


def compare_jobs(plan: Plan, metadatas: Iterable[MetaData]) -> None:
    """Plan what brings the jobs of somebody's own procedures to what is declared.

    Args:
        plan: The comparison.
        metadatas: The models.
    """
    for declared, live in pair_jobs(plan.catalog, metadatas):
        if isinstance(declared, NoJob) and live:
            log.info("Detected a job of %r that must not be", declared.procedure)
            _remove(plan, declared, live)
        elif isinstance(declared, Job) and live is None:
            log.info("Detected added job of %r", declared.procedure)
            plan.create(_RANK, _addition(declared))
        elif isinstance(declared, Job) and live:
            _alter(plan, declared, live.state)


def _remove(plan: Plan, declared: NoJob, live: UserJob) -> None:
    operation = RemoveJobOp(declared.procedure, live.state, schema=declared.schema)
    plan.remove(_RANK, operation)


def _addition(job: Job) -> AddJobOp:
    settings = job.settings()
    settings["schedule_interval"] = untuned(job.schedule_interval)
    return AddJobOp(job.procedure, JobState(**settings), schema=job.schema)


def _alter(plan: Plan, job: Job, live: JobState) -> None:
    """Plan an alteration, which carries what changes and which job it is."""
    changed = differing(job.state, live)
    if not changed:
        return
    log.info("Detected changed job of %r", job.procedure)
    was, given = live.settings(), job.settings()
    old: dict[str, Any] = {name: was[name] for name in changed | _WHICH}
    new = {**old, **{name: given[name] for name in changed}}
    states = (JobState(**new), JobState(**old))
    plan.create(_RANK, AlterJobOp(job.procedure, *states, schema=job.schema))
