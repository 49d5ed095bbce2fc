"""File locks, short socket folders and patience."""

import contextlib
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dataforeman_schema.embedded.errors import EmbeddedServerError

POLL_S = 0.02


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Ask again and again until a condition holds or the time is up.

    Args:
        condition: Asked at least once, then every 20 ms.
        timeout_s: The longest wait, in seconds.

    Returns:
        Whether the condition came to hold.
    """
    deadline = time.monotonic() + timeout_s
    while not (met := condition()) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return met


def try_lock(descriptor: int, kind: int = fcntl.LOCK_EX) -> bool:
    """Take the lock of an open file if nobody holds it in a way that forbids it.

    Args:
        descriptor: The open file. The lock ends when the last process that inherited
            this descriptor closes it or dies.
        kind: `fcntl.LOCK_EX`, or `fcntl.LOCK_SH` to share it.

    Returns:
        Whether the lock is now held.
    """
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def open_descriptor(path: Path) -> Iterator[int]:
    """Open a private file for reading and writing, making it if it is missing.

    Args:
        path: The file; its folder must exist.

    Yields:
        The file descriptor, closed afterwards.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def exclusive(path: Path, timeout_s: float) -> Iterator[None]:
    """Hold a lock file for the length of a block.

    Args:
        path: The lock file; its folder must exist. It stays behind, unlocked.
        timeout_s: How long to wait for another process, in seconds.

    Yields:
        Nothing; the lock is held.

    Raises:
        EmbeddedServerError: Another process held the lock for too long.
    """
    with open_descriptor(path) as descriptor:
        if not wait_until(lambda: try_lock(descriptor), timeout_s):
            raise EmbeddedServerError(
                f"another process has held {path} for {timeout_s:.0f} s: "
                "let it finish or end it, then try again"
            )
        yield


def private_folder() -> Path:
    """Return the present user's folder for what needs a short path or has no home.

    It depends on nothing but the user, so that every process finds the same.

    Returns:
        The folder, made if it was missing; nobody else can write to it.

    Raises:
        EmbeddedServerError: Somebody else made it.
    """
    folder = Path(f"/tmp/dataforeman-{os.getuid()}")  # noqa: S108 - checked below
    folder.mkdir(mode=0o711, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise EmbeddedServerError(f"{folder} belongs to another user: have it removed")
    return folder


def socket_folder(data_dir: Path) -> Path:
    """Return the folder for the sockets of a server.

    A unix socket's path has at most 107 characters, so it cannot lie in the server's
    own folder, which may be anywhere.

    Args:
        data_dir: The absolute path of the server's folder.

    Returns:
        A short folder of the server's own, made if it was missing.

    Raises:
        EmbeddedServerError: Somebody else owns the folder's parent.
    """
    key = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    folder = private_folder() / key
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
