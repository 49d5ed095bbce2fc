"""The verbs of `dataforeman-schema` for those who maintain the schema."""

from __future__ import annotations

import sys
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


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
@click.option(
    "--against",
    metavar="URL",
    multiple=True,
    help="A database whose tables say what is large; once for each.",
)
def lint(*, as_json: bool, against: tuple[str, ...]) -> None:
    """Look over the revisions that are not released yet, for what costs too much.

    Exits with 0 if there is nothing but notes, with 1 if something was found, and with
    2 if they could not be looked at. No server is needed without --against.
    """
    from dataforeman_schema.commands.lint.run import lint as run  # noqa: PLC0415
    from dataforeman_schema.commands.lint.show import show  # noqa: PLC0415

    findings = run(against)
    show(findings, as_json=as_json)
    sys.exit(int(any(finding.severity == "error" for finding in findings)))


VERBS: Final = (revision, lint)
"""The verbs, which the command takes up."""
