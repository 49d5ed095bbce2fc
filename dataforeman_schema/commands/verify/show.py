"""Showing what was found, to people and to programs."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.errors import CouldNotLookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.findings import Finding
    from dataforeman_schema.commands.verify.run import Verdict


def show(verdicts: list[Verdict], *, as_json: bool) -> None:
    """Print what was found.

    Args:
        verdicts: One a database.
        as_json: Whether for programs; docs/commands.md lists the keys.

    Raises:
        CouldNotLookError: There is a database that could not be looked at.
    """
    if as_json:
        print_json(_document(verdicts))
    else:
        for line in _lines(verdicts):
            click.echo(line)
    if errors := [verdict.error for verdict in verdicts if verdict.error]:
        causes = [verdict.cause for verdict in verdicts if verdict.cause]
        group = ExceptionGroup("what could not be looked at", causes)
        raise CouldNotLookError("; and ".join(errors)) from group


def _document(verdicts: list[Verdict]) -> dict[str, Any]:
    databases = [
        {
            "database": verdict.database.name,
            "place": verdict.place,
            "error": verdict.error,
            "findings": [_public(finding) for finding in verdict.findings],
            "notes": [asdict(note) for note in verdict.notes],
        }
        for verdict in verdicts
    ]
    return {"databases": databases}


def _public(finding: Finding) -> dict[str, str]:
    """Leave out the step, which the order of the findings tells."""
    public = asdict(finding)
    del public["step"]
    return public


def _lines(verdicts: list[Verdict]) -> Iterator[str]:
    for verdict in verdicts:
        title = verdict.database.title
        if verdict.findings:
            count = len(verdict.findings)
            noun = "finding" if count == 1 else "findings"
            yield _style(f"{title} ({verdict.place}): {count} {noun}", bold=True)
            for number, finding in enumerate(verdict.findings, 1):
                yield from _finding(number, finding)
        elif verdict.error is None:
            yield f"{title} ({verdict.place}): as it should be"
        if verdict.notes:
            yield ""
            yield f"{title}, worth knowing:"
            yield from (f"   {note.where}: {note.what}" for note in verdict.notes)


def _finding(number: int, finding: Finding) -> Iterator[str]:
    yield ""
    yield _style(f"{number}. {finding.where}: {finding.what}", fg="red")
    yield f"   why     {finding.why}"
    place = "in this database" if finding.language == "sql" else "in a shell"
    yield f"   remedy  {place}:"
    # As it is: an indentation would enter the texts and bodies that it quotes.
    yield finding.remedy


def _style(text: str, **style: Any) -> str:  # noqa: ANN401 - click's
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)
