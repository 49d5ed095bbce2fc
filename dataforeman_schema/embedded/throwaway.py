"""Folders for the servers of tests, and the end of those that a killed run left."""

import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

from dataforeman_schema.embedded.files import (
    make_user_folder,
    open_descriptor,
    open_unlinked,
    read_unlinked,
    socket_folder,
    try_lock,
    wait_until,
)
from dataforeman_schema.embedded.server import end_process

OWNER = "owner.lock"
PREFIX = "throwaway-"
SERVER = "server.lock"
# To PostgreSQL: cut the connections and end; end at once; and to both: die.
SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
END_TIMEOUT_S = 5.0
MEMORY = Path("/dev/shm")  # noqa: S108 - what is made there is made with care
LEAST_MEMORY_BYTES = 4 << 30  # a container has 64 MB of it, if not told


@contextlib.contextmanager
def throwaway_folder() -> Iterator[Path]:
    """Provide a folder for a server of a test, deleted afterwards with all in it.

    It is in memory where there is plenty: a server makes a file for each table and
    index, and tests make many of these. What the killed run of another process left is
    removed first: a folder whose owner is gone, and the servers that run in it.

    Started by root, PostgreSQL runs as another user and has to get to its folder.
    pytest's own folders are not for it: every new session closes them to others.

    Yields:
        An empty folder with a short path.

    Raises:
        EmbeddedServerError: Somebody else made the user's folder.
    """
    user = make_user_folder()
    remove_abandoned(user)
    if MEMORY.is_dir():
        in_memory = make_user_folder(MEMORY)
        remove_abandoned(in_memory)
        if shutil.disk_usage(MEMORY).free >= LEAST_MEMORY_BYTES:
            user = in_memory
    made = Path(tempfile.mkdtemp(prefix="new-", dir=user))
    # Nobody may see it without its lock, which ends with this process.
    folder = made.with_name(made.name.replace("new-", PREFIX))
    with open_descriptor(made / OWNER) as descriptor:
        try_lock(descriptor)
        made.rename(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder)


def remove_abandoned(user: Path) -> None:
    """End the servers whose owner is gone, and delete their folders.

    Args:
        user: A folder of the present user's.
    """
    for owner in user.glob(f"{PREFIX}*/{OWNER}"):
        with contextlib.suppress(FileNotFoundError), _open(owner) as descriptor:
            if try_lock(descriptor):
                _remove(owner.parent)


@contextlib.contextmanager
def _open(path: Path) -> Iterator[int]:
    descriptor = open_unlinked(path, os.O_RDWR)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    # A server's own folder, or that of a pair.
    for server in (*folder.glob(SERVER), *folder.glob(f"*/{SERVER}")):
        _end(server)
        shutil.rmtree(socket_folder(server.parent.resolve()), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _user(folder: Path) -> int | None:
    """Tell whom the server of a folder runs as, if not the present user."""
    data = folder / "data"
    owner = data.lstat().st_uid if data.exists() else os.geteuid()
    return None if owner == os.geteuid() else owner


def _end(server: Path) -> None:
    """End what has a server's file locked: its processes, as long as they live."""
    with _open(server) as descriptor:
        for number in SIGNALS:
            if try_lock(descriptor):
                return
            end_process(read_unlinked(server), number, _user(server.parent))
            wait_until(lambda: try_lock(descriptor), END_TIMEOUT_S)
