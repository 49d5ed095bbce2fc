"""What `status` prints for Prometheus, and what reads it."""

from __future__ import annotations

import configparser
import json
import os
import re
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from dataforeman_schema.commands.status import Table, Unreachable, read_status
from dataforeman_schema.commands.status.activity_state import StandbyStatus
from dataforeman_schema.commands.status.prometheus import METRICS, PREFIX, metrics
from dataforeman_schema.databases import META
from tests.commands import BIN, run, variables
from tests.commands.places import execute, unused_port
from tests.commands.test_status_activity import READINGS
from tests.documents import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from prometheus_client import Metric

    from dataforeman_schema.settings import ConnectionSettings

DASHBOARD = CHECKOUT / "docs" / "grafana" / "dataforeman.json"
MONITORING = CHECKOUT / "docs" / "monitoring.md"
UNITS = CHECKOUT / "docs" / "prometheus"
NAME = re.compile(rf"{PREFIX}\w+")


def parse(text: str) -> dict[str, Metric]:
    """Read the text format as Prometheus' own client does; no series comes twice."""
    families = list(text_string_to_metric_families(text))
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    for family in families:
        assert family.documentation.endswith("."), family
        assert family.samples, family
        series = [(each.name, *sorted(each.labels.items())) for each in family.samples]
        assert len(set(series)) == len(series)
    return {family.name: family for family in families}


def names_of(found: dict[str, Metric]) -> set[tuple[str, str]]:
    """List which metrics there are of which database."""
    return {
        (name, each.labels["database"])
        for name, metric in found.items()
        for each in metric.samples
    }


def test_names() -> None:
    """Names have base units and suffixes by Prometheus' conventions."""
    for name, metric in METRICS.items():
        assert re.fullmatch("[a-z][a-z_]*[a-z]", name)
        assert name.endswith("_total") == (metric.type == "counter")
        assert not re.search("_(ms|milliseconds|minutes|hours|kb|mb|count|sum)$", name)
        if "bytes" in name:
            assert name.endswith(("_bytes", "_bytes_per_day"))
        assert metric.help.endswith(".")


