"""Names that mean something to a shell, to SQL or to a terminal, and what tells."""

from __future__ import annotations

import os
import re
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from dataforeman_schema.connection import connect
from dataforeman_schema.printable import has_control

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.commands.findings import Finding
    from dataforeman_schema.settings import ConnectionSettings

NAMES = (
    "'; touch X; echo '",
    '"; touch X; echo "',
    "$(touch X)",
    "`touch X`",
    "a\ntouch X",
    'a"b',
    "a'b\\",
    "x;\nCREATE TABLE x();",
    "'); CREATE TABLE x();--",
    '"; CREATE TABLE x();--',
    "\x1b]0;x\x07\x1b[8m",
    "\x9b2J\x7f\r",
    "\u202eabc\u2066\u2028",
    "%s:name{0}",
)
"""None is longer than alembic_version takes."""

_COMMANDS = ("alembic", "dataforeman-schema", "docker", "python")


def assert_harmless(
    finding: Finding, settings: ConnectionSettings, folder: Path
) -> None:
    """Run a remedy as it is given, and assert that it did nothing else.

    Args:
        finding: Whose remedy.
        settings: The finding's database; what the remedy does there is undone.
        folder: An empty folder.
    """
    if finding.language == "shell":
        run_in_shell(finding.remedy, folder)
        return
    assert not has_control(finding.remedy.replace("\n", "")), finding.remedy
    with closing(connect(settings)) as connection, connection.cursor() as cursor:
        cursor.execute(re.sub(r"COMMIT;$", "", finding.remedy))
        cursor.execute("SELECT to_regclass('x')")
        assert cursor.fetchall() == [(None,)], finding.remedy
        connection.rollback()


def run_in_shell(command: str, folder: Path) -> str:
    """Run a command whose programs only say what they are given, and nothing else."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in _COMMANDS:
        program = programs / name
        program.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
        program.chmod(0o755)
    work = folder / "work"
    work.mkdir(exist_ok=True)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=work,
        env={"PATH": path},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b""), command
    assert [*work.iterdir()] == [], command
    return done.stdout.decode()  # as it is: \\r is no end of a line
