"""Each refusal is one line with cause and remedy, and changes nothing."""

from __future__ import annotations

import os
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest
from alembic.util import CommandError
from sqlalchemy import Engine, inspect

from dataforeman_schema.databases import META, TSDB
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.packaging import alembic_ini
from dataforeman_schema.settings import read_settings
from dataforeman_schema.testing import Migrations
from tests.commands import BIN, alembic, assert_refused, variables
from tests.trees import following, head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

SECRET = "s3cret"


def test_no_tree_chosen() -> None:
    """Without -n there is no telling which database is meant."""
    result = alembic("upgrade", "head")
    assert_refused(result, "no database chosen", "alembic -n meta", "alembic -n tsdb")


def test_wrong_tree(meta_database: ConnectionSettings) -> None:
    """The telemetry tree refuses the metadata database, and names both."""
    settings = read_settings(TSDB.variables, {}).replace(**meta_database.keywords)
    result = alembic("-n", "tsdb", "upgrade", "head", **variables(settings))
    assert_refused(result, "this is the metadata database", "TSDB_DATABASE")


def test_wrong_tree_reversed(tsdb_database: ConnectionSettings) -> None:
    """The metadata tree refuses the telemetry database."""
    settings = read_settings(META.variables, {}).replace(**tsdb_database.keywords)
    result = alembic("-n", "meta", "downgrade", "base", **variables(settings))
    assert_refused(result, "this is the telemetry database", "PGDATABASE")


def test_unreachable_server() -> None:
    """A port where nothing listens is named, with the variables to mend."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = str(unused.getsockname()[1])
    result = alembic(
        "-n",
        "meta",
        "upgrade",
        "head",
        PGHOST="127.0.0.1",
        PGPORT=port,
        PGPASSWORD=SECRET,
    )
    assert_refused(result, "Connection refused", "PGHOST", f"127.0.0.1:{port}")
    assert SECRET not in result.stderr


def test_unknown_host() -> None:
    """A host without an address is named."""
    result = alembic("-n", "tsdb", "current", TSDB_HOST="no-such-host.invalid")
    assert_refused(result, "no-such-host.invalid", "set TSDB_HOST")


@pytest.fixture(scope="module")
def guarded_server() -> Iterator[ConnectionSettings]:
    """A PostgreSQL server that demands a password."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False, password="right") as server,
    ):
        yield read_settings(META.variables, {}).replace(**server.params)


def test_wrong_password(guarded_server: ConnectionSettings) -> None:
    """A wrong password is said to be wrong, and not shown."""
    environ = variables(guarded_server, password=SECRET)
    result = alembic("-n", "meta", "upgrade", "head", **environ)
    assert_refused(result, "password authentication failed", "set PGPASSWORD")
    assert SECRET not in result.stderr


def test_missing_password(guarded_server: ConnectionSettings) -> None:
    """No password where one is needed is said to be missing."""
    environ = variables(guarded_server, password="")
    result = alembic("-n", "meta", "upgrade", "head", **environ)
    assert_refused(result, "no password supplied", "set PGPASSWORD")


def test_missing_database(meta_server: ConnectionSettings) -> None:
    """A database that is not there is named, with the statement that makes it."""
    environ = variables(meta_server, dbname="dataforeman_test_absent")
    result = alembic("-n", "meta", "upgrade", "head", **environ)
    assert_refused(
        result,
        'database "dataforeman_test_absent" does not exist',
        "CREATE DATABASE dataforeman_test_absent",
    )


def test_missing_extension(
    plain_database: ConnectionSettings, plain_engine: Engine
) -> None:
    """A server without TimescaleDB is refused before anything is made there."""
    result = alembic("-n", "tsdb", "upgrade", "head", **variables(plain_database))
    assert_refused(result, "no timescaledb extension", "install TimescaleDB 2.18")
    assert inspect(plain_engine).get_table_names() == []


def test_refused_statement(
    meta_empty_database: ConnectionSettings, meta_empty_engine: Engine
) -> None:
    """A table that is in the way is named, and nothing half done stays."""
    with meta_empty_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE system_settings (key text)")
    environ = variables(meta_empty_database)
    result = alembic("-n", "meta", "upgrade", "head", **environ)
    assert_refused_log(result.stderr, 'relation "system_settings" already exists')
    tables = set(inspect(meta_empty_engine).get_table_names())
    assert tables <= {"system_settings", "alembic_version"}


