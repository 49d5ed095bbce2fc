"""`config`: where alembic.ini is, and where each setting comes from."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import as_json
from dataforeman_schema.output import echo


@click.command()
@click.option(
    "--show", is_flag=True, help="Print each setting and where it comes from instead."
)
@as_json
def config(*, show: bool, as_json: bool) -> None:
    """Print the path of alembic.ini.

    ALEMBIC_CONFIG=$(dataforeman-schema config) alembic -n meta upgrade head
    works from any folder. With --show, no password is printed.
    """
    if as_json and not show:
        raise click.UsageError("--json goes with --show.")
    if show:
        from dataforeman_schema.commands.config import show_settings

        show_settings(as_json=as_json)
    else:
        from dataforeman_schema.packaging import alembic_ini

        echo(alembic_ini())
