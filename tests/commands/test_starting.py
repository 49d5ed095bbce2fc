"""The files of docs/operations.md that start services: they migrate before."""

from __future__ import annotations

import subprocess
from configparser import RawConfigParser
from pathlib import Path

import pytest
import yaml
from click import Command, Context

from dataforeman_schema.cli import main
from tests.documents import CHECKOUT, OPERATIONS, blocks


def test_compose() -> None:
    """The file of Compose migrates after both servers and before the services."""
    [text] = blocks(OPERATIONS, "yaml compose")
    services = yaml.safe_load(text)["services"]
    servers = yaml.safe_load((CHECKOUT / "compose.yaml").read_text())["services"]
    assert set(services["migrate"]["depends_on"]) == set(servers)
    assert "migrate" in services["core"]["depends_on"]
    assert_ours(services["migrate"]["command"])
    given = services["migrate"]["environment"]
    for server, prefix in (("db", "PG"), ("tsdb", "TSDB_")):
        assert given[f"{prefix}HOST"] == server
        for ours, theirs in (("USER", "USER"), ("DATABASE", "DB")):
            made = servers[server]["environment"][f"POSTGRES_{theirs}"]
            assert given[f"{prefix}{ours}"] == made


def test_systemd() -> None:
    """The unit migrates before it starts the service, and has the time to."""
    [text] = blocks(OPERATIONS, "ini systemd")
    unit = RawConfigParser()
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(text)
    program, *command = unit["Service"]["ExecStartPre"].split()
    assert_ours([Path(program).name, *command])
    databases, times = 2, 2
    waits = databases * times * (120 + 60)
    assert int(unit["Service"]["TimeoutStartSec"]) > waits


def test_kubernetes() -> None:
    """The init container migrates."""
    [text] = blocks(OPERATIONS, "yaml kubernetes")
    [container] = yaml.safe_load(text)["spec"]["template"]["spec"]["initContainers"]
    assert_ours(container["command"])


def assert_ours(command: list[str]) -> None:
    """Assert that a command line is one that our command takes."""
    name, verb, *arguments = command
    assert name == "dataforeman-schema"
    found = main.get_command(Context(main), verb)
    assert isinstance(found, Command)
    found.make_context(verb, arguments).close()


@pytest.mark.parametrize("info", ["sh docker", "sh systemd", "sh kubectl"])
def test_commands_that_need_more(info: str) -> None:
    """What needs an engine that no test can start is valid shell.

    That is a container engine, an init system or a cluster, and images and units of
    the services beside: what they are given is tested above.
    """
    for text in blocks(OPERATIONS, info):
        subprocess.run(["/bin/sh", "-n", "-c", text], check=True)
