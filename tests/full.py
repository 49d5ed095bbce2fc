"""How much of it the test run tries: `make test` some, `make test-full` all."""

from __future__ import annotations

import os

FULL = os.environ.get("DATAFOREMAN_TEST_FULL") == "1"
"""Whether this is a full run, set with DATAFOREMAN_TEST_FULL=1."""


def times(everyday: int, full: int) -> int:
    """Choose how often a test repeats itself, by the kind of run."""
    return full if FULL else everyday
