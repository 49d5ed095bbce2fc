"""`health`: whether services can work with the databases, for probes of containers."""

from __future__ import annotations

import sys
from functools import partial

import click

from dataforeman_schema.cli.options import as_json, tree


@click.command()
@tree
@as_json
def health(*, tree: str | None, as_json: bool) -> None:
    """Say in a line a database whether services can work with it, for probes.

    They can where it is reached, at its newest revision, and has its critical tables.
    Nothing is changed and nothing is waited for. Exits with 0 if both are healthy, or
    the one that is named, and with 1 if not.
    """
    from dataforeman_schema.commands.lean import lean_imports

    with lean_imports():
        from dataforeman_schema.commands.ahead import ahead
        from dataforeman_schema.commands.health_probe import read_health, show
        from dataforeman_schema.databases import select
        from dataforeman_schema.settings import load_env_file

    load_env_file()
    looks = [ahead(partial(read_health, database)) for database in select(tree)]
    found = [look() for look in looks]
    show(found, as_json=as_json)
    sys.exit(int(not all(each.healthy for each in found)))
