"""The SQLSTATE of a connection that a server refuses, whatever language it speaks."""

from __future__ import annotations

import re
import time
from contextlib import closing
from select import select
from typing import TYPE_CHECKING, Any, Final

import psycopg2
from psycopg2 import _psycopg
from psycopg2.extensions import POLL_OK, POLL_READ, POLL_WRITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg2.extensions import connection as Psycopg2Connection  # noqa: N812

_PQERRORS_SQLSTATE: Final = 3
"""How wordy libpq is: severity and SQLSTATE only."""

_REFUSAL: Final = re.compile(r"(?:^|failed: )[^\s:][^:\n]*:  ", re.MULTILINE)
"""The severity before a server's words, in any language: two blanks are libpq's."""

_SQLSTATE: Final = re.compile(r":  ([0-9A-Z]{5})$", re.MULTILINE)


def is_refusal(message: str) -> bool:
    """Tell whether a server said no, rather than libpq that it reached none."""
    return bool(_REFUSAL.search(message))


def ask_sqlstate(dsn: str, timeout_s: float) -> str | None:
    """Try a connection again, to be told the SQLSTATE, which psycopg2 does not keep.

    Args:
        dsn: Where to, for libpq.
        timeout_s: How long the server may take, in seconds.

    Returns:
        The SQLSTATE; None where no server answers, this one lets us in after all, or
        the driver's libpq cannot be told to say it.
    """
    try:
        with closing(psycopg2.connect(dsn, async_=True)) as connection:  # noqa: TID251 - it asks nothing
            _libpq().PQsetErrorVerbosity(connection.pgconn_ptr, _PQERRORS_SQLSTATE)
            _finish(connection, time.monotonic() + timeout_s)
    except psycopg2.Error as error:
        found = _SQLSTATE.search(str(error))
        return found[1] if found else None
    except (AttributeError, OSError):  # a libpq that is part of the driver itself
        return None
    return None


def _libpq() -> Any:  # noqa: ANN401 - functions of C
    import ctypes  # noqa: PLC0415 - only where one is refused

    library = ctypes.CDLL(_psycopg.__file__)
    library.PQsetErrorVerbosity.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


def _finish(connection: Psycopg2Connection, deadline: float) -> None:
    waits: dict[int, Callable[[list[int], float], object]] = {
        POLL_READ: lambda files, left_s: select(files, [], [], left_s),
        POLL_WRITE: lambda files, left_s: select([], files, [], left_s),
    }
    while (state := connection.poll()) != POLL_OK:
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return
        waits[state]([connection.fileno()], left_s)
