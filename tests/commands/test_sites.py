"""`upgrade --telemetry-urls`: many telemetry databases beside one metadata database."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.commands.sites.listing import read_sites
from dataforeman_schema.connection import connect
from dataforeman_schema.databases import LOCK_KEY, META, TSDB
from dataforeman_schema.read_only import ReadOnly
from dataforeman_schema.settings import read_settings
from tests.commands import BIN, alembic, assert_refused, run, upgrade, url, variables
from tests.commands.json_schemas import assert_fits
from tests.commands.places import absent_database, execute, query
from tests.trees import head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dataforeman_schema.settings import ConnectionSettings

COMMAND = "upgrade --telemetry-urls"
COUNT = 50
NEW = "upgraded from nothing to "
STRAY = "CREATE TABLE tag_values ()"
"""A telemetry database that nothing of ours made: `upgrade` refuses it."""


@dataclass
class Sites:
    """A metadata database and telemetry databases, none of which is there yet."""

    server: ConnectionSettings
    stack: ExitStack
    meta: ConnectionSettings = field(init=False)
    places: dict[str, ConnectionSettings] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meta = self.stack.enter_context(absent_database(self.server))

    def add(self, name: str, made_of: str | None = None) -> ConnectionSettings:
        """Add a site to the list; its database is there if it is made of something."""
        place = self.stack.enter_context(absent_database(self.server))
        if made_of:
            execute(self.server, f"CREATE DATABASE {place.database}")
            execute(place, made_of)
        self.places[name] = place
        return place

    def listed(self, *names: str) -> Path:
        """Write the file that lists the sites by their names, or all of them."""
        lines = [f"{name} {url(self.places[name])}" for name in names or self.places]
        return write("# our plants", "", *lines)

    def upgrade(self, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
        """Upgrade what a file lists."""
        return upgrade("--telemetry-urls", str(path), *options, **self.environ)

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead to the metadata database."""
        return variables(self.meta) | {"TSDB_TIMESCALEDB": "optional"}

    def there(self) -> set[str]:
        """List the databases that the server has."""
        found = query(self.server, "SELECT datname FROM pg_database")
        return {name for (name,) in found}


@pytest.fixture
def sites(plain_server: ConnectionSettings) -> Iterator[Sites]:
    """Make sites on a server without TimescaleDB, whose databases are made fast."""
    server = read_settings(META.variables, {}).replace(**plain_server.keywords)
    with ExitStack() as stack:
        yield Sites(server, stack)


def write(*lines: str, mode: int = 0o600) -> Path:
    """Write a list of sites into the current folder."""
    path = Path("sites.txt")
    path.write_text("\n".join(lines))
    path.chmod(mode)
    return path


def titled(name: str) -> str:
    """Write what is said of a site before anything else."""
    return f"telemetry database {name}: "


def test_fifty(sites: Sites) -> None:
    """A broken canary keeps all from being touched; another one fails alone."""
    names = [f"plant-{number}" for number in range(COUNT)]
    for name in names:
        sites.add(name, STRAY if name == "plant-17" else None)
    others = [name for name in names if name != "plant-17"]
    before = sites.there()
    canary_first = sites.listed("plant-17", *others)
    result = sites.upgrade(canary_first, "--keep-going")
    assert result.returncode == 1
    assert "1 of 51 databases failed: telemetry database plant-17; 50 were not" in (
        result.stderr
    )
    assert sites.there() == before

    result = sites.upgrade(sites.listed(), "--keep-going")
    assert result.returncode == 1
    assert result.stdout.count(f"{NEW}{head(TSDB)}") == COUNT - 1
    [line] = [line for line in result.stdout.splitlines() if "failed" in line]
    assert line.startswith(f"{titled('plant-17')}failed: ")
    assert "no record of a revision" in line
    assert_one_line(result.stderr, "1 of 51 databases failed", "plant-17;", "no record")

    result = sites.upgrade(sites.listed(*others))
    assert result.returncode == 0, result
    assert result.stdout.splitlines()[0].startswith("metadata database: at ")
    assert result.stdout.count("nothing to do") == COUNT


def assert_one_line(text: str, *words: str) -> None:
    """Assert that a text is one line, which has the words."""
    assert text.count("\n") == 1, text
    for word in words:
        assert word in text


