"""`adopt` takes over installations as the former tool and the application made them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, assert_refused, run
from tests.commands.breakage import find
from tests.commands.places import execute, query
from tests.documents import ADOPTING, blocks
from tests.installations import SAME_NAMES
from tests.installations import run as run_files
from tests.installations.catalog import read

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess
    from typing import Any

    from tests.installations import Installation

GUIDES = pytest.mark.parametrize("installation", ["v0.2.1-unbooted"], indirect=True)
FORMER = pytest.mark.parametrize("installation", ["v0.2.1"], indirect=True)


def adopt(installation: Installation, *arguments: str) -> CompletedProcess[str]:
    """Run the command on both databases, or on one."""
    environ = installation.environ
    return run(BIN / "dataforeman-schema", "adopt", *arguments, **environ)


def catalogs(installation: Installation) -> list[Any]:
    """What both databases are made of."""
    return [read(installation.meta), read(installation.tsdb)]


def found(installation: Installation) -> list[Any]:
    """What `verify` finds in both."""
    return [*find(META, installation.meta), *find(TSDB, installation.tsdb)]


@GUIDES
def test_there_and_back(installation: Installation) -> None:
    """All is adopted and proved, nothing is wrong then, and it can be taken back."""
    before = catalogs(installation)
    result = adopt(installation)
    assert result.returncode == 0, result
    assert result.stdout.count("every checksum is as before") == 2
    assert found(installation) == []
    upgraded = run(BIN / "dataforeman-schema", "upgrade", **installation.environ)
    assert upgraded.returncode == 0
    assert "->" not in upgraded.stdout
    adopted = catalogs(installation)
    again = adopt(installation)
    assert again.stdout.count("nothing to adopt") == 2
    assert catalogs(installation) == adopted
    assert adopt(installation, "--undo").returncode == 0
    assert catalogs(installation) == before


@FORMER
def test_the_metadata_of_a_running_one(installation: Installation) -> None:
    """Strays are set aside, the seed is there, and everything is as in a new one."""
    before = read(installation.meta)
    plan = adopt(installation, "meta", "--plan")
    assert "set aside: table tag_values" in plan.stdout, plan
    assert read(installation.meta) == before
    assert adopt(installation, "meta").returncode == 0
    assert find(META, installation.meta) == []
    assert adopt(installation, "meta", "--undo").returncode == 0
    assert read(installation.meta) == before


@FORMER
def test_a_running_one(installation: Installation) -> None:
    """Its metrics are converted and proved, and come back as they were when undone."""
    before = catalogs(installation)
    rows = "SELECT tag_id, ts, v_num FROM {} ORDER BY 1, 2"
    metrics = query(installation.tsdb, rows.format("system_metrics"))
    plan = adopt(installation, "tsdb", "--plan")
    assert "converted: table system_metrics, 8,208 rows" in plan.stdout, plan
    assert catalogs(installation) == before
    upgrade = run(BIN / "dataforeman-schema", "upgrade", **installation.environ)
    assert_refused(upgrade, "dataforeman-schema adopt meta --plan")
    result = adopt(installation)
    assert "8,208 rows of system_metrics converted and proved, 0 of" in result.stdout
    assert found(installation) == []
    named = "SELECT count(*) FROM system_metrics WHERE metric_name ~ '^tag '"
    assert query(installation.tsdb, named) == [(0,)]
    assert adopt(installation, "--undo").returncode == 0
    assert query(installation.tsdb, rows.format("system_metrics")) == metrics
    assert catalogs(installation) == before
    assert adopt(installation).returncode == 0
    aside = rows.format("set_aside.system_metrics")
    assert query(installation.tsdb, aside) == metrics
    assert "dropped set_aside.system_metrics" in adopt(installation, "--finish").stdout
    assert_refused(adopt(installation, "tsdb", "--undo"), "nothing to take back")
    assert found(installation) == []


REFUSED = {
    "readings among the metadata": (
        "INSERT INTO tag_values (connection_id, tag_id) VALUES (gen_random_uuid(), 1)",
        "table tag_values is of the other database and has 1 rows",
    ),
    "a chart in no folder": (
        (
            "UPDATE chart_configs SET folder_id = gen_random_uuid() "
            "WHERE id = (SELECT min(id::text)::uuid FROM chart_configs)"
        ),
        "chart_configs_folder_id_fkey",
    ),
    "a column of another type": (
        "ALTER TABLE connections ALTER name TYPE varchar(200)",
        "column name of table connections",
    ),
    "a missing column": (
        "ALTER TABLE users DROP COLUMN email",
        "column email of table users is not that of our revisions",
    ),
    "other values": (
        (
            "ALTER TABLE connections DROP CONSTRAINT connections_type_check; "
            "ALTER TABLE connections ADD CONSTRAINT connections_type_check "
            "CHECK (type <> '')"
        ),
        "constraint connections_type_check of table connections allows other values",
    ),
    "none of our tables": (
        "DROP TABLE connections, tag_metadata, poll_groups CASCADE",
        "none of our tables",
    ),
    "two roles twice": (
        (
            "ALTER TABLE user_roles DROP CONSTRAINT user_roles_user_id_role_id_key; "
            "INSERT INTO user_roles SELECT * FROM user_roles LIMIT 1"
        ),
        "user_roles_pkey",
    ),
}


@FORMER
@pytest.mark.parametrize("state", sorted(REFUSED))
def test_in_the_way(installation: Installation, state: str) -> None:
    """What cannot be bridged is named in one line, and nothing is changed."""
    change, named = REFUSED[state]
    execute(installation.meta, change)
    before = read(installation.meta)
    assert_refused(adopt(installation, "meta"), named)
    assert read(installation.meta) == before


@pytest.mark.parametrize("installation", ["v0.4.4", "v0.6.0"], indirect=True)
def test_a_later_release(installation: Installation) -> None:
    """A release that this one does not know is named, and nothing is changed."""
    before = catalogs(installation)
    assert_refused(adopt(installation), "which this release does not know")
    assert catalogs(installation) == before


@GUIDES
def test_swapped(installation: Installation) -> None:
    """Databases in each other's place are refused."""
    swapped = installation.environ | {
        f"{a}{key}": installation.environ[f"{b}{key}"]
        for a, b in (("PG", "TSDB_"), ("TSDB_", "PG"))
        for key in ("HOST", "PORT", "DATABASE", "USER", "PASSWORD")
        if f"{b}{key}" in installation.environ
    }
    result = run(BIN / "dataforeman-schema", "adopt", **swapped)
    assert result.returncode != 0


