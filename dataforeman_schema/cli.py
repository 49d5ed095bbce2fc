"""The `dataforeman-schema` command: each verb parses, calls, prints."""

from __future__ import annotations

import click

from dataforeman_schema.errors import SchemaError


class _OneLineErrors(click.Group):
    """A group whose verbs end a SchemaError in one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except SchemaError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_OneLineErrors)
@click.version_option(package_name="dataforeman-schema")
def main() -> None:
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
def status() -> None:
    """Show both databases: revision, tables, hypertables, server versions."""
    from dataforeman_schema.status import report  # noqa: PLC0415 - needs Alembic

    for line in report():
        click.echo(line)
