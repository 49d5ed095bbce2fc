"""The file that lists telemetry databases: a URL a line, perhaps a name before it."""

from __future__ import annotations

import os
import re
import shlex
import stat
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from dataforeman_schema.databases import TSDB
from dataforeman_schema.errors import SchemaError
from dataforeman_schema.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dataforeman_schema.databases import Database
    from dataforeman_schema.settings import ConnectionSettings

_LINE: Final = re.compile(r"(?:(?P<name>[\w.-]+)\s+)?(?P<url>\S+)")


class Site(NamedTuple):
    """A telemetry database among others.

    Attributes:
        name: What the list calls it: a name of its own, or else its place.
        database: The telemetry database, by this name in all that is said of it.
        settings: Where it is.
    """

    name: str
    database: Database
    settings: ConnectionSettings


def read_sites(path: Path) -> list[Site]:
    """Read the telemetry databases that a file lists, in its order.

    As it holds passwords, nobody but its owner may read or write it, as libpq wants it
    of `.pgpass`; the group may read what belongs to root, as in a mounted secret.

    Args:
        path: The file. Empty lines, and those that begin with `#`, are passed over.

    Raises:
        SchemaError: It cannot be read, others may read or write it, a line is no URL
            or leads where another does, or it lists none; no message holds a password.
    """
    sites = list(_sites(path, _read(path)))
    if not sites:
        raise SchemaError(f"{path} lists no telemetry database; write a URL on a line")
    _refuse_twice(path, [site.name for site in sites])
    _refuse_twice(path, [str(site.settings) for site in sites])
    return sites


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as stream:
            _refuse_shared(path, os.fstat(stream.fileno()))
            return stream.read()
    except (OSError, ValueError) as error:
        raise SchemaError(
            f"cannot read {path} ({error}); name a text file that lists URLs"
        ) from None


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    allowed = stat.S_IRGRP if status.st_uid == 0 else 0
    others = stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO) & ~allowed
    if others or status.st_uid not in {0, os.geteuid()}:
        raise SchemaError(
            f"{path} holds passwords, and others may read or write it; make it your "
            f"own, and chmod 600 {shlex.quote(str(path))}"
        )


def _sites(path: Path, text: str) -> Iterator[Site]:
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield _site(f"line {number} of {path}", line.strip())


def _site(source: str, line: str) -> Site:
    match = _LINE.fullmatch(line)
    if not match:
        raise SchemaError(
            f"{source} is neither a URL nor a name and a URL; write it as "
            "north postgresql://user:password@host:5432/telemetry"
        )
    variables = replace(TSDB.variables, url=source, only_url=True)
    settings = read_settings(variables, {**os.environ, source: match["url"]})
    name = match["name"] or str(settings)
    database = replace(TSDB, title=f"{TSDB.title} {name}", variables=variables)
    return Site(name, database, settings)


def _refuse_twice(path: Path, values: list[str]) -> None:
    [(value, count)] = Counter(values).most_common(1)
    if count > 1:
        raise SchemaError(f"{path} lists {value} {count} times; keep one of its lines")
