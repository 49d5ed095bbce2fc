"""Writing `head.sql`, which new databases are loaded with."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Final

from alembic import command

from dataforeman_schema.alembic_env.configuration import configure
from dataforeman_schema.alembic_env.revision_files import head_sql_path
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from dataforeman_schema.databases import Database

_RECORD: Final = re.compile(r"(?<=', ')[^',]*(?='\);$)", re.MULTILINE)
"""The version of the package, where a revision is recorded in `schema_history`."""


def head_sql(database: Database) -> str:
    """Write what `alembic upgrade head --sql` prints; nothing connects.

    Raises:
        CommandError: A revision cannot run offline.
    """
    output = StringIO()
    command.upgrade(configure(database, output=output), "head", sql=True)
    return output.getvalue().rstrip() + "\n"


def of_release(script: str, version: str) -> str:
    """Let a script record another version of the package."""
    return _RECORD.sub(version, script)


def check_head_sql(database: Database) -> None:
    """Refuse a script that was written from other revisions than those there.

    Raises:
        SchemaError: It was.
        CommandError: A revision cannot run offline.
    """
    path = head_sql_path(database)
    written = path.read_text("utf-8") if path.is_file() else ""
    if of_release(written, "") != of_release(head_sql(database), ""):
        raise SchemaError(f"{path} is not what the revisions make; run make sql")


def write_head_sql(database: Database) -> None:
    """Write the script of a tree beside it.

    Raises:
        CommandError: A revision cannot run offline.
    """
    script = head_sql(database)  # before the file that is there is touched
    head_sql_path(database).write_text(script, "utf-8")


if __name__ == "__main__":
    for each in DATABASES.values():
        write_head_sql(each)
