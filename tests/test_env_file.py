"""A `.env` file is believed only where nobody else could have written it."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dataforeman_schema.embedded.settings_file import write_block
from dataforeman_schema.env_file import read_env_file
from dataforeman_schema.errors import SchemaError
from tests.commands import BIN, assert_refused, run

NOBODY = 65_534
as_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can give a file to another user"
)


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    """A `.env` file in a folder whose name means something to a shell."""
    folder = tmp_path / "it's $HOME"
    folder.mkdir()
    path = folder / ".env"
    path.write_text("PGHOST=db\n")
    path.chmod(0o644)
    return path


def refusal(path: Path) -> str:
    """Say why a file is refused."""
    with pytest.raises(SchemaError) as raised:
        read_env_file(path)
    return str(raised.value)


def test_ours(env_file: Path) -> None:
    """A file of our own that others may read is read, by a link too."""
    link = env_file.with_name("link")
    link.symlink_to(env_file)
    assert read_env_file(env_file) == read_env_file(link) == {"PGHOST": "db"}


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_written_by_others(env_file: Path, mode: int) -> None:
    """One that others may write is refused, by a link too, and the remedy mends it."""
    link = env_file.with_name("link")
    link.symlink_to(env_file)
    env_file.chmod(mode)
    assert refusal(link).startswith(f"{link} may be written by others")
    _, remedy = refusal(env_file).split("believed: ")
    subprocess.run(["/bin/sh", "-c", remedy], check=True)
    assert read_env_file(env_file) == {"PGHOST": "db"}


@as_root
def test_of_another(env_file: Path) -> None:
    """One of another user is refused, and the remedy makes it ours."""
    os.chown(env_file, NOBODY, NOBODY)
    _, remedy = refusal(env_file).split("believed: ")
    assert remedy.startswith("chown root ")
    subprocess.run(["/bin/sh", "-c", remedy.partition(" if ")[0]], check=True)
    assert read_env_file(env_file) == {"PGHOST": "db"}


@as_root
def test_link_of_another(env_file: Path) -> None:
    """A link that another user made is refused though it leads to a file of ours."""
    link = env_file.with_name("link")
    link.symlink_to(env_file)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    assert f"chown -h root {shlex.quote(str(link))}" in refusal(link)


@as_root
def test_of_root() -> None:
    """What root wrote is read by everybody."""
    with TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder, ".env")
        path.write_text("PGHOST=db\n")
        path.parent.chmod(0o755)
        read_env_file(path)  # imports what only root may
        os.seteuid(NOBODY)
        try:
            assert read_env_file(path) == {"PGHOST": "db"}
        finally:
            os.seteuid(0)


def test_neither_file_nor_ready(tmp_path: Path) -> None:
    """A folder and a pipe that nobody writes to are refused at once."""
    pipe = tmp_path / ".env"
    os.mkfifo(pipe, 0o600)
    assert "(it is no file)" in refusal(pipe)
    assert "(it is a folder)" in refusal(tmp_path)


def test_not_written_to(env_file: Path) -> None:
    """What others may have written into it does not become ours by being rewritten."""
    env_file.chmod(0o666)
    with pytest.raises(SchemaError):
        write_block(env_file, {"PGHOST": "/tmp"})  # noqa: S108 - not used
    assert env_file.read_text() == "PGHOST=db\n"


@pytest.mark.parametrize(
    "command", [("dataforeman-schema", "status"), ("alembic", "-n", "meta", "current")]
)
def test_commands(command: tuple[str, ...]) -> None:
    """Commands end in one line that says so."""
    Path(".env").touch(0o600)
    Path(".env").chmod(0o620)
    program, *arguments = command
    assert_refused(run(BIN / program, *arguments), "chmod go-w")
