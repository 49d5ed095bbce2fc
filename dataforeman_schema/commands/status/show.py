"""Showing the state of the databases, to people and to programs."""

from __future__ import annotations

import sys
from dataclasses import asdict, fields

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.commands.status.lines import lines
from dataforeman_schema.commands.status.prometheus import metrics
from dataforeman_schema.commands.status.state import Status, Unreachable
from dataforeman_schema.errors import CouldNotLookError
from dataforeman_schema.output import echo, echo_lines
from dataforeman_schema.printable import printable_parts


def show(found: list[Status | Unreachable], form: str = "text") -> None:
    """Print the state of the databases.

    Args:
        found: One a database.
        form: json or prometheus for programs, whose keys and metrics
            docs/commands.md lists; text for people, who get tables on a terminal and
            lines elsewhere.

    Raises:
        CouldNotLookError: There is a database that could not be looked at.
    """
    statuses = [each for each in found if isinstance(each, Status)]
    errors = [each.error for each in found if isinstance(each, Unreachable)]
    if form != "prometheus" and not any(each.place for each in found):
        raise CouldNotLookError("; and ".join(errors))  # there is nothing to show
    if form == "json":
        databases = {"databases": [_keys(each) for each in found]}
        print_json(databases)
    elif form == "prometheus":
        echo_lines(metrics(found).removesuffix("\n"))
    elif sys.stdout and sys.stdout.isatty():
        from dataforeman_schema.commands.status.terminal import draw  # noqa: PLC0415

        draw([printable_parts(status) for status in statuses])
    else:
        for line in [line for status in statuses for line in lines(status)]:
            echo(line)
    if errors:
        raise CouldNotLookError("; and ".join(errors))


def _keys(found: Status | Unreachable) -> dict[str, object]:
    """Give every database the same keys; what is not known of it is null."""
    return dict.fromkeys(field.name for field in fields(Status)) | asdict(found)
