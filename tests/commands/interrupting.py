"""Commands that are told to end, by a signal, while they work."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM, Signals
from typing import TYPE_CHECKING

from dataforeman_schema.packaging import alembic_ini
from tests.commands import BIN

if TYPE_CHECKING:
    from collections.abc import Iterator

UPGRADE = (str(BIN / "dataforeman-schema"), "upgrade")
ALEMBIC_UPGRADE = (str(BIN / "alembic"), "-n", "meta", "upgrade", "head")

SLEEP_AT_FIRST_TABLE = """
CREATE FUNCTION sleep() RETURNS event_trigger LANGUAGE plpgsql
AS 'BEGIN PERFORM pg_sleep(60); END';
CREATE EVENT TRIGGER sleep ON ddl_command_start
WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION sleep()
"""
"""Makes the first CREATE TABLE in a database take a minute."""

_LONGEST_S = 5
"""How long an end may take on a machine that does much else (s); it is a second."""

_PATIENCE_S = 60


@contextmanager
def started(*command: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command during a block, which sees it to its end or has it killed."""
    environ = {**os.environ, "ALEMBIC_CONFIG": str(alembic_ini()), **environ}
    with subprocess.Popen(
        command,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_it_hears(process: subprocess.Popen[str]) -> None:
    """Return as soon as a process handles SIGTERM, or is through without."""
    status = Path(f"/proc/{process.pid}/status")
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and not _hears(status.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.001)


def _hears(status: str) -> bool:
    caught = status.partition("SigCgt:")[2].split()
    return bool(caught) and bool(int(caught[0], 16) >> (SIGTERM - 1) & 1)


def end(
    process: subprocess.Popen[str], number: Signals, pid: int | None = None
) -> None:
    """Send a signal, and assert that the process ends soon and in one line.

    Args:
        process: The process.
        number: The signal.
        pid: Whom to send it to; None: to the process.
    """
    begun = time.monotonic()
    os.kill(pid or process.pid, number)
    _, said = process.communicate(timeout=_PATIENCE_S)
    assert time.monotonic() - begun < _LONGEST_S, said
    assert_ended(process.returncode, said, number)


def assert_ended(code: int, said: str, number: Signals) -> None:
    """Assert the exit code of a signal, and that one line says that it came."""
    lines = [line for line in said.splitlines() if not line.startswith("INFO ")]
    assert code == 128 + number, said
    assert len(lines) == 1, said
    assert ": interrupted; " in lines[0]
