"""docs/scaling.md does what it says; its files for Kubernetes are well formed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from dataforeman_schema.commands.status import read_status
from dataforeman_schema.databases import META, TSDB
from tests.commands import url, variables
from tests.commands.breakage import find
from tests.commands.places import execute, unused_port
from tests.commands.test_operations import READINGS, shell
from tests.commands.test_sites import write
from tests.commands.test_starting import assert_ours
from tests.documents import SCALING, blocks, infos
from tests.trees import head

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings


def test_no_block_is_left_out() -> None:
    """Every block is of a kind that is tested here, or run as every example is."""
    tested = {"sh sites", "sh multi-host", "sql hash"}
    tested |= {"yaml cluster", "yaml job", "yaml patroni"}
    assert infos(SCALING) == tested | {"python", "text"}


def test_sites(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """The list, with real places in it, is upgraded by the command."""
    [text] = blocks(SCALING, "text")
    comment, *lines = text.splitlines()
    assert all(len(line.split()) == 2 for line in lines)
    name, _ = lines[0].split()
    write(comment, f"{name} {url(tsdb_database)}")
    [command] = blocks(SCALING, "sh sites")
    said = shell(command, **variables(meta_database))
    assert f"telemetry database {name}: at {head(TSDB)}, nothing to do" in said


def test_multi_host(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """The URL of two servers leads to the one that there is."""
    [command] = blocks(SCALING, "sh multi-host")
    keywords = meta_database.keywords
    hosts = f"host=127.0.0.1,{keywords['host']}&port={unused_port()},{keywords['port']}"
    command = command.replace(
        "dataforeman_owner@db1:5432,db2:5432/dataforeman?",
        f"{keywords['user']}:{keywords['password']}@/{meta_database.database}?{hosts}&",
    )
    said = shell(command, **variables(tsdb_database))
    assert f"metadata database: at {head(META)}, nothing to do" in said


def test_hash_dimension(tsdb_database: ConnectionSettings) -> None:
    """The statements work on what migrations made, and `verify` does not mind."""
    [statements] = blocks(SCALING, "sql hash")
    # The embedded server has no other tablespace than its own.
    execute(tsdb_database, statements.replace("disk2", "pg_default"))
    execute(tsdb_database, READINGS)
    status = read_status(TSDB, tsdb_database, last=0)
    assert {each.name: each.chunks for each in status.hypertables}["tag_values"] > 1
    assert find(TSDB, tsdb_database) == []


def test_kubernetes() -> None:
    """The cluster loads and creates the extension for the role that the job is."""
    [cluster], [job], [patroni] = (
        [yaml.safe_load(text) for text in blocks(SCALING, f"yaml {kind}")]
        for kind in ("cluster", "job", "patroni")
    )
    spec = cluster["spec"]
    assert spec["postgresql"]["shared_preload_libraries"] == ["timescaledb"]
    made = spec["bootstrap"]["initdb"]
    assert made["postInitApplicationSQL"] == ["CREATE EXTENSION timescaledb"]
    [container] = job["spec"]["template"]["spec"]["containers"]
    assert_ours(container["command"])
    [variable] = container["env"]
    secret = f"{cluster['metadata']['name']}-app"  # as the operator calls it
    assert variable["valueFrom"]["secretKeyRef"]["name"] == secret
    kept = patroni["bootstrap"]["dcs"]["postgresql"]["parameters"]
    assert kept["shared_preload_libraries"] == "timescaledb"
