"""How operations are written into revisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate.api import AutogenContext
from alembic.runtime.migration import MigrationContext

from dataforeman_schema.timescale import Months
from dataforeman_schema.timescale.render import value

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "values",
    [
        [DAY],
        [timedelta(0)],
        [Months(6)],
        [Months(6, DAY)],
        [datetime(2024, 1, 2, 3, 4, 5, 6, tzinfo=UTC)],
        [datetime(2024, 1, 2, 3, tzinfo=timezone(-2 * DAY / 24))],
        [datetime(2024, 1, 2)],  # noqa: DTZ001 - of a column without time zone
        [DAY, datetime(2024, 1, 2, tzinfo=UTC), Months(1), "text", 5, ("a", DAY)],
    ],
    ids=repr,
)
def test_a_revision_imports_what_it_uses(values: list[object]) -> None:
    """What is written means the same value, and no import is missing or unused."""
    context = AutogenContext(MigrationContext.configure(dialect_name="postgresql"))
    context.imports = set()
    written = value(context, values)
    names: dict[str, object] = {}
    exec("\n".join(context.imports), names)  # noqa: S102 - as a revision would
    assert eval(written, names) == values  # noqa: S307
    assert not [it for it in names if it != "__builtins__" and it not in written]
