"""`backup`: dumps of both databases, with what restore-check needs to prove them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from dataforeman_schema.cli.options import as_json, tree
from dataforeman_schema.output import echo


@click.command()
@tree
@click.option(
    "--to",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="Where the files go; else the current folder.",
)
@click.option(
    "--proof",
    type=click.Choice(["counts", "checksums"]),
    default="counts",
    show_default=True,
    help="What of every table restore-check shall compare.",
)
@click.option(
    "--print", "print_only", is_flag=True, help="Print the commands, and run nothing."
)
@as_json
def backup(
    *, tree: str | None, folder: Path, proof: str, print_only: bool, as_json: bool
) -> None:
    """Dump both databases with the pg_dump of their servers' release.

    Each dump is a file of pg_dump's custom format, tsdb-20260131T120000Z.dump say, as
    of one moment, whatever is written meanwhile. Beside it stands a .json, which says
    what the database held then.
    """
    from dataforeman_schema.commands.backup.dump import Backup, dump_path
    from dataforeman_schema.commands.json_output import print_json
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.databases import select
    from dataforeman_schema.settings import load_env_file

    if as_json and print_only:
        raise click.UsageError("--print prints commands: leave --json out.")
    load_env_file()
    with Progress.shown() as progress:
        backups = [
            Backup(
                database,
                database.settings(),
                dump_path(database, folder),
                counts_only=proof == "counts",
                progress=progress,
            )
            for database in select(tree)
        ]
        if print_only:
            for each in backups:
                echo(each.command())
            return
        dumps = []
        for each in backups:
            dumps.append(dump := each.run())
            for line in () if as_json else dump.lines():
                progress.say(line)
    if as_json:
        print_json({"databases": [asdict(dump) for dump in dumps]})
