"""The peer that `upgrade` is measured against: node-pg-migrate, by npm."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from dataforeman_schema.embedded import npm
from dataforeman_schema.testing import Migrations

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

MANIFESTS = Path(__file__).parent / "peer"


class Peer:
    """node-pg-migrate with one folder of migrations for each database.

    Args:
        folder: Where it is installed and keeps its migrations.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self) -> None:
        """Install what the lock file pins, unless it is there."""
        lock = (MANIFESTS / "package-lock.json").read_bytes()
        mark = self.folder / "installed.json"
        if mark.exists() and mark.read_bytes() == lock:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for manifest in MANIFESTS.iterdir():
            shutil.copy(manifest, self.folder)
        ci = [*npm.npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(ci, check=True, cwd=self.folder)
        mark.write_bytes(lock)

    def write_migrations(
        self, database: Database, settings: ConnectionSettings
    ) -> None:
        """Write our own SQL, a file a revision, as migrations of the peer."""
        script = Migrations(database, settings).upgrade_sql()
        _, *revisions = re.split(
            r"^-- Running upgrade .*\n", script, flags=re.MULTILINE
        )
        target = self.folder / database.name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        table = "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL);\n"
        for number, text in enumerate(revisions, 1):
            # The peer begins and commits the transactions itself.
            body = re.sub(r"^(BEGIN|COMMIT);$", "", text, flags=re.MULTILINE)
            first = table if number == 1 else ""
            path = target / f"{number}_revision.sql"
            path.write_text(f"-- Up Migration\n{first}{body}")

    def command(self, database: Database) -> list[str]:
        """Return the command that migrates one database."""
        program = self.folder / "node_modules/node-pg-migrate/bin/node-pg-migrate.js"
        migrations = self.folder / database.name
        return [str(npm.node()), str(program), "up", "-m", str(migrations)]

    @staticmethod
    def environ(settings: ConnectionSettings) -> dict[str, str]:
        """Return what the environment must say for the command to find the database."""
        keywords = settings.keywords
        user = f"{quote(keywords['user'])}:{quote(keywords['password'])}"
        options = urlencode({"host": keywords["host"], "port": keywords["port"]})
        url = f"postgresql://{user}@/{keywords['dbname']}?{options}"
        return {"DATABASE_URL": url}
