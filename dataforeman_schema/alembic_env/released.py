"""What is released stays as it is: `released.json`, beside a tree's revisions.

Read without Alembic and SQLAlchemy, for `upgrade` looks here before anything else.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from dataforeman_schema.alembic_env.revision_files import (
    BASE,
    read_ids,
    revision_files,
    revisions,
    versions_folder,
)
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from dataforeman_schema.databases import Database


class Released(NamedTuple):
    """A revision that is released.

    Attributes:
        revision: Its id.
        file: The name of its file.
        sha256: The checksum of that file's bytes, in hexadecimal.
        release: The first release that it is in, such as v0.1.
    """

    revision: str
    file: str
    sha256: str
    release: str


def released_json(database: Database) -> Path:
    """Name the file that lists the released revisions of a tree."""
    return versions_folder(database).parent / "released.json"


def read_released(database: Database) -> list[Released]:
    """Read the released revisions of a tree, oldest first.

    Raises:
        SchemaError: The file that lists them cannot be read.
    """
    path = released_json(database)
    try:
        return parse_released(path.read_text("utf-8"))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise SchemaError(
            f"{path} does not list the released revisions ({error!r}); {_RESTORE}"
        ) from error


def parse_released(text: str) -> list[Released]:
    """Read a list of released revisions, oldest first."""
    return [Released(**each) for each in json.loads(text)["revisions"]]


def add_released(released: list[Released], files: Iterable[Path], release: str) -> str:
    """Write the list of released revisions with those of a release added, in order."""
    added = [
        Released(
            revision=read_ids(path)[0],
            file=path.name,
            sha256=sha256(path.read_bytes()).hexdigest(),
            release=release,
        )
        for path in files
    ]
    rows = [each._asdict() for each in (*released, *added)]
    return json.dumps({"revisions": rows}, indent=2) + "\n"


def released_revisions(database: Database) -> list[str]:
    """Read the ids of the released revisions of a tree, oldest first.

    Raises:
        SchemaError: The file that lists them cannot be read.
    """
    return [each.revision for each in read_released(database)]


def unreleased_files(database: Database) -> list[Path]:
    """List the files of a tree's revisions that are not released, in order.

    Raises:
        SchemaError: The revisions do not come one after the other, or the file that
            lists the released ones cannot be read.
    """
    released = released_revisions(database)
    files = {read_ids(path)[0]: path for path in revision_files(database)}
    return [files[each] for each in revisions(database) if each not in released]


def check_released(database: Database) -> None:
    """Refuse a tree in which a released revision is not what was released.

    Raises:
        SchemaError: A file was changed, is missing or there twice, or they come in
            another order; the message names it.
    """
    before = BASE
    for each in read_released(database):
        _check(database, each, before)
        before = each.revision
    _check_others(database)


_RESTORE = "restore the file, or install the package again"


def _check(database: Database, each: Released, before: str) -> None:
    path = versions_folder(database) / each.file
    if not path.is_file():
        raise SchemaError(
            f"{path} is missing, which was released in {each.release}; {_RESTORE}"
        )
    if sha256(path.read_bytes()).hexdigest() != each.sha256:
        raise SchemaError(
            f"{path} was changed after it was released in {each.release}; {_RESTORE}, "
            "and write what is to change into a new revision"
        )
    if read_ids(path) != (each.revision, before):
        raise SchemaError(
            f"{released_json(database)} has {each.file} in another order than it was "
            f"released in, or by another id or twice; {_RESTORE}"
        )


def _check_others(database: Database) -> None:
    """Refuse a file that is a released revision again, or comes between two."""
    released = read_released(database)
    ids, files = [each.revision for each in released], {each.file for each in released}
    for path in revision_files(database):
        if path.name in files:
            continue
        try:
            revision, before = read_ids(path)
        except SchemaError:
            continue  # whatever reads the tree next says what is wrong with it
        if revision in ids:
            raise SchemaError(
                f"{path} is {revision} again, which is released as "
                f"{released[ids.index(revision)].file}; remove it, or install the "
                "package again"
            )
        if ids and before in {BASE, *ids[:-1]}:
            raise SchemaError(
                f"{path} comes before {ids[-1]}, which is released; let it come after "
                "that, or install the package again"
            )
