"""Short folders and `.env` blocks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dataforeman_schema.embedded import (
    EmbeddedServerError,
    files,
    throwaway,
    throwaway_folder,
)
from dataforeman_schema.embedded.settings_file import configured, write_block

OURS = {"PGHOST": "/tmp/ours", "PGPORT": "5432"}  # noqa: S108 - never made
NAMES = ("DATABASE_URL", "PGHOST", "PGPORT")


@pytest.fixture
def env(tmp_path: Path) -> Path:
    """A settings file that is not there yet."""
    return tmp_path / ".env"


def test_socket_paths_are_short(tmp_path: Path) -> None:
    """A socket fits into its 107 characters, however long the folder's path is."""
    folder = files.socket_folder(tmp_path / ("x" * 200))
    assert len(str(folder / ".s.PGSQL.5432.lock")) < 100
    files.make_private(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()


def test_foreign_socket_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder that another user made beforehand is not trusted."""
    monkeypatch.setattr(os, "getuid", lambda: 987654321)
    folder = Path("/tmp/dataforeman-987654321")  # noqa: S108
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(EmbeddedServerError, match="belongs to another user"):
            files.make_user_folder()
    finally:
        folder.unlink()


@pytest.mark.parametrize(
    ("least_bytes", "place"), [(0, throwaway.MEMORY), (1 << 62, files.DISK)]
)
def test_throwaway_folders_are_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, least_bytes: int, place: Path
) -> None:
    """Servers of tests are in memory where there is plenty, else on the disk."""
    monkeypatch.setattr(throwaway, "LEAST_MEMORY_BYTES", least_bytes)
    with throwaway_folder() as folder:
        assert folder.parent == files.user_folder(place)


def test_block_is_written_and_replaced(env: Path) -> None:
    """Other lines stay byte for byte, and the block is written once."""
    foreign = b"\xff odd=1\r\nSECRET=x"
    env.write_bytes(foreign)
    write_block(env, {"PGHOST": "a"})
    with env.open("ab") as file:
        file.write(b"LATER=1\n")
    write_block(env, {"PGHOST": "b", "PGPORT": "1"})
    text = env.read_bytes()
    assert text.startswith(foreign + b"\n# >>>")
    assert text.endswith(b"# <<< embedded servers\nLATER=1\n")
    assert text.count(b"# >>>") == 1
    assert b"PGHOST=b\nPGPORT=1\n" in text


def test_file_is_private_and_replaced_whole(env: Path) -> None:
    """Only the owner reads the file, and nothing unfinished stays beside it."""
    write_block(env, OURS)
    assert env.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in env.parent.iterdir()] == [".env"]


def test_unchanged_file_is_not_touched(env: Path) -> None:
    """Writing the same block again leaves the file alone."""
    write_block(env, OURS)
    written_at = env.stat().st_mtime_ns
    write_block(env, OURS)
    assert env.stat().st_mtime_ns == written_at


def test_no_settings_no_block(env: Path) -> None:
    """Without settings the block goes, and no file is made for nothing."""
    write_block(env, {})
    assert not env.exists()
    env.write_text("MINE=1\n")
    write_block(env, OURS)
    write_block(env, {})
    assert env.read_text() == "MINE=1\n"


def test_damaged_block_is_replaced(env: Path) -> None:
    """A block without its last line ends where our settings end."""
    write_block(env, OURS)
    env.write_text(env.read_text().replace("# <<< embedded servers", "MINE=1"))
    write_block(env, {"PGHOST": "new"})
    assert env.read_text().splitlines()[1:] == [
        "PGHOST=new",
        "# <<< embedded servers",
        "MINE=1",
    ]


@pytest.mark.parametrize(
    ("text", "environment", "found"),
    [
        ("", {}, None),
        ("PGHOST=\n", {}, None),
        ("export PGPORT='5433'\n", {}, "PGPORT"),
        ("# PGPORT=5433\n", {}, None),
        ("PGPORT=${nothing}\n", {}, "PGPORT"),
        ("", {"DATABASE_URL": "postgresql://elsewhere"}, "DATABASE_URL"),
        ("", OURS, None),
        ("PGPORT=1\n", OURS, "PGPORT"),
    ],
)
def test_configured_elsewhere(
    env: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    environment: dict[str, str],
    found: str | None,
) -> None:
    """Settings count from the environment and the file, but never our own."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, setting in environment.items():
        monkeypatch.setenv(name, setting)
    env.write_text(text)
    write_block(env, OURS)
    assert configured(env, NAMES, OURS) == found
