"""`status --watch` on terminals of several widths."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.commands import BIN, assert_refused, run, variables
from tests.commands.places import execute, unused_port
from tests.commands.test_status_activity import READINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings

CLEAR = b"\x1b[2J"
STYLE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class Terminal:
    """A pseudo terminal on which the command runs."""

    def __init__(self, screen: int, command: subprocess.Popen[bytes]) -> None:
        self.screen = screen
        self.command = command
        self._shown = b""

    def frame(self, number: int) -> str:
        """Read a whole screen, counted from 1: the next one has begun."""
        deadline = time.monotonic() + 60
        while self._shown.count(CLEAR) <= number:
            assert time.monotonic() < deadline, self._shown
            self._shown += os.read(self.screen, 65_536)
        return self._shown.split(CLEAR)[number].decode()


@contextmanager
def watching(width: int, environ: dict[str, str]) -> Iterator[Terminal]:
    """Watch on a terminal of a width, and end it as Ctrl-C does."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    unsized = {k: v for k, v in os.environ.items() if k not in {"COLUMNS", "LINES"}}
    with subprocess.Popen(
        [BIN / "dataforeman-schema", "status", "--watch", "0.5", "--last", "1"],
        env={**unsized, "TERM": "xterm-256color", **environ},
        stdout=theirs,
        stderr=theirs,
    ) as command:
        os.close(theirs)
        try:
            yield Terminal(ours, command)
            command.send_signal(signal.SIGINT)
            while os.read(ours, 65_536):  # it must not wait for who reads
                pass
        except OSError:  # how Linux ends a terminal
            pass
        finally:
            command.kill()
            command.wait()
            os.close(ours)


@pytest.mark.parametrize("width", [60, 120])
def test_frames(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings, width: int
) -> None:
    """Each screen is whole, nothing is cut, and what changes meanwhile shows."""
    pair = variables(meta_database) | variables(tsdb_database)
    with watching(width, pair) as terminal:
        first = STYLE.sub("", terminal.frame(1))
        assert "every 0.5 s, until Ctrl-C" in first
        assert "oldest" not in first
        execute(tsdb_database, READINGS)
        number = 2
        while "oldest" not in (shown := STYLE.sub("", terminal.frame(number))):
            number += 1
    lines = [line.rstrip() for line in shown.splitlines()]
    assert max(map(len, lines)) <= width
    assert "…" not in shown
    whole = ("policy_compression every 12:00:00", r"_hyper_\d+_\d+_chunk ", "last hour")
    for words in whole:
        assert re.search(words, shown)
    stacked = width == 60
    assert ("    policies  " in shown) == stacked
    assert "Traceback" not in shown


def test_out_of_reach(meta_database: ConnectionSettings) -> None:
    """A database that is out of reach is said on each screen, and watched on."""
    down = {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": unused_port(), "NO_COLOR": "1"}
    with watching(100, variables(meta_database) | down) as terminal:
        for number in (1, 2):
            shown = terminal.frame(number)
            assert "metadata database" in shown
            assert "cannot look: cannot connect to" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", shown)  # bold is no colour


def test_no_terminal() -> None:
    """Without a terminal there is nothing to clear, and a size must be one."""
    command = (BIN / "dataforeman-schema", "status")
    assert_refused(run(*command, "--watch", "5"), "--watch needs a terminal")
    assert_refused(run(*command, "--disk", "big"), "no size of a disk")
