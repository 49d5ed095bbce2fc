"""Running a Python script in a process that has its imports behind it.

A command spends most of its time on importing SQLAlchemy and Alembic. Here one process,
started once a worker, imports them and is forked for every command. What the command
does then, it does as always: in a process, environment and folder of its own, to its
own output, and measured where the worker is.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import subprocess
import sys
from multiprocessing import forkserver
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import coverage
import pytest

from tests.measuring import CONFIG

if TYPE_CHECKING:
    from collections.abc import Mapping

_IMPORTED = (
    "alembic.command",
    "alembic.config",
    "dataforeman_schema.alembic_env.runtime",
    "dataforeman_schema.cli",
    "dataforeman_schema.meta",
    "dataforeman_schema.tsdb",
)
_PACKAGES = {name.partition(".")[0] for name in _IMPORTED}
_READ_AT_START = ("LANG", "LC_", "PYTHON", "TZ")
"""How the variables begin that Python reads when it starts, and only then."""

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([*_IMPORTED, __name__, "tests.commands.fork_server"])


def _at_start(environ: Mapping[str, str]) -> dict[str, str]:
    read = {k: v for k, v in environ.items() if k.startswith(_READ_AT_START)}
    read.pop("PYTHONPATH", None)  # as good afterwards, for what is not imported
    return read


_STARTED = _at_start(os.environ)


def can_fork(environ: Mapping[str, str]) -> bool:
    """Tell whether Python need not be started anew for an environment."""
    others = (Path(folder, name) for folder in _path(environ) for name in _PACKAGES)
    return _at_start(environ) == _STARTED and not any(map(Path.exists, others))


def _path(environ: Mapping[str, str]) -> list[str]:
    return list(filter(None, environ.get("PYTHONPATH", "").split(os.pathsep)))


def run_script(
    command: list[str], environ: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run a script with arguments in the current folder, as `subprocess.run` would.

    Raises:
        subprocess.TimeoutExpired: It did not end in time; it is killed.
    """
    with TemporaryDirectory() as folder:
        outputs = [Path(folder, name) for name in ("out", "err")]
        process = _processes.Process(
            target=_run, args=(command, dict(environ), Path.cwd(), outputs)
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(command, timeout)
        out, err = (path.read_text() for path in outputs)
    return subprocess.CompletedProcess(command, process.exitcode, out, err)


def start_server() -> None:
    """Start the process to fork, unmeasured: every fork would save that once more."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(CONFIG, raising=False)
        forkserver.ensure_running()


def _run(
    command: list[str], environ: dict[str, str], folder: Path, outputs: list[Path]
) -> None:
    """Become the process of a command."""
    for number, path in zip((1, 2), outputs, strict=True):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(folder)
    # In place of the folder that pytest put first, as of a script.
    sys.path[:1] = [str(Path(command[0]).parent), *_path(environ)]
    sys.argv[:] = command
    coverage.process_startup(force=True)
    runpy.run_path(command[0], run_name="__main__")
