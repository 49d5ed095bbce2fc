"""What runs as another user gets nothing of ours by a link or a number."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedServerError,
    system_user,
)
from dataforeman_schema.embedded.server import end_process
from tests.embedded.helpers import value

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root starts servers as another user"
)


@pytest.fixture
def secret(tmp_path: Path) -> Iterator[Path]:
    """A file of ours that must stay as it is."""
    path = tmp_path / "secret"
    path.write_text("secret")
    path.chmod(0o600)
    before = path.stat()
    yield path
    assert path.read_text() == "secret"
    after = path.stat()
    assert (after.st_uid, after.st_mode) == (before.st_uid, before.st_mode)


@pytest.mark.parametrize("name", ["start.lock", "server.lock"])
def test_link_in_the_folder(name: str, folder: Path, secret: Path) -> None:
    """A lock file that is a link is refused, and its target is not touched."""
    (folder / name).symlink_to(secret)
    with pytest.raises(EmbeddedServerError, match=rf"{name} is a link"):
        EmbeddedPostgres(folder, durable=False).start()


@as_root
def test_folders_of_root(folder: Path, secret: Path) -> None:
    """Only the databases and sockets belong to whom the server runs as."""
    server = EmbeddedPostgres(folder, durable=False)
    system_user.make()
    user = pwd.getpwnam(system_user.NAME).pw_uid
    # As releases up to 0.1 left it, and what that user can have put there.
    os.chown(folder, user, user)
    for name in ("server.log", "data.new"):
        (folder / name).symlink_to(secret)
    with pytest.raises(EmbeddedServerError):  # initdb: a file is in the way
        server.start()
    (folder / "data.new").unlink()
    with server:
        assert value(server, "SELECT 1") == 1
        owners = {each.name: each.lstat().st_uid for each in folder.iterdir()}
        owned = {name for name, owner in owners.items() if owner == user}
        assert owned == {"data"}
        assert folder.stat().st_uid == 0
        (folder / "data/postmaster.pid").rename(folder / "data/other.pid")
        (folder / "data/postmaster.pid").symlink_to(secret)
        (folder / "server.lock").rename(folder / "server.lock.old")
        with pytest.raises(EmbeddedServerError, match=r"postmaster\.pid is a link"):
            server.start()
        (folder / "server.lock.old").rename(folder / "server.lock")
        (folder / "data/other.pid").rename(folder / "data/postmaster.pid")


@as_root
def test_number_of_another_process() -> None:
    """A number that a server writes into its lock file ends no process of ours."""
    system_user.make()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as ours:
        end_process(str(ours.pid), signal.SIGKILL, system_user.NAME)
        ours.communicate(b"\n")
        assert ours.returncode == 0
