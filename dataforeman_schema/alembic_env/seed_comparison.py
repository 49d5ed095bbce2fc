"""The rows that models say every installation has, against those that revisions add."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from alembic.runtime.plugins import Plugin
from alembic.util import PriorityDispatchResult
from sqlalchemy import text

from dataforeman_schema.alembic_env.home import making
from dataforeman_schema.alembic_env.revisions import run_revisions
from dataforeman_schema.alembic_env.seed_operation import SeedOp
from dataforeman_schema.alembic_env.seed_rows import SeedTable, compiled
from dataforeman_schema.catalog import Snapshot, scratch_schema, snapshot
from dataforeman_schema.catalog.definitions import literally
from dataforeman_schema.catalog.operation import CommittedOp
from dataforeman_schema.errors import SchemaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from alembic.autogenerate.api import AutogenContext
    from alembic.operations.ops import UpgradeOps
    from sqlalchemy import Connection

    from dataforeman_schema.meta.seed import SeedRow

PLUGIN_NAME: Final = "dataforeman.seed"
"""What ``autogenerate_plugins`` calls the comparison."""

log = logging.getLogger(__name__)


def _compare(
    context: AutogenContext, upgrade: UpgradeOps, _schemas: set[str | None]
) -> PriorityDispatchResult:
    """Compare the rows; those that go do so before tables change, others after."""
    connection, database = context.connection, context.opts["database"]
    assert connection is not None  # noqa: S101 - Alembic compares online only
    with scratch_schema(connection) as schema:
        for _revision in run_revisions(database, connection, timescaledb=False):
            pass
        made = snapshot(connection, schema)
        with making(connection):  # where there is nothing but what revisions made
            found = list(_differences(context, connection, made, database.seed()))
    for operation in found:
        log.info("Detected: %s row %r of %s", *operation.to_diff_tuple()[::-1])
    first = [operation for operation in found[::-1] if operation.verb == "remove"]
    last = [operation for operation in found if operation.verb != "remove"]
    place = sum(isinstance(each, CommittedOp) for each in upgrade.ops)
    upgrade.ops[place:place] = first
    upgrade.ops.extend(last)
    return PriorityDispatchResult.CONTINUE


def _differences(
    context: AutogenContext,
    connection: Connection,
    made: Snapshot,
    seed: Sequence[SeedRow],
) -> Iterator[SeedOp]:
    rows: defaultdict[str, list[SeedRow]] = defaultdict(list)
    for row in seed:
        rows[row.table].append(row)
    for name, table in _tables(context, made).items():
        is_new = name not in made["tables"]
        if not is_new:
            yield from _removed(connection, table, rows[name])
        for row in rows[name]:
            yield from _added(table, row) if is_new else _row(connection, table, row)


def _tables(context: AutogenContext, made: Snapshot) -> dict[str, SeedTable]:
    """Find the tables that shall be there, referents first."""
    expected = context.opts["catalog"].expected
    found: dict[str, SeedTable] = {}
    for table in context.sorted_tables:
        if table.name in expected["tables"]:
            SeedTable(table, made["columns"], expected["columns"], found)
    return found


def _removed(
    connection: Connection, table: SeedTable, rows: Sequence[SeedRow]
) -> Iterator[SeedOp]:
    """Find the rows that revisions add and no model names any longer."""
    present = (f"({compiled(row.present)}) IS NOT TRUE" for row in rows)
    for row in table.rows(connection, " AND ".join(present) or "true"):
        back = table.insert(row, table.key(row))
        name = ", ".join(row.values())
        yield SeedOp("remove", table.table.name, name, table.delete(row), back)


def _added(table: SeedTable, row: SeedRow) -> Iterator[SeedOp]:
    if not row.values:
        raise SchemaError(
            f"the row {row.name} of {row.table} in SEED is new and has no values: say "
            "there what its columns shall hold"
        )
    given = table.given(row.values)
    steps = table.insert(given, compiled(row.present)), table.delete(given)
    yield SeedOp("add", row.table, row.name, *steps)


def _row(connection: Connection, table: SeedTable, row: SeedRow) -> Iterator[SeedOp]:
    present, given = compiled(row.present), table.given(row.values)
    there = table.rows(connection, present)
    if not there:
        yield from _added(table, row)
        return
    for column, new in given.items():
        old = there[0].get(column)
        if old is not None and _differs(connection, old, new):
            step, back = (
                table.change(present, column, *way) for way in ((old, new), (new, old))
            )
            yield SeedOp("change", row.table, row.name, step, back)


def _differs(connection: Connection, old: str, new: str) -> bool:
    """Let the server compare two values."""
    query = text(literally(f"SELECT {old} IS DISTINCT FROM {new}"))  # noqa: S608 - ours
    return bool(connection.scalar(query))


_plugin = Plugin(PLUGIN_NAME)
_plugin.add_autogenerate_comparator(_compare, "schema", "seed")
