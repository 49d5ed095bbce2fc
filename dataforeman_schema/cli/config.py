"""`config`: where alembic.ini is."""

from __future__ import annotations

import click

from dataforeman_schema.output import echo


@click.command()
def config() -> None:
    """Print the path of alembic.ini.

    ALEMBIC_CONFIG=$(dataforeman-schema config) alembic -n meta upgrade head
    works from any folder.
    """
    from dataforeman_schema.packaging import alembic_ini

    echo(alembic_ini())
