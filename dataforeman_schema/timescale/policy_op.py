"""What the operations and the comparison of the four kinds of policy share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from alembic.autogenerate import renderers
from alembic.operations import Operations

from .declaration import Absent
from .operation import (
    AlterOp,
    FeatureOp,
    execute,
    give_feature,
    placed,
    register_pair,
    render_alter,
)
from .plan import Change
from .policy import Policy
from .policy_job import AlterPolicyJob, DeletePolicyJob

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from alembic.operations import MigrateOperation

    from .catalog import Catalog, Job, Relation
    from .plan import Plan, Target


P = TypeVar("P", bound=Policy)


def register_policy(
    first: type[FeatureOp[Any]],
    second: type[FeatureOp[Any]],
    alteration: type[AlterOp[Any]],
    *,
    before: Callable[[Operations, Any], None] = lambda _operations, _op: None,
) -> None:
    """Have the operations of a policy run, rendered and reversed.

    Args:
        first: The one that adds it.
        second: The one that removes it.
        alteration: The one that changes it.
        before: What is asked before it is added or changed.
    """

    def add(operations: Operations, op: FeatureOp[Any]) -> None:
        before(operations, op)
        give_feature(operations, op)

    def alter(operations: Operations, op: AlterOp[Any]) -> None:
        before(operations, op)
        _alter(operations, op)

    register_pair(first, second, give=add)
    Operations.implementation_for(alteration)(alter)
    renderers.dispatch_for(alteration)(render_alter)


def _alter(operations: Operations, op: AlterOp[P]) -> None:
    where, copies = (op.relation, placed(operations, op.schema)), op.existing_copies > 1
    by_rows = not op.existing.goes_by & {"created_before", "drop_created_before"}
    if by_rows and op.feature.goes_by == op.existing.goes_by:
        states = (op.feature, op.existing)
        execute(operations, [AlterPolicyJob(*where, *states, with_copies=copies)])
        return
    # TimescaleDB lets no policy go by another kind of age, and old releases take one
    # that goes by the age of the chunk itself for broken.
    removal = DeletePolicyJob(*where, op.existing, with_copies=copies)
    execute(operations, [removal, *op.feature.addition(*where)])


@dataclass(frozen=True)
class Copies(Generic[P]):
    """The policies of one kind that a relation has.

    Attributes:
        policy: The first of them.
        count: How many there are.
        paused: Whether one of them does not run.
    """

    policy: P
    count: int = 1
    paused: bool = False

    @property
    def note(self) -> str:
        """What is wrong with it besides the policy itself, or nothing."""
        several = [f"there are {self.count} of it"] if self.count > 1 else []
        paused = ["it is paused"] if self.paused else []
        words = " and ".join(several + paused)
        return f"Of the existing policy: {words}." if words else ""


def live_policies(
    catalog: Catalog, relation: Relation, kind: type[P]
) -> list[Copies[P]]:
    """Find the policies of one kind that a relation has.

    Args:
        catalog: What the database has.
        relation: The relation.
        kind: The policy's class.

    Returns:
        The oldest of each window, with the number of its copies; all are copies of one
        where the kind has no windows.
    """
    windows: dict[tuple[Any, ...], list[Job]] = {}
    for job in catalog.jobs.get(relation, []):
        if job.procedure in kind.procedures:
            window = tuple(kind.from_job(job).window.values())
            windows.setdefault(window, []).append(job)
    return [_copies(kind, jobs) for jobs in windows.values()]


def _copies(kind: type[P], jobs: list[Job]) -> Copies[P]:
    paused = not all(job.scheduled for job in jobs)
    return Copies(kind.from_job(jobs[0]), len(jobs), paused)


def live_copies(
    catalog: Catalog, relation: Relation, kind: type[P]
) -> Copies[P] | None:
    """Find the policy of a kind of which a relation has one, with its copies.

    Args:
        catalog: What the database has.
        relation: The relation.
        kind: The policy's class.

    Returns:
        The oldest with the number of all, or None.
    """
    return next(iter(live_policies(catalog, relation, kind)), None)


def sound_policy(plan: Plan, target: Target, kind: type[P]) -> P | None:
    """Find the policy of a kind that a relation has, unless it is paused or doubled."""
    live = live_copies(plan.catalog, target.relation, kind)
    return None if live is None or live.note else live.policy


def paired(
    declared: P | Sequence[P] | Absent | None, live: list[Copies[P]]
) -> list[tuple[P | Absent | None, Copies[P] | None]]:
    """Find the declared policy of each live one, and the live one of each declared.

    Args:
        declared: One policy, beside which others are unmanaged; a sequence, which is
            all that there may be; `Absent`; or None.
        live: The policies that the database has.

    Returns:
        The pairs: those of equal windows, then what is left, in order.
    """
    if declared is None or isinstance(declared, Absent):
        return [(declared, policy) for policy in live]
    wanted = [declared] if isinstance(declared, Policy) else list(declared)
    pairs: list[tuple[P | Absent | None, Copies[P] | None]] = []
    rest = {tuple(it.policy.window.values()): it for it in live}
    for policy in list(wanted):
        if found := rest.pop(tuple(policy.resolved().window.values()), None):
            wanted.remove(policy)
            pairs.append((policy, found))
    pairs += zip_longest(wanted, list(rest.values())[: len(wanted)])
    alone = isinstance(declared, Policy)
    return pairs + [
        (None if alone else Absent(type(it.policy)), it)
        for it in list(rest.values())[len(wanted) :]
    ]


def wanted_copies(
    declared: P | Absent | None, live: Copies[P] | None
) -> Copies[P] | None:
    """Say what a relation shall have, where the declaration leaves nothing open.

    Args:
        declared: The declaration; None where the policy is unmanaged.
        live: What the database has.

    Returns:
        The declared policy, with the live schedule if it declares none and with what
        operators changed where they may; None where there must be none; what there is
        where it is unmanaged.
    """
    if declared is None or isinstance(declared, Absent):
        return live if declared is None else None
    declared = declared.resolved(live.policy if live else None)
    if live is None or getattr(declared, "schedule_interval", True):
        return Copies(declared)
    schedule = live.policy.schedule_interval  # type: ignore[attr-defined]
    return Copies(replace(declared, schedule_interval=schedule))  # type: ignore[type-var]


def plan_policy(
    plan: Plan,
    target: Target,
    live: Copies[P] | None,
    wanted: Copies[P] | None,
    *,
    addition: type[FeatureOp[P]],
    alteration: type[AlterOp[P]],
    needs_new: bool = False,
    rank: int = 2,
) -> None:
    """Plan what brings a policy from what it is to what it shall be.

    Args:
        plan: The comparison.
        target: Whose policy it is.
        live: What the database has.
        wanted: What it shall have.
        addition: The operation that adds it.
        alteration: The operation that changes it.
        needs_new: Whether it needs what the table operations make.
        rank: Its rank above that of the relation.
    """
    name, schema = target.name, target.schema
    found = wanted or live
    label = found.policy.noun.replace("_", " ") if found else ""

    def alter(old: Copies[P], new: Copies[P]) -> MigrateOperation:
        operation = alteration(
            name, new.policy, old.policy, existing_copies=old.count, schema=schema
        )
        operation.note = old.note
        return operation

    plan.plan_change(
        target,
        Change(
            rank=target.rank + rank,
            label=label,
            live=live,
            wanted=wanted,
            add=lambda new: addition(name, new.policy, schema=schema),
            drop=lambda old: addition.opposite(name, old.policy, schema=schema),
            alter=alter,
            needs_new=needs_new,
        ),
    )
