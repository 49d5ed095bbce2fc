"""`wait`: until both servers and databases answer, and nothing else."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import seconds, tree
from dataforeman_schema.waiting import SERVER_S


@click.command()
@tree
@click.option(
    "--wait",
    "wait_s",
    type=seconds,
    default=SERVER_S,
    show_default=True,
    help="For all of them together (s).",
)
def wait(*, tree: str | None, wait_s: float) -> None:
    """Wait until both databases answer, or the one that is named; change nothing.

    A database that its server does not have yet is waited for, too: something else may
    be about to create it. Exits with 0 once they answer, and with 1 when the time is
    over or waiting cannot help, as for a wrong password.
    """
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.commands.wait import wait_for_databases
    from dataforeman_schema.databases import select
    from dataforeman_schema.settings import load_env_file

    load_env_file()
    with Progress.shown() as progress:
        wait_for_databases(select(tree), progress, wait_s)
