"""The workflow for GitHub, which `make lint` holds to GitHub's schema, against ours."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import yaml

from dataforeman_schema.databases import MINIMUM_TIMESCALEDB
from dataforeman_schema.packaging import alembic_ini

ROOT = alembic_ini().parent
WORKFLOW = (ROOT / ".github" / "workflows" / "test.yml").read_text("utf-8")
JOBS: dict[str, dict[str, Any]] = yaml.safe_load(WORKFLOW)["jobs"]
MATRIX: list[dict[str, str]] = JOBS["servers"]["strategy"]["matrix"]["include"]


def test_every_python_of_the_classifiers_is_tried() -> None:
    """The matrix has the versions of Python that the package says it supports."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    named = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert [row["python"] for row in MATRIX] == named
    assert project["requires-python"] == f">={named[0]}"


def test_every_server_is_tried() -> None:
    """The matrix has each PostgreSQL, and the oldest TimescaleDB and the newest."""
    assert [row["postgres"] for row in MATRIX] == ["15", "16", "17", "18"]
    releases = [row["timescaledb"] for row in MATRIX]
    assert releases[0].startswith(f"{MINIMUM_TIMESCALEDB}.")
    assert releases[-1].startswith("latest-")


def test_what_is_asked_of_the_matrix_is_there() -> None:
    """No expression names what some combination does not have."""
    asked = set(re.findall(r"\$\{\{ matrix\.(\w+) }}", WORKFLOW))
    assert asked
    assert all(row.keys() == asked for row in MATRIX)


def test_jobs_run_what_everybody_runs() -> None:
    """Each job runs targets of the Makefile and nothing of its own."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {
        f"make {name}"
        for name in re.findall(r"^([a-z-]+):.*##", makefile, re.MULTILINE)
    }
    commands = [step["run"] for job in JOBS.values() for step in job["steps"][2:]]
    assert len(commands) >= len(JOBS)
    assert set(commands) <= targets
