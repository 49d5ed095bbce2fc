"""The `dataforeman-schema` command: each verb parses, calls, prints."""

from __future__ import annotations

import math
import os
import re
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, NoReturn

import click

from dataforeman_schema import cli_maintainer
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.waiting import LOCKS_S, MAX_LOCK_AGE_S, SERVER_S

if TYPE_CHECKING:
    from dataforeman_schema.alembic_env.options import Options

_INTERRUPTED, _UNREAD = 130, 141
"""128 and the number of SIGINT and of SIGPIPE, as shells have it."""


class _OneLineErrors(click.Group):
    """A group whose verbs end any failure in one line and an exit code."""

    def main(self, *args: Any, **options: Any) -> NoReturn:  # noqa: ANN401 - click's
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
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # as under head: nobody is there to be told
            from dataforeman_schema.commands.progress import silence  # noqa: PLC0415

            silence(sys.stdout)
            sys.exit(_UNREAD)
        except Exception as error:  # noqa: BLE001 - no failure shows a traceback
            if ctx.params["debug"]:
                traceback.print_exc()
            # Of verify, 1 says that something was found.
            default = 1 if ctx.invoked_subcommand == "upgrade" else 2
            _fail(_in_words(error), getattr(error, "exit_code", default))


def _in_words(error: Exception) -> str:
    if isinstance(error, SchemaError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error}; mend that and run the command again"
    return (
        f"unexpected {type(error).__name__}: {error}; "
        "run dataforeman-schema --debug … again and report what it shows"
    )


def _fail(message: str, code: int = 1) -> NoReturn:
    # An argument that is quoted may be a URL given in the wrong place.
    safe = re.sub(r"://\S*@", "://…@", " ".join(message.split()))
    click.echo(f"dataforeman-schema: {safe}", err=True)
    sys.exit(code)


class _Seconds(click.FloatRange):
    name = "seconds"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):  # which no limit holds back
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


_seconds = _Seconds(min=0, max=86_400)
_as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs."
)
_lock_wait = click.option(
    "--lock-wait",
    type=_seconds,
    default=LOCKS_S,
    show_default=True,
    help="For other migrations and for locked tables (s).",
)


@click.group(cls=_OneLineErrors, no_args_is_help=False)
@click.version_option(package_name="dataforeman-schema")
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
def main(*, debug: bool) -> None:
    """Look after DataForeman's metadata and telemetry databases."""


for _verb in cli_maintainer.VERBS:
    main.add_command(_verb)


@main.command()
def config() -> None:
    """Print the path of alembic.ini.

    ALEMBIC_CONFIG=$(dataforeman-schema config) alembic -n meta upgrade head
    works from any folder.
    """
    from dataforeman_schema.packaging import alembic_ini  # noqa: PLC0415

    click.echo(alembic_ini())


@main.command()
@click.option(
    "--wait",
    type=_seconds,
    default=SERVER_S,
    show_default=True,
    help="For each server (s).",
)
@_lock_wait
@click.option(
    "--statement-timeout",
    type=_seconds,
    default=0,
    help="The longest a statement may run (s); 0: no limit.",
)
@click.option(
    "--allow-drift",
    "drift",
    flag_value="allow",
    help="Migrate a database though it is not what its revision makes.",
)
@click.option(
    "--warn-of-drift",
    "drift",
    flag_value="warn",
    help="The same, but say what differs.",
)
@click.option(
    "--lose-data", is_flag=True, help="Lose rows and values that a revision does away."
)
@click.option(
    "--plan",
    "--dry-run",
    "plan_only",
    is_flag=True,
    help="Say what it would do, lock, need and lose, and change nothing.",
)
@_as_json
def upgrade(  # noqa: PLR0913 - an argument for each of its options
    *,
    wait: float,
    lock_wait: float,
    statement_timeout: float,
    drift: str | None,
    lose_data: bool,
    plan_only: bool,
    as_json: bool,
) -> None:
    """Bring both databases to their newest revision; run it at service start.

    It waits for the servers, creates a missing database, migrates the metadata
    database, then the telemetry database, and verifies the critical tables. One that
    has revisions to run and is not what its present one makes is refused, and so is a
    revision that would lose rows or values; they are counted.
    """
    from dataforeman_schema.commands.progress import Progress  # noqa: PLC0415
    from dataforeman_schema.commands.upgrade import upgrade as run  # noqa: PLC0415
    from dataforeman_schema.settings import load_env_file  # noqa: PLC0415

    def options() -> Options:
        from dataforeman_schema.alembic_env.options import Options  # noqa: PLC0415

        return Options(
            lock_wait=lock_wait,
            statement_timeout=statement_timeout,
            lose_data=lose_data,
            drift=drift or "refuse",
        )

    if os.getpid() == 1:  # a container's first process, which else cannot be stopped
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    load_env_file()
    with Progress.shown() as progress:
        if plan_only:
            from dataforeman_schema.commands.plan import (  # noqa: PLC0415
                plan_upgrade,
                show,
            )

            plans = plan_upgrade(progress, wait, drift or "refuse")
            show(plans, as_json=as_json)
            sys.exit(int(not all(plan.is_complete for plan in plans)))
        elif as_json:
            raise click.UsageError("--json goes with --plan.")
        else:
            run(progress, wait, options)


