"""What a server says of a refused statement is shown whole: words, DETAIL and HINT."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dataforeman_schema.databases import META
from tests.commands import BIN, run, variables
from tests.trees import following, head

if TYPE_CHECKING:
    from pathlib import Path

    from dataforeman_schema.settings import ConnectionSettings

REVISION = """
from alembic import op
revision = "{revision}"
down_revision = "{before}"
def upgrade():
    op.execute("{statement}")
"""
REFUSED = {
    "INSERT INTO roles (name) VALUES ('viewer')": (
        '"roles_name_key"; Key (name)=(viewer) already exists',
        "mend the cause",
    ),
    "SELECT nosuch(1)": (
        (
            "function nosuch(integer) does not exist; No function matches the given "
            "name and argument types. You might need to add explicit type casts"
        ),
        "mend the cause",
    ),
    "DROP TABLE users": (
        (
            "cannot drop table users because other objects depend on it; constraint "
            "auth_identities_user_id_fkey on table auth_identities depends on table "
            "users"
        ),
        "have what depends on it do without",
    ),
}
"""Statements, what the server says of them, and what to do."""

COMMANDS = [
    ("alembic", "-n", "meta", "upgrade", "head"),
    ("dataforeman-schema", "upgrade"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_detail_and_hint_are_shown(
    checkout: Path,
    meta_database: ConnectionSettings,
    tsdb_database: ConnectionSettings,
    command: tuple[str, ...],
) -> None:
    """Either command says in one line what the server says in several."""
    environ = variables(meta_database) | variables(tsdb_database)
    path = checkout / "alembic_meta" / "versions" / "next.py"
    ids = {"revision": following(META), "before": head(META)}
    for statement, (said, remedy) in REFUSED.items():
        path.write_text(REVISION.format(**ids, statement=statement))
        result = run(BIN / command[0], *command[1:], **environ)
        assert result.returncode == 1, result
        line = result.stderr.splitlines()[-1]
        assert said in line
        assert "CASCADE" not in line
        assert line.endswith(f": {remedy} and run the command again")
