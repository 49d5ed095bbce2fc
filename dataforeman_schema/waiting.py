"""How long things are waited for, and how they are tried again."""

from __future__ import annotations

import time
from itertools import chain, repeat
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

SERVER_S: Final = 60.0
"""For each server to come, and once more for it to stay (s)."""

LOCKS_S: Final = 60.0
"""For another migration and for tables that other sessions hold, in all (s)."""

LOCK_TIMEOUT_S: Final = 2.0
"""For a table, by one statement, before others are let past (s)."""

MAX_LOCK_AGE_S: Final = 60.0
"""For how long a session may hold others up before `verify` finds it (s)."""

CONNECT_TIMEOUT_S: Final = 10
"""For one server to answer, unless PGCONNECT_TIMEOUT says otherwise (s)."""

SOCKET_TIMEOUT_S: Final = 60
"""The same on a unix socket: there a server that does not answer is busy, not far away.
The embedded TimescaleDB, which has one connection, lets its clients wait so (s)."""

GONE_S: Final = 60
"""After which a server counts as gone that acknowledges nothing any more, neither what
is sent to it nor that the connection is still there (s)."""

KEEPALIVE_IDLE_S: Final = 30
"""After how long a silent server is asked whether it is still there (s)."""

KEEPALIVE_INTERVAL_S: Final = 10
"""How often it is asked then (s)."""

LOOK_S: Final = 60.0
"""For one statement of a command that only looks, unless the server's settings or
PGOPTIONS have another limit (s)."""

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


def retry(
    attempt: Callable[[], T],
    failure: type[E],
    handle: Callable[[E, float], float],
    pauses: tuple[float, ...],
) -> T:
    """Try until it works, or until `handle` has had enough.

    Args:
        attempt: What is tried; what it returns is returned.
        failure: The exceptions that `handle` is told of; others are raised.
        handle: Given a failure and the next pause in seconds, returns how long to
            pause, or raises.
        pauses: The pauses in seconds; the last is repeated.
    """
    for pause in chain(pauses, repeat(pauses[-1])):
        try:
            return attempt()
        except failure as error:
            seconds = handle(error, _jittered(pause))
        time.sleep(seconds)
    raise AssertionError  # the pauses never end


def _jittered(pause: float) -> float:
    """Let two that wait not keep step."""
    import random  # noqa: PLC0415 - only where one waits

    return pause * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
