"""What an Alembic environment with the catalog plugin finds and writes."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op
from alembic.autogenerate import api, produce_migrations
from alembic.operations import Operations, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql

from dataforeman_schema.catalog import Snapshot, compare, snapshot
from dataforeman_schema.catalog.changes import changes
from dataforeman_schema.catalog.comparison import TUNING, Comparison
from dataforeman_schema.catalog.new_labels import usable_labels
from dataforeman_schema.catalog.operation import RenameOp
from tests.questions import declined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alembic.operations import MigrateOperation
    from sqlalchemy import Connection, MetaData

    from dataforeman_schema.catalog.comparison import Names

Named = set[tuple[str | None, str | None]]
"""Objects by the name of their table and their own, "column x" say."""

_NOUNS = {"indexes": "index"}
_IGNORED = {*TUNING, "position", "reads"}


def made(connection: Connection, metadata: MetaData) -> Snapshot:
    """Read what models make, in a database that stays empty."""
    with connection.begin_nested() as savepoint:
        metadata.create_all(connection, checkfirst=False)
        found = snapshot(connection)
        savepoint.rollback()
    return found


def names(*snapshots: Snapshot) -> Names:
    """Name all that is in some snapshots, as made by revisions."""
    found: Names = defaultdict(set)
    for each in snapshots:
        for kind, objects in each.items():
            found[kind] |= objects.keys()
    return found


class Plan:
    """The comparison of a database with models, and the revision that follows.

    Args:
        connection: The database; its transaction stays open.
        metadata: The models.
        made_by_revisions: The names of what counts as made by revisions.
    """

    def __init__(
        self, connection: Connection, metadata: MetaData, made_by_revisions: Names
    ) -> None:
        self.connection = connection
        self.catalog = Comparison(
            build=partial(metadata.create_all, checkfirst=False),
            made=lambda _connection: made_by_revisions,
        )
        opts: dict[str, Any] = {
            "target_metadata": metadata,
            "autogenerate_plugins": [
                "alembic.autogenerate.schemas",
                "alembic.autogenerate.tables",
                compare.PLUGIN_NAME,
            ],
            "catalog": self.catalog,
            "include_name": compare.includes(self.catalog),
            "include_object": compare.includes_object,
        }
        self.context = MigrationContext.configure(connection, opts=opts)
        script = produce_migrations(self.context, metadata)
        assert script.upgrade_ops is not None
        assert script.downgrade_ops is not None
        self.upgrade_ops = script.upgrade_ops
        self.downgrade_ops = script.downgrade_ops

    @property
    def diffs(self) -> list[Any]:
        """What ``alembic check`` would report."""
        return list(self.upgrade_ops.as_diffs())

    @property
    def named(self) -> Named:
        """What differs, one a named object."""
        found = changes(leaves(self.upgrade_ops))
        old = {
            (rename.table_name, f"{rename.noun} {rename.old}")
            for rename in leaves(self.upgrade_ops)
            if isinstance(rename, RenameOp)
        }
        return old.union(*(change.keys for change in found))

    def text(self, operations: ops.UpgradeOps | ops.DowngradeOps) -> str:
        """Write a revision's body."""
        return api.render_python_code(
            operations,
            render_item=compare.render_item,
            migration_context=self.context,
        )

    def run(self, text: str) -> None:
        """Run a revision's body."""
        given = {"op": op, "sa": sa, "postgresql": postgresql}
        context = _Uncommitted(self.connection.dialect, self.connection, {})
        with Operations.context(context):
            exec("if True:\n" + declined(text), given)  # noqa: S102 - as Alembic runs it


class _Uncommitted(MigrationContext):
    """Runs a revision in a transaction that is rolled back."""

    @contextmanager
    def autocommit_block(self) -> Iterator[None]:
        """Stay in the transaction."""
        assert self.connection is not None
        with usable_labels(self.connection):
            yield


def leaves(container: ops.OpContainer) -> Iterator[MigrateOperation]:
    """List the operations of a revision, in order."""
    for each in container.ops:
        if isinstance(each, ops.OpContainer):
            yield from leaves(each)
        else:
            yield each


def differences(live: Snapshot, expected: Snapshot, *, restored: bool = False) -> Named:
    """Name what differs between two snapshots, apart from the comparison's code.

    Args:
        live: One.
        expected: The other.
        restored: Whether the first may be made from what the server wrote of the other,
            of which it writes lists in other words.
    """
    told = partial(_told, without_lists=restored)
    found: Named = set()
    for kind, objects in live.items():
        others = expected[kind]
        for key in objects | others:
            one, other = objects.get(key), others.get(key)
            if one is None or other is None or told(kind, one) != told(kind, other):
                found.add(_name(kind, key, one or other or {}))
    return _without_parts(found, live, expected)


def _without_parts(found: Named, *snapshots: Snapshot) -> Named:
    """Leave out what belongs to a view and changes with it."""
    views = {name for each in snapshots for name in each["views"]}
    return {
        (table, name)
        for table, name in found
        if table not in views
        or not ((None, f"view {table}") in found or str(name).startswith("column "))
    }


def _told(
    kind: str, properties: dict[str, Any], *, without_lists: bool
) -> dict[str, Any]:
    ignored = _IGNORED | ({"definition"} if kind == "indexes" else set())
    return {
        key: value
        for key, value in properties.items()
        if key not in ignored and not (without_lists and " = ANY (" in str(value))
    }


def _name(
    kind: str, key: str, properties: dict[str, Any]
) -> tuple[str | None, str | None]:
    if kind == "tables":
        return key, None
    table = properties.get("table")
    if kind == "sequences" and table:
        return table, f"column {properties['column']}"
    noun = _NOUNS.get(kind, kind.removesuffix("s"))
    return table, f"{noun} {key.removeprefix(f'{table}.')}"


def whole_tables(found: Named, one: Snapshot, other: Snapshot) -> Named:
    """Name tables that come or go once, and not what belongs to them."""
    whole = one["tables"].keys() ^ other["tables"].keys()
    return {(table, None if table in whole else name) for table, name in found}
