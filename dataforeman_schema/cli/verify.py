"""`verify`: what is wrong in both databases."""

from __future__ import annotations

import sys

import click

from dataforeman_schema.cli.options import as_json, seconds
from dataforeman_schema.waiting import MAX_LOCK_AGE_S


@click.command()
@as_json
@click.option(
    "--max-lock-age",
    type=seconds,
    default=MAX_LOCK_AGE_S,
    show_default=True,
    help="How long other sessions may hold locks (s).",
)
@click.option(
    "--app-role",
    metavar="ROLE",
    help="The role of the services, whose rights are looked at too.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for notes, too.")
def verify(
    *, as_json: bool, max_lock_age: float, app_role: str | None, strict: bool
) -> None:
    """Look for what is wrong in both databases, and say what mends it.

    Nothing is changed. Exits with 0 if all is well, though there may be notes of what
    is worth knowing; with 1 if something was found, and with 2 if a database could not
    be looked at.
    """
    from dataforeman_schema.commands.verify import show
    from dataforeman_schema.commands.verify import verify as run

    verdicts = run(max_lock_age, app_role)
    show(verdicts, as_json=as_json)
    found = any(verdict.findings for verdict in verdicts)
    noted = strict and any(verdict.notes for verdict in verdicts)
    sys.exit(int(found or noted))
