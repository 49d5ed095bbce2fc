"""How any failure of a verb ends: one line on standard error, and an exit code."""

from __future__ import annotations

import re
import sys
import traceback
from typing import Any, NoReturn

import click

from dataforeman_schema.errors import in_words

_INTERRUPTED, _UNREAD = 130, 141
"""128 and the number of SIGINT and of SIGPIPE, as shells have it."""


class OneLineErrors(click.Group):
    """A group whose verbs end any failure in one line and an exit code."""

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401 - click's
        """Run the command and exit, whatever happens."""
        options["standalone_mode"] = False  # click would print several lines
        try:
            code = super().main(*args, **options)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "dataforeman-schema"
            _fail(f"{error.format_message()} See {path} --help", error.exit_code)
        except click.Abort:
            _fail("interrupted; nothing is left half done", _INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> object:
        """Run one verb, and say in one line why it failed."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # as under head: nobody is there to be told
            from dataforeman_schema.commands.progress import silence

            silence(sys.stdout)
            sys.exit(_UNREAD)
        except Exception as error:  # noqa: BLE001 - no failure shows a traceback
            if ctx.params["debug"]:
                traceback.print_exc()
            # Of verify, 1 says that something was found.
            default = 1 if ctx.invoked_subcommand == "upgrade" else 2
            _fail(in_words(error), getattr(error, "exit_code", default))


def _fail(message: str, code: int = 1) -> NoReturn:
    # An argument that is quoted may be a URL given in the wrong place.
    safe = re.sub(r"://\S*@", "://…@", " ".join(message.split()))
    click.echo(f"dataforeman-schema: {safe}", err=True)
    sys.exit(code)
