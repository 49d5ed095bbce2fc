"""Installations as node-pg-migrate and the application made them, by version.

"unbooted" is what the migrations make alone, each tree run on its own database; the
others are what a first start of the application leaves. Later versions are described
by what they have beside the earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dataforeman_schema.databases import META, TSDB, Database
from tests.commands import variables
from tests.commands.places import execute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dataforeman_schema.settings import ConnectionSettings

FOLDER = Path(__file__).parent

Files = dict[Database, tuple[str, ...]]
"""For each database, the files that make it, in their order."""

_BASE = ("v0.2.1-unbooted/meta", "v0.2.1-unbooted/seed")
_TAGS = "v0.2.1/system-tags"
_ROWS = "v0.2.1-unbooted/rows-meta"
_READINGS = "v0.2.1/rows-tsdb"

SCHEMAS: Mapping[str, Files] = {
    "v0.2.1-unbooted": {META: _BASE, TSDB: ("v0.2.1-unbooted/tsdb",)},
    "v0.2.1": {META: (*_BASE, "v0.2.1/meta", _TAGS), TSDB: ("v0.2.1/tsdb",)},
    "v0.4.4": {
        META: (*_BASE, "v0.4.4/meta", _TAGS),
        TSDB: ("v0.2.1/tsdb", "v0.4.4/tsdb"),
    },
    "v0.6.0": {
        META: (*_BASE, "v0.4.4/meta", "v0.6.0/functions", "v0.6.0/meta", _TAGS),
        TSDB: ("v0.2.1/tsdb", "v0.4.4/tsdb"),
    },
}
"""What makes an installation of each form, without rows of its users."""

ROWS: Mapping[str, Files] = {
    "v0.2.1-unbooted": {META: (_ROWS,), TSDB: ("v0.2.1-unbooted/rows-tsdb",)},
    "v0.2.1": {META: (_ROWS,), TSDB: (_READINGS,)},
    "v0.4.4": {META: (_ROWS, "v0.4.4/rows-meta"), TSDB: (_READINGS,)},
    "v0.6.0": {
        META: (_ROWS, "v0.4.4/rows-meta", "v0.6.0/rows-meta"),
        TSDB: (_READINGS,),
    },
}
"""What users and devices add: some thousand rows, and three days of readings."""

SAME_NAMES = "v0.2.1-unbooted/same-names"
"""Gives tags of one connection the same name, which is allowed until v0.5."""

FORMS = tuple(SCHEMAS)


@dataclass(frozen=True)
class Installation:
    """A pair of databases.

    Attributes:
        form: Version, and whether the application was ever started.
        meta: Where the metadata database is.
        tsdb: Where the telemetry database is.
    """

    form: str
    meta: ConnectionSettings
    tsdb: ConnectionSettings

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables that lead to both."""
        return variables(self.meta) | variables(self.tsdb)


def build(
    form: str,
    meta: ConnectionSettings,
    tsdb: ConnectionSettings,
    *,
    rows: bool = True,
) -> Installation:
    """Make an installation in two empty databases, with rows of users or without."""
    build_one(form, META, meta, rows=rows)
    build_one(form, TSDB, tsdb, rows=rows)
    return Installation(form, meta, tsdb)


def build_one(
    form: str, database: Database, settings: ConnectionSettings, *, rows: bool = True
) -> None:
    """Make one of the two."""
    run(settings, SCHEMAS[form][database])
    if rows:
        run(settings, ROWS[form][database])


def run(settings: ConnectionSettings, files: Sequence[str]) -> None:
    """Run files of SQL, each in a transaction."""
    for name in files:
        execute(settings, (FOLDER / f"{name}.sql").read_text("utf-8"))
