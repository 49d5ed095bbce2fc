"""How any failure of a verb ends: one line on standard error, and an exit code."""

from __future__ import annotations

import re
import sys
import traceback
from typing import Any, NoReturn

import click

from dataforeman_schema import json_log
from dataforeman_schema.commands.json_output import is_printed, print_json
from dataforeman_schema.errors import in_words
from dataforeman_schema.output import echo, echo_lines
from dataforeman_schema.printable import print_warnings_in_lines

_FINDERS = {"lint", "status", "verify"}
"""The verbs whose exit code says 2 where they fail; 1 is for what they find."""

_JSON = "dataforeman_schema.json"
_UNREAD = 141
"""128 and the number of SIGPIPE, as shells have it."""


class OneLineErrors(click.Group):
    """A group whose verbs end any failure in one line and an exit code."""

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401 - click's
        """Run the command and exit, whatever happens."""
        print_warnings_in_lines()
        options["standalone_mode"] = False  # click would print several lines
        try:
            code = super().main(*args, **options)
        except click.UsageError as error:
            path = error.ctx.command_path if error.ctx else "dataforeman-schema"
            words = f"{error.format_message()} See {path} --help"
            _fail(words, error.exit_code, error.ctx)
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
            trace = traceback.format_exc() if ctx.params["debug"] else None
            default = 2 if ctx.invoked_subcommand in _FINDERS else 1
            code = getattr(error, "exit_code", default)
            _fail(in_words(error), code, ctx, type(error).__name__, trace)


def _fail(
    message: str,
    code: int,
    context: click.Context | None = None,
    error: str = "UsageError",
    trace: str | None = None,
) -> NoReturn:
    # An argument that is quoted may be a URL given in the wrong place.
    safe = re.sub(r"://\S*@", "://…@", " ".join(message.split()))
    if json_log.is_on():
        told = {"error": error, "exit_code": code}
        json_log.write("ERROR", safe, **told, **({"traceback": trace} if trace else {}))
    else:
        if trace:
            echo_lines(trace.rstrip(), err=True)
        echo(f"dataforeman-schema: {safe}", err=True)
    if context and context.meta.get(_JSON) and not is_printed(context):
        print_json({"error": safe, "exit_code": code}, context)
    sys.exit(code)


def ask_for_json(context: click.Context) -> None:
    """Have an error printed as JSON, too, where the verb has printed nothing yet."""
    context.meta[_JSON] = True
