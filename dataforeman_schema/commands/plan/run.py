"""Planning the upgrade of both databases: look, follow the revisions, estimate."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dataforeman_schema.alembic_env.failures import explained
from dataforeman_schema.alembic_env.revision_files import head_revision
from dataforeman_schema.alembic_env.revisions import scripts
from dataforeman_schema.commands.plan.estimates import (
    concerned,
    estimated,
    too_many_locks,
)
from dataforeman_schema.commands.plan.follow import CannotFollow
from dataforeman_schema.commands.plan.places import (
    Target,
    measure_apart,
    measure_in_scratch,
)
from dataforeman_schema.commands.plan.preflight import check_database
from dataforeman_schema.commands.plan.state import DatabasePlan, RevisionPlan
from dataforeman_schema.commands.state_checks import check_at_head
from dataforeman_schema.commands.upgrade import reach_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.probe import DatabaseState
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.commands.upgrade import DatabaseUpgrade


def plan_upgrade(
    progress: Progress, wait_s: float, drift: str = "refuse"
) -> list[DatabasePlan]:
    """Say what an upgrade would do to both databases as they are; change nothing.

    Revisions run in a database of their own on the same server, which is dropped then;
    where the role may not create one, in a scratch schema that is rolled back.

    Args:
        progress: Told what is waited for.
        wait_s: The longest wait for each server to be reached, in seconds.
        drift: What an upgrade would do with a database that is not what its revision
            makes: refuse it, warn of it, or allow it.

    Returns:
        One a database.

    Raises:
        SchemaError: Why the upgrade would refuse to run, in the same words.
    """
    reached = reach_databases(progress, wait_s)
    return [_plan(work, seen, drift) for work, seen in reached]


def _plan(
    work: DatabaseUpgrade, seen: DatabaseState | None, drift: str
) -> DatabasePlan:
    plan = DatabasePlan(
        database=work.database.name,
        title=work.database.title,
        place=str(work.settings),
        current=seen.revisions if seen else (),
        head=head_revision(work.database),
        does="nothing to do",
    )
    if seen is None:
        return replace(plan, does=f"would create it and load it with {plan.head}")
    if seen.is_new:
        return replace(plan, does=f"would load it with {plan.head}")
    if seen.is_current:
        return plan
    if seen.missing and plan.current == (plan.head,):
        check_at_head(
            work.database, seen
        )  # an upgrade, which has nothing to run, ends so too
    with explained(work.database, "nothing was changed"):
        work.database.register_operations()
        return _with_revisions(plan, work, drift)


def _with_revisions(
    plan: DatabasePlan, work: DatabaseUpgrade, drift: str
) -> DatabasePlan:
    current = plan.current[-1] if plan.current else None
    found = check_database(work, current, drift)
    target = Target(
        work.database,
        work.settings,
        current,
        found.timescaledb,
        found.live.converted,
    )
    revisions, warnings = _follow(target)
    revisions = [estimated(each, found.live) for each in revisions]
    revisions += _others(target, revisions)
    tables = [found.live.tables.get(name) for name in sorted(concerned(revisions))]
    return replace(
        plan,
        does=_describe(revisions, found.plain),
        revisions=tuple(revisions),
        tables=tuple(each for each in tables if each),
        warnings=(*found.warnings, *warnings, *too_many_locks(revisions, found.live)),
    )


def _describe(revisions: list[RevisionPlan], plain: list[str]) -> str:
    steps = []
    if revisions:
        steps.append(f"run {', '.join(each.revision for each in revisions)}")
    if plain:
        tables = ", ".join(plain)
        steps.append(f"make hypertables of {tables}, which nobody can use meanwhile")
    return f"would {', then '.join(steps)}"


def _follow(target: Target) -> tuple[list[RevisionPlan], list[str]]:
    """Follow the revisions that are to come, and say what is not known of them."""
    try:
        return measure_apart(target), []
    except CannotFollow as error:
        why = (
            f"locks are not all measured: no database to measure in ({error}); give "
            "the role CREATEDB for the time of the plan"
        )
    try:
        return measure_in_scratch(target), [why]
    except CannotFollow as error:
        return [], [why, f"nor can revisions run in a scratch schema: {error}"]


def _others(target: Target, done: list[RevisionPlan]) -> Iterator[RevisionPlan]:
    """List the revisions that are to come and could not be followed."""
    unknown = "a revision before it fails" if done else "it could not be followed"
    chain = scripts(target.database)
    ids = [script.revision for script in chain]
    first = ids.index(target.current) + 1 if target.current else 0
    for script in chain[first + len(done) :]:
        yield RevisionPlan(script.revision, script.doc, unknown=unknown)