def test_each_has_its_own_lock(sites: Sites) -> None:
    """One that another migration holds fails in its time; others begin only if asked.

    Those that are at an earlier revision run what they lack.
    """
    for name in ("first", "held", "last"):
        sites.add(name)
    assert sites.upgrade(sites.listed("held", "last")).returncode == 0
    for name in ("held", "last"):
        back = {**variables(sites.places[name]), "TSDB_TIMESCALEDB": "optional"}
        back = {each.replace("PG", "TSDB_"): value for each, value in back.items()}
        assert alembic("-n", "tsdb", "downgrade", "tsdb_001", **back).returncode == 0
    options = ("--lock-wait", "0.2", "--parallel", "1")
    with closing(connect(sites.places["held"])) as other:
        other.cursor().execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
        result = sites.upgrade(sites.listed(), *options)
        assert f"{titled('first')}{NEW}" in result.stdout
        assert f"{titled('held')}failed: another migration is at" in result.stdout
        assert "not started: telemetry database last\n" in result.stdout
        assert "waiting up to 0 s: telemetry database held: Another" in result.stderr
        assert result.stderr.endswith("end it with pg_terminate_backend(pid)\n")
        assert "1 of 4 databases failed: telemetry database held; 1 were not" in (
            result.stderr
        )
        result = sites.upgrade(sites.listed(), *options, "--keep-going")
        assert f"{titled('last')}upgraded from tsdb_001 to {head(TSDB)}" in (
            result.stdout
        )
        assert result.returncode == 1


def test_json(sites: Sites) -> None:
    """Programs get what came of each, the metadata database first, and no traceback."""
    sites.add("north")
    first = sites.upgrade(sites.listed(), "--json")
    assert first.stderr == ""
    meta, north = json.loads(first.stdout)["databases"]
    assert (meta["database"], meta["outcome"]) == ("meta", "upgraded")
    assert (north["before"], north["after"]) == ([], [head(TSDB)])

    sites.add("south", STRAY)
    again = sites.upgrade(sites.listed(), "--json")
    assert again.returncode == 1
    printed = json.loads(again.stdout)
    assert_fits("upgrade-telemetry-urls", printed)
    _, north, south = printed["databases"]
    assert north["title"] == "telemetry database north"
    assert (north["outcome"], south["outcome"]) == ("current", "failed")
    assert "no record of a revision" in south["error"]

    debugged = run(
        BIN / "dataforeman-schema",
        "--debug",
        *COMMAND.split(),
        sites.listed(),
        **sites.environ,
    )
    assert "SiteTracebacks: Traceback" in debugged.stderr
    assert "in check_server" in debugged.stderr
    assert debugged.stderr.splitlines()[-1].startswith("dataforeman-schema: 1 of 3")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([], "lists no telemetry database; write a URL on a line"),
        (["# nothing but this"], "lists no telemetry database"),
        (["north postgresql://u:secret@h/d south"], "line 1 of sites.txt is neither"),
        (["", "postgresql://u:secret@h:port/d"], "line 2 of sites.txt is not a Postg"),
        (["postgresql://u:secret@h/d", "a postgresql://u:secret@h/d"], "2 times"),
        (
            ["a postgresql://u:secret@h/d", "a postgresql://u@h/other"],
            "lists a 2 times",
        ),
        (["a postgresql://u:secret@127.0.0.1:1/d"], "the host in line 1 of sites.txt"),
    ],
)
def test_bad_lists(sites: Sites, lines: list[str], words: str) -> None:
    """What cannot be a list is refused by its line, and no password is shown."""
    result = sites.upgrade(write(*lines), "--wait", "0")
    assert result.returncode == 1
    assert words in result.stderr
    assert "secret" not in result.stdout + result.stderr


def test_files_of_others(sites: Sites) -> None:
    """A file with passwords that others may read or write is refused, as is none."""
    sites.add("north")
    path = sites.listed()
    for mode in (0o604, 0o640 if os.geteuid() else 0o660, 0o602):
        path.chmod(mode)
        assert_refused(sites.upgrade(path), "sites.txt holds passwords", "chmod 600")
    assert_refused(sites.upgrade(Path()), "is a directory")
    path.chmod(0o600)
    path.write_bytes(b"\xff")
    assert_refused(sites.upgrade(path), "cannot read sites.txt", "text file")


def test_the_metadata_database_is_no_site(sites: Sites) -> None:
    """A URL that leads to the metadata database is refused before anything is done."""
    sites.add("north")
    sites.places["south"] = sites.meta
    before = sites.there()
    words = ("both databases are set to", "set the database in line 4 of sites.txt")
    assert_refused(sites.upgrade(sites.listed()), *words)
    assert sites.there() == before


