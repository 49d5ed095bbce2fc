"""`status`: what both databases are like."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import Seconds, as_json


@click.command()
@as_json
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "prometheus"]),
    default="text",
    show_default=True,
    help="For people, or metrics for Prometheus.",
)
@click.option(
    "--last",
    type=click.IntRange(min=0, max=1_000_000),
    default=5,
    show_default=True,
    help="How much of the history to show (rows).",
)
@click.option(
    "--chunks",
    type=click.IntRange(min=0, max=100_000),
    default=5,
    show_default=True,
    help="How many of the newest chunks of a hypertable to show.",
)
@click.option(
    "--disk",
    metavar="SIZE",
    help="What each database may take, such as 500GB: says in how many days it does.",
)
@click.option(
    "--watch",
    "every",
    type=Seconds(min=0.5, max=86_400),
    help="Show it again each time so many seconds have passed, on a terminal.",
)
def status(
    *,
    as_json: bool,
    form: str,
    last: int,
    chunks: int,
    disk: str | None,
    every: float | None,
) -> None:
    """Show both databases: revision, sizes and growth, readings, jobs, replicas.

    Nothing is changed. Exits with 2 if a database could not be looked at.
    """
    from dataforeman_schema.commands.status import (
        Limits,
        disk_bytes,
        read_statuses,
        show,
        watch,
    )

    if as_json and form == "prometheus":
        raise click.UsageError("--format prometheus is no JSON: leave --json out.")
    try:
        limits = Limits(chunks, disk_bytes(disk) if disk else None)
    except ValueError as error:
        raise click.UsageError(str(error)) from error

    def look() -> None:
        show(read_statuses(last, limits), "json" if as_json else form)

    if every:
        watch(every, look)
    else:
        look()
