"""Squawk, a linter of PostgreSQL's statements, on what a revision writes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dataforeman_schema.commands.lint.rule import Hit
from dataforeman_schema.commands.lint.sql import parse, target
from dataforeman_schema.commands.lint.squawk_rules import SQUAWK_RULES
from dataforeman_schema.commands.lint.timescale_rules import relation
from dataforeman_schema.commands.lint.tools import squawk
from dataforeman_schema.errors import CouldNotLookError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.commands.lint.recording import (
        RecordedStatement,
        Recording,
    )

OLDEST_POSTGRESQL: Final = "15"
"""The oldest release that is supported, which revisions must be cheap on, too."""

_SECONDS: Final = 60
_NO_ADVICE: Final = "wait for the release after the one that stops using it"


class SquawkHit(NamedTuple):
    """What squawk found.

    Attributes:
        rule: Its rule.
        hit: Where, and what.
        instead: What it advises.
    """

    rule: str
    hit: Hit
    instead: str


def run_squawk(
    recording: Recording, tree: str, postgresql: str = OLDEST_POSTGRESQL
) -> Iterator[SquawkHit]:
    """Have squawk read what a revision writes.

    Args:
        recording: The revision.
        tree: Which tree it is of.
        postgresql: The server's version.

    Raises:
        CouldNotLookError: Squawk is missing, or fails.
    """
    lines, sql = _script(recording)
    for found in _run(sql, postgresql):
        name = found["rule_name"]
        before = lines[: found["line"] + 1]
        statement = next(filter(None, reversed(before)), None)
        if statement is not None and _holds(name, tree):
            table = _table(statement)
            hit = Hit(statement.line, _sentence(found["message"]), table)
            yield SquawkHit(name, hit, _advice(found))


def _advice(found: dict[str, Any]) -> str:
    if found["rule_name"] == "syntax-error":
        return "mend the statement"
    return _sentence(found["help"] or _NO_ADVICE)


def _holds(name: str, tree: str) -> bool:
    rule = SQUAWK_RULES.get(name)
    return rule is None or (rule.on and tree in rule.trees)


def _sentence(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _script(recording: Recording) -> tuple[list[RecordedStatement | None], str]:
    """Write the statements as `--sql` does, and say which of them each line is of."""
    lines: list[RecordedStatement | None] = [None]
    text = ["BEGIN;"]
    for statement in recording.statements:
        written = statement.sql.rstrip(";") + ";"
        text.append(written)
        is_boundary = statement.op is None and written in {"BEGIN;", "COMMIT;"}
        lines += [None if is_boundary else statement] * (written.count("\n") + 1)
    return [*lines, None], "\n".join([*text, "COMMIT;"])


def _run(sql: str, postgresql: str) -> list[dict[str, Any]]:
    chosen = (
        f"--{'include' if rule.on else 'exclude'}={name}"
        for name, rule in SQUAWK_RULES.items()
    )
    command = [squawk(), "--reporter=json", f"--pg-version={postgresql}", *chosen]
    result = subprocess.run(  # noqa: S603 - its arguments are ours
        [*command, "--config=/dev/null", "--stdin-filepath=revision.sql"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    try:
        found: list[dict[str, Any]] = json.loads(result.stdout)
    except ValueError:
        said = " ".join((result.stderr or result.stdout).split())
        raise CouldNotLookError(
            f"squawk failed: {said}; install it again, in the version of the lint extra"
        ) from None
    return found


def _table(statement: RecordedStatement) -> str | None:
    if (name := relation(statement.op)) is not None:
        return name
    return next(filter(None, map(target, parse(statement.sql))), None)
