"""Databases broken by hand, and the remedies of what is found in them."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import TYPE_CHECKING, NamedTuple

from dataforeman_schema.commands.verify import Finding, show, verify_database
from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, variables
from tests.commands.places import execute

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings


class Breakage(NamedTuple):
    """What breaks a database, and what a finding must say of it."""

    sql: str
    words: tuple[str, ...]


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
    """Run the remedy of a finding, just as it is given."""
    if finding.language == "sql":
        execute(settings, finding.remedy)
        return
    path = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    places = {**variables(settings), **environ}
    shell = subprocess.run(
        ["/bin/sh", "-c", finding.remedy],
        env={**os.environ, **path, **places},
        cwd=alembic_ini().parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert shell.returncode == 0, shell.stderr


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
