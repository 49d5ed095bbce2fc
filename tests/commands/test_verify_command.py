"""`dataforeman-schema verify` as an operator or a program runs it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dataforeman_schema.commands.findings import Check
from dataforeman_schema.commands.verify import show, verify_database
from dataforeman_schema.databases import META
from tests.commands import BIN, assert_refused, run, variables
from tests.commands.breakage import find, mend
from tests.commands.places import execute, unused_port
from tests.commands.states import state

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    import pytest

    from dataforeman_schema.settings import ConnectionSettings


def verify(*arguments: str, **environ: str) -> CompletedProcess[str]:
    """Run the command."""
    return run(BIN / "dataforeman-schema", "verify", *arguments, **environ)


def test_clean(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """Where nothing is wrong it says so, a line a database, and exits with 0."""
    result = verify(**variables(meta_database), **variables(tsdb_database))
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.count("as it should be\n") == 2


def test_findings(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """A finding is shown with its cause and its whole remedy, and it exits with 1."""
    execute(meta_database, "DROP INDEX idx_audit_events_ts")
    [finding] = find(META, meta_database)
    result = verify(**variables(meta_database), **variables(tsdb_database))
    assert (result.returncode, result.stderr) == (1, "")
    for part in (finding.where, finding.what, finding.why, finding.remedy):
        assert part in result.stdout
    assert "1 finding\n" in result.stdout


def test_no_server() -> None:
    """If no database can be looked at it says why in one line and exits with 2."""
    port = unused_port()
    places = {"PGHOST": "127.0.0.1", "TSDB_HOST": "127.0.0.1"}
    result = verify(PGPORT=port, TSDB_PORT=port, PGPASSWORD="s3cret", **places)
    assert_refused(result, "postgres@127.0.0.1", "tsdb@127.0.0.1", "set TSDB_HOST")
    assert result.returncode == 2
    assert "s3cret" not in result.stderr


def test_one_server(meta_database: ConnectionSettings) -> None:
    """What the other database has is shown, and it still exits with 2."""
    execute(meta_database, "DROP INDEX idx_audit_events_ts")
    down = {"TSDB_HOST": "127.0.0.1", "TSDB_PORT": unused_port()}
    wrong = {"TSDB_PORT": "x"}
    for there, said in ((down, "tsdb@127.0.0.1"), (wrong, "TSDB_PORT is no port")):
        result = verify(**variables(meta_database), **there)
        assert result.returncode == 2
        assert "idx_audit_events_ts" in result.stdout
        assert result.stderr.count("\n") == 1
        assert said in result.stderr


def test_unexpected(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What nobody foresaw is no finding, and hides nothing of the other database."""
    execute(tsdb_database, "DROP INDEX idx_tag_values_ts")
    # No date of Python's is that old.
    execute(meta_database, "UPDATE schema_history SET applied_at = '0044-03-15 BC'")
    result = verify(**variables(meta_database), **variables(tsdb_database))
    assert result.returncode == 2
    assert "idx_tag_values_ts" in result.stdout
    assert result.stderr.count("\n") == 1
    assert "cannot look at all of the metadata database" in result.stderr


def test_nowhere_to_print(
    meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What was seen but cannot be printed is not taken for a finding."""
    places = variables(meta_database) | variables(tsdb_database)
    command = f"{BIN / 'dataforeman-schema'} verify >/dev/full"
    result = run("/bin/sh", "-c", command, **places)
    assert result.returncode == 2
    assert "No space left on device" in result.stderr


def test_no_colors(
    meta_database: ConnectionSettings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On a terminal it shows colours, unless NO_COLOR says not to."""
    execute(meta_database, "DROP INDEX idx_audit_events_ts")
    verdict = verify_database(META, meta_database, 60)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show([verdict], as_json=False)
    assert "\x1b[" in capsys.readouterr().out
    monkeypatch.setenv("NO_COLOR", "1")
    show([verdict], as_json=False)
    assert "\x1b[" not in capsys.readouterr().out


def test_bad_setting() -> None:
    """Settings that cannot be right mean that nothing could be looked at."""
    result = verify(PGPORT="x", TSDB_PORT="x")
    assert_refused(result, "PGPORT is no port", "TSDB_PORT is no port")
    assert result.returncode == 2


def test_nothing_is_changed(meta_database: ConnectionSettings) -> None:
    """Looking works, and leaves no trace, where by default nothing is written."""
    name = meta_database.database
    before = state(meta_database)
    execute(
        meta_database, f"ALTER DATABASE {name} SET default_transaction_read_only = on"
    )
    [finding] = find(META, meta_database)
    assert finding.check is Check.SERVER
    mend(finding, meta_database)
    assert find(META, meta_database) == []
    assert state(meta_database) == before


def test_lost_while_it_opens(meta_database: ConnectionSettings) -> None:
    """A session that the server ends at once is lost, and no riddle."""
    name = meta_database.database
    limit = "idle_in_transaction_session_timeout = '1ms'"
    execute(meta_database, f"ALTER DATABASE {name} SET {limit}")
    result = run(BIN / "dataforeman-schema", "verify", **variables(meta_database))
    assert result.returncode == 2
    assert "was lost" in result.stderr
    assert "report what it shows" not in result.stderr
