"""What somebody changes by hand: named if it is declared, ignored if it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.timescale.managed import models
from tests.timescale.mutations import MUTATIONS, UNMANAGED, Mutation
from tests.timescale.sql import run

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from tests.timescale.history import History


@pytest.fixture(params=sorted(MUTATIONS))
def mutation(request: pytest.FixtureRequest) -> Mutation:
    """One of the changes by hand to something declared."""
    return MUTATIONS[request.param]


def test_a_change_by_hand_is_named(
    connection: Connection, history: History, mutation: Mutation
) -> None:
    """A change to something declared is named, and undone by hand it is forgotten."""
    metadata = models()
    metadata.create_all(connection)
    connection.commit()
    assert history.differences(metadata) == []

    run(connection, mutation.change)
    assert_named(history.differences(metadata), mutation)

    run(connection, mutation.undo)
    assert history.differences(metadata) == []


def test_a_change_by_hand_is_mended(
    connection: Connection, history: History, mutation: Mutation
) -> None:
    """Autogenerate brings a database that was changed by hand back to the models."""
    metadata = models()
    metadata.create_all(connection)
    connection.commit()
    run(connection, mutation.change)
    history.reach(metadata)
    assert history.differences(metadata) == []


@pytest.mark.parametrize("change", sorted(UNMANAGED))
def test_a_change_to_something_unmanaged_is_ignored(
    connection: Connection, history: History, change: str
) -> None:
    """What nobody declared is nobody's business."""
    metadata = models()
    metadata.create_all(connection)
    connection.commit()
    run(connection, UNMANAGED[change])
    assert history.differences(metadata) == []


def assert_named(differences: list[object], mutation: Mutation) -> None:
    """The check names the object and what differs."""
    described = [str(difference) for difference in differences]
    assert any(mutation.kind in line for line in described), described
    assert any(mutation.relation in line for line in described), described
    for word in mutation.words:
        assert any(word in line for line in described), (word, described)
