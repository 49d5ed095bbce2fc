"""What several verbs take."""

from __future__ import annotations

import math
from typing import Any

import click

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


seconds = Seconds(min=0, max=86_400)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON for programs."
)
lock_wait = click.option(
    "--lock-wait",
    type=seconds,
    default=LOCKS_S,
    show_default=True,
    help="For other migrations and for locked tables (s).",
)
server_wait = click.option(
    "--wait",
    type=seconds,
    default=SERVER_S,
    show_default=True,
    help="For each server (s).",
)
tree = click.argument("tree", type=click.Choice(["meta", "tsdb"]), required=False)