def test_messages_name_the_site(sites: Sites) -> None:
    """What is to be set for a site is its line in the list, and no variable."""
    sites.add("north")
    path = sites.listed()
    needed = sites.environ | {"TSDB_TIMESCALEDB": "required"}
    result = upgrade("--telemetry-urls", str(path), **needed)
    assert "the telemetry server north has no timescaledb extension" in result.stderr
    assert "point line 3 of sites.txt at a server that has it" in result.stderr
    [site] = read_sites(path)
    standby = ReadOnly(True, "default", "r", "d")  # noqa: FBT003 - a row of a query
    refusal = str(standby.refusal("it", site.settings.variables))
    assert "point line 3 of sites.txt at the primary" in refusal


@pytest.mark.parametrize(
    "options", [("--plan",), ("--json",), ("--parallel", "3"), ("--keep-going",)]
)
def test_options_that_do_not_go_together(
    sites: Sites, options: tuple[str, ...]
) -> None:
    """A plan is of one pair; the upgrade of one says lines, and does no others."""
    sites.add("north")
    more = ("--telemetry-urls", str(sites.listed())) if "--plan" in options else ()
    assert upgrade(*options, *more, **sites.environ).returncode == 2


@contextmanager
def waiting_upgrade(
    sites: Sites, stdout: int | None, stderr: int, *held: str
) -> Iterator[subprocess.Popen[str]]:
    """Upgrade sites while another session holds the locks of some, or of the second."""
    held = held or ("south",)
    for name in ("north", *held):
        sites.add(name)
    with ExitStack() as stack:
        for name in held:
            place = sites.places[name]
            execute(sites.server, f"CREATE DATABASE {place.database}")
            other = stack.enter_context(closing(connect(place)))
            other.cursor().execute("SELECT pg_advisory_lock(%s)", [LOCK_KEY])
            other.commit()
        with subprocess.Popen(
            (BIN / "dataforeman-schema", *COMMAND.split(), sites.listed()),
            env={**os.environ, **sites.environ},
            stdout=stdout,
            stderr=stderr,
            text=True,
        ) as process:
            yield process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted(sites: Sites, number: signal.Signals) -> None:
    """A signal ends the processes of all sites and their sessions, in one line."""
    pipe = subprocess.PIPE
    with waiting_upgrade(sites, pipe, pipe, "south", "west") as process:
        assert process.stderr
        for _ in ("south", "west"):
            assert "Another migration is at work" in process.stderr.readline()
        children = children_of(process)
        process.send_signal(number)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 128 + number
    assert_one_line(said.strip() + "\n", "nothing is left half done")
    assert len(children) == 2
    assert not any(Path("/proc", child).exists() for child in children)
    sessions = "SELECT FROM pg_stat_activity WHERE datname = current_database()"
    for name in ("south", "west"):
        assert len(query(sites.places[name], sessions)) == 1


def children_of(process: subprocess.Popen[str]) -> list[str]:
    """List the numbers of the processes that one has started."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return path.read_text().split()


def test_killed_process(sites: Sites) -> None:
    """The process of a site that is killed counts as failed, and ends no other."""
    with waiting_upgrade(sites, subprocess.PIPE, subprocess.PIPE) as process:
        assert process.stderr
        process.stderr.readline()
        [child] = children_of(process)
        os.kill(int(child), signal.SIGKILL)
        said, line = process.communicate(timeout=20)
    assert process.returncode == 1
    assert f"{titled('north')}{NEW}" in said
    assert f"{titled('south')}failed: the process" in said
    assert "was ended (exit code -9); nothing is left half done, run" in line


def test_terminal(sites: Sites) -> None:
    """On a terminal those at work are in a table, which is gone at the end."""
    terminal, stderr = pty.openpty()
    with waiting_upgrade(sites, None, stderr) as process:
        os.close(stderr)
        shown = b""
        while b"Another migration" not in shown:
            shown += os.read(terminal, 4096)
        process.send_signal(signal.SIGINT)
        while part := read(terminal):
            shown += part
    words = " ".join(shown.decode().split())
    assert "telemetry database south" in words
    assert "2 of 3 done" in words
    assert "\x1b[?25h" in words  # the cursor comes back


def read(terminal: int) -> bytes:
    """Read from a terminal; nothing at its end."""
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux ends a terminal so
        os.close(terminal)
        return b""
