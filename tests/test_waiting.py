"""Trying again: what is tried, how long is paused, and when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.waiting import retry

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, in no time."""
    pauses: list[float] = []
    monkeypatch.setattr("dataforeman_schema.waiting.time.sleep", pauses.append)
    return pauses


def failing(times: int, error: Exception) -> Callable[[], str]:
    """Make an attempt that fails a number of times, then works."""
    left = [error] * times

    def attempt() -> str:
        if left:
            raise left.pop()
        return "done"

    return attempt


def test_at_once(slept: list[float]) -> None:
    """What works is not tried again, and nothing is waited for."""
    assert retry(failing(0, OSError()), OSError, lambda _, pause: pause, (1,)) == "done"
    assert slept == []


def test_pauses(slept: list[float]) -> None:
    """The pauses come in their order, the last again and again, each with jitter."""
    retry(failing(6, OSError()), OSError, lambda _, pause: pause, (1, 10, 100))
    plain = [1, 10, 100, 100, 100, 100]
    assert len(slept) == 6
    assert all(
        0.75 * each <= pause <= 1.25 * each
        for each, pause in zip(plain, slept, strict=True)
    )
    assert len(set(slept)) == 6


def test_chosen_pauses(slept: list[float]) -> None:
    """Whoever is told of the failures shortens a pause, by a deadline for example."""
    retry(failing(2, OSError()), OSError, lambda _, pause: min(pause, 0.5), (7,))
    assert slept == [0.5, 0.5]


def test_another_error(slept: list[float]) -> None:
    """What is no failure of the kind to wait for is raised at once."""
    with pytest.raises(KeyError):
        retry(failing(1, KeyError()), OSError, lambda _, pause: pause, (1,))
    assert slept == []


def test_enough(slept: list[float]) -> None:
    """Whoever is told of the failures ends it with an error, of the last one."""
    seen: list[OSError] = []

    def handle(error: OSError, pause: float) -> float:
        seen.append(error)
        if len(seen) == 3:
            raise TimeoutError from error
        return pause

    last = OSError("away")
    with pytest.raises(TimeoutError) as raised:
        retry(failing(9, last), OSError, handle, (1,))
    assert raised.value.__cause__ is last
    assert len(slept) == 2
