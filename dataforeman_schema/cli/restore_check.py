"""`restore-check`: the proof that a dump can be restored."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command("restore-check")
@click.argument(
    "dumps",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    metavar="DUMP…",
    nargs=-1,
    required=True,
)
def restore_check(*, dumps: tuple[Path, ...]) -> None:
    """Restore dumps that backup made into databases of a moment, and compare them.

    Each is restored on the server of the database that it is of, in a new database,
    which is dropped again. Exits with 0 if catalog and rows are what they were, and
    with 1 if not.
    """
    from dataforeman_schema.commands.backup.manifest import Manifest
    from dataforeman_schema.commands.backup.restore import RestoreCheck
    from dataforeman_schema.commands.progress import Progress
    from dataforeman_schema.settings import load_env_file

    load_env_file()
    manifests = {dump: Manifest.read(dump) for dump in dumps}
    proved = True
    with Progress.shown() as progress:
        for dump, manifest in manifests.items():
            found = RestoreCheck(dump, manifest, progress).run()
            for line in found:
                progress.say(f"{dump}: {line}")
            if not found:
                contents = manifest.contents
                progress.say(
                    f"{dump}: restores {len(contents.tables)} tables with "
                    f"{contents.rows} rows, all as they were"
                )
            proved &= not found
    sys.exit(int(not proved))
