"""`dataforeman-schema upgrade`: the command at service start."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, NullPool, func, select, text

from dataforeman_schema.commands.probe import probe
from dataforeman_schema.connection import ConnectionFailed, connect
from dataforeman_schema.databases import LOCK_KEY, META, TSDB
from dataforeman_schema.embedded import EmbeddedPostgres, throwaway_folder
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from tests.commands import (
    BIN,
    assert_refused,
    run,
    upgrade,
    upgrade_and_list_modules,
    variables,
)
from tests.commands.places import (
    VERSION_TABLE,
    absent_database,
    cut_off_who_waits,
    execute,
    unused_port,
)
from tests.trees import head

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings

COMMAND = (BIN / "dataforeman-schema", "upgrade")
UPGRADED_META = f"metadata database: upgraded from nothing to {head(META)}"
UPGRADED_TSDB = f"telemetry database: upgraded from nothing to {head(TSDB)}"
NOTHING_TO_DO = [
    f"metadata database: at {head(META)}, nothing to do",
    f"telemetry database: at {head(TSDB)}, nothing to do",
]


def test_missing_databases_are_created(absent_pair: dict[str, str]) -> None:
    """From servers without our databases to head, saying each step on a line."""
    first = upgrade(**absent_pair)
    assert first.returncode == 0, first
    assert [
        line.partition(": ")[2].split()[0] for line in first.stdout.splitlines()
    ] == ["created", "upgraded", "created", "upgraded"]
    assert UPGRADED_META in first.stdout
    assert UPGRADED_TSDB in first.stdout
    assert upgrade(**absent_pair).stdout.splitlines() == NOTHING_TO_DO


def test_nothing_to_do(current_pair: dict[str, str]) -> None:
    """Databases at head are left alone, without SQLAlchemy, Alembic or Python's TLS."""
    lines, modules = upgrade_and_list_modules(**current_pair)
    assert lines == NOTHING_TO_DO
    assert {"click", "psycopg2"} <= modules
    assert not {"sqlalchemy", "alembic", "rich", "ssl"} & modules


def test_models_are_not_imported(begun_pair: dict[str, str]) -> None:
    """Not even running revisions imports the models or SQLAlchemy's ORM."""
    _, modules = upgrade_and_list_modules(**begun_pair)
    assert {"alembic.op", "sqlalchemy"} <= modules
    assert not {"sqlalchemy.orm", "dataforeman_schema.meta"} & modules


def test_revisions_come_from_the_package(
    begun_pair: dict[str, str], tmp_path: Path
) -> None:
    """What lies in the folder that a service starts in is never run."""
    stray = tmp_path / "alembic_meta"
    (stray / "versions").mkdir(parents=True)
    (stray / "__init__.py").touch()
    (stray / "versions" / "001_schema.py").write_text("1 / 0")
    result = upgrade(**begun_pair)
    assert result.returncode == 0, result


def test_only_what_is_behind_is_migrated(
    meta_database: ConnectionSettings, tsdb_empty_database: ConnectionSettings
) -> None:
    """A database at head stays as it is while the other is migrated."""
    result = upgrade(**variables(meta_database), **variables(tsdb_empty_database))
    assert result.stdout.splitlines() == [
        NOTHING_TO_DO[0],
        UPGRADED_TSDB,
    ]


