"""The verbs of `dataforeman-schema` for those who maintain the schema."""

from __future__ import annotations

from typing import Final

import click


@click.command()
@click.argument("tree", type=click.Choice(["meta", "tsdb"]))
@click.option("-m", "--message", required=True, help='Such as "v0.2 release".')
@click.option(
    "--autogenerate/--empty",
    default=True,
    show_default=True,
    help="Fill it with what differs between models and database, or with nothing.",
)
def revision(tree: str, message: str, *, autogenerate: bool) -> None:
    """Write the next revision of a tree, for maintainers of the schema.

    Read what it wrote before you release it.
    """
    from dataforeman_schema.commands.revision import write_revision  # noqa: PLC0415
    from dataforeman_schema.databases import DATABASES  # noqa: PLC0415

    if said := write_revision(DATABASES[tree], message, autogenerate=autogenerate):
        click.echo(said)


VERBS: Final = (revision,)
"""The verbs, which the command takes up."""
