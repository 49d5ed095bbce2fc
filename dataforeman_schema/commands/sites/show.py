"""What came of many databases, for people and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.progress import say
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dataforeman_schema.commands.sites.outcome import Outcome


class SiteTracebacks(Exception):  # noqa: N818 - says what it is
    """Where processes failed, as the text that `--debug` shows of a cause."""


def show(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    """Print what came of the databases, and end in an error if one of them failed.

    Args:
        outcomes: One a database, the metadata database first.
        as_json: Whether for programs; docs/commands.md lists the keys. People were told
            as it happened.

    Raises:
        SchemaError: Which failed, how many were not started, and why the first failed.
    """
    idle = [outcome for outcome in outcomes if outcome.outcome == "not started"]
    if as_json:
        print_json({"databases": [outcome.as_json() for outcome in outcomes]})
    elif idle:
        say(f"not started: {', '.join(outcome.title for outcome in idle)}")
    if failed := [outcome for outcome in outcomes if outcome.error]:
        traces = SiteTracebacks("\n".join(outcome.trace for outcome in failed))
        raise SchemaError(_summary(outcomes, failed, idle)) from traces


def _summary(
    outcomes: Sequence[Outcome], failed: Sequence[Outcome], idle: Sequence[Outcome]
) -> str:
    first, *others = failed
    also = f", and {', '.join(outcome.title for outcome in others)}" if others else ""
    left = f"; {len(idle)} were not started" if idle else ""
    return (
        f"{len(failed)} of {len(outcomes)} databases failed: {first.title}{also}{left}"
        f"; the first says: {first.error}"
    )
