"""Two PostgreSQL servers in streaming replication, and the way to the primary."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import pytest
from sqlalchemy import NullPool, text

from dataforeman_schema.commands.status import read_status
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import META
from dataforeman_schema.embedded import EmbeddedPostgres, system_user, throwaway_folder
from dataforeman_schema.embedded.postgres import program
from dataforeman_schema.engine import create_engine
from dataforeman_schema.settings import read_settings
from tests.commands import BIN, alembic, assert_refused, upgrade, variables
from tests.commands.breakage import find
from tests.commands.places import execute, query, wait_until_blocking
from tests.embedded.helpers import kill
from tests.trees import head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings


class Cluster(NamedTuple):
    """A primary and the standby that follows it."""

    primary: EmbeddedPostgres
    standby: EmbeddedPostgres

    def url(self, *servers: EmbeddedPostgres) -> str:
        """Write the URL that leads to whichever of some servers can be written.

        Its hosts have no ports: each listens on PostgreSQL's own.
        """
        hosts = ",".join(quote(server.params["host"], safe="") for server in servers)
        return (
            f"postgresql://postgres@{hosts}/dataforeman?target_session_attrs=read-write"
        )


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Two servers that the test may promote and kill."""
    with (
        throwaway_folder() as folder,
        EmbeddedPostgres(folder / "primary", durable=False) as primary,
    ):
        standby = EmbeddedPostgres(folder / "standby", durable=False)
        copy(primary, standby)
        with standby:
            yield Cluster(primary, standby)


def copy(primary: EmbeddedPostgres, standby: EmbeddedPostgres) -> None:
    """Make a standby's data from a running primary's."""
    standby.data_dir.mkdir()
    user = None
    if os.geteuid() == 0:
        system_user.chown(standby.data_dir)
        user = system_user.NAME
    source = f"host={primary.params['host']} user=postgres"
    options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync"]
    subprocess.run(
        [program("pg_basebackup"), f"--pgdata={standby.data}", "-d", source, *options],
        check=True,
        cwd=standby.data_dir,
        user=user,
        group=user,
        extra_groups=[] if user else None,
    )


def where(server: EmbeddedPostgres) -> ConnectionSettings:
    """Write the settings of the metadata database on one server."""
    params = {**server.params, "dbname": "dataforeman"}
    return read_settings(META.variables, {}).replace(**params)


