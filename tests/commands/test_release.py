"""A release, from the change of a model to revisions that nobody changes any more."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.alembic_env.checkout import STUB
from dataforeman_schema.databases import META, TSDB, Database
from tests.commands import assert_refused, variables
from tests.commands.places import execute, query
from tests.commands.project import Project
from tests.trees import following, line

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

VERSION = "v0.9"
REWRITE = ("revision", "--release", VERSION, "--rewrite")
FILES = {
    tree: f"alembic_{tree.name}/versions/{following(tree)[5:]}_v0_9_release.py"
    for tree in (META, TSDB)
}
USERS = "dataforeman_schema/meta/auth.py"
READINGS = "dataforeman_schema/tsdb/telemetry.py"
PHONE = '    phone: Mapped[str | None] = mapped_column(comment="Number to call.")\n'
FAX = PHONE.replace("phone", "fax")
SOURCE = '    source: Mapped[str | None] = mapped_column(comment="What sent it.")\n'
NOTES = '''

class Note(MetaBase):
    """What somebody noted of a user."""

    __tablename__ = "notes"
    __table_args__ = ({"comment": "Notes of users."},)

    id: Mapped[uuid_pk] = mapped_column(comment="Identifies the note.")
    text: Mapped[str | None] = mapped_column(comment="What was noted.")
'''


@pytest.fixture
def project(
    tmp_path: Path, meta_database: ConnectionSettings, tsdb_database: ConnectionSettings
) -> Project:
    """A copy of the project, with two databases at head."""
    environ = variables(meta_database) | variables(tsdb_database)
    return Project(Project.copy_to(tmp_path / "project").root, environ)


def test_walk(
    project: Project,
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
) -> None:
    """Models change; their revisions are written, written again, released, locked."""
    write(project)
    run_on_rows(project, meta_database, tsdb_database)
    write_again(project, meta_database, tsdb_database)
    write_without_a_table(project, meta_database)
    finish(project)
    release(project)
    edit_what_is_locked(project)


def write(project: Project) -> None:
    """Change models of both databases, and write their revisions."""
    project.replace(USERS, "    is_active:", f"{PHONE}    is_active:")
    project.write(USERS, project.read(USERS) + NOTES)
    project.replace(READINGS, "    v_num:", f"{SOURCE}    v_num:")
    said = done(project.command("revision", "--release", VERSION))
    for tree, file in FILES.items():
        assert file in said
        assert f'revision = "{following(tree)}"' in project.read(file)
        assert f"`{following(tree)}`: {STUB}" in project.read("CHANGELOG.md")
    for name in ("docs/schema.md", "alembic_meta/head.sql", FILES[META]):
        assert "Number to call." in project.read(name)
    formatted = ("-m", "ruff", "format", "--check", "--config", "format.exclude = []")
    in_root = [str(project.root / file) for file in FILES.values()]
    done(project.python(*formatted, *in_root))
    done(project.python("-m", "ruff", "check", *in_root))
    second = project.command("revision", "meta", "--release", VERSION)
    assert_refused(second, FILES[META], "not released yet", "--rewrite")


def run_on_rows(
    project: Project, meta: ConnectionSettings, tsdb: ConnectionSettings
) -> None:
    """Upgrade databases with rows, and fill what is new."""
    execute(
        tsdb,
        "INSERT INTO tag_values (connection_id, tag_id, ts, v_num)"
        " SELECT gen_random_uuid(), 1, now() - n * interval '1 day', n"
        " FROM generate_series(1, 9) AS n",
    )
    assert "upgraded from" in done(project.command("upgrade"))
    execute(meta, "UPDATE users SET phone = '112'")
    execute(tsdb, "UPDATE tag_values SET source = 'test'")


def write_again(
    project: Project, meta: ConnectionSettings, tsdb: ConnectionSettings
) -> None:
    """Change a model further: the files are the same, and the rows as well."""
    project.replace(USERS, "    is_active:", f"{FAX}    is_active:")
    assert_refused(project.command(*REWRITE), FILES[META], "git add it first")
    project.commit()
    said = done(project.command(*REWRITE))
    for tree, file in FILES.items():
        changes = "1 change was" if tree is META else "0 changes were"
        assert f"is written again, and {changes} made for it" in said
        assert f'revision = "{following(tree)}"' in project.read(file)
    assert '"fax"' in project.read(FILES[META])
    assert query(meta, "SELECT DISTINCT phone, fax FROM users") == [("112", None)]
    assert query(tsdb, "SELECT count(source) FROM tag_values") == [(9,)]
    done(project.command("verify"))
    project.commit()


def write_without_a_table(project: Project, meta: ConnectionSettings) -> None:
    """Take a model back whose table has rows: it is refused, unless they may go."""
    execute(meta, "INSERT INTO notes (text) VALUES ('mine')")
    project.replace(USERS, NOTES, "")
    before = project.read(FILES[META])
    refused = project.command("revision", "meta", *REWRITE[1:])
    assert refused.returncode == 1, refused
    last = refused.stderr.splitlines()[-1]
    assert "notes" in last
    assert "nothing was changed" in last
    assert "--lose-data" in last
    assert project.read(FILES[META]) == before
    assert query(meta, "SELECT text FROM notes") == [("mine",)]
    done(project.command("revision", "meta", *REWRITE[1:], "--lose-data"))
    assert '"notes"' not in project.read(FILES[META])
    assert query(meta, "SELECT to_regclass('notes')") == [(None,)]
    project.commit()


def finish(project: Project) -> None:
    """Do what the files remind of."""
    refused = project.command("release", VERSION)
    assert_refused(refused, FILES[META], "# Reminder: …")
    for file in FILES.values():
        text = project.read(file)
        start, end = text.index("    # Reminder: read"), text.index("    # ###")
        project.write(file, text[:start] + text[end:])
    assert_refused(project.command("release", "--check"), "head.sql", "make sql")
    done(project.python("-m", "dataforeman_schema.alembic_env.head_sql"))
    project.commit()
    assert_refused(project.command("release", VERSION), "CHANGELOG.md", STUB)
    project.write("CHANGELOG.md", project.read("CHANGELOG.md").replace(STUB, "more."))
    project.commit()


def release(project: Project) -> None:
    """Make the release."""
    said = done(project.command("release", VERSION))
    assert 'git tag -a v0.9.0 -m "Release v0.9"' in said
    assert '\nversion = "0.9.0"\n' in project.read("pyproject.toml")
    today = datetime.now(UTC).date()
    assert f"\n## [Unreleased]\n\n## [0.9.0] - {today}\n" in project.read(
        "CHANGELOG.md"
    )
    for tree, file in FILES.items():
        script = project.read(f"alembic_{tree.name}/head.sql")
        assert script.count("'0.9.0'") == len(line(tree)) + 1
        assert listed(project, tree)[-1] == {
            "revision": following(tree),
            "file": file.rpartition("/")[2],
            "sha256": checksum(project, file),
            "release": VERSION,
        }
    project.commit()
    project.git("tag", "v0.9.0")
    assert done(project.command("upgrade")).count("nothing to do") == 2
    later = "v0.9 does not come after v0.9"
    assert_refused(project.command("release", VERSION), later)
    assert_refused(project.command(*REWRITE), later)


def edit_what_is_locked(project: Project) -> None:
    """Change a released file: everything names it, also where the list follows."""
    before = checksum(project, FILES[META])
    project.replace(FILES[META], "\ndef upgrade", "\n# changed\ndef upgrade")
    said = f"{FILES[META]} was changed after it was released in v0.9"
    for command in (("upgrade",), ("verify",), ("lint",), ("release", "--check")):
        assert_refused(project.command(*command), said)
    after = checksum(project, FILES[META])
    project.replace("alembic_meta/released.json", before, after)
    said = "alembic_meta/released.json does not begin with what v0.9.0 has"
    assert_refused(project.command("release", "--check"), said)


def listed(project: Project, tree: Database) -> list[dict[str, str]]:
    """Read the list of released revisions of a tree."""
    text = project.read(f"alembic_{tree.name}/released.json")
    revisions: list[dict[str, str]] = json.loads(text)["revisions"]
    return revisions


def checksum(project: Project, file: str) -> str:
    """Compute the checksum of a file."""
    return sha256(project.read(file).encode()).hexdigest()


def done(result: subprocess.CompletedProcess[str]) -> str:
    """Assert that a command did what it should, and return what it said."""
    assert result.returncode == 0, result
    return result.stdout
