"""Printing JSON for programs: one document on standard output, whatever happens."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import click

from dataforeman_schema.output import echo_json

_PRINTED: Final = "dataforeman_schema.json_printed"


def print_json(document: object, context: click.Context | None = None) -> None:
    """Print what a verb says with `--json`; `spec/cli` has the schemas.

    Args:
        document: Dictionaries, lists and values, points in time among them.
        context: That of the verb; None is the one that runs.
    """
    echo_json(document, default=datetime.isoformat)
    if context := context or click.get_current_context(silent=True):
        context.meta[_PRINTED] = True


def is_printed(context: click.Context) -> bool:
    """Tell whether a verb has printed its document."""
    return bool(context.meta.get(_PRINTED))
