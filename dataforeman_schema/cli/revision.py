"""`revision`: write the next revision of a tree, for maintainers."""

from __future__ import annotations

import click

from dataforeman_schema.cli.options import tree
from dataforeman_schema.output import echo, echo_lines


@click.command()
@tree
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
def revision(
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
    from dataforeman_schema.alembic_env.release_version import (
        ReleaseVersion,
    )
    from dataforeman_schema.commands.release.revision import (
        ReleaseRevisions,
    )
    from dataforeman_schema.databases import select
    from dataforeman_schema.settings import load_env_file

    if bool(message) == bool(release) or (message and (rewrite or not tree)):
        raise click.UsageError("Give --release VERSION, or TREE and -m MESSAGE.")
    if (lose_data and not rewrite) or (rewrite and not autogenerate):
        raise click.UsageError("Give --lose-data with --rewrite, and --empty without.")
    load_env_file()
    databases = select(tree)
    if message:
        from dataforeman_schema.commands.revision import write_revision

        if said := write_revision(databases[0], message, autogenerate=autogenerate):
            echo_lines(said)
        return
    version = ReleaseVersion.parse(str(release))
    revisions = ReleaseRevisions(version, databases, echo)
    if rewrite:
        revisions.rewrite(lose_data=lose_data)
    else:
        revisions.write(autogenerate=autogenerate)
