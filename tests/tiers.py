"""The fast tier of the suite, which `make test-fast` runs.

A test is fast unless it asks for something slow: by a fixture, at any depth, by a
parameter that leads it to one, or by the mark `slow`. Of a test that goes through a
long table of parameters, the first few are in the tier. So nobody lists tests.
"""

from __future__ import annotations

import sys
from collections import Counter

import pytest

SLOW_FIXTURES = frozenset(
    {"folder", "servers", "timescale", "tsdb_server", "type_checker"}
)
"""What takes long to make or to work with."""

_BY_PARAMETER = "tsdb"
"""What the parameters of a test say that asks for fixtures while it runs."""

_FIRST = 3
"""How many parameters of a test are in the tier."""

_SLOW_PROGRAM = "server.mjs"
"""What the embedded TimescaleDB runs."""


def is_fast(item: pytest.Item) -> bool:
    """Tell whether a test asks for nothing slow."""
    fixtures = frozenset(getattr(item, "fixturenames", ()))
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return (
        SLOW_FIXTURES.isdisjoint(fixtures)
        and not item.get_closest_marker("slow")
        and not ("request" in fixtures and _BY_PARAMETER in repr(parameters))
    )


@pytest.hookimpl(tryfirst=True)  # before pytest selects by markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tests."""
    seen = Counter[str]()
    for item in filter(is_fast, items):
        test, _, _ = item.nodeid.partition("[")
        seen[test] += 1
        if seen[test] <= _FIRST:
            item.add_marker(pytest.mark.fast)


def pytest_configure(config: pytest.Config) -> None:
    """See to it that no test of the fast tier starts the embedded TimescaleDB."""
    if config.option.markexpr == "fast":
        sys.addaudithook(_refuse_slow_program)


def _refuse_slow_program(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and _SLOW_PROGRAM in str(arguments):
        pytest.fail("a fast test starts TimescaleDB: mark it slow")