@FORMER
def test_killed(installation: Installation) -> None:
    """Killed at any moment it is as before or adopted, and one more ends clean."""
    run_files(installation.meta, [SAME_NAMES])
    command = [str(BIN / "dataforeman-schema"), "adopt", "meta"]
    for seconds in (0.3, 1.1, 1.9):
        process = subprocess.Popen(
            command,
            env=os.environ | installation.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert adopt(installation, "meta").returncode == 0
    assert find(META, installation.meta) == []


@GUIDES
def test_the_baseline_holds(installation: Installation) -> None:
    """No downgrade goes below the revision at which a database was adopted."""
    assert adopt(installation).returncode == 0
    before = catalogs(installation)
    for tree, target in (("tsdb", "-1"), ("meta", "base")):
        command = (BIN / "alembic", "-n", tree, "-x", "lose-data=yes")
        result = run(*command, "downgrade", target, **installation.environ)
        assert "adopt --undo takes that back" in result.stderr, result
    assert catalogs(installation) == before


@FORMER
def test_the_guide(installation: Installation, tmp_path: Path) -> None:
    """The commands of docs/adopting.md work in their order."""
    commands = [
        command
        for block in blocks(ADOPTING, "sh")
        for command in block.strip().splitlines()
    ]
    assert len(commands) == 8
    for command in commands:
        program, *arguments = command.replace(
            "proof.json", str(tmp_path / "proof.json")
        ).split()
        result = run(BIN / program, *arguments, **installation.environ)
        assert result.returncode == 0, (command, result)
    assert found(installation) == []
