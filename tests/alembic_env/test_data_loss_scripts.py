"""What `--sql` writes refuses to lose data as the command itself does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dataforeman_schema.databases import META
from dataforeman_schema.embedded.postgres import program
from tests.commands import alembic, assert_refused, run, upgrade, variables
from tests.commands.places import execute, query
from tests.trees import following, head, seeded

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("users", "display_name")
{more}


def downgrade() -> None:
    op.add_column("users", sa.Column("display_name", sa.Text()))
"""

AUTOCOMMIT = """
    with op.get_context().autocommit_block():
        op.execute("CREATE INDEX CONCURRENTLY x ON users (email)")
    op.drop_column("users", "is_active")
"""


def psql(settings: ConnectionSettings, script: str) -> subprocess.CompletedProcess[str]:
    """Pipe a script to psql, which goes on after errors unless it is told."""
    keywords = settings.keywords
    environ = {"PGUSER": keywords["user"], "PGPASSWORD": keywords.get("password", "")}
    where = [f"--{key}={keywords[key]}" for key in ("host", "port", "dbname")]
    return run(program("psql"), "-X", "-q", *where, "-c", script, **environ)


def downgrade_script(*options: str) -> str:
    """Write the script that undoes everything."""
    result = alembic(*options, "-n", "meta", "downgrade", "head:base", "--sql")
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_downgrade_by_psql(meta_database: ConnectionSettings) -> None:
    """The script of a downgrade counts rows and cascades, and changes nothing."""
    execute(
        meta_database,
        "INSERT INTO jobs (type) VALUES ('export');"
        "CREATE TABLE mine (unit int REFERENCES units_of_measure ON DELETE CASCADE);"
        "INSERT INTO mine SELECT id FROM units_of_measure LIMIT 3",
    )
    result = psql(meta_database, downgrade_script())
    assert "ERROR:  this downgrade would lose rows of mine (3); back" in result.stderr
    assert query(meta_database, "SELECT count(*) FROM mine") == [(3,)]
    units = query(meta_database, "SELECT count(*) FROM units_of_measure")
    assert units == [(seeded("units_of_measure"),)]
    execute(meta_database, "DROP TABLE mine")
    result = psql(meta_database, downgrade_script())
    assert "ERROR:  this downgrade would lose rows of jobs (1); back" in result.stderr
    assert query(meta_database, "TABLE alembic_version") == [(head(META),)]
    result = psql(meta_database, downgrade_script("-x", "lose-data=yes"))
    assert result.returncode == 0, result.stderr
    assert query(meta_database, "SELECT to_regclass('jobs')") == [(None,)]


def test_downgrade_without_rows(meta_database: ConnectionSettings) -> None:
    """The script of a downgrade that loses nothing runs through."""
    result = psql(meta_database, downgrade_script())
    assert result.returncode == 0, result.stderr
    assert query(meta_database, "SELECT to_regclass('users')") == [(None,)]


def test_new_databases_are_not_guarded() -> None:
    """A script that begins with nothing, as head.sql does, has no guard."""
    result = alembic("-n", "meta", "upgrade", "head", "--sql")
    assert "data_loss" not in result.stdout


def write_revision(checkout: Path, more: str = "") -> None:
    """Write a revision that drops a column, into a copy of the trees."""
    path = checkout / "alembic_meta" / "versions" / "next.py"
    ids = {"revision": following(META), "head": head(META)}
    path.write_text(REVISION.format(more=more, **ids))


def has_column(settings: ConnectionSettings, name: str) -> bool:
    """Tell whether users have a column."""
    [(user,)] = query(settings, "SELECT to_jsonb(users) FROM users")
    return name in user


def test_upgrade_script(checkout: Path, meta_database: ConnectionSettings) -> None:
    """A script counts in each of the transactions that an autocommit block parts."""
    write_revision(checkout, AUTOCOMMIT)
    written = alembic("-n", "meta", "upgrade", f"{head(META)}:head", "--sql")
    script = checkout / "script.sql"
    script.write_text(written.stdout)
    result = psql(meta_database, rf"\i {script}")
    assert "this upgrade would lose values of users.display_name (1);" in result.stderr
    assert has_column(meta_database, "display_name")


def test_between_autocommit_blocks(
    checkout: Path, meta_database: ConnectionSettings
) -> None:
    """What is lost before an autocommit block is refused before that commits."""
    write_revision(checkout, AUTOCOMMIT)
    result = alembic("-n", "meta", "upgrade", "head", **variables(meta_database))
    assert "this upgrade would lose values of users.display_name (1);" in result.stderr
    assert has_column(meta_database, "display_name")
    execute(meta_database, "UPDATE users SET display_name = NULL, is_active = false")
    result = alembic("-n", "meta", "upgrade", "head", **variables(meta_database))
    assert "this upgrade would lose values of users.is_active (1);" in result.stderr
    assert has_column(meta_database, "is_active")


def test_upgrade_at_service_start(
    checkout: Path, meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> None:
    """What a release would lose is refused, until it is told that it may."""
    write_revision(checkout)
    environ = variables(meta_database) | variables(tsdb_database)
    assert_refused(
        upgrade(**environ),
        "this upgrade would lose values of users.display_name (1);",
        "dataforeman-schema upgrade --lose-data",
    )
    assert has_column(meta_database, "display_name")
    assert upgrade("--lose-data", **environ).returncode == 0
    assert not has_column(meta_database, "display_name")
