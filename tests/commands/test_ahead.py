"""Calls that are made while others are."""

from __future__ import annotations

from functools import partial
from threading import Barrier

import pytest

from dataforeman_schema.commands.ahead import ahead

PATIENCE_S = 30


def test_at_the_same_time() -> None:
    """A call that waits for another one is at work before anybody asks for its end."""
    meeting = Barrier(2)
    outcome = ahead(partial(meeting.wait, PATIENCE_S))
    assert {meeting.wait(PATIENCE_S), outcome()} == {0, 1}


def test_failure() -> None:
    """What a call raises is raised where its outcome is asked for."""
    outcome = ahead(partial(int, "none"))
    with pytest.raises(ValueError, match="none"):
        outcome()
