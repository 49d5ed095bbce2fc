"""`backup` and `restore-check`: dumps, and the proof that they can be restored."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from dataforeman_schema.commands.backup.programs import find_program
from dataforeman_schema.errors import SchemaError
from tests.commands import BIN, assert_refused, run, variables
from tests.commands.json_schemas import assert_fits
from tests.commands.places import execute, query, unused_port, wait_until_blocking

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from sqlalchemy import Engine

    from dataforeman_schema.settings import ConnectionSettings

COMMAND = BIN / "dataforeman-schema"
READINGS = """
INSERT INTO tag_values (connection_id, tag_id, ts, v_num)
SELECT gen_random_uuid(), i % 5, now() - i * interval '3 hours', i
FROM generate_series(1, 200) AS i;
SELECT compress_chunk(c) FROM show_chunks('tag_values', older_than => now()) AS c
LIMIT 3;
SELECT add_retention_policy('tag_values', interval '1 day');
CREATE MATERIALIZED VIEW daily WITH (timescaledb.continuous) AS
SELECT time_bucket('1 day', ts) AS day, avg(v_num) FROM tag_values GROUP BY 1
WITH NO DATA
"""
SCRATCH = "SELECT FROM pg_database WHERE datname LIKE 'dataforeman_restore_%'"


def backup(
    *arguments: str, **environ: str
) -> tuple[CompletedProcess[str], dict[str, Path]]:
    """Dump into the current folder; return what is said, and the files by database."""
    result = run(COMMAND, "backup", *arguments, **environ)
    assert result.returncode == 0, result
    return result, {path.name[:4]: path for path in Path().glob("*.dump")}


def manifest(dump: Path) -> dict[str, Any]:
    """Read what is kept beside a dump."""
    read: dict[str, Any] = json.loads(Path(f"{dump}.json").read_text(encoding="utf-8"))
    return read


def rows(dump: Path) -> dict[str, int]:
    """Read how many rows each table had when it was dumped."""
    return {each["table"]: each["rows"] for each in manifest(dump)["tables"]}


def test_both(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What is dumped is restored with catalog, chunks, policies and every value."""
    for statement in READINGS.split(";"):
        execute(tsdb_database, statement)
    environ = variables(meta_database) | variables(tsdb_database)
    result, dumps = backup("--proof", "checksums", **environ)
    assert "tables with" in result.stdout
    assert dumps.keys() == {"meta", "tsdb"}
    assert {path.stat().st_mode & 0o777 for path in dumps.values()} == {0o600}
    kept = manifest(dumps["tsdb"])
    assert kept["timescaledb"]
    assert rows(dumps["tsdb"])["public.tag_values"] == 200
    assert len(kept["catalog"]["jobs"]) == 2
    proved = run(COMMAND, "restore-check", *dumps.values(), **environ)
    assert proved.returncode == 0, proved
    assert proved.stdout.count("all as they were") == 2
    for settings in (meta_database, tsdb_database):
        assert query(settings, SCRATCH) == []


def test_as_of_one_moment(
    meta_database: ConnectionSettings, meta_engine: Engine
) -> None:
    """What is written while it dumps is in neither the dump nor the counts."""
    environ = variables(meta_database)
    with ThreadPoolExecutor() as pool, meta_engine.connect() as blocker:
        blocker.execute(text("LOCK TABLE users IN ACCESS EXCLUSIVE MODE"))
        dumping = pool.submit(run, COMMAND, "backup", "meta", **environ)
        wait_until_blocking(blocker)
        execute(meta_database, "INSERT INTO jobs (type) VALUES ('export')")
        blocker.rollback()
        assert dumping.result().returncode == 0
    [dump] = Path().glob("meta-*.dump")
    assert rows(dump)["public.jobs"] == 0
    assert run(COMMAND, "restore-check", dump, **environ).returncode == 0


def test_environment_leads_nowhere_else(
    tsdb_database: ConnectionSettings, tmp_path: Path
) -> None:
    """Programs connect as the command does; what came of it is JSON for others."""
    services = tmp_path / "services"
    services.write_text("[other]\npassword=wrong\nsslmode=disable\n", "utf-8")
    environ = variables(tsdb_database) | {
        "PGHOSTADDR": "192.0.2.1",
        "PGSERVICE": "other",
        "PGSERVICEFILE": str(services),
        "PGOPTIONS": "-c extra_float_digits=0",
    }
    done, dumps = backup("tsdb", "--json", **environ)
    printed = json.loads(done.stdout)
    assert_fits("backup", printed)
    [dump] = printed["databases"]
    assert Path(dump["file"]) == dumps["tsdb"]
    assert dump["bytes"] == dumps["tsdb"].stat().st_size


def test_not_what_it_was(meta_database: ConnectionSettings) -> None:
    """A dump with other rows, and one that is cut short, are told from a good one."""
    environ = variables(meta_database)
    _, dumps = backup("meta", **environ)
    dump = dumps["meta"]
    Path("good").write_bytes(dump.read_bytes())
    execute(meta_database, "INSERT INTO jobs (type) VALUES ('export')")
    Path("later").mkdir()
    run(COMMAND, "backup", "meta", "--to", "later", **environ)
    [later] = Path("later").glob("*.dump")
    shutil.copy(later, dump)
    result = run(COMMAND, "restore-check", dump, **environ)
    assert result.returncode == 1
    assert "jobs: 0 rows before, 1 after" in result.stdout
    dump.write_bytes(Path("good").read_bytes()[:60_000])
    result = run(COMMAND, "restore-check", dump, **environ)
    assert result.returncode == 1
    assert "pg_restore said: " in result.stdout
    assert query(meta_database, SCRATCH) == []


def test_print(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """The commands can be read without a password, and nothing is run."""
    environ = variables(meta_database) | variables(tsdb_database)
    result, dumps = backup("--print", **environ)
    first, second = result.stdout.splitlines()
    assert "pg_dump --format=custom --file=meta-" in first
    assert f"dbname={meta_database.database}" in first
    assert second.startswith('PGPASSWORD="$TSDB_PASSWORD" ')
    assert (dumps, "password=" in result.stdout) == ({}, False)


def test_nothing_half_done(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Where it fails, one line says why, and no file is left."""
    away = {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    assert_refused(run(COMMAND, "backup", **away), "Connection refused")
    execute(tsdb_database, "SELECT timescaledb_pre_restore()")
    restoring = run(COMMAND, "backup", "tsdb", **variables(tsdb_database))
    assert_refused(restoring, "is in restoring mode")
    role = f"{meta_database.database}_reader"
    execute(meta_database, f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
    try:
        reader = variables(meta_database, user=role, password="x")
        refused = run(COMMAND, "backup", "meta", **reader)
    finally:
        execute(meta_database, f"DROP ROLE {role}")
    assert refused.returncode == 1
    [line] = [x for x in refused.stderr.splitlines() if "proof of" not in x]
    assert "permission denied" in line
    assert "as its owner or as a superuser" in line
    assert list(Path().iterdir()) == []


def test_no_manifest(meta_database: ConnectionSettings) -> None:
    """A dump of anything else is refused."""
    Path("other.dump").write_bytes(b"PGDMP")
    result = run(COMMAND, "restore-check", "other.dump", **variables(meta_database))
    assert_refused(result, "cannot read other.dump.json", "backup made")


def test_programs() -> None:
    """A program of the server's release is found, and an older one refused."""
    assert find_program("pg_dump", 18).name == "pg_dump"
    with pytest.raises(SchemaError, match=r"is PostgreSQL 99, .*-client-99"):
        find_program("pg_dump", 99)