def test_waits_for_a_server_that_starts_later(
    tsdb_database: ConnectionSettings,
) -> None:
    """A server that is not there yet is waited for, with plain lines that say so."""
    with throwaway_folder() as folder:
        server = EmbeddedPostgres(folder, durable=False)
        late = read_settings(META.variables, {}).replace(**server.params)
        environ = variables(late) | variables(tsdb_database)
        with subprocess.Popen(
            COMMAND,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as waiting:
            assert waiting.stderr is not None
            line = waiting.stderr.readline()
            with server:
                output, _ = waiting.communicate(timeout=60)
    assert line.startswith("waiting up to 60 s: metadata database: cannot connect to")
    assert waiting.returncode == 0
    assert UPGRADED_META in output


def test_gives_up_in_time(current_pair: dict[str, str]) -> None:
    """A server that does not come is given up after --wait, and nothing is changed."""
    begun = time.monotonic()
    gone = {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": unused_port()}
    result = upgrade("--wait", "1", **current_pair | gone)
    assert 1 <= time.monotonic() - begun < 10
    assert result.returncode == 1
    assert result.stdout == ""
    waiting, last = result.stderr.splitlines()
    assert waiting.startswith("waiting up to 1 s: telemetry database: cannot connect")
    assert "Connection refused" in last
    assert "set TSDB_HOST and TSDB_PORT" in last


def test_session_is_cut_in_a_migration(
    meta_empty_database: ConnectionSettings,
    meta_empty_engine: Engine,
    tsdb_database: ConnectionSettings,
) -> None:
    """A session that its server ends in the middle is replaced, and work goes on."""
    execute(meta_empty_database, VERSION_TABLE)
    environ = variables(meta_empty_database) | variables(tsdb_database)
    with (
        meta_empty_engine.connect() as holder,
        subprocess.Popen(
            COMMAND,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as upgrading,
    ):
        holder.execute(text("LOCK TABLE alembic_version IN SHARE MODE"))
        cut_off_who_waits(holder)
        holder.rollback()
        said, waited = upgrading.communicate(timeout=60)
    assert upgrading.returncode == 0, waited
    assert UPGRADED_META in said
    assert "was lost" in waited


def test_says_that_another_migration_is_at_work(
    meta_empty_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Who waits for another migration says for whom."""
    environ = variables(meta_empty_database) | variables(tsdb_database)
    with closing(connect(meta_empty_database)) as other:
        other.cursor().execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        pid = other.info.backend_pid
        result = upgrade("--lock-wait", "1", **environ)
    first, *_, last = result.stderr.splitlines()
    assert first.startswith("waiting up to 1 s: metadata database: Another migration")
    assert f"at work: pid {pid} (" in first
    assert "another migration is at work" in last
    assert result.returncode == 1


def test_one_database_by_two_names(meta_empty_database: ConnectionSettings) -> None:
    """Settings that lead to one database are refused, whatever they call it."""
    tsdb = read_settings(TSDB.variables, {}).replace(**meta_empty_database.keywords)
    host = f"{tsdb.keywords['host']}/" if "/" in tsdb.keywords["host"] else "127.0.0.1"
    again = variables(tsdb, host=host)
    result = upgrade(**variables(meta_empty_database), **again)
    assert_refused(result, "both databases are set to", "set TSDB_DATABASE")


def test_no_timescaledb_is_seen_first(
    absent_meta: ConnectionSettings, plain_database: ConnectionSettings
) -> None:
    """A telemetry server that will not do is refused before anything is changed."""
    result = upgrade(**variables(absent_meta), **variables(plain_database))
    assert_refused(result, "no timescaledb extension")
    with pytest.raises(ConnectionFailed, match="does not exist"):
        connect(absent_meta)


def test_no_timescaledb_for_a_new_database(
    absent_meta: ConnectionSettings, plain_server: ConnectionSettings
) -> None:
    """So is a server that will not do and has no telemetry database yet."""
    with absent_database(plain_server) as absent:
        tsdb = read_settings(TSDB.variables, {}).replace(**absent.keywords)
        result = upgrade(**variables(absent_meta), **variables(tsdb))
        assert_refused(result, "no timescaledb extension")
        for nowhere in (absent_meta, absent):
            with pytest.raises(ConnectionFailed, match="does not exist"):
                connect(nowhere)


def test_another_encoding(
    meta_server: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """A database that cannot hold every character is not begun."""
    with absent_database(meta_server) as latin:
        creation = (
            f"CREATE DATABASE {latin.database} TEMPLATE template0 ENCODING 'LATIN1'"
            " LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        execute(meta_server, creation)
        result = upgrade(**variables(latin), **variables(tsdb_database))
        assert_refused(result, "is in LATIN1", "creates it in UTF8")
        assert probe(META, latin).is_new


def test_first_process_of_a_container() -> None:
    """As process 1, which the kernel guards from signals, it can be stopped."""
    alone = ("unshare", "--pid", "--fork", "--kill-child")
    if run(*alone, "true").returncode:
        pytest.skip("needs the right to make a PID namespace")
    environ = {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    with subprocess.Popen(
        (*alone, *COMMAND),
        env={**os.environ, **environ},
        stderr=subprocess.PIPE,
        text=True,
    ) as outside:
        assert outside.stderr is not None
        assert outside.stderr.readline().startswith("waiting up to 60 s")
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
        os.kill(int(children.read_text()), signal.SIGTERM)
        _, said = outside.communicate(timeout=20)
    assert said.splitlines()[-1].startswith("dataforeman-schema: interrupted;")
    assert outside.returncode == 143


def test_progress_on_a_terminal() -> None:
    """On a terminal the wait is a display that is gone at the end."""
    shown = wait_on_a_terminal("xterm", PGDATABASE="[/plant] [red]")
    words = " ".join(shown.split())
    assert "waiting up to 1 s: metadata database" in words
    assert "/[/plant] [red]" in words
    assert "\x1b[?25l" in shown  # the cursor is hidden …
    assert "\x1b[?25h" in shown  # … and comes back


def test_progress_on_a_dumb_terminal() -> None:
    """A terminal that cannot write a line anew gets plain lines, at once."""
    first, *_ = wait_on_a_terminal("dumb").splitlines()
    assert first.startswith("waiting up to 1 s: metadata database: cannot connect")


def wait_on_a_terminal(kind: str, **environ: str) -> str:
    """Wait in vain on a terminal of a kind, and return what it shows."""
    terminal, stderr = pty.openpty()
    environ |= {"PGHOST": "127.0.0.1", "PGPORT": unused_port(), "TERM": kind}
    with subprocess.Popen(
        (*COMMAND, "--wait", "1"), env={**os.environ, **environ}, stderr=stderr
    ) as process:
        os.close(stderr)
        shown = read_all(terminal)
    assert process.returncode == 1
    return shown


def read_all(terminal: int) -> str:
    """Read what a process writes to a terminal until it ends."""
    shown = b""
    with suppress(OSError):  # Linux ends a terminal so
        while part := os.read(terminal, 4096):
            shown += part
    os.close(terminal)
    return shown.decode()


def test_somebody_else_migrated(
    meta_database: ConnectionSettings, begun_pair: dict[str, str]
) -> None:
    """A process that only waited for another one does not say that it upgraded."""
    begun = variables(meta_database) | {
        name: value for name, value in begun_pair.items() if name.startswith("TSDB")
    }
    engine = create_engine(meta_database, poolclass=NullPool)
    with engine.connect() as other:
        other.execute(text("UPDATE alembic_version SET version_num = 'meta_001'"))
        other.execute(select(func.pg_advisory_lock(LOCK_KEY)))
        other.commit()
        with subprocess.Popen(
            COMMAND,
            env={**os.environ, **begun},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as waiting:
            assert waiting.stderr is not None
            assert "Another migration is at work" in waiting.stderr.readline()
            to_head = text("UPDATE alembic_version SET version_num = :head")
            other.execute(to_head, {"head": head(META)})
            other.commit()
            other.close()
            output, _ = waiting.communicate(timeout=60)
    assert output.splitlines() == [
        f"metadata database: at {head(META)} now, migrated in the meantime",
        UPGRADED_TSDB,
    ]


def test_bad_setting_of_timescaledb(absent_pair: dict[str, str]) -> None:
    """What TSDB_TIMESCALEDB cannot be is refused before a database is created."""
    result = upgrade(**absent_pair, TSDB_TIMESCALEDB="perhaps")
    assert_refused(result, "TSDB_TIMESCALEDB is 'perhaps'; set it to required")


def test_critical_table_is_missing(
    current_pair: dict[str, str], meta_engine: Engine
) -> None:
    """A database at head without a table that a service needs is no success."""
    with meta_engine.begin() as connection:
        connection.execute(text("DROP TABLE poll_groups CASCADE"))
    result = upgrade(**current_pair)
    assert_refused(result, "lacks poll_groups", "dataforeman-schema verify")


def test_both_databases_in_one_place(meta_empty_database: ConnectionSettings) -> None:
    """Two settings that lead to one database are refused before it is touched."""
    keys = {"host": "TSDB_HOST", "port": "TSDB_PORT", "dbname": "TSDB_DATABASE"}
    same = {name: meta_empty_database.keywords[key] for key, name in keys.items()}
    result = upgrade(**variables(meta_empty_database), **same)
    assert_refused(result, "both databases are set to", "set TSDB_DATABASE")


def test_cluster_of_another_encoding(tsdb_database: ConnectionSettings) -> None:
    """A database is created for every character, whatever its server's default."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False) as server,
    ):
        settings = read_settings(META.variables, {}).replace(**server.params)
        ascii_only = "UPDATE pg_database SET encoding = 0 WHERE datname = 'template1'"
        execute(settings, ascii_only)
        absent = settings.replace(dbname="dataforeman")
        result = upgrade(**variables(absent), **variables(tsdb_database))
        assert result.returncode == 0, result
        with create_engine(absent, poolclass=NullPool).connect() as connection:
            unit = "SELECT symbol FROM units_of_measure WHERE name = 'Ohm'"
            assert connection.scalar(text(unit)) == "Ω"


@pytest.mark.parametrize("password", ["right-s3cret", "wrong-s3cret"])
def test_no_password_in_any_output(
    tsdb_database: ConnectionSettings, password: str
) -> None:
    """Neither success, nor failure, nor its traceback shows a password."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder, durable=False, password="right-s3cret") as server,
    ):
        settings = read_settings(META.variables, {}).replace(**server.params)
        environ = variables(settings, password=password) | variables(tsdb_database)
        result = run(BIN / "dataforeman-schema", "--debug", "upgrade", **environ)
    assert (result.returncode == 0) == (password == "right-s3cret"), result
    assert ("Traceback" in result.stderr) == (password == "wrong-s3cret")
    assert "s3cret" not in result.stdout + result.stderr
