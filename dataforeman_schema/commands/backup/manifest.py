"""What is kept beside a dump: where it is from, and what it holds."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dataforeman_schema.commands.backup.contents import Contents
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT = 1
_CONTENTS = ("schema", "revisions", "catalog", "tables")
_ADDED = ("unread", "run_by_restoring")  # which the first manifests do not have


@dataclass(frozen=True)
class Manifest:
    """A dump's own description.

    Attributes:
        database: Which of the two was dumped.
        place: Where it was: user, host, port and name.
        taken_at: When, as the server has it (ISO 8601).
        postgresql: The server's version.
        timescaledb: The version of its extension; None: the database had none.
        timescaledb_schema: The schema of the extension's functions.
        pg_dump: The version of the program that dumped it.
        package_version: That of this package.
        contents: What it held at that moment.
    """

    database: Database
    place: str
    taken_at: str
    postgresql: str
    timescaledb: str | None
    timescaledb_schema: str | None
    pg_dump: str
    package_version: str
    contents: Contents

    def as_json(self) -> dict[str, Any]:
        """Write it for a file."""
        values = {"format": _FORMAT, **vars(self), "database": self.database.name}
        del values["contents"]
        return values | self.contents.as_json()

    def write(self, dump: Path) -> None:
        """Write it beside a dump, whole or not at all."""
        path = manifest_path(dump)
        part = path.with_name(f"{path.name}.part")
        part.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def read(cls, dump: Path) -> Manifest:
        """Read that of a dump.

        Raises:
            SchemaError: There is none, or it is none of ours.
        """
        path = manifest_path(dump)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            kept = {key: values.pop(key) for key in _CONTENTS}
            kept |= {key: values.pop(key, []) for key in _ADDED}
            del values["format"]
            database = DATABASES[values.pop("database")]
            return cls(database, contents=Contents.of_json(kept), **values)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SchemaError(
                f"cannot read {path} ({type(error).__name__}): name a dump that "
                "dataforeman-schema backup made, with its .json beside it"
            ) from error


def manifest_path(dump: Path) -> Path:
    """Name the manifest of a dump."""
    return dump.with_name(f"{dump.name}.json")
