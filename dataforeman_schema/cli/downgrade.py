"""`downgrade`: one database back to an earlier revision."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import as_json, lock_wait, statement_timeout


@click.command()
@click.argument("tree", type=click.Choice(["meta", "tsdb"]))
@click.option(
    "--to",
    metavar="REVISION",
    help="The revision that stays, or base; else one revision is taken back.",
)
@click.option(
    "--lose-data", is_flag=True, help="Lose rows and values that a revision brought."
)
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Say what it would lose, by trying it and rolling back.",
)
@lock_wait
@statement_timeout
@as_json
def downgrade(
    *,
    tree: str,
    to: str | None,
    lose_data: bool,
    plan_only: bool,
    lock_wait: float,
    statement_timeout: float,
    as_json: bool,
) -> None:
    """Take the newest revision of a database back; stop the services before.

    All is undone in one transaction. It refuses, counts and changes nothing where rows
    or values would be lost.
    """
    from dataforeman_schema.alembic_env.options import Options
    from dataforeman_schema.commands.downgrade import downgrade as run
    from dataforeman_schema.commands.downgrade_plan import plan_downgrade, show
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.databases import DATABASES
    from dataforeman_schema.settings import load_env_file

    if as_json and not plan_only:
        raise click.UsageError("--json goes with --plan.")
    load_env_file()
    options = Options(
        lock_wait=lock_wait, statement_timeout=statement_timeout, lose_data=lose_data
    )
    with Progress.shown() as progress:
        if plan_only:
            plan = plan_downgrade(DATABASES[tree], to, options, progress)
            show(plan, as_json=as_json)
        else:
            run(DATABASES[tree], to, options, progress)
