"""What an upgrade is going to run, decided once."""

from __future__ import annotations

from collections import deque
from functools import wraps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from alembic.runtime.migration import MigrationContext, MigrationStep

    Choose = Callable[[tuple[str, ...], MigrationContext], Iterable[MigrationStep]]


def pin_steps(choose: Choose) -> Choose:
    """Have a command that is tried again go on with the revisions it chose at first.

    A relative target, such as +2, counts from where the database is: after a try that
    got half way it would be another one.

    Args:
        choose: Alembic's function that lists the steps to run from where a database
            is; each of them must have a transaction of its own.

    Returns:
        The same, but from the second call on it lists what is left of the first list.
    """
    left: deque[MigrationStep] | None = None

    @wraps(choose)
    def remaining(
        heads: tuple[str, ...], context: MigrationContext
    ) -> Iterator[MigrationStep]:
        nonlocal left
        if left is None:
            left = deque(choose(heads, context))
        while left:
            yield left[0]
            left.popleft()  # Alembic asks for the next one when this is committed

    return remaining
