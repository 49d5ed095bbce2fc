"""`lint`: what revisions that are not released cost, for maintainers."""

from __future__ import annotations

import sys

import click

from dataforeman_schema.cli.options import as_json


@click.command()
@as_json
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
    from dataforeman_schema.commands.lint.run import lint as run
    from dataforeman_schema.commands.lint.show import show

    findings = run(against)
    show(findings, as_json=as_json)
    sys.exit(int(any(finding.severity == "error" for finding in findings)))