def follow(cluster: Cluster) -> None:
    """Wait until the standby has all that the primary has."""
    primary = where(cluster.primary)
    with closing(connect(primary)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_lsn()")
        [(written,)] = cursor.fetchall()
    deadline = time.monotonic() + 30
    while not has_replayed(cluster.standby, written):
        assert time.monotonic() < deadline, "the standby does not follow"
        time.sleep(0.05)


def has_replayed(standby: EmbeddedPostgres, written: str) -> bool:
    """Ask a standby whether it is at a place in the log."""
    server = where(standby).replace(dbname="postgres")
    with closing(connect(server)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", [written])
        return bool(cursor.fetchone() == (True,))


def test_the_primary_is_found(
    cluster: Cluster, tsdb_database: ConnectionSettings
) -> None:
    """Whichever server the URL names first, the primary is migrated."""
    telemetry = variables(tsdb_database)
    standby_first = cluster.url(cluster.standby, cluster.primary)
    result = upgrade(DATABASE_URL=standby_first, **telemetry)
    assert result.returncode == 0, result
    assert "metadata database: created" in result.stdout
    execute(
        where(cluster.primary).replace(dbname="postgres"), "DROP DATABASE dataforeman"
    )
    primary_first = cluster.url(cluster.primary, cluster.standby)
    result = upgrade(DATABASE_URL=primary_first, **telemetry)
    assert f"upgraded from nothing to {head(META)}" in result.stdout
    follow(cluster)
    result = upgrade(**variables(where(cluster.standby)), **telemetry)
    assert f"metadata database: at {head(META)}, nothing to do" in result.stdout
    assert_shown(cluster)


def assert_shown(cluster: Cluster) -> None:
    """Assert what `status` shows of the replica, and whom it lets see it."""
    primary = read_status(META, where(cluster.primary), last=0)
    [standby] = primary.standbys
    assert (primary.replica, standby.state) == (False, "streaming")
    assert standby.behind_bytes == 0
    replica = read_status(META, where(cluster.standby), last=0)
    assert (replica.replica, replica.standbys) == (True, [])
    superuser = where(cluster.primary)
    execute(superuser, "CREATE ROLE few LOGIN")
    few = superuser.replace(user="few")
    shown = read_status(META, few, last=0)
    assert [each.state for each in shown.standbys] == [None]
    for unseen in shown.unseen:
        execute(superuser, unseen.partition(": ")[2])
    assert [each.state for each in read_status(META, few, last=0).standbys] == [
        "streaming"
    ]


def test_a_standby_alone(cluster: Cluster, tsdb_database: ConnectionSettings) -> None:
    """A standby with something to do is refused in a line that leads to the primary."""
    standby, telemetry = variables(where(cluster.standby)), variables(tsdb_database)
    words = ("read-only", "point PGHOST at the primary")
    assert_refused(upgrade(**standby, **telemetry), *words)
    execute(
        where(cluster.primary).replace(dbname="postgres"), "CREATE DATABASE dataforeman"
    )
    follow(cluster)
    assert_refused(upgrade(**standby, **telemetry), *words)
    assert_refused(alembic("-n", "meta", "upgrade", "head", **standby), *words)
    alone = cluster.url(cluster.standby)
    result = upgrade("--wait", "0", DATABASE_URL=alone, **telemetry)
    assert_refused(result, "session is read-only", "name the primary")


def test_failover(cluster: Cluster, tsdb_database: ConnectionSettings) -> None:
    """After the standby's promotion the same URL leads to it, and it is migrated."""
    both = {"DATABASE_URL": cluster.url(*cluster)} | variables(tsdb_database)
    execute(
        where(cluster.primary).replace(dbname="postgres"), "CREATE DATABASE dataforeman"
    )
    assert alembic("-n", "meta", "upgrade", "meta_001", **both).returncode == 0
    follow(cluster)
    kill(cluster.primary)
    execute(where(cluster.standby).replace(dbname="postgres"), "SELECT pg_promote()")
    result = upgrade(**both)
    assert result.returncode == 0, result
    said = f"metadata database: upgraded from meta_001 to {head(META)}"
    assert said in result.stdout


def test_failover_in_a_revision(
    cluster: Cluster, tsdb_database: ConnectionSettings
) -> None:
    """A primary lost in a revision: `upgrade` goes on at the promoted server.

    What the revision did is nowhere, and the one of before is there.
    """
    both = {"DATABASE_URL": cluster.url(*cluster)} | variables(tsdb_database)
    server = where(cluster.primary)
    execute(server.replace(dbname="postgres"), "CREATE DATABASE dataforeman")
    result = alembic("-n", "meta", "upgrade", "meta_001", **both)
    assert result.returncode == 0, result
    follow(cluster)
    engine = create_engine(server, poolclass=NullPool)
    with (
        engine.connect() as holder,
        subprocess.Popen(
            (BIN / "dataforeman-schema", "upgrade"),
            env={**os.environ, **both},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as upgrading,
    ):
        holder.execute(text("LOCK TABLE units_of_measure IN SHARE MODE"))
        wait_until_blocking(holder)
        kill(cluster.primary)
        holder.invalidate()
        promoted = where(cluster.standby)
        assert query(promoted, "TABLE alembic_version") == [("meta_001",)]
        execute(promoted.replace(dbname="postgres"), "SELECT pg_promote()")
        said, waited = upgrading.communicate(timeout=60)
    assert upgrading.returncode == 0, waited
    assert "waiting up to" in waited
    assert f"metadata database: upgraded from meta_001 to {head(META)}" in said
    assert "nothing to do" in upgrade(**both).stdout
    assert find(META, promoted) == []
