"""Where each setting came from, without passwords."""

from __future__ import annotations

import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from dataforeman_schema.commands.json_output import print_json
from dataforeman_schema.databases import DATABASES, Database
from dataforeman_schema.output import echo
from dataforeman_schema.settings import (
    META_VARIABLES,
    load_env_file,
    parse_url,
    timescaledb_is_optional,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECRET: Final = re.compile("password|secret", re.IGNORECASE)
_LIBPQ: Final = re.compile("PG(?!DATA$)[A-Z]+(_TIMEOUT)?")
"""The variables of libpq, which hold for both databases."""


@dataclass(frozen=True)
class Setting:
    """One setting of a database.

    Attributes:
        name: libpq's keyword, or TSDB_TIMESCALEDB.
        value: Its value; None for a secret, and where nothing sets it.
        source: environment, env_file, password_file or default.
        variable: The variable that says it; None for a default and a password file.
        file: The file that it is from; None for the environment and a default.
    """

    name: str
    value: str | None
    source: str
    variable: str | None = None
    file: str | None = None

    @property
    def is_set(self) -> bool:
        """Whether anything sets it, also a secret."""
        return self.value is not None or self.variable is not None

    def __str__(self) -> str:
        shown = self.value if self.value is not None else "set"
        return f"{self.name:<21} {shown if self.is_set else 'not set'}  ({self._from})"

    @property
    def _from(self) -> str:
        if self.variable is None:
            return f"perhaps from {self.file}" if self.file else "default"
        return f"{self.variable} in {self.file or 'the environment'}"


class _Origin(NamedTuple):
    """What `.env` added to the environment."""

    file: Path
    added: frozenset[str]

    def setting(self, name: str, value: str, variable: str) -> Setting:
        """Say where the value of a variable is from."""
        shown = None if _SECRET.search(name) else value
        if variable in self.added:
            file = str(self.file.absolute())
            return Setting(name, shown, "env_file", variable, file)
        return Setting(name, shown, "environment", variable)


def show_settings(*, as_json: bool) -> None:
    """Print every setting of both databases and where it came from.

    Args:
        as_json: Whether for programs; docs/commands.md lists the keys.

    Raises:
        SchemaError: A setting cannot be right, or `.env` cannot be read.
    """
    file = Path(".env")
    origin = _Origin(file, load_env_file(file))
    found = {each: list(_settings(each, origin)) for each in DATABASES.values()}
    if as_json:
        print_json({"databases": [_keys(each, found[each]) for each in found]})
        return
    for database, settings in found.items():
        echo(f"{database.title}:")
        for setting in settings:
            echo(f"  {setting}")


def _settings(database: Database, origin: _Origin) -> Iterator[Setting]:
    variables = database.variables
    keywords, url = database.settings().keywords, os.environ.get(variables.url)
    by_url = parse_url(url, variables.url) if url else {}
    for key, (single, default) in variables.parts.items():
        if key in by_url:
            yield origin.setting(key, by_url.pop(key), variables.url)
        elif not url and os.environ.get(single):
            yield origin.setting(key, keywords[key], single)
        elif key == "password":
            yield _password(origin, by_url)
        else:
            yield Setting(key, keywords[key] or default, "default")
    for key, value in by_url.items():
        yield origin.setting(key, value, variables.url)
    yield from _libpq(origin, {key.replace("_", "") for key in by_url})
    if database.needs_timescaledb:
        yield _timescaledb(origin)


def _password(origin: _Origin, by_url: Mapping[str, str]) -> Setting:
    """Say where libpq takes a password from that neither variable nor URL gives."""
    if value := os.environ.get("PGPASSWORD"):
        return origin.setting("password", value, "PGPASSWORD")
    given = by_url.get("passfile") or os.environ.get("PGPASSFILE")
    file = Path(given) if given else Path("~/.pgpass").expanduser()
    if file.is_file():
        return Setting("password", None, "password_file", None, str(file))
    return Setting("password", None, "default")


def _libpq(origin: _Origin, by_url: set[str]) -> Iterator[Setting]:
    for name, value in sorted(os.environ.items()):
        keyword = name.removeprefix("PG").replace("_", "").lower()
        ours = name in META_VARIABLES.names or keyword in by_url
        if value and _LIBPQ.fullmatch(name) and not ours:
            yield origin.setting(name, value, name)


def _timescaledb(origin: _Origin) -> Setting:
    name = "TSDB_TIMESCALEDB"
    value = "optional" if timescaledb_is_optional() else "required"
    if os.environ.get(name):
        return origin.setting(name, value, name)
    return Setting(name, value, "default")


def _keys(database: Database, settings: list[Setting]) -> dict[str, object]:
    return {
        "database": database.name,
        "title": database.title,
        "settings": [asdict(each) | {"is_set": each.is_set} for each in settings],
    }
