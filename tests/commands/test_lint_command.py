"""`dataforeman-schema lint` looks over what is not released yet."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.alembic_env.released import read_released
from dataforeman_schema.commands.lint.tools import import_sqlglot, squawk
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import CouldNotLookError
from dataforeman_schema.packaging import alembic_ini
from tests.commands import BIN, assert_refused, run, url
from tests.commands.json_schemas import assert_fits
from tests.commands.lint_revisions import write_revision
from tests.commands.places import execute

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from dataforeman_schema.settings import ConnectionSettings

LINT = (BIN / "dataforeman-schema", "lint")
DELETE = 'op.execute("DELETE FROM audit_events")'
DISABLE = 'op.disable_columnstore("tag_values")'
DROP = 'op.drop_continuous_aggregate("hourly", definition="SELECT 1")'
AGGREGATE = """
CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS
SELECT time_bucket('1 hour', ts) AS bucket, avg(v_num) FROM tag_values GROUP BY 1
WITH NO DATA
"""
ROWS = """
INSERT INTO audit_events (action, outcome) SELECT 'a', 'success' FROM
generate_series(1, 10001); ANALYZE audit_events
"""
CONVERTED = """
INSERT INTO tag_values (connection_id, tag_id, ts) VALUES
(gen_random_uuid(), 1, '2026-01-01'); SELECT compress_chunk(show_chunks('tag_values'))
"""


@pytest.fixture
def trees(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of both trees without what is not released, for commands to find."""
    for database in DATABASES.values():
        tree = f"alembic_{database.name}"
        shutil.copytree(alembic_ini().parent / tree, tmp_path / tree)
        released = {each.file for each in read_released(database)}
        for path in (tmp_path / tree / "versions").glob("[!_]*.py"):
            if path.name not in released:
                path.unlink()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


def add_revision(trees: Path, tree: str, body: str) -> str:
    """Add an unreleased revision to a copy, and say what findings call it."""
    head = read_released(DATABASES[tree])[-1].revision
    folder = trees / f"alembic_{tree}" / "versions"
    path = write_revision(folder, body, tree=tree, after=head)
    return str(path.relative_to(trees))


def lint_against(settings: ConnectionSettings) -> CompletedProcess[str]:
    """Look over what is not released, by the tables of a database."""
    return run(*LINT, "--against", url(settings))


def test_nothing_unreleased(trees: Path) -> None:
    """It needs no server and imports nothing slow where all is released."""
    code = "import sys, dataforeman_schema.cli as c\ntry: c.main(['lint'])\n"
    code += "finally: print(*sys.modules)"
    result = run(sys.executable, "-c", code, HOME=str(trees))
    assert result.returncode == 0, result
    assert {"alembic", "sqlalchemy", "sqlglot"}.isdisjoint(result.stdout.split())


def test_findings(trees: Path) -> None:
    """Each finding is a line that names file, line and rule; programs get the same."""
    file = add_revision(trees, "meta", DELETE)
    result = run(*LINT)
    assert result.returncode == 1, result
    assert result.stdout.startswith(f"{file}:9: every-row: DELETE of every row of ")
    assert result.stdout.count("\n") == 1
    assert "; instead: say WHERE" in result.stdout
    document = json.loads(run(*LINT, "--json").stdout)
    assert_fits("lint", document)
    [finding] = document["findings"]
    assert (finding["file"], finding["line"]) == (file, 9)
    assert (finding["rule"], finding["severity"]) == ("every-row", "error")
    assert finding["table"] == "audit_events"


def test_unreadable_revision(trees: Path) -> None:
    """A revision that cannot be loaded is no finding: nothing is known of it."""
    add_revision(trees, "meta", "this is no Python")
    result = run(*LINT)
    assert_refused(result, "900_v9_release.py")
    assert result.returncode == 2


def test_changed_release(trees: Path) -> None:
    """A released revision that was changed is refused, whatever it does."""
    file = read_released(DATABASES["tsdb"])[0].file
    path = trees / "alembic_tsdb" / "versions" / file
    path.write_text(f"{path.read_text()}\n# changed\n")
    assert_refused(run(*LINT), file, "was changed after it was released")


def test_rows(trees: Path, meta_database: ConnectionSettings) -> None:
    """What is done to few rows is a note, and to many a finding with their number."""
    add_revision(trees, "meta", DELETE)
    execute(meta_database, "ANALYZE audit_events")
    few = lint_against(meta_database)
    assert few.returncode == 0, few
    assert "note: every-row: " in few.stdout
    execute(meta_database, ROWS)
    many = lint_against(meta_database)
    assert many.returncode == 1, many
    assert "(audit_events: 10,001 rows, " in many.stdout


def test_columnstore(trees: Path, tsdb_database: ConnectionSettings) -> None:
    """To switch a columnstore off costs what is in it, an aggregate its buckets."""
    add_revision(trees, "tsdb", f"{DISABLE}\n{DROP}")
    execute(tsdb_database, AGGREGATE)
    nothing = lint_against(tsdb_database)
    assert nothing.returncode == 0, nothing
    assert "note: aggregate-anew: " in nothing.stdout
    assert "(hourly: 0 rows, " in nothing.stdout
    execute(tsdb_database, CONVERTED)
    converted = lint_against(tsdb_database)
    assert converted.returncode == 1, converted
    assert "1 of 1 chunks in the columnstore" in converted.stdout


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("s3cret@nowhere", "--against is not a PostgreSQL URL"),
        ("postgresql://u:s3cret@127.0.0.1:1/d", "127.0.0.1"),
    ],
)
def test_unreachable(url: str, word: str, trees: Path) -> None:
    """A database that cannot be looked at is named without its password."""
    result = run(*LINT, "--against", url, HOME=str(trees))
    assert_refused(result, word)
    assert result.returncode == 2
    assert "s3cret" not in result.stderr


def test_not_ours(meta_empty_database: ConnectionSettings) -> None:
    """A database without a record of ours says nothing of a tree."""
    result = lint_against(meta_empty_database)
    assert_refused(result, "records no revision")
    assert result.returncode == 2


def test_missing_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed one line names it."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CouldNotLookError, match=r"dataforeman-schema\[lint\]"):
        squawk()
    monkeypatch.setitem(sys.modules, "sqlglot", None)
    with pytest.raises(CouldNotLookError, match=r"dataforeman-schema\[lint\]"):
        import_sqlglot()
