"""What must hold of a checkout at every time, and before a release above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alembic.util import CommandError

from dataforeman_schema.alembic_env.checkout import Checkout
from dataforeman_schema.alembic_env.head_sql import check_head_sql
from dataforeman_schema.alembic_env.released import (
    check_released,
    parse_released,
    read_released,
    released_json,
    unreleased_files,
)
from dataforeman_schema.commands.release import git
from dataforeman_schema.commands.release.reasons import check_reasons
from dataforeman_schema.contracts.check import check_messages
from dataforeman_schema.databases import DATABASES
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Callable


def check_locked() -> None:
    """Refuse a tree in which a released revision is not what was released.

    Raises:
        SchemaError: One is not; the message names its file.
    """
    for database in DATABASES.values():
        check_released(database)


def check_tagged() -> None:
    """Refuse a list of released revisions that lacks what the newest tag has in it.

    Raises:
        SchemaError: It does; nothing that is released is ever taken back.
    """
    root = Checkout.require().root
    if (tag := git.newest_tag(root)) is None:
        return
    for database in DATABASES.values():
        path = released_json(database)
        tagged = parse_released(git.content(root, tag, path) or '{"revisions": []}')
        if read_released(database)[: len(tagged)] != tagged:
            raise SchemaError(
                f"{path} does not begin with what {tag} has there; restore it, and "
                "its revisions"
            )


def check_single() -> None:
    """Refuse a tree with more than one revision that is not released.

    Raises:
        SchemaError: There are several.
    """
    for database in DATABASES.values():
        if len(found := unreleased_files(database)) > 1:
            names = " and ".join(path.name for path in found)
            raise SchemaError(
                f"{names} of {found[0].parent} are not released, and a release has one "
                "revision; put them into the first, and run make sql"
            )


def check_scripts_to_load() -> None:
    """Refuse a head.sql that is not what the revisions make.

    Raises:
        SchemaError: One is not, or a revision cannot run offline.
    """
    for database in DATABASES.values():
        try:
            check_head_sql(database)
        except CommandError as error:
            raise SchemaError(str(error)) from error


def check_generated() -> None:
    """Refuse files that are not what the models say, docs/schema.md above all.

    Raises:
        SchemaError: One is not.
    """
    for path, text in Checkout.require().generated().items():
        if not path.is_file() or path.read_text("utf-8") != text:
            raise SchemaError(f"{path} is not what the models say; run make docs")


def check_contracts() -> None:
    """Refuse messages that do not fit the columns which they carry.

    Raises:
        SchemaError: Some do not.
    """
    if found := check_messages():
        raise SchemaError(f"{'; '.join(found)}; let the one follow the other")


CHECKS: Final[tuple[Callable[[], None], ...]] = (
    check_locked,
    check_tagged,
    check_single,
    check_reasons,
    check_scripts_to_load,
    check_generated,
    check_contracts,
)
"""All of them, in order; each raises `SchemaError` in one line with its remedy."""


def check_checkout() -> None:
    """Run all checks.

    Raises:
        SchemaError: What is wrong first.
    """
    for check in CHECKS:
        check()
