"""The system user that PostgreSQL runs as when root starts it."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

from dataforeman_schema.embedded.errors import EmbeddedServerError

NAME = "embedded_postgres"
SYSTEM_FOLDERS = ("/usr/sbin", "/sbin")  # `su` leaves them out of root's PATH
PASSAGE = stat.S_IXOTH
READING = stat.S_IROTH


def make() -> None:
    """Make the system user, unless it exists.

    Raises:
        EmbeddedServerError: The system has no program for it, or it failed.
    """
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        _run_useradd()


def chown(path: Path) -> None:
    """Make the system user the owner of one file or folder and let it get there.

    The folders above become passable for everybody (not readable), which changes
    their mode if they were private.

    Args:
        path: The file or folder, in a folder of root's; what is in it keeps its owner.
    """
    owner = pwd.getpwnam(NAME)
    os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
    _open_way(path)


def take_back(folder: Path) -> None:
    """Make root the owner of a folder again; what is in it keeps its owner.

    Args:
        folder: The folder.
    """
    os.chown(folder, 0, 0)


def make_readable(folder: Path) -> None:
    """Let everybody read and run the files of a folder, if its owner can.

    Args:
        folder: A folder of programs and libraries, holding nothing secret.
    """
    _open_way(folder)
    for path in (folder, *folder.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | READING | (PASSAGE if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(stat.S_IMODE(wanted))


def _open_way(path: Path) -> None:
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & PASSAGE:
            folder.chmod(stat.S_IMODE(mode | PASSAGE))


def _run_useradd() -> None:
    folders = os.pathsep.join((os.environ.get("PATH", ""), *SYSTEM_FOLDERS))
    program = shutil.which("useradd", path=folders)
    if program is None:
        raise EmbeddedServerError(
            "PostgreSQL does not run as root, and useradd is missing: "
            "start it as an ordinary user, or install the package that has useradd"
        )
    options = ["--system", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    made = subprocess.run(  # noqa: S603 - our own command
        [program, *options, NAME], check=False, capture_output=True, text=True
    )
    # Code 9: another process made the user first.
    if made.returncode not in (0, 9):
        raise EmbeddedServerError(f"useradd {NAME} failed: {made.stderr.strip()}")
