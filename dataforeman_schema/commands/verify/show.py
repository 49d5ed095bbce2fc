"""Showing what was found, to people and to programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.errors import CouldNotLookError
from dataforeman_schema.output import echo, echo_lines

if TYPE_CHECKING:
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
    if any(verdict.place for verdict in verdicts):  # else there is nothing to show
        _print_all(verdicts, as_json=as_json)
    if errors := [verdict.error for verdict in verdicts if verdict.error]:
        causes = [verdict.cause for verdict in verdicts if verdict.cause]
        group = ExceptionGroup("what could not be looked at", causes)
        raise CouldNotLookError("; and ".join(errors)) from group


def _print_all(verdicts: list[Verdict], *, as_json: bool) -> None:
    if as_json:
        print_json(_document(verdicts))
        return
    for verdict in verdicts:
        _print(verdict)


def _document(verdicts: list[Verdict]) -> dict[str, object]:
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
    public = asdict(finding) | {"language": finding.language}
    del public["step"]
    return public


def _print(verdict: Verdict) -> None:
    title = verdict.database.title
    if verdict.findings:
        count = len(verdict.findings)
        noun = "finding" if count == 1 else "findings"
        echo(f"{title} ({verdict.place}): {count} {noun}", bold=True)
        for number, finding in enumerate(verdict.findings, 1):
            _print_finding(number, finding)
    elif verdict.error is None:
        echo(f"{title} ({verdict.place}): as it should be")
    if verdict.notes:
        echo("")
        echo(f"{title}, worth knowing:")
        for note in verdict.notes:
            echo(f"   {note.where}: {note.what}")


def _print_finding(number: int, finding: Finding) -> None:
    echo("")
    echo(f"{number}. {finding.where}: {finding.what}", fg="red")
    echo(f"   why     {finding.why}")
    place = "in this database" if finding.language == "sql" else "in a shell"
    echo(f"   remedy  {place}:")
    # As it is: an indentation would enter the texts and bodies that it quotes.
    if finding.language == "sql":
        echo_lines(finding.remedy)
    else:
        echo(finding.remedy)
