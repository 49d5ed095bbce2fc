"""`upgrade`: both databases to their newest revision."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from dataforeman_schema.cli.options import (
    as_json,
    lock_wait,
    server_wait,
    statement_timeout,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dataforeman_schema.alembic_env.options import Options

_PARALLEL: Final = 8


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
@click.option(
    "--telemetry-urls",
    "urls",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Upgrade the telemetry databases whose URLs it lists, the first one first.",
)
@click.option(
    "--parallel",
    type=click.IntRange(1, 100),
    help=f"At most how many of those at the same time; {_PARALLEL} by default.",
)
@click.option(
    "--keep-going", is_flag=True, help="Go on with the others after one that failed."
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
    urls: Path | None,
    parallel: int | None,
    keep_going: bool,
    as_json: bool,
) -> None:
    """Bring both databases to their newest revision; run it at service start.

    It waits for the servers, creates a missing database, migrates the metadata
    database, then the telemetry database, and verifies the critical tables. One that
    has revisions to run and is not what its present one makes is refused, and so is a
    revision that would lose rows or values; they are counted.
    """
    from dataforeman_schema.commands.lean import lean_imports

    with lean_imports():
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
    if urls:
        if plan_only:
            raise click.UsageError("--plan looks at one pair: set TSDB_URL instead.")
        manner = (wait, options, parallel or _PARALLEL, keep_going)
        _upgrade_sites(urls, manner, as_json=as_json)
        return
    if parallel or keep_going:
        raise click.UsageError("--parallel and --keep-going go with --telemetry-urls.")
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
            raise click.UsageError("--json goes with --plan or --telemetry-urls.")
        else:
            run(progress, wait, options)


def _upgrade_sites(
    urls: Path,
    manner: tuple[float, Callable[[], Options], int, bool],
    *,
    as_json: bool,
) -> None:
    from dataforeman_schema.commands.sites.board import shown_board
    from dataforeman_schema.commands.sites.listing import read_sites
    from dataforeman_schema.commands.sites.run import Manner, upgrade_sites
    from dataforeman_schema.commands.sites.show import show

    sites = read_sites(urls)
    with shown_board(len(sites) + 1, quiet=as_json) as board:
        outcomes = upgrade_sites(sites, Manner(*manner), board)
    show(outcomes, as_json=as_json)
