"""Databases broken by hand, and the remedies of what is found in them."""

from __future__ import annotations

import os
import re
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from dataforeman_schema.commands.verify import Finding, show, verify_database
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, run, variables
from tests.commands.places import execute
from tests.full import FULL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


FROM_ANY_FOLDER = 'ALEMBIC_CONFIG="$(dataforeman-schema config)" '
"""What leads Alembic to its settings; test_docs.py has a shell run the README's."""


class Breakage(NamedTuple):
    """What breaks a database, and what a finding must say of it."""

    sql: str
    words: tuple[str, ...]


@dataclass
class Names:
    """Names of breakages of one database; the first of them names the test."""

    names: list[str]
    objects: set[str]

    def __str__(self) -> str:
        first, *others = self.names
        return f"{first}, and {len(others)} more" if others else first

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)


def side_by_side(
    breakages: Mapping[str, Breakage], objects: Iterable[str]
) -> list[Names]:
    """Put what breaks different objects into one database; one each in a full run.

    What names none of the objects is about all of them. So is what drops a table, which
    takes more with it, or changes the record of the revision, which hides the rest.
    """
    databases: list[Names] = []
    for name, breakage in breakages.items():
        broken = _broken(breakage, {*objects})
        free = (each for each in databases if not FULL and not each.objects & broken)
        if not (database := next(free, None)):
            databases.append(database := Names([], set()))
        database.names.append(name)
        database.objects.update(broken)
    return databases


def _broken(breakage: Breakage, objects: set[str]) -> set[str]:
    text = " ".join((breakage.sql, *breakage.words))
    named = {name for name in objects if name in text}
    alone = any(word in breakage.sql for word in ("DROP TABLE", "alembic_version"))
    return objects if alone or not named else named


def find(
    database: Database, settings: ConnectionSettings, max_lock_age_s: float = 60
) -> list[Finding]:
    """Verify one database that can be looked at."""
    verdict = verify_database(database, settings, max_lock_age_s)
    assert verdict.error is None, verdict.error
    return verdict.findings


def find_as_printed(
    database: Database, settings: ConnectionSettings, max_lock_age_s: float = 60
) -> list[Finding]:
    """Verify one database, and take the remedies from what is printed."""
    verdict = verify_database(database, settings, max_lock_age_s)
    with redirect_stdout(StringIO()) as output:
        show([verdict], as_json=False)
    return [
        replace(finding, remedy=type(finding.remedy)(remedy))
        for finding, remedy in zip(
            verdict.findings, remedies(output.getvalue()), strict=True
        )
    ]


def remedies(printed: str) -> list[str]:
    """Cut the remedies out of what the command prints for people."""
    found = re.sub(r"\n\n[^\n]*, worth knowing:\n.*", "", printed, flags=re.DOTALL)
    _title, *findings = re.split(r"\n\n(?=\d+\. )", found)
    heading = r"^   remedy  in .*:\n"
    return [re.split(heading, finding, flags=re.MULTILINE)[1] for finding in findings]


def mend(finding: Finding, settings: ConnectionSettings, **environ: str) -> None:
    """Run the remedy of a finding, by a shell where that changes something of it."""
    if finding.language == "sql":
        execute(settings, finding.remedy)
        return
    environ = {**variables(settings), **environ}
    command = finding.remedy.strip().removeprefix(FROM_ANY_FOLDER)
    if re.fullmatch(r"[\w ./=-]+", command):  # a shell changes nothing of it
        program, *arguments = command.split()
        result = run(BIN / program, *arguments, **environ)
    else:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        result = run("/bin/sh", "-c", finding.remedy, **environ, PATH=path)
    assert result.returncode == 0, result.stderr


def mend_all(findings: list[Finding], settings: ConnectionSettings) -> None:
    """Run the remedies of all findings, in their order, just as they are given."""
    for finding in findings:
        mend(finding, settings)


def assert_named(findings: list[Finding], words: tuple[str, ...]) -> None:
    """Assert that one of the findings holds all the words."""
    texts = [f"{f.check} | {f.where}: {f.what} | {f.why}" for f in findings]
    assert any(all(word in text for word in words) for text in texts), texts


def assert_noted(
    database: Database, settings: ConnectionSettings, words: tuple[str, ...]
) -> None:
    """Assert that notes hold all the words, and that `alembic check` passes."""
    verdict = verify_database(database, settings, 60)
    assert (verdict.error, verdict.findings) == (None, [])
    texts = [f"{note.check} | {note.where}: {note.what}" for note in verdict.notes]
    for word in words:
        assert any(word in text for text in texts), texts
    Migrations(database, settings).check()
