"""The `dataforeman-schema` command: each verb has a module, parses, calls, prints."""

from __future__ import annotations

from importlib import import_module
from typing import Final

import click

from dataforeman_schema.cli.errors import OneLineErrors
from dataforeman_schema.cli.options import log_format

VERBS: Final = (
    "adopt",
    "backup",
    "config",
    "downgrade",
    "health",
    "lint",
    "release",
    "restore-check",
    "revision",
    "status",
    "upgrade",
    "verify",
    "wait",
)
"""Each is a module beside this one, which has a command of its name."""


class _Verbs(OneLineErrors):
    """The group of the verbs; a process imports the module of the one that it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Name the verbs, as `--help` and the completion of a shell do."""
        return list(VERBS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        """Import one verb."""
        if cmd_name not in VERBS:
            return None
        name = cmd_name.replace("-", "_")
        verb: click.Command = getattr(import_module(f"{__name__}.{name}"), name)
        if log_format not in verb.params:
            verb.params.append(log_format)
        return verb


@click.group(cls=_Verbs, no_args_is_help=False, params=[log_format])
@click.version_option(package_name="dataforeman-schema")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def main(*, debug: bool) -> None:
    """Look after DataForeman's metadata and telemetry databases."""