def test_pair(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """All that is known has a sample, and one that is out of reach is down."""
    execute(tsdb_database, READINGS)
    pair = variables(meta_database) | variables(tsdb_database)
    command = (BIN / "dataforeman-schema", "status", "--format", "prometheus")
    result = run(*command, "--disk", "1TB", **pair)
    assert result.returncode == 0, result
    found = parse(result.stdout)
    up = {each.labels["database"]: each.value for each in found[f"{PREFIX}up"].samples}
    assert up == {"meta": 1, "tsdb": 1}
    [disk, _] = found[f"{PREFIX}disk_size_bytes"].samples
    assert disk.value == 2**40
    assert found[f"{PREFIX}job_runs"].type == "counter"
    [newest] = [
        each.value
        for each in found[
            f"{PREFIX}hypertable_newest_reading_timestamp_seconds"
        ].samples
    ]
    assert newest > 1.7e9
    down = pair | {"PGHOST": "127.0.0.1", "PGPORT": unused_port()}
    result = run(*command, **down)
    assert result.returncode == 2
    found = parse(result.stdout)
    up = {each.labels["database"]: each.value for each in found[f"{PREFIX}up"].samples}
    assert up == {"meta": 0, "tsdb": 1}
    wrong = run(*command, **pair | {"PGPORT": "none"})
    assert wrong.returncode == 2
    assert wrong.stderr == "dataforeman-schema: PGPORT is no port; set it as in 5432\n"
    assert names_of(parse(wrong.stdout)) == names_of(found)
    labels = [each.labels for each in found[f"{PREFIX}info"].samples]
    assert [each["database"] for each in labels] == ["tsdb"]


def test_labels(meta_database: ConnectionSettings) -> None:
    """Labels are escaped: a name is read back, its control characters as shown."""
    names = ['a"b', "a\\b", "a\nb", "a{b}", "ä, b=c", "\\n", "\x1b[2J\x9b\u202e"]
    status = read_status(META, meta_database, 0)
    found = parse(
        metrics(
            [
                replace(
                    status,
                    tables=[Table(name, 5) for name in names],
                    standbys=[StandbyStatus("same", None, 1, None)] * 2,
                )
            ]
        )
    )
    rows = found[f"{PREFIX}table_rows"].samples
    expected = [*names[:-1], r"\x1b[2J\x9b\u202e"]
    assert [each.labels["table"] for each in rows] == expected
    behind = found[f"{PREFIX}replica_behind_bytes"].samples
    assert [each.labels["number"] for each in behind] == ["1", "2"]
    assert f"{PREFIX}replica_behind_seconds" not in found


def test_nothing_reachable() -> None:
    """That both are down is said, and nothing else."""
    down = [Unreachable(name, "x", "x", "x") for name in ("meta", "tsdb")]
    [up] = parse(metrics([*down])).values()
    assert {each.value for each in up.samples} == {0}


def test_one_form() -> None:
    """Metrics and JSON cannot be had at once."""
    command = (BIN / "dataforeman-schema", "status", "--format", "prometheus")
    result = run(*command, "--json")
    assert (result.returncode, json.loads(result.stdout)["exit_code"]) == (2, 2)
    assert "leave --json out" in result.stderr


def test_documented() -> None:
    """Every metric is in the table of the document, with its type and meaning."""
    rows = {
        (name, kind, meaning)
        for name, kind, meaning in re.findall(
            rf"^\| `{PREFIX}(\w+)` \| (\w+) \| .*? \| (.*) \|$",
            MONITORING.read_text("utf-8"),
            re.MULTILINE,
        )
    }
    assert rows == {(name, each.type, each.help) for name, each in METRICS.items()}


def test_dashboard() -> None:
    """It asks for the metrics that are there, and no panel hides another."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    queries = [*expressions(board)]
    assert len(queries) > len(board["panels"])
    assert {name for query in queries for name in NAME.findall(query)} == {
        f"{PREFIX}{name}" for name in METRICS
    }
    for query in queries:
        for opening, closing in ("()", "[]", "{}"):
            assert query.count(opening) == query.count(closing)
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [cell for panel in panels for cell in covered(panel["gridPos"])]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    assert len(board["uid"]) <= 40


def expressions(node: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """List what a dashboard asks Prometheus."""
    if isinstance(node, list):
        for item in node:
            yield from expressions(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key in {"expr", "query"} and isinstance(value, str):
                yield value
            else:
                yield from expressions(value)


def covered(place: dict[str, int]) -> Iterator[tuple[int, int]]:
    """List the cells of the grid that a panel covers."""
    for x in range(place["x"], place["x"] + place["w"]):
        for y in range(place["y"], place["y"] + place["h"]):
            yield x, y


def test_units(meta_database: ConnectionSettings, tmp_path: Path) -> None:
    """The command of systemd's unit writes the file, also while a database is down."""
    service = unit("service")["Service"]
    [shell, option, script] = re.split(" (?=-c )|(?<=-c) ", service["ExecStart"])
    assert (shell, option, script[0], script[-1]) == ("/bin/sh", "-c", "'", "'")
    assert not set("$%\\") & set(script)
    program = str(BIN / "dataforeman-schema")
    down = {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": unused_port()}
    subprocess.run(
        [
            shell,
            option,
            script[1:-1].replace("/opt/dataforeman/bin/dataforeman-schema", program),
        ],
        env={**os.environ, **variables(meta_database), **down},
        cwd=tmp_path,
        check=True,
    )
    [written] = tmp_path.iterdir()
    assert written.name == "dataforeman.prom"
    up = parse(written.read_text("utf-8"))[f"{PREFIX}up"].samples
    assert [each.value for each in up] == [1, 0]
    timer = unit("timer")["Timer"]
    assert timer["OnUnitActiveSec"] == "1min"


def unit(kind: str) -> configparser.ConfigParser:
    """Read a unit of systemd."""
    read = configparser.ConfigParser(interpolation=None, delimiters="=")
    read.optionxform = str  # type: ignore[assignment,method-assign] # as typeshed has it
    read.read_string((UNITS / f"dataforeman-metrics.{kind}").read_text("utf-8"))
    return read
