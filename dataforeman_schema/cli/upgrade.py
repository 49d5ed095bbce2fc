"""`upgrade`: both databases to their newest revision."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from dataforeman_schema.cli.options import (
    as_json,
    lock_wait,
    server_wait,
    statement_timeout,
)

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options


@click.command()
@server_wait
@lock_wait
@statement_timeout
@click.option(
    "--allow-drift",
    "drift",
    flag_value="allow",
    help="Migrate a database though it is not what its revision makes.",
)
@click.option(
    "--warn-of-drift",
    "drift",
    flag_value="warn",
    help="The same, but say what differs.",
)
@click.option(
    "--lose-data", is_flag=True, help="Lose rows and values that a revision does away."
)
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Say what it would do, lock, need and lose, and change nothing.",
)
@as_json
def upgrade(
    *,
    wait: float,
    lock_wait: float,
    statement_timeout: float,
    drift: str | None,
    lose_data: bool,
    plan_only: bool,
    as_json: bool,
) -> None:
    """Bring both databases to their newest revision; run it at service start.

    It waits for the servers, creates a missing database, migrates the metadata
    database, then the telemetry database, and verifies the critical tables. One that
    has revisions to run and is not what its present one makes is refused, and so is a
    revision that would lose rows or values; they are counted.
    """
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.commands.upgrade import upgrade as run
    from dataforeman_schema.settings import load_env_file

    def options() -> Options:
        from dataforeman_schema.alembic_env.options import Options

        return Options(
            lock_wait=lock_wait,
            statement_timeout=statement_timeout,
            lose_data=lose_data,
            drift=drift or "refuse",
        )

    load_env_file()
    with Progress.shown() as progress:
        if plan_only:
            from dataforeman_schema.commands.plan import (
                plan_upgrade,
                show,
            )

            plans = plan_upgrade(progress, wait, drift or "refuse")
            show(plans, as_json=as_json)
            sys.exit(int(not all(plan.is_complete for plan in plans)))
        elif as_json:
            raise click.UsageError("--json goes with --plan.")
        else:
            run(progress, wait, options)