def test_full_disk(checkout: Path, meta_database: ConnectionSettings) -> None:
    """Where the server's disk is full, that is what is to be mended."""
    config = add_revision(
        checkout,
        upgrade="""from alembic import op
    op.execute("COPY (SELECT repeat('x', 1000000)) TO '/dev/full'")""",
    )
    environ = variables(meta_database)
    result = alembic("-n", "meta", "upgrade", "head", **environ, ALEMBIC_CONFIG=config)
    assert_refused_log(result.stderr, "No space left on device")
    assert "is rolled back: make room on the server's disk and run" in result.stderr


def assert_refused_log(stderr: str, words: str) -> None:
    """Assert that the last line, after the log's, is the refusal."""
    last = stderr.splitlines()[-1]
    assert last.startswith("FAILED: ")
    assert words in last
    assert "Traceback" not in stderr


def test_broken_env_file(tmp_path: Path) -> None:
    """A .env that cannot be read is named before anything is connected."""
    (tmp_path / ".env").write_bytes(b"PGHOST=\xff\n")
    assert_refused(alembic("-n", "meta", "upgrade", "head"), "cannot read", ".env")


REVISION = """
\"\"\"A path such as C:\\data.\"\"\"
import warnings
warnings.warn("out of date", DeprecationWarning)
revision, down_revision = "{revision}", "{before}"
def upgrade():
    {upgrade}
"""


def add_revision(checkout: Path, before: str = "", upgrade: str = "") -> str:
    """Write the next revision, which Python warns about; return its configuration."""
    written = REVISION.format(
        revision=following(META), before=before or head(META), upgrade=upgrade or "pass"
    )
    (checkout / "alembic_meta" / "versions" / "next.py").write_text(written)
    return str(checkout / "alembic.ini")


def test_warning_is_no_refusal(
    checkout: Path, meta_database: ConnectionSettings
) -> None:
    """What a newer Python or library warns of in a revision does not keep it away."""
    environ = variables(meta_database)
    config = add_revision(checkout)
    result = alembic("-n", "meta", "upgrade", "head", **environ, ALEMBIC_CONFIG=config)
    assert result.returncode == 0, result
    assert f"-> {following(META)}" in result.stderr


def test_missing_revision(checkout: Path) -> None:
    """A revision that comes after none that is there is refused."""
    config = add_revision(checkout, before="meta_000")
    result = alembic("-n", "meta", "upgrade", "head", ALEMBIC_CONFIG=config)
    assert_refused_log(result.stderr, "meta_000 referenced from")
    assert "install the package again" in result.stderr


def test_sql_of_a_broken_revision(checkout: Path) -> None:
    """Where nothing is run either, a revision that raises ends in one line."""
    config = add_revision(checkout, upgrade="1 / 0")
    options = ("-n", "meta", "upgrade", f"{head(META)}:head", "--sql")
    result = alembic(*options, ALEMBIC_CONFIG=config)
    assert_refused_log(result.stderr, "failed with ZeroDivisionError: division by")
    assert "; nothing was run: mend its file" in result.stderr


def test_sql_that_nobody_reads() -> None:
    """A reader that stops early, such as head, is no fault of a revision."""
    command = (BIN / "alembic", "-n", "meta", "upgrade", "head", "--sql")
    with subprocess.Popen(
        command,
        env={**os.environ, "ALEMBIC_CONFIG": str(alembic_ini())},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        messages = process.stderr.read()
    assert process.returncode != 0
    assert "FAILED: whoever read the output stopped before its end;" in messages
    assert "Traceback" not in messages


def test_unknown_option_of_sql() -> None:
    """An -x option is checked where nothing is run either."""
    result = alembic("-x", "typo=1", "-n", "meta", "upgrade", "head", "--sql")
    assert_refused(result, "-x typo is not known")


def test_python_callers_get_an_exception(meta_database: ConnectionSettings) -> None:
    """Called from Python, a refusal is Alembic's CommandError and ends no process."""
    settings = read_settings(TSDB.variables, {}).replace(**meta_database.keywords)
    with pytest.raises(CommandError, match="this is the metadata database"):
        Migrations(TSDB, settings).upgrade()
