"""SIGINT and SIGTERM: one line, what runs is cancelled, and an end within a second.

Whatever the main thread does at that moment, even where it waits inside libpq for a
server that answers no more, another thread hears of the signal. It says the line and
has the server cancel what runs, while the main thread, if it can, leaves its blocks as
after any exception. Nothing that comes of this is shown: from the line on, standard
error leads nowhere. The server rolls back what was not committed, as it does whenever
a client goes.
"""

from __future__ import annotations

import atexit
import os
import select
import signal
import time
from contextlib import suppress
from threading import RLock, Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any, Final, NoReturn, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE_S: Final = 0.8
"""How long the main thread may take to leave its blocks (s)."""

_LOOK_S: Final = 0.02
_CANCEL_S: Final = 5
_ACTIVE: Final = 1  # psycopg2's and libpq's number of a session that runs a statement
_DEFAULTS: Final = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
_CLEAR_LINE: Final = b"\r\x1b[K\x1b[?25h"  # and show the cursor, which a display hides


class Session(Protocol):
    """A connection of psycopg2, as far as it is needed here."""

    def cancel(self) -> None:
        """Ask the server to cancel what the session runs."""

    def get_transaction_status(self) -> int:
        """Tell whether it runs something."""


_sessions: WeakSet[Any] = WeakSet()


def cancel_on_signals(session: Session) -> None:
    """Have a session's statement cancelled when the process is told to end.

    Args:
        session: It is forgotten once nobody else has it.
    """
    _sessions.add(session)


def end_on_signals(say: Callable[[int], str]) -> None:
    """End this process, from now on, in one line when SIGINT or SIGTERM comes.

    It exits with 128 and the signal's number, at most `GRACE_S` and a little later, as
    the first process of a container, too. A signal that is ignored, as it is in the
    background of a script, or that the process handles already, stays so. Once the work
    is done, one that comes while Python itself ends changes nothing any more.

    Args:
        say: Given the exit code, words the line for standard error; it must not wait.
    """
    taken = [
        number
        for number, default in _DEFAULTS.items()
        if signal.getsignal(number) == default
    ]
    if taken and current_thread() is main_thread():
        _End(say).take(taken)


class _End:
    """The end of the process, once it was told to."""

    def __init__(self, say: Callable[[int], str]) -> None:
        self._say = say
        self._lock = RLock()
        self._number: int | None = None
        self._is_unwinding = False

    def take(self, numbers: list[signal.Signals]) -> None:
        """Hear of signals, in the main thread and in one that nothing holds up."""
        heard, told = os.pipe()
        os.set_blocking(told, False)
        # In this order a signal that comes now shows no traceback beside the line.
        atexit.register(self._finish, numbers)
        for number in numbers:
            signal.signal(number, self._unwind)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        Thread(target=self._watch, args=(heard, numbers), daemon=True).start()

    def _unwind(self, number: int, _frame: object) -> None:
        """Make the main thread leave its blocks, once."""
        if not self._is_unwinding:
            self._is_unwinding = True
            self._announce(number)
            raise KeyboardInterrupt

    def _watch(self, heard: int, numbers: list[signal.Signals]) -> None:
        """Wait for a signal; end the process if the main thread does not in time."""
        number = 0
        while number not in numbers:
            number = os.read(heard, 1)[0]
        end = time.monotonic() + GRACE_S
        _in_thread(self._announce, number)
        _in_thread(
            _cancel_while, lambda: time.monotonic() < end and not self._is_unwinding
        )
        time.sleep(GRACE_S)
        self._exit(number)

    def _announce(self, number: int) -> None:
        """Say the line, and let nothing be said after it."""
        with self._lock:
            if self._number is None:
                self._number = number
                _say_last(f"{self._say(_exit_code(number))}\n".encode())

    def _finish(self, numbers: list[signal.Signals]) -> None:
        """Keep to the signal's exit code; without a signal, let none come any more."""
        if self._number is not None:
            try:  # what other threads run, while the watch lets it
                _cancel_while(lambda: bool(_running()))
            finally:
                self._exit(self._number)
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)

    def _exit(self, number: int) -> NoReturn:
        os._exit(_exit_code(number))


def _exit_code(number: int) -> int:
    return 128 + number  # as shells have it


def _in_thread(work: Callable[..., None], *arguments: object) -> None:
    """Do what could be held up beside what must not be."""
    Thread(target=work, args=arguments, daemon=True).start()


def _say_last(line: bytes) -> None:
    if os.isatty(2) and os.environ.get("TERM", "dumb") != "dumb":
        line = _CLEAR_LINE + line
    with suppress(OSError):  # it may be closed, or nobody may read it
        if select.select([], [2], [], GRACE_S / 4)[1]:  # or read no more
            os.write(2, line)
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def _cancel_while(goes_on: Callable[[], bool]) -> None:
    """Have servers cancel what sessions run, each once, as long as it is asked for."""
    cancelled: list[Session] = []
    while goes_on():
        for session in _running():
            if session not in cancelled:
                cancelled.append(session)
                _in_process(session.cancel)
        time.sleep(_LOOK_S)


def _running() -> list[Session]:
    return [session for session in list(_sessions) if _runs(session)]


def _runs(session: Session) -> bool:
    try:
        return session.get_transaction_status() == _ACTIVE
    except Exception:  # noqa: BLE001 - it was closed in this moment, in psycopg2's words
        return False


def _in_process(work: Callable[[], None]) -> None:
    """Do in a child what may wait for a server: psycopg2 holds all threads up then.

    It has nothing of the parent's open, or the server would not see the parent go.
    """
    try:
        is_parent = os.fork() != 0
    except Exception:  # noqa: BLE001 - a warning of threads, where warnings are errors
        is_parent = True
    if is_parent:
        return
    try:
        signal.alarm(_CANCEL_S)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nowhere, number)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        work()
    finally:
        os._exit(0)
