"""`adopt` takes over installations as the former tool and the application made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META, TSDB
from tests.commands import BIN, assert_refused, run
from tests.commands.breakage import find
from tests.commands.places import query
from tests.documents import ADOPTING, blocks
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
    assert_refused(adopt(installation, "--undo"), "nothing to take back")
    assert found(installation) == []


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
