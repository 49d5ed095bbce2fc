"""Running our commands as an operator does, in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.packaging import alembic_ini
from tests.commands.forked import can_fork, run_script

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

BIN = Path(sys.executable).parent
SCRIPTS = (BIN / "alembic", BIN / "dataforeman-schema")
"""The commands that an operator runs."""

_TIMEOUT_S = 120
_UPGRADE = """
import sys
from dataforeman_schema.cli import main
try:
    main(["upgrade"])
finally:
    print(*sys.modules)
"""


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the current folder, with variables added to the environment."""
    environ = {**os.environ, "ALEMBIC_CONFIG": str(alembic_ini()), **environ}
    if command[0] in SCRIPTS and can_fork(environ):
        return run_script([str(part) for part in command], environ, _TIMEOUT_S)
    return subprocess.run(
        command,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=_TIMEOUT_S,
    )


def alembic(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run Alembic's own command."""
    return run(BIN / "alembic", *arguments, **environ)


def upgrade(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command at service start."""
    return run(BIN / "dataforeman-schema", "upgrade", *arguments, **environ)


def upgrade_and_list_modules(**environ: str) -> tuple[list[str], set[str]]:
    """Return what a successful upgrade says, and the modules that it imported."""
    result = run(sys.executable, "-c", _UPGRADE, **environ)
    assert result.returncode == 0, result
    *lines, modules = result.stdout.splitlines()
    return lines, set(modules.split())


def variables(settings: ConnectionSettings, **changes: str) -> dict[str, str]:
    """Write settings as the environment variables that lead to them."""
    keywords = {**settings.keywords, **changes}
    parts = settings.variables.parts.items()
    return {name: keywords[keyword] for keyword, (name, _) in parts}


def url(settings: ConnectionSettings) -> str:
    """Write settings as a URL, its host in the query, where a folder may be one."""
    text = "postgresql://{user}:{password}@/{dbname}?host={host}&port={port}"
    return text.format_map(settings.keywords)


def assert_refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert one line on standard error that holds the words, and an exit code."""
    assert result.returncode not in {0, None}, result
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in result.stderr, result.stderr
