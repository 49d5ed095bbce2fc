"""The `dataforeman-schema` command: each verb parses, calls, prints."""

from __future__ import annotations

import sys
import traceback
from typing import TYPE_CHECKING

import click

from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options


class _OneLineErrors(click.Group):
    """A group whose verbs end any failure in one line and an exit code."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (SchemaError, RecursionError, OSError) as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            click.echo(f"dataforeman-schema: {error}", err=True)
            code = error.exit_code if isinstance(error, SchemaError) else 1
            sys.exit(code)


_seconds = click.FloatRange(min=0, max=86_400)


@click.group(cls=_OneLineErrors)
@click.version_option(package_name="dataforeman-schema")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def main(*, debug: bool) -> None:
    """Look after DataForeman's metadata and telemetry databases."""


@main.command()
def config() -> None:
    """Print the path of alembic.ini.

    ALEMBIC_CONFIG=$(dataforeman-schema config) alembic -n meta upgrade head
    works from any folder.
    """
    from dataforeman_schema.packaging import alembic_ini  # noqa: PLC0415

    click.echo(alembic_ini())


@main.command()
@click.option(
    "--wait", type=_seconds, default=60, show_default=True, help="For each server (s)."
)
@click.option(
    "--lock-wait",
    type=_seconds,
    default=60,
    show_default=True,
    help="For other migrations and for locked tables (s).",
)
@click.option(
    "--statement-timeout",
    type=_seconds,
    default=0,
    help="The longest a statement may run (s); 0: no limit.",
)
def upgrade(wait: float, lock_wait: float, statement_timeout: float) -> None:
    """Bring both databases to their newest revision; run it at service start.

    It waits for the servers, creates a missing database, migrates the metadata
    database, then the telemetry database, and verifies the critical tables.
    """
    from dataforeman_schema.commands.progress import Progress  # noqa: PLC0415
    from dataforeman_schema.commands.upgrade import upgrade as run  # noqa: PLC0415
    from dataforeman_schema.settings import load_env_file  # noqa: PLC0415

    def options() -> Options:
        from dataforeman_schema.alembic_env.options import Options  # noqa: PLC0415

        return Options(lock_wait=lock_wait, statement_timeout=statement_timeout)

    load_env_file()
    with Progress.shown() as progress:
        run(progress, wait, options)


@main.command()
def status() -> None:
    """Show both databases: revision, tables, hypertables, server versions."""
    from dataforeman_schema.commands.status import report  # noqa: PLC0415

    for line in report():
        click.echo(line)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.option(
    "--patience",
    type=_seconds,
    default=60,
    show_default=True,
    help="How long other sessions may hold locks (s).",
)
def verify(*, as_json: bool, patience: float) -> None:
    """Look for what is wrong in both databases, and say what mends it.

    Nothing is changed. Exits with 0 if all is well, 1 if something was found and 2 if
    a database could not be looked at.
    """
    from dataforeman_schema.commands.verify import show  # noqa: PLC0415
    from dataforeman_schema.commands.verify import verify as run  # noqa: PLC0415

    verdicts = run(patience)
    show(verdicts, as_json=as_json)
    sys.exit(int(any(verdict.findings for verdict in verdicts)))
