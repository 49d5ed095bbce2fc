"""A call that is made while others are."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def ahead(call: Callable[[], T]) -> Callable[[], T]:
    """Begin a call, which changes nothing, in a thread: it waits for a server.

    Args:
        call: What is called. If nobody asks what came of it, nobody waits for it.

    Returns:
        What waits for its end and then returns what it returned, or raises its failure.
    """
    thread = _Call(call)
    thread.start()
    return thread.outcome


class _Call(Thread, Generic[T]):
    """A call in a thread that does not keep the process from ending."""

    def __init__(self, call: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self._results: list[T] = []
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Make the call."""
        try:
            self._results.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised where it is asked for
            self._failure = error

    def outcome(self) -> T:
        """Wait for its end; return its result, or raise its failure."""
        self.join()
        if self._failure is not None:
            raise self._failure
        return self._results[0]
