"""Processes that work on databases at the same time, each on one, and then end.

They are forked: what this process has imported and read, they have too. Processes,
because Alembic has one context, and a signal one receiver.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress
from multiprocessing import connection, get_context
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from dataforeman_schema.commands.sites.outcome import Message, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess
    from types import TracebackType

    from dataforeman_schema.commands.sites.listing import Site

    Send = Callable[[Message], None]
    Work = Callable[[Site, Send], Outcome]

_END_S: Final = 10.0
"""How long a process that was told to end may take to (s)."""

_SIGNALS: Final = frozenset({signal.SIGINT, signal.SIGTERM})

_context = get_context("fork")


class _Worker(NamedTuple):
    site: Site
    process: ForkProcess


class Workers:
    """Processes that each do the work of one database.

    At the end of the block those that still work are told to end, and do: what they
    have not finished is rolled back.

    Args:
        work: What each does; it returns what came of it.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._busy: dict[Connection, _Worker] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        processes = [worker.process for worker in self._busy.values()]
        for process in processes:
            process.terminate()
        for process in processes:
            process.join(_END_S)
            process.kill()
            process.join()

    def __len__(self) -> int:
        return len(self._busy)

    def start(self, site: Site) -> None:
        """Begin with a database."""
        receiver, sender = _context.Pipe(duplex=False)
        process = _context.Process(target=_serve, args=(self._work, site, sender))
        with _held_signals():  # or one could come where nobody handles it yet
            process.start()
            self._busy[receiver] = _Worker(site, process)
        sender.close()

    def messages(self, wait_s: float) -> Iterator[tuple[Site, Message | Outcome]]:
        """Receive what workers say of their databases, and what came of those.

        Args:
            wait_s: How long to wait for a first message, in seconds.
        """
        for receiver in connection.wait(list(self._busy), wait_s):
            assert isinstance(receiver, connection.Connection)  # noqa: S101
            site, _ = self._busy[receiver]
            yield site, self._receive(receiver)

    def _receive(self, receiver: Connection) -> Message | Outcome:
        site, process = self._busy[receiver]
        message: Message | Outcome
        try:
            message = receiver.recv()
        except EOFError:
            process.join()
            message = _vanished(site, process)
        if isinstance(message, Outcome):
            process.join()
            del self._busy[receiver]
            receiver.close()
        return message


def _vanished(site: Site, process: ForkProcess) -> Outcome:
    title = site.database.title
    return Outcome(
        site.database.name,
        title,
        str(site.settings),
        outcome="failed",
        error=f"the process for the {title} was ended (exit code {process.exitcode}); "
        "nothing is left half done, run the command again",
    )


@contextmanager
def _held_signals() -> Iterator[None]:
    """Let signals wait for the end of a block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(work: Work, site: Site, sender: Connection) -> None:
    """Be a worker: say what happens, then what came of it."""

    def send(message: Message | Outcome) -> None:
        with suppress(OSError):  # nobody listens: no reason to stop half way
            sender.send(message)

    # It ends at once, and the server rolls back: whoever started it says so, and what
    # that process does on a signal is not for this one.
    signal.set_wakeup_fd(-1)
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    send(work(site, send))
