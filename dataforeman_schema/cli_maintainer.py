"""The verbs of `dataforeman-schema` for those who maintain the schema."""

from __future__ import annotations

import sys
from typing import Final

import click

_tree = click.argument("tree", type=click.Choice(["meta", "tsdb"]), required=False)


@click.command()
@_tree
@click.option("-m", "--message", help='Such as "Repair".')
@click.option(
    "--release",
    metavar="VERSION",
    help="Write that of a coming release, v0.3 say, in TREE or in both.",
)
@click.option(
    "--autogenerate/--empty",
    default=True,
    show_default=True,
    help="Fill it with what differs between models and database, or with nothing.",
)
@click.option(
    "--rewrite",
    is_flag=True,
    help="Write it again in place, and bring the databases along.",
)
@click.option(
    "--lose-data",
    is_flag=True,
    help="Let rows and values go with what the models no longer have.",
)
def revision(  # noqa: PLR0913 - an argument for each of its options
    tree: str | None,
    message: str | None,
    release: str | None,
    *,
    autogenerate: bool,
    rewrite: bool,
    lose_data: bool,
) -> None:
    """Write the next revision of a tree, for maintainers of the schema.

    Read what it wrote before you release it.
    """
    from dataforeman_schema.alembic_env.release_version import (  # noqa: PLC0415
        ReleaseVersion,
    )
    from dataforeman_schema.commands.release.revision import (  # noqa: PLC0415
        ReleaseRevisions,
    )
    from dataforeman_schema.databases import DATABASES  # noqa: PLC0415

    if bool(message) == bool(release) or (message and (rewrite or not tree)):
        raise click.UsageError("Give --release VERSION, or TREE and -m MESSAGE.")
    if (lose_data and not rewrite) or (rewrite and not autogenerate):
        raise click.UsageError("Give --lose-data with --rewrite, and --empty without.")
    databases = [DATABASES[name] for name in DATABASES if tree in {None, name}]
    if message:
        from dataforeman_schema.commands.revision import write_revision  # noqa: PLC0415

        if said := write_revision(databases[0], message, autogenerate=autogenerate):
            click.echo(said)
        return
    version = ReleaseVersion.parse(str(release))
    revisions = ReleaseRevisions(version, databases, click.echo)
    if rewrite:
        revisions.rewrite(lose_data=lose_data)
    else:
        revisions.write(autogenerate=autogenerate)


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


@click.command()
@click.argument("version", required=False)
@click.option(
    "--check", is_flag=True, help="Look at the checkout only; make no release."
)
def release(version: str | None, *, check: bool) -> None:
    """Make a release of a checkout, v0.3 say, whose revisions are locked then.

    All is checked before a file is written. Prints the commands that commit and tag it.
    """
    from dataforeman_schema.alembic_env.release_version import (  # noqa: PLC0415
        ReleaseVersion,
    )
    from dataforeman_schema.commands.release.checks import (  # noqa: PLC0415
        check_checkout,
    )
    from dataforeman_schema.commands.release.run import release as run  # noqa: PLC0415

    if check == bool(version):
        raise click.UsageError("Give VERSION, or --check.")
    if version:
        click.echo("\n".join(run(ReleaseVersion.parse(version))))
    else:
        check_checkout()


VERBS: Final = (revision, lint, release)
"""The verbs, which the command takes up."""
