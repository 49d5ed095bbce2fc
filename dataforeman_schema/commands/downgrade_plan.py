"""What taking revisions back would lose, by trying it in a transaction."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from dataforeman_schema.alembic_env.revision_files import revisions
from dataforeman_schema.commands.downgrade import BASE, find_target, show_wait
from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.lean import lean_imports
from dataforeman_schema.output import echo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.alembic_env.data_loss import Lost
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.databases import Database

COUNTED: Final = 100_000
"""At how many rows of what goes whole counting ends."""


@dataclass(frozen=True)
class Loss:
    """What a downgrade would lose of something.

    Attributes:
        kind: rows of a table, values of a column, or buckets of an aggregate.
        of: Which, as SQL writes it.
        count: How many.
        at_least: Whether there may be more: counting ends at 100,000.
    """

    kind: str
    of: str
    count: int
    at_least: bool


@dataclass(frozen=True)
class DowngradePlan:
    """What a downgrade would do to a database as it is.

    Attributes:
        database: What `alembic -n` calls it: meta or tsdb.
        title: What people call it.
        place: Where it is: user, host, port and name.
        current: The revisions that it records.
        target: The revision that stays, or base.
        revisions: Those that would be taken back, in order.
        loses: What would be lost.
        complete: Whether all of it could be tried.
    """

    database: str
    title: str
    place: str
    current: tuple[str, ...]
    target: str
    revisions: tuple[str, ...] = ()
    loses: tuple[Loss, ...] = ()
    complete: bool = True


def plan_downgrade(
    database: Database, to: str | None, options: Options, progress: Progress
) -> DowngradePlan:
    """Try a downgrade in a transaction that is rolled back, and say what it would lose.

    It locks what the downgrade does, until it is rolled back.

    Args:
        database: Which of the two.
        to: The revision that stays, or `base`; None takes one revision back.
        options: How to wait.
        progress: Told what is waited for.

    Raises:
        ConnectionFailed: The database cannot be reached.
        SchemaError: Why the downgrade would refuse to run, but for what it loses.
    """
    settings = database.settings()
    before, target = find_target(database, settings, to)
    at = before.revisions[0] if before.revisions else BASE
    plan = DowngradePlan(
        database.name, database.title, str(settings), before.revisions, target or at
    )
    if target is None:
        return plan
    with lean_imports():
        from dataforeman_schema.commands.migrate import try_back  # noqa: PLC0415

        database.register_operations()
    report = partial(show_wait, progress, database, options.lock_wait)
    tried = try_back(database, settings, options, target, report)
    return replace(
        plan,
        revisions=tuple(_between(database, at, target)),
        loses=tuple(_losses(tried.lost)),
        complete=tried.complete,
    )


def _between(database: Database, at: str, target: str) -> list[str]:
    line = [BASE, *revisions(database)]
    return line[line.index(at) : line.index(target) : -1]


def _losses(lost: Lost) -> Iterator[Loss]:
    for kind, counts in sorted(lost.items()):
        for of, count in sorted(counts.items()):
            yield Loss(kind, of, count, at_least=count >= COUNTED)


def show(plan: DowngradePlan, *, as_json: bool) -> None:
    """Print what a downgrade would do.

    Args:
        plan: What it would.
        as_json: Whether for programs; docs/commands.md lists the keys.
    """
    if as_json:
        print_json({"databases": [asdict(plan)]})
        return
    for line in _lines(plan):
        echo(line)


def _lines(plan: DowngradePlan) -> Iterator[str]:
    if not plan.revisions:
        yield f"{plan.title}: at {plan.target}, nothing to do"
        return
    yield (
        f"{plan.title}: would take back {', '.join(plan.revisions)}, "
        f"to be at {plan.target}"
    )
    for loss in plan.loses:
        count = f"at least {loss.count:,}" if loss.at_least else f"{loss.count:,}"
        yield f"  loses {count} {loss.kind} of {loss.of}"
    if not plan.complete:
        yield "  the rest commits on the way, which cannot be tried"
    elif not plan.loses:
        yield "  loses nothing"