@main.command()
@_as_json
@click.option(
    "--last",
    type=click.IntRange(min=0, max=1_000_000),
    default=5,
    show_default=True,
    help="How much of the history to show (rows).",
)
def status(*, as_json: bool, last: int) -> None:
    """Show both databases: revision, history, tables, hypertables, server versions.

    Nothing is changed. Exits with 2 if a database could not be looked at.
    """
    from dataforeman_schema.commands.status import read_statuses, show  # noqa: PLC0415

    show(read_statuses(last), as_json=as_json)


@main.command()
@_as_json
@click.argument("tree", type=click.Choice(["meta", "tsdb"]), required=False)
@click.option(
    "--plan", "action", flag_value="plan", help="Say what it would do, and do nothing."
)
@click.option(
    "--finish",
    "action",
    flag_value="finish",
    help="Drop the former system_metrics, once its rows are converted and proved.",
)
@click.option(
    "--undo", "action", flag_value="undo", help="Give them back to what made them."
)
@click.option(
    "--proof",
    type=click.Choice(["checksums", "counts"]),
    default="checksums",
    show_default=True,
    help="What of every table must be equal before and after.",
)
@click.option(
    "--keep-foreign",
    is_flag=True,
    help="Take over a later DataForeman (v0.4 to v0.6), whose rules then stay.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    help="Where to keep the proof, as JSON.",
)
@_lock_wait
def adopt(  # noqa: PLR0913 - an argument for each of its options
    tree: str | None,
    *,
    as_json: bool,
    action: str | None,
    proof: str,
    keep_foreign: bool,
    report: str | None,
    lock_wait: float,
) -> None:
    """Take over databases that the former tool made, or that nothing records.

    Everything is compared with what the revisions make. What differs is bridged
    without touching a row, what is not ours stays, and the rows of every table are
    proved to be the same; otherwise nothing is changed, in either database.
    """
    from dataforeman_schema.alembic_env.options import Options  # noqa: PLC0415
    from dataforeman_schema.commands.adoption import show  # noqa: PLC0415
    from dataforeman_schema.settings import load_env_file  # noqa: PLC0415

    load_env_file()
    options = Options(lock_wait=lock_wait)
    if action == "plan":
        show.plans(tree, options, as_json=as_json, keep_foreign=keep_foreign)
    elif action == "undo":
        show.undo(tree, options)
    elif action == "finish":
        show.finish(options)
    else:
        counts_only = proof == "counts"
        show.adopt(
            tree,
            options,
            counts_only=counts_only,
            report=report,
            keep_foreign=keep_foreign,
        )


@main.command()
@_as_json
@click.option(
    "--max-lock-age",
    type=_seconds,
    default=MAX_LOCK_AGE_S,
    show_default=True,
    help="How long other sessions may hold locks (s).",
)
@click.option(
    "--app-role",
    metavar="ROLE",
    help="The role of the services, whose rights are looked at too.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for notes, too.")
def verify(
    *, as_json: bool, max_lock_age: float, app_role: str | None, strict: bool
) -> None:
    """Look for what is wrong in both databases, and say what mends it.

    Nothing is changed. Exits with 0 if all is well, though there may be notes of what
    is worth knowing; with 1 if something was found, and with 2 if a database could not
    be looked at.
    """
    from dataforeman_schema.commands.verify import show  # noqa: PLC0415
    from dataforeman_schema.commands.verify import verify as run  # noqa: PLC0415

    verdicts = run(max_lock_age, app_role)
    show(verdicts, as_json=as_json)
    found = any(verdict.findings for verdict in verdicts)
    noted = strict and any(verdict.notes for verdict in verdicts)
    sys.exit(int(found or noted))
