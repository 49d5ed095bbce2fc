"""The built wheel, installed where there is no checkout."""

from __future__ import annotations

import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from dataforeman_schema.alembic_env.revision_files import revision_files
from dataforeman_schema.databases import DATABASES, META
from dataforeman_schema.packaging import command_schemas, message_schemas
from tests.commands import run, variables
from tests.trees import tables

if TYPE_CHECKING:
    from dataforeman_schema.settings import ConnectionSettings


def test_wheel_carries_everything(wheel: Path) -> None:
    """The packages, alembic.ini, the node server and the schemas are inside."""
    names = set(ZipFile(wheel).namelist())
    revisions = {
        f"alembic_{database.name}/versions/{path.name}"
        for database in DATABASES.values()
        for path in revision_files(database)
    }
    assert names >= {
        *revisions,
        "alembic_meta/head.sql",
        "alembic_meta/released.json",
        "alembic_tsdb/head.sql",
        "alembic_tsdb/released.json",
        "dataforeman_schema/alembic.ini",
        "dataforeman_schema/alembic_env/script.py.mako",
        "dataforeman_schema/embedded/node/package-lock.json",
        "dataforeman_schema/py.typed",
        *(
            f"dataforeman_schema/spec/connectivity/schemas/{path.name}"
            for path in message_schemas().iterdir()
        ),
        *(
            f"dataforeman_schema/spec/cli/{path.name}"
            for path in command_schemas().iterdir()
        ),
    }
    assert not [name for name in names if name.startswith(("tests", "docs", ".ci"))]


def test_wheel_migrates_both_databases(
    wheel: Path,
    tmp_path: Path,
    meta_empty_database: ConnectionSettings,
    tsdb_empty_database: ConnectionSettings,
) -> None:
    """Installed in a clean environment it works from a folder that is no checkout."""
    venv.create(tmp_path / "venv")
    scripts = tmp_path / "venv" / "bin"
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python")
    installed = run(*pip, "install", "--no-deps", "--no-index", wheel)
    assert installed.returncode == 0, installed
    # What the wheel needs is taken from where the tests run: nothing is downloaded.
    site = next((tmp_path / "venv" / "lib").iterdir()) / "site-packages"
    dependencies = Path(pytest.__file__).parent.parent
    (site / "dependencies.pth").write_text(f"{dependencies}\n")
    ini = run(scripts / "dataforeman-schema", "config").stdout.strip()
    assert Path(ini).is_relative_to(site)
    environ = variables(meta_empty_database) | variables(tsdb_empty_database)
    environ["ALEMBIC_CONFIG"] = ini
    for command in (
        ("python", "-m", "alembic", "-n", "meta", "upgrade", "head"),
        ("dataforeman-schema", "upgrade"),
        ("python", "-m", "dataforeman_schema.contracts"),
    ):
        result = run(scripts / command[0], *command[1:], **environ)
        assert result.returncode == 0, result
    shown = run(scripts / "dataforeman-schema", "status", **environ).stdout
    assert f"{len(tables(META))} tables" in shown
    assert "hypertable tag_values: by ts, chunk interval 1 day" in shown
