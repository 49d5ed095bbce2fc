"""File locks, short socket folders and patience."""

import contextlib
import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from dataforeman_schema.embedded.errors import EmbeddedServerError

POLL_S = 0.02
DISK = Path("/tmp")  # noqa: S108 - what is made there is made with care


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
    descriptor = open_unlinked(path, os.O_RDWR | os.O_CREAT)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def open_unlinked(path: Path, flags: int) -> int:
    """Open a private file, but none that a link leads to.

    A link can be somebody else's, and what it leads to must not be written or read with
    our rights.

    Args:
        path: The file.
        flags: As `os.open` takes them.

    Returns:
        The file descriptor.

    Raises:
        EmbeddedServerError: It is a link.
        OSError: It cannot be opened.
    """
    try:
        return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise EmbeddedServerError(
            f"{path} is a link, which is not followed: remove it"
        ) from None


def read_unlinked(path: Path) -> str:
    """Read a text file, but none that a link leads to.

    Args:
        path: The file; one that is missing is empty.

    Returns:
        Its text; bytes that are no UTF-8 are replaced.

    Raises:
        EmbeddedServerError: It is a link.
    """
    try:
        descriptor = open_unlinked(path, os.O_RDONLY)
    except FileNotFoundError:
        return ""
    with os.fdopen(descriptor, encoding="utf-8", errors="replace") as file:
        return file.read()


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


def user_folder(place: Path = DISK) -> Path:
    """Return the present user's folder for what needs a short path or has no home.

    Args:
        place: Where everybody may make folders.

    Returns:
        A folder that depends on nothing but the place and the user, so that every
        process finds the same; `make_user_folder` makes it.
    """
    return place / f"dataforeman-{os.getuid()}"


def socket_folder(data_dir: Path) -> Path:
    """Return the folder for the sockets of a server.

    A unix socket's path has at most 107 characters, so it cannot lie in the server's
    own folder, which may be anywhere.

    Args:
        data_dir: The absolute path of the server's folder.

    Returns:
        A short folder of the server's own, in the user's folder.
    """
    return user_folder() / hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]


def make_user_folder(place: Path = DISK) -> Path:
    """Make the present user's folder, to which nobody else can write.

    Args:
        place: As `user_folder` takes it.

    Returns:
        The folder.

    Raises:
        EmbeddedServerError: Somebody else made it.
    """
    base = user_folder(place)
    base.mkdir(mode=0o711, exist_ok=True)
    status = base.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise EmbeddedServerError(f"{base} belongs to another user: have it removed")
    return base


def make_private(folder: Path) -> None:
    """Make a folder that nobody else can write to, with its parents.

    Args:
        folder: A folder in the user's folder.

    Raises:
        EmbeddedServerError: Somebody else made the user's folder.
    """
    make_user_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
