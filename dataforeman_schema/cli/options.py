"""What several verbs take."""

from __future__ import annotations

import math
from typing import Any

import click

from dataforeman_schema import json_log
from dataforeman_schema.cli.errors import ask_for_json
from dataforeman_schema.waiting import LOCKS_S, SERVER_S


class Seconds(click.FloatRange):
    """A number of seconds, whatever the smallest and the largest are."""

    name = "seconds"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> float:
        """Read a number, and refuse one that no limit holds back."""
        seconds: float = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"{value} is no number of seconds.", param, ctx)
        return seconds


def _ask_for_json(
    ctx: click.Context,
    _param: click.Parameter,
    value: bool,  # noqa: FBT001 - click's
) -> bool:
    if value:
        ask_for_json(ctx)
    return value


def _set_log_format(_ctx: click.Context, _param: click.Parameter, value: str) -> None:
    if value == "json":
        json_log.switch_on()


seconds = Seconds(min=0, max=86_400)
as_json = click.option(
    "--json",
    "as_json",
    is_flag=True,
    is_eager=True,  # errors in what else is given are JSON, too
    callback=_ask_for_json,
    help="Print JSON for programs.",
)
log_format = click.Option(
    ["--log-format"],
    type=click.Choice(["text", "json"]),
    default="text",
    is_eager=True,
    expose_value=False,
    callback=_set_log_format,
    help="How log lines and errors are written to standard error.",
)
lock_wait = click.option(
    "--lock-wait",
    type=seconds,
    default=LOCKS_S,
    show_default=True,
    help="For other migrations and for locked tables (s).",
)
statement_timeout = click.option(
    "--statement-timeout",
    type=seconds,
    default=0,
    help="The longest a statement may run (s); 0: no limit.",
)
server_wait = click.option(
    "--wait",
    type=seconds,
    default=SERVER_S,
    show_default=True,
    help="For each server (s).",
)
tree = click.argument("tree", type=click.Choice(["meta", "tsdb"]), required=False)
