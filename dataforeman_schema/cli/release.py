"""`release`: a checkout becomes a release, for maintainers."""

from __future__ import annotations

import click

from dataforeman_schema.output import echo_lines


@click.command()
@click.argument("version", required=False)
@click.option(
    "--check", is_flag=True, help="Look at the checkout only; make no release."
)
def release(version: str | None, *, check: bool) -> None:
    """Make a release of a checkout, v0.3 say, whose revisions are locked then.

    All is checked before a file is written. Prints the commands that commit and tag it.
    """
    from dataforeman_schema.alembic_env.release_version import (
        ReleaseVersion,
    )
    from dataforeman_schema.commands.release.checks import (
        check_checkout,
    )
    from dataforeman_schema.commands.release.run import release as run

    if check == bool(version):
        raise click.UsageError("Give VERSION, or --check.")
    if version:
        echo_lines("\n".join(run(ReleaseVersion.parse(version))))
    else:
        check_checkout()
