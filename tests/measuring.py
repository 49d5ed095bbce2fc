"""Coverage of the processes that tests start."""

from __future__ import annotations

import os
from pathlib import Path

from coverage.config import CoverageConfig

CONFIG = "COVERAGE_PROCESS_CONFIG"
"""The variable by which a measured process has what it starts measured, too."""


def unmeasured() -> dict[str, str]:
    """Copy the environment for a process that need not be measured.

    It is killed before it could save what it ran, or it runs tests that the suite has.
    """
    return {name: value for name, value in os.environ.items() if name != CONFIG}


def save_only_what_ran() -> None:
    """Let the processes of tests not look for files that nobody ran.

    The run itself does that, once. It takes longer than all else that coverage does in
    a short command.
    """
    if not (given := os.environ.get(CONFIG)):
        return
    config = CoverageConfig.deserialize(given)
    folders = (Path(__file__).parent.parent, "*/project")
    config.run_include = [
        f"{folder}/{package}/*" for folder in folders for package in config.source_pkgs
    ]
    config.source_pkgs = []
    os.environ[CONFIG] = config.serialize()
