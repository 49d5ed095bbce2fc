"""Names that stand in two packages, and those that are imported when asked for."""

from __future__ import annotations

import sys

import pytest

from dataforeman_schema import timescale
from dataforeman_schema.databases import MINIMUM_TIMESCALEDB
from dataforeman_schema.timescale import MINIMUM_VERSION
from tests.commands import run


def test_the_oldest_release_is_one() -> None:
    """What the commands ask of a server is what the operations need."""
    assert MINIMUM_TIMESCALEDB == MINIMUM_VERSION


def test_public_names_are_there() -> None:
    """Each has a value, also those that bring Alembic; another name is an error."""
    assert all(getattr(timescale, name) is not None for name in timescale.__all__)
    with pytest.raises(AttributeError, match="Hypertabel"):
        timescale.Hypertabel  # type: ignore[attr-defined]  # noqa: B018


def test_naming_the_plugin_registers_the_operations() -> None:
    """An environment that names it has what ``from alembic import op`` needs."""
    code = (
        "from dataforeman_schema.timescale import PLUGIN_NAME\n"
        "from alembic.operations import Operations\n"
        "print(Operations.create_hypertable.__name__)\n"
    )
    assert run(sys.executable, "-c", code).stdout == "create_hypertable\n"
