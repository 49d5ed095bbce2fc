"""`status`: what both databases are like."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import as_json


@click.command()
@as_json
@click.option(
    "--last",
    type=click.IntRange(min=0, max=1_000_000),
    default=5,
    show_default=True,
    help="How much of the history to show (rows).",
)
def status(*, as_json: bool, last: int) -> None:
    """Show both databases: revision, history, tables, hypertables, server versions.

    Nothing is changed. Exits with 2 if a database could not be looked at.
    """
    from dataforeman_schema.commands.status import read_statuses, show

    show(read_statuses(last), as_json=as_json)
