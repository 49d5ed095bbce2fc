"""What the Makefile makes of its arguments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dataforeman_schema.packaging import alembic_ini
from tests.measuring import unmeasured

VENV = Path(sys.executable).parent.parent


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a target with the environment that these tests run in, as it is."""
    installed = (f"VENV={VENV}", f"--assume-old={VENV}/dev")
    folder = ("--directory", alembic_ini().parent)
    return subprocess.run(
        ["/usr/bin/env", "make", *folder, *installed, *arguments],
        env=unmeasured(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_part_of_the_suite_succeeds() -> None:
    """`make test ARGS=…` judges the tests that it runs, not what they leave out."""
    part = make("test", "ARGS=tests/test_limits.py")
    assert part.returncode == 0, part
    assert " passed" in part.stdout


def test_the_whole_suite_must_cover_the_code() -> None:
    """`make test` alone fails where too little is covered."""
    assert "--cov --cov-fail-under 95" in make("--dry-run", "test").stdout
